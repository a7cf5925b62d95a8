#include "ofmsg/match.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>

#include "ofmsg/packet_key.hpp"

namespace sluice::ofmsg {

namespace {

bool term_before(const Term& term, Field field) { return term.field < field; }

const Term* lower_bound(const Terms& terms, Field field) {
  return std::lower_bound(terms.begin(), terms.end(), field, term_before);
}

U128 all_bits(Field field) { return ones(facts(field).bits); }

// --- VLAN ------------------------------------------------------------------------------------------------------------

// The field has two kinds of values: zero, and the present bit with any tag. A term that fixes only one of these kinds
// says so here also where its bits leave it open, so that below comparing bits is comparing sets of packets.
Term sharpened(Term term) {
  if (term.field != Field::vlan_vid) return term;
  const U128 present = u128(vlan_present);
  if ((term.mask & present).zero()) {
    if (term.value.zero()) return term;
    return {term.field, term.value | present, term.mask | present};
  }
  if (!(term.value & present).zero()) return term;
  return {term.field, term.value, all_bits(Field::vlan_vid)};
}

// No packet at all: tag bits in a frame without a tag.
bool phantom(const Term& term) {
  return term.field == Field::vlan_vid && !(term.mask & u128(vlan_present)).zero() &&
         (term.value & u128(vlan_present)).zero() && !term.value.zero();
}

bool empty(const Match& match) {
  const Term* const vlan = match.find(Field::vlan_vid);
  return vlan != nullptr && phantom(*vlan);
}

// --- terms -----------------------------------------------------------------------------------------------------------

bool contradict(const Term& a, const Term& b) { return !((a.value ^ b.value) & a.mask & b.mask).zero(); }

Term both(const Term& a, const Term& b) { return {a.field, a.value | b.value, a.mask | b.mask}; }

bool covers(const Term& a, const Term& b) { return (a.mask & b.mask) == a.mask && (b.value & a.mask) == a.value; }

bool meets(const Match& match, const std::optional<Prerequisite>& needed) {
  if (!needed) return true;
  const Term* const term = match.find(needed->field);
  if (term == nullptr) return false;
  const U128 mask = u128(needed->mask) & all_bits(needed->field);
  if ((term->mask & mask) != mask) return false;
  return std::any_of(needed->one_of.begin(), needed->one_of.end(),
                     [&](std::uint16_t value) { return (term->value & mask) == u128(value); });
}

bool closed(const Match& match, Field field) {
  return meets(match, facts(field).needs) && meets(match, facts(field).also_needs);
}

unsigned highest_bit(U128 value) {
  return value.hi != 0 ? 127U - static_cast<unsigned>(std::countl_zero(value.hi))
                       : 63U - static_cast<unsigned>(std::countl_zero(value.lo));
}

}  // namespace

// --- OxmHeader -------------------------------------------------------------------------------------------------------

OxmHeader OxmHeader::of(Field field, bool masked) {
  const FieldFacts& f = facts(field);
  const std::uint32_t payload = std::uint32_t{f.bytes} * (masked ? 2U : 1U);
  return {std::uint32_t{basic} << 16U | std::uint32_t{f.oxm} << 9U | (masked ? 1U : 0U) << 8U | payload, 0};
}

std::optional<Field> OxmHeader::field() const { return oxm_class() == basic ? field_of_oxm(number()) : std::nullopt; }

// --- Match -----------------------------------------------------------------------------------------------------------

constinit const Match::Rare Match::none{};

Match::Rare& Match::own_rare() {
  if (rare_ == nullptr) {
    rare_ = std::make_shared<Rare>();
  } else if (rare_.use_count() == 1) {
    std::atomic_thread_fence(std::memory_order_acquire);  // behind what other copies have read of it
  } else {
    rare_ = std::make_shared<Rare>(*rare_);
  }
  return *rare_;
}

void Match::forget_written() {
  if (rare_ == nullptr || rare_->written.empty()) return;
  own_rare().written.clear();
}

void Match::add_unknown(Bytes oxm) {
  Rare& mine = own_rare();
  mine.unknown.push_back(std::move(oxm));
  mine.written.clear();
}

void Match::keep_written(MatchForm form, ByteView bytes) {
  Rare& mine = own_rare();
  mine.form = form;
  mine.written.assign(bytes.begin(), bytes.end());
}

Match& Match::set(Field field, U128 value, U128 mask) {
  mask = mask & all_bits(field);
  if (mask.zero()) return erase(field);
  forget_written();
  const Term term{field, value & mask, mask};
  // Most matches are built in order.
  if (terms_.empty() || terms_.back().field < field) {
    terms_.push_back(term);
    return *this;
  }
  const Term* const found = lower_bound(terms_, field);
  const auto at = static_cast<std::size_t>(found - terms_.begin());
  if (found != terms_.end() && found->field == field) {
    terms_.replace(at, term);
  } else {
    terms_.insert(at, term);
  }
  return *this;
}

Match& Match::set(Field field, U128 value) { return set(field, value, all_bits(field)); }

Match& Match::erase(Field field) {
  forget_written();
  const Term* const found = lower_bound(terms_, field);
  if (found != terms_.end() && found->field == field) terms_.erase(static_cast<std::size_t>(found - terms_.begin()));
  return *this;
}

Match Match::compact() const {
  Match copy;
  copy.terms_ = terms_.compact();
  copy.rare_ = rare_;
  return copy;
}

const Term* Match::find(Field field) const {
  const Term* const at = lower_bound(terms_, field);
  return at != terms_.end() && at->field == field ? at : nullptr;
}

std::optional<U128> Match::exact(Field field) const {
  const Term* const term = find(field);
  if (term == nullptr || term->mask != all_bits(field)) return std::nullopt;
  return term->value;
}

std::optional<PortNo> Match::in_port() const {
  const std::optional<U128> value = exact(Field::in_port);
  if (!value) return std::nullopt;
  return PortNo{static_cast<std::uint32_t>(value->lo)};
}

// --- algebra ---------------------------------------------------------------------------------------------------------

bool covers(const Match& a, const Match& b) {
  assert(a.unknown().empty() && b.unknown().empty());
  if (empty(b)) return true;
  return std::all_of(a.terms().begin(), a.terms().end(), [&](const Term& wanted) {
    const Term* const has = b.find(wanted.field);
    return has != nullptr && covers(sharpened(wanted), sharpened(*has));
  });
}

bool disjoint(const Match& a, const Match& b) {
  assert(a.unknown().empty() && b.unknown().empty());
  if (empty(a) || empty(b)) return true;
  return std::any_of(a.terms().begin(), a.terms().end(), [&](const Term& term) {
    const Term* const other = b.find(term.field);
    return other != nullptr && (contradict(term, *other) || phantom(both(term, *other)));
  });
}

std::optional<Match> intersect(const Match& a, const Match& b) {
  if (disjoint(a, b)) return std::nullopt;
  Match result = a;
  for (const Term& term : b.terms()) {
    const Term* const other = a.find(term.field);
    const Term merged = other == nullptr ? term : both(term, *other);
    result.set(merged.field, merged.value, merged.mask);
  }
  return result;
}

// Walks the bits that b fixes and a leaves open, in field order. Each gives one piece: like b in all bits before,
// unlike it in this one. As prerequisites come before the fields that need them, every piece is closed if a and b are.
std::vector<Match> subtract(const Match& a, const Match& b) {
  if (empty(a)) return {};
  if (disjoint(a, b)) return {a};
  std::vector<Match> pieces;
  Match rest = a;
  for (const Term& given : b.terms()) {
    const Term goal = sharpened(given);
    const Term* const found = rest.find(goal.field);
    Term now = found == nullptr ? Term{goal.field, {}, {}} : sharpened(*found);
    for (U128 open = goal.mask & ~now.mask; !open.zero();) {
      const U128 next = bit(highest_bit(open));
      const Term other = sharpened({now.field, now.value | (~goal.value & next), now.mask | next});
      if (!phantom(other)) pieces.push_back(Match{rest}.set(other.field, other.value, other.mask));
      now.value = now.value | (goal.value & next);
      now.mask = now.mask | next;
      open = open & ~next;
    }
    rest.set(now.field, now.value, now.mask);
  }
  return pieces;
}

bool matches(const Match& match, const PacketKey& key) {
  assert(match.unknown().empty());
  return std::all_of(match.terms().begin(), match.terms().end(), [&](const Term& term) {
    return key.has(term.field) && (key.get(term.field) & term.mask) == term.value;
  });
}

// --- prerequisites ---------------------------------------------------------------------------------------------------

std::optional<Field> first_open_field(const Match& match) {
  for (const Term& term : match.terms()) {
    if (!closed(match, term.field)) return term.field;
  }
  return std::nullopt;
}

bool names_packet_type(const Match& match) {
  if (match.find(Field::packet_type) != nullptr) return true;
  return std::any_of(match.unknown().begin(), match.unknown().end(), [](const Bytes& oxm) {
    return OxmHeader{load<std::uint32_t>(oxm), 0}.field() == Field::packet_type;
  });
}

Match without_open_fields(Match match) {
  // Erasing a field may open fields after it, never before it.
  while (const std::optional<Field> open = first_open_field(match)) match.erase(*open);
  return match;
}

namespace {

// Pipeline fields come with a packet without lying in it.
bool of_header(Field field) {
  return field != Field::in_phy_port && field != Field::metadata && field != Field::tunnel_id &&
         field != Field::actset_output && field != Field::packet_type;
}

// Gives the field a value of which the prerequisite is true, unless the match already decides about it.
void provide(Match& match, const std::optional<Prerequisite>& needed) {
  if (!needed || meets(match, needed)) return;
  const Term* const term = match.find(needed->field);
  const Term now = term == nullptr ? Term{needed->field, {}, {}} : *term;
  const U128 mask = u128(needed->mask) & all_bits(needed->field);
  for (const std::uint16_t value : needed->one_of) {
    const Term wanted{needed->field, u128(value), mask};
    if (contradict(now, wanted)) continue;
    const Term sum = both(now, wanted);
    match.set(sum.field, sum.value, sum.mask);
    return;
  }
}

}  // namespace

Match witness(const Match& match) {
  assert(match.unknown().empty());
  Match packet = match;
  // The last fields first: what they need may need something in turn.
  for (std::size_t i = field_count; i-- > 0;) {
    const Field field = static_cast<Field>(i);
    if (packet.find(field) == nullptr) continue;
    provide(packet, facts(field).needs);
    provide(packet, facts(field).also_needs);
  }
  for (const FieldFacts& row : all_fields()) {
    const Term* const term = packet.find(row.field);
    if (term != nullptr) {
      packet.set(row.field, sharpened(*term).value);
    } else if (of_header(row.field) && closed(packet, row.field)) {
      packet.set(row.field, U128{});
    }
  }
  return packet;
}

// --- what a version can say ------------------------------------------------------------------------------------------

namespace {

bool is_exact(const Term& term) { return term.mask == all_bits(term.field); }

bool is_prefix(const Term& term) {
  // The open bits of a prefix are ones at the end: adding one to them leaves no bit in common.
  const std::uint64_t open = ~term.mask.lo & all_bits(term.field).lo;
  return (open & (open + 1)) == 0;
}

bool type_is(const Match& match, std::uint16_t type) { return match.exact(Field::eth_type) == u128(type); }

// 1.0 and 1.1 have one pair of address fields and one pair of transport fields, which mean something in IPv4 and ARP
// only [OF 1.0 §5.2.3, 1.1 §A.2.3].
bool expressible_in_both(const Match& match, const Term& term) {
  switch (term.field) {
    case Field::in_port:
    case Field::eth_type:
    case Field::vlan_pcp: return is_exact(term);
    case Field::ip_dscp:
    case Field::ip_proto:
    case Field::tcp_src:
    case Field::tcp_dst:
    case Field::udp_src:
    case Field::udp_dst:
    case Field::icmpv4_type:
    case Field::icmpv4_code: return is_exact(term) && type_is(match, eth_type::ipv4);
    case Field::ipv4_src:
    case Field::ipv4_dst: return type_is(match, eth_type::ipv4);
    case Field::arp_op: return is_exact(term) && type_is(match, eth_type::arp) && term.value <= u128(0xff);
    case Field::arp_spa:
    case Field::arp_tpa: return type_is(match, eth_type::arp);
    default: return false;
  }
}

bool is_any_tag(const Term& term) { return term.mask == u128(vlan_present) && term.value == u128(vlan_present); }

bool expressible_in_1_0(const Match& match, const Term& term) {
  switch (term.field) {
    case Field::in_port: return is_exact(term) && to_1_0(PortNo{static_cast<std::uint32_t>(term.value.lo)}).has_value();
    case Field::eth_dst:
    case Field::eth_src: return is_exact(term);
    case Field::vlan_vid:
      // "Any tag" has no words of its own; a priority without a VLAN says it.
      return is_exact(sharpened(term)) || (is_any_tag(term) && match.exact(Field::vlan_pcp));
    case Field::ipv4_src:
    case Field::ipv4_dst:
    case Field::arp_spa:
    case Field::arp_tpa: return is_prefix(term) && expressible_in_both(match, term);
    default: return expressible_in_both(match, term);
  }
}

bool expressible_in_1_1(const Match& match, const Term& term) {
  switch (term.field) {
    case Field::metadata:
    case Field::eth_dst:
    case Field::eth_src: return true;
    case Field::vlan_vid: return is_exact(sharpened(term)) || is_any_tag(term);  // OFPVID_ANY
    case Field::sctp_src:
    case Field::sctp_dst: return is_exact(term) && type_is(match, eth_type::ipv4);
    case Field::mpls_label:
    case Field::mpls_tc: return is_exact(term);
    default: return expressible_in_both(match, term);
  }
}

bool expressible_as_oxm(const Term& term, Version version) {
  const FieldFacts& row = facts(term.field);
  return row.since <= version && (row.maskable || is_exact(term));
}

}  // namespace

std::optional<Field> first_inexpressible(const Match& match, Version version) {
  for (const Term& term : match.terms()) {
    const bool can = version == v1_0   ? expressible_in_1_0(match, term)
                     : version == v1_1 ? expressible_in_1_1(match, term)
                                       : expressible_as_oxm(term, version);
    if (!can) return term.field;
  }
  return std::nullopt;
}

}  // namespace sluice::ofmsg
