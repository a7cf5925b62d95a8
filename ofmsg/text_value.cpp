// Numbers, addresses and other single values as text, both ways.
#include <algorithm>
#include <array>
#include <vector>

#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_in_base(std::string_view text, unsigned base) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::optional<unsigned> digit = digit_of(c);
    if (!digit || *digit >= base) return std::nullopt;
    if (value > (~std::uint64_t{0} - *digit) / base) return std::nullopt;
    value = value * base + *digit;
  }
  return value;
}

std::array<std::uint16_t, 8> words_of(U128 address) {
  std::array<std::uint16_t, 8> words{};
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint64_t half = i < 4 ? address.hi : address.lo;
    words[i] = static_cast<std::uint16_t>(half >> (48U - 16U * (i % 4U)) & 0xffffU);
  }
  return words;
}

struct Run {
  std::size_t start = 8, length = 0;
};

// The longest run of at least two zero words, the first of several.
Run longest_zero_run(const std::array<std::uint16_t, 8>& words) {
  Run best;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && words[end] == 0) ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    if (end > i) i = end;
  }
  return best;
}

// The words of one side of "::"; a dotted IPv4 address may stand for the last two.
std::optional<std::vector<std::uint16_t>> parse_words(std::string_view text) {
  std::vector<std::uint16_t> words;
  if (text.empty()) return words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t colon = std::min(text.find(':', at), text.size());
    const std::string_view word = text.substr(at, colon - at);
    if (colon == text.size() && word.find('.') != std::string_view::npos) {
      const std::optional<std::uint32_t> tail = parse_ipv4(word);
      if (!tail) return std::nullopt;
      words.push_back(static_cast<std::uint16_t>(*tail >> 16U));
      words.push_back(static_cast<std::uint16_t>(*tail & 0xffffU));
      return words;
    }
    const std::optional<std::uint64_t> value = parse_in_base(word, 16);
    if (!value || word.size() > 4) return std::nullopt;
    words.push_back(static_cast<std::uint16_t>(*value));
    at = colon + 1;
  }
  return words;
}

}  // namespace

std::string hex(std::uint64_t value, unsigned least) {
  std::string out;
  do {
    out += digits[value & 0xfU];
    value >>= 4U;
  } while (value != 0);
  while (out.size() < least) out += '0';
  out += "x0";
  std::reverse(out.begin(), out.end());
  return out;
}

std::string hex(U128 value) {
  if (value.hi == 0) return hex(value.lo);
  return hex(value.hi) + hex(value.lo, 16).substr(2);
}

std::string hex_digits(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out += digits[std::to_integer<unsigned>(b) >> 4U];
    out += digits[std::to_integer<unsigned>(b) & 0xfU];
  }
  return out;
}

std::string hex_dump(ByteView bytes) {
  std::string out;
  for (std::size_t line = 0; line < bytes.size(); line += 16) {
    const ByteView part = bytes.subspan(line, std::min<std::size_t>(16, bytes.size() - line));
    out += hex(line, 8).substr(2) + ' ';
    std::string characters;
    for (std::size_t i = 0; i < 16; ++i) {
      out += i == 8 ? '-' : ' ';
      if (i < part.size()) {
        out += hex_digits(part.subspan(i, 1));
        const char c = static_cast<char>(part[i]);
        characters += c >= ' ' && c <= '~' ? c : '.';
      } else {
        out += "  ";
        characters += ' ';
      }
      if (i >= part.size() && i == 8) out[out.size() - 3] = ' ';
    }
    out += " |" + characters + "|\n";
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += c >= ' ' && c <= '~' ? std::string{c} : "\\x" + hex(byte, 2).substr(2);
  }
  return out;
}

std::string ipv4_text(std::uint32_t address) {
  return std::to_string(address >> 24U) + '.' + std::to_string(address >> 16U & 0xffU) + '.' +
         std::to_string(address >> 8U & 0xffU) + '.' + std::to_string(address & 0xffU);
}

std::string ipv6_text(U128 address) {
  const std::array<std::uint16_t, 8> words = words_of(address);
  const Run zeros = longest_zero_run(words);
  // As inet_ntop does, so that both print the same.
  const bool mapped = zeros.start == 0 && (zeros.length == 6 || (zeros.length == 5 && words[5] == 0xffff));
  std::string out;
  for (std::size_t i = 0; i < (mapped ? 6U : 8U);) {
    if (i == zeros.start) {
      out += "::";
      i += zeros.length;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += hex(words[i]).substr(2);
    ++i;
  }
  if (mapped) {
    if (out.back() != ':') out += ':';
    out += ipv4_text(static_cast<std::uint32_t>(address.lo & 0xffffffffU));
  }
  return out;
}

std::string value_text(Field field, U128 value) {
  switch (facts(field).format) {
    case Format::mac: return text(mac_of(value.lo));
    case Format::ipv4: return ipv4_text(static_cast<std::uint32_t>(value.lo));
    case Format::ipv6: return ipv6_text(value);
    case Format::port: return text(PortNo{static_cast<std::uint32_t>(value.lo)});
    case Format::hexadecimal:
    case Format::flags:
      if (field == Field::eth_type) return hex(value.lo, 4);
      return value.zero() ? "0" : hex(value);
    case Format::vlan:
    case Format::decimal: break;
  }
  return value.hi == 0 ? std::to_string(value.lo) : hex(value);
}

std::string_view set_field_name(Field field) {
  switch (field) {
    case Field::ipv4_src: return "ip_src";
    case Field::ipv4_dst: return "ip_dst";
    case Field::ip_ecn: return "nw_ecn";
    case Field::icmpv4_type: return "icmp_type";
    case Field::icmpv4_code: return "icmp_code";
    case Field::ipv6_flabel: return "ipv6_label";
    case Field::ipv6_nd_target: return "nd_target";
    case Field::ipv6_nd_sll: return "nd_sll";
    case Field::ipv6_nd_tll: return "nd_tll";
    case Field::tunnel_id: return "tun_id";
    default: return facts(field).name;
  }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return parse_in_base(text.substr(2), 16);
  return parse_in_base(text, 10);
}

std::optional<Bytes> parse_bytes(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::optional<std::uint64_t> byte = parse_in_base(hex.substr(i, 2), 16);
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(*byte));
  }
  return bytes;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const std::size_t colon = i < 5 ? text.find(':', at) : text.size();
    if (colon == std::string_view::npos || colon == at || colon - at > 2) return std::nullopt;
    const std::optional<std::uint64_t> value = parse_in_base(text.substr(at, colon - at), 16);
    if (!value) return std::nullopt;
    mac.bytes[i] = static_cast<std::uint8_t>(*value);
    at = colon + 1;
  }
  return mac;
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  std::size_t at = 0;
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.', at) : text.size();
    if (dot == std::string_view::npos || dot == at || dot - at > 3) return std::nullopt;
    const std::optional<std::uint64_t> value = parse_in_base(text.substr(at, dot - at), 10);
    if (!value || *value > 255) return std::nullopt;
    address = address << 8U | static_cast<std::uint32_t>(*value);
    at = dot + 1;
  }
  return address;
}

std::optional<U128> parse_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  std::vector<std::uint16_t> words;
  if (gap == std::string_view::npos) {
    std::optional<std::vector<std::uint16_t>> all = parse_words(text);
    if (!all || all->size() != 8) return std::nullopt;
    words = std::move(*all);
  } else {
    const std::optional<std::vector<std::uint16_t>> head = parse_words(text.substr(0, gap));
    const std::optional<std::vector<std::uint16_t>> tail = parse_words(text.substr(gap + 2));
    if (!head || !tail || head->size() + tail->size() > 7) return std::nullopt;
    words = *head;
    words.resize(8 - tail->size());
    words.insert(words.end(), tail->begin(), tail->end());
  }
  U128 address;
  for (std::size_t i = 0; i < 8; ++i) {
    std::uint64_t& half = i < 4 ? address.hi : address.lo;
    half = half << 16U | words[i];
  }
  return address;
}

std::optional<unsigned> prefix_length(U128 mask, unsigned bits) {
  unsigned length = 0;
  while (length < bits && !(mask & bit(bits - 1 - length)).zero()) ++length;
  const U128 prefix = ones(bits) & ~ones(bits - length);
  if (mask == prefix) return length;
  return std::nullopt;
}

}  // namespace sluice::ofmsg
