#include "ofmsg/text_oxm.hpp"

#include <algorithm>
#include <array>

#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::array<std::string_view, 8> ct_state_names{"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"};
constexpr std::array<std::string_view, 4> tun_flag_names{"oam", "df", "csum", "key"};

std::span<const std::string_view> flag_names(OxmFormat format) {
  if (format == OxmFormat::ct_state) return ct_state_names;
  return tun_flag_names;
}

// "+trk-new" where some bits are fixed, "new|trk" where all that have names are.
std::string flags_text(std::uint64_t value, std::uint64_t mask, std::span<const std::string_view> names) {
  const std::uint64_t all = (std::uint64_t{1} << names.size()) - 1;
  const bool exact = (mask & all) == all;
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool set = (value >> i & 1U) != 0;
    if (exact && set) out += (out.empty() ? "" : "|") + std::string{names[i]};
    if (!exact && (mask >> i & 1U) != 0) out += (set ? '+' : '-') + std::string{names[i]};
  }
  return out.empty() ? "0" : out;
}

std::string tcp_flags_text(std::uint64_t value, std::uint64_t mask) {
  constexpr std::array<std::string_view, 12> names{"fin", "syn", "rst", "psh", "ack",  "urg",
                                                   "ece", "cwr", "ns",  "[9]", "[10]", "[11]"};
  return flags_text(value, mask, names);
}

std::string fragment_text(std::uint64_t value, std::uint64_t mask) {
  constexpr std::uint64_t any = 1, later = 2, both = 3;
  value &= mask;
  if ((mask & both) == both) return (value & any) == 0 ? "no" : (value & later) == 0 ? "first" : "later";
  if ((mask & both) == any) return (value & any) == 0 ? "no" : "yes";
  return (value & later) == 0 ? "not_later" : "later";
}

bool all_bytes(ByteView bytes, std::byte value) {
  return std::all_of(bytes.begin(), bytes.end(), [&](std::byte b) { return b == value; });
}

std::string address_text(const OxmField& field, U128 value, U128 mask, bool masked) {
  const bool v6 = field.format == OxmFormat::ipv6;
  const auto text = [&](U128 address) {
    return v6 ? ipv6_text(address) : ipv4_text(static_cast<std::uint32_t>(address.lo));
  };
  if (!masked) return text(value);
  const std::optional<unsigned> length = prefix_length(mask, field.bits);
  return text(value) + '/' + (length ? std::to_string(*length) : text(mask));
}

// As matches name a field, where set_field names it otherwise.
std::string_view match_name(std::string_view name) {
  if (name == "ip_frag") return "nw_frag";
  if (name == "tun_gtpu_flags" || name == "tun_gtpu_msgtype") return name.substr(4);
  return name;
}

}  // namespace

std::string hex_number(ByteView bytes) {
  std::string digits = hex_digits(bytes);
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? "0" : "0x" + digits.substr(first);
}

std::string bits_text(OxmHeader header, unsigned offset, unsigned count) {
  const std::optional<OxmField> field = oxm_field(header);
  const bool long_form = header.oxm_class() == OxmHeader::experimenter_class;
  const std::string name = field       ? field->header_name
                           : long_form ? hex(header.value, 8) + ':' + hex(header.experimenter, 8)
                                       : hex(header.value, 8);
  const unsigned width = field ? field->bits : 0;
  // Open vSwitch counts the whole of 1.3's VLAN field as 12 bits, and a tunnel option as long as its map says.
  if (width != 0 && offset == 0 && count == width) return name + "[]";
  if (count == 1) return name + '[' + std::to_string(offset) + ']';
  return name + '[' + std::to_string(offset) + ".." + std::to_string(offset + count - 1) + ']';
}

std::string oxm_value_text(const OxmField& field, ByteView value_bytes, ByteView mask_bytes) {
  const U128 value = number_of(value_bytes);
  const U128 mask = mask_bytes.empty() ? ones(128) : number_of(mask_bytes);
  const bool masked = !mask_bytes.empty() && !all_bytes(mask_bytes, std::byte{0xff});
  if (!mask_bytes.empty() && all_bytes(mask_bytes, std::byte{0})) return "ANY";
  switch (field.format) {
    case OxmFormat::mac: {
      const std::string first = text(mac_of(value.lo));
      return masked ? first + '/' + text(mac_of(mask.lo)) : first;
    }
    case OxmFormat::ipv4:
    case OxmFormat::ipv6: return address_text(field, value, mask, masked);
    case OxmFormat::port:
      if (!masked) {
        const bool low = field.size() == 2;
        return text(low ? from_1_0(static_cast<std::uint16_t>(value.lo))
                        : PortNo{static_cast<std::uint32_t>(value.lo)});
      }
      break;
    case OxmFormat::flags: return tcp_flags_text(value.lo, mask.lo);
    case OxmFormat::ct_state:
    case OxmFormat::tun_flags: return flags_text(value.lo, mask.lo, flag_names(field.format));
    case OxmFormat::fragment: return fragment_text(value.lo, mask.lo);
    case OxmFormat::decimal:
    case OxmFormat::hexadecimal: break;
  }
  const bool decimal = field.format == OxmFormat::decimal || field.format == OxmFormat::port;
  const std::string first = decimal ? std::to_string(value.lo) : hex_number(value_bytes);
  return masked ? first + '/' + hex_number(mask_bytes) : first;
}

OtherFields::OtherFields(const Match& match) : any_{!match.unknown().empty()} {
  for (const Term& term : match.terms()) match_.set(term.field, term.value, term.mask);
  for (const Bytes& oxm : match.unknown()) add(oxm);
}

void OtherFields::add(const Bytes& oxm) {
  const std::optional<OxmEntry> entry = oxm_entry(oxm);
  if (!entry) {
    unknown_.push_back("oxm(0x" + hex_digits(oxm) + ')');
  } else if (!add_standard(*entry) && !add_registers(*entry)) {
    others_.insert_or_assign(std::string{match_name(entry->field.name)}, *entry);
  }
}

bool OtherFields::add_standard(const OxmEntry& entry) {
  const U128 value = number_of(entry.value);
  const auto put = [&](Field field, std::uint64_t bits, std::uint64_t mask) {
    match_.set(field, u128(bits), u128(mask));
    return true;
  };
  const std::uint64_t mask = entry.mask.empty() ? ~std::uint64_t{0} : number_of(entry.mask).lo;
  if (entry.field.name == "in_port")
    return put(Field::in_port, from_1_0(static_cast<std::uint16_t>(value.lo)).value, ~0U);
  if (entry.field.name == "nw_tos") return put(Field::ip_dscp, value.lo >> 2U, 0x3f);
  if (entry.field.name == "vlan_tci") {
    // The priority above "present" and the number.
    if ((mask & 0x1fffU) != 0) match_.set(Field::vlan_vid, u128(value.lo & 0x1fffU), u128(mask & 0x1fffU));
    if ((mask >> 13U & 7U) != 0) match_.set(Field::vlan_pcp, u128(value.lo >> 13U), u128(mask >> 13U & 7U));
    return true;
  }
  if (!entry.field.alias) return false;
  const Field field = *entry.field.alias;
  match_.set(field, value, entry.mask.empty() ? ones(facts(field).bits) : number_of(entry.mask));
  return true;
}

// Larger registers are made of smaller ones, the first of which has the upper bits.
bool OtherFields::add_registers(const OxmEntry& entry) {
  const bool doubled = entry.field.name.starts_with("xreg");
  const bool quadrupled = entry.field.name.starts_with("xxreg");
  if (!doubled && !quadrupled && !entry.field.name.starts_with("reg")) return false;
  const std::size_t words = entry.value.size() / sizeof(std::uint32_t);
  const std::size_t first = entry.field.header.number() % 16U * (doubled || quadrupled ? words : 1);
  const std::size_t at = quadrupled ? (entry.field.header.number() - 111U) * words : first;
  for (std::size_t i = 0; i < words && at + i < registers_.size(); ++i) {
    Register& part = registers_[at + i];
    const std::uint32_t mask = entry.mask.empty() ? ~std::uint32_t{0} : load<std::uint32_t>(entry.mask, i * 4);
    part.value |= load<std::uint32_t>(entry.value, i * 4) & mask;
    part.mask |= mask;
  }
  return true;
}

std::string OtherFields::take(std::string_view name) {
  const auto found = others_.find(name);
  if (found == others_.end()) return {};
  OxmEntry entry = std::move(found->second);
  others_.erase(found);
  // In a match numbers have a mask in hexadecimal beside them, and the zone is decimal.
  OxmField& field = entry.field;
  const bool masked = !entry.mask.empty() && !all_bytes(entry.mask, std::byte{0xff});
  if (field.name == "ct_zone") field.format = OxmFormat::decimal;
  if (field.name == "recirc_id" || (masked && field.format == OxmFormat::decimal)) {
    field.format = OxmFormat::hexadecimal;
  }
  if (field.format == OxmFormat::tun_flags) {
    return std::string{name} + '=' + ((entry.value.back() & std::byte{1}) != std::byte{0} ? "+oam" : "-oam");
  }
  return std::string{name} + '=' + oxm_value_text(field, entry.value, entry.mask);
}

std::string OtherFields::take_register(unsigned number) {
  const Register& part = registers_[number];
  if (part.mask == 0) return {};
  const std::string value = part.value == 0 ? "0" : hex(part.value);
  return "reg" + std::to_string(number) + '=' + value + (part.mask == ~std::uint32_t{0} ? "" : '/' + hex(part.mask));
}

std::vector<std::string> OtherFields::rest() {
  std::vector<std::string> out;
  while (!others_.empty()) out.push_back(take(std::string{others_.begin()->first}));
  out.insert(out.end(), unknown_.begin(), unknown_.end());
  return out;
}

}  // namespace sluice::ofmsg
