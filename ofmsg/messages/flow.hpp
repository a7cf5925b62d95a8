// Flow table messages: flow_mod and flow_removed.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

// Where a controller and Open vSwitch have agreed on it, the upper byte of 1.0's 16 bits is a table.
enum class FlowModCommand : std::uint16_t { add, modify, modify_strict, delete_, delete_strict };

template <>
inline constexpr std::array<std::string_view, 5> enum_names<FlowModCommand>{"add", "modify", "modify_strict", "delete",
                                                                            "delete_strict"};

// 16 bits in 1.0, 8 after.
void wire(Reader& r, FlowModCommand& command);
void wire(Writer& w, const FlowModCommand& command);

struct BufferId {
  static constexpr std::uint32_t none = 0xffffffff;

  std::uint32_t value = none;

  friend constexpr auto operator<=>(const BufferId&, const BufferId&) = default;
};

inline void wire(Reader& r, BufferId& id) { wire(r, id.value); }

inline void wire(Writer& w, const BufferId& id) { wire(w, id.value); }

inline constexpr std::uint8_t all_tables = 0xff;  // OFPTT_ALL

// [OF 1.0 §5.3.3, 1.3.5 §7.3.4.1, 1.5 §7.3.4.2]
struct FlowMod {
  static constexpr Kind kind = Kind::flow_mod;
  static constexpr std::uint16_t send_flow_rem = 1U << 0U, check_overlap = 1U << 1U;
  static constexpr std::uint16_t emerg_1_0 = 1U << 2U;                                // 1.0
  static constexpr std::uint16_t reset_counts = 1U << 2U;                             // since 1.2
  static constexpr std::uint16_t no_pkt_counts = 1U << 3U, no_byt_counts = 1U << 4U;  // since 1.3

  Match match;
  std::uint64_t cookie = 0;
  std::uint64_t cookie_mask = 0;
  std::uint8_t table_id = 0;
  FlowModCommand command = FlowModCommand::add;
  std::uint16_t idle_timeout = 0;  // seconds
  std::uint16_t hard_timeout = 0;  // seconds
  std::uint16_t priority = 0x8000;
  BufferId buffer_id;
  PortNo out_port = port::any;
  GroupId out_group;
  std::uint16_t flags = 0;
  std::uint16_t importance = 0;
  Instructions instructions;

  friend bool operator==(const FlowMod&, const FlowMod&) = default;
};

template <class W, of_type<FlowMod> M>
void layout(W& w, M& m) {
  if (w.version() == v1_0) w("match", m.match);  // 1.0 carries it first …
  w("cookie", m.cookie);
  w("cookie_mask", m.cookie_mask, since(v1_1));
  w("table_id", m.table_id, since(v1_1));
  w("command", m.command);
  w("idle_timeout", m.idle_timeout);
  w("hard_timeout", m.hard_timeout);
  w("priority", m.priority);
  w("buffer_id", m.buffer_id);
  w("out_port", m.out_port);
  w("out_group", m.out_group, since(v1_1));
  w("flags", m.flags);
  w("importance", m.importance, since(v1_4));
  w.pad(2, between(v1_1, v1_3));
  if (w.version() != v1_0) w("match", m.match);  // … all others last
  w("instructions", m.instructions);             // 1.0: a bare action list
}

enum class FlowRemovedReason : std::uint8_t {
  idle_timeout,
  hard_timeout,
  delete_,
  group_delete,
  meter_delete,
  eviction
};

template <>
inline constexpr std::array<std::string_view, 6> enum_names<FlowRemovedReason>{
    "idle_timeout", "hard_timeout", "delete", "group_delete", "meter_delete", "eviction"};

// [OF 1.0 §5.4.3, 1.3.5 §7.4.2, 1.5.1 §7.4.2]
struct FlowRemoved {
  static constexpr Kind kind = Kind::flow_removed;

  Match match;
  std::uint64_t cookie = 0;
  std::uint16_t priority = 0;
  FlowRemovedReason reason = FlowRemovedReason::idle_timeout;
  std::uint8_t table_id = 0;
  std::uint32_t duration_sec = 0, duration_nsec = 0;  // until 1.4; after in `stats`
  std::uint16_t idle_timeout = 0;
  std::uint16_t hard_timeout = 0;                  // since 1.2
  std::uint64_t packet_count = 0, byte_count = 0;  // until 1.4; after in `stats`
  Stats stats;                                     // since 1.5

  friend bool operator==(const FlowRemoved&, const FlowRemoved&) = default;
};

// 1.5 has the fields in another order, and the counters as OXS.
template <class W, class M>
void flow_removed_1_5(W& w, M& m) {
  w("table_id", m.table_id);
  w("reason", m.reason);
  w("priority", m.priority);
  w("idle_timeout", m.idle_timeout);
  w("hard_timeout", m.hard_timeout);
  w("cookie", m.cookie);
  w("match", m.match);
  w("stats", m.stats);
}

template <class W, of_type<FlowRemoved> M>
void layout(W& w, M& m) {
  if (w.version() >= v1_5) return flow_removed_1_5(w, m);
  if (w.version() == v1_0) w("match", m.match);
  w("cookie", m.cookie);
  w("priority", m.priority);
  w("reason", m.reason);
  w("table_id", m.table_id, since(v1_1));
  w.pad(1, until(v1_0));
  w("duration_sec", m.duration_sec);
  w("duration_nsec", m.duration_nsec);
  w("idle_timeout", m.idle_timeout);
  w("hard_timeout", m.hard_timeout, since(v1_2));
  w.pad(2, until(v1_1));
  w("packet_count", m.packet_count);
  w("byte_count", m.byte_count);
  if (w.version() != v1_0) w("match", m.match);
}

}  // namespace sluice::ofmsg
