// Actions and instructions, as values that mean the same in every version.
//
// 1.0 and 1.1 have an action for each header field, 1.2 and later have set_field; both forms are kept apart because
// they do not mean quite the same (1.0's set_vlan_vid adds a missing tag, set_field does not). A 1.0 action list is one
// apply_actions instruction, no instruction at all if it is empty. What is not known here survives as `UnknownAction` /
// `UnknownInstruction` and can be said back, but nobody may act on it.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "ofmsg/bytes.hpp"
#include "ofmsg/fields.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/oxs.hpp"
#include "ofmsg/port.hpp"

namespace sluice::ofmsg {

struct GroupId {
  static constexpr std::uint32_t max = 0xffffff00, all = 0xfffffffc, any = 0xffffffff;

  std::uint32_t value = any;

  friend constexpr auto operator<=>(const GroupId&, const GroupId&) = default;
};

// [OF 1.0 §5.2.4, 1.3.5 §7.2.5]. Wire numbers are in action.cpp.
struct Output {
  static constexpr std::uint16_t no_buffer = 0xffff;

  PortNo port;
  std::uint16_t max_len = 0;  // bytes to send to the controller; used with CONTROLLER only
  friend bool operator==(const Output&, const Output&) = default;
};

// Until 1.1.
struct SetVlanVid {
  std::uint16_t vid = 0;
  friend bool operator==(const SetVlanVid&, const SetVlanVid&) = default;
};

struct SetVlanPcp {
  std::uint8_t pcp = 0;
  friend bool operator==(const SetVlanPcp&, const SetVlanPcp&) = default;
};

struct SetDlSrc {
  MacAddress mac;
  friend bool operator==(const SetDlSrc&, const SetDlSrc&) = default;
};

struct SetDlDst {
  MacAddress mac;
  friend bool operator==(const SetDlDst&, const SetDlDst&) = default;
};

struct SetNwSrc {
  std::uint32_t ip = 0;
  friend bool operator==(const SetNwSrc&, const SetNwSrc&) = default;
};

struct SetNwDst {
  std::uint32_t ip = 0;
  friend bool operator==(const SetNwDst&, const SetNwDst&) = default;
};

// The DSCP in the upper 6 bits.
struct SetNwTos {
  std::uint8_t tos = 0;
  friend bool operator==(const SetNwTos&, const SetNwTos&) = default;
};

// 1.1.
struct SetNwEcn {
  std::uint8_t ecn = 0;
  friend bool operator==(const SetNwEcn&, const SetNwEcn&) = default;
};

struct SetTpSrc {
  std::uint16_t port = 0;
  friend bool operator==(const SetTpSrc&, const SetTpSrc&) = default;
};

struct SetTpDst {
  std::uint16_t port = 0;
  friend bool operator==(const SetTpDst&, const SetTpDst&) = default;
};

// 1.0: an output with a queue.
struct Enqueue {
  PortNo port;
  std::uint32_t queue = 0;
  friend bool operator==(const Enqueue&, const Enqueue&) = default;
};

// All versions: OFPAT_STRIP_VLAN in 1.0, OFPAT_POP_VLAN after.
struct PopVlan {
  friend bool operator==(const PopVlan&, const PopVlan&) = default;
};

// Since 1.1.
struct PushVlan {
  std::uint16_t ethertype = 0x8100;
  friend bool operator==(const PushVlan&, const PushVlan&) = default;
};

struct PushMpls {
  std::uint16_t ethertype = 0x8847;
  friend bool operator==(const PushMpls&, const PushMpls&) = default;
};

struct PopMpls {
  std::uint16_t ethertype = 0x0800;
  friend bool operator==(const PopMpls&, const PopMpls&) = default;
};

struct SetQueue {
  std::uint32_t queue = 0;
  friend bool operator==(const SetQueue&, const SetQueue&) = default;
};

struct Group {
  GroupId id;
  friend bool operator==(const Group&, const Group&) = default;
};

// 1.1; set_field after.
struct SetMplsLabel {
  std::uint32_t label = 0;
  friend bool operator==(const SetMplsLabel&, const SetMplsLabel&) = default;
};

struct SetMplsTc {
  std::uint8_t tc = 0;
  friend bool operator==(const SetMplsTc&, const SetMplsTc&) = default;
};

struct SetMplsTtl {
  std::uint8_t ttl = 0;
  friend bool operator==(const SetMplsTtl&, const SetMplsTtl&) = default;
};

struct DecMplsTtl {
  friend bool operator==(const DecMplsTtl&, const DecMplsTtl&) = default;
};

struct SetNwTtl {
  std::uint8_t ttl = 0;
  friend bool operator==(const SetNwTtl&, const SetNwTtl&) = default;
};

struct DecNwTtl {
  friend bool operator==(const DecNwTtl&, const DecNwTtl&) = default;
};

struct CopyTtlOut {
  friend bool operator==(const CopyTtlOut&, const CopyTtlOut&) = default;
};

struct CopyTtlIn {
  friend bool operator==(const CopyTtlIn&, const CopyTtlIn&) = default;
};

// Since 1.3.
struct PushPbb {
  std::uint16_t ethertype = 0x88e7;
  friend bool operator==(const PushPbb&, const PushPbb&) = default;
};

struct PopPbb {
  friend bool operator==(const PopPbb&, const PopPbb&) = default;
};

// Since 1.2; with a mask since 1.5 (all ones: none).
struct SetField {
  Field field = Field::eth_dst;
  U128 value;
  U128 mask;
  friend bool operator==(const SetField&, const SetField&) = default;
};

// Since 1.5: `n_bits` bits from one field to another.
struct CopyField {
  std::uint16_t n_bits = 0, src_offset = 0, dst_offset = 0;
  OxmHeader src, dst;
  friend bool operator==(const CopyField&, const CopyField&) = default;
};

// Since 1.5; an instruction before.
struct MeterAction {
  std::uint32_t id = 0;
  friend bool operator==(const MeterAction&, const MeterAction&) = default;
};

// Unknown types and experimenters: the whole action, type and length included.
struct UnknownAction {
  static constexpr std::uint16_t experimenter_type = 0xffff;

  Bytes bytes;

  [[nodiscard]] std::uint16_t type() const { return load<std::uint16_t>(bytes); }

  // A set_field whose field has no row in the table.
  [[nodiscard]] bool is_set_field() const { return type() == 25; }

  // Of experimenters' actions; 0 for others.
  [[nodiscard]] std::uint32_t experimenter() const {
    return type() == experimenter_type && bytes.size() >= 8 ? load<std::uint32_t>(bytes, 4) : 0;
  }

  friend bool operator==(const UnknownAction&, const UnknownAction&) = default;
};

using Action = std::variant<Output, SetVlanVid, SetVlanPcp, SetDlSrc, SetDlDst, SetNwSrc, SetNwDst, SetNwTos, SetNwEcn,
                            SetTpSrc, SetTpDst, Enqueue, PopVlan, PushVlan, PushMpls, PopMpls, SetQueue, Group,
                            SetMplsLabel, SetMplsTc, SetMplsTtl, DecMplsTtl, SetNwTtl, DecNwTtl, CopyTtlOut, CopyTtlIn,
                            PushPbb, PopPbb, SetField, CopyField, MeterAction, UnknownAction>;
using Actions = std::vector<Action>;

// [OF 1.3.5 §7.2.4]
struct GotoTable {
  std::uint8_t table_id = 0;
  friend bool operator==(const GotoTable&, const GotoTable&) = default;
};

struct WriteMetadata {
  std::uint64_t metadata = 0, mask = 0;
  friend bool operator==(const WriteMetadata&, const WriteMetadata&) = default;
};

struct WriteActions {
  Actions actions;
  friend bool operator==(const WriteActions&, const WriteActions&) = default;
};

struct ApplyActions {
  Actions actions;
  friend bool operator==(const ApplyActions&, const ApplyActions&) = default;
};

struct ClearActions {
  friend bool operator==(const ClearActions&, const ClearActions&) = default;
};

struct Meter {
  std::uint32_t id = 0;
  friend bool operator==(const Meter&, const Meter&) = default;
};

// Since 1.5: a flow_stats message when a statistic passes a threshold, or a multiple of it.
struct StatTrigger {
  static constexpr std::uint32_t periodic = 1U << 0U, only_first = 1U << 1U;

  std::uint32_t flags = 0;
  Stats thresholds;
  friend bool operator==(const StatTrigger&, const StatTrigger&) = default;
};

// Unknown types and experimenters, whole.
struct UnknownInstruction {
  static constexpr std::uint16_t experimenter_type = 0xffff;

  Bytes bytes;

  [[nodiscard]] std::uint16_t type() const { return load<std::uint16_t>(bytes); }

  friend bool operator==(const UnknownInstruction&, const UnknownInstruction&) = default;
};

using Instruction = std::variant<GotoTable, WriteMetadata, WriteActions, ApplyActions, ClearActions, Meter, StatTrigger,
                                 UnknownInstruction>;
using Instructions = std::vector<Instruction>;

// The lists of a flow: the only apply_actions of it, empty if there is none.
[[nodiscard]] const Actions& applied(const Instructions& instructions);

}  // namespace sluice::ofmsg
