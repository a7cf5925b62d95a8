// Big-endian loads and stores over spans of bytes: the only shifts and casts of wire data in the house.
//
// Callers check bounds first; these functions assert them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::ofmsg {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

namespace detail {

// The same number with its bytes in the other order.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T swapped(T value) {
  if constexpr (sizeof(T) == 8) {
    return __builtin_bswap64(value);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(value);
  } else if constexpr (sizeof(T) == 2) {
    return __builtin_bswap16(value);
  } else {
    return value;
  }
}

// Between the machine's order and that of the wire, either way.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T big_endian(T value) {
  return std::endian::native == std::endian::big ? value : swapped(value);
}

template <std::unsigned_integral T>
using BytesOf = std::array<std::byte, sizeof(T)>;

}  // namespace detail

template <std::unsigned_integral T>
[[nodiscard]] constexpr T load(ByteView from, std::size_t offset = 0) {
  assert(offset + sizeof(T) <= from.size());
  detail::BytesOf<T> bytes{};
  std::copy_n(from.data() + offset, sizeof(T), bytes.data());
  return detail::big_endian(std::bit_cast<T>(bytes));
}

template <std::unsigned_integral T>
constexpr void store(std::span<std::byte> into, std::size_t offset, T value) {
  assert(offset + sizeof(T) <= into.size());
  const auto bytes = std::bit_cast<detail::BytesOf<T>>(detail::big_endian(value));
  std::copy_n(bytes.data(), sizeof(T), into.data() + offset);
}

template <std::unsigned_integral T>
void append(Bytes& into, T value) {
  const std::size_t at = into.size();
  into.resize(at + sizeof(T));
  store<T>(into, at, value);
}

inline void append(Bytes& into, ByteView bytes) { into.insert(into.end(), bytes.begin(), bytes.end()); }

}  // namespace sluice::ofmsg
