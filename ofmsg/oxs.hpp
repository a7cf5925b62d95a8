// Statistics of a flow as 1.5 writes them: OXS, a list of (class, number, value) [OF 1.5.1 §7.2.6].
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "ofmsg/bytes.hpp"

namespace sluice::ofmsg {

enum class StatField : std::uint8_t { duration, idle_time, unassigned, flow_count, packet_count, byte_count };

// Names in the order of the numbers; 2 is not assigned.
inline constexpr std::array<std::string_view, 6> stat_names{"duration",   "idle_time",    "",
                                                            "flow_count", "packet_count", "byte_count"};

// One value. A time is seconds in the upper and nanoseconds in the lower 32 bits.
struct Stat {
  StatField field = StatField::duration;
  std::uint64_t value = 0;

  friend bool operator==(const Stat&, const Stat&) = default;
};

// A field without a name here: header and payload as they came.
struct UnknownStat {
  Bytes bytes;

  friend bool operator==(const UnknownStat&, const UnknownStat&) = default;
};

// In the order of the wire.
struct Stats {
  std::vector<std::variant<Stat, UnknownStat>> items;

  [[nodiscard]] std::optional<std::uint64_t> find(StatField field) const;

  friend bool operator==(const Stats&, const Stats&) = default;
};

// Bytes of the value on the wire; 0 for a number without a name.
[[nodiscard]] constexpr std::size_t size_of(StatField field) {
  switch (field) {
    case StatField::duration:
    case StatField::idle_time:
    case StatField::packet_count:
    case StatField::byte_count: return 8;
    case StatField::flow_count: return 4;
    default: return 0;
  }
}

}  // namespace sluice::ofmsg
