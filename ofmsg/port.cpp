#include "ofmsg/port.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sluice::ofmsg {

namespace {

constexpr std::uint16_t first_reserved_1_0 = 0xfff8;

constexpr std::array<std::pair<PortNo, std::string_view>, 10> reserved{{
    {port::in_port, "IN_PORT"},
    {port::table, "TABLE"},
    {port::normal, "NORMAL"},
    {port::flood, "FLOOD"},
    {port::all, "ALL"},
    {port::controller, "CONTROLLER"},
    {port::local, "LOCAL"},
    {port::any, "ANY"},
    {port::any, "NONE"},  // 1.0's name; read, not written
    {port::unset, "UNSET"},
}};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool same_name(std::string_view given, std::string_view name) {
  return std::equal(given.begin(), given.end(), name.begin(), name.end(), [](char a, char b) { return upper(a) == b; });
}

}  // namespace

std::optional<std::uint16_t> to_1_0(PortNo p) {
  if (p >= port::in_port) return static_cast<std::uint16_t>(p.value & 0xffffU);
  if (p.value < first_reserved_1_0) return static_cast<std::uint16_t>(p.value);
  return std::nullopt;
}

PortNo from_1_0(std::uint16_t wire) {
  if (wire >= first_reserved_1_0) return PortNo{0xffff0000U | wire};
  return PortNo{wire};
}

std::string text(PortNo p) {
  for (const auto& [number, name] : reserved) {
    if (number == p) return std::string{name};
  }
  return std::to_string(p.value);
}

std::optional<PortNo> parse_port(std::string_view s) {
  for (const auto& [number, name] : reserved) {
    if (same_name(s, name)) return number;
  }
  const bool hexadecimal = s.starts_with("0x") || s.starts_with("0X");
  if (hexadecimal) s.remove_prefix(2);
  std::uint32_t value = 0;
  const char* const end = s.data() + s.size();
  const auto [stop, error] = std::from_chars(s.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return PortNo{value};
}

std::string text(MacAddress mac) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : mac.bytes) {
    if (!out.empty()) out += ':';
    out += digits[byte >> 4U];
    out += digits[byte & 0xfU];
  }
  return out;
}

}  // namespace sluice::ofmsg
