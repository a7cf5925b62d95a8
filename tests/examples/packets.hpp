// Packets as bytes for the tests of the example switch, with checksums computed from the whole
// packet, so that the switch's incremental arithmetic is judged by another.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ofmsg/bytes.hpp"
#include "ofmsg/fields.hpp"

namespace sluice::testing {

using ofmsg::Bytes;
using ofmsg::ByteView;

// The one's complement sum of 16-bit words; a packet whose sum comes to 0xffff (checksum included)
// is right.
inline std::uint32_t words(ByteView bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const std::uint32_t high = std::to_integer<std::uint32_t>(bytes[i]);
    const std::uint32_t low = i + 1 < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + 1]) : 0;
    sum += high << 8U | low;
    sum = (sum & 0xffffU) + (sum >> 16U);
  }
  return sum;
}

struct PacketSpec {
  std::uint64_t src = 0x020000000001, dst = 0x020000000002;
  std::optional<std::uint16_t> tci{};  // of one 802.1Q tag
  std::uint32_t ip_src = 0x0a000001, ip_dst = 0x0a000002;
  std::uint8_t tos = 0, ttl = 64, protocol = ofmsg::ip_proto::udp;
  std::uint16_t fragment = 0;                  // flags and offset
  std::uint16_t tp_src = 1000, tp_dst = 2000;  // ICMP: type and code in the two bytes of tp_src
  std::string_view payload = "hello";
};

inline void append_mac(Bytes& out, std::uint64_t mac) {
  ofmsg::append<std::uint16_t>(out, static_cast<std::uint16_t>(mac >> 32U));
  ofmsg::append<std::uint32_t>(out, static_cast<std::uint32_t>(mac & 0xffffffffU));
}

inline Bytes ethernet(const PacketSpec& spec, std::uint16_t type) {
  Bytes out;
  append_mac(out, spec.dst);
  append_mac(out, spec.src);
  if (spec.tci) {
    ofmsg::append<std::uint16_t>(out, ofmsg::eth_type::vlan);
    ofmsg::append<std::uint16_t>(out, *spec.tci);
  }
  ofmsg::append<std::uint16_t>(out, type);
  return out;
}

inline void append_text(Bytes& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
}

// The transport header and payload, checksum zero; and where the checksum lies in it.
struct Segment {
  Bytes bytes;
  std::size_t checksum_at;
};

inline Segment segment(const PacketSpec& spec) {
  Segment s;
  ofmsg::append<std::uint16_t>(s.bytes, spec.tp_src);
  if (spec.protocol == ofmsg::ip_proto::tcp) {
    ofmsg::append<std::uint16_t>(s.bytes, spec.tp_dst);
    for (const std::uint32_t word : {1U, 2U, 0x50020400U, 0U}) ofmsg::append<std::uint32_t>(s.bytes, word);
    s.checksum_at = 16;
  } else if (spec.protocol == ofmsg::ip_proto::udp) {
    ofmsg::append<std::uint16_t>(s.bytes, spec.tp_dst);
    ofmsg::append<std::uint16_t>(s.bytes, static_cast<std::uint16_t>(8 + spec.payload.size()));
    ofmsg::append<std::uint16_t>(s.bytes, std::uint16_t{0});
    s.checksum_at = 6;
  } else {  // ICMP
    ofmsg::append<std::uint16_t>(s.bytes, std::uint16_t{0});
    ofmsg::append<std::uint32_t>(s.bytes, std::uint32_t{0x00010001});
    s.checksum_at = 2;
  }
  append_text(s.bytes, spec.payload);
  return s;
}

inline std::uint32_t pseudo_header(ByteView addresses, std::uint8_t protocol, std::size_t size) {
  return words(addresses, static_cast<std::uint32_t>(protocol) + static_cast<std::uint32_t>(size));
}

inline Bytes ipv4_packet(const PacketSpec& spec = {}) {
  Segment s = segment(spec);
  Bytes addresses;
  ofmsg::append<std::uint32_t>(addresses, spec.ip_src);
  ofmsg::append<std::uint32_t>(addresses, spec.ip_dst);
  const bool icmp = spec.protocol == ofmsg::ip_proto::icmp;
  const std::uint32_t start = icmp ? 0 : pseudo_header(addresses, spec.protocol, s.bytes.size());
  ofmsg::store<std::uint16_t>(s.bytes, s.checksum_at, static_cast<std::uint16_t>(~words(s.bytes, start)));

  Bytes ip;
  ofmsg::append<std::uint16_t>(ip, static_cast<std::uint16_t>(0x4500U | spec.tos));
  ofmsg::append<std::uint16_t>(ip, static_cast<std::uint16_t>(20 + s.bytes.size()));
  ofmsg::append<std::uint16_t>(ip, std::uint16_t{0x1234});
  ofmsg::append<std::uint16_t>(ip, spec.fragment);
  ofmsg::append<std::uint8_t>(ip, spec.ttl);
  ofmsg::append<std::uint8_t>(ip, spec.protocol);
  ofmsg::append<std::uint16_t>(ip, std::uint16_t{0});
  ofmsg::append(ip, addresses);
  ofmsg::store<std::uint16_t>(ip, 10, static_cast<std::uint16_t>(~words(ip)));

  Bytes out = ethernet(spec, ofmsg::eth_type::ipv4);
  ofmsg::append(out, ip);
  ofmsg::append(out, s.bytes);
  return out;
}

inline Bytes ipv6_packet(const PacketSpec& spec = {}) {
  Segment s = segment(spec);
  Bytes addresses;
  for (const std::uint32_t word : {0xfd000000U, 0U, 0U, spec.ip_src, 0xfd000000U, 0U, 0U, spec.ip_dst}) {
    ofmsg::append<std::uint32_t>(addresses, word);
  }
  const std::uint32_t start = pseudo_header(addresses, spec.protocol, s.bytes.size());
  ofmsg::store<std::uint16_t>(s.bytes, s.checksum_at, static_cast<std::uint16_t>(~words(s.bytes, start)));

  Bytes out = ethernet(spec, ofmsg::eth_type::ipv6);
  ofmsg::append<std::uint32_t>(out, 0x60000000U | std::uint32_t{spec.tos} << 20U);
  ofmsg::append<std::uint16_t>(out, static_cast<std::uint16_t>(s.bytes.size()));
  ofmsg::append<std::uint8_t>(out, spec.protocol);
  ofmsg::append<std::uint8_t>(out, spec.ttl);
  ofmsg::append(out, addresses);
  ofmsg::append(out, s.bytes);
  return out;
}

inline Bytes arp_packet(const PacketSpec& spec = {}, std::uint16_t operation = 1) {
  Bytes out = ethernet(spec, ofmsg::eth_type::arp);
  for (const std::uint16_t word : {std::uint16_t{1}, std::uint16_t{0x0800}, std::uint16_t{0x0604}, operation}) {
    ofmsg::append<std::uint16_t>(out, word);
  }
  append_mac(out, spec.src);
  ofmsg::append<std::uint32_t>(out, spec.ip_src);
  append_mac(out, 0);
  ofmsg::append<std::uint32_t>(out, spec.ip_dst);
  return out;
}

}  // namespace sluice::testing
