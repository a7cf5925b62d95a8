// Packets that are made of matches are read back as what they were made of.
#include "ofmsg/compose.hpp"

#include <string>

#include <doctest/doctest.h>

#include "ofmsg/packet_key.hpp"
#include "ofmsg/text.hpp"

namespace sluice::ofmsg {
namespace {

TEST_CASE("a composed packet is in its match") {
  for (const char* text :
       {"any", "dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff", "dl_vlan=100,dl_vlan_pcp=3", "dl_type=0x88cc",
        "arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01",
        "ip,nw_src=10.1.0.0/16,nw_tos=32,nw_ecn=1", "tcp,dl_vlan=7,nw_dst=10.9.8.7,tp_src=80,tp_dst=0x8000/0x8000",
        "udp,tp_dst=53", "sctp,tp_src=1,tp_dst=2", "icmp,icmp_type=8,icmp_code=0",
        "ipv6,ipv6_src=2001:db8::1,ipv6_label=0x12345", "tcp6,tp_dst=443", "udp6,tp_src=5353", "icmp6,icmp_type=128",
        "icmp6,icmp_type=135,nd_target=fe80::1,nd_sll=02:00:00:00:00:09",
        "icmp6,icmp_type=136,nd_target=fe80::2,nd_tll=02:00:00:00:00:08", "mpls,mpls_label=77,mpls_tc=2,mpls_bos=1"}) {
    CAPTURE(text);
    const auto match = parse_match(text);
    REQUIRE(match);
    const Bytes packet = compose_packet(*match);
    CHECK(packet.size() >= 60);
    const auto key = packet_key(packet, PortNo{1});
    REQUIRE(key);
    CAPTURE(sluice::ofmsg::text(*key));
    CHECK(matches(*match, *key));
  }
}

// The sum over what a checksum covers is all ones.
TEST_CASE("checksums are right") {
  const auto sum = [](ByteView bytes, std::uint32_t start) {
    std::uint32_t total = start;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) total += load<std::uint16_t>(bytes, i);
    while (total > 0xffff) total = (total & 0xffffU) + (total >> 16U);
    return total;
  };
  const Bytes packet = compose_packet(*parse_match("udp,nw_src=10.1.2.3,nw_dst=192.0.2.77,tp_src=1000,tp_dst=53"));
  const ByteView all{packet};
  CHECK(sum(all.subspan(14, 20), 0) == 0xffff);
  CHECK(sum(all.subspan(34, 8), sum(all.subspan(26, 8), 17 + 8)) == 0xffff);
  const Bytes six = compose_packet(*parse_match("tcp6,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,tp_dst=80"));
  const ByteView whole{six};
  CHECK(sum(whole.subspan(54, 20), sum(whole.subspan(22, 32), 6 + 20)) == 0xffff);
}

}  // namespace
}  // namespace sluice::ofmsg
