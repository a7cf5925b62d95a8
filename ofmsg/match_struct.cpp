// The structs of 1.0 and 1.1 have one set of network and transport fields whose meaning depends on dl_type and
// nw_proto; it is read into the field that is meant, and fields that mean nothing there are dropped, as the
// specification says. A lenient reader also keeps the bytes where ours would differ.
#include "ofmsg/match_struct.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

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

// The fields that 1.0's shared ones mean for this dl_type and nw_proto.
struct Shared {
  std::optional<Field> nw_src, nw_dst, nw_proto, nw_tos, tp_src, tp_dst;
};

// SCTP has been there since 1.1.
Shared shared_fields(std::optional<U128> dl_type, std::optional<U128> nw_proto, Version version) {
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
    } else if (nw_proto && nw_proto->lo == ip_proto::sctp && version >= v1_1) {
      s.tp_src = Field::sctp_src;
      s.tp_dst = Field::sctp_dst;
    }
  }
  return s;
}

// 6 bits that say how many low bits of an address do not matter; 32 and more: none does.
std::uint32_t prefix_mask(std::uint32_t wildcards, unsigned shift) {
  const std::uint32_t ignored = (wildcards >> shift) & 0x3fU;
  return ignored >= 32 ? 0 : ~std::uint32_t{0} << ignored;
}

void read_fields_1_0(Reader& r, Match& match) {
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
  if (given(wild_dl_src)) match.set(Field::eth_src, u128(mac_value(dl_src)));
  if (given(wild_dl_dst)) match.set(Field::eth_dst, u128(mac_value(dl_dst)));
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
  const Shared s = shared_fields(exact_if(wild_dl_type, dl_type), exact_if(wild_nw_proto, nw_proto), v1_0);
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

// What is behind nw_proto, of two protocols that share a field.
Field protocol_field(std::optional<U128> dl_type) {
  return dl_type && dl_type->lo == eth_type::arp ? Field::arp_op : Field::ip_proto;
}

}  // namespace

bool has_no_wildcards_1_0(const Match& match) {
  const auto none = [&match](std::size_t fields) {
    const auto whole = [](const Term& term) { return term.mask == ones(facts(term.field).bits); };
    return match.terms().size() == fields && std::all_of(match.terms().begin(), match.terms().end(), whole);
  };
  const std::optional<U128> type = match.exact(Field::eth_type);
  if (!type || type->lo != eth_type::ipv4 || first_inexpressible(match, v1_0)) return false;
  if (!shared_fields(type, match.exact(Field::ip_proto), v1_0).tp_src) return false;
  // All twelve; without a tag its priority is none.
  const std::optional<U128> vlan = match.exact(Field::vlan_vid);
  return vlan && none(vlan->zero() ? 11 : 12);
}

void write_match_1_0(Writer& w, const Match& match) {
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
  const MacAddress dl_src = mac_of(take(Field::eth_src, wild_dl_src));
  const MacAddress dl_dst = mac_of(take(Field::eth_dst, wild_dl_dst));
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
  const Shared s = shared_fields(type, match.exact(protocol_field(type)), v1_0);
  const auto nw_tos = static_cast<std::uint8_t>(take(s.nw_tos, wild_nw_tos) << 2U);
  const auto nw_proto = static_cast<std::uint8_t>(take(s.nw_proto, wild_nw_proto));
  const std::uint32_t nw_src = take_prefix(s.nw_src, nw_src_shift);
  const std::uint32_t nw_dst = take_prefix(s.nw_dst, nw_dst_shift);
  const auto tp_src = static_cast<std::uint16_t>(take(s.tp_src, wild_tp_src));
  const auto tp_dst = static_cast<std::uint16_t>(take(s.tp_dst, wild_tp_dst));

  // Without a tag the priority means nothing; given as zero, a match of every other field has no wildcards at all,
  // which is what gives it the highest priority [OF 1.0 §3.4].
  if (wildcards == wild_dl_vlan_pcp && dl_vlan == vlan_none_1_0) wildcards = 0;

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

namespace {

// --- 1.1 -----------------------------------------------------------------------------------------------------------

// OFPFW_ bits of 1.1; addresses and metadata have masks of their own, in which a 1 is a bit that does not matter.
constexpr std::uint32_t wild_1_1_in_port = 1U << 0U, wild_1_1_dl_vlan = 1U << 1U, wild_1_1_dl_vlan_pcp = 1U << 2U,
                        wild_1_1_dl_type = 1U << 3U, wild_1_1_nw_tos = 1U << 4U, wild_1_1_nw_proto = 1U << 5U,
                        wild_1_1_tp_src = 1U << 6U, wild_1_1_tp_dst = 1U << 7U, wild_1_1_mpls_label = 1U << 8U,
                        wild_1_1_mpls_tc = 1U << 9U, wild_1_1_all = (1U << 10U) - 1;
constexpr std::uint16_t vlan_any_1_1 = 0xfffe, vlan_none_1_1 = 0xffff;

bool is_mpls(std::optional<U128> dl_type) {
  return dl_type && (dl_type->lo == eth_type::mpls || dl_type->lo == eth_type::mpls_multicast);
}

// The struct behind type and length.
template <class W, class S>
void struct_1_1_layout(W& w, S& s) {
  w("in_port", s.in_port);
  w("wildcards", s.wildcards);
  w("dl_src", s.dl_src);
  w("dl_src_mask", s.dl_src_mask);
  w("dl_dst", s.dl_dst);
  w("dl_dst_mask", s.dl_dst_mask);
  w("dl_vlan", s.dl_vlan);
  w("dl_vlan_pcp", s.dl_vlan_pcp);
  w.pad(1);
  w("dl_type", s.dl_type);
  w("nw_tos", s.nw_tos);
  w("nw_proto", s.nw_proto);
  w("nw_src", s.nw_src);
  w("nw_src_mask", s.nw_src_mask);
  w("nw_dst", s.nw_dst);
  w("nw_dst_mask", s.nw_dst_mask);
  w("tp_src", s.tp_src);
  w("tp_dst", s.tp_dst);
  w("mpls_label", s.mpls_label);
  w("mpls_tc", s.mpls_tc);
  w.pad(3);
  w("metadata", s.metadata);
  w("metadata_mask", s.metadata_mask);
}

struct Struct11 {
  PortNo in_port{};
  std::uint32_t wildcards = wild_1_1_all;
  MacAddress dl_src, dl_src_mask, dl_dst, dl_dst_mask;
  std::uint16_t dl_vlan = 0;
  std::uint8_t dl_vlan_pcp = 0;
  std::uint16_t dl_type = 0;
  std::uint8_t nw_tos = 0, nw_proto = 0;
  std::uint32_t nw_src = 0, nw_src_mask = ~std::uint32_t{0}, nw_dst = 0, nw_dst_mask = ~std::uint32_t{0};
  std::uint16_t tp_src = 0, tp_dst = 0;
  std::uint32_t mpls_label = 0;
  std::uint8_t mpls_tc = 0;
  std::uint64_t metadata = 0, metadata_mask = ~std::uint64_t{0};
};

// More bits than the field has, in a field that counts.
bool bad_value(const Struct11& f) {
  const auto given = [&](std::uint32_t wild) { return (f.wildcards & wild) == 0; };
  const bool vlan = given(wild_1_1_dl_vlan) && f.dl_vlan > 0xfff && f.dl_vlan < vlan_any_1_1;
  const bool pcp = given(wild_1_1_dl_vlan) && given(wild_1_1_dl_vlan_pcp) && f.dl_vlan_pcp > 7;
  const bool ip = given(wild_1_1_dl_type) && (f.dl_type == eth_type::ipv4 || f.dl_type == eth_type::ipv6);
  const bool tos = ip && given(wild_1_1_nw_tos) && (f.nw_tos & 3U) != 0;
  const bool mpls = given(wild_1_1_dl_type) && is_mpls(u128(f.dl_type));
  const bool label = mpls && given(wild_1_1_mpls_label) && f.mpls_label > 0xfffff;
  return vlan || pcp || tos || label || (mpls && given(wild_1_1_mpls_tc) && f.mpls_tc > 7);
}

Match match_of(const Struct11& f) {
  Match match;
  const auto given = [&](std::uint32_t wild) { return (f.wildcards & wild) == 0; };
  const auto masked = [&](std::optional<Field> field, U128 value, U128 ignored) {
    if (field) match.set(*field, value, ~ignored);
  };
  if (given(wild_1_1_in_port)) match.set(Field::in_port, f.in_port.value);
  masked(Field::eth_src, u128(mac_value(f.dl_src)), u128(mac_value(f.dl_src_mask)));
  masked(Field::eth_dst, u128(mac_value(f.dl_dst)), u128(mac_value(f.dl_dst_mask)));
  masked(Field::metadata, u128(f.metadata), u128(f.metadata_mask));
  bool tagged = false;
  if (given(wild_1_1_dl_vlan)) {
    tagged = f.dl_vlan != vlan_none_1_1;
    if (f.dl_vlan == vlan_any_1_1) {
      match.set(Field::vlan_vid, u128(vlan_present), u128(vlan_present));
    } else {
      match.set(Field::vlan_vid, tagged ? vlan_present | (f.dl_vlan & 0xfffU) : 0U);
    }
  }
  if (tagged && given(wild_1_1_dl_vlan_pcp)) match.set(Field::vlan_pcp, f.dl_vlan_pcp);
  if (given(wild_1_1_dl_type)) match.set(Field::eth_type, f.dl_type);
  const auto exact_if = [&](std::uint32_t wild, std::uint64_t value) {
    return given(wild) ? std::optional{u128(value)} : std::nullopt;
  };
  const std::optional<U128> type = exact_if(wild_1_1_dl_type, f.dl_type);
  const Shared s = shared_fields(type, exact_if(wild_1_1_nw_proto, f.nw_proto), v1_1);
  masked(s.nw_src, u128(f.nw_src), u128(f.nw_src_mask));
  masked(s.nw_dst, u128(f.nw_dst), u128(f.nw_dst_mask));
  if (s.nw_proto && given(wild_1_1_nw_proto)) match.set(*s.nw_proto, f.nw_proto);
  if (s.nw_tos && given(wild_1_1_nw_tos)) match.set(*s.nw_tos, std::uint64_t{f.nw_tos} >> 2U);
  if (s.tp_src && given(wild_1_1_tp_src)) match.set(*s.tp_src, f.tp_src);
  if (s.tp_dst && given(wild_1_1_tp_dst)) match.set(*s.tp_dst, f.tp_dst);
  if (is_mpls(type) && given(wild_1_1_mpls_label)) match.set(Field::mpls_label, f.mpls_label);
  if (is_mpls(type) && given(wild_1_1_mpls_tc)) match.set(Field::mpls_tc, f.mpls_tc);
  return match;
}

Struct11 struct_1_1_of(const Match& match) {
  Struct11 f;
  const auto take = [&](std::optional<Field> field, std::uint32_t wild) -> std::uint64_t {
    const Term* term = field ? match.find(*field) : nullptr;
    if (term == nullptr) return 0;
    f.wildcards &= ~wild;
    return term->value.lo;
  };
  // Value and inverted mask.
  const auto take_masked = [&](std::optional<Field> field,
                               std::uint64_t all) -> std::pair<std::uint64_t, std::uint64_t> {
    const Term* term = field ? match.find(*field) : nullptr;
    if (term == nullptr) return {0, all};
    return {term->value.lo, ~term->mask.lo & all};
  };
  constexpr std::uint64_t all_mac = 0xffffffffffff, all_ip = 0xffffffff;
  f.in_port = PortNo{static_cast<std::uint32_t>(take(Field::in_port, wild_1_1_in_port))};
  const auto [src, src_mask] = take_masked(Field::eth_src, all_mac);
  const auto [dst, dst_mask] = take_masked(Field::eth_dst, all_mac);
  f.dl_src = mac_of(src);
  f.dl_src_mask = mac_of(src_mask);
  f.dl_dst = mac_of(dst);
  f.dl_dst_mask = mac_of(dst_mask);
  if (const Term* vlan = match.find(Field::vlan_vid)) {
    f.wildcards &= ~wild_1_1_dl_vlan;
    if (vlan->value.zero()) {
      f.dl_vlan = vlan_none_1_1;
    } else {
      f.dl_vlan = vlan->mask == u128(vlan_present) ? vlan_any_1_1 : static_cast<std::uint16_t>(vlan->value.lo & 0xfffU);
    }
  }
  f.dl_vlan_pcp = static_cast<std::uint8_t>(take(Field::vlan_pcp, wild_1_1_dl_vlan_pcp));
  f.dl_type = static_cast<std::uint16_t>(take(Field::eth_type, wild_1_1_dl_type));
  const std::optional<U128> type = match.exact(Field::eth_type);
  const Shared s = shared_fields(type, match.exact(protocol_field(type)), v1_1);
  f.nw_tos = static_cast<std::uint8_t>(take(s.nw_tos, wild_1_1_nw_tos) << 2U);
  f.nw_proto = static_cast<std::uint8_t>(take(s.nw_proto, wild_1_1_nw_proto));
  const auto [nw_src, nw_src_mask] = take_masked(s.nw_src, all_ip);
  const auto [nw_dst, nw_dst_mask] = take_masked(s.nw_dst, all_ip);
  f.nw_src = static_cast<std::uint32_t>(nw_src);
  f.nw_src_mask = static_cast<std::uint32_t>(nw_src_mask);
  f.nw_dst = static_cast<std::uint32_t>(nw_dst);
  f.nw_dst_mask = static_cast<std::uint32_t>(nw_dst_mask);
  f.tp_src = static_cast<std::uint16_t>(take(s.tp_src, wild_1_1_tp_src));
  f.tp_dst = static_cast<std::uint16_t>(take(s.tp_dst, wild_1_1_tp_dst));
  f.mpls_label = static_cast<std::uint32_t>(take(Field::mpls_label, wild_1_1_mpls_label));
  f.mpls_tc = static_cast<std::uint8_t>(take(Field::mpls_tc, wild_1_1_mpls_tc));
  std::tie(f.metadata, f.metadata_mask) = take_masked(Field::metadata, ~std::uint64_t{0});
  return f;
}

}  // namespace

void write_match_1_1(Writer& w, const Match& match) {
  w.number(match_type_struct);
  w.number(static_cast<std::uint16_t>(match_size_1_1));
  const Struct11 s = struct_1_1_of(match);
  struct_1_1_layout(w, s);
}

namespace {

// Keeps what the reader found where our own way to write the match is another.
void keep_if_other(Reader& r, Match& match, MatchForm form, ByteView found) {
  if (!r.lenient()) return;
  Bytes ours;
  Writer w{ours, r.version(), r.kind()};
  form == MatchForm::struct_1_0 ? write_match_1_0(w, match) : write_match_1_1(w, match);
  if (w.finish() && std::equal(ours.begin(), ours.end(), found.begin(), found.end())) return;
  r.deviates(Deviation::unused_fields);
  match.keep_written(form, found);
}

}  // namespace

void read_match_1_0(Reader& r, Match& match) {
  const ByteView whole = r.peek(match_size_1_0);
  read_fields_1_0(r, match);
  if (!r.failed()) keep_if_other(r, match, MatchForm::struct_1_0, whole);
}

void read_match_1_1(Reader& r, Match& match, ByteView whole) {
  Struct11 s;
  struct_1_1_layout(r, s);
  if (bad_value(s)) r.fault(Reason::bad_match_value);
  if (r.failed()) return;
  match = match_of(s);
  keep_if_other(r, match, MatchForm::struct_1_1, whole.first(match_size_1_1));
}

}  // namespace sluice::ofmsg
