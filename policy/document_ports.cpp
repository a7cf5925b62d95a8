#include "policy/document_ports.hpp"

#include <set>

#include "ofmsg/text_parts.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t most_ports = 4096;             // of one rule on one switch
constexpr std::size_t most_ports_of_a_rule = 65536;  // on all switches

std::optional<ofmsg::PortNo> port_number(std::string_view text) {
  const auto number = ofmsg::parse_number(text);
  if (number && *number <= ofmsg::port::max.value) return ofmsg::PortNo{static_cast<std::uint32_t>(*number)};
  if (text == "LOCAL") return ofmsg::port::local;
  return std::nullopt;
}

bool is_reserved(std::string_view name) {
  const auto port = ofmsg::parse_port(name);
  return port && !ofmsg::is_physical(*port);
}

void report_reserved(Findings& findings, json::Span at, std::string_view name) {
  findings.add(Code::bad_port, at, quoted(name) + " is not a port that packets come from").label =
      "of the reserved ports only \"LOCAL\" is one";
}

void report_too_many(Findings& findings, json::Span at, std::size_t most) {
  findings.add(Code::too_many_terms, at, "more than " + std::to_string(most) + " ports").label =
      "write \"*\" for all physical ports";
}

std::optional<PortRef> read_port_ref(Findings& findings, const json::Value& value, const std::string& name) {
  if (const auto* text = value.as<std::string>()) {
    if (const auto number = port_number(*text)) return PortRef{*number};
    if (is_reserved(*text)) {
      report_reserved(findings, value.at, *text);
      return std::nullopt;
    }
    if (!text->empty() && text->size() <= 63 && text->find('\0') == std::string::npos) return PortRef{*text};
    findings.add(Code::bad_port, value.at, quoted(*text) + " is not a name that a switch reports");
    return std::nullopt;
  }
  const auto number = number_of(findings, value, "port " + quoted(name), 0, ofmsg::port::max.value);
  if (!number) return std::nullopt;
  return PortRef{ofmsg::PortNo{static_cast<std::uint32_t>(*number)}};
}

// --- a port with more than its number ----------------------------------------------------------------------------

struct PortReading {
  std::string name;
  std::optional<PortRef> ref;
};

void read_port_itself(Context& c, const json::Value& value, PortReading& into) {
  into.ref = read_port_ref(c.findings, value, into.name);
}

void read_edge(Context& c, const json::Value& value, PortReading&) { (void)truth_of(c.findings, value, "\"edge\""); }

constexpr Key<PortReading> port_keys[] = {
    {{"port", "port", required, "its number, `LOCAL`, or the name that the switch reports"}, read_port_itself},
    {{"edge", "truth", later, "hosts are behind it: any header may leave there"}, read_edge}};

std::optional<PortRef> read_named_port(Context& c, const json::Member& member) {
  const auto* object = member.value.as<json::Object>();
  if (object == nullptr) return read_port_ref(c.findings, member.value, member.key);
  PortReading reading{member.key, {}};
  read_object<PortReading, Context>(c, *object, member.value.at, "port " + quoted(member.key), port_keys, reading);
  return reading.ref;
}

// The ports of one switch in one "on".
class PortReader {
 public:
  PortReader(Findings& findings, const DocumentSwitch& of) : findings_{findings}, switch_{of} {}

  std::optional<PortSet> read(const json::Value& value) {
    const std::size_t before = findings_.errors();
    if (const auto* list = value.as<json::Array>()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        const Findings::Step step{findings_, std::to_string(i)};
        if (!take((*list)[i])) break;
      }
    } else {
      take(value);
    }
    if (findings_.errors() != before) return std::nullopt;
    if (all_) return whole(value.at);
    if (refs_.empty()) {
      findings_.add(Code::nowhere, value.at,
                    "no port of switch " + quoted(switch_.name) + ": the rule holds nowhere there");
      return std::nullopt;
    }
    return PortSet{std::move(refs_)};
  }

 private:
  std::optional<PortSet> whole(json::Span at) {
    AllPhysical all;
    for (const PortRef& ref : refs_) {
      if (ref == PortRef{ofmsg::port::local}) {
        all.local = true;
      } else {
        findings_.add(Code::bad_port, at, "\"*\" already means every physical port").label =
            "only \"LOCAL\" can stand beside it";
        return std::nullopt;
      }
    }
    return PortSet{all};
  }

  // False when there are so many that it makes no sense to go on.
  bool take(const json::Value& value) {
    if (const auto* text = value.as<std::string>()) {
      take_text(*text, value.at);
    } else if (value.as<json::Array>() != nullptr || value.as<json::Object>() != nullptr ||
               value.as<bool>() != nullptr || value.as<std::nullptr_t>() != nullptr) {
      findings_.add(Code::wrong_type, value.at,
                    "a port must be a number, a range such as \"5-8\", a name or \"*\", not " +
                        std::string{json::kind_of(value)});
    } else if (const auto number = number_of(findings_, value, "a port", 0, ofmsg::port::max.value)) {
      add(PortRef{ofmsg::PortNo{static_cast<std::uint32_t>(*number)}});
    }
    if (refs_.size() <= most_ports) return true;
    report_too_many(findings_, value.at, most_ports);
    return false;
  }

  void take_text(const std::string& text, json::Span at) {
    // What the file gives a name goes by that name, whatever else the text might mean.
    if (const auto named = switch_.ports.find(text); named != switch_.ports.end()) return add(named->second);
    if (text == "*") {
      all_ = true;
      return;
    }
    if (const auto number = port_number(text)) return add(PortRef{*number});
    if (is_reserved(text)) return report_reserved(findings_, at, text);
    const std::size_t dash = text.find('-');
    const auto first = ofmsg::parse_number(std::string_view{text}.substr(0, dash));
    const auto last =
        dash == std::string::npos ? std::nullopt : ofmsg::parse_number(std::string_view{text}.substr(dash + 1));
    if (first && last) return take_range(*first, *last, text, at);
    std::vector<std::string_view> names;
    for (const auto& [name, ref] : switch_.ports) names.push_back(name);
    Diagnostic& finding = findings_.add(
        Code::unknown_port, at, "switch " + quoted(switch_.name) + " has no port " + quoted(text) + " in \"ports\"");
    finding.label = did_you_mean(text, names);
    if (finding.label.empty()) {
      finding.label =
          "give it there: \"ports\": { " + quoted(text) + ": 1 }, with its number or the name the switch reports";
    }
  }

  void take_range(std::uint64_t first, std::uint64_t last, const std::string& text, json::Span at) {
    if (first > last || last > ofmsg::port::max.value) {
      findings_.add(Code::bad_port, at,
                    quoted(text) + (first > last ? " ends before it begins" : " goes beyond the last port number"));
      return;
    }
    if (last - first >= most_ports) return report_too_many(findings_, at, most_ports);
    for (std::uint64_t n = first; n <= last; ++n) add(PortRef{ofmsg::PortNo{static_cast<std::uint32_t>(n)}});
  }

  void add(const PortRef& ref) {
    if (seen_.insert(ref).second) refs_.push_back(ref);
  }

  Findings& findings_;
  const DocumentSwitch& switch_;
  std::vector<PortRef> refs_;
  std::set<PortRef> seen_;
  bool all_ = false;
};

const DocumentSwitch* find_switch(Context& context, const std::string& name, json::Span at) {
  const auto found = context.switches.find(name);
  if (found != context.switches.end()) return &context.document.switches[found->second];
  std::vector<std::string_view> names;
  if (!context.findings.full()) {
    for (const auto& [known, index] : context.switches) names.push_back(known);
  }
  context.findings.add(Code::unknown_switch, at, "there is no switch " + quoted(name) + " in \"switches\"").label =
      did_you_mean(name, names);
  return nullptr;
}

std::size_t port_count(const PortSet& ports) {
  const auto* refs = std::get_if<std::vector<PortRef>>(&ports);
  return refs == nullptr ? 1 : refs->size();
}

}  // namespace

void describe_ports(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<PortReading, Context>("named_port", port_keys));
}

void read_ports(Context& context, const json::Value& value, DocumentSwitch& into) {
  Findings& findings = context.findings;
  const json::Object* ports = object_of(findings, value, "\"ports\"");
  if (ports == nullptr) return;
  for (const json::Member& member : *ports) {
    if (member.key.starts_with("x-")) continue;
    const Findings::Step step{findings, member.key};
    if (!check_name(findings, member.key, member.at, "port")) continue;
    if (port_number(member.key) || is_reserved(member.key)) {
      findings.add(Code::bad_name, member.at, quoted(member.key) + " is a port by itself and cannot be a name for one");
      continue;
    }
    if (const auto ref = read_named_port(context, member)) into.ports.emplace(member.key, *ref);
  }
}

void read_on(Context& context, const json::Value& value, DocumentRule& into) {
  Findings& findings = context.findings;
  const std::vector<DocumentSwitch>& switches = context.document.switches;
  if (const auto* text = value.as<std::string>()) {
    if (*text != "*") {
      findings.add(Code::wrong_type, value.at, "\"on\" is " + quoted(*text)).label =
          "write [" + quoted(*text) + "] for a switch, \"*\" for all";
      return;
    }
    for (const DocumentSwitch& s : switches) into.on.emplace(s.name, AllPhysical{});
    if (switches.empty()) findings.add(Code::nowhere, value.at, "there are no switches, so the rule holds nowhere");
  } else if (const auto* list = value.as<json::Array>()) {
    if (list->empty()) findings.add(Code::nowhere, value.at, "an empty list of switches: the rule holds nowhere");
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Findings::Step step{findings, std::to_string(i)};
      const std::string* name = string_of(findings, (*list)[i], "the name of a switch");
      if (name == nullptr) continue;
      if (find_switch(context, *name, (*list)[i].at) != nullptr) into.on.emplace(*name, AllPhysical{});
    }
  } else if (const auto* object = value.as<json::Object>()) {
    if (object->empty()) findings.add(Code::nowhere, value.at, "an empty object: the rule holds nowhere");
    std::size_t count = 0;
    for (const json::Member& member : *object) {
      if (member.key.starts_with("x-")) continue;
      const Findings::Step step{findings, member.key};
      const DocumentSwitch* of = find_switch(context, member.key, member.at);
      if (of == nullptr) continue;
      auto ports = PortReader{findings, *of}.read(member.value);
      if (!ports) continue;
      count += port_count(*ports);
      if (count > most_ports_of_a_rule) return report_too_many(findings, member.value.at, most_ports_of_a_rule);
      into.on.emplace(member.key, *std::move(ports));
    }
  } else {
    findings.add(Code::wrong_type, value.at,
                 "\"on\" must be \"*\", a list of switches, or an object of switches and their ports, not " +
                     std::string{json::kind_of(value)});
  }
}

}  // namespace sluice::policy
