// The table of match fields [OF 1.3.5 table 12, 1.4.1 table 12, 1.5.1 table 14].
#include "ofmsg/fields.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::uint16_t whole = 0xffff;

constexpr Prerequisite has_in_port{Field::in_port, 0, {0, 0, 0}};
constexpr Prerequisite tagged{Field::vlan_vid, vlan_present, {vlan_present, vlan_present, vlan_present}};

constexpr Prerequisite type_is(std::uint16_t a, std::uint16_t b) { return {Field::eth_type, whole, {a, b, b}}; }

constexpr Prerequisite type_is(std::uint16_t a) { return type_is(a, a); }

constexpr Prerequisite proto_is(std::uint8_t proto) { return {Field::ip_proto, whole, {proto, proto, proto}}; }

constexpr Prerequisite icmpv6_is(std::uint8_t a, std::uint8_t b) { return {Field::icmpv6_type, whole, {a, b, b}}; }

constexpr Prerequisite in_ip = type_is(eth_type::ipv4, eth_type::ipv6);
constexpr Prerequisite in_ipv4 = type_is(eth_type::ipv4);
constexpr Prerequisite in_ipv6 = type_is(eth_type::ipv6);
constexpr Prerequisite in_arp = type_is(eth_type::arp);
constexpr Prerequisite in_mpls = type_is(eth_type::mpls, eth_type::mpls_multicast);
constexpr Prerequisite in_pbb = type_is(eth_type::pbb);
constexpr Prerequisite in_tcp = proto_is(ip_proto::tcp);
constexpr Prerequisite in_udp = proto_is(ip_proto::udp);
constexpr Prerequisite in_sctp = proto_is(ip_proto::sctp);
constexpr Prerequisite in_icmp = proto_is(ip_proto::icmp);
constexpr Prerequisite in_icmpv6 = proto_is(ip_proto::icmpv6);

constexpr auto none = std::nullopt;
using enum Format;

// Not settable are what the specification calls pipeline fields, but for tunnel_id [OF 1.3.5 §7.2.5 "Set-Field"], and
// what summarises a packet instead of lying in it (ipv6_exthdr, packet_type).
constexpr std::array<FieldFacts, field_count> table{{
    // field, name, ovs_name, oxm, bits, bytes, maskable, settable, since, format, needs, also_needs
    {Field::in_port, "in_port", "in_port", 0, 32, 4, false, false, v1_2, port, none, none},
    {Field::in_phy_port, "in_phy_port", "in_phy_port", 1, 32, 4, false, false, v1_2, port, has_in_port, none},
    {Field::metadata, "metadata", "metadata", 2, 64, 8, true, false, v1_2, hexadecimal, none, none},
    {Field::eth_dst, "eth_dst", "dl_dst", 3, 48, 6, true, true, v1_2, mac, none, none},
    {Field::eth_src, "eth_src", "dl_src", 4, 48, 6, true, true, v1_2, mac, none, none},
    {Field::eth_type, "eth_type", "dl_type", 5, 16, 2, false, true, v1_2, hexadecimal, none, none},
    {Field::vlan_vid, "vlan_vid", "dl_vlan", 6, 13, 2, true, true, v1_2, vlan, none, none},
    {Field::vlan_pcp, "vlan_pcp", "dl_vlan_pcp", 7, 3, 1, false, true, v1_2, decimal, tagged, none},
    {Field::ip_dscp, "ip_dscp", "nw_tos", 8, 6, 1, false, true, v1_2, decimal, in_ip, none},
    {Field::ip_ecn, "ip_ecn", "nw_ecn", 9, 2, 1, false, true, v1_2, decimal, in_ip, none},
    {Field::ip_proto, "ip_proto", "nw_proto", 10, 8, 1, false, true, v1_2, decimal, in_ip, none},
    {Field::ipv4_src, "ipv4_src", "nw_src", 11, 32, 4, true, true, v1_2, ipv4, in_ipv4, none},
    {Field::ipv4_dst, "ipv4_dst", "nw_dst", 12, 32, 4, true, true, v1_2, ipv4, in_ipv4, none},
    {Field::tcp_src, "tcp_src", "tp_src", 13, 16, 2, false, true, v1_2, decimal, in_tcp, none},
    {Field::tcp_dst, "tcp_dst", "tp_dst", 14, 16, 2, false, true, v1_2, decimal, in_tcp, none},
    {Field::udp_src, "udp_src", "tp_src", 15, 16, 2, false, true, v1_2, decimal, in_udp, none},
    {Field::udp_dst, "udp_dst", "tp_dst", 16, 16, 2, false, true, v1_2, decimal, in_udp, none},
    {Field::sctp_src, "sctp_src", "tp_src", 17, 16, 2, false, true, v1_2, decimal, in_sctp, none},
    {Field::sctp_dst, "sctp_dst", "tp_dst", 18, 16, 2, false, true, v1_2, decimal, in_sctp, none},
    {Field::icmpv4_type, "icmpv4_type", "icmp_type", 19, 8, 1, false, true, v1_2, decimal, in_icmp, in_ipv4},
    {Field::icmpv4_code, "icmpv4_code", "icmp_code", 20, 8, 1, false, true, v1_2, decimal, in_icmp, in_ipv4},
    {Field::arp_op, "arp_op", "arp_op", 21, 16, 2, false, true, v1_2, decimal, in_arp, none},
    {Field::arp_spa, "arp_spa", "arp_spa", 22, 32, 4, true, true, v1_2, ipv4, in_arp, none},
    {Field::arp_tpa, "arp_tpa", "arp_tpa", 23, 32, 4, true, true, v1_2, ipv4, in_arp, none},
    {Field::arp_sha, "arp_sha", "arp_sha", 24, 48, 6, true, true, v1_2, mac, in_arp, none},
    {Field::arp_tha, "arp_tha", "arp_tha", 25, 48, 6, true, true, v1_2, mac, in_arp, none},
    {Field::ipv6_src, "ipv6_src", "ipv6_src", 26, 128, 16, true, true, v1_2, ipv6, in_ipv6, none},
    {Field::ipv6_dst, "ipv6_dst", "ipv6_dst", 27, 128, 16, true, true, v1_2, ipv6, in_ipv6, none},
    {Field::ipv6_flabel, "ipv6_flabel", "ipv6_label", 28, 20, 4, true, true, v1_2, hexadecimal, in_ipv6, none},
    {Field::icmpv6_type, "icmpv6_type", "icmp_type", 29, 8, 1, false, true, v1_2, decimal, in_icmpv6, in_ipv6},
    {Field::icmpv6_code, "icmpv6_code", "icmp_code", 30, 8, 1, false, true, v1_2, decimal, in_icmpv6, in_ipv6},
    {Field::ipv6_nd_target, "ipv6_nd_target", "nd_target", 31, 128, 16, false, true, v1_2, ipv6, icmpv6_is(135, 136),
     none},
    {Field::ipv6_nd_sll, "ipv6_nd_sll", "nd_sll", 32, 48, 6, false, true, v1_2, mac, icmpv6_is(135, 135), none},
    {Field::ipv6_nd_tll, "ipv6_nd_tll", "nd_tll", 33, 48, 6, false, true, v1_2, mac, icmpv6_is(136, 136), none},
    {Field::mpls_label, "mpls_label", "mpls_label", 34, 20, 4, false, true, v1_2, decimal, in_mpls, none},
    {Field::mpls_tc, "mpls_tc", "mpls_tc", 35, 3, 1, false, true, v1_2, decimal, in_mpls, none},
    {Field::mpls_bos, "mpls_bos", "mpls_bos", 36, 1, 1, false, true, v1_3, decimal, in_mpls, none},
    {Field::pbb_isid, "pbb_isid", "pbb_isid", 37, 24, 3, true, true, v1_3, decimal, in_pbb, none},
    {Field::tunnel_id, "tunnel_id", "tun_id", 38, 64, 8, true, true, v1_3, hexadecimal, none, none},
    {Field::ipv6_exthdr, "ipv6_exthdr", "ipv6_exthdr", 39, 9, 2, true, false, v1_3, hexadecimal, in_ipv6, none},
    {Field::pbb_uca, "pbb_uca", "pbb_uca", 41, 1, 1, false, true, v1_4, decimal, in_pbb, none},
    {Field::tcp_flags, "tcp_flags", "tcp_flags", 42, 12, 2, true, true, v1_5, flags, in_tcp, none},
    {Field::actset_output, "actset_output", "actset_output", 43, 32, 4, false, false, v1_5, port, none, none},
    {Field::packet_type, "packet_type", "packet_type", 44, 32, 4, false, false, v1_5, hexadecimal, none, none},
}};

constexpr bool before(const std::optional<Prerequisite>& needed, Field field) {
  return !needed || needed->field < field;
}

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    const FieldFacts& row = table[i];
    if (row.field != static_cast<Field>(i) || (i > 0 && row.oxm <= table[i - 1].oxm)) return false;
    if (row.bits == 0 || row.bits > row.bytes * 8U || row.since < v1_2) return false;
    if (!before(row.needs, row.field) || !before(row.also_needs, row.field)) return false;
  }
  return true;
}

// The other way: every match that is read asks it for each of its fields.
constexpr std::uint8_t no_field = 0xff;

constexpr auto by_oxm = [] {
  std::array<std::uint8_t, 128> rows{};
  rows.fill(no_field);
  for (std::size_t i = 0; i < table.size(); ++i) rows[table[i].oxm] = static_cast<std::uint8_t>(i);
  return rows;
}();

static_assert(in_order(), "one row for each field, in the order of the enumerators, prerequisites first");

}  // namespace

const FieldFacts& facts(Field field) { return table[static_cast<std::size_t>(field)]; }

std::span<const FieldFacts> all_fields() { return table; }

std::optional<Field> field_of_oxm(std::uint8_t oxm) {
  const std::uint8_t row = oxm < by_oxm.size() ? by_oxm[oxm] : no_field;
  return row == no_field ? std::nullopt : std::optional{static_cast<Field>(row)};
}

std::optional<Field> parse_field(std::string_view oxm_name) {
  for (const FieldFacts& row : table) {
    if (row.name == oxm_name) return row.field;
  }
  return std::nullopt;
}

}  // namespace sluice::ofmsg
