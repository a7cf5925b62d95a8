#include "examples/net/topology.hpp"

#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

namespace sluice::net {

using namespace ofmsg;

namespace {

Failure<std::string> fail(std::string sentence) { return Failure<std::string>{std::move(sentence)}; }

std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac;
  for (std::size_t i = 0; i < mac.bytes.size(); ++i) {
    const bool last = i + 1 == mac.bytes.size();
    if (text.size() < (last ? 2U : 3U) || (!last && text[2] != ':')) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, mac.bytes[i], 16);
    if (error != std::errc{} || end != text.data() + 2) return std::nullopt;
    text.remove_prefix(last ? 2 : 3);
  }
  return text.empty() ? std::optional{mac} : std::nullopt;
}

MacAddress numbered_mac(std::uint64_t number, std::uint8_t kind) {
  return {{0x02, kind, static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
           static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)}};
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream in{std::string{text.substr(0, text.find('#'))}};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most) {
  int base = 10;
  if (text.substr(0, 2) == "0x") {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

Result<Socket, std::string> parse_socket(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string_view::npos ? std::nullopt : parse_number(text.substr(colon + 1), 0xfeff);
  if (!port || colon == 0) return fail(quoted(text) + " is no port of a switch; write for example s1:3");
  return Socket{std::string{text.substr(0, colon)}, PortNo{static_cast<std::uint32_t>(*port)}};
}

Result<VersionSet, std::string> parse_versions(std::string_view text) {
  VersionSet set;
  std::istringstream in{std::string{text}};
  for (std::string word; std::getline(in, word, ',');) {
    const auto version = parse_version(word);
    if (!version || (*version != v1_0 && *version != v1_3)) {
      return fail(quoted(word) + " is no OpenFlow version that is spoken here; there are 1.0 and 1.3");
    }
    set.add(*version);
  }
  if (set.empty()) return fail("no OpenFlow version is given; there are 1.0 and 1.3");
  return set;
}

// The words of a line: a kind, some in a fixed order, then key=value.
class Topology::Words {
 public:
  explicit Words(std::vector<std::string> words) : words_{std::move(words)} {}

  // The next word in the fixed order; empty if there is none.
  std::string next() {
    if (at_ >= words_.size() || words_[at_].find('=') != std::string::npos) return {};
    return words_[at_++];
  }

  // The value of a key, which is then done with.
  std::optional<std::string> value(std::string_view key) {
    for (std::size_t i = at_; i < words_.size(); ++i) {
      if (words_[i].compare(0, key.size() + 1, std::string{key} + "=") != 0) continue;
      std::string found = words_[i].substr(key.size() + 1);
      words_.erase(words_.begin() + static_cast<std::ptrdiff_t>(i));
      return found;
    }
    return std::nullopt;
  }

  // The number of a key; `otherwise` if it is not given. What is wrong is kept for `end`.
  std::uint64_t number(std::string_view key, std::uint64_t most, std::uint64_t otherwise) {
    const auto given = value(key);
    if (!given) return otherwise;
    const auto parsed = parse_number(*given, most);
    if (!parsed) wrong(std::string{key} + "=" + *given + " is no number up to " + std::to_string(most));
    return parsed.value_or(otherwise);
  }

  // Runs a parser of this folder over the value of a key.
  template <class Value, class Parse>
  void read(std::string_view key, Value& into, Parse parse) {
    const auto given = value(key);
    if (!given) return;
    const auto parsed = parse(*given);
    if (!parsed) return wrong(std::string{key} + ": " + parsed.error());
    into = *parsed;
  }

  void wrong(std::string sentence) {
    if (!wrong_) wrong_ = std::move(sentence);
  }

  // Is all well, and has every word been used?
  [[nodiscard]] Network::Done end() {
    if (at_ < words_.size()) wrong(quoted(words_[at_]) + " means nothing here");
    if (wrong_) return fail(*wrong_);
    return {};
  }

 private:
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  std::optional<std::string> wrong_;
};

Network::Done Topology::line(std::string_view text) {
  Words words{words_of(text)};
  const std::string kind = words.next();
  if (kind.empty()) return words.end();
  if (kind == "switch") return add_switch(words);
  if (kind == "host") return add_host(words);
  if (kind == "wire") return add_wire(words);
  return fail(quoted(kind) + " is none of switch, host, wire");
}

Network::Done Topology::file(const std::string& path) {
  std::ifstream in{path};
  if (!in) return fail(path + ": cannot be read");
  std::size_t number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    if (const auto done = line(text); !done) return fail(path + ":" + std::to_string(number) + ": " + done.error());
  }
  return {};
}

Network::Done Topology::add_switch(Words& words) {
  constexpr std::uint64_t most_ports = 1000, most_tables = 254, most_buffers = 65536;
  const std::string name = words.next();
  if (name.empty()) return fail("a switch needs a name");
  flow_switch::Settings settings;
  settings.name = name;
  settings.started = started_;
  settings.datapath_id.value = words.number("dpid", ~std::uint64_t{0}, network_.switches().size() + 1);
  settings.buffers = static_cast<std::uint32_t>(words.number("buffers", most_buffers, 0));
  settings.tables = static_cast<std::uint8_t>(words.number("tables", most_tables, settings.tables));
  words.read("openflow", settings.versions, parse_versions);
  Address controller;
  bool has_controller = false;
  words.read("controller", controller, [&](std::string_view target) {
    has_controller = true;
    return parse_dial(target);
  });
  const std::uint64_t ports = words.number("ports", most_ports, 0);
  for (std::uint64_t n = 1; n <= ports; ++n) {
    const MacAddress mac = numbered_mac(settings.datapath_id.value << 16U | n, 0x01);
    settings.ports.push_back(
        flow_switch::make_port(PortNo{static_cast<std::uint32_t>(n)}, name + "-" + std::to_string(n), mac));
  }
  if (settings.tables == 0) words.wrong("a switch needs at least one table");
  if (settings.ports.empty()) words.wrong("a switch needs ports; write for example ports=3");
  if (auto done = words.end(); !done) return done;
  if (auto done = network_.add_switch(name, std::move(settings)); !done) return done;
  if (has_controller) controllers_[name] = controller;
  return {};
}

Network::Done Topology::add_host(Words& words) {
  constexpr std::uint64_t most_vlan = 4095;
  HostSettings settings;
  settings.name = words.next();
  const auto at = parse_socket(words.next());
  if (settings.name.empty()) return fail("a host needs a name and a port of a switch");
  if (!at) return fail(at.error());
  settings.mac = numbered_mac(network_.hosts().size() + 1, 0x00);
  words.read("mac", settings.mac, [](std::string_view text) -> Result<MacAddress, std::string> {
    const auto mac = parse_mac(text);
    if (!mac) return fail(quoted(text) + " is no Ethernet address");
    return *mac;
  });
  bool has_ip = false;
  words.read("ip", settings.ip, [&](std::string_view text) -> Result<Ipv4, std::string> {
    has_ip = true;
    const auto ip = parse_ipv4(text);
    if (!ip) return fail(quoted(text) + " is no IPv4 address");
    return *ip;
  });
  constexpr std::uint64_t none = most_vlan + 1;
  const std::uint64_t vlan = words.number("vlan", most_vlan, none);
  if (vlan != none) settings.vlan = static_cast<std::uint16_t>(vlan);
  if (!has_ip) words.wrong("a host needs an address; write for example ip=10.0.0.1");
  if (auto done = words.end(); !done) return done;
  return network_.add_host(std::move(settings), *at);
}

Network::Done Topology::add_wire(Words& words) {
  const auto a = parse_socket(words.next());
  if (!a) return fail(a.error());
  const auto b = parse_socket(words.next());
  if (!b) return fail(b.error());
  if (auto done = words.end(); !done) return done;
  return network_.add_wire(*a, *b);
}

}  // namespace sluice::net
