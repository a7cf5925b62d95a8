#include "policy/document_fields.hpp"

#include <algorithm>
#include <array>

namespace sluice::policy {
namespace {

using Use = MatchKey::Use;

struct NamedValue {
  std::string_view name;
  std::uint16_t value;
};

constexpr std::array ethertypes{
    NamedValue{"ip", ofmsg::eth_type::ipv4},
    NamedValue{"ipv4", ofmsg::eth_type::ipv4},
    NamedValue{"arp", ofmsg::eth_type::arp},
    NamedValue{"rarp", 0x8035},
    NamedValue{"ipv6", ofmsg::eth_type::ipv6},
    NamedValue{"mpls", ofmsg::eth_type::mpls},
    NamedValue{"mplsm", ofmsg::eth_type::mpls_multicast},
    NamedValue{"lldp", ofmsg::eth_type::lldp},
    NamedValue{"pbb", ofmsg::eth_type::pbb},
};

constexpr std::array protocols{
    NamedValue{"icmp", ofmsg::ip_proto::icmp},    NamedValue{"tcp", ofmsg::ip_proto::tcp},
    NamedValue{"udp", ofmsg::ip_proto::udp},      NamedValue{"sctp", ofmsg::ip_proto::sctp},
    NamedValue{"icmp6", ofmsg::ip_proto::icmpv6}, NamedValue{"icmpv6", ofmsg::ip_proto::icmpv6},
};

std::optional<std::uint64_t> look_up(std::span<const NamedValue> table, std::string_view name) {
  for (const NamedValue& row : table) {
    if (row.name == name) return row.value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ethertype_named(std::string_view name) { return look_up(ethertypes, name); }

std::optional<std::uint64_t> protocol_named(std::string_view name) { return look_up(protocols, name); }

constexpr std::string_view some_ethertypes = "a number such as 0x0800, or ip, arp, ipv6, mpls, lldp";
constexpr std::string_view some_protocols = "a number, or tcp, udp, sctp, icmp, icmp6";

constexpr std::array keys{
    MatchKey{"vlan", Use::vlan, 12},
    // OXM names
    MatchKey{"eth_dst", Use::address, 48},
    MatchKey{"eth_src", Use::address, 48},
    MatchKey{"eth_type", Use::exact, 16, ethertype_named, some_ethertypes},
    MatchKey{"vlan_vid", Use::number, 13},
    MatchKey{"vlan_pcp", Use::number, 3},
    MatchKey{"ip_dscp", Use::number, 6},
    MatchKey{"ip_ecn", Use::number, 2},
    MatchKey{"ip_proto", Use::exact, 8, protocol_named, some_protocols},
    MatchKey{"ipv4_src", Use::ipv4, 32},
    MatchKey{"ipv4_dst", Use::ipv4, 32},
    MatchKey{"tcp_src", Use::number, 16},
    MatchKey{"tcp_dst", Use::number, 16},
    MatchKey{"udp_src", Use::number, 16},
    MatchKey{"udp_dst", Use::number, 16},
    MatchKey{"sctp_src", Use::number, 16},
    MatchKey{"sctp_dst", Use::number, 16},
    MatchKey{"icmpv4_type", Use::number, 8},
    MatchKey{"icmpv4_code", Use::number, 8},
    MatchKey{"arp_op", Use::number, 16},
    MatchKey{"arp_spa", Use::ipv4, 32},
    MatchKey{"arp_tpa", Use::ipv4, 32},
    MatchKey{"arp_sha", Use::address, 48},
    MatchKey{"arp_tha", Use::address, 48},
    MatchKey{"ipv6_src", Use::address, 128},
    MatchKey{"ipv6_dst", Use::address, 128},
    MatchKey{"ipv6_flabel", Use::number, 20},
    MatchKey{"icmpv6_type", Use::exact, 8},
    MatchKey{"icmpv6_code", Use::number, 8},
    MatchKey{"ipv6_nd_target", Use::address, 128},
    MatchKey{"ipv6_nd_sll", Use::address, 48},
    MatchKey{"ipv6_nd_tll", Use::address, 48},
    MatchKey{"mpls_label", Use::number, 20},
    MatchKey{"mpls_tc", Use::number, 3},
    MatchKey{"mpls_bos", Use::number, 1},
    MatchKey{"pbb_isid", Use::number, 24},
    MatchKey{"pbb_uca", Use::number, 1},
    MatchKey{"ipv6_exthdr", Use::number, 9},
    MatchKey{"tcp_flags", Use::address, 12},
    // the names of OpenFlow 1.0 and of ovs-ofctl
    MatchKey{"dl_src", Use::address, 48},
    MatchKey{"dl_dst", Use::address, 48},
    MatchKey{"dl_type", Use::exact, 16, ethertype_named, some_ethertypes},
    MatchKey{"dl_vlan", Use::vlan, 12},
    MatchKey{"dl_vlan_pcp", Use::number, 3},
    MatchKey{"dl_vpcp", Use::number, 3, nullptr, {}, "dl_vlan_pcp"},
    MatchKey{"nw_src", Use::ipv4, 32},
    MatchKey{"nw_dst", Use::ipv4, 32},
    MatchKey{"nw_proto", Use::exact, 8, protocol_named, some_protocols},
    MatchKey{"nw_tos", Use::number, 8},
    MatchKey{"nw_ecn", Use::number, 2},
    MatchKey{"tp_src", Use::number, 16},
    MatchKey{"tp_dst", Use::number, 16},
    MatchKey{"icmp_type", Use::number, 8},
    MatchKey{"icmp_code", Use::number, 8},
    // not for flowspaces
    MatchKey{"in_port", Use::port},
    MatchKey{"in_phy_port", Use::no_header},
    MatchKey{"metadata", Use::no_header},
    MatchKey{"tunnel_id", Use::no_header},
    MatchKey{"tun_id", Use::no_header},
    MatchKey{"actset_output", Use::no_header},
    MatchKey{"packet_type", Use::no_header},
};

constexpr auto names = [] {
  std::array<std::string_view, keys.size()> all{};
  for (std::size_t i = 0; i < keys.size(); ++i) all[i] = keys[i].name;
  return all;
}();

struct Translation {
  std::string_view text;    // in the hint of the text reader
  std::string_view object;  // what the object has for it
};

constexpr std::array translations{
    Translation{"ip", R"("eth_type": "ip")"},       Translation{"arp", R"("eth_type": "arp")"},
    Translation{"ipv6", R"("eth_type": "ipv6")"},   Translation{"mpls", R"("eth_type": "mpls")"},
    Translation{"mplsm", R"("eth_type": "mplsm")"}, Translation{"tcp", R"("ip_proto": "tcp")"},
    Translation{"udp", R"("ip_proto": "udp")"},     Translation{"sctp", R"("ip_proto": "sctp")"},
    Translation{"icmp", R"("ip_proto": "icmp")"},   Translation{"icmp6", R"("ip_proto": "icmp6")"},
    Translation{"tcp6", R"("ip_proto": "tcp")"},    Translation{"udp6", R"("ip_proto": "udp")"},
    Translation{"sctp6", R"("ip_proto": "sctp")"},  Translation{"dl_vlan=…", R"("vlan": …)"},
};

// One quoted way of the hint; empty if there is no such way in an object.
std::string translated(std::string_view way) {
  for (const Translation& row : translations) {
    if (row.text == way) return std::string{row.object};
  }
  const std::size_t equals = way.find('=');
  if (equals == std::string_view::npos || way.find(',') != std::string_view::npos) return {};
  return "\"" + std::string{way.substr(0, equals)} + "\": \"" + std::string{way.substr(equals + 1)} + "\"";
}

}  // namespace

const MatchKey* find_match_key(std::string_view name) {
  const auto* found = std::find_if(keys.begin(), keys.end(), [name](const MatchKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : found;
}

std::span<const std::string_view> match_key_names() { return names; }

bool is_header(ofmsg::Field field) {
  const MatchKey* key = find_match_key(ofmsg::text(field));
  return key != nullptr && key->use != Use::port && key->use != Use::no_header;
}

bool is_prerequisite_hint(std::string_view hint) { return hint.starts_with("add \"") && hint != "add \")\""; }

std::string object_hint(std::string_view hint) {
  std::string ways;
  for (std::size_t at = hint.find('"'); at != std::string_view::npos; at = hint.find('"', at)) {
    const std::size_t end = hint.find('"', at + 1);
    if (end == std::string_view::npos) break;
    const std::string way = translated(hint.substr(at + 1, end - at - 1));
    if (!way.empty()) ways += (ways.empty() ? "" : " or ") + way;
    at = end + 1;
  }
  return "add " + ways;
}

}  // namespace sluice::policy
