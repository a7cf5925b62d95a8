// The "switches" of a slice file.

#include <charconv>

#include "policy/document_parts.hpp"
#include "policy/document_ports.hpp"

namespace sluice::policy {
namespace {

std::optional<std::uint64_t> parse_number_in(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// 16 hexadecimal digits, with of: before or colons between; 0x…; decimal, with openflow: before.
std::optional<std::uint64_t> parse_dpid(std::string_view text) {
  if (text.starts_with("openflow:")) return parse_number_in(text.substr(9), 10);
  if (text.starts_with("0x")) return parse_number_in(text.substr(2), 16);
  std::string digits;
  if (text.size() == 23) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % 3 != 2) {
        digits += text[i];
      } else if (text[i] != ':') {
        return std::nullopt;
      }
    }
  } else if (text.starts_with("of:")) {
    digits = text.substr(3);
    if (digits.size() != 16) return std::nullopt;
  } else {
    digits = text;
  }
  return parse_number_in(digits, digits.size() == 16 ? 16 : 10);
}

void read_dpid(Context& c, const json::Value& value, DocumentSwitch& into) {
  std::optional<std::uint64_t> dpid;
  if (const auto* number = value.as<std::uint64_t>()) dpid = *number;
  if (const auto* text = value.as<std::string>()) dpid = parse_dpid(*text);
  if (!dpid) {
    const auto* given = value.as<std::string>();
    c.findings.add(Code::bad_dpid, value.at, (given == nullptr ? "this" : quoted(*given)) + " is not a datapath id")
        .label =
        "write 16 hexadecimal digits, as in \"0000000000000001\"; also 00:…:01, of:…, 0x1, openflow:1 and numbers";
    return;
  }
  const auto [first, fresh] = c.dpids.emplace(*dpid, c.findings.position(value.at.offset));
  if (!fresh) {
    c.findings
        .add(Code::same_dpid, value.at, "two switches have the datapath id " + ofmsg::text(ofmsg::DatapathId{*dpid}))
        .label = "first at " + text(first->second);
  }
  into.dpid = ofmsg::DatapathId{*dpid};
}

void read_switch_ports(Context& c, const json::Value& value, DocumentSwitch& into) {
  read_ports(c.findings, value, into);
}

void read_openflow(Context& c, const json::Value& value, DocumentSwitch& into) {
  const json::Array* list = list_of(c.findings, value, "\"openflow\"");
  if (list == nullptr) return;
  ofmsg::VersionSet versions;
  for (const json::Value& item : *list) {
    const auto* word = item.as<std::string>();
    const auto version = word == nullptr ? std::nullopt : ofmsg::parse_version(*word);
    if (!version) {
      c.findings.add(Code::bad_openflow, item.at, "this is not an OpenFlow version").label = "write \"1.0\" or \"1.3\"";
    } else if (*version != ofmsg::v1_0 && *version != ofmsg::v1_3) {
      c.findings.unsupported(item.at, "OpenFlow " + std::string{ofmsg::text(*version)}).label =
          "\"1.0\" and \"1.3\" are there";
    } else {
      versions.add(*version);
    }
  }
  if (list->empty()) {
    c.findings.add(Code::bad_openflow, value.at, "no OpenFlow version is left to offer to the switch").label =
        "leave the key out to offer all that work";
  }
  into.versions = versions;
}

void read_mapping(Context& c, const json::Value& value, DocumentSwitch&) {
  constexpr std::string_view words[] = {"auto", "intersect", "tag", "range"};
  const auto word = word_of(c.findings, value, "\"mapping\"", words);
  if (word && *word > 1) c.findings.unsupported(value.at, "\"mapping\": " + quoted(words[*word]));
}

constexpr Key<DocumentSwitch> switch_keys[] = {
    {"dpid", read_dpid, required}, {"ports", read_switch_ports}, {"openflow", read_openflow}, {"mapping", read_mapping},
    {"identity", nullptr},         {"unowned", nullptr},         {"foreign", nullptr},        {"edge", nullptr}};

}  // namespace

void read_switches(Context& c, const json::Value& value) {
  const json::Object* switches = object_of(c.findings, value, "\"switches\"");
  if (switches == nullptr) return;
  if (switches->size() + c.document.switches.size() > most_of_a_kind) {
    c.findings.add(Code::too_big, value.at, "more than " + std::to_string(most_of_a_kind) + " switches");
    return;
  }
  for (const json::Member& member : *switches) {
    if (member.key.starts_with("x-")) continue;
    const Findings::Step step{c.findings, member.key};
    (void)check_name(c.findings, member.key, member.at, "switch");
    DocumentSwitch into;
    into.at = c.findings.position(member.at.offset);
    into.name = member.key;
    into.versions = {ofmsg::v1_0, ofmsg::v1_3};
    const std::string what = "switch " + quoted(member.key);
    if (const json::Object* object = object_of(c.findings, member.value, what)) {
      read_object<DocumentSwitch, Context>(c, *object, member.at, what, switch_keys, into);
    }
    // With its errors too, so that rules that name it make no more of them.
    const auto [first, fresh] = c.switches.emplace(into.name, c.document.switches.size());
    if (!fresh) report_second(c, member, "switch", c.document.switches[first->second].at);
    c.document.switches.push_back(std::move(into));
  }
}

}  // namespace sluice::policy
