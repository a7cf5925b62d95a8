// Where the headers of an Ethernet packet lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ofmsg/bytes.hpp"

namespace sluice::flow_switch {

inline constexpr std::size_t ethernet_size = 14;
inline constexpr std::size_t type_after_addresses = 12;

// A header is only there if its fixed part is whole.
struct Headers {
  bool tagged = false;
  std::optional<std::size_t> ipv4, ipv6, arp;
  std::uint8_t protocol = 0;
  std::optional<std::size_t> transport;  // of the first fragment only
};

[[nodiscard]] Headers headers_of(ofmsg::ByteView packet);

}  // namespace sluice::flow_switch
