// The "limits" of slices, what they are by "defaults", and what happens when a controller is away.

#include <algorithm>
#include <chrono>
#include <cmath>
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

struct RateReading {
  std::optional<double> per_second;
  std::optional<std::uint64_t> burst;
};

void read_rate_itself(Context& c, const json::Value& value, RateReading& into) {
  into.per_second = rate_of(c.findings, value, "\"rate\"");
}

void read_burst(Context& c, const json::Value& value, RateReading& into) {
  into.burst = count_of(c.findings, value, "\"burst\"", 1, any_number);
}

constexpr Key<RateReading> rate_keys[] = {
    {{"rate", "rate", required, "how many in a time"}, read_rate_itself},
    {{"burst", "count", optional, "how many at once. Default: those of one second"}, read_burst}};

template <Rate Limits::*limit>
void read_rate(Context& c, const json::Value& value, Limits& into) {
  RateReading reading;
  if (const auto* object = value.as<json::Object>()) {
    read_object<RateReading, Context>(c, *object, value.at, "a rate", rate_keys, reading);
  } else {
    reading.per_second = rate_of(c.findings, value, "a rate");
  }
  if (!reading.per_second) return;
  // At least one in a day, at most one in a nanosecond.
  constexpr double nanoseconds = 1e9;
  constexpr double least = 1.0 / 86400;
  if (*reading.per_second < least || *reading.per_second > nanoseconds) {
    c.findings.add(Code::out_of_range, value.at, "a rate is at least 1/day and at most 1G/s");
    return;
  }
  const double second = std::clamp(std::floor(*reading.per_second), 1.0, double{any_number});
  into.*limit = {std::chrono::nanoseconds{static_cast<std::int64_t>(nanoseconds / *reading.per_second)},
                 static_cast<std::uint32_t>(reading.burst.value_or(static_cast<std::uint64_t>(second)))};
}

void read_queue_bytes(Context& c, const json::Value& value, Limits& into) {
  const auto bytes = size_of(c.findings, value, "\"queue_bytes\"");
  if (!bytes) return;
  constexpr std::uint64_t least = 256U << 10U;  // some of the longest messages
  constexpr std::uint64_t most = 1U << 30U;
  if (*bytes < least || *bytes > most) {
    c.findings.add(Code::out_of_range, value.at, "\"queue_bytes\" is at least 256 KiB and at most 1 GiB");
    return;
  }
  into.queue_bytes = static_cast<std::uint32_t>(*bytes);
}

void read_on_excess(Context& c, const json::Value& value, Limits& into) {
  constexpr std::string_view words[] = {"delay", "error"};
  const auto word = word_of(c.findings, value, "\"on_excess\"", words);
  if (word) into.on_excess = *word == 0 ? Excess::delay : Excess::error;
}

void read_entries(Context& c, const json::Value& value, Limits& into) {
  read_number_of<&Limits::entries_per_switch, any_number>(c, value, into, "\"entries_per_switch\"");
}

constexpr Key<Limits> limit_keys[] = {
    {{"expand", "count", optional, "how many flows in a switch one flow of a controller may become. Default: 64"},
     read_expand},
    {{"flows", "count", optional, "how many flows the slice may have on all switches together. Default: 1M"},
     read_flows},
    {{"flows_per_switch", "count", optional, "how many flows the slice may have on one switch. Default: 100k"},
     read_flows_per_switch},
    {{"entries_per_switch", "count", optional,
      "how many entries of one switch's table its flows may become together. Default: 200k"},
     read_entries},
    {{"flow_mods", "rate|rate_with_burst", optional,
      "how fast flow_mods may come, for each switch; one counts for as many as it becomes. Default: 200k/s"},
     read_rate<&Limits::flow_mods>},
    {{"packet_ins", "rate|rate_with_burst", optional,
      "how fast packet_ins go to its controllers, from each switch; those above are dropped. Default: 200k/s"},
     read_rate<&Limits::packet_ins>},
    {{"packet_outs", "rate|rate_with_burst", optional,
      "how fast packet_outs may come, for each switch. Default: 200k/s"},
     read_rate<&Limits::packet_outs>},
    {{"queue_bytes", "size", optional,
      "how many bytes may wait for one of its controllers on one switch. One that does not read is not read either "
      "once "
      "half of them wait, and is disconnected when all do. Default: 16M, at least 256k"},
     read_queue_bytes},
    {{"on_excess", "'delay'|'error'", optional,
      "what becomes of flow_mods and packet_outs that come too fast: `delay` (default) stops reading them for a while, "
      "`error` refuses them"},
     read_on_excess}};

// --- when no controller is there ---------------------------------------------------------------------------------

struct AbsenceReading {
  Absence absence;
  bool then = false;
};

constexpr std::string_view absence_words[] = {"keep", "drop", "flush"};

void read_do(Context& c, const json::Value& value, AbsenceReading& into) {
  const auto word = word_of(c.findings, value, "\"do\"", absence_words);
  if (word) into.absence.first = static_cast<Absence::Do>(*word);
}

void read_then(Context& c, const json::Value& value, AbsenceReading& into) {
  const auto word = word_of(c.findings, value, "\"then\"", absence_words);
  if (word) into.absence.then = static_cast<Absence::Do>(*word);
  into.then = true;
}

void read_after(Context& c, const json::Value& value, AbsenceReading& into) {
  into.absence.after = duration_of(c.findings, value, "\"after\"").value_or(Milliseconds{});
}

void read_drop_rules(Context& c, const json::Value& value, AbsenceReading& into) {
  constexpr std::string_view words[] = {"exact", "rule"};
  const auto word = word_of(c.findings, value, "\"drop_rules\"", words);
  if (word) into.absence.drops = static_cast<Absence::Drops>(*word);
}

constexpr Key<AbsenceReading> absence_keys[] = {
    {{"do", "'keep'|'drop'|'flush'", required,
      "`keep` leaves the flows as they are, which is what happens without the key too; `drop` also drops on the switch "
      "what none of them takes; `flush` deletes them"},
     read_do},
    {{"then", "'keep'|'drop'|'flush'", optional, "what to do after a while"}, read_then},
    {{"after", "duration", optional, "how long that while is"}, read_after},
    {{"drop_rules", "'exact'|'rule'", optional,
      "what `drop` installs: `exact` (default) flows of ten seconds as packets come, or one flow for each `rule`, "
      "which "
      "goes when a controller is back"},
     read_drop_rules}};

}  // namespace

void read_limits(Context& c, const json::Value& value, const std::string& whose, Limits& into) {
  const std::string what = "the limits of " + whose;
  const json::Object* object = object_of(c.findings, value, what);
  if (object != nullptr) read_object<Limits, Context>(c, *object, value.at, what, limit_keys, into);
}

void read_absence(Context& c, const json::Value& value, Absence& into) {
  const json::Object* object = object_of(c.findings, value, "\"when_controller_down\"");
  if (object == nullptr) return;
  AbsenceReading reading;
  read_object<AbsenceReading, Context>(c, *object, value.at, "\"when_controller_down\"", absence_keys, reading);
  if (reading.then != reading.absence.after.has_value()) {
    c.findings.add(Code::missing_key, value.at, "\"then\" and \"after\" go together");
  }
  into = reading.absence;
}

void describe_limits(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<Limits, Context>("limits", limit_keys));
  objects.push_back(facts_of<RateReading, Context>("rate_with_burst", rate_keys));
  objects.push_back(facts_of<AbsenceReading, Context>("absence", absence_keys));
}

}  // namespace sluice::policy
