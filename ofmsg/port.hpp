// Port numbers, Ethernet addresses, and names in fields of fixed size.
//
// A `PortNo` is the 32-bit number of 1.1 and later in every version; 1.0's 16-bit reserved numbers (0xfff8 and up) are
// lifted to the 32-bit ones when read and lowered when written, so that only this file knows of the difference.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ofmsg/version.hpp"

namespace sluice::ofmsg {

struct PortNo {
  std::uint32_t value = 0;

  friend constexpr auto operator<=>(const PortNo&, const PortNo&) = default;
};

// Reserved ports [OF 1.0 §5.2.1, 1.3.5 §7.2.1].
namespace port {

inline constexpr PortNo max{0xffffff00};    // highest physical number; 0xff00 in 1.0
inline constexpr PortNo unset{0xfffffff7};  // 1.5
inline constexpr PortNo in_port{0xfffffff8};
inline constexpr PortNo table{0xfffffff9};
inline constexpr PortNo normal{0xfffffffa};
inline constexpr PortNo flood{0xfffffffb};
inline constexpr PortNo all{0xfffffffc};
inline constexpr PortNo controller{0xfffffffd};
inline constexpr PortNo local{0xfffffffe};
inline constexpr PortNo any{0xffffffff};  // OFPP_NONE in 1.0

}  // namespace port

// Is this an ordinary port: 1 to OFPP_MAX (LOCAL is not)? Open vSwitch numbers ports from 1 and keeps 0 to itself, but
// some switches use 0, so 0 counts.
[[nodiscard]] constexpr bool is_physical(PortNo p) { return p <= port::max; }

[[nodiscard]] std::optional<std::uint16_t> to_1_0(PortNo p);  // nothing where 16 bits cannot say it
[[nodiscard]] PortNo from_1_0(std::uint16_t wire);

[[nodiscard]] std::string text(PortNo p);                            // "3", "LOCAL", "CONTROLLER"
[[nodiscard]] std::optional<PortNo> parse_port(std::string_view s);  // numbers, and reserved names in any case

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

[[nodiscard]] std::string text(MacAddress mac);

// An address as the number whose 48 bits it has, the first byte on top.
[[nodiscard]] constexpr std::uint64_t mac_value(MacAddress mac) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : mac.bytes) value = value << 8U | byte;
  return value;
}

[[nodiscard]] constexpr MacAddress mac_of(std::uint64_t value) {
  MacAddress mac;
  for (std::size_t i = 6; i-- > 0; value >>= 8U) mac.bytes[i] = static_cast<std::uint8_t>(value & 0xffU);
  return mac;
}

// A string in a field of N bytes, padded with zeros. `value` has no zeros at its end; bytes after an inner zero are
// kept so that the field can be said back as it was.
template <std::size_t N>
struct Text {
  std::string value;

  friend bool operator==(const Text&, const Text&) = default;
};

}  // namespace sluice::ofmsg
