// Addresses of one kind in another order: one to one, and two addresses have as many leading bits in common after as
// before, so that prefixes stay prefixes. Without the key, an address and what became of it tell nothing of another one
// but how many leading bits the two share.
#pragma once

#include <vector>

#include "ofmsg/fields.hpp"
#include "slicing/sip_hash.hpp"

namespace sluice::ctl {

class AddressPermutation {
 public:
  using Key = slicing::SipKey;

  // Addresses that begin with `value` in the bits of `mask`: there, and in the bits of `stays`, they stay what they
  // are.
  struct Known {
    ofmsg::U128 value, mask, stays;
  };

  // The permutation of addresses of `bits` bits, which leaves what is known as it is. `first` is a bit that is looked
  // at before all others, and stays: bit 40 of MAC addresses says that they are those of groups.
  AddressPermutation(unsigned bits, const Key& key, std::vector<Known> known, ofmsg::U128 first = {});

  // Bits that stay, besides those of what is known.
  void spare(ofmsg::U128 mask) { spared_ = spared_ | mask; }

  struct Masked {
    ofmsg::U128 value, mask;
  };

  [[nodiscard]] ofmsg::U128 operator()(ofmsg::U128 address) const { return (*this)(address, ofmsg::ones(bits_)).value; }

  // The addresses of a match. Of a mask with gaps, only what stays and what comes before the first gap is kept: what
  // becomes of a bit depends on all that are before it.
  [[nodiscard]] Masked operator()(ofmsg::U128 value, ofmsg::U128 mask) const;

 private:
  [[nodiscard]] bool is_known(ofmsg::U128 address, unsigned bit) const;

  unsigned bits_;
  Key key_;
  std::vector<Known> known_;
  ofmsg::U128 first_;
  ofmsg::U128 spared_;
};

}  // namespace sluice::ctl
