// Statistics (multipart) messages: the switch's description, flows, aggregates, ports, experimenters'. Those of tables,
// queues, groups and meters are with the other messages of these. The type in the multipart header comes from the kind
// table; a layout begins with the flags.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ofmsg/messages/flow.hpp"
#include "ofmsg/messages/port.hpp"
#include "ofmsg/messages/session.hpp"
#include "ofmsg/messages/stats_header.hpp"
#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

struct DescRequest {
  static constexpr Kind kind = Kind::desc_request;
  std::uint16_t flags = 0;
  friend bool operator==(const DescRequest&, const DescRequest&) = default;
};

template <class W, of_type<DescRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
}

// [OF 1.0 §5.3.5, 1.3.5 §7.3.5.1]
struct DescReply {
  static constexpr Kind kind = Kind::desc_reply;
  std::uint16_t flags = 0;
  Text<256> mfr_desc, hw_desc, sw_desc;
  Text<32> serial_num;
  Text<256> dp_desc;
  friend bool operator==(const DescReply&, const DescReply&) = default;
};

template <class W, of_type<DescReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("mfr_desc", m.mfr_desc);
  w("hw_desc", m.hw_desc);
  w("sw_desc", m.sw_desc);
  w("serial_num", m.serial_num);
  w("dp_desc", m.dp_desc);
}

// Which flows a flow or aggregate request is about.
struct FlowFilter {
  Match match;
  std::uint8_t table_id = all_tables;
  PortNo out_port = port::any;
  GroupId out_group;
  std::uint64_t cookie = 0, cookie_mask = 0;  // since 1.1
  friend bool operator==(const FlowFilter&, const FlowFilter&) = default;
};

template <class W, of_type<FlowFilter> M>
void layout(W& w, M& m) {
  if (w.version() == v1_0) w("match", m.match);
  w("table_id", m.table_id);
  w.pad(1, until(v1_0));
  w.pad(3, since(v1_1));
  w("out_port", m.out_port);
  w("out_group", m.out_group, since(v1_1));
  w.pad(4, since(v1_1));
  w("cookie", m.cookie, since(v1_1));
  w("cookie_mask", m.cookie_mask, since(v1_1));
  if (w.version() != v1_0) w("match", m.match);
}

struct FlowStatsRequest {
  static constexpr Kind kind = Kind::flow_stats_request;
  std::uint16_t flags = 0;
  FlowFilter filter;
  friend bool operator==(const FlowStatsRequest&, const FlowStatsRequest&) = default;
};

template <class W, of_type<FlowStatsRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("filter", m.filter);
}

// One flow [OF 1.0 §5.3.5, 1.3.5 §7.3.5.2, 1.5.1 §7.3.5.2 (OFPMP_FLOW_DESC)].
struct FlowStats {
  std::uint8_t table_id = 0;
  Match match;
  std::uint32_t duration_sec = 0, duration_nsec = 0;  // until 1.4; after in `stats`
  std::uint16_t priority = 0;
  std::uint16_t idle_timeout = 0, hard_timeout = 0;
  std::uint16_t flags = 0;       // since 1.3
  std::uint16_t importance = 0;  // since 1.4
  std::uint64_t cookie = 0;
  std::uint64_t packet_count = 0, byte_count = 0;  // until 1.4; after in `stats`
  Stats stats;                                     // since 1.5
  Instructions instructions;
  friend bool operator==(const FlowStats&, const FlowStats&) = default;
};

template <class W, class M>
void flow_desc_1_5(W& w, M& m) {
  w.pad(2);
  w("table_id", m.table_id);
  w.pad(1);
  w("priority", m.priority);
  w("idle_timeout", m.idle_timeout);
  w("hard_timeout", m.hard_timeout);
  w("flags", m.flags);
  w("importance", m.importance);
  w("cookie", m.cookie);
  w("match", m.match);
  w("stats", m.stats);
  w("instructions", m.instructions);
}

template <class W, of_type<FlowStats> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    if (w.version() >= v1_5) return flow_desc_1_5(w, m);
    w("table_id", m.table_id);
    w.pad(1);
    if (w.version() == v1_0) w("match", m.match);
    w("duration_sec", m.duration_sec);
    w("duration_nsec", m.duration_nsec);
    w("priority", m.priority);
    w("idle_timeout", m.idle_timeout);
    w("hard_timeout", m.hard_timeout);
    w("flags", m.flags, since(v1_3));
    w("importance", m.importance, since(v1_4));
    w.pad(6, until(v1_2));
    w.pad(4, only(v1_3));
    w.pad(2, since(v1_4));
    w("cookie", m.cookie);
    w("packet_count", m.packet_count);
    w("byte_count", m.byte_count);
    if (w.version() != v1_0) w("match", m.match);
    w("instructions", m.instructions);
  });
}

struct FlowStatsReply {
  static constexpr Kind kind = Kind::flow_stats_reply;
  std::uint16_t flags = 0;
  std::vector<FlowStats> flows;
  friend bool operator==(const FlowStatsReply&, const FlowStatsReply&) = default;
};

template <class W, of_type<FlowStatsReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("flows", m.flows);
}

struct AggregateRequest {
  static constexpr Kind kind = Kind::aggregate_request;
  std::uint16_t flags = 0;
  FlowFilter filter;
  friend bool operator==(const AggregateRequest&, const AggregateRequest&) = default;
};

template <class W, of_type<AggregateRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("filter", m.filter);
}

struct AggregateReply {
  static constexpr Kind kind = Kind::aggregate_reply;
  std::uint16_t flags = 0;
  std::uint64_t packet_count = 0, byte_count = 0;  // until 1.4; after in `stats`
  std::uint32_t flow_count = 0;
  Stats stats;  // since 1.5
  friend bool operator==(const AggregateReply&, const AggregateReply&) = default;
};

template <class W, of_type<AggregateReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("packet_count", m.packet_count, until(v1_4));
  w("byte_count", m.byte_count, until(v1_4));
  w("flow_count", m.flow_count, until(v1_4));
  w.pad(4, until(v1_4));
  w("stats", m.stats, since(v1_5));
}

// Counters of flows without what the flows do: OFPMP_FLOW_STATS of 1.5 [OF 1.5.1 §7.3.5.3].
struct FlowStatsLightRequest {
  static constexpr Kind kind = Kind::flow_stats_light_request;
  std::uint16_t flags = 0;
  FlowFilter filter;
  friend bool operator==(const FlowStatsLightRequest&, const FlowStatsLightRequest&) = default;
};

template <class W, of_type<FlowStatsLightRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("filter", m.filter);
}

enum class FlowStatsReason : std::uint8_t { stats_request, stat_trigger };

template <>
inline constexpr std::array<std::string_view, 2> enum_names<FlowStatsReason>{"stats_request", "stat_trigger"};

struct FlowStatsLight {
  std::uint8_t table_id = 0;
  FlowStatsReason reason = FlowStatsReason::stats_request;
  std::uint16_t priority = 0;
  Match match;
  Stats stats;
  friend bool operator==(const FlowStatsLight&, const FlowStatsLight&) = default;
};

template <class W, of_type<FlowStatsLight> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w.pad(2);
    w("table_id", m.table_id);
    w("reason", m.reason);
    w("priority", m.priority);
    w("match", m.match);
    w("stats", m.stats);
  });
}

struct FlowStatsLightReply {
  static constexpr Kind kind = Kind::flow_stats_light_reply;
  std::uint16_t flags = 0;
  std::vector<FlowStatsLight> flows;
  friend bool operator==(const FlowStatsLightReply&, const FlowStatsLightReply&) = default;
};

template <class W, of_type<FlowStatsLightReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("flows", m.flows);
}

struct PortStatsRequest {
  static constexpr Kind kind = Kind::port_stats_request;
  std::uint16_t flags = 0;
  PortNo port_no = port::any;
  friend bool operator==(const PortStatsRequest&, const PortStatsRequest&) = default;
};

template <class W, of_type<PortStatsRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("port_no", m.port_no);
  w.pad(6, until(v1_0));
  w.pad(4, since(v1_1));
}

// [OF 1.4 §7.3.5.6]; until 1.3 these are fields of the port itself.
struct PortStatsEthernet {
  static constexpr std::array tlvs{Tlv{"ethernet", 0, since(v1_4)}};

  std::uint64_t rx_frame_err = 0, rx_over_err = 0, rx_crc_err = 0, collisions = 0;

  friend bool operator==(const PortStatsEthernet&, const PortStatsEthernet&) = default;
};

template <class W, of_type<PortStatsEthernet> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("rx_frame_err", p.rx_frame_err);
  w("rx_over_err", p.rx_over_err);
  w("rx_crc_err", p.rx_crc_err);
  w("collisions", p.collisions);
}

struct PortStatsOptical {
  static constexpr std::array tlvs{Tlv{"optical", 1, since(v1_4)}};

  std::uint32_t flags = 0;
  std::uint32_t tx_freq_lmda = 0, tx_offset = 0, tx_grid_span = 0;
  std::uint32_t rx_freq_lmda = 0, rx_offset = 0, rx_grid_span = 0;
  std::uint16_t tx_pwr = 0, rx_pwr = 0;             // dBm / 10
  std::uint16_t bias_current = 0, temperature = 0;  // mA / 10, degrees Celsius / 10

  friend bool operator==(const PortStatsOptical&, const PortStatsOptical&) = default;
};

template <class W, of_type<PortStatsOptical> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("flags", p.flags);
  w("tx_freq_lmda", p.tx_freq_lmda);
  w("tx_offset", p.tx_offset);
  w("tx_grid_span", p.tx_grid_span);
  w("rx_freq_lmda", p.rx_freq_lmda);
  w("rx_offset", p.rx_offset);
  w("rx_grid_span", p.rx_grid_span);
  w("tx_pwr", p.tx_pwr);
  w("rx_pwr", p.rx_pwr);
  w("bias_current", p.bias_current);
  w("temperature", p.temperature);
}

using PortStatsProperties = Properties<PortStatsEthernet, PortStatsOptical>;

// [OF 1.0 §5.3.5, 1.3.5 §7.3.5.6, 1.4 §7.3.5.6]. All ones: not counted.
struct PortStats {
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  PortNo port_no;
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_bytes = 0, tx_bytes = 0, rx_dropped = 0, tx_dropped = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0;
  std::uint64_t rx_frame_err = 0, rx_over_err = 0, rx_crc_err = 0, collisions = 0;  // until 1.3
  std::uint32_t duration_sec = 0, duration_nsec = 0;                                // since 1.3
  PortStatsProperties properties;                                                   // since 1.4
  friend bool operator==(const PortStats&, const PortStats&) = default;
};

template <class W, class M>
void port_counters(W& w, M& m) {
  w("rx_packets", m.rx_packets);
  w("tx_packets", m.tx_packets);
  w("rx_bytes", m.rx_bytes);
  w("tx_bytes", m.tx_bytes);
  w("rx_dropped", m.rx_dropped);
  w("tx_dropped", m.tx_dropped);
  w("rx_errors", m.rx_errors);
  w("tx_errors", m.tx_errors);
}

template <class W, of_type<PortStats> M>
void layout(W& w, M& m) {
  if (w.version() >= v1_4) {
    w.framed("length", 0, [&] {
      w.pad(2);
      w("port_no", m.port_no);
      w("duration_sec", m.duration_sec);
      w("duration_nsec", m.duration_nsec);
      port_counters(w, m);
      w("rx_frame_err", m.rx_frame_err, until(v1_3));
      w("rx_over_err", m.rx_over_err, until(v1_3));
      w("rx_crc_err", m.rx_crc_err, until(v1_3));
      w("collisions", m.collisions, until(v1_3));
      w("properties", m.properties);
    });
    return;
  }
  w("port_no", m.port_no);
  w.pad(6, until(v1_0));
  w.pad(4, since(v1_1));
  port_counters(w, m);
  w("rx_frame_err", m.rx_frame_err);
  w("rx_over_err", m.rx_over_err);
  w("rx_crc_err", m.rx_crc_err);
  w("collisions", m.collisions);
  w("duration_sec", m.duration_sec, since(v1_3));
  w("duration_nsec", m.duration_nsec, since(v1_3));
  w("properties", m.properties, since(v1_4));
}

struct PortStatsReply {
  static constexpr Kind kind = Kind::port_stats_reply;
  std::uint16_t flags = 0;
  std::vector<PortStats> ports;
  friend bool operator==(const PortStatsReply&, const PortStatsReply&) = default;
};

template <class W, of_type<PortStatsReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("ports", m.ports);
}

// [OF 1.3.5 §7.3.5.7, 1.5.1 §7.3.5.7]; since 1.3 (Open vSwitch knows it from 1.0 on)
struct PortDescRequest {
  static constexpr Kind kind = Kind::port_desc_request;
  std::uint16_t flags = 0;
  PortNo port_no = port::any;  // since 1.5; before, all ports are told
  friend bool operator==(const PortDescRequest&, const PortDescRequest&) = default;
};

template <class W, of_type<PortDescRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  if (w.version() >= v1_5) {
    w("port_no", m.port_no);
    w.pad(4);
  }
}

struct PortDescReply {
  static constexpr Kind kind = Kind::port_desc_reply;
  std::uint16_t flags = 0;
  std::vector<Port> ports;
  friend bool operator==(const PortDescReply&, const PortDescReply&) = default;
};

template <class W, of_type<PortDescReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("ports", m.ports);
}

// --- controllers ---------------------------------------------------------------------------------------------------

// [OF 1.5.1 §7.3.5.21]
struct ControllerStatusRequest {
  static constexpr Kind kind = Kind::controller_status_request;
  std::uint16_t flags = 0;
  friend bool operator==(const ControllerStatusRequest&, const ControllerStatusRequest&) = default;
};

template <class W, of_type<ControllerStatusRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
}

struct ControllerStatusReply {
  static constexpr Kind kind = Kind::controller_status_reply;
  std::uint16_t flags = 0;
  std::vector<ControllerState> controllers;
  friend bool operator==(const ControllerStatusReply&, const ControllerStatusReply&) = default;
};

template <class W, of_type<ControllerStatusReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("controllers", m.controllers);
}

// --- experimenters -------------------------------------------------------------------------------------------------

// [OF 1.0 §5.3.5, 1.3.5 §7.3.5.17]; as `Experimenter`. In 1.1 the four bytes behind the experimenter are padding.
template <Kind k>
struct ExperimenterStats {
  static constexpr Kind kind = k;
  std::uint16_t flags = 0;
  std::uint32_t experimenter = 0;
  std::uint32_t exp_type = 0;  // since 1.1
  Bytes body;
  friend bool operator==(const ExperimenterStats&, const ExperimenterStats&) = default;
};

using ExperimenterStatsRequest = ExperimenterStats<Kind::experimenter_stats_request>;
using ExperimenterStatsReply = ExperimenterStats<Kind::experimenter_stats_reply>;

template <class W, class M>
requires of_type<M, ExperimenterStatsRequest> || of_type<M, ExperimenterStatsReply>

void layout(W& w, M& m) {
  multipart_header(w, m);
  w("experimenter", m.experimenter);
  w("exp_type", m.exp_type, since(v1_1));
  w("body", m.body);
}

}  // namespace sluice::ofmsg
