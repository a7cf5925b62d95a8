#include "admin/packet_text.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "ofmsg/text.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::admin {

namespace {

using ofmsg::PacketKey;

ofmsg::Failure<std::string> wrong(std::string why) { return ofmsg::Failure<std::string>{std::move(why)}; }

bool ends_word(char c) { return c == ',' || c == ' ' || c == '\t'; }

// What stands where in_port is given: [begin, end) of its value.
std::optional<std::pair<std::size_t, std::size_t>> in_port_of(std::string_view text) {
  constexpr std::string_view key = "in_port=";
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at > 0 && !ends_word(text[at - 1])) continue;
    const std::size_t begin = at + key.size();
    return std::pair{begin, std::min(text.find_first_of(", \t", begin), text.size())};
  }
  return std::nullopt;
}

// The bytes, if the text is nothing but in_port and hexadecimal digits of a packet.
std::optional<ofmsg::Bytes> bytes_of(std::string_view rest) {
  constexpr std::size_t ethernet_header = 14;
  while (!rest.empty() && ends_word(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && ends_word(rest.back())) rest.remove_suffix(1);
  const bool digits = std::all_of(rest.begin(), rest.end(), [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0 || ends_word(c);
  });
  // No word of a match consists of so many digits.
  if (!digits || rest.size() < 2 * ethernet_header || rest.find(',') != std::string_view::npos) return std::nullopt;
  return slicing::replay::parse_hex(rest);
}

// One packet of the match; what it leaves open is zero.
PacketKey packet_of(const ofmsg::Match& match) {
  PacketKey key;
  key.put(ofmsg::Field::vlan_vid, 0);
  const ofmsg::Match packet = ofmsg::witness(match);
  for (const ofmsg::Term& term : packet.terms()) key.put(term.field, term.value);
  return key;
}

}  // namespace

ofmsg::Result<PacketKey, std::string> parse_packet(std::string_view text, const FindPort& find_port) {
  std::string written{text};
  const auto place = in_port_of(written);
  if (!place) return wrong("a packet comes in at a port: in_port is missing");
  const auto [begin, end] = *place;
  if (const auto port = find_port(written.substr(begin, end - begin))) {
    written.replace(begin, end - begin, std::to_string(port->value));
  }
  const std::size_t stop = in_port_of(written)->second;
  constexpr std::size_t name_size = 8;  // "in_port="
  const std::string rest = written.substr(0, begin - name_size) + written.substr(stop);
  const auto bytes = bytes_of(rest);
  const auto match = ofmsg::parse_match(bytes ? written.substr(begin - name_size, stop - begin + name_size) : written);
  if (!match) return wrong(match.error().message + (match.error().hint.empty() ? "" : "; " + match.error().hint));
  const auto in_port = match->in_port();
  if (!in_port) return wrong("a packet comes in at one port: in_port has a mask");
  if (!bytes) return packet_of(*match);
  const auto key = ofmsg::packet_key(*bytes, *in_port);
  if (!key) return wrong("these bytes are no whole Ethernet header");
  return *key;
}

}  // namespace sluice::admin
