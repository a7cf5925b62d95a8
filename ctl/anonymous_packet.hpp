// Addresses of hosts, and packets, without whose they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/address_permutation.hpp"
#include "ofmsg/bytes.hpp"
#include "policy/snapshot.hpp"

namespace sluice::ctl {

[[nodiscard]] slicing::SipKey random_key();

class AnonymousHosts {
 public:
  AnonymousHosts();  // by new secrets

  // From now on, bits that a rule of this policy looks at stay.
  void spare(const policy::Snapshot& policy);

  // "02:00:00:00:00:01", "10.0.0.0/255.255.255.0", "fe80::1" and the like, changed; nothing if it is no address.
  [[nodiscard]] std::optional<std::string> change(const std::string& text) const;
  [[nodiscard]] std::uint32_t change_ipv4(std::uint32_t address) const;

  // An Ethernet packet, perhaps cut short, in the same number of bytes. Its addresses are changed, and what is behind
  // the headers that flows can look at is zero, as are checksums, which tell of what was summed.
  void change(ofmsg::Bytes& packet) const;

 private:
  struct Kinds {
    AddressPermutation mac, ipv4, ipv6;
  };

  [[nodiscard]] static Kinds kinds(const std::array<AddressPermutation::Key, 3>& secrets);

  class Packet;

  std::array<AddressPermutation::Key, 3> secrets_;  // one for each kind
  Kinds kinds_;
};

}  // namespace sluice::ctl
