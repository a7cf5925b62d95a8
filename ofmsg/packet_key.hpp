// What a flowspace or a flow can ask about one packet: the header fields of an Ethernet packet, read in one bounded
// pass without allocation.
#pragma once

#include <array>
#include <bitset>
#include <optional>

#include "ofmsg/bytes.hpp"
#include "ofmsg/fields.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/port.hpp"

namespace sluice::ofmsg {

struct PacketKey {
  std::array<U128, field_count> value{};
  std::bitset<field_count> present;         // fields that the packet has; vlan_vid is always there (0: no tag)
  std::optional<std::uint16_t> inner_vlan;  // vlan_vid of the second tag (13 bits, present bit set), if there are two
  std::optional<std::uint16_t> inner_pcp;

  void put(Field field, std::uint64_t v) { put(field, u128(v)); }

  void put(Field field, U128 v) {
    value[static_cast<std::size_t>(field)] = v;
    present.set(static_cast<std::size_t>(field));
  }

  [[nodiscard]] bool has(Field field) const { return present[static_cast<std::size_t>(field)]; }

  [[nodiscard]] U128 get(Field field) const { return value[static_cast<std::size_t>(field)]; }
};

// Reads as far as the bytes go: a packet cut after its Ethernet header has no IP fields. Nothing if there is not even a
// whole Ethernet header, tags included. An IP fragment other than the first has no transport fields, and in IPv6 the
// protocol 44; eth_type is the type after all
// VLAN tags, and 0x05ff for a frame with a length instead of a type.
[[nodiscard]] std::optional<PacketKey> packet_key(ByteView ethernet, PortNo in_port);

// The match of exactly the packets with these fields.
[[nodiscard]] Match exact_match(const PacketKey& key);

}  // namespace sluice::ofmsg
