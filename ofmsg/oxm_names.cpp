#include "ofmsg/oxm_names.hpp"

#include <algorithm>
#include <array>

namespace sluice::ofmsg {

namespace {

constexpr std::uint32_t of_onf = 0x4f4e4600, of_nsh = 0x005ad650, of_nicira = 0x00002320;
constexpr std::uint16_t nxm_0 = 0, nxm_1 = 1, basic = OxmHeader::basic, registers = 0x8001,
                        experimenter = OxmHeader::experimenter_class;

enum class Masks : std::uint8_t { no, yes };
using enum Masks;
using enum OxmFormat;
constexpr auto itself = std::nullopt;

struct Row {
  std::uint16_t oxm_class;
  std::uint8_t number;
  std::uint8_t count;  // fields with an index behind the name; 1: none
  std::uint32_t experimenter;
  std::string_view header_name;
  std::string_view name;
  std::uint8_t bits;
  std::uint8_t bytes;
  Masks masks;
  OxmFormat format;
  std::optional<Field> alias;
};

// Names and numbers as Open vSwitch has them. Where two headers are one field, it calls it by the first that it had;
// rows of the standard's class that have another name there are not listed.
constexpr std::array table{
    Row{nxm_0, 0, 1, 0, "NXM_OF_IN_PORT", "in_port", 16, 2, no, port, itself},
    Row{nxm_0, 1, 1, 0, "NXM_OF_ETH_DST", "eth_dst", 48, 6, yes, mac, Field::eth_dst},
    Row{nxm_0, 2, 1, 0, "NXM_OF_ETH_SRC", "eth_src", 48, 6, yes, mac, Field::eth_src},
    Row{nxm_0, 3, 1, 0, "NXM_OF_ETH_TYPE", "eth_type", 16, 2, no, hexadecimal, Field::eth_type},
    Row{nxm_0, 4, 1, 0, "NXM_OF_VLAN_TCI", "vlan_tci", 16, 2, yes, hexadecimal, itself},
    Row{nxm_0, 5, 1, 0, "NXM_OF_IP_TOS", "nw_tos", 8, 1, no, decimal, itself},
    Row{nxm_0, 6, 1, 0, "NXM_OF_IP_PROTO", "nw_proto", 8, 1, no, decimal, Field::ip_proto},
    Row{nxm_0, 7, 1, 0, "NXM_OF_IP_SRC", "ip_src", 32, 4, yes, ipv4, Field::ipv4_src},
    Row{nxm_0, 8, 1, 0, "NXM_OF_IP_DST", "ip_dst", 32, 4, yes, ipv4, Field::ipv4_dst},
    Row{nxm_0, 9, 1, 0, "NXM_OF_TCP_SRC", "tcp_src", 16, 2, yes, decimal, Field::tcp_src},
    Row{nxm_0, 10, 1, 0, "NXM_OF_TCP_DST", "tcp_dst", 16, 2, yes, decimal, Field::tcp_dst},
    Row{nxm_0, 11, 1, 0, "NXM_OF_UDP_SRC", "udp_src", 16, 2, yes, decimal, Field::udp_src},
    Row{nxm_0, 12, 1, 0, "NXM_OF_UDP_DST", "udp_dst", 16, 2, yes, decimal, Field::udp_dst},
    Row{nxm_0, 13, 1, 0, "NXM_OF_ICMP_TYPE", "icmp_type", 8, 1, no, decimal, Field::icmpv4_type},
    Row{nxm_0, 14, 1, 0, "NXM_OF_ICMP_CODE", "icmp_code", 8, 1, no, decimal, Field::icmpv4_code},
    Row{nxm_0, 15, 1, 0, "NXM_OF_ARP_OP", "arp_op", 16, 2, no, decimal, Field::arp_op},
    Row{nxm_0, 16, 1, 0, "NXM_OF_ARP_SPA", "arp_spa", 32, 4, yes, ipv4, Field::arp_spa},
    Row{nxm_0, 17, 1, 0, "NXM_OF_ARP_TPA", "arp_tpa", 32, 4, yes, ipv4, Field::arp_tpa},

    Row{nxm_1, 0, 16, 0, "NXM_NX_REG", "reg", 32, 4, yes, hexadecimal, itself},
    Row{nxm_1, 16, 1, 0, "NXM_NX_TUN_ID", "tun_id", 64, 8, yes, hexadecimal, Field::tunnel_id},
    Row{nxm_1, 17, 1, 0, "NXM_NX_ARP_SHA", "arp_sha", 48, 6, yes, mac, Field::arp_sha},
    Row{nxm_1, 18, 1, 0, "NXM_NX_ARP_THA", "arp_tha", 48, 6, yes, mac, Field::arp_tha},
    Row{nxm_1, 19, 1, 0, "NXM_NX_IPV6_SRC", "ipv6_src", 128, 16, yes, ipv6, Field::ipv6_src},
    Row{nxm_1, 20, 1, 0, "NXM_NX_IPV6_DST", "ipv6_dst", 128, 16, yes, ipv6, Field::ipv6_dst},
    Row{nxm_1, 21, 1, 0, "NXM_NX_ICMPV6_TYPE", "icmpv6_type", 8, 1, no, decimal, Field::icmpv6_type},
    Row{nxm_1, 22, 1, 0, "NXM_NX_ICMPV6_CODE", "icmpv6_code", 8, 1, no, decimal, Field::icmpv6_code},
    Row{nxm_1, 23, 1, 0, "NXM_NX_ND_TARGET", "nd_target", 128, 16, yes, ipv6, Field::ipv6_nd_target},
    Row{nxm_1, 24, 1, 0, "NXM_NX_ND_SLL", "nd_sll", 48, 6, yes, mac, Field::ipv6_nd_sll},
    Row{nxm_1, 25, 1, 0, "NXM_NX_ND_TLL", "nd_tll", 48, 6, yes, mac, Field::ipv6_nd_tll},
    Row{nxm_1, 26, 1, 0, "NXM_NX_IP_FRAG", "ip_frag", 2, 1, yes, fragment, itself},
    Row{nxm_1, 27, 1, 0, "NXM_NX_IPV6_LABEL", "ipv6_label", 20, 4, yes, hexadecimal, Field::ipv6_flabel},
    Row{nxm_1, 28, 1, 0, "NXM_NX_IP_ECN", "nw_ecn", 2, 1, no, decimal, Field::ip_ecn},
    Row{nxm_1, 29, 1, 0, "NXM_NX_IP_TTL", "nw_ttl", 8, 1, no, decimal, itself},
    Row{nxm_1, 30, 1, 0, "NXM_NX_MPLS_TTL", "mpls_ttl", 8, 1, no, decimal, itself},
    Row{nxm_1, 30, 1, 0, "NXM_NX_COOKIE", "cookie", 64, 8, yes, hexadecimal, itself},  // told apart by the length
    Row{nxm_1, 31, 1, 0, "NXM_NX_TUN_IPV4_SRC", "tun_src", 32, 4, yes, ipv4, itself},
    Row{nxm_1, 32, 1, 0, "NXM_NX_TUN_IPV4_DST", "tun_dst", 32, 4, yes, ipv4, itself},
    Row{nxm_1, 33, 1, 0, "NXM_NX_PKT_MARK", "pkt_mark", 32, 4, yes, hexadecimal, itself},
    Row{nxm_1, 34, 1, 0, "NXM_NX_TCP_FLAGS", "tcp_flags", 12, 2, yes, flags, Field::tcp_flags},
    Row{nxm_1, 35, 1, 0, "NXM_NX_DP_HASH", "dp_hash", 32, 4, yes, hexadecimal, itself},
    Row{nxm_1, 36, 1, 0, "NXM_NX_RECIRC_ID", "recirc_id", 32, 4, no, decimal, itself},
    Row{nxm_1, 37, 1, 0, "NXM_NX_CONJ_ID", "conj_id", 32, 4, no, decimal, itself},
    Row{nxm_1, 38, 1, 0, "NXM_NX_TUN_GBP_ID", "tun_gbp_id", 16, 2, yes, decimal, itself},
    Row{nxm_1, 39, 1, 0, "NXM_NX_TUN_GBP_FLAGS", "tun_gbp_flags", 8, 1, yes, hexadecimal, itself},
    Row{nxm_1, 40, 64, 0, "NXM_NX_TUN_METADATA", "tun_metadata", 0, 0, yes, hexadecimal, itself},
    Row{nxm_1, 104, 1, 0, "NXM_NX_TUN_FLAGS", "tun_flags", 1, 2, yes, tun_flags, itself},
    Row{nxm_1, 105, 1, 0, "NXM_NX_CT_STATE", "ct_state", 32, 4, yes, ct_state, itself},
    Row{nxm_1, 106, 1, 0, "NXM_NX_CT_ZONE", "ct_zone", 16, 2, no, hexadecimal, itself},
    Row{nxm_1, 107, 1, 0, "NXM_NX_CT_MARK", "ct_mark", 32, 4, yes, hexadecimal, itself},
    Row{nxm_1, 108, 1, 0, "NXM_NX_CT_LABEL", "ct_label", 128, 16, yes, hexadecimal, itself},
    Row{nxm_1, 109, 1, 0, "NXM_NX_TUN_IPV6_SRC", "tun_ipv6_src", 128, 16, yes, ipv6, itself},
    Row{nxm_1, 110, 1, 0, "NXM_NX_TUN_IPV6_DST", "tun_ipv6_dst", 128, 16, yes, ipv6, itself},
    Row{nxm_1, 111, 4, 0, "NXM_NX_XXREG", "xxreg", 128, 16, yes, hexadecimal, itself},
    Row{nxm_1, 119, 1, 0, "NXM_NX_CT_NW_PROTO", "ct_nw_proto", 8, 1, no, decimal, itself},
    Row{nxm_1, 120, 1, 0, "NXM_NX_CT_NW_SRC", "ct_nw_src", 32, 4, yes, ipv4, itself},
    Row{nxm_1, 121, 1, 0, "NXM_NX_CT_NW_DST", "ct_nw_dst", 32, 4, yes, ipv4, itself},
    Row{nxm_1, 122, 1, 0, "NXM_NX_CT_IPV6_SRC", "ct_ipv6_src", 128, 16, yes, ipv6, itself},
    Row{nxm_1, 123, 1, 0, "NXM_NX_CT_IPV6_DST", "ct_ipv6_dst", 128, 16, yes, ipv6, itself},
    Row{nxm_1, 124, 1, 0, "NXM_NX_CT_TP_SRC", "ct_tp_src", 16, 2, yes, decimal, itself},
    Row{nxm_1, 125, 1, 0, "NXM_NX_CT_TP_DST", "ct_tp_dst", 16, 2, yes, decimal, itself},

    Row{registers, 0, 8, 0, "OXM_OF_PKT_REG", "xreg", 64, 8, yes, hexadecimal, itself},

    Row{basic, 0, 1, 0, "OXM_OF_IN_PORT", "in_port_oxm", 32, 4, no, port, Field::in_port},
    Row{basic, 6, 1, 0, "OXM_OF_VLAN_VID", "vlan_vid", 12, 2, yes, hexadecimal, Field::vlan_vid},
    Row{basic, 8, 1, 0, "OXM_OF_IP_DSCP", "ip_dscp", 6, 1, no, decimal, Field::ip_dscp},
    Row{basic, 43, 1, 0, "ONFOXM_ET_ACTSET_OUTPUT", "actset_output", 32, 4, no, port, Field::actset_output},

    Row{experimenter, 42, 1, of_onf, "ONFOXM_ET_TCP_FLAGS", "tcp_flags", 12, 2, yes, flags, Field::tcp_flags},
    Row{experimenter, 43, 1, of_onf, "ONFOXM_ET_ACTSET_OUTPUT", "actset_output", 32, 4, no, port, Field::actset_output},

    Row{experimenter, 1, 1, of_nsh, "NXOXM_NSH_FLAGS", "nsh_flags", 8, 1, yes, decimal, itself},
    Row{experimenter, 2, 1, of_nsh, "NXOXM_NSH_MDTYPE", "nsh_mdtype", 8, 1, no, decimal, itself},
    Row{experimenter, 3, 1, of_nsh, "NXOXM_NSH_NP", "nsh_np", 8, 1, no, decimal, itself},
    Row{experimenter, 4, 1, of_nsh, "NXOXM_NSH_SPI", "nsh_spi", 24, 4, no, hexadecimal, itself},
    Row{experimenter, 5, 1, of_nsh, "NXOXM_NSH_SI", "nsh_si", 8, 1, no, decimal, itself},
    Row{experimenter, 6, 1, of_nsh, "NXOXM_NSH_C1", "nsh_c1", 32, 4, yes, hexadecimal, itself},
    Row{experimenter, 7, 1, of_nsh, "NXOXM_NSH_C2", "nsh_c2", 32, 4, yes, hexadecimal, itself},
    Row{experimenter, 8, 1, of_nsh, "NXOXM_NSH_C3", "nsh_c3", 32, 4, yes, hexadecimal, itself},
    Row{experimenter, 9, 1, of_nsh, "NXOXM_NSH_C4", "nsh_c4", 32, 4, yes, hexadecimal, itself},
    Row{experimenter, 10, 1, of_nsh, "NXOXM_NSH_TTL", "nsh_ttl", 8, 1, no, decimal, itself},

    Row{experimenter, 0, 1, of_nicira, "NXOXM_ET_DP_HASH", "dp_hash", 32, 4, yes, hexadecimal, itself},
    Row{experimenter, 11, 1, of_nicira, "NXOXM_ET_ERSPAN_IDX", "tun_erspan_idx", 20, 4, yes, hexadecimal, itself},
    Row{experimenter, 12, 1, of_nicira, "NXOXM_ET_ERSPAN_VER", "tun_erspan_ver", 4, 1, yes, decimal, itself},
    Row{experimenter, 13, 1, of_nicira, "NXOXM_ET_ERSPAN_DIR", "tun_erspan_dir", 1, 1, yes, decimal, itself},
    Row{experimenter, 14, 1, of_nicira, "NXOXM_ET_ERSPAN_HWID", "tun_erspan_hwid", 6, 1, yes, hexadecimal, itself},
    Row{experimenter, 15, 1, of_nicira, "NXOXM_ET_GTPU_FLAGS", "tun_gtpu_flags", 8, 1, yes, hexadecimal, itself},
    Row{experimenter, 16, 1, of_nicira, "NXOXM_ET_GTPU_MSGTYPE", "tun_gtpu_msgtype", 8, 1, yes, decimal, itself},
};

OxmHeader header_of(const Row& row, unsigned index) {
  const unsigned beyond = row.experimenter != 0 && row.bytes != 0 ? 4 : 0;
  return {std::uint32_t{row.oxm_class} << 16U | (row.number + index) << 9U | (row.bytes + beyond), row.experimenter};
}

OxmField field_of(const Row& row, unsigned index) {
  const std::string suffix = row.count > 1 ? std::to_string(index) : "";
  return {header_of(row, index),
          std::string{row.header_name} + suffix,
          std::string{row.name} + suffix,
          row.bits,
          row.masks == yes,
          row.format,
          row.alias};
}

std::string upper(std::string_view name) {
  std::string out{name};
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

OxmFormat format_of(const FieldFacts& f) {
  switch (f.format) {
    case Format::mac: return mac;
    case Format::ipv4: return ipv4;
    case Format::ipv6: return ipv6;
    case Format::port: return port;
    case Format::decimal: return decimal;
    case Format::flags: return flags;
    default: return hexadecimal;
  }
}

// A field of the standard, under the name that Open vSwitch gave it first.
OxmField standard_field(Field field) {
  const FieldFacts& f = facts(field);
  OxmField out{
      OxmHeader::of(field), "OXM_OF_" + upper(f.name), std::string{f.name}, f.bits, f.maskable, format_of(f), field};
  for (const Row& row : table) {
    if (row.alias != field) continue;
    out.header_name = row.header_name;
    out.name = row.name;
    out.bits = row.bits;
    break;
  }
  return out;
}

// The index behind a name of several; nothing if this is no such name.
std::optional<unsigned> index_in(std::string_view name, std::string_view row_name, unsigned count) {
  if (!name.starts_with(row_name)) return std::nullopt;
  const std::string_view rest = name.substr(row_name.size());
  if (count == 1) return rest.empty() ? std::optional{0U} : std::nullopt;
  if (rest.empty() || rest.size() > 2 || (rest.size() == 2 && rest.front() == '0')) return std::nullopt;
  unsigned index = 0;
  for (const char c : rest) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<unsigned>(c - '0');
  }
  return index < count ? std::optional{index} : std::nullopt;
}

}  // namespace

std::size_t OxmField::size() const { return header.payload() - (header.payload() != 0 ? header.size() - 4 : 0); }

OxmHeader OxmField::with(bool mask, std::size_t bytes) const {
  const auto payload = static_cast<std::uint32_t>(bytes * (mask ? 2 : 1) + header.size() - 4);
  return {(header.value & 0xfffffe00U) | (mask ? 0x100U : 0U) | (payload & 0xffU), header.experimenter};
}

std::optional<OxmField> oxm_field(OxmHeader header) {
  if (const std::optional<Field> field = header.field()) return standard_field(*field);
  constexpr std::uint8_t shared_number = 30;
  for (const Row& row : table) {
    if (row.oxm_class != header.oxm_class() || row.experimenter != header.experimenter) continue;
    if (header.number() < row.number || header.number() >= row.number + row.count) continue;
    const bool shared = row.oxm_class == nxm_1 && row.number == shared_number;
    if (shared && (header.payload() >= sizeof(std::uint64_t)) != (row.bytes == sizeof(std::uint64_t))) continue;
    OxmField out = field_of(row, static_cast<unsigned>(header.number()) - row.number);
    if (row.alias) out.header_name = standard_field(*row.alias).header_name;
    if (row.name == "dp_hash") out.header_name = "NXM_NX_DP_HASH";
    return out;
  }
  return std::nullopt;
}

std::optional<OxmField> oxm_field_named(std::string_view name) {
  constexpr std::string_view of_standard = "OXM_OF_";
  for (const FieldFacts& f : all_fields()) {
    const bool header = name.starts_with(of_standard) && upper(f.name) == name.substr(of_standard.size());
    if (header || name == f.name) return standard_field(f.field);
  }
  for (const Row& row : table) {
    if (const auto index = index_in(name, row.header_name, row.count)) return field_of(row, *index);
    if (const auto index = index_in(name, row.name, row.count)) {
      return row.alias ? standard_field(*row.alias) : field_of(row, *index);
    }
  }
  if (name == "nw_frag") return oxm_field_named("ip_frag");
  if (name == "gtpu_flags" || name == "gtpu_msgtype") return oxm_field_named("tun_" + std::string{name});
  return std::nullopt;
}

std::optional<OxmField> action_field_named(std::string_view name) {
  if (name == "in_port") name = "NXM_OF_IN_PORT";
  std::optional<OxmField> field = oxm_field_named(name);
  if (!field || !field->alias || field->header.oxm_class() != basic) return field;
  for (const Row& row : table) {
    if (row.alias != field->alias || row.oxm_class > nxm_1) continue;
    field->header = header_of(row, 0);
    break;
  }
  return field;
}

std::string header_name(OxmHeader header) {
  for (const Row& row : table) {
    for (unsigned i = 0; i < row.count && row.bytes != 0 && row.oxm_class != basic; ++i) {
      if (header_of(row, i) == header) return field_of(row, i).header_name;
    }
  }
  return {};
}

std::optional<OxmField> field_of_header_name(std::string_view name) {
  for (const Row& row : table) {
    if (row.bytes == 0 || row.oxm_class == basic) continue;
    // The ONF's field has the name that Open vSwitch gives to the standard's.
    if (const auto index = index_in(name, row.header_name, row.count)) return field_of(row, *index);
  }
  return std::nullopt;
}

std::vector<std::string> oxm_names() {
  std::vector<std::string> names;
  for (const Row& row : table) {
    for (unsigned i = 0; i < row.count && !row.alias; ++i) names.push_back(field_of(row, i).name);
  }
  return names;
}

std::optional<OxmEntry> oxm_entry(ByteView oxm) {
  if (oxm.size() < 4) return std::nullopt;
  OxmHeader header{load<std::uint32_t>(oxm), 0};
  if (header.size() > oxm.size()) return std::nullopt;
  if (header.size() > 4) header.experimenter = load<std::uint32_t>(oxm, 4);
  std::optional<OxmField> field = oxm_field(header);
  if (!field) return std::nullopt;
  const ByteView payload = oxm.subspan(header.size());
  const std::size_t size = header.has_mask() ? payload.size() / 2 : payload.size();
  if ((field->size() != 0 && size != field->size()) || (header.has_mask() && payload.size() % 2 != 0)) {
    return std::nullopt;
  }
  const ByteView value = payload.first(size);
  const ByteView mask = payload.subspan(size);
  return OxmEntry{std::move(*field), {value.begin(), value.end()}, {mask.begin(), mask.end()}};
}

Bytes oxm_bytes(const OxmEntry& entry) {
  const OxmHeader header = entry.field.with(!entry.mask.empty(), entry.value.size());
  Bytes out;
  append(out, header.value);
  if (header.size() > 4) append(out, header.experimenter);
  append(out, ByteView{entry.value});
  append(out, ByteView{entry.mask});
  return out;
}

OxmFault oxm_fault(ByteView oxm) {
  constexpr std::uint64_t known_states = 0xff;
  OxmHeader header{load<std::uint32_t>(oxm), 0};
  // The decoder has judged those of the standard.
  if (header.oxm_class() == basic) return OxmFault::none;
  if (header.size() > 4 && oxm.size() >= 8) header.experimenter = load<std::uint32_t>(oxm, 4);
  if (!oxm_field(header)) return OxmFault::none;
  const std::optional<OxmEntry> entry = oxm_entry(oxm);
  if (!entry) return OxmFault::length;
  if (!entry->mask.empty() && !entry->field.maskable) return OxmFault::mask;
  for (std::size_t i = 0; i < entry->mask.size(); ++i) {
    if ((entry->value[i] & ~entry->mask[i]) != std::byte{0}) return OxmFault::wildcards;
  }
  const unsigned bits = entry->field.bits;
  const U128 value = number_of(entry->value);
  if (bits != 0 && !(value & ~ones(bits)).zero()) return OxmFault::value;
  if (entry->field.format == ct_state && (value.lo & ~known_states) != 0) return OxmFault::value;
  return OxmFault::none;
}

U128 number_of(ByteView bytes) {
  U128 value;
  for (const std::byte byte : bytes) {
    value.hi = value.hi << 8U | value.lo >> 56U;
    value.lo = value.lo << 8U | std::to_integer<std::uint64_t>(byte);
  }
  return value;
}

Bytes bytes_of(U128 value, std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size && i < 16; ++i) {
    const std::uint64_t word = i >= 8 ? value.hi : value.lo;
    out[size - 1 - i] = static_cast<std::byte>(word >> (8 * (i % 8)));
  }
  return out;
}

}  // namespace sluice::ofmsg
