// What actions do to the bytes of packets; every expectation is a packet built from scratch,
// checksums included.
#include <doctest/doctest.h>

#include "examples/switch/packet.hpp"
#include "tests/examples/packets.hpp"

namespace sluice::testing {

using namespace ofmsg;
using flow_switch::Fate;

namespace {

Bytes after(Bytes packet, const Action& action) {
  CHECK(flow_switch::rewrite(packet, action) == Fate::alive);
  return packet;
}

Action set(Field field, std::uint64_t value) { return SetField{field, u128(value), ones(facts(field).bits)}; }

constexpr std::array protocols{ip_proto::udp, ip_proto::tcp, ip_proto::icmp};

}  // namespace

TEST_CASE("addresses") {
  PacketSpec want;
  want.src = 0x0a0b0c0d0e0f;
  CHECK(after(ipv4_packet(), set(Field::eth_src, want.src)) == ipv4_packet(want));
  CHECK(after(ipv4_packet(), SetDlSrc{{{0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f}}}) == ipv4_packet(want));
  want = {};
  want.dst = 0x0a0b0c0d0e0f;
  CHECK(after(ipv4_packet(), set(Field::eth_dst, want.dst)) == ipv4_packet(want));
  CHECK(after(ipv4_packet(), SetDlDst{{{0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f}}}) == ipv4_packet(want));
}

TEST_CASE("IPv4 addresses carry the header's and the transport's checksum along") {
  for (const std::uint8_t protocol : protocols) {
    for (const std::uint32_t ip : {0U, 1U, 0xc0a80101U, 0xffffffffU}) {
      PacketSpec from;
      from.protocol = protocol;
      from.tci = std::uint16_t{0x2005};
      PacketSpec want = from;
      want.ip_src = ip;
      CHECK(after(ipv4_packet(from), SetNwSrc{ip}) == ipv4_packet(want));
      CHECK(after(ipv4_packet(from), set(Field::ipv4_src, ip)) == ipv4_packet(want));
      want = from;
      want.ip_dst = ip;
      CHECK(after(ipv4_packet(from), SetNwDst{ip}) == ipv4_packet(want));
      CHECK(after(ipv4_packet(from), set(Field::ipv4_dst, ip)) == ipv4_packet(want));
    }
  }
}

TEST_CASE("IPv6 addresses carry the transport's checksum along") {
  PacketSpec from;
  PacketSpec want;
  want.ip_dst = 0x12345678;
  const U128 address{0xfd00000000000000, 0x0000000012345678};
  CHECK(after(ipv6_packet(from), SetField{Field::ipv6_dst, address, ones(128)}) == ipv6_packet(want));
  CHECK(after(ipv6_packet(from), set(Field::ipv4_dst, 1)) == ipv6_packet(from));
}

TEST_CASE("transport ports") {
  for (const std::uint8_t protocol : {ip_proto::udp, ip_proto::tcp}) {
    PacketSpec from;
    from.protocol = protocol;
    PacketSpec want = from;
    want.tp_src = 0xfffe;
    CHECK(after(ipv4_packet(from), SetTpSrc{0xfffe}) == ipv4_packet(want));
    CHECK(after(ipv6_packet(from), SetTpSrc{0xfffe}) == ipv6_packet(want));
    want = from;
    want.tp_dst = 7;
    const Field field = protocol == ip_proto::udp ? Field::udp_dst : Field::tcp_dst;
    CHECK(after(ipv4_packet(from), set(field, 7)) == ipv4_packet(want));
    const Field other = protocol == ip_proto::udp ? Field::tcp_dst : Field::udp_dst;
    CHECK(after(ipv4_packet(from), set(other, 7)) == ipv4_packet(from));
  }
  PacketSpec icmp;
  icmp.protocol = ip_proto::icmp;
  CHECK(after(ipv4_packet(icmp), SetTpSrc{1}) == ipv4_packet(icmp));
}

TEST_CASE("ICMP type and code") {
  PacketSpec from;
  from.protocol = ip_proto::icmp;
  from.tp_src = 0x0800;
  PacketSpec want = from;
  want.tp_src = 0x0003;
  CHECK(after(after(ipv4_packet(from), set(Field::icmpv4_type, 0)), set(Field::icmpv4_code, 3)) == ipv4_packet(want));
}

TEST_CASE("a UDP packet without a checksum gets none; a sum of zero is written as all ones") {
  PacketSpec spec;
  Bytes packet = ipv4_packet(spec);
  const std::size_t sum_at = 14 + 20 + 6;
  store<std::uint16_t>(packet, sum_at, 0);
  const Bytes changed = after(packet, SetNwSrc{0x01020304});
  CHECK(load<std::uint16_t>(changed, sum_at) == 0);

  // Walk a port through all values: the sum passes zero on the way and must never stay there.
  packet = ipv4_packet(spec);
  for (std::uint32_t port = 0; port <= 0xffff; ++port) {
    REQUIRE(flow_switch::rewrite(packet, SetTpSrc{static_cast<std::uint16_t>(port)}) == Fate::alive);
    REQUIRE(load<std::uint16_t>(packet, sum_at) != 0);
  }
  spec.tp_src = 0xffff;
  CHECK(packet == ipv4_packet(spec));
}

TEST_CASE("traffic class: DSCP leaves ECN alone and the other way round") {
  PacketSpec from;
  from.tos = 0x03;
  PacketSpec want;
  want.tos = 0xbb;
  CHECK(after(ipv4_packet(from), SetNwTos{0xb8}) == ipv4_packet(want));
  CHECK(after(ipv4_packet(from), set(Field::ip_dscp, 0x2e)) == ipv4_packet(want));
  CHECK(after(ipv6_packet(from), set(Field::ip_dscp, 0x2e)) == ipv6_packet(want));
  want.tos = 0x02;
  CHECK(after(ipv4_packet(from), set(Field::ip_ecn, 2)) == ipv4_packet(want));
  CHECK(after(ipv6_packet(from), set(Field::ip_ecn, 2)) == ipv6_packet(want));
}

TEST_CASE("time to live") {
  PacketSpec want;
  want.ttl = 63;
  CHECK(after(ipv4_packet(), DecNwTtl{}) == ipv4_packet(want));
  CHECK(after(ipv6_packet(), DecNwTtl{}) == ipv6_packet(want));
  want.ttl = 9;
  CHECK(after(ipv4_packet(), SetNwTtl{9}) == ipv4_packet(want));
  PacketSpec last;
  last.ttl = 1;
  Bytes packet = ipv4_packet(last);
  CHECK(flow_switch::rewrite(packet, DecNwTtl{}) == Fate::dropped);
  CHECK(after(arp_packet(), DecNwTtl{}) == arp_packet());
}

TEST_CASE("VLAN tags in 1.0: set_vlan_vid and set_vlan_pcp add a missing tag, strip_vlan takes it away") {
  PacketSpec plain;
  PacketSpec tagged;
  tagged.tci = std::uint16_t{0x600a};  // pcp 3, vid 10
  PacketSpec want;
  want.tci = std::uint16_t{20};
  CHECK(after(ipv4_packet(plain), SetVlanVid{20}) == ipv4_packet(want));
  want.tci = std::uint16_t{0x6014};
  CHECK(after(ipv4_packet(tagged), SetVlanVid{20}) == ipv4_packet(want));
  want.tci = std::uint16_t{0xa000};
  CHECK(after(ipv4_packet(plain), SetVlanPcp{5}) == ipv4_packet(want));
  want.tci = std::uint16_t{0xa00a};
  CHECK(after(ipv4_packet(tagged), SetVlanPcp{5}) == ipv4_packet(want));
  CHECK(after(ipv4_packet(tagged), PopVlan{}) == ipv4_packet(plain));
  CHECK(after(ipv4_packet(plain), PopVlan{}) == ipv4_packet(plain));
}

TEST_CASE("VLAN tags in 1.3: push, set_field, pop") {
  PacketSpec plain;
  PacketSpec tagged;
  tagged.tci = std::uint16_t{0x600a};
  PacketSpec want;
  want.tci = std::uint16_t{0};
  CHECK(after(ipv4_packet(plain), PushVlan{0x8100}) == ipv4_packet(want));
  CHECK(after(ipv4_packet(plain), set(Field::vlan_vid, 0x1014)) == ipv4_packet(plain));
  want.tci = std::uint16_t{0x6014};
  CHECK(after(ipv4_packet(tagged), set(Field::vlan_vid, 0x1014)) == ipv4_packet(want));
  want.tci = std::uint16_t{0xe00a};
  CHECK(after(ipv4_packet(tagged), set(Field::vlan_pcp, 7)) == ipv4_packet(want));

  // A second tag takes over what the first one says, and only it is changed and popped afterwards.
  const Bytes twice = after(ipv4_packet(tagged), PushVlan{0x88a8});
  CHECK(load<std::uint32_t>(twice, 12) == 0x88a8600aU);
  CHECK(load<std::uint32_t>(twice, 16) == 0x8100600aU);
  const Bytes outer = after(twice, set(Field::vlan_vid, 0x1001));
  CHECK(load<std::uint32_t>(outer, 12) == 0x88a86001U);
  CHECK(load<std::uint32_t>(outer, 16) == 0x8100600aU);
  CHECK(after(outer, PopVlan{}) == ipv4_packet(tagged));
  PacketSpec address = tagged;
  address.ip_dst = 5;
  CHECK(after(after(outer, SetNwDst{5}), PopVlan{}) == ipv4_packet(address));
}

TEST_CASE("ARP fields") {
  Bytes packet = after(arp_packet(), set(Field::arp_op, 2));
  CHECK(packet == arp_packet({}, 2));
  PacketSpec want;
  want.ip_src = 7;
  CHECK(after(arp_packet(), set(Field::arp_spa, 7)) == arp_packet(want));
  want = {};
  want.ip_dst = 7;
  CHECK(after(arp_packet(), set(Field::arp_tpa, 7)) == arp_packet(want));
  packet = after(arp_packet(), set(Field::arp_sha, 0x010203040506));
  CHECK(load<std::uint32_t>(packet, 14 + 8) == 0x01020304U);
  packet = after(arp_packet(), set(Field::arp_tha, 0x010203040506));
  CHECK(load<std::uint32_t>(packet, 14 + 18) == 0x01020304U);
  CHECK(after(arp_packet(), SetNwSrc{7}) == arp_packet());
}

TEST_CASE("a later fragment has no transport header to change") {
  PacketSpec from;
  from.fragment = 0x2010;
  CHECK(after(ipv4_packet(from), SetTpDst{1}) == ipv4_packet(from));
  const Bytes expected = ipv4_packet(from);
  const Bytes changed = after(expected, SetNwSrc{0x01020304});
  // The header's sum is right, and what follows the header is untouched.
  CHECK(words(ByteView{changed}.subspan(14, 20)) == 0xffff);
  CHECK(Bytes(changed.begin() + 34, changed.end()) == Bytes(expected.begin() + 34, expected.end()));
}

TEST_CASE("packets cut anywhere are never read or written beyond their end") {
  PacketSpec spec;
  spec.tci = std::uint16_t{5};
  std::vector<Action> actions{SetVlanVid{1}, SetVlanPcp{1}, SetNwSrc{1}, SetNwDst{1}, SetNwTos{4},     SetTpSrc{1},
                              SetTpDst{1},   PopVlan{},     DecNwTtl{},  SetNwTtl{5}, PushVlan{0x8100}};
  for (const FieldFacts& f : all_fields()) actions.push_back(set(f.field, f.field == Field::vlan_vid ? 0x1001 : 1));
  for (const std::uint8_t protocol : protocols) {
    spec.protocol = protocol;
    for (const Bytes& whole : {ipv4_packet(spec), ipv6_packet(spec), arp_packet(spec)}) {
      for (std::size_t size = 0; size <= whole.size(); ++size) {
        for (const Action& action : actions) {
          // Exactly as large as it says, so that the sanitizers see a step beyond it.
          Bytes packet{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
          packet.shrink_to_fit();
          static_cast<void>(flow_switch::rewrite(packet, action));
          const std::size_t grown = packet.size() > size ? packet.size() - size : size - packet.size();
          REQUIRE((grown == 0 || grown == 4));
        }
      }
    }
  }
}

}  // namespace sluice::testing
