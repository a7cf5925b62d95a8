// The laws of the match algebra, judged by packets.
//
// The oracle knows nothing of the algebra: it asks bit by bit whether a packet is in a match, and has rules of its own
// for which fields a packet has. Small families of matches are tried out completely; large ones are sampled, with the
// witnesses of all results among the samples, so that a claim "nothing is left" or "something is left" meets a packet
// that could disprove it.
#include <array>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"

namespace sluice::ofmsg {

// For rapidcheck's counterexamples.
void showValue(const Match& match, std::ostream& os) {  // NOLINT(readability-identifier-naming): the library's name
  os << '{';
  for (const Term& term : match.terms()) {
    os << ' ' << text(term.field) << '=' << std::hex << term.value.hi << ':' << term.value.lo << '/' << term.mask.hi
       << ':' << term.mask.lo << std::dec;
  }
  os << " }";
}

namespace {

using Packet = std::map<Field, U128>;

// --- the oracle ----------------------------------------------------------------------------------------------------

bool packet_has(const Packet& p, Field field) {
  const auto at = [&](Field f) { return p.contains(f) ? p.at(f).lo : 0; };
  const std::uint64_t type = at(Field::eth_type);
  const bool v4 = type == 0x0800;
  const bool v6 = type == 0x86dd;
  const auto proto = [&](std::uint64_t number) { return (v4 || v6) && at(Field::ip_proto) == number; };
  const bool icmpv6 = v6 && proto(58);
  switch (field) {
    case Field::vlan_pcp: return (at(Field::vlan_vid) & 0x1000U) != 0;
    case Field::ip_dscp:
    case Field::ip_ecn:
    case Field::ip_proto: return v4 || v6;
    case Field::ipv4_src:
    case Field::ipv4_dst: return v4;
    case Field::tcp_src:
    case Field::tcp_dst:
    case Field::tcp_flags: return proto(6);
    case Field::udp_src:
    case Field::udp_dst: return proto(17);
    case Field::sctp_src:
    case Field::sctp_dst: return proto(132);
    case Field::icmpv4_type:
    case Field::icmpv4_code: return v4 && proto(1);
    case Field::arp_op:
    case Field::arp_spa:
    case Field::arp_tpa:
    case Field::arp_sha:
    case Field::arp_tha: return type == 0x0806;
    case Field::ipv6_src:
    case Field::ipv6_dst:
    case Field::ipv6_flabel:
    case Field::ipv6_exthdr: return v6;
    case Field::icmpv6_type:
    case Field::icmpv6_code: return icmpv6;
    case Field::ipv6_nd_target: return icmpv6 && (at(Field::icmpv6_type) == 135 || at(Field::icmpv6_type) == 136);
    case Field::ipv6_nd_sll: return icmpv6 && at(Field::icmpv6_type) == 135;
    case Field::ipv6_nd_tll: return icmpv6 && at(Field::icmpv6_type) == 136;
    case Field::mpls_label:
    case Field::mpls_tc:
    case Field::mpls_bos: return type == 0x8847 || type == 0x8848;
    case Field::pbb_isid:
    case Field::pbb_uca: return type == 0x88e7;
    default: return true;
  }
}

bool bit_of(U128 value, unsigned n) { return ((n < 64 ? value.lo >> n : value.hi >> (n - 64)) & 1U) != 0; }

bool in(const Packet& packet, const Match& match) {
  for (const Term& term : match.terms()) {
    const auto found = packet.find(term.field);
    if (found == packet.end()) return false;
    for (unsigned n = 0; n < 128; ++n) {
      if (bit_of(term.mask, n) && bit_of(term.value, n) != bit_of(found->second, n)) return false;
    }
  }
  return true;
}

// Makes a packet of any values: without a tag there are no tag bits, and fields that it cannot have go.
Packet made_real(Packet raw) {
  if (!bit_of(raw[Field::vlan_vid], 12)) raw[Field::vlan_vid] = U128{};
  for (std::size_t i = 0; i < field_count; ++i) {
    if (!packet_has(raw, static_cast<Field>(i))) raw.erase(static_cast<Field>(i));
  }
  return raw;
}

Packet packet_of(const Match& witness) {
  Packet raw;
  for (std::size_t i = 0; i < field_count; ++i) raw[static_cast<Field>(i)] = U128{};
  for (const Term& term : witness.terms()) raw[term.field] = term.value;
  return made_real(std::move(raw));
}

PacketKey key_of(const Packet& packet) {
  PacketKey key;
  for (const auto& [field, value] : packet) key.put(field, value);
  return key;
}

bool phantom(const Match& match) {
  const Term* const term = match.find(Field::vlan_vid);
  return term != nullptr && bit_of(term->mask, 12) && !bit_of(term->value, 12) && !term->value.zero();
}

// Everything that is promised of two closed matches, seen by one packet.
struct Results {
  const Match& a;
  const Match& b;
  std::optional<Match> both = intersect(a, b);
  std::vector<Match> rest = subtract(a, b);
  bool a_covers_b = covers(a, b);
  bool b_covers_a = covers(b, a);
  bool apart = disjoint(a, b);
};

std::string wrong(const Results& r, const Packet& p) {
  const bool in_a = in(p, r.a);
  const bool in_b = in(p, r.b);
  if (in_a != matches(r.a, key_of(p))) return "matches() and the oracle differ";
  if ((r.both && in(p, *r.both)) != (in_a && in_b)) return "intersect";
  std::size_t pieces = 0;
  for (const Match& piece : r.rest) pieces += in(p, piece) ? 1U : 0U;
  if (pieces != (in_a && !in_b ? 1U : 0U)) return "subtract: the packet is in " + std::to_string(pieces) + " pieces";
  if (r.a_covers_b && in_b && !in_a) return "covers(a, b)";
  if (r.b_covers_a && in_a && !in_b) return "covers(b, a)";
  if (r.apart && in_a && in_b) return "disjoint";
  return "";
}

// Claims of "nothing" and "something" agree with each other, and each "something" has a packet.
std::string inconsistent(const Results& r) {
  if (r.apart == r.both.has_value()) return "disjoint is not the absence of an intersection";
  if (r.b_covers_a != r.rest.empty()) return "covers(b, a) is not the absence of a difference";
  if (r.both && !(covers(r.a, *r.both) && covers(r.b, *r.both))) return "the intersection is not covered";
  for (std::size_t i = 0; i < r.rest.size(); ++i) {
    if (!covers(r.a, r.rest[i])) return "a piece is not covered by a";
    if (!disjoint(r.b, r.rest[i])) return "a piece meets b";
    for (std::size_t j = 0; j < i; ++j) {
      if (!disjoint(r.rest[i], r.rest[j])) return "two pieces meet";
    }
  }
  std::vector<Match> parts = r.rest;
  if (r.both) parts.push_back(*r.both);
  for (const Match& part : parts) {
    if (phantom(part)) return "a part is no packet";
    if (first_open_field(part)) return "a part is not closed";
    if (!in(packet_of(witness(part)), part)) return "a part does not have its witness";
  }
  return "";
}

// --- complete small families ---------------------------------------------------------------------------------------

// All values and masks of the field over a few of its bits, "no term" included.
std::vector<Match> all_terms(Field field, const std::vector<unsigned>& bits) {
  std::vector<Match> result;
  for (unsigned mask = 0; mask < 1U << bits.size(); ++mask) {
    for (unsigned value = 0; value < 1U << bits.size(); ++value) {
      if ((value & ~mask) != 0) continue;
      U128 wide_value;
      U128 wide_mask;
      for (std::size_t i = 0; i < bits.size(); ++i) {
        if ((mask >> i & 1U) != 0) wide_mask = wide_mask | bit(bits[i]);
        if ((value >> i & 1U) != 0) wide_value = wide_value | bit(bits[i]);
      }
      result.push_back(Match{}.set(field, wide_value, wide_mask));
    }
  }
  return result;
}

void check_all(const std::vector<Match>& family, const std::vector<Packet>& universe) {
  for (const Match& a : family) {
    for (const Match& b : family) {
      const Results results{a, b};
      std::string fault = inconsistent(results);
      bool b_in_a = true;
      bool meet = false;
      for (const Packet& p : universe) {
        if (fault.empty()) fault = wrong(results, p);
        b_in_a = b_in_a && (!in(p, b) || in(p, a));
        meet = meet || (in(p, a) && in(p, b));
      }
      // The universe is complete for the family, so these are equivalences.
      if (fault.empty() && b_in_a != results.a_covers_b) fault = "covers misses a cover";
      if (fault.empty() && meet == results.apart) fault = "disjoint misses a distance";
      if (!fault.empty()) {
        std::ostringstream where;
        showValue(a, where);
        showValue(b, where);
        FAIL(fault << ": " << where.str());
      }
    }
  }
}

}  // namespace

TEST_CASE("all VLAN matches over three bits") {
  std::vector<Packet> universe{{{Field::vlan_vid, U128{}}}};
  for (std::uint64_t tag = 0; tag < 4; ++tag) universe.push_back({{Field::vlan_vid, u128(0x1000U | tag)}});
  check_all(all_terms(Field::vlan_vid, {0, 1, 12}), universe);
}

TEST_CASE("all VLAN matches with priorities") {
  std::vector<Packet> universe{{{Field::vlan_vid, U128{}}}};
  for (std::uint64_t tag = 0; tag < 4; ++tag) {
    for (std::uint64_t pcp = 0; pcp < 4; ++pcp) {
      universe.push_back({{Field::vlan_vid, u128(0x1000U | tag)}, {Field::vlan_pcp, u128(pcp)}});
    }
  }
  std::vector<Match> family;
  for (const Match& vid : all_terms(Field::vlan_vid, {0, 1, 12})) {
    for (const Match& pcp : all_terms(Field::vlan_pcp, {0, 1})) {
      Match m = vid;
      for (const Term& term : pcp.terms()) m.set(term.field, term.value, term.mask);
      if (!first_open_field(m)) family.push_back(std::move(m));
    }
  }
  CHECK(family.size() > 50);
  check_all(family, universe);
}

TEST_CASE("all matches of a small world with prerequisites") {
  // EtherTypes IPv4, ARP and one that is neither; two protocols and one that is neither; addresses and ports of two
  // bits.
  std::vector<Packet> universe{{{Field::eth_type, u128(0xfffe)}}};
  for (std::uint64_t spa = 0; spa < 2; ++spa) {
    universe.push_back({{Field::eth_type, u128(0x0806)}, {Field::arp_spa, u128(spa)}});
  }
  std::vector<Match> family{Match{}, Match{}.set(Field::eth_type, 0x0806), Match{}.set(Field::eth_type, 0x0800)};
  for (std::uint64_t spa = 0; spa < 2; ++spa) {
    family.push_back(Match{}.set(Field::eth_type, 0x0806).set(Field::arp_spa, u128(spa), u128(1)));
  }
  for (const std::uint64_t proto : {6U, 17U, 249U}) {
    for (std::uint64_t source = 0; source < 2; ++source) {
      const Packet ip{{Field::eth_type, u128(0x0800)}, {Field::ip_proto, u128(proto)}, {Field::ipv4_src, u128(source)}};
      if (proto == 249) universe.push_back(ip);
      for (std::uint64_t port = 0; port < 4 && proto != 249; ++port) {
        Packet p = ip;
        p[proto == 6 ? Field::tcp_dst : Field::udp_dst] = u128(port);
        universe.push_back(std::move(p));
      }
    }
    if (proto == 249) continue;
    for (const Match& source : all_terms(Field::ipv4_src, {0})) {
      for (const Match& port : all_terms(proto == 6 ? Field::tcp_dst : Field::udp_dst, {0, 1})) {
        Match m = Match{}.set(Field::eth_type, 0x0800).set(Field::ip_proto, proto);
        for (const Term& term : source.terms()) m.set(term.field, term.value, term.mask);
        for (const Term& term : port.terms()) m.set(term.field, term.value, term.mask);
        family.push_back(std::move(m));
      }
    }
  }
  CHECK(family.size() > 50);
  check_all(family, universe);
}

// --- large families, sampled -----------------------------------------------------------------------------------------

namespace {

// Few values and few mask bits for each field, so that two matches often meet without being equal.
U128 some_value(Field field, unsigned choice) {
  switch (field) {
    case Field::eth_type: {
      constexpr std::array<std::uint16_t, 8> types{0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x8847, 0x88e7, 0x1234};
      return u128(types[choice % types.size()]);
    }
    case Field::ip_proto: {
      constexpr std::array<std::uint8_t, 6> protos{6, 17, 132, 1, 58, 58};
      return u128(protos[choice % protos.size()]);
    }
    case Field::icmpv6_type: return u128(135 + choice % 3);
    case Field::vlan_vid: return u128((choice % 4 != 0 ? 0x1000U : 0U) | choice % 3);
    default: {
      // High and low bits, in both words of wide fields.
      const U128 spread{choice * std::uint64_t{0x8000000000000001}, choice * std::uint64_t{0x8000000080008101}};
      return spread & ones(facts(field).bits);
    }
  }
}

U128 some_mask(Field field, unsigned choice) {
  const unsigned bits = facts(field).bits;
  if (choice % 3 != 0) return ones(bits);
  switch (choice / 3 % 4) {
    case 0: return ones(bits) & ~ones(bits / 2);  // a prefix
    case 1: return ones((bits + 1) / 2);          // a suffix
    case 2: return bit(choice / 12 % bits);
    default: return bit(bits - 1) | bit(0);
  }
}

struct Draft {
  Field field;
  unsigned value;
  unsigned mask;
};

rc::Gen<Draft> drafts() {
  // The fields on which others depend come more often than the rest.
  const auto any =
      rc::gen::map(rc::gen::inRange<std::size_t>(0, field_count), [](std::size_t i) { return static_cast<Field>(i); });
  const auto key = rc::gen::element(Field::eth_type, Field::eth_type, Field::ip_proto, Field::vlan_vid,
                                    Field::icmpv6_type, Field::in_port, Field::ipv4_dst, Field::tcp_dst);
  return rc::gen::apply(
      [](Field f, unsigned v, unsigned m) {
        return Draft{f, v, m};
      },
      rc::gen::oneOf(any, key, key), rc::gen::inRange(0U, 64U), rc::gen::inRange(0U, 256U));
}

rc::Gen<Match> closed_matches() {
  return rc::gen::map(rc::gen::container<std::vector<Draft>>(drafts()), [](const std::vector<Draft>& list) {
    Match match;
    for (const Draft& d : list) match.set(d.field, some_value(d.field, d.value), some_mask(d.field, d.mask));
    return without_open_fields(std::move(match));
  });
}

// Packets that are likely to be near the matches: bits of both, and a few of their own.
Packet packet_near(const Match& a, const Match& b) {
  Packet raw;
  for (std::size_t i = 0; i < field_count; ++i) {
    const Field field = static_cast<Field>(i);
    U128 value = some_value(field, *rc::gen::inRange(0U, 64U));
    const Match& model = *rc::gen::inRange(0, 2) == 0 ? a : b;
    if (const Term* const term = model.find(field)) value = (value & ~term->mask) | term->value;
    if (*rc::gen::inRange(0, 16) == 0) value = value ^ bit(*rc::gen::inRange(0U, unsigned{facts(field).bits}));
    raw[field] = value;
  }
  return made_real(std::move(raw));
}

}  // namespace

TEST_CASE("laws of two matches") {
  CHECK(rc::check("intersect, subtract, covers and disjoint agree with packets", [] {
    const Match a = *closed_matches();
    const Match b = *closed_matches();
    RC_CLASSIFY(disjoint(a, b), "disjoint");
    RC_CLASSIFY(covers(a, b) || covers(b, a), "nested");
    const Results results{a, b};
    RC_ASSERT(inconsistent(results) == "");
    RC_ASSERT(intersect(b, a) == results.both);

    std::vector<Packet> samples;
    for (const Match& part : results.rest) samples.push_back(packet_of(witness(part)));
    if (results.both) samples.push_back(packet_of(witness(*results.both)));
    for (const Match& part : subtract(b, a)) samples.push_back(packet_of(witness(part)));
    for (int i = 0; i < 8; ++i) samples.push_back(packet_near(a, b));
    for (const Packet& p : samples) RC_ASSERT(wrong(results, p) == "");
  }));
}

TEST_CASE("laws of one match") {
  CHECK(rc::check("a match and itself", [] {
    const Match a = *closed_matches();
    RC_ASSERT(!first_open_field(a));
    RC_ASSERT(without_open_fields(a) == a);
    RC_ASSERT(covers(a, a));
    RC_ASSERT(covers(Match{}, a));
    RC_ASSERT(subtract(a, a).empty());
    RC_ASSERT(disjoint(a, a) == phantom(a));
    RC_PRE(!phantom(a));
    RC_ASSERT(intersect(a, a) == a);
    RC_ASSERT(intersect(a, Match{}) == a);
    RC_ASSERT(subtract(a, Match{}).empty());

    const Match w = witness(a);
    RC_ASSERT(covers(a, w));
    RC_ASSERT(!first_open_field(w));
    RC_ASSERT(in(packet_of(w), a));
    RC_ASSERT(witness(w) == w);
  }));
}

TEST_CASE("laws of three matches") {
  CHECK(rc::check("intersect is associative, covers transitive", [] {
    const Match a = *closed_matches();
    const Match b = *closed_matches();
    const Match c = *closed_matches();
    const std::optional<Match> ab = intersect(a, b);
    const std::optional<Match> bc = intersect(b, c);
    RC_ASSERT((ab ? intersect(*ab, c) : std::nullopt) == (bc ? intersect(a, *bc) : std::nullopt));
    if (covers(a, b) && covers(b, c)) RC_ASSERT(covers(a, c));
    if (disjoint(a, b) && covers(b, c)) RC_ASSERT(disjoint(a, c));
  }));
}

TEST_CASE("a witness decides every match") {
  CHECK(rc::check("any other match has the witness or is disjoint from it", [] {
    const Match a = *closed_matches();
    Match b = *closed_matches();
    RC_PRE(!phantom(a) && !phantom(b));
    for (const Field f :
         {Field::metadata, Field::in_phy_port, Field::tunnel_id, Field::actset_output, Field::packet_type}) {
      b.erase(f);
    }
    const Match w = witness(a);
    RC_ASSERT(covers(b, w) != disjoint(b, w));
    RC_ASSERT(covers(b, w) == in(packet_of(w), b));
  }));
}

TEST_CASE("few pieces") {
  CHECK(rc::check("subtract makes at most one piece for each bit that b fixes and a does not", [] {
    const Match a = *closed_matches();
    const Match b = *closed_matches();
    std::size_t bits = 1;  // one for "a as it is", where they are disjoint
    for (const Term& term : b.terms()) {
      const Term* const known = a.find(term.field);
      const U128 open = known == nullptr ? term.mask : term.mask & ~known->mask;
      for (unsigned n = 0; n < 128; ++n) bits += bit_of(open, n) ? 1U : 0U;
      if (term.field == Field::vlan_vid) ++bits;  // the present bit, where tag bits imply it
    }
    RC_ASSERT(subtract(a, b).size() <= bits);
  }));
}

TEST_CASE("dropping open fields only widens, and closes") {
  CHECK(rc::check("without_open_fields", [] {
    const std::vector<Draft> list = *rc::gen::container<std::vector<Draft>>(drafts());
    Match raw;
    for (const Draft& d : list) raw.set(d.field, some_value(d.field, d.value), some_mask(d.field, d.mask));
    const Match closed = without_open_fields(raw);
    RC_ASSERT(!first_open_field(closed));
    RC_ASSERT(closed.terms().size() <= raw.terms().size());
    for (const Term& term : closed.terms()) {
      const Term* const original = raw.find(term.field);
      RC_ASSERT(original != nullptr);
      RC_ASSERT(*original == term);
    }
  }));
}

TEST_CASE("packets and their own match") {
  CHECK(rc::check("exact_match has its packet and no other", [] {
    const Packet p = packet_near(Match{}, Match{});
    const Packet q = packet_near(*closed_matches(), Match{});
    const Match m = exact_match(key_of(p));
    RC_ASSERT(matches(m, key_of(p)));
    RC_ASSERT(!first_open_field(Match{m}.erase(Field::in_phy_port)));
    if (p != q) RC_ASSERT(!matches(m, key_of(q)));
  }));
}

}  // namespace sluice::ofmsg
