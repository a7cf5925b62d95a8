// The "flowspace" of a slice: its rules.

#include <algorithm>

#include "policy/document_match.hpp"
#include "policy/document_ports.hpp"
#include "policy/document_slice_parts.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t most_weight = 1000000;  // of all rules together

struct RuleReading {
  DocumentRule rule;
  json::Span name_at;
};

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

void read_priority(Context& c, const json::Value& value, RuleReading& into) {
  const auto number = number_of(c.findings, value, "\"priority\"", 0, 0xffffffff);
  if (number) into.rule.priority = static_cast<std::uint32_t>(*number);
}

// --- queues ----------------------------------------------------------------------------------------------------------

// Above it are queues with a meaning of their own.
constexpr std::uint64_t last_queue = 0xfffffffe;

struct QueueReading {
  Queues queues;
  json::Span forced_at;
};

void read_queue_list(Context& c, const json::Value& value, QueueReading& into) {
  const json::Array* list = list_of(c.findings, value, "\"allow\"");
  if (list == nullptr) return;
  std::vector<std::uint32_t>& allowed = into.queues.allowed;
  for (const json::Value& item : *list) {
    const auto queue = number_of(c.findings, item, "a queue", 0, last_queue);
    if (queue) allowed.push_back(static_cast<std::uint32_t>(*queue));
  }
  std::sort(allowed.begin(), allowed.end());
  allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
}

void read_forced_queue(Context& c, const json::Value& value, QueueReading& into) {
  const auto queue = number_of(c.findings, value, "\"force\"", 0, last_queue);
  if (queue) into.queues.forced = static_cast<std::uint32_t>(*queue);
  into.forced_at = value.at;
}

constexpr Key<QueueReading> queue_keys[] = {
    {{"allow", "[number]", optional, "queues that the slice may use, and whose settings and counters it may ask for"},
     read_queue_list},
    {{"force", "number", optional,
      "one of them: where a controller chooses no queue, what leaves these ports goes to this one"},
     read_forced_queue}};

void read_queues(Context& c, const json::Value& value, RuleReading& into) {
  const json::Object* object = object_of(c.findings, value, "\"queues\"");
  if (object == nullptr) return;
  QueueReading reading;
  const std::size_t before = c.findings.errors();
  read_object<QueueReading, Context>(c, *object, value.at, "\"queues\"", queue_keys, reading);
  const std::optional<std::uint32_t> forced = reading.queues.forced;
  if (forced && c.findings.errors() == before && !reading.queues.allows(*forced)) {
    const Findings::Step step{c.findings, "force"};
    c.findings
        .add(Code::forbidden_queue, reading.forced_at,
             "queue " + std::to_string(*forced) + " is forced, but not allowed")
        .label = "put it into \"allow\", too";
  }
  into.rule.queues = std::move(reading.queues);
}

constexpr Key<RuleReading> rule_keys[] = {
    {{"name", "name", optional, "for messages. Default: `SLICE[INDEX]`"}, read_rule_name},
    {{"on", "on", required,
      "where: `\"*\"` is every physical port of every switch, `[\"s1\", \"s2\"]` every physical port of these, "
      "`{ \"s1\": PORTS }` says which"},
     read_rule_on},
    {{"match", "match", required, "which packets"}, read_rule_match},
    {{"access", "'write'|'read'", optional,
      "`write` (default), or `read`: sees packets and statistics, changes nothing, and is never in the way of others"},
     read_access},
    {{"priority", "number", optional,
      "where rules of different slices may write the same packet, the one with the higher number has it; it needs "
      "`proxy.overlap` to be `priority`"},
     read_priority},
    {{"queues", "queues", optional,
      "which queues of its ports the slice may use; what several rules say of one port adds up. Default: none"},
     read_queues}};

std::size_t weight_of(const DocumentRule& rule) {
  std::size_t weight = rule.match.size() + rule.on.size() + rule.queues.allowed.size();
  for (const auto& [name, ports] : rule.on) {
    if (const auto* refs = std::get_if<std::vector<PortRef>>(&ports)) weight += refs->size();
  }
  return weight;
}

}  // namespace

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

void describe_rules(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<RuleReading, Context>("rule", rule_keys));
  objects.push_back(facts_of<QueueReading, Context>("queues", queue_keys));
}

}  // namespace sluice::policy
