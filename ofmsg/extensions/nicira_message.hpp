// Messages of Open vSwitch's own. Where it sends what OpenFlow also has, the parts are the standard's (Role, FlowMod's
// commands, packet_in's reasons).
//
// Matches are bare fields with their length in front and zeros up to a multiple of 8 behind, in every version. Fields
// of Open vSwitch's classes (NXM) have no row in the table of fields and are kept as they come.
#pragma once

#include "ofmsg/extension.hpp"
#include "ofmsg/extensions/leaf.hpp"
#include "ofmsg/messages/flow.hpp"
#include "ofmsg/messages/packet.hpp"
#include "ofmsg/messages/session.hpp"

namespace sluice::ofmsg {

constexpr Extension nx_message(std::string_view name, std::uint32_t type, Range range = always) {
  return {name, ExtensionPlace::message, nicira, type, range};
}

// --- roles, formats, what a controller wants to be told --------------------------------------------------------------

enum class NxRole : std::uint32_t { other, master, slave };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<NxRole>{"other", "master", "slave"};

template <std::uint32_t type>
struct NxRoleMessage {
  static constexpr Extension extension = nx_message(type == 10 ? "nx_role_request" : "nx_role_reply", type);
  NxRole role = NxRole::other;
  friend bool operator==(const NxRoleMessage&, const NxRoleMessage&) = default;
};

using NxRoleRequest = NxRoleMessage<10>;
using NxRoleReply = NxRoleMessage<11>;

template <class W, class M>
requires of_type<M, NxRoleRequest> || of_type<M, NxRoleReply>

void layout(W& w, M& m) { w("role", m.role); }

enum class NxFlowFormat : std::uint32_t { openflow10 = 0, nxm = 2 };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<NxFlowFormat>{"openflow10", "", "nxm"};

struct NxSetFlowFormat {
  static constexpr Extension extension = nx_message("nx_set_flow_format", 12, only(v1_0));
  NxFlowFormat format = NxFlowFormat::openflow10;
  friend bool operator==(const NxSetFlowFormat&, const NxSetFlowFormat&) = default;
};

template <class W, of_type<NxSetFlowFormat> M>
void layout(W& w, M& m) {
  w("format", m.format);
}

// From then on a flow_mod's command has the table in its upper 8 bits.
struct NxFlowModTableId {
  static constexpr Extension extension = nx_message("nx_flow_mod_table_id", 15);
  std::uint8_t set = 0;
  friend bool operator==(const NxFlowModTableId&, const NxFlowModTableId&) = default;
};

template <class W, of_type<NxFlowModTableId> M>
void layout(W& w, M& m) {
  w("set", m.set);
  w.pad(7);
}

enum class NxPacketInFormat : std::uint32_t { standard, nxt_packet_in, nxt_packet_in2 };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<NxPacketInFormat>{"standard", "nxt_packet_in",
                                                                              "nxt_packet_in2"};

struct NxSetPacketInFormat {
  static constexpr Extension extension = nx_message("nx_set_packet_in_format", 16);
  NxPacketInFormat format = NxPacketInFormat::standard;
  friend bool operator==(const NxSetPacketInFormat&, const NxSetPacketInFormat&) = default;
};

template <class W, of_type<NxSetPacketInFormat> M>
void layout(W& w, M& m) {
  w("format", m.format);
}

// From then on flow statistics say how long a flow was idle.
struct NxFlowAge {
  static constexpr Extension extension = nx_message("nx_flow_age", 18);
  friend bool operator==(const NxFlowAge&, const NxFlowAge&) = default;
};

template <class W, of_type<NxFlowAge> M>
void layout(W&, M&) {}

// As 1.3's set_async: for masters and equals, and for slaves.
struct NxSetAsyncConfig {
  static constexpr Extension extension = nx_message("nx_set_async_config", 19);
  std::array<std::uint32_t, 2> packet_in_mask{}, port_status_mask{}, flow_removed_mask{};
  friend bool operator==(const NxSetAsyncConfig&, const NxSetAsyncConfig&) = default;
};

template <class W, of_type<NxSetAsyncConfig> M>
void layout(W& w, M& m) {
  w("packet_in_mask", m.packet_in_mask);
  w("port_status_mask", m.port_status_mask);
  w("flow_removed_mask", m.flow_removed_mask);
}

// As 1.4's, in the versions before.
struct NxAsyncMask {
  static constexpr std::array tlvs{
      Tlv{"packet_in_slave", 0},     Tlv{"packet_in_master", 1},      Tlv{"port_status_slave", 2},
      Tlv{"port_status_master", 3},  Tlv{"flow_removed_slave", 4},    Tlv{"flow_removed_master", 5},
      Tlv{"role_status_slave", 6},   Tlv{"role_status_master", 7},    Tlv{"table_status_slave", 8},
      Tlv{"table_status_master", 9}, Tlv{"requestforward_slave", 10}, Tlv{"requestforward_master", 11}};

  std::uint16_t type = 0;
  std::uint32_t mask = 0;
  friend bool operator==(const NxAsyncMask&, const NxAsyncMask&) = default;
};

template <class W, of_type<NxAsyncMask> P>
void layout(W& w, P& p) {
  w("mask", p.mask);
}

struct NxSetAsyncConfig2 {
  static constexpr Extension extension = nx_message("nx_set_async_config2", 27, until(v1_3));
  Properties<NxAsyncMask> properties;
  friend bool operator==(const NxSetAsyncConfig2&, const NxSetAsyncConfig2&) = default;
};

template <class W, of_type<NxSetAsyncConfig2> M>
void layout(W& w, M& m) {
  w("properties", m.properties);
}

struct NxSetControllerId {
  static constexpr Extension extension = nx_message("nx_set_controller_id", 20);
  std::uint16_t controller_id = 0;
  friend bool operator==(const NxSetControllerId&, const NxSetControllerId&) = default;
};

template <class W, of_type<NxSetControllerId> M>
void layout(W& w, M& m) {
  w.pad(6);
  w("controller_id", m.controller_id);
}

// --- flows -----------------------------------------------------------------------------------------------------------

struct NxFlowMod {
  static constexpr Extension extension = nx_message("nx_flow_mod", 13);
  std::uint64_t cookie = 0;
  std::uint8_t table_id = 0;  // after flow_mod_table_id
  FlowModCommand command = FlowModCommand::add;
  std::uint16_t idle_timeout = 0, hard_timeout = 0;  // seconds
  std::uint16_t priority = 0x8000;
  BufferId buffer_id;
  PortNo16 out_port{port::any};
  std::uint16_t flags = 0;
  BareMatch match;
  Instructions instructions;
  friend bool operator==(const NxFlowMod&, const NxFlowMod&) = default;
};

// 16 bits hold the table and the command.
void flow_mod_command(Reader& r, NxFlowMod& m);
void flow_mod_command(Writer& w, const NxFlowMod& m);

template <class W, class M>
void flow_mod_command(W& w, M& m) {
  w("table_id", m.table_id);
  w("command", m.command);
}

template <class W, of_type<NxFlowMod> M>
void layout(W& w, M& m) {
  w("cookie", m.cookie);
  flow_mod_command(w, m);
  w("idle_timeout", m.idle_timeout);
  w("hard_timeout", m.hard_timeout);
  w("priority", m.priority);
  w("buffer_id", m.buffer_id);
  w("out_port", m.out_port);
  w("flags", m.flags);
  const auto match_len = w.length("match_len");
  w.pad(6);
  w.within(
      match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
  w.align();
  w("instructions", m.instructions);
}

struct NxFlowRemoved {
  static constexpr Extension extension = nx_message("nx_flow_removed", 14);
  std::uint64_t cookie = 0;
  std::uint16_t priority = 0;
  FlowRemovedReason reason = FlowRemovedReason::idle_timeout;
  std::uint8_t table_id_plus_1 = 0;  // 0: not said
  std::uint32_t duration_sec = 0, duration_nsec = 0;
  std::uint16_t idle_timeout = 0;
  std::uint64_t packet_count = 0, byte_count = 0;
  BareMatch match;
  friend bool operator==(const NxFlowRemoved&, const NxFlowRemoved&) = default;
};

template <class W, of_type<NxFlowRemoved> M>
void layout(W& w, M& m) {
  w("cookie", m.cookie);
  w("priority", m.priority);
  w("reason", m.reason);
  w("table_id_plus_1", m.table_id_plus_1);
  w("duration_sec", m.duration_sec);
  w("duration_nsec", m.duration_nsec);
  w("idle_timeout", m.idle_timeout);
  const auto match_len = w.length("match_len");
  w("packet_count", m.packet_count);
  w("byte_count", m.byte_count);
  w.within(
      match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
  w.align();
}

// --- packets ---------------------------------------------------------------------------------------------------------

struct NxPacketIn {
  static constexpr Extension extension = nx_message("nx_packet_in", 17);
  BufferId buffer_id;
  std::uint16_t total_len = 0;
  PacketInReason reason = PacketInReason::no_match;
  std::uint8_t table_id = 0;
  std::uint64_t cookie = 0;
  BareMatch match;
  Bytes data;
  friend bool operator==(const NxPacketIn&, const NxPacketIn&) = default;
};

template <class W, of_type<NxPacketIn> M>
void layout(W& w, M& m) {
  w("buffer_id", m.buffer_id);
  w("total_len", m.total_len);
  w("reason", m.reason);
  w("table_id", m.table_id);
  w("cookie", m.cookie);
  const auto match_len = w.length("match_len");
  w.pad(6);
  w.within(
      match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
  w.align();
  w.pad(2);
  w("data", m.data);
}

// Parts of packet_in2 and resume.
template <std::uint16_t number>
struct NxPinBytes {
  static constexpr std::array tlvs{Tlv{number == 0 ? "packet" : number == 7 ? "userdata" : "continuation", number}};
  Bytes bytes;
  friend bool operator==(const NxPinBytes&, const NxPinBytes&) = default;
};

using NxPinPacket = NxPinBytes<0>;
using NxPinUserdata = NxPinBytes<7>;
using NxPinContinuation = NxPinBytes<8>;  // the switch's own affair, to be given back unchanged

template <class W, class P>
requires of_type<P, NxPinPacket> || of_type<P, NxPinUserdata> || of_type<P, NxPinContinuation>

void layout(W& w, P& p) { w("bytes", p.bytes); }

struct NxPinFullLen {
  static constexpr std::array tlvs{Tlv{"full_len", 1}};
  std::uint32_t full_len = 0;
  friend bool operator==(const NxPinFullLen&, const NxPinFullLen&) = default;
};

template <class W, of_type<NxPinFullLen> P>
void layout(W& w, P& p) {
  w("full_len", p.full_len);
}

struct NxPinBufferId {
  static constexpr std::array tlvs{Tlv{"buffer_id", 2}};
  BufferId buffer_id;
  friend bool operator==(const NxPinBufferId&, const NxPinBufferId&) = default;
};

template <class W, of_type<NxPinBufferId> P>
void layout(W& w, P& p) {
  w("buffer_id", p.buffer_id);
}

struct NxPinTableId {
  static constexpr std::array tlvs{Tlv{"table_id", 3}};
  std::uint8_t table_id = 0;
  friend bool operator==(const NxPinTableId&, const NxPinTableId&) = default;
};

template <class W, of_type<NxPinTableId> P>
void layout(W& w, P& p) {
  w("table_id", p.table_id);
}

struct NxPinCookie {
  static constexpr std::array tlvs{Tlv{"cookie", 4}};
  std::uint64_t cookie = 0;
  friend bool operator==(const NxPinCookie&, const NxPinCookie&) = default;
};

template <class W, of_type<NxPinCookie> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("cookie", p.cookie);
}

struct NxPinReason {
  static constexpr std::array tlvs{Tlv{"reason", 5}};
  PacketInReason reason = PacketInReason::no_match;
  friend bool operator==(const NxPinReason&, const NxPinReason&) = default;
};

template <class W, of_type<NxPinReason> P>
void layout(W& w, P& p) {
  w("reason", p.reason);
}

struct NxPinMetadata {
  static constexpr std::array tlvs{Tlv{"metadata", 6}};
  BareMatch metadata;
  friend bool operator==(const NxPinMetadata&, const NxPinMetadata&) = default;
};

template <class W, of_type<NxPinMetadata> P>
void layout(W& w, P& p) {
  w("metadata", p.metadata);
}

using NxPacketInProperties = Properties<NxPinPacket, NxPinFullLen, NxPinBufferId, NxPinTableId, NxPinCookie,
                                        NxPinReason, NxPinMetadata, NxPinUserdata, NxPinContinuation>;

// 30: the switch tells of a packet; 28: the controller gives it back and lets it go on.
template <std::uint32_t type>
struct NxPacket {
  static constexpr Extension extension = nx_message(type == 30 ? "nx_packet_in2" : "nx_resume", type);
  NxPacketInProperties properties;
  friend bool operator==(const NxPacket&, const NxPacket&) = default;
};

using NxPacketIn2 = NxPacket<30>;
using NxResume = NxPacket<28>;

template <class W, class M>
requires of_type<M, NxPacketIn2> || of_type<M, NxResume>

void layout(W& w, M& m) { w("properties", m.properties); }

}  // namespace sluice::ofmsg
