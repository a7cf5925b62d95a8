// The actions that Open vSwitch adds to OpenFlow, in the ranges of versions in which it has them. What changes flows or
// runs other actions (learn, ct, clone, …) is in nicira_action_list.hpp.
//
// A layout describes what is behind the 16-bit subtype, that is, behind byte 10 of the action. Names in JSON are the
// subtypes' (NXAST_…) in lower case, with "nx_" in front, because some of them are also the names of standard actions.
#pragma once

#include <tuple>
#include <vector>

#include "ofmsg/extension.hpp"
#include "ofmsg/extensions/leaf.hpp"

namespace sluice::ofmsg {

// Bytes of an action in front of its layout; what is aligned, is aligned to the action's first byte.
inline constexpr std::size_t nx_action_head = 10;

constexpr Extension nx_action(std::string_view name, std::uint32_t subtype, Range range = always) {
  return {name, ExtensionPlace::action, nicira, subtype, range};
}

// --- where packets go ------------------------------------------------------------------------------------------------

// Looks the packet up again, as if it had come in by another port.
struct NxResubmit {
  static constexpr Extension extension = nx_action("nx_resubmit", 1);
  PortNo16 in_port;
  friend bool operator==(const NxResubmit&, const NxResubmit&) = default;
};

template <class W, of_type<NxResubmit> A>
void layout(W& w, A& a) {
  w("in_port", a.in_port);
  w.pad(4);
}

// … in another table, 255 for the current one. Subtype 44 looks up the original direction of a tracked connection.
template <std::uint32_t subtype>
struct NxResubmitIn {
  static constexpr Extension extension =
      nx_action(subtype == 14 ? "nx_resubmit_table" : "nx_resubmit_table_ct", subtype);
  PortNo16 in_port;
  std::uint8_t table_id = 0xff;
  friend bool operator==(const NxResubmitIn&, const NxResubmitIn&) = default;
};

using NxResubmitTable = NxResubmitIn<14>;
using NxResubmitTableCt = NxResubmitIn<44>;

template <class W, class A>
requires of_type<A, NxResubmitTable> || of_type<A, NxResubmitTableCt>

void layout(W& w, A& a) {
  w("in_port", a.in_port);
  w("table_id", a.table_id);
  w.pad(3);
}

// To the port whose number is in a field.
struct NxOutputReg {
  static constexpr Extension extension = nx_action("nx_output_reg", 15);
  BitRange bits;
  ShortHeader src;
  std::uint16_t max_len = 0;
  friend bool operator==(const NxOutputReg&, const NxOutputReg&) = default;
};

template <class W, of_type<NxOutputReg> A>
void layout(W& w, A& a) {
  w("bits", a.bits);
  w("src", a.src);
  w("max_len", a.max_len);
  w.pad(6);
}

struct NxOutputReg2 {
  static constexpr Extension extension = nx_action("nx_output_reg2", 32);
  BitRange bits;
  std::uint16_t max_len = 0;
  OxmHeader src;
  friend bool operator==(const NxOutputReg2&, const NxOutputReg2&) = default;
};

template <class W, of_type<NxOutputReg2> A>
void layout(W& w, A& a) {
  w("bits", a.bits);
  w("max_len", a.max_len);
  w("src", a.src);
  w.pad(10 - a.src.size());
}

// The first bytes of a packet only.
struct NxOutputTrunc {
  static constexpr Extension extension = nx_action("nx_output_trunc", 39);
  PortNo16 port;
  std::uint32_t max_len = 0;
  friend bool operator==(const NxOutputTrunc&, const NxOutputTrunc&) = default;
};

template <class W, of_type<NxOutputTrunc> A>
void layout(W& w, A& a) {
  w("port", a.port);
  w("max_len", a.max_len);
}

struct NxController {
  static constexpr Extension extension = nx_action("nx_controller", 20);
  std::uint16_t max_len = 0;
  std::uint16_t controller_id = 0;
  std::uint8_t reason = 1;
  friend bool operator==(const NxController&, const NxController&) = default;
};

template <class W, of_type<NxController> A>
void layout(W& w, A& a) {
  w("max_len", a.max_len);
  w("controller_id", a.controller_id);
  w("reason", a.reason);
  w.pad(1);
}

// One of several ports, by a hash of the packet or by which of them is up.
enum class NxHashFields : std::uint16_t {
  eth_src,
  symmetric_l4,
  symmetric_l3l4,
  symmetric_l3l4_udp,
  nw_src,
  nw_dst,
  symmetric_l3
};

template <>
inline constexpr std::array<std::string_view, 7> enum_names<NxHashFields>{
    "eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp", "nw_src", "nw_dst", "symmetric_l3"};

enum class NxBundleAlgorithm : std::uint16_t { active_backup, hrw };

template <>
inline constexpr std::array<std::string_view, 2> enum_names<NxBundleAlgorithm>{"active_backup", "hrw"};

// Subtype 12 sends the packet there, 13 writes the port's number into a field.
template <std::uint32_t subtype>
struct NxBundleAction {
  static constexpr Extension extension = nx_action(subtype == 12 ? "nx_bundle" : "nx_bundle_load", subtype);
  static constexpr std::uint32_t ofport = 0x00000002;  // NXM_OF_IN_PORT: the members are ports

  NxBundleAlgorithm algorithm = NxBundleAlgorithm::active_backup;
  NxHashFields fields = NxHashFields::eth_src;
  std::uint16_t basis = 0;
  ShortHeader member_type{ofport};
  std::uint16_t bits = 0;  // of bundle_load, as `BitRange`; else zero
  ShortHeader dst;         // of bundle_load
  std::vector<PortNo16> members;
  friend bool operator==(const NxBundleAction&, const NxBundleAction&) = default;
};

using NxBundle = NxBundleAction<12>;
using NxBundleLoad = NxBundleAction<13>;

// A number of members, then some fields, then the members.
void bundle_members(Reader& r, NxBundle& a);
void bundle_members(Reader& r, NxBundleLoad& a);
void bundle_members(Writer& w, const NxBundle& a);
void bundle_members(Writer& w, const NxBundleLoad& a);

template <class W, class A>
void bundle_members(W& w, A& a) {
  w("bits", a.bits);
  w("dst", a.dst);
  w("members", a.members);
}

template <class W, class A>
requires of_type<A, NxBundle> || of_type<A, NxBundleLoad>

void layout(W& w, A& a) {
  w("algorithm", a.algorithm);
  w("fields", a.fields);
  w("basis", a.basis);
  w("member_type", a.member_type);
  bundle_members(w, a);
}

enum class NxMultipathAlgorithm : std::uint16_t { modulo_n, hash_threshold, hrw, iter_hash };

template <>
inline constexpr std::array<std::string_view, 4> enum_names<NxMultipathAlgorithm>{"modulo_n", "hash_threshold", "hrw",
                                                                                  "iter_hash"};

// Writes which of several links a packet's hash chooses.
struct NxMultipath {
  static constexpr Extension extension = nx_action("nx_multipath", 10);
  NxHashFields fields = NxHashFields::eth_src;
  std::uint16_t basis = 0;
  NxMultipathAlgorithm algorithm = NxMultipathAlgorithm::modulo_n;
  std::uint16_t max_link = 0;  // links, less one
  std::uint32_t arg = 0;
  BitRange bits;
  ShortHeader dst;
  friend bool operator==(const NxMultipath&, const NxMultipath&) = default;
};

template <class W, of_type<NxMultipath> A>
void layout(W& w, A& a) {
  w("fields", a.fields);
  w("basis", a.basis);
  w.pad(2);
  w("algorithm", a.algorithm);
  w("max_link", a.max_link);
  w("arg", a.arg);
  w.pad(2);
  w("bits", a.bits);
  w("dst", a.dst);
}

// --- one number ------------------------------------------------------------------------------------------------------

struct NxSetTunnel {
  static constexpr Extension extension = nx_action("nx_set_tunnel", 2);
  std::uint32_t tun_id = 0;
  friend bool operator==(const NxSetTunnel&, const NxSetTunnel&) = default;
};

template <class W, of_type<NxSetTunnel> A>
void layout(W& w, A& a) {
  w.pad(2);
  w("tun_id", a.tun_id);
}

struct NxSetTunnel64 {
  static constexpr Extension extension = nx_action("nx_set_tunnel64", 9);
  std::uint64_t tun_id = 0;
  friend bool operator==(const NxSetTunnel64&, const NxSetTunnel64&) = default;
};

template <class W, of_type<NxSetTunnel64> A>
void layout(W& w, A& a) {
  w.pad(6);
  w("tun_id", a.tun_id);
}

// What later versions have as actions of their own.
struct NxSetQueue {
  static constexpr Extension extension = nx_action("nx_set_queue", 4, only(v1_0));
  std::uint32_t queue_id = 0;
  friend bool operator==(const NxSetQueue&, const NxSetQueue&) = default;
};

template <class W, of_type<NxSetQueue> A>
void layout(W& w, A& a) {
  w.pad(2);
  w("queue_id", a.queue_id);
}

struct NxGroup {
  static constexpr Extension extension = nx_action("nx_group", 40, only(v1_0));
  GroupId group_id;
  friend bool operator==(const NxGroup&, const NxGroup&) = default;
};

template <class W, of_type<NxGroup> A>
void layout(W& w, A& a) {
  w.pad(2);
  w("group_id", a.group_id);
}

struct NxSetMplsLabel {
  static constexpr Extension extension = nx_action("nx_set_mpls_label", 30, only(v1_0));
  std::uint32_t label = 0;
  friend bool operator==(const NxSetMplsLabel&, const NxSetMplsLabel&) = default;
};

template <class W, of_type<NxSetMplsLabel> A>
void layout(W& w, A& a) {
  w.pad(2);
  w("label", a.label);
}

struct NxSetMplsTc {
  static constexpr Extension extension = nx_action("nx_set_mpls_tc", 31, only(v1_0));
  std::uint8_t tc = 0;
  friend bool operator==(const NxSetMplsTc&, const NxSetMplsTc&) = default;
};

template <class W, of_type<NxSetMplsTc> A>
void layout(W& w, A& a) {
  w("tc", a.tc);
  w.pad(5);
}

struct NxSetMplsTtl {
  static constexpr Extension extension = nx_action("nx_set_mpls_ttl", 25, only(v1_0));
  std::uint8_t ttl = 0;
  friend bool operator==(const NxSetMplsTtl&, const NxSetMplsTtl&) = default;
};

template <class W, of_type<NxSetMplsTtl> A>
void layout(W& w, A& a) {
  w("ttl", a.ttl);
  w.pad(5);
}

template <std::uint32_t subtype>
struct NxMplsTag {
  static constexpr Extension extension = nx_action(subtype == 23 ? "nx_push_mpls" : "nx_pop_mpls", subtype, only(v1_0));
  std::uint16_t ethertype = 0;
  friend bool operator==(const NxMplsTag&, const NxMplsTag&) = default;
};

using NxPushMpls = NxMplsTag<23>;
using NxPopMpls = NxMplsTag<24>;

template <class W, class A>
requires of_type<A, NxPushMpls> || of_type<A, NxPopMpls>

void layout(W& w, A& a) {
  w("ethertype", a.ethertype);
  w.pad(4);
}

// Ends the flow's timeouts early once the connection does.
struct NxFinTimeout {
  static constexpr Extension extension = nx_action("nx_fin_timeout", 19);
  std::uint16_t idle_timeout = 0, hard_timeout = 0;  // seconds
  friend bool operator==(const NxFinTimeout&, const NxFinTimeout&) = default;
};

template <class W, of_type<NxFinTimeout> A>
void layout(W& w, A& a) {
  w("fin_idle_timeout", a.idle_timeout);
  w("fin_hard_timeout", a.hard_timeout);
  w.pad(2);
}

struct NxWriteMetadata {
  static constexpr Extension extension = nx_action("nx_write_metadata", 22);
  std::uint64_t metadata = 0, mask = 0;
  friend bool operator==(const NxWriteMetadata&, const NxWriteMetadata&) = default;
};

template <class W, of_type<NxWriteMetadata> A>
void layout(W& w, A& a) {
  w.pad(6);
  w("metadata", a.metadata);
  w("mask", a.mask);
}

// One of the flows that together match a conjunction.
struct NxConjunction {
  static constexpr Extension extension = nx_action("nx_conjunction", 34);
  std::uint8_t clause = 0, n_clauses = 0;  // the first clause is 0
  std::uint32_t id = 0;
  friend bool operator==(const NxConjunction&, const NxConjunction&) = default;
};

template <class W, of_type<NxConjunction> A>
void layout(W& w, A& a) {
  w("clause", a.clause);
  w("n_clauses", a.n_clauses);
  w("id", a.id);
}

// --- a word alone ----------------------------------------------------------------------------------------------------

template <std::uint32_t subtype>
struct NxPlain {
  static constexpr Extension extension = nx_action(subtype == 5    ? "nx_pop_queue"
                                                   : subtype == 17 ? "nx_exit"
                                                   : subtype == 18 ? "nx_dec_ttl"
                                                   : subtype == 26 ? "nx_dec_mpls_ttl"
                                                                   : "nx_ct_clear",
                                                   subtype, subtype == 18 || subtype == 26 ? only(v1_0) : always);
  friend bool operator==(const NxPlain&, const NxPlain&) = default;
};

using NxPopQueue = NxPlain<5>;
using NxExit = NxPlain<17>;
using NxDecTtl = NxPlain<18>;
using NxDecMplsTtl = NxPlain<26>;
using NxCtClear = NxPlain<43>;

template <class W, class A>
requires of_type<A, NxPopQueue> || of_type<A, NxExit> || of_type<A, NxDecTtl> || of_type<A, NxDecMplsTtl> ||
    of_type<A, NxCtClear>

void layout(W& w, A&) { w.pad(6); }

// Packets whose TTL ends go to these controllers.
struct NxDecTtlCntIds {
  static constexpr Extension extension = nx_action("nx_dec_ttl_cnt_ids", 21);
  std::vector<std::uint16_t> controllers;
  friend bool operator==(const NxDecTtlCntIds&, const NxDecTtlCntIds&) = default;
};

void layout(Reader& r, NxDecTtlCntIds& a);
void layout(Writer& w, const NxDecTtlCntIds& a);

template <class W, of_type<NxDecTtlCntIds> A>
void layout(W& w, A& a) {
  w("controllers", a.controllers);
}

// Bytes that a controller leaves for itself, with zeros up to the action's end.
struct NxNote {
  static constexpr Extension extension = nx_action("nx_note", 8);
  Bytes note;
  friend bool operator==(const NxNote&, const NxNote&) = default;
};

template <class W, of_type<NxNote> A>
void layout(W& w, A& a) {
  w("note", a.note);
}

}  // namespace sluice::ofmsg
