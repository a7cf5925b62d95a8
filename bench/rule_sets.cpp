#include "bench/rule_sets.hpp"

#include <algorithm>
#include <bit>
#include <random>
#include <set>

namespace sluice::bench {
namespace {

using ofmsg::Field;
using ofmsg::Match;

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_{seed} {}

  Match rule(RuleKind kind, std::size_t number) {
    switch (kind) {
      case RuleKind::tenant: return tenant(number);
      case RuleKind::acl: return acl();
      case RuleKind::fw: return fw();
      case RuleKind::ipc: return ipc();
    }
    return {};
  }

  // A packet of the rule, with values of our own where the rule has none.
  ofmsg::PacketKey packet(const Match& rule) {
    ofmsg::PacketKey key;
    key.put(Field::in_port, 1);
    key.put(Field::eth_src, 0x020000000000 + below(1000));
    key.put(Field::eth_dst, 0x020000000000 + below(1000));
    key.put(Field::eth_type, ofmsg::eth_type::ipv4);
    key.put(Field::ip_dscp, 0);
    key.put(Field::ip_ecn, 0);
    fill(key, rule, Field::vlan_vid, ofmsg::vlan_present | below(4096));
    fill(key, rule, Field::ipv4_src, address());
    fill(key, rule, Field::ipv4_dst, address());
    fill(key, rule, Field::ip_proto, chance(80) ? ofmsg::ip_proto::tcp : ofmsg::ip_proto::udp);
    const bool udp = key.get(Field::ip_proto).lo == ofmsg::ip_proto::udp;
    fill(key, rule, udp ? Field::udp_src : Field::tcp_src, below(65536));
    fill(key, rule, udp ? Field::udp_dst : Field::tcp_dst, below(65536));
    return key;
  }

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t address() { return 0x0a000000 + (below(64) << 20U) + below(1U << 20U); }

  void prefix(Match& m, Field field, std::size_t shortest, std::size_t longest) {
    const std::size_t length = shortest + below(longest - shortest + 1);
    const std::uint64_t mask = length == 0 ? 0 : 0xffffffffU << (32 - length) & 0xffffffffU;
    m.set(field, ofmsg::u128(address()), ofmsg::u128(mask));
  }

  // Returns whether it has ports.
  bool protocol(Match& m, unsigned tcp, unsigned udp) {
    const std::size_t roll = below(100);
    if (roll >= tcp + udp) return false;
    udp_ = roll >= tcp;
    m.set(Field::ip_proto, udp_ ? ofmsg::ip_proto::udp : ofmsg::ip_proto::tcp);
    return true;
  }

  void source_port(Match& m) { m.set(udp_ ? Field::udp_src : Field::tcp_src, 1 + below(200)); }

  void destination_port(Match& m) { m.set(udp_ ? Field::udp_dst : Field::tcp_dst, 1 + below(200)); }

  Match tenant(std::size_t number) {
    Match m;
    m.set(Field::vlan_vid, ofmsg::vlan_present | (number / 16 % 4094 + 1)).set(Field::eth_type, ofmsg::eth_type::ipv4);
    prefix(m, Field::ipv4_src, 16, 26);
    return m;
  }

  Match acl() {
    Match m;
    m.set(Field::eth_type, ofmsg::eth_type::ipv4);
    const std::size_t roll = below(100);
    roll < 60   ? prefix(m, Field::ipv4_dst, 32, 32)
    : roll < 85 ? prefix(m, Field::ipv4_dst, 24, 24)
                : prefix(m, Field::ipv4_dst, 16, 31);
    if (chance(70)) prefix(m, Field::ipv4_src, 8, 32);
    if (protocol(m, 75, 20) && chance(70)) destination_port(m);
    return m;
  }

  Match fw() {
    Match m;
    m.set(Field::eth_type, ofmsg::eth_type::ipv4);
    if (chance(50)) prefix(m, Field::ipv4_src, 16, 32);
    if (chance(60)) prefix(m, Field::ipv4_dst, 16, 32);
    if (protocol(m, 60, 20)) {
      if (chance(15)) source_port(m);
      if (chance(50)) destination_port(m);
    }
    return m;
  }

  Match ipc() {
    Match m;
    m.set(Field::eth_type, ofmsg::eth_type::ipv4);
    prefix(m, Field::ipv4_src, 0, 32);
    prefix(m, Field::ipv4_dst, 0, 32);
    if (protocol(m, 45, 15)) {
      if (chance(10)) source_port(m);
      if (chance(10)) destination_port(m);
    }
    return m;
  }

  static void fill(ofmsg::PacketKey& key, const Match& rule, Field field, std::uint64_t open) {
    const ofmsg::Term* term = rule.find(field);
    key.put(field, term == nullptr ? open : (term->value.lo | (open & ~term->mask.lo)));
  }

  std::mt19937_64 random_;
  bool udp_ = false;  // of the rule being made
};

int fixed_bits(const Match& m) {
  int bits = 0;
  for (const ofmsg::Term& term : m.terms()) bits += std::popcount(term.mask.lo);  // of these sets' fields
  return bits;
}

// Fixes the field to some value, and what it needs to be there. What it needs besides is the narrower: an ICMPv6 type
// needs a protocol, which may be in IPv4.
void name(Match& m, Field field) {
  const ofmsg::FieldFacts& f = ofmsg::facts(field);
  for (const auto& needs : {f.also_needs, f.needs}) {
    if (!needs || m.find(needs->field) != nullptr) continue;
    name(m, needs->field);
    if (needs->mask != 0) m.set(needs->field, needs->one_of[0]);
  }
  m.set(field, field == Field::vlan_vid ? ofmsg::vlan_present | 1U : 1U);
}

}  // namespace

std::string_view text(RuleKind kind) {
  switch (kind) {
    case RuleKind::tenant: return "tenant";
    case RuleKind::acl: return "acl";
    case RuleKind::fw: return "fw";
    case RuleKind::ipc: return "ipc";
  }
  return "";
}

std::vector<Match> rule_set(RuleKind kind, std::size_t count) {
  Maker maker{static_cast<std::uint64_t>(kind) * 1000003 + count};
  std::set<Match> seen;
  std::vector<Match> rules;
  while (rules.size() < count) {
    Match rule = maker.rule(kind, rules.size());
    if (seen.insert(rule).second) rules.push_back(std::move(rule));
  }
  if (kind == RuleKind::fw || kind == RuleKind::ipc) {
    std::stable_sort(rules.begin(), rules.end(),
                     [](const Match& a, const Match& b) { return fixed_bits(a) > fixed_bits(b); });
  }
  return rules;
}

void name_every_field(std::vector<Match>& rules) {
  std::size_t n = rules.size();
  for (const ofmsg::FieldFacts& f : ofmsg::all_fields()) {
    if (n == 0 || f.since > ofmsg::v1_3 || f.field == Field::in_port) continue;
    Match rule;
    name(rule, f.field);
    rules[--n] = rule;
  }
}

std::vector<ofmsg::PacketKey> packets_for(const std::vector<Match>& rules, std::size_t count) {
  Maker maker{rules.size()};
  std::vector<ofmsg::PacketKey> packets;
  for (std::size_t i = 0; i < count; ++i) {
    packets.push_back(maker.packet(maker.chance(90) ? rules[maker.below(rules.size())] : Match{}));
  }
  return packets;
}

}  // namespace sluice::bench
