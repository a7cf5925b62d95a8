// Names for the things of a policy. All are small indexes into one snapshot's tables and mean nothing without it.
#pragma once

#include <compare>
#include <cstdint>

namespace sluice::policy {

struct SliceId {
  std::uint16_t value = 0;
  friend constexpr auto operator<=>(const SliceId&, const SliceId&) = default;
};

struct SwitchId {
  std::uint16_t value = 0;
  friend constexpr auto operator<=>(const SwitchId&, const SwitchId&) = default;
};

// One entry of a slice's flowspace list in the slice file.
struct RuleId {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(const RuleId&, const RuleId&) = default;
};

}  // namespace sluice::policy
