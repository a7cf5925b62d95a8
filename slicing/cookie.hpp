// Our cookies: whose flow this is can be read from the switch alone, without anybody's memory.
//
//   bit 63      62 … 48         47 … 40   39 … 0
//   marker (1)  slice's number  epoch     entry
//
// The entry points to the flow ledger, which keeps the cookie that the controller gave. The epoch tells one run of the
// proxy from another. All ones, which switches use for "no cookie", is never made: slice numbers stop below 0x7fff.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice::slicing {

inline constexpr std::uint64_t no_cookie = ~std::uint64_t{0};

struct Cookie {
  static constexpr std::uint64_t marker = std::uint64_t{1} << 63U;
  static constexpr std::uint64_t entry_mask = (std::uint64_t{1} << 40U) - 1;
  static constexpr std::uint64_t slice_mask = std::uint64_t{0xffff} << 48U;  // marker and slice: the guard

  static constexpr std::uint16_t nobody = 0;     // of flows of our own: no slice has this number
  static constexpr std::uint64_t discovery = 1;  // the entry of those of them that link discovery needs

  std::uint16_t slice = 0;
  std::uint8_t epoch = 0;
  std::uint64_t entry = 0;

  [[nodiscard]] constexpr std::uint64_t value() const {
    return marker | std::uint64_t{slice} << 48U | std::uint64_t{epoch} << 40U | (entry & entry_mask);
  }

  // Nothing for a cookie that is not ours.
  [[nodiscard]] static constexpr std::optional<Cookie> parse(std::uint64_t value) {
    if ((value & marker) == 0 || value == no_cookie) return std::nullopt;
    return Cookie{static_cast<std::uint16_t>((value >> 48U) & 0x7fffU),
                  static_cast<std::uint8_t>((value >> 40U) & 0xffU), value & entry_mask};
  }

  // What all cookies of a slice have in common, under `slice_mask`.
  [[nodiscard]] static constexpr std::uint64_t guard(std::uint16_t slice) {
    return marker | std::uint64_t{slice} << 48U;
  }

  friend constexpr bool operator==(const Cookie&, const Cookie&) = default;
};

// Is it of a flow by which LLDP comes here?
[[nodiscard]] constexpr bool is_discovery_cookie(std::uint64_t value) {
  const std::optional<Cookie> cookie = Cookie::parse(value);
  return cookie && cookie->slice == Cookie::nobody && cookie->entry == Cookie::discovery;
}

}  // namespace sluice::slicing
