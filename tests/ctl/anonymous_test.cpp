// What is left of addresses and packets that are to be given away.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "ctl/anonymous_packet.hpp"
#include "ofmsg/text_parts.hpp"
#include "tests/ctl/sluicectl.hpp"

using namespace sluice;
using namespace sluice::tests;
using ctl::AddressPermutation;
using ofmsg::bit;
using ofmsg::Bytes;
using ofmsg::ones;
using ofmsg::u128;
using ofmsg::U128;

namespace {

unsigned leading_in_common(std::uint32_t a, std::uint32_t b) { return static_cast<unsigned>(std::countl_zero(a ^ b)); }

Bytes packet(std::string_view hex) { return *ofmsg::parse_bytes(hex); }

}  // namespace

TEST_CASE("addresses are permuted: one to one, and prefix by prefix") {
  const AddressPermutation all{8, {1, 2}, {{u128(0xe0), u128(0xf0), ones(4)}, {u128(0x10), u128(0xff), {}}}};
  std::set<std::uint64_t> images;
  for (std::uint64_t value = 0; value < 256; ++value) images.insert(all(u128(value)).lo);
  CHECK(images.size() == 256);
  CHECK(all(u128(0x10)).lo == 0x10);
  for (std::uint64_t value = 0xe0; value < 0xf0; ++value) CHECK(all(u128(value)).lo == value);
  const AddressPermutation ipv4{32, {3, 4}, {}};
  const std::uint32_t addresses[] = {0x0a000001, 0x0a000002, 0x0a0000ff, 0x0a010001, 0x0b000001, 0xc0a80101};
  unsigned changed = 0;
  for (const std::uint32_t a : addresses) {
    const auto now = static_cast<std::uint32_t>(ipv4(u128(a)).lo);
    if (now != a) ++changed;
    for (const std::uint32_t b : addresses) {
      CHECK(leading_in_common(now, static_cast<std::uint32_t>(ipv4(u128(b)).lo)) == leading_in_common(a, b));
    }
    // A prefix becomes that of its addresses.
    for (unsigned length = 0; length <= 32; ++length) {
      const U128 mask = ones(32) & ~ones(32 - length);
      CHECK(ipv4(u128(a), mask).value == (u128(now) & mask));
      CHECK(ipv4(u128(a), mask).mask == mask);
    }
  }
  CHECK(changed == std::size(addresses));
  // Other keys, other permutations; bits that are spared stay.
  CHECK(AddressPermutation{32, {4, 4}, {}}(u128(0x0a000001)) != ipv4(u128(0x0a000001)));
  AddressPermutation sparing = ipv4;
  sparing.spare(u128(0xff0000ff));
  CHECK((sparing(u128(0x0a000001)) & u128(0xff0000ff)) == u128(0x0a000001));
  CHECK(sparing(u128(0x0a000001)) != u128(0x0a000001));
  // Of a mask with gaps is left what can be told.
  CHECK(ipv4(u128(1), u128(1)).mask == U128{});
  CHECK(sparing(u128(1), u128(1)).mask == u128(1));
}

TEST_CASE("addresses that tell nothing of anybody stay, and no address becomes one of them") {
  const ctl::AnonymousHosts hosts;
  for (const char* text : {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:80:c2:00:00:0e", "01:00:5e:00:00:fb",
                           "33:33:00:00:00:01", "01:00:00:00:00:00/01:00:00:00:00:00", "0.0.0.0", "255.255.255.255",
                           "224.0.0.251", "127.0.0.1", "::", "::1", "ff02::1", "ff02::fb"}) {
    CHECK(hosts.change(text) == text);
  }
  const std::string solicited = *hosts.change("ff02::1:ff12:3456");
  CHECK(solicited.starts_with("ff02::1:ff"));
  CHECK(hosts.change("fe80::1234:5678:9abc:def0")->starts_with("fe80::"));
  CHECK(hosts.change("33:33:ff:12:34:56")->starts_with("33:33:ff:"));
  CHECK_FALSE(hosts.change("a name"));
  CHECK_FALSE(hosts.change("00000000000000a1"));
  unsigned same = 0;
  for (unsigned i = 1; i < 64; ++i) {
    const std::string mac = "02:00:5e:10:00:" + ofmsg::hex_digits(Bytes{static_cast<std::byte>(i)});
    const std::string changed = *hosts.change(mac);
    if (changed == mac) ++same;
    CHECK((std::stoi(changed.substr(0, 2), nullptr, 16) & 1) == 0);
  }
  CHECK(same < 2);
  // Drawn anew each time.
  CHECK(hosts.change("2001:db8::1234:5678") != ctl::AnonymousHosts{}.change("2001:db8::1234:5678"));
}

TEST_CASE("of a packet is left what flows can look at") {
  const ctl::AnonymousHosts hosts;
  const std::string ethernet = "0200000000020200000000010800";
  // TCP from port 0x1234 to 80 with a payload, and IP options.
  Bytes tcp = packet(ethernet +
                     "4600003400004000400612340a0000010a000002"
                     "94040000"
                     "1234005011111111222222225018ffff33330000"
                     "736563726574");
  const Bytes before = tcp;
  hosts.change(tcp);
  const auto key = *ofmsg::packet_key(tcp, ofmsg::PortNo{1});
  const auto old = *ofmsg::packet_key(before, ofmsg::PortNo{1});
  CHECK(tcp.size() == before.size());
  for (const auto field : {ofmsg::Field::eth_type, ofmsg::Field::ip_proto, ofmsg::Field::tcp_src, ofmsg::Field::tcp_dst,
                           ofmsg::Field::tcp_flags}) {
    CHECK(key.get(field) == old.get(field));
  }
  for (const auto field :
       {ofmsg::Field::eth_src, ofmsg::Field::eth_dst, ofmsg::Field::ipv4_src, ofmsg::Field::ipv4_dst}) {
    CHECK(key.get(field) != old.get(field));
  }
  const std::string digits = ofmsg::hex_digits(tcp);
  for (const char* gone : {"736563726574", "94040000", "11111111"}) CHECK_FALSE(contains(digits, gone));
  CHECK(ofmsg::load<std::uint16_t>(tcp, 14 + 10) == 0);  // checksums
  CHECK(ofmsg::load<std::uint16_t>(tcp, 14 + 24 + 16) == 0);
  // The packet's addresses are those of matches.
  CHECK(ofmsg::ipv4_text(static_cast<std::uint32_t>(key.get(ofmsg::Field::ipv4_src).lo)) == hosts.change("10.0.0.1"));
  CHECK(hosts.change_ipv4(0x0a000001) == key.get(ofmsg::Field::ipv4_src).lo);

  // A later fragment has no ports; everything in it is somebody's.
  Bytes fragment = packet(ethernet + "45000034000020104006ffff0a0000010a0000027365637265747365637265747365637265");
  hosts.change(fragment);
  CHECK_FALSE(contains(ofmsg::hex_digits(fragment), "736563"));

  // LLDP: chassis 02:00:00:00:00:0a, port "7", 120 s, and a name.
  Bytes lldp = packet(
      "0180c200000e02000000000a88cc02070402000000000a0402073706020078"
      "0a06736563726574"
      "0000");
  hosts.change(lldp);
  const std::string after = ofmsg::hex_digits(lldp);
  CHECK(after.starts_with("0180c200000e"));
  CHECK_FALSE(contains(after, "02000000000a"));
  CHECK(contains(after,
                 "0402073706020078"
                 "0a06000000000000"));

  // Neighbour discovery: the target and the link's address, which are those of the hosts elsewhere, too.
  Bytes solicitation = packet(
      "3333ff00000102000000000186dd"
      "6000000000203aff"
      "20010db8000000000000000000000011"
      "ff0200000000000000000001ff000001"
      "8700aaaa00000000"
      "20010db8000000000000000000000022"
      "0101020000000001");
  hosts.change(solicitation);
  const auto nd = *ofmsg::packet_key(solicitation, ofmsg::PortNo{1});
  CHECK(ofmsg::ipv6_text(nd.get(ofmsg::Field::ipv6_nd_target)) == hosts.change("2001:db8::22"));
  CHECK(ofmsg::text(ofmsg::mac_of(nd.get(ofmsg::Field::ipv6_nd_sll).lo)) == hosts.change("02:00:00:00:00:01"));

  // Any bytes: as many come out.
  for (std::size_t size = 0; size <= before.size(); ++size) {
    Bytes cut{before.begin(), before.begin() + static_cast<std::ptrdiff_t>(size)};
    hosts.change(cut);
    CHECK(cut.size() == size);
  }
}
