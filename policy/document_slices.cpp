// The "slices" of a slice file.

#include "policy/document_match.hpp"
#include "policy/document_parts.hpp"
#include "policy/document_ports.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t most_weight = 1000000;  // of all rules together

struct SliceReading {
  DocumentSlice slice;
  std::vector<json::Span> controllers_at;
  std::map<std::string, json::Span> rule_names;
};

struct RuleReading {
  DocumentRule rule;
  json::Span name_at;
};

// --- rules -----------------------------------------------------------------------------------------------------------

void read_rule_name(Context& c, const json::Value& value, RuleReading& into) {
  const std::string* name = string_of(c.findings, value, "the name of a rule");
  if (name == nullptr || !check_name(c.findings, *name, value.at, "rule")) return;
  into.rule.name = *name;
  into.name_at = value.at;
}

void read_rule_on(Context& c, const json::Value& value, RuleReading& into) { read_on(c, value, into.rule); }

void read_rule_match(Context& c, const json::Value& value, RuleReading& into) {
  read_match(c.findings, value, into.rule.match);
}

void read_access(Context& c, const json::Value& value, RuleReading& into) {
  constexpr std::string_view words[] = {"write", "read"};
  if (word_of(c.findings, value, "\"access\"", words) == 1U) into.rule.access = Access::read;
}

constexpr Key<RuleReading> rule_keys[] = {
    {"name", read_rule_name}, {"on", read_rule_on, required}, {"match", read_rule_match, required},
    {"access", read_access},  {"priority", nullptr},          {"queues", nullptr}};

// --- slices ----------------------------------------------------------------------------------------------------------

void read_owner(Context& c, const json::Value& value, SliceReading& into) {
  if (const std::string* owner = string_of(c.findings, value, "\"owner\"")) into.slice.owner = *owner;
}

void read_description(Context& c, const json::Value& value, SliceReading&) {
  (void)string_of(c.findings, value, "\"description\"");
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

bool is_any(std::string_view host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

// Would dialling `to` reach somebody who listens on `on`, as far as the text of both can tell?
bool reaches(const Endpoint& to, const Endpoint& on) {
  if (to.port != on.port) return false;
  return to.host == on.host || (is_loopback(to.host) && (is_any(on.host) || is_loopback(on.host))) || is_any(to.host);
}

void check_controllers(Context& c, const SliceReading& reading) {
  const auto& all = reading.slice.controllers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const json::Span at = reading.controllers_at[i];
    for (std::size_t j = 0; j < i; ++j) {
      if (all[j].at != all[i].at) continue;
      c.findings
          .add(Code::same_controller, at, text(all[i].at) + " is given twice in slice " + quoted(reading.slice.name))
          .label = "first at " + text(c.findings.position(reading.controllers_at[j].offset));
      break;
    }
    for (const Endpoint& listen : c.document.listen) {
      if (!reaches(all[i].at, listen)) continue;
      Diagnostic& finding =
          c.findings.add(Code::own_endpoint, at,
                         "the controller " + text(all[i].at) + " of slice " + quoted(reading.slice.name) +
                             " is this proxy itself, which listens on " + text(listen));
      finding.label = "name the tenant's controller here";
      break;
    }
  }
}

void read_controllers(Context& c, const json::Value& value, SliceReading& into) {
  const json::Array* list = list_of(c.findings, value, "\"controllers\"");
  if (list == nullptr) return;
  if (list->empty()) {
    c.findings.add(Code::no_controllers, value.at, "slice " + quoted(into.slice.name) + " has no controller");
  }
  if (list->size() > 64) {
    c.findings.add(Code::too_big, value.at, "more than 64 controllers in one slice");
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Findings::Step step{c.findings, std::to_string(i)};
    const Connection connection = read_controller(c, (*list)[i]);
    if (!connection.at) continue;
    into.slice.controllers.push_back({*connection.at, connection.standby});
    into.controllers_at.push_back(connection.span);
  }
  check_controllers(c, into);
}

std::size_t weight_of(const DocumentRule& rule) {
  std::size_t weight = rule.match.size() + rule.on.size();
  for (const auto& [name, ports] : rule.on) {
    if (const auto* refs = std::get_if<std::vector<PortRef>>(&ports)) weight += refs->size();
  }
  return weight;
}

void read_flowspace(Context& c, const json::Value& value, SliceReading& into) {
  const json::Array* list = list_of(c.findings, value, "\"flowspace\"");
  if (list == nullptr) return;
  if (list->empty()) {
    c.findings.add(Code::empty_flowspace, value.at, "the flowspace of slice " + quoted(into.slice.name) + " is empty")
        .label = "give it at least one rule";
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json::Value& item = (*list)[i];
    const Findings::Step step{c.findings, std::to_string(i)};
    RuleReading reading;
    reading.rule.at = c.findings.position(item.at.offset);
    const std::string what = "rule " + std::to_string(i) + " of slice " + quoted(into.slice.name);
    const json::Object* object = object_of(c.findings, item, what);
    if (object == nullptr) continue;
    const std::size_t before = c.findings.errors();
    read_object<RuleReading, Context>(c, *object, item.at, what, rule_keys, reading);
    if (!reading.rule.name.empty()) {
      const auto [first, fresh] = into.rule_names.emplace(reading.rule.name, reading.name_at);
      if (!fresh) {
        c.findings
            .add(Code::same_rule_name, reading.name_at,
                 "slice " + quoted(into.slice.name) + " has two rules with the name " + quoted(reading.rule.name))
            .label = "first at " + text(c.findings.position(first->second.offset));
      }
    } else {
      reading.rule.name = into.slice.name + "[" + std::to_string(i) + "]";
    }
    c.weight += weight_of(reading.rule);
    if (c.weight > most_weight) {
      c.findings.add(Code::too_big, item.at,
                     "the rules up to here stand for more than " + std::to_string(most_weight) + " matches and ports");
      return;
    }
    // A rule that was not understood would only make wrong findings about the policy.
    if (c.findings.errors() == before) into.slice.flowspace.push_back(std::move(reading.rule));
  }
}

void read_expand(Context& c, const json::Value& value, Limits& into) {
  const auto count = count_of(c.findings, value, "\"expand\"", 1, 65536);
  if (count) into.expand = static_cast<std::uint32_t>(*count);
}

void read_flows(Context& c, const json::Value& value, Limits& into) {
  const auto count = count_of(c.findings, value, "\"flows\"", 1, 0xffffffff);
  if (count) into.flows = static_cast<std::uint32_t>(*count);
}

constexpr Key<Limits> limit_keys[] = {{"expand", read_expand},  {"flows", read_flows},   {"flows_per_switch", nullptr},
                                      {"flow_mods", nullptr},   {"packet_ins", nullptr}, {"packet_outs", nullptr},
                                      {"queue_bytes", nullptr}, {"on_excess", nullptr}};

void read_limits_of(Context& c, const json::Value& value, const std::string& whose, Limits& into) {
  const std::string what = "the limits of " + whose;
  const json::Object* object = object_of(c.findings, value, what);
  if (object != nullptr) read_object<Limits, Context>(c, *object, value.at, what, limit_keys, into);
}

void read_outside_of(Context& c, const json::Value& value, Outside& into) {
  constexpr std::string_view words[] = {"intersect", "reject"};
  const auto word = word_of(c.findings, value, "\"outside\"", words);
  if (word) into = *word == 1 ? Outside::reject : Outside::intersect;
}

void read_limits(Context& c, const json::Value& value, SliceReading& into) {
  read_limits_of(c, value, "slice " + quoted(into.slice.name), into.slice.limits);
}

void read_outside(Context& c, const json::Value& value, SliceReading& into) {
  read_outside_of(c, value, into.slice.outside);
}

void read_default_limits(Context& c, const json::Value& value, SliceDefaults& into) {
  read_limits_of(c, value, "\"defaults\"", into.limits);
}

void read_default_outside(Context& c, const json::Value& value, SliceDefaults& into) {
  read_outside_of(c, value, into.outside);
}

constexpr Key<SliceDefaults> default_keys[] = {{"limits", read_default_limits},
                                               {"outside", read_default_outside},
                                               {"when_controller_down", nullptr},
                                               {"lldp", nullptr}};

void read_number(Context& c, const json::Value& value, SliceReading& into) {
  const auto number = number_of(c.findings, value, "the \"id\" of a slice", 1, 0x7fff);
  if (number) into.slice.number = static_cast<std::uint16_t>(*number);
}

constexpr Key<SliceReading> slice_keys[] = {{"owner", read_owner},
                                            {"description", read_description},
                                            {"controllers", read_controllers, required},
                                            {"flowspace", read_flowspace, required},
                                            {"limits", read_limits},
                                            {"outside", read_outside},
                                            {"id", read_number},
                                            {"state", nullptr},
                                            {"expires", nullptr},
                                            {"tables", nullptr},
                                            {"groups", nullptr},
                                            {"meters", nullptr},
                                            {"view", nullptr},
                                            {"allow", nullptr},
                                            {"lldp", nullptr},
                                            {"when_controller_down", nullptr}};

}  // namespace

void read_defaults(Context& c, const json::Value& value) {
  const json::Object* object = object_of(c.findings, value, "\"defaults\"");
  if (object == nullptr) return;
  read_object<SliceDefaults, Context>(c, *object, value.at, "\"defaults\"", default_keys, c.defaults);
}

void read_slices(Context& c, const json::Value& value) {
  const json::Object* slices = object_of(c.findings, value, "\"slices\"");
  if (slices == nullptr) return;
  if (slices->size() + c.document.slices.size() > most_of_a_kind) {
    c.findings.add(Code::too_big, value.at, "more than " + std::to_string(most_of_a_kind) + " slices");
    return;
  }
  for (const json::Member& member : *slices) {
    if (member.key.starts_with("x-")) continue;
    const Findings::Step step{c.findings, member.key};
    (void)check_name(c.findings, member.key, member.at, "slice");
    SliceReading into;
    into.slice.at = c.findings.position(member.at.offset);
    into.slice.name = member.key;
    const auto [first, fresh] = c.slices.emplace(member.key, into.slice.at);
    if (!fresh) report_second(c, member, "slice", first->second);
    into.slice.limits = c.defaults.limits;
    into.slice.outside = c.defaults.outside;
    const std::string what = "slice " + quoted(member.key);
    if (const json::Object* object = object_of(c.findings, member.value, what)) {
      read_object<SliceReading, Context>(c, *object, member.at, what, slice_keys, into);
    }
    c.document.slices.push_back(std::move(into.slice));
  }
}

}  // namespace sluice::policy
