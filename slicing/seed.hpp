// What is random in a core, which draws no numbers itself: where two of them are given the same, they do the same.
#pragma once

#include <array>
#include <cstdint>

#include "slicing/sip_hash.hpp"

namespace sluice::slicing {

struct Seed {
  std::uint64_t number = 0;  // of pauses, hash tables, and the numbers of flows
  SipKey secret{};           // of the marks of probes; see probe.hpp

  // All of it from one number.
  constexpr Seed(std::uint64_t from = 0)
      : number{from}, secret{derived(from, 1), derived(from, 2)} {}  // NOLINT(google-explicit-constructor)

  constexpr Seed(std::uint64_t from, SipKey key) : number{from}, secret{key} {}

 private:
  static constexpr std::uint64_t derived(std::uint64_t from, std::uint64_t which) {
    const std::array words{which};
    return sip_hash(SipKey{from, ~from}, words);
  }
};

}  // namespace sluice::slicing
