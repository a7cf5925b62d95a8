// Reads one value of a field.
#include <algorithm>
#include <array>

#include "ofmsg/text_parts.hpp"
#include "ofmsg/text_scan.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::array<std::string_view, 9> tcp_flags{"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"};

struct Halves {
  Word value;
  std::optional<Word> mask;
};

Halves halves(Word text) {
  const std::size_t slash = text.text.find('/');
  if (slash == std::string_view::npos) return {text, std::nullopt};
  return {text.part(0, slash), text.part(slash + 1)};
}

std::string named(Field field) { return std::string{facts(field).name}; }

// A number that fits the field's width.
Read<U128> fitting(Field field, Word word) {
  const std::optional<std::uint64_t> value = parse_number(word.text);
  if (!value) {
    return unreadable(word, quoted(word.text) + " is not a number",
                      named(field) + " takes a number, decimal or hexadecimal with 0x");
  }
  const U128 most = ones(facts(field).bits);
  if (!(u128(*value) & ~most).zero()) {
    return unreadable(word, std::string{word.text} + " is too large for " + named(field),
                      "it has " + std::to_string(facts(field).bits) + " bits: at most " + std::to_string(most.lo));
  }
  return u128(*value);
}

Read<U128> mac_address(Word word) {
  const std::optional<MacAddress> mac = parse_mac(word.text);
  if (!mac) return unreadable(word, quoted(word.text) + " is not an Ethernet address", "as in 02:00:00:00:00:01");
  return u128(mac_value(*mac));
}

Read<U128> ip_address(Field field, Word word) {
  if (facts(field).format == Format::ipv4) {
    if (const std::optional<std::uint32_t> ip = parse_ipv4(word.text)) return u128(*ip);
    return unreadable(word, quoted(word.text) + " is not an IPv4 address", "as in 10.0.0.1 or 10.0.0.0/8");
  }
  if (const std::optional<U128> ip = parse_ipv6(word.text)) return *ip;
  return unreadable(word, quoted(word.text) + " is not an IPv6 address", "as in fe80::1 or 2001:db8::/32");
}

// A prefix length or a mask in the form of an address.
Read<U128> ip_mask(Field field, Word word) {
  const unsigned bits = facts(field).bits;
  if (word.text.find_first_of(".:") != std::string_view::npos) return ip_address(field, word);
  const std::optional<std::uint64_t> length = parse_number(word.text);
  if (!length || *length > bits) {
    return unreadable(word, quoted(word.text) + " is not a prefix length", "0 to " + std::to_string(bits));
  }
  return ones(bits) & ~ones(bits - static_cast<unsigned>(*length));
}

Read<Term> port_term(Field field, Word word) {
  const std::optional<PortNo> port = parse_port(word.text);
  if (!port) {
    return unreadable(word, quoted(word.text) + " is not a port",
                      "a port number, or a reserved name such as LOCAL or CONTROLLER");
  }
  return Term{field, u128(port->value), ones(32)};
}

// "+syn-ack" and "syn|ack"; numbers are read elsewhere.
Read<Term> flags_term(Field field, Word word) {
  const bool partial = word.text.starts_with('+') || word.text.starts_with('-');
  Term term{field, {}, partial ? U128{} : ones(facts(field).bits)};
  for (std::size_t at = 0; at < word.text.size();) {
    const bool set = word.text[at] != '-';
    if (partial || at > 0) ++at;  // over the sign or the bar
    const std::size_t end = std::min(word.text.find_first_of(partial ? "+-" : "|", at), word.text.size());
    const Word name = word.part(at, end - at);
    unsigned number = 0;
    while (number < tcp_flags.size() && tcp_flags[number] != name.text) ++number;
    if (name.text.size() > 2 && name.text.front() == '[' && name.text.back() == ']') {  // bits without a name
      number = static_cast<unsigned>(parse_number(name.text.substr(1, name.text.size() - 2)).value_or(99));
    }
    if (number >= facts(field).bits || (number >= tcp_flags.size() && name.text.front() != '[')) {
      const std::string hint = did_you_mean(name.text, tcp_flags);
      return unreadable(name, quoted(name.text) + " is not a TCP flag",
                        hint.empty() ? "fin, syn, rst, psh, ack, urg, ece, cwr and ns are" : hint);
    }
    if (set) term.value = term.value | bit(number);
    if (partial) term.mask = term.mask | bit(number);
    at = end;
  }
  return term;
}

// "(namespace,type)" [OF 1.5 §7.2.3.11].
Read<Term> packet_type_term(Field field, Word word) {
  const std::size_t comma = word.text.find(',');
  const bool closed = word.text.ends_with(')') && comma != std::string_view::npos;
  const auto space = closed ? parse_number(word.text.substr(1, comma - 1)) : std::nullopt;
  const auto type = closed ? parse_number(word.text.substr(comma + 1, word.text.size() - comma - 2)) : std::nullopt;
  if (!space || !type || *space > 0xffff || *type > 0xffff) {
    return unreadable(word, quoted(word.text) + " is not a packet type", "as in (1,0x800)");
  }
  return Term{field, u128(*space << 16U | *type), ones(32)};
}

Read<Term> checked_vlan(Term term, Word word) {
  const bool whole = term.mask == ones(13);
  if (whole && term.value.lo != 0 && (term.value.lo & vlan_present) == 0) {
    const std::uint64_t vid = term.value.lo;
    return unreadable(
        word, "vlan_vid " + std::string{word.text} + " lacks the bit 0x1000 of a tag that is there",
        "write " + quoted("dl_vlan=" + std::to_string(vid)) + " or " + quoted("vlan_vid=" + hex(vid | vlan_present)));
  }
  return term;
}

Read<Term> term_of(Field field, Word word) {
  const FieldFacts& f = facts(field);
  if (word.text.empty()) return unreadable(word, named(field) + " has no value", "write a value after \"=\"");
  if (f.format == Format::port && word.text.find('/') == std::string_view::npos) return port_term(field, word);
  const char first = word.text.front();
  if (f.format == Format::flags && (first < '0' || first > '9')) return flags_term(field, word);
  if (field == Field::packet_type && first == '(') return packet_type_term(field, word);

  const Halves parts = halves(word);
  const auto read = [&](Word w) -> Read<U128> {
    switch (f.format) {
      case Format::mac: return mac_address(w);
      case Format::ipv4:
      case Format::ipv6: return ip_address(field, w);
      default: return fitting(field, w);
    }
  };
  const Read<U128> value = read(parts.value);
  if (!value) return Unreadable{value.error()};
  Term term{field, *value, ones(f.bits)};
  if (parts.mask) {
    const bool ip = f.format == Format::ipv4 || f.format == Format::ipv6;
    const Read<U128> mask = ip ? ip_mask(field, *parts.mask) : read(*parts.mask);
    if (!mask) return Unreadable{mask.error()};
    term.mask = *mask;
    term.value = term.value & term.mask;
  }
  return f.format == Format::vlan ? checked_vlan(term, word) : Read<Term>{term};
}

}  // namespace

Result<Term, TextError> parse_term(Field field, std::string_view value) { return term_of(field, Word{value}); }

}  // namespace sluice::ofmsg
