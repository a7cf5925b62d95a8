#include "ctl/address_permutation.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice::ctl {

using ofmsg::bit;
using ofmsg::ones;
using ofmsg::U128;

AddressPermutation::AddressPermutation(unsigned bits, const Key& key, std::vector<Known> known, U128 first)
    : bits_{bits}, key_{key}, known_{std::move(known)}, first_{first}, spared_{first} {}

// A matter of the bits before it alone, or else this would not be one to one.
bool AddressPermutation::is_known(U128 address, unsigned at) const {
  const U128 before = ~ones(at + 1) | first_;
  return std::any_of(known_.begin(), known_.end(), [&](const Known& known) {
    const bool agrees = ((address ^ known.value) & known.mask & before).zero();
    return agrees && !((known.mask | known.stays) & bit(at)).zero();
  });
}

AddressPermutation::Masked AddressPermutation::operator()(U128 value, U128 mask) const {
  Masked out{value & mask, mask};
  bool gap = !(first_ & ~mask).zero();
  for (unsigned at = bits_; at-- > 0;) {
    if ((mask & bit(at)).zero()) {
      gap = true;
    } else if (!(spared_ & bit(at)).zero()) {
      continue;
    } else if (gap) {
      out.mask = out.mask & ~bit(at);
      out.value = out.value & ~bit(at);
    } else if (!is_known(value, at)) {
      const U128 before = value & (~ones(at + 1) | first_);
      const std::array<std::uint64_t, 3> words{at, before.hi, before.lo};
      if ((sip_hash(key_, words) & 1U) != 0) out.value = out.value ^ bit(at);
    }
  }
  return out;
}

std::uint64_t sip_hash(const AddressPermutation::Key& key, std::span<const std::uint64_t> words) {
  std::uint64_t a = key[0] ^ 0x736f6d6570736575, b = key[1] ^ 0x646f72616e646f6d;
  std::uint64_t c = key[0] ^ 0x6c7967656e657261, d = key[1] ^ 0x7465646279746573;
  const auto rounds = [&](int count) {
    for (; count > 0; --count) {
      a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
      c += d, d = std::rotl(d, 16) ^ c;
      a += d, d = std::rotl(d, 21) ^ a;
      c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
    }
  };
  const auto take = [&](std::uint64_t word) {
    d ^= word;
    rounds(2);
    a ^= word;
  };
  for (const std::uint64_t word : words) take(word);
  take(std::uint64_t{words.size() * sizeof(std::uint64_t)} << 56U);
  c ^= 0xff;
  rounds(4);
  return a ^ b ^ c ^ d;
}

}  // namespace sluice::ctl
