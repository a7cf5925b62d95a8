// The "limits" of slices, what they are by "defaults", and what happens when a controller is away.

#include <limits>

#include "policy/document_parts.hpp"
#include "policy/document_units.hpp"

namespace sluice::policy {
namespace {

template <std::uint32_t Limits::*limit, std::uint32_t most>
void read_number_of(Context& c, const json::Value& value, Limits& into, std::string_view what) {
  const auto count = count_of(c.findings, value, what, 1, most);
  if (count) into.*limit = static_cast<std::uint32_t>(*count);
}

constexpr std::uint32_t any_number = std::numeric_limits<std::uint32_t>::max();

void read_expand(Context& c, const json::Value& value, Limits& into) {
  read_number_of<&Limits::expand, 65536>(c, value, into, "\"expand\"");
}

void read_flows(Context& c, const json::Value& value, Limits& into) {
  read_number_of<&Limits::flows, any_number>(c, value, into, "\"flows\"");
}

void read_flows_per_switch(Context& c, const json::Value& value, Limits& into) {
  read_number_of<&Limits::flows_per_switch, any_number>(c, value, into, "\"flows_per_switch\"");
}

// --- rates -----------------------------------------------------------------------------------------------------------

void read_rate_itself(Context& c, const json::Value& value, Unused&) { (void)rate_of(c.findings, value, "\"rate\""); }

void read_burst(Context& c, const json::Value& value, Unused&) {
  (void)count_of(c.findings, value, "\"burst\"", 1, any_number);
}

constexpr UnusedKey rate_keys[] = {{{"rate", "rate", required, "how many in a time"}, read_rate_itself},
                                   {{"burst", "count", optional, "how many at once"}, read_burst}};

void read_rate(Context& c, const json::Value& value, Limits&) {
  Unused unused;
  if (const auto* object = value.as<json::Object>()) {
    read_object<Unused, Context>(c, *object, value.at, "a rate", rate_keys, unused);
  } else {
    (void)rate_of(c.findings, value, "a rate");
  }
}

void read_queue_bytes(Context& c, const json::Value& value, Limits&) {
  (void)size_of(c.findings, value, "\"queue_bytes\"");
}

void read_on_excess(Context& c, const json::Value& value, Limits&) {
  constexpr std::string_view words[] = {"delay", "error", "drop"};
  (void)word_of(c.findings, value, "\"on_excess\"", words);
}

constexpr Key<Limits> limit_keys[] = {
    {{"expand", "count", optional, "how many flows in a switch one flow of a controller may become. Default: 64"},
     read_expand},
    {{"flows", "count", optional, "how many flows the slice may have on all switches together. Default: no limit"},
     read_flows},
    {{"flows_per_switch", "count", optional, "how many flows the slice may have on one switch. Default: 100k"},
     read_flows_per_switch},
    {{"flow_mods", "rate|rate_with_burst", later, "how fast flow_mods may come"}, read_rate},
    {{"packet_ins", "rate|rate_with_burst", later, "how fast packet_ins go to a controller"}, read_rate},
    {{"packet_outs", "rate|rate_with_burst", later, "how fast packet_outs may come"}, read_rate},
    {{"queue_bytes", "size", later, "how much may wait for a controller"}, read_queue_bytes},
    {{"on_excess", "'delay'|'error'|'drop'", later, "what becomes of what is too fast"}, read_on_excess}};

// --- when no controller is there ---------------------------------------------------------------------------------

struct Absence {
  const json::Value* first = nullptr;
  bool then = false, after = false;
};

constexpr std::string_view absence_words[] = {"keep", "drop", "flush"};

void read_do(Context& c, const json::Value& value, Absence& into) {
  const auto word = word_of(c.findings, value, "\"do\"", absence_words);
  if (word && *word > 0) into.first = &value;
}

void read_then(Context& c, const json::Value& value, Absence& into) {
  (void)word_of(c.findings, value, "\"then\"", absence_words);
  into.then = true;
}

void read_after(Context& c, const json::Value& value, Absence& into) {
  (void)duration_of(c.findings, value, "\"after\"");
  into.after = true;
}

void read_drop_rules(Context& c, const json::Value& value, Absence&) {
  constexpr std::string_view words[] = {"exact", "rule"};
  (void)word_of(c.findings, value, "\"drop_rules\"", words);
}

constexpr Key<Absence> absence_keys[] = {
    {{"do", "'keep'|'drop'|'flush'", required,
      "`keep` leaves the flows as they are, which is what happens without the key too. "
      "`drop` and `flush` are not supported yet"},
     read_do},
    {{"then", "'keep'|'drop'|'flush'", later, "what to do after a while"}, read_then},
    {{"after", "duration", later, "how long that while is"}, read_after},
    {{"drop_rules", "'exact'|'rule'", later,
      "what `drop` installs: a flow for each `rule`, or `exact` ones as packets come"},
     read_drop_rules}};

}  // namespace

void read_limits(Context& c, const json::Value& value, const std::string& whose, Limits& into) {
  const std::string what = "the limits of " + whose;
  const json::Object* object = object_of(c.findings, value, what);
  if (object != nullptr) read_object<Limits, Context>(c, *object, value.at, what, limit_keys, into);
}

void read_absence(Context& c, const json::Value& value) {
  const json::Object* object = object_of(c.findings, value, "\"when_controller_down\"");
  if (object == nullptr) return;
  Absence absence;
  read_object<Absence, Context>(c, *object, value.at, "\"when_controller_down\"", absence_keys, absence);
  if (absence.then != absence.after) {
    c.findings.add(Code::missing_key, value.at, "\"then\" and \"after\" go together");
  }
  if (absence.first != nullptr) {
    c.findings.unsupported(absence.first->at, "\"do\": " + quoted(*absence.first->as<std::string>()));
  }
}

void describe_limits(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<Limits, Context>("limits", limit_keys));
  objects.push_back(facts_of<Unused, Context>("rate_with_burst", rate_keys));
  objects.push_back(facts_of<Absence, Context>("absence", absence_keys));
}

}  // namespace sluice::policy
