// The wire forms of a match: OXM of 1.2 and later [OF 1.3.5 §7.2.3], and before that the structs of match_struct.cpp.
//
// OXM fields that have no row in the table are kept as they came. A lenient reader also keeps the bytes where ours
// would differ.
#include <algorithm>
#include <array>

#include "ofmsg/match_struct.hpp"
#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::uint16_t match_type_oxm = 1;

std::uint64_t load_word(ByteView bytes) {
  std::uint64_t word = 0;
  for (const std::byte byte : bytes) word = word << 8U | std::to_integer<std::uint64_t>(byte);
  return word;
}

// Up to 16 bytes.
U128 load_value(ByteView bytes) {
  const std::size_t high = bytes.size() > 8 ? bytes.size() - 8 : 0;
  return {load_word(bytes.first(high)), load_word(bytes.subspan(high))};
}

void write_value(Writer& w, U128 value, std::size_t bytes) {
  std::array<std::byte, 16> all{};
  store(std::span{all}, 0, value.hi);
  store(std::span{all}, 8, value.lo);
  w.bytes(ByteView{all}.last(bytes));
}

// Open vSwitch takes masks of ports and of neighbour discovery in every version; the specification gives them none.
bool can_be_masked(const FieldFacts& f) {
  switch (f.field) {
    case Field::tcp_src:
    case Field::tcp_dst:
    case Field::udp_src:
    case Field::udp_dst:
    case Field::sctp_src:
    case Field::sctp_dst:
    case Field::ipv6_nd_target:
    case Field::ipv6_nd_sll:
    case Field::ipv6_nd_tll: return true;
    default: return f.maskable;
  }
}

// What is wrong with a field of the table; nothing if all is well.
std::optional<Reason> fault_of(const FieldFacts& f, bool has_mask, U128 value, U128 mask, const Match& so_far) {
  if (so_far.find(f.field) != nullptr) return Reason::bad_match_dup;
  if (has_mask && !can_be_masked(f)) return Reason::bad_match_mask;
  if (!(value & ~ones(f.bits)).zero()) return Reason::bad_match_value;
  // A 1 in the value where the mask has a 0 is an error [OF 1.3.5 §7.2.3.5].
  if (has_mask && !(value & ~mask).zero()) return Reason::bad_match_wildcards;
  return std::nullopt;
}

bool needs_more(Match match, Field field) {
  match.set(field, U128{});
  return first_open_field(match) == field;
}

// Fields are written in the order of their numbers, but packet_type, which fields of packets may need, before them.
constexpr unsigned rank(Field field) {
  return field == Field::packet_type ? 2 * static_cast<unsigned>(Field::eth_dst) - 1 : 2 * static_cast<unsigned>(field);
}

struct Order {
  std::optional<Field> last;
  bool after_unknown = false;
};

void read_oxm(Reader& r, Match& match, Order& order) {
  const ByteView from = r.peek(r.left());
  if (from.size() < 4) return r.fail(Reason::bad_match_length, 4, from.size());
  const OxmHeader header{r.number<std::uint32_t>(), 0};
  const std::size_t size = header.payload();
  if (size > r.left()) return r.fail(Reason::bad_match_length, size, r.left());
  const ByteView payload = r.bytes(size);
  const std::optional<Field> field = header.field();
  const auto keep_unknown = [&] {
    const ByteView whole = from.first(4 + size);
    match.add_unknown(Bytes{whole.begin(), whole.end()});
    order.after_unknown = true;
  };
  if (!field || facts(*field).since > r.version()) {
    if (!field && header.oxm_class() == OxmHeader::experimenter_class && size < 4) {
      return r.fail(Reason::bad_match_length, 4, size);
    }
    return keep_unknown();
  }
  const FieldFacts& f = facts(*field);
  const bool has_mask = header.has_mask();
  if (size != std::size_t{f.bytes} * (has_mask ? 2 : 1)) return r.fail(Reason::bad_match_length, f.bytes, size);
  const U128 value = load_value(payload.first(f.bytes));
  const U128 mask = has_mask ? load_value(payload.subspan(f.bytes)) : ones(f.bits);
  if (const std::optional<Reason> fault = fault_of(f, has_mask, value, mask, match)) {
    r.fault(*fault);
    return keep_unknown();
  }
  match.set(*field, value, mask);
  if (!r.lenient()) return;
  // What a field needs comes before it [OF 1.3.5 §7.2.3.6]; also where it is given with a mask of nothing.
  const bool open = has_mask && mask.zero() ? needs_more(match, *field) : first_open_field(match) == field;
  if (open && !names_packet_type(match)) r.fault(Reason::bad_match_prereq);
  if (has_mask && (mask.zero() || mask == ones(f.bits) || !(mask & ~ones(f.bits)).zero())) {
    r.deviates(Deviation::redundant_mask);
  }
  if (order.after_unknown || (order.last && rank(*order.last) > rank(*field))) r.deviates(Deviation::field_order);
  order.last = field;
}

void read_oxm_match(Reader& r, Match& match, std::uint16_t length, ByteView whole) {
  if (length < 4) return r.fail(Reason::bad_match_length, 4, length);
  const std::size_t padded = (std::size_t{length} + 7) / 8 * 8;
  if (padded - 4 > r.left()) return r.fail(Reason::bad_match_length, padded, r.left() + 4);
  r.within(
      length - 4U, [&] { read_match_fields(r, match); }, Reason::bad_match_length);
  r.pad(padded - length);
  if (r.version() == v1_1 && r.lenient() && !r.failed()) {  // as Open vSwitch says what the struct cannot
    r.deviates(Deviation::match_form);
    match.keep_written(MatchForm::oxm, whole.subspan(4, length - 4U));
  }
}

void write_term(Writer& w, const Term& term) {
  const FieldFacts& f = facts(term.field);
  const bool masked = term.mask != ones(f.bits);
  if (f.since > w.version() || (masked && !can_be_masked(f))) return w.fail(Reason::unsupported);
  wire(w, OxmHeader::of(term.field, masked));
  write_value(w, term.value, f.bytes);
  if (masked) write_value(w, term.mask, f.bytes);
}

void write_oxm_match(Writer& w, const Match& match) {
  const std::size_t start = w.offset();
  w.number(match_type_oxm);
  w.framed("match length", 2, [&] { write_match_fields(w, match); });
  w.pad((8 - (w.offset() - start) % 8) % 8);
}

}  // namespace

void read_match_fields(Reader& r, Match& match) {
  const ByteView whole = r.peek(r.left());
  const Deviations before = r.deviations();
  Order order;
  while (!r.failed() && r.left() > 0) read_oxm(r, match, order);
  if (r.failed() || !r.lenient() || r.deviations() == before) return;
  match.keep_written(MatchForm::oxm, whole);
}

void write_match_fields(Writer& w, const Match& match) {
  if (!match.written().empty() && match.written_form() == MatchForm::oxm) return w.bytes(match.written());
  // A packet_type stands before the fields that may need it, also where the version does not know it.
  const auto is_type = [](const Bytes& oxm) {
    return OxmHeader{load<std::uint32_t>(oxm), 0}.field() == Field::packet_type;
  };
  const auto first = std::find_if(match.terms().begin(), match.terms().end(),
                                  [](const Term& term) { return rank(term.field) > rank(Field::packet_type); });
  const auto write_terms = [&](auto from, auto to) {
    for (; from != to; ++from) {
      if (from->field != Field::packet_type) write_term(w, *from);
    }
  };
  write_terms(match.terms().begin(), first);
  if (const Term* type = match.find(Field::packet_type)) write_term(w, *type);
  for (const Bytes& oxm : match.unknown()) {
    if (is_type(oxm)) w.bytes(oxm);
  }
  write_terms(first, match.terms().end());
  for (const Bytes& oxm : match.unknown()) {
    if (!is_type(oxm)) w.bytes(oxm);
  }
}

void wire(Reader& r, Match& match) {
  if (r.version() == v1_0) return read_match_1_0(r, match);
  const ByteView whole = r.peek(r.left());
  const auto type = r.number<std::uint16_t>();
  const auto length = r.number<std::uint16_t>();
  if (r.failed()) return;
  if (r.version() == v1_1 && type == match_type_struct) {
    if (length != match_size_1_1 || match_size_1_1 - 4 > r.left()) {
      return r.fail(Reason::bad_match_length, match_size_1_1, length);
    }
    return read_match_1_1(r, match, whole);
  }
  // Open vSwitch sends and takes OXM in 1.1 as well.
  if (type != match_type_oxm) return r.fail(Reason::bad_match_type, match_type_oxm, type);
  read_oxm_match(r, match, length, whole);
}

void wire(Writer& w, const Match& match) {
  const bool kept = !match.written().empty();
  if (w.version() == v1_0) {
    if (kept && match.written_form() == MatchForm::struct_1_0) return w.bytes(match.written());
    return write_match_1_0(w, match);
  }
  if (w.version() == v1_1) {
    if (kept && match.written_form() == MatchForm::struct_1_1) return w.bytes(match.written());
    const bool in_struct = match.unknown().empty() && !first_inexpressible(match, v1_1);
    if (in_struct && !(kept && match.written_form() == MatchForm::oxm)) return write_match_1_1(w, match);
    // What the struct cannot say, Open vSwitch says as OXM.
  }
  write_oxm_match(w, match);
}

void wire(Reader& r, OxmHeader& header) {
  header.value = r.number<std::uint32_t>();
  if (header.oxm_class() == OxmHeader::experimenter_class) header.experimenter = r.number<std::uint32_t>();
}

void wire(Writer& w, const OxmHeader& header) {
  w.number(header.value);
  if (header.oxm_class() == OxmHeader::experimenter_class) w.number(header.experimenter);
}

U128 read_field_value(Reader& r, std::size_t bytes) { return load_value(r.bytes(bytes)); }

void write_field_value(Writer& w, U128 value, std::size_t bytes) { write_value(w, value, bytes); }

}  // namespace sluice::ofmsg
