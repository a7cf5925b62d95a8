#include "examples/switch/packet.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "examples/switch/headers.hpp"
#include "ofmsg/fields.hpp"

namespace sluice::flow_switch {

using namespace ofmsg;

namespace {

// --- checksums -----------------------------------------------------------------------------------------------------

// A checksum that covers the bytes to be changed.
struct Sum {
  std::size_t at;
  bool zero_is_none;  // UDP: zero means that there is no checksum
};

using Sums = std::vector<Sum>;

// HC' = ~(~HC + ~m + m') [RFC 1624 §3].
std::uint16_t carry(std::uint16_t sum, std::uint16_t before, std::uint16_t after) {
  std::uint32_t total = static_cast<std::uint16_t>(~sum);
  total += static_cast<std::uint16_t>(~before);
  total += after;
  total = (total & 0xffffU) + (total >> 16U);
  total = (total & 0xffffU) + (total >> 16U);
  return static_cast<std::uint16_t>(~total);
}

// Writes two bytes at an even offset of their header.
void put_word(Bytes& packet, std::size_t at, std::uint16_t value, const Sums& sums) {
  const auto before = load<std::uint16_t>(packet, at);
  store<std::uint16_t>(packet, at, value);
  for (const Sum& sum : sums) {
    const auto old = load<std::uint16_t>(packet, sum.at);
    if (sum.zero_is_none && old == 0) continue;
    const std::uint16_t now = carry(old, before, value);
    store<std::uint16_t>(packet, sum.at, sum.zero_is_none && now == 0 ? std::uint16_t{0xffff} : now);
  }
}

void put_byte(Bytes& packet, std::size_t header, std::size_t at, std::uint8_t value, const Sums& sums) {
  const std::size_t word = at - (at - header) % 2;
  auto both = load<std::uint16_t>(packet, word);
  both = word == at ? static_cast<std::uint16_t>((both & 0x00ffU) | (static_cast<unsigned>(value) << 8U))
                    : static_cast<std::uint16_t>((both & 0xff00U) | value);
  put_word(packet, word, both, sums);
}

void put_u32(Bytes& packet, std::size_t at, std::uint32_t value, const Sums& sums) {
  put_word(packet, at, static_cast<std::uint16_t>(value >> 16U), sums);
  put_word(packet, at + 2, static_cast<std::uint16_t>(value & 0xffffU), sums);
}

void put_u64(Bytes& packet, std::size_t at, std::uint64_t value, const Sums& sums) {
  put_u32(packet, at, static_cast<std::uint32_t>(value >> 32U), sums);
  put_u32(packet, at + 4, static_cast<std::uint32_t>(value & 0xffffffffU), sums);
}

void put_mac(Bytes& packet, std::size_t at, std::uint64_t mac) {
  for (std::size_t i = 0; i < 6; ++i) {
    packet[at + i] = static_cast<std::byte>((mac >> (8U * (5 - i))) & 0xffU);
  }
}

Sum ip_sum(const Headers& headers) { return {*headers.ipv4 + 10, false}; }

// The checksum in the transport header, if the packet reaches that far.
Sums transport_sums(const Bytes& packet, const Headers& headers) {
  if (!headers.transport) return {};
  std::size_t offset = 0;
  switch (headers.protocol) {
    case ip_proto::tcp: offset = 16; break;
    case ip_proto::udp: offset = 6; break;
    case ip_proto::icmp:
    case ip_proto::icmpv6: offset = 2; break;
    default: return {};
  }
  const std::size_t at = *headers.transport + offset;
  if (packet.size() < at + 2) return {};
  return {{at, headers.protocol == ip_proto::udp}};
}

// What covers the addresses: the IPv4 header's own sum, and the transport's by its pseudo header,
// which ICMP for IPv4 does not have.
Sums address_sums(const Bytes& packet, const Headers& headers) {
  Sums sums;
  if (headers.protocol != ip_proto::icmp) sums = transport_sums(packet, headers);
  if (headers.ipv4) sums.push_back(ip_sum(headers));
  return sums;
}

// --- single headers ------------------------------------------------------------------------------------------------

constexpr std::size_t tci_at = type_after_addresses + 2;

void insert_tag(Bytes& packet, std::uint16_t type, std::uint16_t tci) {
  if (packet.size() < ethernet_size) return;
  packet.insert(packet.begin() + type_after_addresses, 4, std::byte{0});
  store<std::uint16_t>(packet, type_after_addresses, type);
  store<std::uint16_t>(packet, tci_at, tci);
}

// Changes the given bits of the outermost tag.
void put_tci(Bytes& packet, std::uint16_t value, std::uint16_t mask) {
  const auto tci = load<std::uint16_t>(packet, tci_at);
  store<std::uint16_t>(packet, tci_at, static_cast<std::uint16_t>((tci & ~mask) | (value & mask)));
}

constexpr std::uint16_t vid_mask = 0x0fff, pcp_mask = 0xe000;

// The traffic class of IPv4 and IPv6: DSCP in the upper six bits, ECN in the lower two.
void put_traffic_class(Bytes& packet, const Headers& headers, std::uint8_t value, std::uint8_t mask) {
  if (headers.ipv4) {
    const std::size_t at = *headers.ipv4 + 1;
    const auto old = load<std::uint8_t>(packet, at);
    put_byte(packet, *headers.ipv4, at, static_cast<std::uint8_t>((old & ~mask) | (value & mask)), {ip_sum(headers)});
  } else if (headers.ipv6) {
    // Bits 4 to 11 of the header.
    const auto word = load<std::uint16_t>(packet, *headers.ipv6);
    const auto shifted_mask = static_cast<std::uint16_t>(mask << 4U);
    const auto shifted = static_cast<std::uint16_t>((value << 4U) & shifted_mask);
    store<std::uint16_t>(packet, *headers.ipv6, static_cast<std::uint16_t>((word & ~shifted_mask) | shifted));
  }
}

void put_port(Bytes& packet, const Headers& headers, std::size_t offset, std::uint16_t value) {
  if (!headers.transport || packet.size() < *headers.transport + 4) return;
  put_word(packet, *headers.transport + offset, value, transport_sums(packet, headers));
}

void put_icmp(Bytes& packet, const Headers& headers, std::size_t offset, std::uint8_t value) {
  if (!headers.transport || packet.size() < *headers.transport + 4) return;
  put_byte(packet, *headers.transport, *headers.transport + offset, value, transport_sums(packet, headers));
}

void put_ipv4_address(Bytes& packet, const Headers& headers, std::size_t offset, std::uint32_t value) {
  if (headers.ipv4) put_u32(packet, *headers.ipv4 + offset, value, address_sums(packet, headers));
}

void put_ipv6_address(Bytes& packet, const Headers& headers, std::size_t offset, U128 value) {
  if (!headers.ipv6) return;
  const Sums sums = address_sums(packet, headers);
  put_u64(packet, *headers.ipv6 + offset, value.hi, sums);
  put_u64(packet, *headers.ipv6 + offset + 8, value.lo, sums);
}

bool speaks(const Headers& headers, std::uint8_t protocol) {
  return (headers.ipv4 || headers.ipv6) && headers.protocol == protocol;
}

// --- actions -------------------------------------------------------------------------------------------------------

Fate set_ttl(Bytes& packet, const Headers& headers, std::uint8_t ttl) {
  if (headers.ipv4) put_byte(packet, *headers.ipv4, *headers.ipv4 + 8, ttl, {ip_sum(headers)});
  if (headers.ipv6) store<std::uint8_t>(packet, *headers.ipv6 + 7, ttl);
  return Fate::alive;
}

Fate decrement_ttl(Bytes& packet, const Headers& headers) {
  if (!headers.ipv4 && !headers.ipv6) return Fate::alive;
  const std::size_t at = headers.ipv4 ? *headers.ipv4 + 8 : *headers.ipv6 + 7;
  const auto ttl = load<std::uint8_t>(packet, at);
  if (ttl <= 1) return Fate::dropped;
  return set_ttl(packet, headers, static_cast<std::uint8_t>(ttl - 1));
}

void set_field(Bytes& packet, const Headers& headers, Field field, U128 value) {
  const std::uint64_t v = value.lo;
  const auto v8 = static_cast<std::uint8_t>(v & 0xffU);
  const auto v16 = static_cast<std::uint16_t>(v & 0xffffU);
  const auto v32 = static_cast<std::uint32_t>(v & 0xffffffffU);
  switch (field) {
    case Field::eth_dst: put_mac(packet, 0, v); break;
    case Field::eth_src: put_mac(packet, 6, v); break;
    case Field::vlan_vid:
      if (headers.tagged) put_tci(packet, v16, vid_mask);
      break;
    case Field::vlan_pcp:
      if (headers.tagged) put_tci(packet, static_cast<std::uint16_t>(v16 << 13U), pcp_mask);
      break;
    case Field::ip_dscp: put_traffic_class(packet, headers, static_cast<std::uint8_t>(v8 << 2U), 0xfc); break;
    case Field::ip_ecn: put_traffic_class(packet, headers, v8, 0x03); break;
    case Field::ipv4_src: put_ipv4_address(packet, headers, 12, v32); break;
    case Field::ipv4_dst: put_ipv4_address(packet, headers, 16, v32); break;
    case Field::tcp_src:
      if (speaks(headers, ip_proto::tcp)) put_port(packet, headers, 0, v16);
      break;
    case Field::tcp_dst:
      if (speaks(headers, ip_proto::tcp)) put_port(packet, headers, 2, v16);
      break;
    case Field::udp_src:
      if (speaks(headers, ip_proto::udp)) put_port(packet, headers, 0, v16);
      break;
    case Field::udp_dst:
      if (speaks(headers, ip_proto::udp)) put_port(packet, headers, 2, v16);
      break;
    case Field::icmpv4_type:
      if (headers.ipv4 && speaks(headers, ip_proto::icmp)) put_icmp(packet, headers, 0, v8);
      break;
    case Field::icmpv4_code:
      if (headers.ipv4 && speaks(headers, ip_proto::icmp)) put_icmp(packet, headers, 1, v8);
      break;
    case Field::icmpv6_type:
      if (headers.ipv6 && speaks(headers, ip_proto::icmpv6)) put_icmp(packet, headers, 0, v8);
      break;
    case Field::icmpv6_code:
      if (headers.ipv6 && speaks(headers, ip_proto::icmpv6)) put_icmp(packet, headers, 1, v8);
      break;
    case Field::arp_op:
      if (headers.arp) store<std::uint16_t>(packet, *headers.arp + 6, v16);
      break;
    case Field::arp_sha:
      if (headers.arp) put_mac(packet, *headers.arp + 8, v);
      break;
    case Field::arp_spa:
      if (headers.arp) store<std::uint32_t>(packet, *headers.arp + 14, v32);
      break;
    case Field::arp_tha:
      if (headers.arp) put_mac(packet, *headers.arp + 18, v);
      break;
    case Field::arp_tpa:
      if (headers.arp) store<std::uint32_t>(packet, *headers.arp + 24, v32);
      break;
    case Field::ipv6_src: put_ipv6_address(packet, headers, 8, value); break;
    case Field::ipv6_dst: put_ipv6_address(packet, headers, 24, value); break;
    case Field::ipv6_flabel:
      if (headers.ipv6) {
        const auto word = load<std::uint32_t>(packet, *headers.ipv6);
        store<std::uint32_t>(packet, *headers.ipv6, (word & 0xfff00000U) | (v32 & 0x000fffffU));
      }
      break;
    default: break;
  }
}

class Rewriter {
 public:
  Rewriter(Bytes& packet, const Headers& headers) : packet_{packet}, headers_{headers} {}

  // 1.0 adds a tag where there is none [OF 1.0 §3.3].
  Fate operator()(const SetVlanVid& a) { return set_tag(a.vid, vid_mask); }

  Fate operator()(const SetVlanPcp& a) { return set_tag(static_cast<std::uint16_t>(a.pcp << 13U), pcp_mask); }

  Fate operator()(const SetDlSrc& a) { return set(Field::eth_src, mac_value(a.mac)); }

  Fate operator()(const SetDlDst& a) { return set(Field::eth_dst, mac_value(a.mac)); }

  Fate operator()(const SetNwSrc& a) { return set(Field::ipv4_src, a.ip); }

  Fate operator()(const SetNwDst& a) { return set(Field::ipv4_dst, a.ip); }

  Fate operator()(const SetNwTos& a) {
    if (headers_.ipv4) put_traffic_class(packet_, headers_, a.tos, 0xfc);
    return Fate::alive;
  }

  Fate operator()(const SetTpSrc& a) { return set_port(0, a.port); }

  Fate operator()(const SetTpDst& a) { return set_port(2, a.port); }

  // The new tag takes over what the outer one says [OF 1.3.5 §5.12, Table 6].
  Fate operator()(const PushVlan& a) {
    const auto tci = headers_.tagged ? load<std::uint16_t>(packet_, tci_at) : std::uint16_t{0};
    insert_tag(packet_, a.ethertype, tci);
    return Fate::alive;
  }

  Fate operator()(const PopVlan&) {
    if (headers_.tagged) {
      const auto at = packet_.begin() + static_cast<std::ptrdiff_t>(type_after_addresses);
      packet_.erase(at, at + 4);
    }
    return Fate::alive;
  }

  Fate operator()(const SetNwTtl& a) { return set_ttl(packet_, headers_, a.ttl); }

  Fate operator()(const DecNwTtl&) { return decrement_ttl(packet_, headers_); }

  Fate operator()(const SetField& a) {
    set_field(packet_, headers_, a.field, a.value);
    return Fate::alive;
  }

  template <class Other>
  Fate operator()(const Other&) {
    return Fate::alive;
  }

 private:
  Fate set(Field field, std::uint64_t value) {
    set_field(packet_, headers_, field, u128(value));
    return Fate::alive;
  }

  Fate set_tag(std::uint16_t value, std::uint16_t mask) {
    if (headers_.tagged) {
      put_tci(packet_, value, mask);
    } else {
      insert_tag(packet_, eth_type::vlan, static_cast<std::uint16_t>(value & mask));
    }
    return Fate::alive;
  }

  Fate set_port(std::size_t offset, std::uint16_t port) {
    if (speaks(headers_, ip_proto::tcp) || speaks(headers_, ip_proto::udp)) {
      put_port(packet_, headers_, offset, port);
    }
    return Fate::alive;
  }

  Bytes& packet_;
  const Headers& headers_;
};

}  // namespace

Fate rewrite(Bytes& packet, const Action& action) {
  if (packet.size() < ethernet_size) return Fate::alive;
  const Headers headers = headers_of(packet);
  return std::visit(Rewriter{packet, headers}, action);
}

bool can_set(Field field) {
  static constexpr std::array fields{Field::eth_dst,     Field::eth_src,     Field::vlan_vid,    Field::vlan_pcp,
                                     Field::ip_dscp,     Field::ip_ecn,      Field::ipv4_src,    Field::ipv4_dst,
                                     Field::tcp_src,     Field::tcp_dst,     Field::udp_src,     Field::udp_dst,
                                     Field::icmpv4_type, Field::icmpv4_code, Field::arp_op,      Field::arp_spa,
                                     Field::arp_tpa,     Field::arp_sha,     Field::arp_tha,     Field::ipv6_src,
                                     Field::ipv6_dst,    Field::ipv6_flabel, Field::icmpv6_type, Field::icmpv6_code};
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

}  // namespace sluice::flow_switch
