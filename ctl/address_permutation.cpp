#include "ctl/address_permutation.hpp"

#include <algorithm>
#include <array>
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
      if ((slicing::sip_hash(key_, words) & 1U) != 0) out.value = out.value ^ bit(at);
    }
  }
  return out;
}

}  // namespace sluice::ctl
