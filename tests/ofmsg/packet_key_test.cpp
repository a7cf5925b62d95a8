#include "ofmsg/packet_key.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace sluice::ofmsg {

namespace {

unsigned nibble(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

// Bytes from hexadecimal digits; blanks are for the reader.
Bytes hex(std::string_view digits) {
  Bytes bytes;
  std::string plain;
  for (const char c : digits) {
    if (c != ' ') plain += c;
  }
  for (std::size_t i = 0; i + 1 < plain.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(nibble(plain[i]) << 4U | nibble(plain[i + 1])));
  }
  return bytes;
}

const std::string addresses = "0200000000aa 0200000000bb ";  // destination, source

std::string ipv4(std::string_view proto, std::string_view payload, std::string_view fragment = "0000") {
  const std::size_t size = 20 + hex(payload).size();
  constexpr std::string_view digits = "0123456789abcdef";
  std::string length = "0000";
  for (std::size_t i = 0; i < 4; ++i) length[i] = digits[size >> (12 - 4 * i) & 0xfU];
  return addresses + "0800 45b9" + length + "0001" + std::string{fragment} + "40" + std::string{proto} +
         "0000 0a000001 c0a80102" + std::string{payload};
}

const std::string tcp_header = "1f90 0050 00000001 00000002 5012 ffff 0000 0000";

// next: the next header; length: payload length as four digits.
std::string ipv6(std::string_view length, std::string_view next, std::string_view payload) {
  return addresses + "86dd 6b912345" + std::string{length} + std::string{next} +
         "40 20010db8000000000000000000000001 20010db8000000000000000000000002" + std::string{payload};
}

PacketKey read(std::string_view digits) {
  const std::optional<PacketKey> key = packet_key(hex(digits), PortNo{7});
  REQUIRE(key);
  return *key;
}

std::optional<std::uint64_t> at(const PacketKey& key, Field field) {
  if (!key.has(field)) return std::nullopt;
  REQUIRE(key.get(field).hi == 0);
  return key.get(field).lo;
}

}  // namespace

TEST_CASE("an untagged frame") {
  const PacketKey key = read(addresses + "88cc 0000");
  CHECK(at(key, Field::in_port) == 7);
  CHECK(at(key, Field::eth_dst) == 0x0200000000aa);
  CHECK(at(key, Field::eth_src) == 0x0200000000bb);
  CHECK(at(key, Field::eth_type) == eth_type::lldp);
  CHECK(at(key, Field::vlan_vid) == 0);
  CHECK(!key.has(Field::vlan_pcp));
  CHECK(!key.inner_vlan);
  CHECK(key.present.count() == 5);
}

TEST_CASE("tags") {
  const PacketKey one = read(addresses + "8100 6064 0800");
  CHECK(at(one, Field::vlan_vid) == (vlan_present | 100));
  CHECK(at(one, Field::vlan_pcp) == 3);
  CHECK(at(one, Field::eth_type) == eth_type::ipv4);
  CHECK(!one.inner_vlan);

  const PacketKey two = read(addresses + "88a8 e001 8100 3fff 86dd");
  CHECK(at(two, Field::vlan_vid) == (vlan_present | 1));
  CHECK(at(two, Field::vlan_pcp) == 7);
  CHECK(two.inner_vlan == std::uint16_t{vlan_present | 0xfff});
  CHECK(two.inner_pcp == std::uint16_t{1});
  CHECK(at(two, Field::eth_type) == eth_type::ipv6);

  const PacketKey three = read(addresses + "8100 0001 8100 0002 8100 0003 0806");
  CHECK(at(three, Field::vlan_vid) == (vlan_present | 1));
  CHECK(three.inner_vlan == std::uint16_t{vlan_present | 2});
  CHECK(at(three, Field::eth_type) == eth_type::arp);

  // Priority tagging: VLAN 0 is a tag.
  CHECK(at(read(addresses + "8100 e000 0800"), Field::vlan_vid) == vlan_present);
}

TEST_CASE("frames with a length have no EtherType, or SNAP's") {
  CHECK(at(read(addresses + "0026 424203 000000"), Field::eth_type) == eth_type::none);
  CHECK(at(read(addresses + "0026"), Field::eth_type) == eth_type::none);
  CHECK(at(read(addresses + "0026 aaaa03 000000 08"), Field::eth_type) == eth_type::none);
  CHECK(at(read(addresses + "0026 aaaa03 00000c 2000"), Field::eth_type) == eth_type::none);
  CHECK(at(read(addresses + "0026 aaaa03 000000 0027"), Field::eth_type) == eth_type::none);
  const PacketKey arp = read(addresses + "0026 aaaa03 000000 0806 0001080006040001");
  CHECK(at(arp, Field::eth_type) == eth_type::arp);
  CHECK(at(arp, Field::arp_op) == 1);
}

TEST_CASE("ARP") {
  const std::string request = addresses + "0806 0001 0800 06 04 0001 0200000000bb 0a000001 000000000000 0a000002";
  const PacketKey key = read(request);
  CHECK(at(key, Field::arp_op) == 1);
  CHECK(at(key, Field::arp_spa) == 0x0a000001);
  CHECK(at(key, Field::arp_tpa) == 0x0a000002);
  CHECK(at(key, Field::arp_sha) == 0x0200000000bb);
  CHECK(at(key, Field::arp_tha) == 0);
  CHECK(!key.has(Field::ipv4_src));

  // Another protocol's addresses are not ours to name.
  const PacketKey other = read(addresses + "0806 0006 0800 06 04 0001 0200000000bb 0a000001 000000000000 0a000002");
  CHECK(at(other, Field::arp_op) == 1);
  CHECK(!other.has(Field::arp_spa));
}

TEST_CASE("TCP, UDP, SCTP and ICMP in IPv4") {
  const PacketKey tcp = read(ipv4("06", tcp_header));
  CHECK(at(tcp, Field::ip_dscp) == 0x2e);
  CHECK(at(tcp, Field::ip_ecn) == 1);
  CHECK(at(tcp, Field::ip_proto) == ip_proto::tcp);
  CHECK(at(tcp, Field::ipv4_src) == 0x0a000001);
  CHECK(at(tcp, Field::ipv4_dst) == 0xc0a80102);
  CHECK(at(tcp, Field::tcp_src) == 8080);
  CHECK(at(tcp, Field::tcp_dst) == 80);
  CHECK(at(tcp, Field::tcp_flags) == 0x012);
  CHECK(!tcp.has(Field::udp_src));
  CHECK(!tcp.has(Field::ipv6_flabel));

  const PacketKey udp = read(ipv4("11", "0035 1234 0008 0000"));
  CHECK(at(udp, Field::udp_src) == 53);
  CHECK(at(udp, Field::udp_dst) == 0x1234);
  CHECK(!udp.has(Field::tcp_src));
  CHECK(!udp.has(Field::tcp_flags));

  const PacketKey sctp = read(ipv4("84", "0001 0002 00000000 00000000"));
  CHECK(at(sctp, Field::sctp_src) == 1);
  CHECK(at(sctp, Field::sctp_dst) == 2);

  const PacketKey icmp = read(ipv4("01", "0305 0000 00000000"));
  CHECK(at(icmp, Field::icmpv4_type) == 3);
  CHECK(at(icmp, Field::icmpv4_code) == 5);
  CHECK(!icmp.has(Field::icmpv6_type));
}

TEST_CASE("IPv4 fragments") {
  CHECK(read(ipv4("06", tcp_header, "2000")).has(Field::tcp_src));  // the first has its header
  const PacketKey later = read(ipv4("06", tcp_header, "0001"));
  CHECK(at(later, Field::ip_proto) == ip_proto::tcp);
  CHECK(!later.has(Field::tcp_src));
  CHECK(!read(ipv4("11", "0035 1234 0008 0000", "20b9")).has(Field::udp_src));
}

TEST_CASE("IPv4 options") {
  const std::string options =
      addresses + "0800 46000020 0001 0000 40 11 0000 0a000001 c0a80102 94040000 0035 1234 0008 0000";
  CHECK(at(read(options), Field::udp_src) == 53);
}

TEST_CASE("a broken IPv4 header says nothing") {
  for (const char* const header : {"44000014", "65000014", "45000013", "46000014"}) {
    CAPTURE(header);
    const PacketKey key = read(addresses + "0800" + header + "0001 0000 40 06 0000 0a000001 c0a80102" + tcp_header);
    CHECK(at(key, Field::eth_type) == eth_type::ipv4);
    CHECK(!key.has(Field::ip_proto));
    CHECK(!key.has(Field::ipv4_src));
  }
}

TEST_CASE("padding behind a packet is not its payload") {
  // 22 bytes of packet: two of TCP, and zeros up to the smallest frame.
  const PacketKey key =
      read(addresses + "0800 45000016 0001 0000 40 06 0000 0a000001 c0a80102 1f90" + std::string(48, '0'));
  CHECK(key.has(Field::ip_proto));
  CHECK(!key.has(Field::tcp_src));
}

TEST_CASE("TCP in IPv6") {
  const PacketKey key = read(ipv6("0014", "06", tcp_header));
  CHECK(at(key, Field::ip_dscp) == 0x2e);
  CHECK(at(key, Field::ip_ecn) == 1);
  CHECK(at(key, Field::ipv6_flabel) == 0x12345);
  CHECK(key.get(Field::ipv6_src) == U128{0x20010db800000000, 1});
  CHECK(key.get(Field::ipv6_dst) == U128{0x20010db800000000, 2});
  CHECK(at(key, Field::ip_proto) == ip_proto::tcp);
  CHECK(at(key, Field::tcp_dst) == 80);
  CHECK(at(key, Field::ipv6_exthdr) == 0);
}

TEST_CASE("IPv6 extension headers") {
  const std::string hop = "2b00 010400000000";                      // then routing
  const std::string routing = "3c00 000000000000";                  // then destination options
  const std::string options = "0601 0104000000000000000000000000";  // 16 bytes, then TCP
  const PacketKey key = read(ipv6("0034", "00", hop + routing + options + tcp_header));
  CHECK(at(key, Field::ip_proto) == ip_proto::tcp);
  CHECK(at(key, Field::tcp_src) == 8080);
  CHECK(at(key, Field::ipv6_exthdr) == (1U << 3U | 1U << 5U | 1U << 6U));

  // The authentication header counts its length in words of four bytes.
  const PacketKey auth = read(ipv6("002c", "33", "0604 0000 00000001 00000001 000000000000000000000000" + tcp_header));
  CHECK(at(auth, Field::tcp_dst) == 80);
  CHECK(at(auth, Field::ipv6_exthdr) == 1U << 2U);

  CHECK(at(read(ipv6("0008", "32", "0000000100000001")), Field::ip_proto) == 50);
  CHECK(at(read(ipv6("0000", "3b", "")), Field::ip_proto) == 59);
  CHECK(at(read(ipv6("0000", "3b", "")), Field::ipv6_exthdr) == 1);
}

TEST_CASE("order and repetition of IPv6 extension headers") {
  const std::string hop_then_hop = "0000 010400000000 0600 010400000000";
  CHECK(at(read(ipv6("0024", "00", hop_then_hop + tcp_header)), Field::ipv6_exthdr) == (1U << 6U | 1U << 7U));
  const std::string routing_then_hop = "0000 000000000000 0600 010400000000";
  CHECK(at(read(ipv6("0024", "2b", routing_then_hop + tcp_header)), Field::ipv6_exthdr) ==
        (1U << 5U | 1U << 6U | 1U << 8U));
  // Destination options before a routing header and again at the end are in order.
  const std::string both = "2b00 010400000000 3c00 000000000000 0600 010400000000";
  CHECK(at(read(ipv6("002c", "3c", both + tcp_header)), Field::ipv6_exthdr) == (1U << 3U | 1U << 5U));
}

TEST_CASE("IPv6 fragments") {
  const PacketKey first = read(ipv6("001c", "2c", "0600 0001 00000001" + tcp_header));
  CHECK(at(first, Field::tcp_src) == 8080);
  CHECK(at(first, Field::ipv6_exthdr) == 1U << 4U);
  const PacketKey later = read(ipv6("001c", "2c", "0600 0008 00000001" + tcp_header));
  CHECK(at(later, Field::ip_proto) == 44);
  CHECK(!later.has(Field::tcp_src));
  // What looks like another header in a later fragment is data.
  CHECK(at(read(ipv6("0010", "2c", "0000 0008 00000001 0600 000000000000")), Field::ipv6_exthdr) == 1U << 4U);
}

TEST_CASE("a cut chain of IPv6 headers hides the protocol") {
  const PacketKey key = read(ipv6("0034", "00", "2b01 0104"));
  CHECK(key.has(Field::ipv6_src));
  CHECK(!key.has(Field::ip_proto));
  CHECK(!key.has(Field::tcp_src));
  CHECK(!key.has(Field::ipv6_exthdr));
}

TEST_CASE("neighbour discovery") {
  const std::string target = "20010db8000000000000000000000099";
  const PacketKey ns = read(ipv6("0020", "3a", "8700 0000 00000000" + target + "0101 0200000000bb"));
  CHECK(at(ns, Field::icmpv6_type) == 135);
  CHECK(at(ns, Field::icmpv6_code) == 0);
  CHECK(ns.get(Field::ipv6_nd_target) == U128{0x20010db800000000, 0x99});
  CHECK(at(ns, Field::ipv6_nd_sll) == 0x0200000000bb);
  CHECK(!ns.has(Field::ipv6_nd_tll));

  const PacketKey na = read(ipv6("0028", "3a", "8800 0000 60000000" + target + "0e01 000000000000 0201 0200000000cc"));
  CHECK(at(na, Field::ipv6_nd_tll) == 0x0200000000cc);
  CHECK(!na.has(Field::ipv6_nd_sll));

  // Without the option the address is zero; with broken or cut options it is not known.
  CHECK(at(read(ipv6("0018", "3a", "8700 0000 00000000" + target)), Field::ipv6_nd_sll) == 0);
  CHECK(!read(ipv6("0020", "3a", "8700 0000 00000000" + target + "0100 0200000000bb")).has(Field::ipv6_nd_sll));
  CHECK(!read(ipv6("0020", "3a", "8700 0000 00000000" + target)).has(Field::ipv6_nd_sll));
  CHECK(!read(ipv6("0018", "3a", "8700 0000 00000000 2001")).has(Field::ipv6_nd_target));
  // An echo request has none of this.
  CHECK(!read(ipv6("0020", "3a", "8000 0000 00000000" + target + "0101 0200000000bb")).has(Field::ipv6_nd_target));
}

TEST_CASE("MPLS and PBB") {
  const PacketKey mpls = read(addresses + "8847 12345b40");
  CHECK(at(mpls, Field::mpls_label) == 0x12345);
  CHECK(at(mpls, Field::mpls_tc) == 5);
  CHECK(at(mpls, Field::mpls_bos) == 1);
  CHECK(at(read(addresses + "8848 00000040"), Field::mpls_bos) == 0);
  CHECK(!read(addresses + "8847 1234").has(Field::mpls_label));

  const PacketKey pbb = read(addresses + "88e7 08abcdef");
  CHECK(at(pbb, Field::pbb_uca) == 1);
  CHECK(at(pbb, Field::pbb_isid) == 0xabcdef);
}

TEST_CASE("every cut of a packet is read as far as it goes") {
  const std::string packets[] = {
      ipv4("06", tcp_header),
      ipv6("0034", "00", "2b00010400000000 3c00000000000000 0601010400000000 0000000000000000" + tcp_header),
      addresses + "88a8e001 81003fff 0806 0001080006040001 0200000000bb 0a000001 000000000000 0a000002",
      ipv6("0020", "3a", "8700 0000 00000000 20010db8000000000000000000000099 0101 0200000000bb"),
      addresses + "0026 aaaa03 000000 0800 45000014 0001 0000 40 06 0000 0a000001 c0a80102"};
  for (const std::string& packet : packets) {
    const Bytes whole = hex(packet);
    const PacketKey all = packet_key(whole, PortNo{7}).value();
    std::size_t fields = 0;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      CAPTURE(packet);
      CAPTURE(size);
      // A buffer of exactly this size, so that a sanitizer sees a step beyond it.
      const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
      const std::optional<PacketKey> key = packet_key(cut, PortNo{7});
      if (size < 14) {
        CHECK(!key);
        continue;
      }
      if (!key) continue;  // a cut tag
      CHECK(key->present.count() >= fields);
      fields = key->present.count();
      for (const FieldFacts& row : all_fields()) {
        if (row.field == Field::eth_type) continue;  // 0x05ff until SNAP has been read
        if (key->has(row.field)) CHECK(key->get(row.field) == all.get(row.field));
      }
    }
    CHECK(fields == all.present.count());
  }
}

TEST_CASE("a cut tag is no whole Ethernet header") {
  CHECK(!packet_key(hex(addresses + "8100 0001 08"), PortNo{1}));
  CHECK(!packet_key(hex(addresses + "8100"), PortNo{1}));
  CHECK(!packet_key({}, PortNo{1}));
}

TEST_CASE("the match of one packet") {
  const PacketKey key = read(ipv4("06", tcp_header));
  const Match match = exact_match(key);
  CHECK(matches(match, key));
  CHECK(!first_open_field(match));
  CHECK(match.terms().size() == key.present.count());
  CHECK(match.exact(Field::tcp_dst) == u128(80));
  CHECK(!matches(match, read(ipv4("06", tcp_header, "0001"))));
  // Every field is fixed: another packet is somewhere else.
  CHECK(disjoint(match, exact_match(read(ipv4("11", "0035 1234 0008 0000")))));
  CHECK(witness(match) == match);
}

}  // namespace sluice::ofmsg
