// Reads values and parts of fields that are not the standard's.
#include <algorithm>
#include <array>
#include <tuple>

#include "ofmsg/text_oxm.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::array<std::string_view, 8> ct_state_names{"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"};
constexpr std::array<std::string_view, 4> tun_flag_names{"oam", "df", "csum", "key"};
constexpr std::size_t max_option_size = 124;  // bytes of a tunnel option

struct Number {
  U128 value, mask;
};

// Up to 128 bits, decimal up to 64.
std::optional<U128> wide_number(std::string_view text) {
  if (const std::optional<std::uint64_t> small = parse_number(text)) return u128(*small);
  constexpr std::size_t digits_of_half = 16;
  if (!text.starts_with("0x") || text.size() > 2 + 2 * digits_of_half) return std::nullopt;
  const std::string_view digits = text.substr(2);
  const std::size_t split = digits.size() - std::min(digits.size(), digits_of_half);
  const auto hi =
      split == 0 ? std::optional<std::uint64_t>{0} : parse_number("0x" + std::string{digits.substr(0, split)});
  const auto lo = parse_number("0x" + std::string{digits.substr(split)});
  if (!hi || !lo) return std::nullopt;
  return U128{*hi, *lo};
}

Unreadable not_a(Word word, std::string_view what) {
  return unreadable(word, quoted(word.text) + " is not " + std::string{what});
}

// One half of "value/mask".
Read<U128> half_of(const OxmField& field, Word word, bool is_mask) {
  switch (field.format) {
    case OxmFormat::mac:
      if (const auto mac = parse_mac(word.text)) return u128(mac_value(*mac));
      return not_a(word, "an Ethernet address");
    case OxmFormat::ipv4:
      if (const auto ip = parse_ipv4(word.text)) return u128(*ip);
      break;
    case OxmFormat::ipv6:
      if (const auto ip = parse_ipv6(word.text)) return *ip;
      break;
    case OxmFormat::port:
      if (const auto port = parse_port(word.text)) {
        if (field.size() != 2) return u128(port->value);
        if (const auto low = to_1_0(*port)) return u128(*low);
      }
      return not_a(word, "a port");
    default: break;
  }
  const std::optional<U128> number = wide_number(word.text);
  const bool ip = field.format == OxmFormat::ipv4 || field.format == OxmFormat::ipv6;
  if (ip && is_mask && number && number->hi == 0 && number->lo <= field.bits) {
    return ones(field.bits) & ~ones(field.bits - static_cast<unsigned>(number->lo));
  }
  if (!number || ip) return not_a(word, ip ? "an address" : "a number");
  const unsigned bits = field.bits == 0 ? 128 : static_cast<unsigned>(field.size()) * 8;
  if (!(*number & ~ones(bits)).zero()) {
    return unreadable(word, std::string{word.text} + " is too large for " + field.name,
                      "it has " + std::to_string(field.bits) + " bits");
  }
  return *number;
}

// "+trk-new", or "new|trk" for all of them.
Read<Number> read_flags(Word word, std::span<const std::string_view> names, std::uint64_t all) {
  const bool partial = word.text.starts_with('+') || word.text.starts_with('-');
  Number out{{}, partial ? U128{} : u128(all)};
  for (std::size_t at = 0; at < word.text.size();) {
    const bool set = word.text[at] != '-';
    if (partial || at > 0) ++at;
    const std::size_t end = std::min(word.text.find_first_of(partial ? "+-" : "|", at), word.text.size());
    const Word name = word.part(at, end - at);
    const auto found = std::find(names.begin(), names.end(), name.text);
    if (found == names.end())
      return unreadable(name, "there is no flag " + quoted(name.text), did_you_mean(name.text, names));
    const U128 one = bit(static_cast<unsigned>(found - names.begin()));
    if (set) out.value = out.value | one;
    if (partial) out.mask = out.mask | one;
    at = end;
  }
  return out;
}

Read<Number> read_fragment(Word word) {
  constexpr std::array<std::tuple<std::string_view, unsigned, unsigned>, 5> words{
      {{"no", 0, 3}, {"yes", 1, 1}, {"first", 1, 3}, {"later", 3, 3}, {"not_later", 0, 2}}};
  for (const auto& [name, value, mask] : words) {
    if (word.text == name) return Number{u128(value), u128(mask)};
  }
  return unreadable(word, quoted(word.text) + " says nothing of fragments", "no, yes, first, later or not_later");
}

OxmEntry entry_of(const OxmField& field, const Number& number, bool masked) {
  std::size_t size = field.size();
  if (size == 0) {  // as short as can be
    const U128 all = number.value | (masked ? number.mask : U128{});
    while (size < 16 && !(all & ~ones(static_cast<unsigned>(size) * 8)).zero()) ++size;
  }
  return {field, bytes_of(number.value, size), masked ? bytes_of(number.mask, size) : Bytes{}};
}

// A tunnel option that needs more than a number of 128 bits.
std::optional<OxmEntry> long_option(const OxmField& field, Word word) {
  const std::string_view digits = word.text.substr(std::min<std::size_t>(2, word.text.size()));
  if (field.size() != 0 || !word.text.starts_with("0x") || digits.size() > 2 * max_option_size) return std::nullopt;
  const std::string even = (digits.size() % 2 != 0 ? "0" : "") + std::string{digits};
  OxmEntry entry{field, {}, {}};
  for (std::size_t i = 0; i < even.size(); i += 2) {
    const auto byte = parse_number("0x" + even.substr(i, 2));
    if (!byte) return std::nullopt;
    entry.value.push_back(static_cast<std::byte>(*byte));
  }
  return entry;
}

}  // namespace

Read<OxmEntry> read_oxm_value(const OxmField& field, Word text) {
  const bool numeric = !text.text.empty() && text.text.front() >= '0' && text.text.front() <= '9';
  if (!numeric) {
    constexpr std::uint64_t all_states = 0xffffffff, all_tunnel_flags = 0xffff, no_fragment = 3;
    std::optional<Read<Number>> named;
    std::uint64_t whole = 0;
    if (field.format == OxmFormat::ct_state) {
      named = read_flags(text, ct_state_names, whole = all_states);
    } else if (field.format == OxmFormat::tun_flags) {
      named = read_flags(text, tun_flag_names, whole = all_tunnel_flags);
    } else if (field.format == OxmFormat::fragment) {
      named = read_fragment(text);
      whole = no_fragment;
    }
    if (named && !*named) return Unreadable{named->error()};
    if (named) return entry_of(field, **named, (*named)->mask != u128(whole));
  }
  const std::size_t slash = text.text.find('/');
  const bool masked = slash != std::string_view::npos;
  if (!masked) {
    if (std::optional<OxmEntry> option = long_option(field, text); option && option->value.size() > 16) return *option;
  }
  const Read<U128> value = half_of(field, text.part(0, slash), false);
  if (!value) return Unreadable{value.error()};
  if (!masked) return entry_of(field, {*value, {}}, false);
  if (!field.maskable) return unreadable(text, field.name + " takes no mask", "write one whole value");
  const Read<U128> mask = half_of(field, text.part(slash + 1), true);
  if (!mask) return Unreadable{mask.error()};
  return entry_of(field, {*value & *mask, *mask}, true);
}

Read<Subfield> read_subfield(Word text) {
  const std::size_t bracket = std::min(text.text.find('['), text.text.size());
  const Word name = text.part(0, bracket);
  const std::optional<OxmField> field = action_field_named(name.text);
  if (!field) {
    std::vector<std::string> names = oxm_names();
    for (const FieldFacts& f : all_fields()) names.emplace_back(f.name);
    const std::vector<std::string_view> views{names.begin(), names.end()};
    return unreadable(name, "unknown field " + quoted(name.text), did_you_mean(name.text, views));
  }
  constexpr unsigned option_bits = max_option_size * 8;
  const unsigned width = field->bits == 0 ? option_bits : field->bits;
  Subfield out{*field, 0, width};
  if (bracket == text.text.size()) return out;
  if (text.text.back() != ']') return unreadable(text.part(bracket), "the bracket is not closed", "add \"]\"");
  const Word range = text.part(bracket + 1, text.text.size() - bracket - 2);
  if (range.text.empty()) return out;
  const std::size_t dots = range.text.find("..");
  const auto first = parse_number(range.text.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : parse_number(range.text.substr(dots + 2));
  if (!first || !last || *last < *first || *last >= width) {
    return unreadable(range, quoted(range.text) + " are no bits of " + field->name,
                      "it has " + std::to_string(width) + ", numbered from 0");
  }
  out.offset = static_cast<unsigned>(*first);
  out.count = static_cast<unsigned>(*last - *first) + 1;
  return out;
}

}  // namespace sluice::ofmsg
