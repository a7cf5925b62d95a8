// Test cases, a thousand of them in one file: reading it, and running them. Each figure stands beside what it cannot do
// without (a world for each case, the reading of each message) and beside what it would cost to do things again that
// are done once: reading a message in every run, compiling the slice file for every case.

#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "policy/compile.hpp"
#include "policy/document.hpp"
#include "slicing/replay/case_run.hpp"

namespace {

using namespace sluice;
namespace replay = slicing::replay;

constexpr int case_count = 1000;

constexpr std::string_view slices = R"({
  "version": 1,
  "switches": { "s1": { "dpid": 1 }, "s2": { "dpid": 2 } },
  "slices": {
    "video": {
      "controllers": ["tcp:192.0.2.11", { "at": "tcp:192.0.2.12", "standby": true }],
      "flowspace": [
        { "on": { "s1": [1, 24], "s2": [1, 2] }, "match": { "vlan": "100-103" } },
        { "on": { "s1": [2, 24] }, "match": "dl_vlan=120,ip,nw_dst=10.1.0.0/16" }
      ]
    },
    "sensors": { "controllers": ["tcp:192.0.2.21"],
                 "flowspace": [{ "on": { "s1": [3, 4] }, "match": ["ip,nw_dst=10.7.0.0/16", "arp"] }] },
    "monitor": { "controllers": ["tcp:192.0.2.31"],
                 "flowspace": [{ "on": { "s1": "*" }, "match": "any", "access": "read" }] }
  }
})";

// A flow, a refusal, a packet and a question with its answer, in turn.
std::string steps(int number) {
  switch (number % 4) {
    case 0:
      return fmt::format(
          "  video@s1 > flow_mod priority={0},in_port=1,dl_vlan=100,actions=output:24\n"
          "  s1 < flow_mod priority={0},send_flow_rem,reset_counts,in_port=1,dl_vlan=100,actions=output:24\n",
          number);
    case 1:
      return "  video@s1 > flow_mod priority=9,dl_vlan=300,actions=drop xid=0x71\n"
             "  video@s1 < error FLOW_MOD_FAILED EPERM xid=0x71\n";
    case 2:
      return fmt::format(
          "  s1 > packet_in in_port=1 data=<tcp,dl_vlan=100,tp_dst={}>\n  video@s1 < ~packet_in in_port=1\n"
          "  monitor@s1 < ~packet_in in_port=1\n",
          number);
    default:
      return "  video@s1 > flow_stats_request xid=8\n  s1 < ~flow_stats_request xid=$x\n"
             "  s1 > flow_stats_reply xid=$x\n  video@s1 < ~flow_stats_reply xid=8\n";
  }
}

std::string file_of_cases(bool with_steps) {
  std::string text = fmt::format("config {}\nswitch s1 ports 1 2 3 4 24\n", slices);
  for (int i = 0; i < case_count; ++i) {
    text += fmt::format("test \"case {}\" {{\n{}  nothing else\n}}\n", i, with_steps ? steps(i) : "");
  }
  return text;
}

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "cases_bench: {}\n", why);
  std::exit(1);
}

replay::CaseFile parsed(const std::string& text) {
  replay::CaseFile file = replay::parse_cases(text);
  if (!file.errors.empty()) give_up(file.errors.front().message);
  return file;
}

std::shared_ptr<const policy::Snapshot> compiled(const std::string& text) {
  const policy::Compiled out = policy::compile(policy::parse(text, "slices.json"));
  if (!out.snapshot) give_up("the slice file has errors");
  return out.snapshot;
}

// Every case, or the benchmark ends.
void run_all(const replay::CaseFile& file, const replay::LoadPolicy& load) {
  for (const replay::Case& c : file.cases) {
    const replay::Outcome outcome = replay::run_case(file, c, load);
    if (outcome.failure) give_up(outcome.failure->what);
  }
}

void count(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * case_count); }

replay::LoadPolicy compiled_once() {
  return [snapshot = compiled(std::string{slices})](const replay::PolicySource&, const policy::Snapshot*)
             -> ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string> { return snapshot; };
}

void read_cases(benchmark::State& state) {
  const std::string text = file_of_cases(true);
  for (auto _ : state) benchmark::DoNotOptimize(parsed(text));
  count(state);
}

// What is least needed to read them: the messages alone.
void read_messages_only(benchmark::State& state) {
  const replay::CaseFile file = parsed(file_of_cases(true));
  for (auto _ : state) {
    for (const replay::Case& c : file.cases) {
      for (const replay::Step& step : c.steps) {
        if (step.spelling) benchmark::DoNotOptimize(replay::parse_spelling(step.message, ofmsg::v1_3));
      }
    }
  }
  count(state);
}

void run_cases(benchmark::State& state) {
  const replay::CaseFile file = parsed(file_of_cases(true));
  const replay::LoadPolicy load = compiled_once();
  for (auto _ : state) run_all(file, load);
  count(state);
}

// What is least needed to run them: a world for each, with its switch and its controllers.
void run_empty_cases(benchmark::State& state) {
  const replay::CaseFile file = parsed(file_of_cases(false));
  const replay::LoadPolicy load = compiled_once();
  for (auto _ : state) run_all(file, load);
  count(state);
}

void run_reading_each_time(benchmark::State& state) {
  replay::CaseFile file = parsed(file_of_cases(true));
  for (replay::Case& c : file.cases) {
    for (replay::Step& step : c.steps) step.spelling.reset();
  }
  const replay::LoadPolicy load = compiled_once();
  for (auto _ : state) run_all(file, load);
  count(state);
}

void run_compiling_each_time(benchmark::State& state) {
  const replay::CaseFile file = parsed(file_of_cases(true));
  const auto load = [](const replay::PolicySource& source,
                       const policy::Snapshot*) -> ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string> {
    return compiled(source.text);
  };
  for (auto _ : state) run_all(file, load);
  count(state);
}

BENCHMARK(read_cases)->Unit(benchmark::kMillisecond);
BENCHMARK(read_messages_only)->Unit(benchmark::kMillisecond);
BENCHMARK(run_cases)->Unit(benchmark::kMillisecond);
BENCHMARK(run_empty_cases)->Unit(benchmark::kMillisecond);
BENCHMARK(run_reading_each_time)->Unit(benchmark::kMillisecond);
BENCHMARK(run_compiling_each_time)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
