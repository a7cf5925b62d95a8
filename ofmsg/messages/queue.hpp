// Queues: their configuration (OFPT_QUEUE_GET_CONFIG until 1.3, OFPMP_QUEUE_DESC after) and statistics.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/messages/stats_header.hpp"
#include "ofmsg/property.hpp"

namespace sluice::ofmsg {

inline constexpr std::uint32_t all_queues = 0xffffffff;  // OFPQ_ALL

// --- configuration until 1.3 ---------------------------------------------------------------------------------------

// Rates: 1/10 of a percent; above 1000: none [OF 1.0 §5.2.2, 1.3.5 §7.2.2]. 1.4 has no padding here. Open vSwitch has
// the maximum in 1.0 and 1.1 as well.
struct QueueNone {
  static constexpr std::array tlvs{Tlv{"none", 0, until(v1_1)}};

  friend bool operator==(const QueueNone&, const QueueNone&) = default;
};

template <class W, of_type<QueueNone> P>
void layout(W& w, P&) {
  w.pad(4);
}

struct QueueExperimenter {
  static constexpr std::array tlvs{Tlv{"experimenter", 0xffff, between(v1_2, v1_3)}};

  std::uint32_t experimenter = 0;
  Bytes data;

  friend bool operator==(const QueueExperimenter&, const QueueExperimenter&) = default;
};

template <class W, of_type<QueueExperimenter> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("experimenter", p.experimenter);
  w.pad(4);
  w("data", p.data);
}

struct QueueRate {
  static constexpr std::array tlvs{Tlv{"min_rate", 1}, Tlv{"max_rate", 2}};

  std::uint16_t type = 1;
  std::uint16_t rate = 0;

  friend bool operator==(const QueueRate&, const QueueRate&) = default;
};

template <class W, of_type<QueueRate> P>
void layout(W& w, P& p) {
  w.pad(4, until(v1_3));
  w("rate", p.rate);
  w.pad(6, until(v1_3));
  w.pad(2, since(v1_4));
}

using QueueProperties = TlvList<Reason::bad_length, TailPadding::none, QueueNone, QueueRate, QueueExperimenter>;

struct PacketQueue {
  std::uint32_t queue_id = 0;
  PortNo port;  // since 1.2
  QueueProperties properties;
  friend bool operator==(const PacketQueue&, const PacketQueue&) = default;
};

template <class W, of_type<PacketQueue> M>
void layout(W& w, M& m) {
  w("queue_id", m.queue_id);
  w("port", m.port, since(v1_2));
  w.framed("len", w.version() >= v1_2 ? 8 : 4, [&] {
    w.pad(2, until(v1_1));
    w.pad(6, since(v1_2));
    w("properties", m.properties);
  });
}

// [OF 1.0 §5.3.7, 1.3.5 §7.3.6]
struct QueueGetConfigRequest {
  static constexpr Kind kind = Kind::queue_get_config_request;
  PortNo port = port::any;
  friend bool operator==(const QueueGetConfigRequest&, const QueueGetConfigRequest&) = default;
};

template <class W, of_type<QueueGetConfigRequest> M>
void layout(W& w, M& m) {
  w("port", m.port);
  w.pad(2, until(v1_0));
  w.pad(4, since(v1_1));
}

struct QueueGetConfigReply {
  static constexpr Kind kind = Kind::queue_get_config_reply;
  PortNo port;
  std::vector<PacketQueue> queues;
  friend bool operator==(const QueueGetConfigReply&, const QueueGetConfigReply&) = default;
};

template <class W, of_type<QueueGetConfigReply> M>
void layout(W& w, M& m) {
  w("port", m.port);
  w.pad(6, until(v1_0));
  w.pad(4, since(v1_1));
  w("queues", m.queues);
}

// --- configuration since 1.4 ---------------------------------------------------------------------------------------

// [OF 1.4 §7.3.5.20]
struct QueueDescRequest {
  static constexpr Kind kind = Kind::queue_desc_request;
  std::uint16_t flags = 0;
  PortNo port_no = port::any;
  std::uint32_t queue_id = all_queues;
  friend bool operator==(const QueueDescRequest&, const QueueDescRequest&) = default;
};

template <class W, of_type<QueueDescRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("port_no", m.port_no);
  w("queue_id", m.queue_id);
}

struct QueueDesc {
  PortNo port_no;
  std::uint32_t queue_id = 0;
  Properties<QueueRate> properties;
  friend bool operator==(const QueueDesc&, const QueueDesc&) = default;
};

template <class W, of_type<QueueDesc> M>
void layout(W& w, M& m) {
  w("port_no", m.port_no);
  w("queue_id", m.queue_id);
  w.framed("len", 8, [&] {
    w.pad(6);
    w("properties", m.properties);
  });
}

struct QueueDescReply {
  static constexpr Kind kind = Kind::queue_desc_reply;
  std::uint16_t flags = 0;
  std::vector<QueueDesc> queues;
  friend bool operator==(const QueueDescReply&, const QueueDescReply&) = default;
};

template <class W, of_type<QueueDescReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("queues", m.queues);
}

// --- statistics ----------------------------------------------------------------------------------------------------

struct QueueStatsRequest {
  static constexpr Kind kind = Kind::queue_stats_request;
  std::uint16_t flags = 0;
  PortNo port_no = port::any;
  std::uint32_t queue_id = all_queues;
  friend bool operator==(const QueueStatsRequest&, const QueueStatsRequest&) = default;
};

template <class W, of_type<QueueStatsRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("port_no", m.port_no);
  w.pad(2, until(v1_0));
  w("queue_id", m.queue_id);
}

template <class W, class M>
void queue_counters(W& w, M& m) {
  w("port_no", m.port_no);
  w.pad(2, until(v1_0));
  w("queue_id", m.queue_id);
  w("tx_bytes", m.tx_bytes);
  w("tx_packets", m.tx_packets);
  w("tx_errors", m.tx_errors);
  w("duration_sec", m.duration_sec, since(v1_3));
  w("duration_nsec", m.duration_nsec, since(v1_3));
}

// [OF 1.0 §5.3.5, 1.3.5 §7.3.5.8, 1.4 §7.3.5.8]
struct QueueStats {
  PortNo port_no;
  std::uint32_t queue_id = 0;
  std::uint64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0;
  std::uint32_t duration_sec = 0, duration_nsec = 0;  // since 1.3
  Properties<> properties;                            // since 1.4
  friend bool operator==(const QueueStats&, const QueueStats&) = default;
};

template <class W, of_type<QueueStats> M>
void layout(W& w, M& m) {
  if (w.version() < v1_4) {
    queue_counters(w, m);
    w("properties", m.properties, since(v1_4));
    return;
  }
  w.framed("length", 0, [&] {
    w.pad(6);
    queue_counters(w, m);
    w("properties", m.properties);
  });
}

struct QueueStatsReply {
  static constexpr Kind kind = Kind::queue_stats_reply;
  std::uint16_t flags = 0;
  std::vector<QueueStats> queues;
  friend bool operator==(const QueueStatsReply&, const QueueStatsReply&) = default;
};

template <class W, of_type<QueueStatsReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("queues", m.queues);
}

}  // namespace sluice::ofmsg
