// Big-endian loads and stores over spans of bytes: the only shifts and casts of wire data in the house.
//
// Callers check bounds first; these functions assert them.
#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::ofmsg {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

template <std::unsigned_integral T>
[[nodiscard]] constexpr T load(ByteView from, std::size_t offset = 0) {
  assert(offset + sizeof(T) <= from.size());
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value =
        static_cast<T>((static_cast<std::uint64_t>(value) << 8U) | std::to_integer<std::uint64_t>(from[offset + i]));
  }
  return value;
}

template <std::unsigned_integral T>
constexpr void store(std::span<std::byte> into, std::size_t offset, T value) {
  assert(offset + sizeof(T) <= into.size());
  for (std::size_t i = sizeof(T); i-- > 0;) {
    into[offset + i] = static_cast<std::byte>(value & 0xffU);
    value = static_cast<T>(static_cast<std::uint64_t>(value) >> 8U);
  }
}

template <std::unsigned_integral T>
void append(Bytes& into, T value) {
  const std::size_t at = into.size();
  into.resize(at + sizeof(T));
  store<T>(into, at, value);
}

inline void append(Bytes& into, ByteView bytes) { into.insert(into.end(), bytes.begin(), bytes.end()); }

}  // namespace sluice::ofmsg
