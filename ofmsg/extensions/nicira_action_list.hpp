// Open vSwitch's actions that carry lists: of actions (ct, clone), of flow parts (learn), of properties (controller2);
// and sampling.
#pragma once

#include <tuple>

#include "ofmsg/extensions/nicira_field.hpp"
#include "ofmsg/property.hpp"

namespace sluice::ofmsg {

// --- connection tracking ---------------------------------------------------------------------------------------------

struct NxCt {
  static constexpr Extension extension = nx_action("nx_ct", 35);
  static constexpr std::uint16_t commit = 1U << 0U, force = 1U << 1U;
  static constexpr std::uint8_t no_recirculation = 0xff;

  std::uint16_t flags = 0;
  ShortHeader zone_src;    // the field that tells the zone; zero: `zone` is the zone itself
  std::uint16_t zone = 0;  // else the field's bits, as `BitRange`
  std::uint8_t recirc_table = no_recirculation;
  std::uint16_t alg = 0;  // the port number that the helper's protocol has: 21 for FTP
  Actions actions;
  friend bool operator==(const NxCt&, const NxCt&) = default;
};

template <class W, of_type<NxCt> A>
void layout(W& w, A& a) {
  w("flags", a.flags);
  w("zone_src", a.zone_src);
  w("zone", a.zone);
  w("recirc_table", a.recirc_table);
  w.pad(3);
  w("alg", a.alg);
  w("actions", a.actions);
}

// Inside of ct. Which of the ends of the ranges are there is said by `range_present`.
struct NxNat {
  static constexpr Extension extension = nx_action("nx_nat", 36);
  static constexpr std::uint16_t src = 1U << 0U, dst = 1U << 1U, persistent = 1U << 2U, proto_hash = 1U << 3U,
                                 proto_random = 1U << 4U;
  static constexpr std::uint16_t ipv4_min = 1U << 0U, ipv4_max = 1U << 1U, ipv6_min = 1U << 2U, ipv6_max = 1U << 3U,
                                 proto_min = 1U << 4U, proto_max = 1U << 5U;
  using Ipv6 = std::array<std::uint8_t, 16>;

  std::uint16_t flags = 0;
  std::uint16_t range_present = 0;
  std::array<std::uint32_t, 2> ipv4{};
  std::array<Ipv6, 2> ipv6{};
  std::array<std::uint16_t, 2> proto{};
  friend bool operator==(const NxNat&, const NxNat&) = default;
};

template <class W, of_type<NxNat> A>
void layout(W& w, A& a) {
  w.pad(2);
  w("flags", a.flags);
  w("range_present", a.range_present);
  if ((a.range_present & NxNat::ipv4_min) != 0) w("ipv4_min", a.ipv4[0]);
  if ((a.range_present & NxNat::ipv4_max) != 0) w("ipv4_max", a.ipv4[1]);
  if ((a.range_present & NxNat::ipv6_min) != 0) w("ipv6_min", a.ipv6[0]);
  if ((a.range_present & NxNat::ipv6_max) != 0) w("ipv6_max", a.ipv6[1]);
  if ((a.range_present & NxNat::proto_min) != 0) w("proto_min", a.proto[0]);
  if ((a.range_present & NxNat::proto_max) != 0) w("proto_max", a.proto[1]);
  w.align(nx_action_head);
}

// Runs actions on a copy of the packet.
struct NxClone {
  static constexpr Extension extension = nx_action("nx_clone", 42);
  Actions actions;
  friend bool operator==(const NxClone&, const NxClone&) = default;
};

template <class W, of_type<NxClone> A>
void layout(W& w, A& a) {
  w.pad(6);
  w("actions", a.actions);
}

// --- learn -----------------------------------------------------------------------------------------------------------

enum class NxLearnSource : std::uint8_t { field, immediate };

template <>
inline constexpr std::array<std::string_view, 2> enum_names<NxLearnSource>{"field", "immediate"};

enum class NxLearnTarget : std::uint8_t { match, load, output };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<NxLearnTarget>{"match", "load", "output"};

// A part of the flow that learn makes: some bits of the packet, or a number, become a match or an action.
struct NxLearnSpec {
  static constexpr std::uint16_t max_bits = 0x3ff;

  NxLearnSource source = NxLearnSource::field;
  NxLearnTarget target = NxLearnTarget::match;
  std::uint16_t n_bits = 0;
  ShortHeader src;  // of `field`
  std::uint16_t src_offset = 0;
  Bytes value;      // of `immediate`: as many 16-bit words as the bits need
  ShortHeader dst;  // not of `output`
  std::uint16_t dst_offset = 0;

  [[nodiscard]] std::size_t value_size() const { return (std::size_t{n_bits} + 15) / 16 * 2; }

  friend bool operator==(const NxLearnSpec&, const NxLearnSpec&) = default;
};

// A list ends at a zero word or where nothing is left.
void wire(Reader& r, std::vector<NxLearnSpec>& specs);
void wire(Writer& w, const std::vector<NxLearnSpec>& specs);

// For walkers that write for people.
template <class W, of_type<NxLearnSpec> S>
void layout(W& w, S& s) {
  w("source", s.source);
  w("target", s.target);
  w("n_bits", s.n_bits);
  if (s.source == NxLearnSource::field) {
    w("src", s.src);
    w("src_offset", s.src_offset);
  } else {
    w("value", s.value);
  }
  if (s.target == NxLearnTarget::output) return;
  w("dst", s.dst);
  w("dst_offset", s.dst_offset);
}

struct NxLearnHead {
  static constexpr std::uint16_t send_flow_rem = 1U << 0U, delete_learned = 1U << 1U, write_result = 1U << 2U;

  std::uint16_t idle_timeout = 0, hard_timeout = 0, priority = 0x8000;
  std::uint64_t cookie = 0;
  std::uint16_t flags = 0;
  std::uint8_t table_id = 0;
  std::uint16_t fin_idle_timeout = 0, fin_hard_timeout = 0;
  friend bool operator==(const NxLearnHead&, const NxLearnHead&) = default;
};

template <class W, class H>
void learn_head(W& w, H& h) {
  w("idle_timeout", h.idle_timeout);
  w("hard_timeout", h.hard_timeout);
  w("priority", h.priority);
  w("cookie", h.cookie);
  w("flags", h.flags);
  w("table_id", h.table_id);
  w.pad(1);
  w("fin_idle_timeout", h.fin_idle_timeout);
  w("fin_hard_timeout", h.fin_hard_timeout);
}

struct NxLearn : NxLearnHead {
  static constexpr Extension extension = nx_action("nx_learn", 16);
  std::vector<NxLearnSpec> specs;
  friend bool operator==(const NxLearn&, const NxLearn&) = default;
};

template <class W, of_type<NxLearn> A>
void layout(W& w, A& a) {
  learn_head(w, a);
  w("specs", a.specs);
  w.align(nx_action_head);
}

struct NxLearn2 : NxLearnHead {
  static constexpr Extension extension = nx_action("nx_learn2", 45);
  std::uint32_t limit = 0;
  std::uint16_t result_offset = 0;
  OxmHeader result;  // with the flag write_result: the bit that tells whether the limit left room
  std::vector<NxLearnSpec> specs;
  friend bool operator==(const NxLearn2&, const NxLearn2&) = default;
};

template <class W, of_type<NxLearn2> A>
void layout(W& w, A& a) {
  learn_head(w, a);
  w("limit", a.limit);
  w("result_dst_offset", a.result_offset);
  w.pad(2);
  if ((a.flags & NxLearnHead::write_result) != 0) w("result_dst", a.result);
  w("specs", a.specs);
  w.align(nx_action_head);
}

// --- to the controller, with more to say -----------------------------------------------------------------------------

// Open vSwitch makes a property of 16 bits eight bytes long, and takes it in any length.
inline void filler(Reader& r) { r.pad(r.left()); }

inline void filler(Writer& w) { w.pad(2); }

template <class W>
void filler(W&) {}

struct NxMaxLen {
  static constexpr std::array tlvs{Tlv{"max_len", 0}};
  std::uint16_t max_len = 0;
  friend bool operator==(const NxMaxLen&, const NxMaxLen&) = default;
};

template <class W, of_type<NxMaxLen> P>
void layout(W& w, P& p) {
  w("max_len", p.max_len);
  filler(w);
}

struct NxControllerId {
  static constexpr std::array tlvs{Tlv{"controller_id", 1}};
  std::uint16_t controller_id = 0;
  friend bool operator==(const NxControllerId&, const NxControllerId&) = default;
};

template <class W, of_type<NxControllerId> P>
void layout(W& w, P& p) {
  w("controller_id", p.controller_id);
  filler(w);
}

struct NxReason {
  static constexpr std::array tlvs{Tlv{"reason", 2}};
  std::uint8_t reason = 0;
  friend bool operator==(const NxReason&, const NxReason&) = default;
};

template <class W, of_type<NxReason> P>
void layout(W& w, P& p) {
  w("reason", p.reason);
}

struct NxUserdata {
  static constexpr std::array tlvs{Tlv{"userdata", 3}};
  Bytes userdata;
  friend bool operator==(const NxUserdata&, const NxUserdata&) = default;
};

template <class W, of_type<NxUserdata> P>
void layout(W& w, P& p) {
  w("userdata", p.userdata);
}

struct NxPause {
  static constexpr std::array tlvs{Tlv{"pause", 4}};
  friend bool operator==(const NxPause&, const NxPause&) = default;
};

template <class W, of_type<NxPause> P>
void layout(W&, P&) {}

struct NxMeterId {
  static constexpr std::array tlvs{Tlv{"meter_id", 5}};
  std::uint32_t meter_id = 0;
  friend bool operator==(const NxMeterId&, const NxMeterId&) = default;
};

template <class W, of_type<NxMeterId> P>
void layout(W& w, P& p) {
  w("meter_id", p.meter_id);
}

struct NxController2 {
  static constexpr Extension extension = nx_action("nx_controller2", 37);
  Properties<NxMaxLen, NxControllerId, NxReason, NxUserdata, NxPause, NxMeterId> properties;
  friend bool operator==(const NxController2&, const NxController2&) = default;
};

template <class W, of_type<NxController2> A>
void layout(W& w, A& a) {
  w.pad(6);
  w("properties", a.properties);
}

// --- sampling --------------------------------------------------------------------------------------------------------

struct NxSample {
  static constexpr Extension extension = nx_action("nx_sample", 29);
  std::uint16_t probability = 0;  // of 65 535
  std::uint32_t collector_set_id = 0, obs_domain_id = 0, obs_point_id = 0;
  friend bool operator==(const NxSample&, const NxSample&) = default;
};

template <class W, class A>
void sample_head(W& w, A& a) {
  w("probability", a.probability);
  w("collector_set_id", a.collector_set_id);
  w("obs_domain_id", a.obs_domain_id);
  w("obs_point_id", a.obs_point_id);
}

template <class W, of_type<NxSample> A>
void layout(W& w, A& a) {
  sample_head(w, a);
}

enum class NxSampleDirection : std::uint8_t { none, ingress, egress };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<NxSampleDirection>{"none", "ingress", "egress"};

// Subtype 38 leaves the direction at zero.
template <std::uint32_t subtype>
struct NxSampleAt {
  static constexpr Extension extension = nx_action(subtype == 38 ? "nx_sample2" : "nx_sample3", subtype);
  std::uint16_t probability = 0;
  std::uint32_t collector_set_id = 0, obs_domain_id = 0, obs_point_id = 0;
  PortNo16 sampling_port;
  NxSampleDirection direction = NxSampleDirection::none;
  friend bool operator==(const NxSampleAt&, const NxSampleAt&) = default;
};

using NxSample2 = NxSampleAt<38>;
using NxSample3 = NxSampleAt<41>;

template <class W, class A>
requires of_type<A, NxSample2> || of_type<A, NxSample3>

void layout(W& w, A& a) {
  sample_head(w, a);
  w("sampling_port", a.sampling_port);
  w("direction", a.direction);
  w.pad(5);
}

// --- all of them -----------------------------------------------------------------------------------------------------

using NiciraActions =
    std::tuple<NxResubmit, NxSetTunnel, NxSetQueue, NxPopQueue, NxRegMove, NxRegLoad, NxNote, NxSetTunnel64,
               NxMultipath, NxBundle, NxBundleLoad, NxResubmitTable, NxOutputReg, NxLearn, NxExit, NxDecTtl,
               NxFinTimeout, NxController, NxDecTtlCntIds, NxWriteMetadata, NxPushMpls, NxPopMpls, NxSetMplsTtl,
               NxDecMplsTtl, NxStackPush, NxStackPop, NxSample, NxSetMplsLabel, NxSetMplsTc, NxGroup, NxOutputReg2,
               NxRegLoad2, NxConjunction, NxCt, NxNat, NxController2, NxSample2, NxOutputTrunc, NxSample3, NxClone,
               NxCtClear, NxResubmitTableCt, NxLearn2, NxCheckPktLarger, NxDeleteField, OnfCopyField>;

}  // namespace sluice::ofmsg
