// The rest of Open vSwitch's messages: monitors of flows, tunnel options, connection tracking; and its statistics.
#pragma once

#include <tuple>

#include "ofmsg/extensions/nicira_message.hpp"
#include "ofmsg/messages/bundle.hpp"
#include "ofmsg/messages/monitor.hpp"

namespace sluice::ofmsg {

// --- messages --------------------------------------------------------------------------------------------------------

// Who tells of a monitor: 1.0 to 1.2 Nicira, 1.3 the ONF with the same bodies.
struct NxFlowMonitorCancel {
  static constexpr Extension extension = nx_message("nx_flow_monitor_cancel", 21);
  std::uint32_t id = 0;
  friend bool operator==(const NxFlowMonitorCancel&, const NxFlowMonitorCancel&) = default;
};

template <class W, of_type<NxFlowMonitorCancel> M>
void layout(W& w, M& m) {
  w("id", m.id);
}

struct NxFlowMonitorPaused {
  static constexpr Extension extension = nx_message("nx_flow_monitor_paused", 22);
  friend bool operator==(const NxFlowMonitorPaused&, const NxFlowMonitorPaused&) = default;
};

struct NxFlowMonitorResumed {
  static constexpr Extension extension = nx_message("nx_flow_monitor_resumed", 23);
  friend bool operator==(const NxFlowMonitorResumed&, const NxFlowMonitorResumed&) = default;
};

template <class W, class M>
requires of_type<M, NxFlowMonitorPaused> || of_type<M, NxFlowMonitorResumed>

void layout(W&, M&) {}

// Which tunnel option is which of the fields tun_metadata0 to 63.
struct NxTlvMap {
  std::uint16_t option_class = 0;
  std::uint8_t option_type = 0, option_len = 0;
  std::uint16_t index = 0;
  friend bool operator==(const NxTlvMap&, const NxTlvMap&) = default;
};

template <class W, of_type<NxTlvMap> P>
void layout(W& w, P& p) {
  w("option_class", p.option_class);
  w("option_type", p.option_type);
  w("option_len", p.option_len);
  w("index", p.index);
  w.pad(2);
}

enum class NxTlvTableCommand : std::uint16_t { add, delete_, clear };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<NxTlvTableCommand>{"add", "delete", "clear"};

struct NxTlvTableMod {
  static constexpr Extension extension = nx_message("nx_tlv_table_mod", 24);
  NxTlvTableCommand command = NxTlvTableCommand::add;
  std::vector<NxTlvMap> maps;
  friend bool operator==(const NxTlvTableMod&, const NxTlvTableMod&) = default;
};

template <class W, of_type<NxTlvTableMod> M>
void layout(W& w, M& m) {
  w("command", m.command);
  w.pad(6);
  w("maps", m.maps);
}

struct NxTlvTableRequest {
  static constexpr Extension extension = nx_message("nx_tlv_table_request", 25);
  friend bool operator==(const NxTlvTableRequest&, const NxTlvTableRequest&) = default;
};

template <class W, of_type<NxTlvTableRequest> M>
void layout(W&, M&) {}

struct NxTlvTableReply {
  static constexpr Extension extension = nx_message("nx_tlv_table_reply", 26);
  std::uint32_t max_option_space = 0;  // bytes
  std::uint16_t max_fields = 0;
  std::vector<NxTlvMap> maps;
  friend bool operator==(const NxTlvTableReply&, const NxTlvTableReply&) = default;
};

template <class W, of_type<NxTlvTableReply> M>
void layout(W& w, M& m) {
  w("max_option_space", m.max_option_space);
  w("max_fields", m.max_fields);
  w.pad(10);
  w("maps", m.maps);
}

struct NxCtFlushZone {
  static constexpr Extension extension = nx_message("nx_ct_flush_zone", 29);
  std::uint16_t zone = 0;
  friend bool operator==(const NxCtFlushZone&, const NxCtFlushZone&) = default;
};

template <class W, of_type<NxCtFlushZone> M>
void layout(W& w, M& m) {
  w.pad(6);
  w("zone", m.zone);
}

// 1.4's requestforward in the versions before 1.3; that has it of the ONF.
struct NxRequestforward {
  static constexpr Extension extension = nx_message("nx_requestforward", 132, until(v1_2));
  NestedMessage request;
  friend bool operator==(const NxRequestforward&, const NxRequestforward&) = default;
};

template <class W, of_type<NxRequestforward> M>
void layout(W& w, M& m) {
  w("request", m.request);
}

// --- statistics ------------------------------------------------------------------------------------------------------

constexpr Extension nx_stats(std::string_view name, ExtensionPlace place, std::uint32_t type, Range range) {
  return {name, place, nicira, type, range};
}

// In 1.0 there are four bytes more behind the type.
template <class W>
void nx_stats_header(W& w) {
  w.pad(4, only(v1_0));
}

// What is aligned is aligned to the message's first byte.
template <class W>
void nx_stats_align(W& w) {
  w.align(w.version() == v1_0 ? 4 : 0);
}

// Which flows flow (0) and aggregate (1) statistics are asked for.
template <std::uint32_t type>
struct NxFlowsRequest {
  static constexpr Extension extension = nx_stats(type == 0 ? "nx_flow_stats_request" : "nx_aggregate_request",
                                                  ExtensionPlace::stats_request, type, only(v1_0));
  PortNo16 out_port{port::any};
  std::uint8_t table_id = all_tables;
  BareMatch match;
  friend bool operator==(const NxFlowsRequest&, const NxFlowsRequest&) = default;
};

using NxFlowStatsRequest = NxFlowsRequest<0>;
using NxAggregateRequest = NxFlowsRequest<1>;

template <class W, class M>
requires of_type<M, NxFlowStatsRequest> || of_type<M, NxAggregateRequest>

void layout(W& w, M& m) {
  nx_stats_header(w);
  w("out_port", m.out_port);
  const auto match_len = w.length("match_len");
  w("table_id", m.table_id);
  w.pad(3);
  w.within(
      match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
  nx_stats_align(w);
}

struct NxFlowStats {
  std::uint8_t table_id = 0;
  std::uint32_t duration_sec = 0, duration_nsec = 0;
  std::uint16_t priority = 0, idle_timeout = 0, hard_timeout = 0;
  std::uint16_t idle_age = 0, hard_age = 0;  // seconds, plus one; zero: not said
  std::uint64_t cookie = 0, packet_count = 0, byte_count = 0;
  BareMatch match;
  Instructions instructions;
  friend bool operator==(const NxFlowStats&, const NxFlowStats&) = default;
};

template <class W, of_type<NxFlowStats> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w("table_id", m.table_id);
    w.pad(1);
    w("duration_sec", m.duration_sec);
    w("duration_nsec", m.duration_nsec);
    w("priority", m.priority);
    w("idle_timeout", m.idle_timeout);
    w("hard_timeout", m.hard_timeout);
    const auto match_len = w.length("match_len");
    w("idle_age", m.idle_age);
    w("hard_age", m.hard_age);
    w("cookie", m.cookie);
    w("packet_count", m.packet_count);
    w("byte_count", m.byte_count);
    w.within(
        match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
    nx_stats_align(w);
    w("instructions", m.instructions);
  });
}

struct NxFlowStatsReply {
  static constexpr Extension extension = nx_stats("nx_flow_stats_reply", ExtensionPlace::stats_reply, 0, only(v1_0));
  std::vector<NxFlowStats> flows;
  friend bool operator==(const NxFlowStatsReply&, const NxFlowStatsReply&) = default;
};

template <class W, of_type<NxFlowStatsReply> M>
void layout(W& w, M& m) {
  nx_stats_header(w);
  w("flows", m.flows);
}

struct NxAggregateReply {
  static constexpr Extension extension = nx_stats("nx_aggregate_reply", ExtensionPlace::stats_reply, 1, only(v1_0));
  std::uint64_t packet_count = 0, byte_count = 0;
  std::uint32_t flow_count = 0;
  friend bool operator==(const NxAggregateReply&, const NxAggregateReply&) = default;
};

template <class W, of_type<NxAggregateReply> M>
void layout(W& w, M& m) {
  nx_stats_header(w);
  w("packet_count", m.packet_count);
  w("byte_count", m.byte_count);
  w("flow_count", m.flow_count);
  w.pad(4);
}

// One monitor. Flags, in the order of their bits: initial, add, delete, modify, actions, own.
struct NxFlowMonitor {
  std::uint32_t id = 0;
  std::uint16_t flags = 0;
  PortNo16 out_port{port::any};
  std::uint8_t table_id = all_tables;
  BareMatch match;
  friend bool operator==(const NxFlowMonitor&, const NxFlowMonitor&) = default;
};

template <class W, of_type<NxFlowMonitor> M>
void layout(W& w, M& m) {
  w("id", m.id);
  w("flags", m.flags);
  w("out_port", m.out_port);
  const auto match_len = w.length("match_len");
  w("table_id", m.table_id);
  w.pad(5);
  w.within(
      match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
  nx_stats_align(w);
}

struct NxFlowMonitorRequest {
  static constexpr Extension extension =
      nx_stats("nx_flow_monitor_request", ExtensionPlace::stats_request, 2, until(v1_2));
  std::vector<NxFlowMonitor> monitors;
  friend bool operator==(const NxFlowMonitorRequest&, const NxFlowMonitorRequest&) = default;
};

template <class W, of_type<NxFlowMonitorRequest> M>
void layout(W& w, M& m) {
  nx_stats_header(w);
  w("monitors", m.monitors);
}

enum class NxFlowUpdateEvent : std::uint16_t { added, deleted, modified, abbrev };

template <>
inline constexpr std::array<std::string_view, 4> enum_names<NxFlowUpdateEvent>{"added", "deleted", "modified",
                                                                               "abbrev"};

// A change that a monitor tells of; the ONF's differ in the form of the match only. `xid` is of `abbrev`, all else of
// the other events.
template <class MatchPart>
struct MonitoredFlow {
  NxFlowUpdateEvent event = NxFlowUpdateEvent::added;
  std::uint16_t reason = 0, priority = 0, idle_timeout = 0, hard_timeout = 0;
  std::uint8_t table_id = 0;
  std::uint64_t cookie = 0;
  MatchPart match;
  Instructions instructions;
  std::uint32_t xid = 0;
  friend bool operator==(const MonitoredFlow&, const MonitoredFlow&) = default;
};

using NxFlowUpdate = MonitoredFlow<BareMatch>;
using OnfFlowUpdate = MonitoredFlow<OxmMatch>;

template <class W, class M>
requires of_type<M, NxFlowUpdate> || of_type<M, OnfFlowUpdate>

void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w("event", m.event);
    if (m.event == NxFlowUpdateEvent::abbrev) return w("xid", m.xid);
    w("reason", m.reason);
    w("priority", m.priority);
    w("idle_timeout", m.idle_timeout);
    w("hard_timeout", m.hard_timeout);
    const auto match_len = w.length("match_len");
    w("table_id", m.table_id);
    w.pad(1);
    w("cookie", m.cookie);
    w.within(
        match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
    nx_stats_align(w);
    w("instructions", m.instructions);
  });
}

struct NxFlowMonitorReply {
  static constexpr Extension extension = nx_stats("nx_flow_monitor_reply", ExtensionPlace::stats_reply, 2, until(v1_2));
  std::vector<NxFlowUpdate> updates;
  friend bool operator==(const NxFlowMonitorReply&, const NxFlowMonitorReply&) = default;
};

template <class W, of_type<NxFlowMonitorReply> M>
void layout(W& w, M& m) {
  nx_stats_header(w);
  w("updates", m.updates);
}

// --- all of them -----------------------------------------------------------------------------------------------------

using NiciraMessages =
    std::tuple<NxRoleRequest, NxRoleReply, NxSetFlowFormat, NxFlowMod, NxFlowRemoved, NxFlowModTableId,
               NxSetPacketInFormat, NxPacketIn, NxFlowAge, NxSetAsyncConfig, NxSetControllerId, NxFlowMonitorCancel,
               NxFlowMonitorPaused, NxFlowMonitorResumed, NxTlvTableMod, NxTlvTableRequest, NxTlvTableReply,
               NxSetAsyncConfig2, NxResume, NxCtFlushZone, NxPacketIn2, NxRequestforward, NxFlowStatsRequest,
               NxFlowStatsReply, NxAggregateRequest, NxAggregateReply, NxFlowMonitorRequest, NxFlowMonitorReply>;

}  // namespace sluice::ofmsg
