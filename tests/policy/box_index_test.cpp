// The index of headers against a walk over the list, over random lists of every size around its limits.
#include "policy/box_index.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "ofmsg/text.hpp"
#include "policy/box_list.hpp"
#include "policy/boxes.hpp"
#include "tests/support/random_dice.hpp"
#include "tests/support/random_packets.hpp"

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::Match;
using tests::Dice;
namespace universe = tests::universe;

// How many different values there are: few make headers meet, many make tables grow.
struct Taste {
  std::size_t vlans = 3;
  std::size_t addresses = 4;
};

std::uint64_t address(Dice& dice, const Taste& taste) {
  return dice.chance(50) ? dice.pick(universe::addresses) : 0x0a000000 + dice.below(taste.addresses);
}

void add_prefix(Dice& dice, const Taste& taste, Match& m, Field field) {
  const unsigned length = dice.chance(40) ? 32 : 8 + static_cast<unsigned>(dice.below(25));
  m.set(field, ofmsg::u128(address(dice, taste)), ofmsg::u128(0xffffffffU << (32 - length) & 0xffffffffU));
}

Match random_header(Dice& dice, const Taste& taste) {
  Match m;
  if (dice.chance(50)) {
    const std::uint64_t vlan = dice.chance(10) ? 0 : ofmsg::vlan_present | (10 + 10 * dice.below(taste.vlans));
    m.set(Field::vlan_vid, vlan);
  } else if (dice.chance(20)) {
    m.set(Field::vlan_vid, ofmsg::u128(ofmsg::vlan_present), ofmsg::u128(ofmsg::vlan_present));
  } else if (dice.chance(10)) {
    m.set(Field::vlan_vid, ofmsg::u128(10), ofmsg::u128(0x00f));  // no "present" bit
  }
  if (dice.chance(20)) m.set(Field::eth_src, dice.pick(universe::macs));
  if (dice.chance(10)) m.set(Field::eth_dst, ofmsg::u128(0x010000000000), ofmsg::u128(0x010000000000));
  if (dice.chance(60)) {
    m.set(Field::eth_type, ofmsg::eth_type::ipv4);
    if (dice.chance(60)) add_prefix(dice, taste, m, Field::ipv4_src);
    if (dice.chance(60)) add_prefix(dice, taste, m, Field::ipv4_dst);
    if (dice.chance(40)) {
      m.set(Field::ip_proto, ofmsg::ip_proto::tcp);
      if (dice.chance(50)) m.set(Field::tcp_src, dice.pick(universe::transport_ports));
      if (dice.chance(50)) m.set(Field::tcp_dst, dice.pick(universe::transport_ports));
    }
  } else if (dice.chance(20)) {
    m.set(Field::eth_type, ofmsg::eth_type::ipv6);
    const ofmsg::U128 net{0x20010db800000000 + dice.below(4), dice.below(4)};
    m.set(Field::ipv6_dst, net, ofmsg::ones(128));
  }
  return m;
}

std::vector<const Match*> pointers(const std::vector<Match>& headers) {
  std::vector<const Match*> all;
  all.reserve(headers.size());
  for (const Match& header : headers) all.push_back(&header);
  return all;
}

std::vector<std::uint32_t> walk(const std::vector<Match>& headers, const ofmsg::PacketKey& key) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t n = 0; n < headers.size(); ++n) {
    if (ofmsg::matches(headers[n], key)) found.push_back(n);
  }
  return found;
}

// A packet that one of the headers has, or any.
ofmsg::PacketKey random_key(Dice& dice, const std::vector<Match>& headers) {
  if (!headers.empty() && dice.chance(60)) {
    ofmsg::PacketKey key;
    key.put(Field::in_port, 1);
    key.put(Field::vlan_vid, 0);
    const Match packet = ofmsg::witness(dice.pick(headers));
    for (const ofmsg::Term& term : packet.terms()) key.put(term.field, term.value);
    return key;
  }
  while (true) {
    if (const auto key = ofmsg::packet_key(tests::random_packet(dice), ofmsg::PortNo{1})) return *key;
  }
}

std::string listed(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (const std::uint32_t n : numbers) text += std::to_string(n) + ' ';
  return text;
}

}  // namespace

TEST_CASE("the index finds what a walk over the list finds") {
  const std::vector<std::size_t> sizes{0, 1, 5, 63, 64, 65, 66, 200, 700, 2000};
  const std::uint64_t runs = tests::property_runs(60);
  const std::uint64_t seed = tests::property_seed();
  std::size_t hits = 0, meetings = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    INFO("seed ", seed + run);
    Dice dice{seed + run};
    const Taste taste = dice.chance(50) ? Taste{} : Taste{400, 100000};
    std::vector<Match> headers(sizes[run % sizes.size()]);
    for (Match& header : headers) header = random_header(dice, taste);
    const BoxIndex index{pointers(headers)};
    REQUIRE(index.size() == headers.size());

    for (int i = 0; i < 60; ++i) {
      const ofmsg::PacketKey key = random_key(dice, headers);
      const std::vector<std::uint32_t> expected = walk(headers, key);
      std::vector<std::uint32_t> all;
      index.all(key, all);
      std::sort(all.begin(), all.end());
      CHECK(listed(all) == listed(expected));
      const auto first = index.first(key);
      REQUIRE(first.has_value() == !expected.empty());
      if (first) CHECK(*first == expected.front());
      hits += expected.size();
    }
    for (int i = 0; i < 20; ++i) {
      const Match match = dice.chance(5) || headers.empty() ? Match{}
                          : dice.chance(50)                 ? dice.pick(headers)
                                                            : random_header(dice, taste);
      std::vector<std::uint32_t> met;
      index.meeting(match, met);
      CHECK(std::is_sorted(met.begin(), met.end()));
      for (std::uint32_t n = 0; n < headers.size(); ++n) {
        if (ofmsg::disjoint(match, headers[n])) continue;
        INFO(ofmsg::text(match), " and ", ofmsg::text(headers[n]));
        CHECK(std::binary_search(met.begin(), met.end(), n));
        ++meetings;
      }
    }
  }
  CHECK(hits > runs);
  CHECK(meetings > runs);
}

namespace {

// Without those that lie in another; of equal ones the first stays.
std::vector<Box> plainly_maximal(const std::vector<Box>& boxes) {
  std::vector<Box> kept;
  for (std::size_t a = 0; a < boxes.size(); ++a) {
    bool within = false;
    for (std::size_t b = 0; b < boxes.size() && !within; ++b) {
      if (a == b || !ofmsg::covers(boxes[b].header, boxes[a].header)) continue;
      within = b < a || !ofmsg::covers(boxes[a].header, boxes[b].header);
    }
    if (!within) kept.push_back(boxes[a]);
  }
  return kept;
}

}  // namespace

TEST_CASE("a list's parts of a header are the intersections, none within another") {
  const std::uint64_t runs = tests::property_runs(80);
  for (std::uint64_t run = 0; run < runs; ++run) {
    const std::uint64_t seed = tests::property_seed() + run;
    INFO("seed ", seed);
    Dice dice{seed};
    const Taste taste = dice.chance(50) ? Taste{} : Taste{400, 100000};
    std::vector<Box> boxes;
    for (std::size_t n = dice.below(120); n > 0; --n) {
      boxes.push_back({random_header(dice, taste), RuleId{static_cast<std::uint32_t>(n)}});
    }
    CHECK(maximal(boxes) == plainly_maximal(boxes));
    boxes = maximal(std::move(boxes));
    const BoxList list{boxes};
    for (int i = 0; i < 10; ++i) {
      const Match match = dice.chance(20) ? Match{} : random_header(dice, taste);
      // The plain way: all intersections, without those that lie in another.
      std::vector<Box> plain;
      for (const Box& box : boxes) {
        if (auto part = ofmsg::intersect(match, box.header)) plain.push_back({*std::move(part), box.rule});
      }
      INFO(ofmsg::text(match));
      CHECK(list.common(match) == plainly_maximal(plain));
    }
  }
}

TEST_CASE("there is room for every field at once") {
  Match all;
  for (const ofmsg::FieldFacts& f : ofmsg::all_fields()) all.set(f.field, ofmsg::ones(f.bits));
  const std::vector<Match> headers(BoxIndex::linear_limit + 1, all);
  const BoxIndex index{pointers(headers)};
  ofmsg::PacketKey key;
  for (const ofmsg::Term& term : all.terms()) key.put(term.field, term.value);
  CHECK(index.first(key) == 0);
  key.put(ofmsg::Field::ipv6_dst, ofmsg::U128{1, 1});
  CHECK_FALSE(index.first(key).has_value());
  std::vector<std::uint32_t> met;
  index.meeting(all, met);
  CHECK(met.size() == headers.size());
}

TEST_CASE("a header on a field that a packet lacks has no such packet") {
  Match no_port;
  no_port.set(Field::eth_type, ofmsg::eth_type::ipv4)
      .set(Field::ip_proto, ofmsg::ip_proto::tcp)
      .set(Field::tcp_dst, 0U);
  const std::vector<Match> headers(100, no_port);
  const BoxIndex index{pointers(headers)};
  ofmsg::PacketKey fragment;
  fragment.put(Field::eth_type, ofmsg::eth_type::ipv4);
  fragment.put(Field::ip_proto, ofmsg::ip_proto::tcp);
  CHECK_FALSE(index.first(fragment).has_value());
  fragment.put(Field::tcp_dst, 0);
  CHECK(index.first(fragment) == 0);
}

}  // namespace sluice::policy
