// Matches and packets as text, in the spelling and the order of ovs-ofctl.
#include <array>
#include <utility>

#include "ofmsg/text_oxm.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

// Bits of TCP flags from the lowest on.
constexpr std::array<std::string_view, 12> tcp_flag_names{"fin", "syn", "rst", "psh", "ack",  "urg",
                                                          "ece", "cwr", "ns",  "[9]", "[10]", "[11]"};

struct Shorthand {
  std::string_view name;
  bool tells_protocol = false;
};

// The word that stands for EtherType and protocol, empty if there is none.
Shorthand shorthand(std::uint64_t type, std::optional<std::uint64_t> protocol) {
  switch (type) {
    case eth_type::ipv4:
      if (protocol == ip_proto::icmp) return {"icmp", true};
      if (protocol == ip_proto::tcp) return {"tcp", true};
      if (protocol == ip_proto::udp) return {"udp", true};
      if (protocol == ip_proto::sctp) return {"sctp", true};
      return {"ip"};
    case eth_type::ipv6:
      if (protocol == ip_proto::icmpv6) return {"icmp6", true};
      if (protocol == ip_proto::tcp) return {"tcp6", true};
      if (protocol == ip_proto::udp) return {"udp6", true};
      if (protocol == ip_proto::sctp) return {"sctp6", true};
      return {"ipv6"};
    case eth_type::arp: return {"arp"};
    case 0x8035: return {"rarp"};
    case eth_type::mpls: return {"mpls"};
    case eth_type::mpls_multicast: return {"mplsm"};
    default: return {};
  }
}

class MatchPrinter {
 public:
  MatchPrinter(const Match& match, Version version) : others_{match}, match_{others_.match()}, version_{version} {}

  [[nodiscard]] std::string print() {
    type_ = exact(Field::eth_type);
    protocol_ = exact(Field::ip_proto);
    for (const std::string_view name : {"pkt_mark", "recirc_id", "dp_hash", "conj_id"}) other(name);
    plain(Field::actset_output, "actset_output");
    for (const std::string_view name : {"ct_state", "ct_zone", "ct_mark", "ct_label", "ct_nw_src", "ct_nw_dst",
                                        "ct_ipv6_src", "ct_ipv6_dst", "ct_nw_proto", "ct_tp_src", "ct_tp_dst"}) {
      other(name);
    }
    plain(Field::packet_type, "packet_type");
    if (const auto type = exact(Field::packet_type); type && *type >> 16U == 1 && !type_) {
      type_ = *type & 0xffffU;  // an EtherType without an Ethernet header
    } else if (type_) {
      word_ = shorthand(*type_, protocol_);
    }
    if (!word_.name.empty()) put(word_.name);
    for (unsigned i = 0; i < 16; ++i) {
      if (const std::string part = others_.take_register(i); !part.empty()) put(part);
    }
    plain(Field::tunnel_id, "tun_id");
    tunnel();
    plain(Field::metadata, "metadata");
    plain(Field::in_port, "in_port");
    plain(Field::in_phy_port, "in_phy_port");
    vlan();
    plain(Field::eth_src, "dl_src");
    plain(Field::eth_dst, "dl_dst");
    if (word_.name.empty()) plain(Field::eth_type, "dl_type");
    network();
    transport();
    rest();
    for (const std::string& part : others_.rest()) put(part);
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::optional<std::uint64_t> exact(Field field) const {
    const std::optional<U128> value = match_.exact(field);
    if (!value) return std::nullopt;
    return value->lo;
  }

  void put(std::string_view part) {
    if (!out_.empty()) out_ += ',';
    out_ += part;
  }

  void put(std::string_view name, std::string_view value) {
    put(name);
    out_ += '=';
    out_ += value;
  }

  // A field that is not the standard's.
  void other(std::string_view name) {
    if (const std::string part = others_.take(name); !part.empty()) put(part);
  }

  void tunnel() {
    if (!others_.any()) return;
    for (const std::string_view name :
         {"tun_src", "tun_dst", "tun_ipv6_src", "tun_ipv6_dst", "tun_gbp_id", "tun_gbp_flags", "tun_erspan_ver",
          "tun_erspan_idx", "tun_erspan_dir", "tun_erspan_hwid", "gtpu_flags", "gtpu_msgtype", "tun_flags"}) {
      other(name);
    }
    for (unsigned i = 0; i < 64; ++i) other("tun_metadata" + std::to_string(i));
  }

  void plain(Field field, std::string_view name) {
    if (const Term* term = match_.find(field)) put(name, masked(*term));
  }

  // A protocol's field, under its name without the protocol when the match says which protocol it is.
  void of_protocol(Field field, std::string_view name, bool said) { plain(field, said ? name : facts(field).name); }

  [[nodiscard]] static std::string masked(const Term& term) {
    const FieldFacts& field = facts(term.field);
    if (term.field == Field::packet_type) return packet_type(term);
    if (field.format == Format::flags) return flags(term);
    if (term.mask == ones(field.bits)) {
      if (term.field == Field::ipv6_flabel) return hex(term.value.lo, 5);
      return value_text(term.field, term.value);
    }
    switch (field.format) {
      case Format::ipv4:
      case Format::ipv6: {
        const std::string value = value_text(term.field, term.value) + '/';
        const std::optional<unsigned> length = prefix_length(term.mask, field.bits);
        return value + (length ? std::to_string(*length) : value_text(term.field, term.mask));
      }
      case Format::mac: return value_text(term.field, term.value) + '/' + value_text(term.field, term.mask);
      default: break;
    }
    const unsigned width = term.field == Field::ipv6_flabel ? 5 : term.field == Field::eth_type ? 4 : 1;
    return hex(term.value.lo, width) + '/' + hex(term.mask.lo, width);
  }

  [[nodiscard]] static std::string packet_type(const Term& term) {
    if (term.mask != ones(32)) return hex(term.value) + '/' + hex(term.mask);
    return '(' + std::to_string(term.value.lo >> 16U) + ',' + hex(term.value.lo & 0xffffU) + ')';
  }

  // "syn|ack" where all flags are fixed, "+syn-ack" where some are.
  [[nodiscard]] static std::string flags(const Term& term) {
    const bool all = term.mask == ones(12);
    std::string out;
    for (unsigned i = 0; i < tcp_flag_names.size(); ++i) {
      const bool set = !(term.value & bit(i)).zero();
      if (all && set) {
        if (!out.empty()) out += '|';
        out += tcp_flag_names[i];
      } else if (!all && !(term.mask & bit(i)).zero()) {
        out += set ? '+' : '-';
        out += tcp_flag_names[i];
      }
    }
    return out.empty() ? "0" : out;
  }

  // vlan_vid (13 bits with the "present" bit) and vlan_pcp lie side by side in the old TCI.
  void vlan() {
    const Term* vid = match_.find(Field::vlan_vid);
    const Term* pcp = match_.find(Field::vlan_pcp);
    if (!vid && !pcp) return;
    const std::uint64_t vid_value = vid ? vid->value.lo : 0;
    const std::uint64_t vid_mask = vid ? vid->mask.lo : 0;
    const std::uint64_t value = (pcp ? pcp->value.lo << 13U : 0) | vid_value;
    const std::uint64_t mask = (pcp ? pcp->mask.lo << 13U : 0) | vid_mask;
    const std::uint64_t number_mask = vid_mask & 0xfffU;
    const bool whole_number = number_mask == 0 || number_mask == 0xfff;
    const bool whole_priority = !pcp || pcp->mask.lo == 7;
    if ((vid_value & vlan_present) != 0 && whole_number && whole_priority && (number_mask != 0 || pcp)) {
      if (number_mask != 0) put("dl_vlan", std::to_string(vid_value & 0xfffU));
      if (pcp) put("dl_vlan_pcp", std::to_string(pcp->value.lo));
    } else if (mask == 0xffff || (version_ <= v1_1 && vid_value == 0 && vid_mask == 0x1fff && !pcp)) {
      put("vlan_tci", hex(value, 4));
    } else {
      put("vlan_tci", hex(value, 4) + '/' + hex(mask, 4));
    }
  }

  void network() {
    const bool arp = type_ == eth_type::arp || type_ == 0x8035;
    plain(Field::ipv6_src, "ipv6_src");
    plain(Field::ipv6_dst, "ipv6_dst");
    plain(Field::ipv6_flabel, "ipv6_label");
    of_protocol(Field::arp_spa, "arp_spa", arp);
    of_protocol(Field::arp_tpa, "arp_tpa", arp);
    of_protocol(Field::ipv4_src, "nw_src", type_ == eth_type::ipv4);
    of_protocol(Field::ipv4_dst, "nw_dst", type_ == eth_type::ipv4);
    const bool ip = type_ == eth_type::ipv4 || type_ == eth_type::ipv6;
    if (!word_.tells_protocol) of_protocol(Field::ip_proto, "nw_proto", ip);
    plain(Field::arp_op, "arp_op");
    plain(Field::arp_sha, "arp_sha");
    plain(Field::arp_tha, "arp_tha");
    if (const Term* dscp = match_.find(Field::ip_dscp)) {
      const std::uint64_t value = dscp->value.lo << 2U;
      if (dscp->mask == ones(6))
        put("nw_tos", std::to_string(value));
      else
        put("nw_tos", hex(value) + '/' + hex(dscp->mask.lo << 2U));
    }
    plain(Field::ip_ecn, "nw_ecn");
    other("nw_ttl");
    plain(Field::mpls_label, "mpls_label");
    plain(Field::mpls_tc, "mpls_tc");
    other("mpls_ttl");
    plain(Field::mpls_bos, "mpls_bos");
    for (const std::string_view name : {"nsh_flags", "nsh_ttl", "nsh_mdtype", "nsh_np", "nsh_spi", "nsh_si", "nsh_c1",
                                        "nsh_c2", "nsh_c3", "nsh_c4"}) {
      other(name);
    }
    other("nw_frag");
  }

  void transport() {
    const bool ip = type_ == eth_type::ipv4 || type_ == eth_type::ipv6;
    const auto said = [&](std::uint8_t protocol) { return ip && protocol_ == protocol; };
    of_protocol(Field::icmpv4_type, "icmp_type", said(ip_proto::icmp));
    of_protocol(Field::icmpv4_code, "icmp_code", said(ip_proto::icmp));
    of_protocol(Field::icmpv6_type, "icmp_type", said(ip_proto::icmpv6));
    of_protocol(Field::icmpv6_code, "icmp_code", said(ip_proto::icmpv6));
    plain(Field::ipv6_nd_target, "nd_target");
    plain(Field::ipv6_nd_sll, "nd_sll");
    plain(Field::ipv6_nd_tll, "nd_tll");
    of_protocol(Field::tcp_src, "tp_src", said(ip_proto::tcp));
    of_protocol(Field::tcp_dst, "tp_dst", said(ip_proto::tcp));
    of_protocol(Field::udp_src, "tp_src", said(ip_proto::udp));
    of_protocol(Field::udp_dst, "tp_dst", said(ip_proto::udp));
    of_protocol(Field::sctp_src, "tp_src", said(ip_proto::sctp));
    of_protocol(Field::sctp_dst, "tp_dst", said(ip_proto::sctp));
    plain(Field::tcp_flags, "tcp_flags");
  }

  // What ovs-ofctl has no word for goes by its OXM name.
  void rest() {
    for (const Field field : {Field::pbb_isid, Field::pbb_uca, Field::ipv6_exthdr}) {
      plain(field, facts(field).name);
    }
  }

  OtherFields others_;
  const Match& match_;
  Version version_;
  std::optional<std::uint64_t> type_;
  std::optional<std::uint64_t> protocol_;
  Shorthand word_;
  std::string out_;
};

}  // namespace

std::string text(const Match& match, Version version) { return MatchPrinter{match, version}.print(); }

std::string text(const Match& match) { return text(match, v1_0); }

std::string text(const PacketKey& key) {
  std::string out = text(exact_match(key));
  if (key.inner_vlan) {
    const std::uint64_t pcp = key.inner_pcp.value_or(0);
    out += (out.empty() ? "vlan_tci1=" : ",vlan_tci1=") + hex(pcp << 13U | *key.inner_vlan, 4);
  }
  return out;
}

}  // namespace sluice::ofmsg
