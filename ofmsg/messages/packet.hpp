// Messages that carry packets: packet_in and packet_out.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/messages/flow.hpp"
#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

// 1.4 renamed the first two to TABLE_MISS and APPLY_ACTION.
enum class PacketInReason : std::uint8_t { no_match, action, invalid_ttl, action_set, group, packet_out };

template <>
inline constexpr std::array<std::string_view, 6> enum_names<PacketInReason>{"no_match",   "action", "invalid_ttl",
                                                                            "action_set", "group",  "packet_out"};

// [OF 1.0 §5.4.1, 1.3.5 §7.4.1]
struct PacketIn {
  static constexpr Kind kind = Kind::packet_in;

  BufferId buffer_id;
  std::uint16_t total_len = 0;  // bytes of the packet, also where `data` has fewer
  PortNo in_port;               // until 1.1; after in `match`
  PortNo in_phy_port;           // 1.1
  PacketInReason reason = PacketInReason::no_match;
  std::uint8_t table_id = 0;
  std::uint64_t cookie = 0;  // since 1.3
  Match match;               // since 1.2
  Bytes data;

  // Wherever the version keeps it.
  [[nodiscard]] PortNo ingress() const { return match.in_port().value_or(in_port); }

  friend bool operator==(const PacketIn&, const PacketIn&) = default;
};

template <class W, of_type<PacketIn> M>
void layout(W& w, M& m) {
  w("buffer_id", m.buffer_id);
  if (w.version() == v1_1) w("in_port", m.in_port);
  w("in_phy_port", m.in_phy_port, only(v1_1));
  w("total_len", m.total_len);
  if (w.version() == v1_0) w("in_port", m.in_port);
  w("reason", m.reason);
  w.pad(1, until(v1_0));
  w("table_id", m.table_id, since(v1_1));
  w("cookie", m.cookie, since(v1_3));
  w("match", m.match, since(v1_2));
  w.pad(2, since(v1_2));
  w("data", m.data);
}

// [OF 1.0 §5.3.6, 1.3.5 §7.3.7]; 1.5 has a match instead of in_port
struct PacketOut {
  static constexpr Kind kind = Kind::packet_out;

  BufferId buffer_id;
  PortNo in_port = port::any;  // OFPP_NONE in 1.0, CONTROLLER after, when there is none
  Match match;                 // since 1.5
  Actions actions;
  Bytes data;  // only if buffer_id is none

  friend bool operator==(const PacketOut&, const PacketOut&) = default;
};

template <class W, of_type<PacketOut> M>
void layout(W& w, M& m) {
  w("buffer_id", m.buffer_id);
  if (w.version() < v1_5) w("in_port", m.in_port);
  const auto actions_len = w.length("actions_len");
  w.pad(6, between(v1_1, v1_4));
  w.pad(2, since(v1_5));
  w("match", m.match, since(v1_5));
  w.within(actions_len, [&] { w("actions", m.actions); });
  w("data", m.data);
}

}  // namespace sluice::ofmsg
