// Single facts about matches; the laws of their algebra are in tests/properties/match_laws_test.cpp.
#include "ofmsg/match.hpp"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "ofmsg/packet_key.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::uint64_t present = vlan_present;

Match ip() { return Match{}.set(Field::eth_type, eth_type::ipv4); }

Match tcp() { return ip().set(Field::ip_proto, ip_proto::tcp); }

Match arp() { return Match{}.set(Field::eth_type, eth_type::arp); }

Match vlan(std::uint64_t value, std::uint64_t mask = 0x1fff) {
  return Match{}.set(Field::vlan_vid, u128(value), u128(mask));
}

Match subnet(std::uint64_t address, std::uint64_t mask) { return ip().set(Field::ipv4_dst, u128(address), u128(mask)); }

}  // namespace

TEST_CASE("normal form") {
  Match m;
  m.set(Field::ip_proto, 6).set(Field::eth_type, 0x0800).set(Field::in_port, 1);
  REQUIRE(m.terms().size() == 3);
  CHECK(m.terms()[0].field == Field::in_port);
  CHECK(m.terms()[1].field == Field::eth_type);
  CHECK(m.terms()[2].field == Field::ip_proto);

  m.set(Field::in_port, 2);  // replaces
  CHECK(m.terms().size() == 3);
  CHECK(m.in_port() == PortNo{2});

  m.set(Field::in_port, u128(2), U128{});  // an empty mask removes
  CHECK(m.find(Field::in_port) == nullptr);
  m.erase(Field::metadata);  // was never there
  CHECK(m == tcp());

  CHECK(subnet(0x0a0000ff, 0xff000000) == subnet(0x0a000000, 0xff000000));       // value bits outside the mask
  CHECK(Match{}.set(Field::vlan_pcp, 0xff) == Match{}.set(Field::vlan_pcp, 7));  // bits outside the field
  CHECK(Match{}.matches_all());
  CHECK(!m.matches_all());
}

TEST_CASE("copies share their terms until one of them changes") {
  const Match first = tcp().set(Field::in_port, 7);
  Match copy;
  copy = first;
  CHECK(copy.terms().begin() == first.terms().begin());
  Match set = first, replaced = first, erased = first;
  set.set(Field::tcp_dst, 80);
  replaced.set(Field::in_port, 8);
  erased.erase(Field::ip_proto);
  CHECK(first == copy);
  CHECK(set == tcp().set(Field::in_port, 7).set(Field::tcp_dst, 80));
  CHECK(replaced == tcp().set(Field::in_port, 8));
  CHECK(erased == ip().set(Field::in_port, 7));
  CHECK(first.compact() == first);
  CHECK(first.compact().terms().begin() != first.terms().begin());
  CHECK(Match{}.compact() == Match{});
  // One that is alone changes in place.
  const Term* const before = replaced.terms().begin();
  replaced.set(Field::in_port, 9);
  CHECK(replaced.terms().begin() == before);

  Match moved = std::move(set);
  CHECK(moved.exact(Field::tcp_dst) == u128(80));
  const Match& same = moved;
  moved = same;
  CHECK(moved.terms().size() == 4);
  set = copy;  // what was moved from can be given a value
  CHECK(set == first);
}

TEST_CASE("copies share their unknown fields until one of them gets another") {
  Match first = ip();
  first.add_unknown(Bytes{std::byte{1}});
  const Match copy = first;
  first.add_unknown(Bytes{std::byte{2}});
  CHECK(first.unknown().size() == 2);
  CHECK(copy.unknown().size() == 1);
  Match written = copy;
  written.keep_written(MatchForm::oxm, Bytes{std::byte{3}});
  CHECK(written == copy);
  CHECK(copy.written().empty());
  written.set(Field::in_port, 1);
  CHECK(written.written().empty());
  CHECK(written.unknown() == copy.unknown());
}

TEST_CASE("many unknown fields cost no more each than few") {
  Match match;
  const Bytes* longest = nullptr;
  std::size_t moves = 0;
  for (std::size_t i = 0; i < 16'000; ++i) {
    match.add_unknown(Bytes{std::byte{1}});
    if (std::exchange(longest, match.unknown().data()) != match.unknown().data()) ++moves;
  }
  CHECK(moves < 32);  // a list that doubles, not one that is copied for each
}

TEST_CASE("a match of every field grows and shrinks, in any order of the fields") {
  Match up, down;
  for (std::size_t i = 0; i < field_count; ++i) {
    up.set(static_cast<Field>(i), 1);
    down.set(static_cast<Field>(field_count - 1 - i), 1);
  }
  CHECK(up.terms().size() == field_count);
  CHECK(up == down);
  CHECK_FALSE(up < down);
  for (std::size_t i = 0; i < field_count; i += 2) down.erase(static_cast<Field>(i));
  CHECK(down.terms().size() == field_count / 2);
  for (const Term& term : down.terms()) CHECK(static_cast<std::size_t>(term.field) % 2 == 1);
  CHECK(up < down);  // it has a term of a field that comes before
}

TEST_CASE("copies may be used and dropped in different threads") {
  const Match whole = tcp().set(Field::in_port, 7);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (std::uint64_t n = 0; n < 4; ++n) {
    threads.emplace_back([whole, n, &wrong] {
      for (int i = 0; i < 2000; ++i) {
        Match mine = whole;
        mine.set(Field::in_port, n);
        if (mine.exact(Field::in_port) != u128(n) || whole.exact(Field::in_port) != u128(7)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("exact values") {
  CHECK(tcp().exact(Field::ip_proto) == u128(6));
  CHECK(!tcp().exact(Field::in_port));
  CHECK(!subnet(0x0a000000, 0xff000000).exact(Field::ipv4_dst));
  CHECK(!tcp().in_port());
}

TEST_CASE("unknown fields make a match another one") {
  Match m;
  m.add_unknown(Bytes{std::byte{1}});
  CHECK(!m.matches_all());
  CHECK(m != Match{});
  CHECK((m < Match{}) != (Match{} < m));
}

TEST_CASE("prefixes") {
  const Match wide = subnet(0x0a000000, 0xff000000);
  const Match narrow = subnet(0x0a010000, 0xffff0000);
  CHECK(covers(wide, narrow));
  CHECK(!covers(narrow, wide));
  CHECK(intersect(wide, narrow) == narrow);
  CHECK(disjoint(narrow, subnet(0x0a020000, 0xffff0000)));
  CHECK(subtract(narrow, wide).empty());
  CHECK(subtract(wide, narrow).size() == 8);  // one piece for each bit
  CHECK(covers(Match{}, wide));
  CHECK(!covers(wide, Match{}));
}

TEST_CASE("subtracting what lies elsewhere changes nothing") {
  CHECK(subtract(tcp(), arp()) == std::vector<Match>{tcp()});
  CHECK(subtract(tcp(), tcp()).empty());
  CHECK(subtract(tcp(), Match{}).empty());
}

TEST_CASE("pieces are closed although the field that differs needs others") {
  const Match http = tcp().set(Field::tcp_dst, 80);
  const std::vector<Match> pieces = subtract(Match{}, http);
  CHECK(pieces.size() == 16 + 8 + 16);
  for (const Match& piece : pieces) CHECK(!first_open_field(piece));
}

TEST_CASE("a frame without a tag is one value") {
  CHECK(covers(vlan(0), vlan(0, present)));
  CHECK(covers(vlan(0, present), vlan(0)));
  CHECK(covers(vlan(0, 0x0fff), vlan(0)));
  CHECK(subtract(vlan(0, present), vlan(0)).empty());
  CHECK(!intersect(vlan(0, present), vlan(5, 0x0fff)));
  CHECK(disjoint(vlan(0), vlan(5, 0x0fff)));
  // Tag bits say that there is a tag.
  CHECK(covers(vlan(present, present), vlan(5, 0x0fff)));
  CHECK(covers(vlan(present | 5), vlan(5, 0x0fff)));
  CHECK(!covers(vlan(present | 0), vlan(0, 0x0fff)));
}

TEST_CASE("everything but one VLAN") {
  const std::vector<Match> pieces = subtract(Match{}, vlan(present | 5));
  CHECK(pieces.size() == 13);
  for (const Match& piece : pieces) {
    const Term& term = *piece.find(Field::vlan_vid);
    // "No tag" at most once, and never with tag bits.
    if ((term.value & u128(present)).zero()) CHECK(term.value.zero());
  }
  CHECK(subtract(Match{}, vlan(0)) == std::vector<Match>{vlan(present, present)});
  CHECK(subtract(Match{}, vlan(present, present)) == std::vector<Match>{vlan(0)});
}

TEST_CASE("a match that is no packet") {
  const Match phantom = vlan(5, 0x1fff);
  CHECK(covers(vlan(0), phantom));
  CHECK(disjoint(phantom, phantom));
  CHECK(!intersect(phantom, Match{}));
  CHECK(subtract(phantom, arp()).empty());
  CHECK(subtract(arp(), phantom) == std::vector<Match>{arp()});
}

TEST_CASE("open fields") {
  CHECK(!first_open_field(Match{}));
  CHECK(!first_open_field(tcp().set(Field::tcp_dst, 80)));
  CHECK(first_open_field(Match{}.set(Field::tcp_dst, 80)) == Field::tcp_dst);
  CHECK(first_open_field(Match{}.set(Field::ip_proto, 6).set(Field::tcp_dst, 80)) == Field::ip_proto);
  CHECK(first_open_field(tcp().set(Field::udp_dst, 80)) == Field::udp_dst);
  CHECK(first_open_field(arp().set(Field::ipv4_src, 1)) == Field::ipv4_src);
  CHECK(first_open_field(ip().set(Field::arp_spa, 1)) == Field::arp_spa);
  CHECK(first_open_field(Match{}.set(Field::in_phy_port, 1)) == Field::in_phy_port);
  CHECK(!first_open_field(Match{}.set(Field::in_phy_port, 1).set(Field::in_port, 1)));

  CHECK(!first_open_field(vlan(present | 5).set(Field::vlan_pcp, 3)));
  CHECK(!first_open_field(vlan(present, present).set(Field::vlan_pcp, 3)));
  CHECK(first_open_field(vlan(0).set(Field::vlan_pcp, 3)) == Field::vlan_pcp);
  CHECK(first_open_field(Match{}.set(Field::vlan_pcp, 3)) == Field::vlan_pcp);

  const auto icmpv6 = [](std::uint64_t type) {
    return Match{}
        .set(Field::eth_type, eth_type::ipv6)
        .set(Field::ip_proto, ip_proto::icmpv6)
        .set(Field::icmpv6_type, type);
  };
  CHECK(!first_open_field(icmpv6(135).set(Field::ipv6_nd_target, 1).set(Field::ipv6_nd_sll, 1)));
  CHECK(!first_open_field(icmpv6(136).set(Field::ipv6_nd_target, 1).set(Field::ipv6_nd_tll, 1)));
  CHECK(first_open_field(icmpv6(135).set(Field::ipv6_nd_tll, 1)) == Field::ipv6_nd_tll);
  CHECK(first_open_field(icmpv6(128).set(Field::ipv6_nd_target, 1)) == Field::ipv6_nd_target);
  CHECK(!first_open_field(Match{}.set(Field::eth_type, eth_type::mpls_multicast).set(Field::mpls_label, 9)));
}

TEST_CASE("ICMP fields need their own IP") {
  const auto in = [](std::uint16_t type, std::uint8_t proto) {
    return Match{}.set(Field::eth_type, type).set(Field::ip_proto, proto);
  };
  CHECK(!first_open_field(in(eth_type::ipv4, 1).set(Field::icmpv4_type, 8)));
  CHECK(first_open_field(in(eth_type::ipv6, 1).set(Field::icmpv4_type, 8)) == Field::icmpv4_type);
  CHECK(!first_open_field(in(eth_type::ipv6, 58).set(Field::icmpv6_type, 8)));
  CHECK(first_open_field(in(eth_type::ipv4, 58).set(Field::icmpv6_type, 8)) == Field::icmpv6_type);
}

TEST_CASE("a masked prerequisite is none unless the mask holds it") {
  Match m;
  m.set(Field::eth_type, u128(0x0800), u128(0xff00));
  CHECK(first_open_field(m.set(Field::ipv4_src, 1)) == Field::ipv4_src);
  CHECK(first_open_field(vlan(5, 0x0fff).set(Field::vlan_pcp, 1)) == Field::vlan_pcp);
}

TEST_CASE("dropping open fields drops what needs them, too") {
  CHECK(without_open_fields(Match{}.set(Field::ip_proto, 6).set(Field::tcp_dst, 80)) == Match{});
  CHECK(without_open_fields(tcp().set(Field::udp_dst, 80)) == tcp());
  CHECK(without_open_fields(tcp().set(Field::tcp_dst, 80)) == tcp().set(Field::tcp_dst, 80));
}

TEST_CASE("a witness is a whole packet") {
  const Match w = witness(tcp().set(Field::tcp_dst, 80));
  CHECK(w.exact(Field::tcp_dst) == u128(80));
  CHECK(w.exact(Field::tcp_src) == u128(0));
  CHECK(w.exact(Field::in_port) == u128(0));
  CHECK(w.exact(Field::vlan_vid) == u128(0));
  CHECK(w.exact(Field::ipv4_src) == u128(0));
  CHECK(w.find(Field::vlan_pcp) == nullptr);
  CHECK(w.find(Field::udp_dst) == nullptr);
  CHECK(w.find(Field::metadata) == nullptr);
  CHECK(!first_open_field(w));

  CHECK(witness(vlan(5, 0x0fff)).exact(Field::vlan_vid) == u128(present | 5));
  CHECK(witness(vlan(0, 0x0fff)).exact(Field::vlan_vid) == u128(0));
  CHECK(witness(Match{}.set(Field::metadata, u128(4), u128(4))).exact(Field::metadata) == u128(4));
}

TEST_CASE("a witness of an open match has what the match needs") {
  const Match w = witness(Match{}.set(Field::icmpv6_type, 135));
  CHECK(w.exact(Field::ip_proto) == u128(ip_proto::icmpv6));
  CHECK(w.exact(Field::eth_type) == u128(eth_type::ipv6));
  CHECK(witness(Match{}.set(Field::vlan_pcp, 3)).exact(Field::vlan_vid) == u128(present));
  CHECK(witness(Match{}.set(Field::tcp_dst, 80)).exact(Field::eth_type) == u128(eth_type::ipv4));
  const Match v6 = witness(Match{}.set(Field::tcp_dst, 80).set(Field::eth_type, eth_type::ipv6));
  CHECK(v6.exact(Field::eth_type) == u128(eth_type::ipv6));
  CHECK(v6.exact(Field::ip_proto) == u128(ip_proto::tcp));
}

TEST_CASE("matching packets") {
  PacketKey key;
  key.put(Field::in_port, 3);
  key.put(Field::vlan_vid, 0);
  key.put(Field::eth_type, eth_type::ipv4);
  key.put(Field::ipv4_dst, 0x0a010203);
  CHECK(matches(Match{}, key));
  CHECK(matches(subnet(0x0a000000, 0xff000000), key));
  CHECK(!matches(subnet(0x0b000000, 0xff000000), key));
  CHECK(matches(vlan(0), key));
  CHECK(!matches(vlan(present, present), key));
  CHECK(!matches(tcp(), key));  // a field that the packet does not have
}

TEST_CASE("what 1.0 can say") {
  const auto cannot = [](const Match& m) { return first_inexpressible(m, v1_0); };
  CHECK(!cannot(Match{}));
  CHECK(!cannot(tcp()
                    .set(Field::in_port, 1)
                    .set(Field::eth_src, 2)
                    .set(Field::eth_dst, 3)
                    .set(Field::ip_dscp, 4)
                    .set(Field::tcp_src, 5)
                    .set(Field::tcp_dst, 6)));
  CHECK(!cannot(Match{}.set(Field::in_port, port::local.value)));
  CHECK(cannot(Match{}.set(Field::in_port, 0x10000)) == Field::in_port);
  CHECK(cannot(Match{}.set(Field::in_port, 0xfffd)) == Field::in_port);
  CHECK(cannot(Match{}.set(Field::eth_dst, bit(40), bit(40))) == Field::eth_dst);
  CHECK(!cannot(subnet(0x0a000000, 0xff000000)));
  CHECK(!cannot(subnet(0x0a000001, 0xffffffff)));
  CHECK(!cannot(subnet(0x80000000, 0x80000000)));
  CHECK(cannot(subnet(0x0a000001, 0xff0000ff)) == Field::ipv4_dst);
  CHECK(cannot(subnet(1, 1)) == Field::ipv4_dst);
  CHECK(!cannot(arp().set(Field::arp_op, 1).set(Field::arp_spa, u128(0x0a000000), u128(0xff000000))));
  CHECK(cannot(arp().set(Field::arp_op, 256)) == Field::arp_op);
  CHECK(cannot(arp().set(Field::arp_sha, 1)) == Field::arp_sha);
  CHECK(cannot(ip().set(Field::ip_ecn, 1)) == Field::ip_ecn);
  CHECK(cannot(ip().set(Field::ip_proto, ip_proto::sctp).set(Field::sctp_dst, 1)) == Field::sctp_dst);
  CHECK(!cannot(ip().set(Field::ip_proto, ip_proto::icmp).set(Field::icmpv4_type, 8).set(Field::icmpv4_code, 0)));
  CHECK(!cannot(Match{}.set(Field::eth_type, eth_type::ipv6)));
  CHECK(cannot(Match{}.set(Field::eth_type, eth_type::ipv6).set(Field::ip_proto, 6)) == Field::ip_proto);
  CHECK(cannot(Match{}.set(Field::metadata, 1)) == Field::metadata);
  CHECK(cannot(Match{}.set(Field::eth_type, eth_type::mpls).set(Field::mpls_label, 1)) == Field::mpls_label);
  CHECK(cannot(Match{}.set(Field::eth_type, u128(0x0800), u128(0xff00))) == Field::eth_type);
}

TEST_CASE("VLANs that 1.0 can say") {
  const auto cannot = [](const Match& m) { return first_inexpressible(m, v1_0); };
  CHECK(!cannot(vlan(present | 5)));
  CHECK(!cannot(vlan(present | 5).set(Field::vlan_pcp, 7)));
  CHECK(!cannot(vlan(0)));
  CHECK(!cannot(vlan(0, present)));  // no tag
  CHECK(!cannot(vlan(5, 0x0fff)));   // VLAN 5
  CHECK(cannot(vlan(present, present)) == Field::vlan_vid);
  CHECK(cannot(vlan(present | 4, present | 4)) == Field::vlan_vid);
  CHECK(cannot(vlan(0, 0x0fff)) == Field::vlan_vid);  // no tag, or VLAN 0
}

TEST_CASE("what 1.1 can say besides") {
  const auto cannot = [](const Match& m) { return first_inexpressible(m, v1_1); };
  CHECK(!cannot(Match{}.set(Field::eth_dst, bit(40), bit(40))));
  CHECK(!cannot(Match{}.set(Field::metadata, u128(1), u128(1))));
  CHECK(!cannot(subnet(0x0a000001, 0xff0000ff)));
  CHECK(!cannot(vlan(present, present)));
  CHECK(cannot(vlan(present | 4, present | 4)) == Field::vlan_vid);
  CHECK(!cannot(ip().set(Field::ip_proto, ip_proto::sctp).set(Field::sctp_dst, 1)));
  CHECK(!cannot(Match{}.set(Field::eth_type, eth_type::mpls).set(Field::mpls_label, 1).set(Field::mpls_tc, 1)));
  CHECK(!cannot(Match{}.set(Field::in_port, 0x10000)));
  CHECK(cannot(Match{}.set(Field::eth_type, eth_type::ipv6).set(Field::ipv6_src, 1)) == Field::ipv6_src);
  CHECK(cannot(Match{}.set(Field::in_port, u128(1), u128(1))) == Field::in_port);
}

TEST_CASE("what OXM can say") {
  CHECK(!first_inexpressible(vlan(present, present), v1_2));
  CHECK(!first_inexpressible(Match{}.set(Field::eth_dst, bit(40), bit(40)), v1_3));
  CHECK(first_inexpressible(Match{}.set(Field::in_port, u128(2), u128(2)), v1_3) == Field::in_port);
  CHECK(first_inexpressible(Match{}.set(Field::eth_type, u128(0x0800), u128(0xff00)), v1_5) == Field::eth_type);
  CHECK(first_inexpressible(tcp().set(Field::tcp_dst, u128(0), u128(1)), v1_3) == Field::tcp_dst);
  CHECK(first_inexpressible(Match{}.set(Field::tunnel_id, 1), v1_2) == Field::tunnel_id);
  CHECK(!first_inexpressible(Match{}.set(Field::tunnel_id, 1), v1_3));
  CHECK(first_inexpressible(tcp().set(Field::tcp_flags, 2), v1_4) == Field::tcp_flags);
  CHECK(!first_inexpressible(tcp().set(Field::tcp_flags, 2), v1_5));
}

}  // namespace sluice::ofmsg
