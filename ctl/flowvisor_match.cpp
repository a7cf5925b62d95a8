#include "ctl/flowvisor_match.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "ofmsg/fields.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<std::uint64_t> hexadecimal(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

namespace {

// --- values of a match -----------------------------------------------------------------------------------------------

// Java has no unsigned numbers: 0x88cc is written as -30516.
template <class T>
std::string set_number(std::optional<T>& into, const std::string& value) {
  constexpr std::int64_t most = std::numeric_limits<T>::max();
  const auto number = whole_number(value);
  if (!number || *number > most || *number < -(most + 1) / 2) return fmt::format("\"{}\" is no such number", value);
  into = static_cast<T>(*number & most);
  return {};
}

std::string set_vlan(FlowVisorMatch& match, const std::string& value) {
  Vlans vlans;
  const std::size_t dash = value.find('-', 1);
  const auto first = whole_number(std::string_view{value}.substr(0, dash));
  const auto last = dash == std::string::npos ? first : whole_number(std::string_view{value}.substr(dash + 1));
  if (!first || !last) return fmt::format("\"{}\" is not a VLAN", value);
  if (dash == std::string::npos && (*first == -1 || *first == 0xffff)) {
    vlans.set(untagged_bit);
  } else if (dash == std::string::npos && (*first == -2 || *first == 0xfffe)) {
    vlans = every_tag();
  } else if (*first < 0 || *last > 4095 || *first > *last) {
    return fmt::format("\"{}\" is not a VLAN", value);
  } else {
    for (std::int64_t vlan = *first; vlan <= *last; ++vlan) vlans.set(static_cast<std::size_t>(vlan));
  }
  match.vlans = vlans;
  return {};
}

std::string set_mac(std::optional<std::string>& into, const std::string& value) {
  if (lower(value) == "any" || lower(value) == "all") return {};
  std::string digits = value;
  const std::size_t octets =
      static_cast<std::size_t>(std::count_if(value.begin(), value.end(), [](char c) { return c == ':' || c == '-'; })) +
      1;
  std::erase_if(digits, [](char c) { return c == ':' || c == '-'; });
  auto address = hexadecimal(digits);
  if (octets == 1) address = ofmsg::parse_number(value);  // an API of old had them as numbers
  if (!address || *address >> 48U != 0 || (octets != 1 && octets != 6)) {
    return fmt::format("\"{}\" is not an Ethernet address", value);
  }
  into = ofmsg::text(ofmsg::mac_of(*address));
  return {};
}

std::string set_address(std::optional<std::string>& into, const std::string& value) {
  const std::size_t slash = std::min(value.find('/'), value.size());
  const std::string head = value.substr(0, slash);
  std::optional<std::uint32_t> address = ofmsg::parse_ipv4(head);
  if (const auto number = whole_number(head); !address && number) {
    if (*number >= std::numeric_limits<std::int32_t>::min() && *number <= std::numeric_limits<std::uint32_t>::max()) {
      address = static_cast<std::uint32_t>(*number);
    }
  }
  const auto length = slash == value.size() ? 32 : whole_number(std::string_view{value}.substr(slash + 1));
  if (!address || !length || *length < 0 || *length > 32) return fmt::format("\"{}\" is not an address", value);
  if (*length == 0) return {};
  const auto bits = static_cast<std::uint32_t>(*length);
  const std::uint32_t prefix = *address & ~std::uint32_t{0} << (32 - bits);
  into = ofmsg::ipv4_text(prefix) + (bits == 32 ? "" : fmt::format("/{}", bits));
  return {};
}

// --- matches ---------------------------------------------------------------------------------------------------------

namespace eth_type = ofmsg::eth_type;
namespace ip_proto = ofmsg::ip_proto;

// Says in the terms of a slice file what one rule of FlowVisor matches.
class MatchTranslation {
 public:
  MatchTranslation(const FlowVisorMatch& match, const std::string& place, ImportNotes& notes)
      : match_{match}, place_{place}, notes_{notes} {}

  // Empty when no packet can meet it.
  std::vector<ImportedMatch> run() {
    complete_vlans();
    if (match_.dl_type) {
      take_type(*match_.dl_type);
    } else if (!asks_for_network() && !asks_for_ports()) {
      out_.push_back(link_layer());
    } else {
      guess_types();
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool asks_for_network() const {
    return match_.nw_src || match_.nw_dst || match_.nw_proto || match_.nw_tos;
  }

  [[nodiscard]] bool asks_for_ports() const { return match_.tp_src || match_.tp_dst; }

  void complete_vlans() {
    if (match_.vlans) {
      const bool untagged = match_.vlans->test(untagged_bit);
      if (untagged) {
        notes_.unsure("dl_vlan=0xffff is \"untagged\", as in OpenFlow; FlowVisor 1.4 took it for any VLAN", place_);
      } else if (match_.vlans->test(0) && match_.vlans->count() == 1) {
        notes_.unsure("dl_vlan=0 is the tag 0, as in OpenFlow; FlowVisor 1.4 gave it the packets without a tag",
                      place_);
      }
      if (untagged && match_.dl_vpcp) {
        notes_.dropped("dl_vpcp of packets without a tag, which have none", place_);
        match_.dl_vpcp.reset();
      }
    } else if (match_.dl_vpcp) {
      match_.vlans = every_tag();
    }
  }

  ImportedMatch link_layer() const {
    ImportedMatch out;
    out.vlans = match_.vlans;
    if (match_.dl_vpcp) out.fields.emplace_back("dl_vlan_pcp", std::to_string(*match_.dl_vpcp));
    if (match_.dl_src) out.fields.emplace_back("dl_src", *match_.dl_src);
    if (match_.dl_dst) out.fields.emplace_back("dl_dst", *match_.dl_dst);
    return out;
  }

  // Without dl_type, nw_src is an address of IP or of ARP; ports and TOS are of IP alone, and so are protocols that no
  // ARP operation has the number of.
  void guess_types() {
    const bool only_ip =
        asks_for_ports() || match_.nw_tos || (match_.nw_proto && *match_.nw_proto != 1 && *match_.nw_proto != 2);
    if (!only_ip) {
      notes_.unsure("network fields without dl_type are taken for IP and ARP both, as FlowVisor matched packets",
                    place_);
    }
    take_type(eth_type::ipv4);
    if (!only_ip) take_type(eth_type::arp);
  }

  void take_type(std::uint16_t type) {
    if (type == eth_type::ipv4) return take_ip();
    if (asks_for_ports() || match_.nw_tos || (type != eth_type::arp && asks_for_network())) {
      notes_.dropped("fields of IP in a rule for another dl_type; OpenFlow 1.0 ignores them", place_);
    }
    ImportedMatch out = link_layer();
    if (type == eth_type::arp) {
      out.protocol = "arp";
      if (match_.nw_src) out.fields.emplace_back("nw_src", *match_.nw_src);
      if (match_.nw_dst) out.fields.emplace_back("nw_dst", *match_.nw_dst);
      if (match_.nw_proto) out.fields.emplace_back("arp_op", std::to_string(*match_.nw_proto));
    } else {
      out.fields.emplace(out.fields.begin(), "dl_type", fmt::format("0x{:04x}", type));
    }
    out_.push_back(std::move(out));
  }

  void take_ip() {
    if (match_.nw_proto) return take_protocol(*match_.nw_proto);
    if (!asks_for_ports()) return take_protocol(std::nullopt);
    notes_.unsure("ports without nw_proto are taken for those of TCP and UDP", place_);
    take_protocol(ip_proto::tcp);
    take_protocol(ip_proto::udp);
  }

  void take_protocol(std::optional<std::uint8_t> number) {
    ImportedMatch out = link_layer();
    out.protocol = number == ip_proto::icmp   ? "icmp"
                   : number == ip_proto::tcp  ? "tcp"
                   : number == ip_proto::udp  ? "udp"
                   : number == ip_proto::sctp ? "sctp"
                                              : "ip";
    if (match_.nw_src) out.fields.emplace_back("nw_src", *match_.nw_src);
    if (match_.nw_dst) out.fields.emplace_back("nw_dst", *match_.nw_dst);
    if (number && out.protocol == "ip") out.fields.emplace_back("nw_proto", std::to_string(*number));
    if (match_.nw_tos) out.fields.emplace_back("nw_tos", std::to_string(tos()));
    if (!asks_for_ports()) {
      out_.push_back(std::move(out));
    } else if (out.protocol == "icmp") {
      take_icmp(std::move(out));
    } else {
      take_ports(std::move(out));
    }
  }

  void take_ports(ImportedMatch out) {
    if (out.protocol == "ip") {
      notes_.dropped("ports in a rule for a protocol without ports; OpenFlow 1.0 ignores them", place_);
    } else {
      if (match_.tp_src) out.fields.emplace_back("tp_src", std::to_string(*match_.tp_src));
      if (match_.tp_dst) out.fields.emplace_back("tp_dst", std::to_string(*match_.tp_dst));
    }
    out_.push_back(std::move(out));
  }

  // OpenFlow 1.0 has the type where other protocols have the source port [OF 1.0 §5.2.3].
  void take_icmp(ImportedMatch out) {
    constexpr int most = 255;
    if (match_.tp_src.value_or(0) > most || match_.tp_dst.value_or(0) > most) return;
    if (match_.tp_src) out.fields.emplace_back("icmp_type", std::to_string(*match_.tp_src));
    if (match_.tp_dst) out.fields.emplace_back("icmp_code", std::to_string(*match_.tp_dst));
    out_.push_back(std::move(out));
  }

  // FlowVisor compared the byte in flow_mods and its upper six bits in packets, so rules have either.
  [[nodiscard]] unsigned tos() const {
    const unsigned given = *match_.nw_tos;
    const bool dscp = given < 64 && given % 4 != 0;
    if (given < 64 && given != 0) {
      notes_.unsure(dscp ? "nw_tos is taken for a DSCP, because its lower bits are not 0"
                         : "nw_tos is taken for the whole byte; FlowVisor compared packets with it as a DSCP",
                    place_);
    } else if (given % 4 != 0) {
      notes_.dropped("the two lower bits of nw_tos, which are ECN", place_);
    }
    return dscp ? given << 2U : given & 0xfcU;
  }

  FlowVisorMatch match_;
  const std::string& place_;
  ImportNotes& notes_;
  std::vector<ImportedMatch> out_;
};

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto number = ofmsg::parse_number(negative ? text.substr(1) : text);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!number || *number > most) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*number);
  return negative ? -value : value;
}

std::string set_field(FlowVisorMatch& match, std::string_view field, const std::string& value) {
  const std::string name = lower(field);
  if (name == "in_port" || name == "input_port") return set_number(match.in_port, value);
  if (name == "dl_vlan") return set_vlan(match, value);
  if (name == "dl_src" || name == "eth_src") return set_mac(match.dl_src, value);
  if (name == "dl_dst" || name == "eth_dst") return set_mac(match.dl_dst, value);
  if (name == "dl_type" || name == "eth_type") return set_number(match.dl_type, value);
  if (name == "nw_src") return set_address(match.nw_src, value);
  if (name == "nw_dst") return set_address(match.nw_dst, value);
  if (name == "nw_proto") return set_number(match.nw_proto, value);
  if (name == "nw_tos") return set_number(match.nw_tos, value);
  if (name == "tp_src") return set_number(match.tp_src, value);
  if (name == "tp_dst") return set_number(match.tp_dst, value);
  if (name != "dl_vpcp" && name != "dl_vlan_pcp") return fmt::format("\"{}\" is no field of a rule", field);
  const std::string wrong = set_number(match.dl_vpcp, value);
  return wrong.empty() && *match.dl_vpcp > 7 ? fmt::format("\"{}\" is no such number", value) : wrong;
}

std::vector<ImportedMatch> imported_match(const FlowVisorMatch& match, const std::string& place, ImportNotes& notes) {
  return MatchTranslation{match, place, notes}.run();
}

}  // namespace sluice::ctl
