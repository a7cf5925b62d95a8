#include "examples/switch/headers.hpp"

#include "ofmsg/fields.hpp"

namespace sluice::flow_switch {

using namespace ofmsg;

namespace {

bool is_tag(std::uint16_t type) { return type == eth_type::vlan || type == eth_type::qinq; }

void find_ipv4(ByteView packet, std::size_t at, Headers& headers) {
  constexpr std::size_t smallest = 20;
  if (packet.size() < at + smallest) return;
  const auto first = load<std::uint8_t>(packet, at);
  const std::size_t size = std::size_t{4} * (first & 0x0fU);
  if (first >> 4U != 4 || size < smallest || packet.size() < at + size) return;
  headers.ipv4 = at;
  headers.protocol = load<std::uint8_t>(packet, at + 9);
  const bool first_fragment = (load<std::uint16_t>(packet, at + 6) & 0x1fffU) == 0;
  if (first_fragment) headers.transport = at + size;
}

void find_ipv6(ByteView packet, std::size_t at, Headers& headers) {
  constexpr std::size_t size = 40;
  constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, destination = 60;
  if (packet.size() < at + size || load<std::uint8_t>(packet, at) >> 4U != 6) return;
  headers.ipv6 = at;
  headers.protocol = load<std::uint8_t>(packet, at + 6);
  at += size;
  for (;;) {
    const std::uint8_t next = headers.protocol;
    const bool extension = next == hop_by_hop || next == routing || next == fragment || next == destination;
    if (!extension) break;
    if (packet.size() < at + 8) return;
    if (next == fragment && (load<std::uint16_t>(packet, at + 2) & 0xfff8U) != 0) return;
    headers.protocol = load<std::uint8_t>(packet, at);
    at += next == fragment ? 8 : std::size_t{8} * (load<std::uint8_t>(packet, at + 1) + 1U);
  }
  headers.transport = at;
}

}  // namespace

Headers headers_of(ByteView packet) {
  Headers headers;
  if (packet.size() < ethernet_size) return headers;
  std::size_t at = type_after_addresses;
  while (is_tag(load<std::uint16_t>(packet, at))) {
    if (packet.size() < at + 6) return headers;  // the tag and the type after it
    headers.tagged = true;
    at += 4;
  }
  const auto type = load<std::uint16_t>(packet, at);
  at += 2;
  if (type == eth_type::ipv4) find_ipv4(packet, at, headers);
  if (type == eth_type::ipv6) find_ipv6(packet, at, headers);
  if (type == eth_type::arp && packet.size() >= at + 28) {
    // Ethernet and IPv4 addresses only [RFC 826].
    const bool usual = load<std::uint16_t>(packet, at) == 1 && load<std::uint16_t>(packet, at + 2) == eth_type::ipv4 &&
                       load<std::uint16_t>(packet, at + 4) == 0x0604;
    if (usual) headers.arp = at;
  }
  return headers;
}

}  // namespace sluice::flow_switch
