// Statistics (multipart) messages: description, flows, aggregates, tables, ports.
//
// The type in the multipart header comes from the kind table; a layout begins with the flags. One message is one part:
// a reply in several parts is put together by ofmsg/multipart.
#pragma once

#include <cstdint>
#include <vector>

#include "ofmsg/messages/flow.hpp"
#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

inline constexpr std::uint16_t multipart_more = 1;

template <class W, class M>
void multipart_header(W& w, M& m) {
  w("flags", m.flags);
  w.pad(4, since(v1_1));
}

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

// One flow [OF 1.0 §5.3.5, 1.3.5 §7.3.5.2]; 1.5 has statistics fields of variable size.
struct FlowStats {
  std::uint8_t table_id = 0;
  Match match;
  std::uint32_t duration_sec = 0, duration_nsec = 0;
  std::uint16_t priority = 0;
  std::uint16_t idle_timeout = 0, hard_timeout = 0;
  std::uint16_t flags = 0;       // since 1.3
  std::uint16_t importance = 0;  // since 1.4
  std::uint64_t cookie = 0;
  std::uint64_t packet_count = 0, byte_count = 0;
  Instructions instructions;
  friend bool operator==(const FlowStats&, const FlowStats&) = default;
};

template <class W, of_type<FlowStats> M>
void layout(W& w, M& m) {
  w.unsupported("flow_stats", since(v1_5));
  w.framed("length", 0, [&] {
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
  std::uint64_t packet_count = 0, byte_count = 0;
  std::uint32_t flow_count = 0;
  friend bool operator==(const AggregateReply&, const AggregateReply&) = default;
};

template <class W, of_type<AggregateReply> M>
void layout(W& w, M& m) {
  w.unsupported("aggregate", since(v1_5));
  multipart_header(w, m);
  w("packet_count", m.packet_count);
  w("byte_count", m.byte_count);
  w("flow_count", m.flow_count);
  w.pad(4);
}

struct TableStatsRequest {
  static constexpr Kind kind = Kind::table_stats_request;
  std::uint16_t flags = 0;
  friend bool operator==(const TableStatsRequest&, const TableStatsRequest&) = default;
};

template <class W, of_type<TableStatsRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
}

// [OF 1.0 §5.3.5, 1.3.5 §7.3.5.4]; 1.1 and 1.2 tell much more, which belongs to table features
struct TableStats {
  std::uint8_t table_id = 0;
  Text<32> name;                  // 1.0
  std::uint32_t wildcards = 0;    // 1.0
  std::uint32_t max_entries = 0;  // 1.0
  std::uint32_t active_count = 0;
  std::uint64_t lookup_count = 0, matched_count = 0;
  friend bool operator==(const TableStats&, const TableStats&) = default;
};

template <class W, of_type<TableStats> M>
void layout(W& w, M& m) {
  w.unsupported("table_stats", between(v1_1, v1_2));
  w("table_id", m.table_id);
  w.pad(3);
  w("name", m.name, until(v1_0));
  w("wildcards", m.wildcards, until(v1_0));
  w("max_entries", m.max_entries, until(v1_0));
  w("active_count", m.active_count);
  w("lookup_count", m.lookup_count);
  w("matched_count", m.matched_count);
}

struct TableStatsReply {
  static constexpr Kind kind = Kind::table_stats_reply;
  std::uint16_t flags = 0;
  std::vector<TableStats> tables;
  friend bool operator==(const TableStatsReply&, const TableStatsReply&) = default;
};

template <class W, of_type<TableStatsReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("tables", m.tables);
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

// [OF 1.0 §5.3.5, 1.3.5 §7.3.5.6]; 1.4 has properties. All ones: not counted.
struct PortStats {
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  PortNo port_no;
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_bytes = 0, tx_bytes = 0, rx_dropped = 0, tx_dropped = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0, rx_frame_err = 0, rx_over_err = 0, rx_crc_err = 0, collisions = 0;
  std::uint32_t duration_sec = 0, duration_nsec = 0;  // since 1.3
  friend bool operator==(const PortStats&, const PortStats&) = default;
};

template <class W, of_type<PortStats> M>
void layout(W& w, M& m) {
  w.unsupported("port_stats", since(v1_4));
  w("port_no", m.port_no);
  w.pad(6, until(v1_0));
  w.pad(4, since(v1_1));
  w("rx_packets", m.rx_packets);
  w("tx_packets", m.tx_packets);
  w("rx_bytes", m.rx_bytes);
  w("tx_bytes", m.tx_bytes);
  w("rx_dropped", m.rx_dropped);
  w("tx_dropped", m.tx_dropped);
  w("rx_errors", m.rx_errors);
  w("tx_errors", m.tx_errors);
  w("rx_frame_err", m.rx_frame_err);
  w("rx_over_err", m.rx_over_err);
  w("rx_crc_err", m.rx_crc_err);
  w("collisions", m.collisions);
  w("duration_sec", m.duration_sec, since(v1_3));
  w("duration_nsec", m.duration_nsec, since(v1_3));
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

// [OF 1.3.5 §7.3.5.7]; since 1.3 (Open vSwitch knows it from 1.0 on)
struct PortDescRequest {
  static constexpr Kind kind = Kind::port_desc_request;
  std::uint16_t flags = 0;
  friend bool operator==(const PortDescRequest&, const PortDescRequest&) = default;
};

template <class W, of_type<PortDescRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w.unsupported("port_desc", since(v1_5));
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

}  // namespace sluice::ofmsg
