// The "switches" of a slice file.

#include <charconv>

#include "ofmsg/text_parts.hpp"
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
  const auto dpid = dpid_of(c.findings, value);
  if (!dpid) return;
  const auto [first, fresh] = c.dpids.emplace(*dpid, c.findings.position(value.at.offset));
  if (!fresh) {
    c.findings
        .add(Code::same_dpid, value.at, "two switches have the datapath id " + ofmsg::text(ofmsg::DatapathId{*dpid}))
        .label = "first at " + text(first->second);
  }
  into.dpid = ofmsg::DatapathId{*dpid};
}

void read_switch_ports(Context& c, const json::Value& value, DocumentSwitch& into) { read_ports(c, value, into); }

void read_openflow(Context& c, const json::Value& value, DocumentSwitch& into) {
  const json::Array* list = list_of(c.findings, value, "\"openflow\"");
  if (list == nullptr) return;
  ofmsg::VersionSet versions;
  for (const json::Value& item : *list) {
    const auto* word = item.as<std::string>();
    const auto version = word == nullptr ? std::nullopt : ofmsg::parse_version(*word);
    if (!version || ofmsg::text(*version) != *word) {
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

// --- who may claim a datapath id -------------------------------------------------------------------------------------

bool is_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const bool v4 = ofmsg::parse_ipv4(address).has_value();
  if (!v4 && !ofmsg::parse_ipv6(address)) return false;
  if (slash == std::string_view::npos) return true;
  const auto length = parse_number_in(text.substr(slash + 1), 10);
  return length && *length <= (v4 ? 32U : 128U);
}

// One string, or a list of them.
template <class Check>
void each_string(Context& c, const json::Value& value, std::string_view what, Check check) {
  const auto* list = value.as<json::Array>();
  const std::span<const json::Value> items = list == nullptr ? std::span{&value, 1} : std::span{*list};
  if (items.empty()) c.findings.add(Code::missing_key, value.at, "the list is empty, so nobody is meant");
  for (const json::Value& item : items) {
    if (const std::string* text = string_of(c.findings, item, what)) check(*text, item.at);
  }
}

void read_certificate_name(Context& c, const json::Value& value, Unused&) {
  each_string(c, value, "a name in a certificate", [&c](const std::string& name, json::Span at) {
    if (name.empty()) c.findings.add(Code::bad_name, at, "a name in a certificate is not empty");
  });
}

void read_from(Context& c, const json::Value& value, Unused&) {
  each_string(c, value, "an address", [&c](const std::string& prefix, json::Span at) {
    if (is_prefix(prefix)) return;
    c.findings.add(Code::bad_connection, at, quoted(prefix) + " is no address and no prefix").label =
        "write it as in \"192.0.2.0/24\" or \"2001:db8::/32\"";
  });
}

constexpr UnusedKey identity_keys[] = {
    {{"tls_cn", "text|[text]", optional, "common names of certificates"}, read_certificate_name},
    {{"tls_san", "text|[text]", optional, "alternative names of certificates"}, read_certificate_name},
    {{"from", "prefix|[prefix]", optional, "addresses that it may connect from"}, read_from}};

void read_identity(Context& c, const json::Value& value, DocumentSwitch&) {
  const json::Object* object = object_of(c.findings, value, "\"identity\"");
  Unused unused;
  if (object != nullptr) read_object<Unused, Context>(c, *object, value.at, "\"identity\"", identity_keys, unused);
}

// --- what is nobody's ------------------------------------------------------------------------------------------------

void read_unowned(Context& c, const json::Value& value, DocumentSwitch& into) {
  constexpr std::string_view words[] = {"punt", "drop"};
  const auto word = word_of(c.findings, value, "\"unowned\"", words);
  if (word) into.unowned = static_cast<Unowned>(*word);
}

void read_foreign(Context& c, const json::Value& value, DocumentSwitch& into) {
  constexpr std::string_view words[] = {"report", "keep", "delete"};
  const auto word = word_of(c.findings, value, "\"foreign\"", words);
  if (word) into.foreign = static_cast<Foreign>(*word);
}

constexpr Key<DocumentSwitch> switch_keys[] = {
    {{"dpid", "dpid", required, "the datapath id, different for each switch"}, read_dpid},
    {{"ports", "{port|named_port}", optional,
      "names for ports: a number, `LOCAL`, or the name that the switch reports"},
     read_switch_ports},
    {{"openflow", "['1.0'|'1.1'|'1.2'|'1.3'|'1.4'|'1.5']", optional,
      "versions to offer; the highest common one is used. Default: all that are supported, which are 1.0 and 1.3"},
     read_openflow},
    {{"mapping", "'auto'|'intersect'|'tag'|'range'", optional,
      "how slices are mapped onto the switch: `auto` (default) or `intersect`, which are the same now. `tag` and "
      "`range` are not supported yet"},
     read_mapping},
    {{"identity", "identity", later, "who may claim the datapath id"}, read_identity},
    {{"unowned", "'punt'|'drop'", optional,
      "what becomes of packets that no slice owns: `punt` (default) counts them, `drop` also has the switch drop the "
      "like of them for ten seconds"},
     read_unowned},
    {{"foreign", "'report'|'keep'|'delete'", optional,
      "what becomes of entries with Sluice's mark that are no slice's flow: `report` (default) leaves them and says so "
      "in `status`, `keep` leaves them, `delete` removes them when the switch connects"},
     read_foreign}};

}  // namespace

std::optional<std::uint64_t> dpid_of(Findings& findings, const json::Value& value) {
  const auto* given = value.as<std::string>();
  const auto* number = value.as<std::uint64_t>();
  const auto dpid = given != nullptr ? parse_dpid(*given) : (number != nullptr ? std::optional{*number} : std::nullopt);
  if (dpid) return dpid;
  findings.add(Code::bad_dpid, value.at, (given == nullptr ? "this" : quoted(*given)) + " is not a datapath id").label =
      "write 16 hexadecimal digits, as in \"0000000000000001\"; also 00:…:01, of:…, 0x1, openflow:1 and numbers";
  return std::nullopt;
}

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

void describe_switches(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<DocumentSwitch, Context>("switch", switch_keys));
  describe_ports(objects);
  objects.push_back(facts_of<Unused, Context>("identity", identity_keys));
}

}  // namespace sluice::policy
