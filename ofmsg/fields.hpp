// The match fields: one row each, with what every other file wants to know of a field.
//
// The order of the enumerators is the order of the OXM numbers [OF 1.3.5 §7.2.3.7], in which a field's prerequisites
// always come before the field; matches keep their terms in this order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ofmsg/version.hpp"

namespace sluice::ofmsg {

enum class Field : std::uint8_t {
  in_port,
  in_phy_port,
  metadata,
  eth_dst,
  eth_src,
  eth_type,
  vlan_vid,
  vlan_pcp,
  ip_dscp,
  ip_ecn,
  ip_proto,
  ipv4_src,
  ipv4_dst,
  tcp_src,
  tcp_dst,
  udp_src,
  udp_dst,
  sctp_src,
  sctp_dst,
  icmpv4_type,
  icmpv4_code,
  arp_op,
  arp_spa,
  arp_tpa,
  arp_sha,
  arp_tha,
  ipv6_src,
  ipv6_dst,
  ipv6_flabel,
  icmpv6_type,
  icmpv6_code,
  ipv6_nd_target,
  ipv6_nd_sll,
  ipv6_nd_tll,
  mpls_label,
  mpls_tc,
  mpls_bos,
  pbb_isid,
  tunnel_id,
  ipv6_exthdr,
  pbb_uca,
  tcp_flags,
  actset_output,
  packet_type,
};

inline constexpr std::size_t field_count = static_cast<std::size_t>(Field::packet_type) + 1;

// An unsigned number of up to 128 bits: the value or mask of a field.
struct U128 {
  std::uint64_t hi = 0, lo = 0;

  friend constexpr auto operator<=>(const U128&, const U128&) = default;

  friend constexpr U128 operator&(U128 a, U128 b) { return {a.hi & b.hi, a.lo & b.lo}; }

  friend constexpr U128 operator|(U128 a, U128 b) { return {a.hi | b.hi, a.lo | b.lo}; }

  friend constexpr U128 operator^(U128 a, U128 b) { return {a.hi ^ b.hi, a.lo ^ b.lo}; }

  friend constexpr U128 operator~(U128 a) { return {~a.hi, ~a.lo}; }

  [[nodiscard]] constexpr bool zero() const { return hi == 0 && lo == 0; }
};

[[nodiscard]] constexpr U128 u128(std::uint64_t lo) { return {0, lo}; }

// The lowest `bits` bits set.
[[nodiscard]] constexpr U128 ones(unsigned bits) {
  const auto low = [](unsigned n) { return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1; };
  return bits <= 64 ? U128{0, low(bits)} : U128{low(bits - 64), ~std::uint64_t{0}};
}

[[nodiscard]] constexpr U128 bit(unsigned n) {
  return n < 64 ? U128{0, std::uint64_t{1} << n} : U128{std::uint64_t{1} << (n - 64), 0};
}

// How a field's value is written for people.
enum class Format : std::uint8_t { decimal, hexadecimal, mac, ipv4, ipv6, port, vlan, flags };

// A condition on another field: `field` must be given and its value, under the given mask, be one of up to three. A
// mask of zero: any value will do.
struct Prerequisite {
  Field field;
  std::uint16_t mask;                   // 0xffff: the whole value
  std::array<std::uint16_t, 3> one_of;  // repeated when fewer
};

struct FieldFacts {
  Field field;
  std::string_view name;      // OXM name in lower case: "ipv4_src"
  std::string_view ovs_name;  // as ovs-ofctl prints it: "nw_src"
  std::uint8_t oxm;           // field number in class 0x8000 (OpenFlow basic)
  std::uint8_t bits;          // width
  std::uint8_t bytes;         // bytes on the wire
  bool maskable;
  bool settable;  // by set_field
  Version since;  // first version whose OXM has it (1.2 or later)
  Format format;
  std::optional<Prerequisite> needs;
  // The specification asks of the ICMP fields only an IP protocol, which IPv4 and IPv6 share. No packet has ICMPv6
  // fields inside IPv4, and switches refuse such a match (BAD_PREREQ), so the EtherType is needed as well.
  std::optional<Prerequisite> also_needs;
};

[[nodiscard]] const FieldFacts& facts(Field field);
[[nodiscard]] std::span<const FieldFacts> all_fields();

[[nodiscard]] inline std::string_view text(Field field) { return facts(field).name; }

[[nodiscard]] std::optional<Field> field_of_oxm(std::uint8_t oxm);
// By OXM name ("ipv4_src"); the ovs-ofctl names that depend on other fields (nw_src, tp_dst) are the text reader's.
[[nodiscard]] std::optional<Field> parse_field(std::string_view oxm_name);

// vlan_vid is 13 bits: OFPVID_PRESENT and the 12 bits of the tag [OF 1.3.5 §7.2.3.8]. All zero: no tag.
inline constexpr std::uint16_t vlan_present = 0x1000;

namespace eth_type {

inline constexpr std::uint16_t ipv4 = 0x0800, arp = 0x0806, vlan = 0x8100, ipv6 = 0x86dd, mpls = 0x8847,
                               mpls_multicast = 0x8848, qinq = 0x88a8, pbb = 0x88e7, lldp = 0x88cc;
// 1.0: a frame without an EtherType [OF 1.0 §5.2.3].
inline constexpr std::uint16_t none = 0x05ff;

}  // namespace eth_type

namespace ip_proto {

inline constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, icmpv6 = 58, sctp = 132;

}  // namespace ip_proto

}  // namespace sluice::ofmsg
