#include "slicing/symbolic_packet.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <variant>

namespace sluice::slicing {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): this file is about fields only

namespace {

// Does every packet of these headers have the field? The prerequisites tell what a packet claims to be only: a later
// fragment has no ports, a header that is cut short no addresses. But a packet that has one field of a header has the
// others.
bool surely_has(const Match& header, Field field) {
  using enum Field;
  static constexpr std::array ip{ip_dscp,     ip_ecn,      ip_proto,    ipv4_src,    ipv4_dst, ipv6_src, ipv6_dst,
                                 ipv6_flabel, tcp_src,     tcp_dst,     udp_src,     udp_dst,  sctp_src, sctp_dst,
                                 icmpv4_type, icmpv4_code, icmpv6_type, icmpv6_code, tcp_flags};
  static constexpr std::array tcp{tcp_src, tcp_dst, tcp_flags};
  static constexpr std::array udp{udp_src, udp_dst};
  static constexpr std::array sctp{sctp_src, sctp_dst};
  static constexpr std::array icmp{icmpv4_type, icmpv4_code};
  static constexpr std::array icmp6{icmpv6_type, icmpv6_code};
  static constexpr std::array arp{arp_spa, arp_tpa, arp_sha, arp_tha};
  const auto any_of = [&](const auto& group) {
    return std::any_of(group.begin(), group.end(), [&](Field f) { return header.find(f) != nullptr; });
  };
  const auto in = [&](const auto& group) { return std::find(group.begin(), group.end(), field) != group.end(); };
  if (field == eth_dst || field == eth_src || field == eth_type || header.find(field) != nullptr) return true;
  if (field == vlan_pcp) {
    const Term* vid = header.find(vlan_vid);
    return vid != nullptr && (vid->value.lo & vlan_present) != 0;
  }
  if (in(tcp)) return any_of(tcp);
  if (in(udp)) return any_of(udp);
  if (in(sctp)) return any_of(sctp);
  if (in(icmp)) return any_of(icmp);
  if (in(icmp6)) return any_of(icmp6);
  if (in(arp)) return any_of(arp);
  if (field == ip_proto) return false;
  if (in(ip)) return any_of(ip);
  return false;
}

// Everything that depends on the EtherType.
void forget_payload(SymbolicPacket& p) {
  forget(p, Field::ip_dscp);
  forget(p, Field::ip_ecn);
  forget_from(p, Field::ip_proto);
}

void set_vid_term(SymbolicPacket& p, std::uint64_t value, std::uint64_t mask) {
  p.changed.set(static_cast<std::size_t>(Field::vlan_vid));
  p.header.set(Field::vlan_vid, u128(value), u128(mask));
}

// One 1.0 action for the ports of TCP and UDP. What switches make of it in other packets differs: some write the type
// and code of ICMP, some do nothing.
void set_transport(SymbolicPacket& p, std::span<const Field> ports, std::span<const Field> others,
                   std::uint16_t value) {
  for (const Field field : ports) assign(p, field, value);
  for (const Field field : others) forget(p, field);
}

// The actions of 1.0 and 1.1 for a field that IPv6 has as well: some switches write it there, some do nothing.
void assign_in_ipv4(SymbolicPacket& p, Field field, std::uint64_t value) {
  const std::optional<U128> type = p.header.exact(Field::eth_type);
  type && type->lo == eth_type::ipv4 ? assign(p, field, value) : forget(p, field);
}

constexpr std::array port_src{Field::tcp_src, Field::udp_src}, port_dst{Field::tcp_dst, Field::udp_dst};
constexpr std::array other_src{Field::sctp_src, Field::icmpv4_type, Field::icmpv6_type},
    other_dst{Field::sctp_dst, Field::icmpv4_code, Field::icmpv6_code};

}  // namespace

SymbolicPacket SymbolicPacket::of(const Match& match) {
  SymbolicPacket packet;
  packet.header = match;
  packet.header.erase(Field::in_port);
  return packet;
}

SymbolicPacket SymbolicPacket::of(const PacketKey& key) {
  SymbolicPacket packet = of(exact_match(key));
  packet.inner = Inner{key.inner_vlan, key.inner_pcp};
  return packet;
}

void forget(SymbolicPacket& p, Field field) {
  p.header.erase(field);
  p.changed.set(static_cast<std::size_t>(field));
}

void forget_from(SymbolicPacket& p, Field first) {
  for (std::size_t f = static_cast<std::size_t>(first); f < field_count; ++f) forget(p, static_cast<Field>(f));
}

void assign(SymbolicPacket& p, Field field, U128 value, U128 mask) {
  if (!surely_has(p.header, field)) {
    p.changed.set(static_cast<std::size_t>(field));
    return;
  }
  const Term* before = p.header.find(field);
  const Term old = before != nullptr ? *before : Term{field, {}, {}};
  p.changed.set(static_cast<std::size_t>(field));
  p.header.set(field, (old.value & ~mask) | value, old.mask | mask);
  if (first_open_field(p.header)) p.header.erase(field);
}

void assign(SymbolicPacket& p, Field field, std::uint64_t value) {
  assign(p, field, u128(value), ones(facts(field).bits));
}

Tagged tagged(const SymbolicPacket& p) {
  const Term* vid = p.header.find(Field::vlan_vid);
  if (vid == nullptr || (vid->mask.lo & vlan_present) == 0) return Tagged::unknown;
  return (vid->value.lo & vlan_present) != 0 ? Tagged::yes : Tagged::no;
}

void set_vlan_vid(SymbolicPacket& p, std::uint16_t vid) {
  const Tagged before = tagged(p);
  set_vid_term(p, vlan_present | (vid & 0xfffU), 0x1fff);
  if (before == Tagged::yes) return;
  forget(p, Field::vlan_pcp);
  if (before == Tagged::no) assign(p, Field::vlan_pcp, 0);
}

void set_vlan_pcp(SymbolicPacket& p, std::uint8_t pcp) {
  const Tagged before = tagged(p);
  if (before == Tagged::no) set_vid_term(p, vlan_present, 0x1fff);
  if (before == Tagged::unknown) set_vid_term(p, vlan_present, vlan_present);
  assign(p, Field::vlan_pcp, pcp);
}

void pop_vlan(SymbolicPacket& p) {
  if (tagged(p) == Tagged::no) return;
  if (p.inner) {
    const SymbolicPacket::Inner inner = *std::exchange(p.inner, std::nullopt);
    set_vid_term(p, inner.vid ? vlan_present | (*inner.vid & 0xfffU) : 0U, 0x1fff);
    forget(p, Field::vlan_pcp);
    if (inner.pcp) assign(p, Field::vlan_pcp, *inner.pcp);
    return;
  }
  // A second tag may come to light; nobody can tell which. A switch that looks at one tag only takes the type of the
  // second for the EtherType.
  forget(p, Field::vlan_vid);
  forget(p, Field::vlan_pcp);
  const std::optional<U128> type = p.header.exact(Field::eth_type);
  if (type && (type->lo == eth_type::vlan || type->lo == eth_type::qinq)) {
    forget_payload(p);
    forget(p, Field::eth_type);
  }
}

void push_vlan(SymbolicPacket& p) {
  // The new tag takes the fields of the one that is there, zeros if there is none [OF 1.3.5 §5.12.2].
  const Tagged before = tagged(p);
  p.inner.reset();
  if (before == Tagged::no) {
    set_vid_term(p, vlan_present, 0x1fff);
    assign(p, Field::vlan_pcp, 0);
    return;
  }
  if (before == Tagged::unknown) {
    set_vid_term(p, vlan_present, vlan_present);
    forget(p, Field::vlan_pcp);
  }
  forget_payload(p);  // a switch that looks at one tag only now sees the second one's type
  forget(p, Field::eth_type);
}

void set_eth_type(SymbolicPacket& p, std::uint16_t type) {
  forget_payload(p);
  forget(p, Field::eth_type);
  assign(p, Field::eth_type, type);
}

void set_tp_src(SymbolicPacket& p, std::uint16_t port) { set_transport(p, port_src, other_src, port); }

void set_tp_dst(SymbolicPacket& p, std::uint16_t port) { set_transport(p, port_dst, other_dst, port); }

namespace {

struct Rewriter {
  SymbolicPacket& p;

  void operator()(const SetVlanVid& a) const { set_vlan_vid(p, a.vid); }

  void operator()(const SetVlanPcp& a) const { set_vlan_pcp(p, a.pcp); }

  void operator()(const PopVlan&) const { pop_vlan(p); }

  void operator()(const PushVlan&) const { push_vlan(p); }

  void operator()(const SetDlSrc& a) const { assign(p, Field::eth_src, mac_value(a.mac)); }

  void operator()(const SetDlDst& a) const { assign(p, Field::eth_dst, mac_value(a.mac)); }

  void operator()(const SetNwSrc& a) const { assign(p, Field::ipv4_src, a.ip); }

  void operator()(const SetNwDst& a) const { assign(p, Field::ipv4_dst, a.ip); }

  void operator()(const SetNwTos& a) const { assign_in_ipv4(p, Field::ip_dscp, a.tos >> 2U); }

  void operator()(const SetNwEcn& a) const { assign_in_ipv4(p, Field::ip_ecn, a.ecn & 3U); }

  void operator()(const SetTpSrc& a) const { set_tp_src(p, a.port); }

  void operator()(const SetTpDst& a) const { set_tp_dst(p, a.port); }

  void operator()(const SetField& a) const {
    if (a.field == Field::vlan_vid && tagged(p) != Tagged::yes) {
      // Unlike 1.0's action this one adds no tag; what a switch does without one is its own affair.
      forget(p, Field::vlan_vid);
      forget(p, Field::vlan_pcp);
      return;
    }
    if (a.field == Field::eth_type) return set_eth_type(p, static_cast<std::uint16_t>(a.value.lo));
    if (a.field == Field::ip_proto) forget_from(p, Field::ipv4_src);
    assign(p, a.field, a.value, a.mask);
  }

  void operator()(const PushMpls& a) const { set_eth_type(p, a.ethertype); }

  void operator()(const PopMpls& a) const { set_eth_type(p, a.ethertype); }

  void operator()(const PushPbb& a) const {
    forget(p, Field::vlan_vid);
    forget(p, Field::vlan_pcp);
    set_eth_type(p, a.ethertype);
  }

  void operator()(const PopPbb&) const { forget_from(p, Field::eth_dst); }

  // Outputs, queues, groups and meters; time to live is no match field; what slices may not use never gets here.
  template <class Other>
  void operator()(const Other&) const {}
};

}  // namespace

void rewrite(SymbolicPacket& p, const Action& action) { std::visit(Rewriter{p}, action); }

}  // namespace sluice::slicing
