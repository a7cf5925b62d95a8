// The wire forms of a match: the 40-byte struct of 1.0 [OF 1.0 §5.2.3] and OXM of 1.2 and later [OF 1.3.5 §7.2.3].
//
// The 1.0 struct has one set of network and transport fields whose meaning depends on dl_type and nw_proto; it is read
// into the field that is meant, and fields that mean nothing there are dropped, as the specification says. OXM fields
// that have no row in the table are kept as they came.
#include <bit>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

namespace {

// OFPFW_ bits of 1.0.
constexpr std::uint32_t wild_in_port = 1U << 0U, wild_dl_vlan = 1U << 1U, wild_dl_src = 1U << 2U,
                        wild_dl_dst = 1U << 3U, wild_dl_type = 1U << 4U, wild_nw_proto = 1U << 5U,
                        wild_tp_src = 1U << 6U, wild_tp_dst = 1U << 7U, wild_dl_vlan_pcp = 1U << 20U,
                        wild_nw_tos = 1U << 21U;
constexpr unsigned nw_src_shift = 8, nw_dst_shift = 14;
constexpr std::uint16_t vlan_none_1_0 = 0xffff;
constexpr std::uint32_t wild_all = (1U << 22U) - 1;

constexpr std::uint16_t oxm_basic = 0x8000;
constexpr std::uint16_t match_type_oxm = 1;

U128 mac_value(const MacAddress& mac) {
  std::uint64_t v = 0;
  for (const std::uint8_t byte : mac.bytes) v = v << 8U | byte;
  return u128(v);
}

MacAddress mac_of(U128 value) {
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) mac.bytes[i] = static_cast<std::uint8_t>(value.lo >> (8 * (5 - i)));
  return mac;
}

// The fields that 1.0's shared ones mean for this dl_type and nw_proto.
struct Shared {
  std::optional<Field> nw_src, nw_dst, nw_proto, nw_tos, tp_src, tp_dst;
};

Shared shared_fields(std::optional<U128> dl_type, std::optional<U128> nw_proto) {
  Shared s;
  if (!dl_type) return s;
  if (dl_type->lo == eth_type::arp) {
    s.nw_src = Field::arp_spa;
    s.nw_dst = Field::arp_tpa;
    s.nw_proto = Field::arp_op;
  } else if (dl_type->lo == eth_type::ipv4) {
    s.nw_src = Field::ipv4_src;
    s.nw_dst = Field::ipv4_dst;
    s.nw_proto = Field::ip_proto;
    s.nw_tos = Field::ip_dscp;
    if (nw_proto && nw_proto->lo == ip_proto::tcp) {
      s.tp_src = Field::tcp_src;
      s.tp_dst = Field::tcp_dst;
    } else if (nw_proto && nw_proto->lo == ip_proto::udp) {
      s.tp_src = Field::udp_src;
      s.tp_dst = Field::udp_dst;
    } else if (nw_proto && nw_proto->lo == ip_proto::icmp) {
      s.tp_src = Field::icmpv4_type;
      s.tp_dst = Field::icmpv4_code;
    }
  }
  return s;
}

// 6 bits that say how many low bits of an address do not matter; 32 and more: none does.
std::uint32_t prefix_mask(std::uint32_t wildcards, unsigned shift) {
  const std::uint32_t ignored = (wildcards >> shift) & 0x3fU;
  return ignored >= 32 ? 0 : ~std::uint32_t{0} << ignored;
}

void read_1_0(Reader& r, Match& match) {
  const auto wildcards = r.number<std::uint32_t>();
  const auto in_port = r.number<std::uint16_t>();
  MacAddress dl_src;
  MacAddress dl_dst;
  wire(r, dl_src);
  wire(r, dl_dst);
  const auto dl_vlan = r.number<std::uint16_t>();
  const auto dl_vlan_pcp = r.number<std::uint8_t>();
  r.pad(1);
  const auto dl_type = r.number<std::uint16_t>();
  const auto nw_tos = r.number<std::uint8_t>();
  const auto nw_proto = r.number<std::uint8_t>();
  r.pad(2);
  const auto nw_src = r.number<std::uint32_t>();
  const auto nw_dst = r.number<std::uint32_t>();
  const auto tp_src = r.number<std::uint16_t>();
  const auto tp_dst = r.number<std::uint16_t>();
  if (r.failed()) return;

  const auto given = [&](std::uint32_t wild) { return (wildcards & wild) == 0; };
  if (given(wild_in_port)) match.set(Field::in_port, from_1_0(in_port).value);
  if (given(wild_dl_src)) match.set(Field::eth_src, mac_value(dl_src));
  if (given(wild_dl_dst)) match.set(Field::eth_dst, mac_value(dl_dst));
  if (given(wild_dl_vlan)) {
    const bool none = dl_vlan == vlan_none_1_0;
    match.set(Field::vlan_vid, none ? 0U : vlan_present | (dl_vlan & 0xfffU));
    if (!none && given(wild_dl_vlan_pcp)) match.set(Field::vlan_pcp, dl_vlan_pcp);
  } else if (given(wild_dl_vlan_pcp)) {
    // A priority without a VLAN is any tag with that priority: so do switches read it.
    match.set(Field::vlan_vid, u128(vlan_present), u128(vlan_present)).set(Field::vlan_pcp, dl_vlan_pcp);
  }
  if (given(wild_dl_type)) match.set(Field::eth_type, dl_type);
  const auto exact_if = [&](std::uint32_t wild, std::uint64_t value) {
    return given(wild) ? std::optional{u128(value)} : std::nullopt;
  };
  const Shared s = shared_fields(exact_if(wild_dl_type, dl_type), exact_if(wild_nw_proto, nw_proto));
  if (s.nw_src) match.set(*s.nw_src, u128(nw_src), u128(prefix_mask(wildcards, nw_src_shift)));
  if (s.nw_dst) match.set(*s.nw_dst, u128(nw_dst), u128(prefix_mask(wildcards, nw_dst_shift)));
  if (s.nw_proto && given(wild_nw_proto)) match.set(*s.nw_proto, nw_proto);
  if (s.nw_tos && given(wild_nw_tos)) match.set(*s.nw_tos, std::uint64_t{nw_tos} >> 2U);
  if (s.tp_src && given(wild_tp_src)) match.set(*s.tp_src, tp_src);
  if (s.tp_dst && given(wild_tp_dst)) match.set(*s.tp_dst, tp_dst);
}

std::uint32_t ignored_bits(U128 mask) {
  return static_cast<std::uint32_t>(std::countr_zero(static_cast<std::uint32_t>(mask.lo)));
}

void write_1_0(Writer& w, const Match& match) {
  if (!match.unknown().empty() || first_inexpressible(match, v1_0)) return w.fail(Reason::unsupported);
  std::uint32_t wildcards = wild_all;
  const auto take = [&](std::optional<Field> field, std::uint32_t wild) -> std::uint64_t {
    const Term* term = field ? match.find(*field) : nullptr;
    if (term == nullptr) return 0;
    wildcards &= ~wild;
    return term->value.lo;
  };
  const auto take_prefix = [&](std::optional<Field> field, unsigned shift) -> std::uint32_t {
    const Term* term = field ? match.find(*field) : nullptr;
    const std::uint32_t ignored = term == nullptr ? 32 : ignored_bits(term->mask);
    wildcards = (wildcards & ~(0x3fU << shift)) | ignored << shift;
    return term == nullptr ? 0 : static_cast<std::uint32_t>(term->value.lo);
  };
  const PortNo in_port{static_cast<std::uint32_t>(take(Field::in_port, wild_in_port))};
  const std::optional<std::uint16_t> in_port_1_0 = to_1_0(in_port);
  if (!in_port_1_0) return w.fail(Reason::unsupported);
  const MacAddress dl_src = mac_of(u128(take(Field::eth_src, wild_dl_src)));
  const MacAddress dl_dst = mac_of(u128(take(Field::eth_dst, wild_dl_dst)));
  std::uint16_t dl_vlan = 0;
  const Term* vlan = match.find(Field::vlan_vid);
  const bool any_tag = vlan != nullptr && vlan->mask == u128(vlan_present) && !vlan->value.zero();
  if (vlan != nullptr && !any_tag) {  // "any tag" is said by the priority alone
    const std::uint64_t vid = take(Field::vlan_vid, wild_dl_vlan);
    dl_vlan = vid == 0 ? vlan_none_1_0 : static_cast<std::uint16_t>(vid & 0xfffU);
  }
  const auto pcp = static_cast<std::uint8_t>(take(Field::vlan_pcp, wild_dl_vlan_pcp));
  const auto dl_type = static_cast<std::uint16_t>(take(Field::eth_type, wild_dl_type));
  const std::optional<U128> type = match.exact(Field::eth_type);
  const Field proto_field = type && type->lo == eth_type::arp ? Field::arp_op : Field::ip_proto;
  const Shared s = shared_fields(type, match.exact(proto_field));
  const auto nw_tos = static_cast<std::uint8_t>(take(s.nw_tos, wild_nw_tos) << 2U);
  const auto nw_proto = static_cast<std::uint8_t>(take(s.nw_proto, wild_nw_proto));
  const std::uint32_t nw_src = take_prefix(s.nw_src, nw_src_shift);
  const std::uint32_t nw_dst = take_prefix(s.nw_dst, nw_dst_shift);
  const auto tp_src = static_cast<std::uint16_t>(take(s.tp_src, wild_tp_src));
  const auto tp_dst = static_cast<std::uint16_t>(take(s.tp_dst, wild_tp_dst));

  w.number(wildcards);
  w.number(*in_port_1_0);
  wire(w, dl_src);
  wire(w, dl_dst);
  w.number(dl_vlan);
  w.number(pcp);
  w.pad(1);
  w.number(dl_type);
  w.number(nw_tos);
  w.number(nw_proto);
  w.pad(2);
  w.number(nw_src);
  w.number(nw_dst);
  w.number(tp_src);
  w.number(tp_dst);
}

U128 load_value(ByteView bytes) {
  U128 value;
  for (const std::byte byte : bytes) {
    value.hi = value.hi << 8U | value.lo >> 56U;
    value.lo = value.lo << 8U | std::to_integer<std::uint64_t>(byte);
  }
  return value;
}

void write_value(Writer& w, U128 value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) {
    const std::uint64_t word = i >= 8 ? value.hi : value.lo;
    w.number(static_cast<std::uint8_t>(word >> (8 * (i % 8))));
  }
}

void read_oxm(Reader& r, Match& match) {
  const ByteView whole_from = r.peek(r.left());
  const auto header = r.number<std::uint32_t>();
  const auto oxm_class = static_cast<std::uint16_t>(header >> 16U);
  const auto number = static_cast<std::uint8_t>((header >> 9U) & 0x7fU);
  const bool has_mask = ((header >> 8U) & 1U) != 0;
  const std::size_t size = header & 0xffU;
  const ByteView payload = r.bytes(size);
  if (r.failed()) return;
  const std::optional<Field> field = oxm_class == oxm_basic ? field_of_oxm(number) : std::nullopt;
  if (!field || facts(*field).since > r.version()) {
    const ByteView whole = whole_from.first(4 + size);
    match.add_unknown(Bytes{whole.begin(), whole.end()});
    return;
  }
  const FieldFacts& f = facts(*field);
  if (has_mask && !f.maskable) return r.fail(Reason::bad_match_mask);
  if (size != std::size_t{f.bytes} * (has_mask ? 2 : 1)) return r.fail(Reason::bad_match_length, f.bytes, size);
  if (match.find(*field) != nullptr) return r.fail(Reason::bad_match_dup);
  const U128 value = load_value(payload.first(f.bytes));
  const U128 mask = has_mask ? load_value(payload.subspan(f.bytes)) : ones(f.bits);
  if (!(value & ~ones(f.bits)).zero()) return r.fail(Reason::bad_match_value);
  // A 1 in the value where the mask has a 0 is an error [OF 1.3.5 §7.2.3.5].
  if (has_mask && !(value & ~mask).zero()) return r.fail(Reason::bad_match_value);
  match.set(*field, value, mask);
}

void read_oxm_match(Reader& r, Match& match) {
  const auto type = r.number<std::uint16_t>();
  const auto length = r.number<std::uint16_t>();
  if (r.failed()) return;
  if (type != match_type_oxm) return r.fail(Reason::bad_match_type, match_type_oxm, type);
  if (length < 4) return r.fail(Reason::bad_match_length, 4, length);
  const std::size_t padded = (std::size_t{length} + 7) / 8 * 8;
  if (padded - 4 > r.left()) return r.fail(Reason::bad_match_length, padded, r.left() + 4);
  r.within(length - 4U, [&] {
    while (!r.failed() && r.left() > 0) read_oxm(r, match);
  });
  r.pad(padded - length);
}

void write_oxm_match(Writer& w, const Match& match) {
  w.number(match_type_oxm);
  std::size_t length = 4;
  for (const Term& term : match.terms()) {
    const FieldFacts& f = facts(term.field);
    const bool masked = term.mask != ones(f.bits);
    if (f.since > w.version() || (masked && !f.maskable)) return w.fail(Reason::unsupported);
    length += 4U + std::size_t{f.bytes} * (masked ? 2 : 1);
  }
  for (const Bytes& oxm : match.unknown()) length += oxm.size();
  if (length > max_frame_size) return w.fail(Reason::bad_length, max_frame_size, length);
  w.number(static_cast<std::uint16_t>(length));
  for (const Term& term : match.terms()) {
    const FieldFacts& f = facts(term.field);
    const bool masked = term.mask != ones(f.bits);
    const auto payload = static_cast<std::uint32_t>(f.bytes * (masked ? 2 : 1));
    w.number(std::uint32_t{oxm_basic} << 16U | std::uint32_t{f.oxm} << 9U | (masked ? 1U : 0U) << 8U | payload);
    write_value(w, term.value, f.bytes);
    if (masked) write_value(w, term.mask, f.bytes);
  }
  for (const Bytes& oxm : match.unknown()) w.bytes(oxm);
  w.pad((8 - length % 8) % 8);
}

}  // namespace

void wire(Reader& r, Match& match) {
  if (r.version() == v1_0) return read_1_0(r, match);
  if (r.version() == v1_1) return r.fail(Reason::unsupported);
  read_oxm_match(r, match);
}

void wire(Writer& w, const Match& match) {
  if (w.version() == v1_0) return write_1_0(w, match);
  if (w.version() == v1_1) return w.fail(Reason::unsupported);
  write_oxm_match(w, match);
}

U128 read_field_value(Reader& r, std::size_t bytes) { return load_value(r.bytes(bytes)); }

void write_field_value(Writer& w, U128 value, std::size_t bytes) { write_value(w, value, bytes); }

}  // namespace sluice::ofmsg
