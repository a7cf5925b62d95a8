// What a whole slice file costs: reading it, compiling it, binding it to a switch, going over to it with one rule
// changed, and the memory of what comes out.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/policy_fixture.hpp"
#include "bench/rule_sets.hpp"
#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "policy/document.hpp"
#include "policy/snapshot.hpp"

namespace {

using namespace sluice;
using namespace sluice::ofmsg;
using namespace sluice::bench;

// --- slice files -----------------------------------------------------------------------------------------------------

// For each slice the matches of its rules.
using Flowspaces = std::vector<std::vector<std::string>>;

// Every rule is at two ports of one switch.
std::string file_of(const Flowspaces& slices) {
  std::string text;
  for (std::size_t s = 0; s < slices.size(); ++s) {
    std::string rules;
    for (const std::string& match : slices[s]) {
      rules += fmt::format(R"({}{{"on":{{"s1":[1,2]}},"match":"{}"}})", rules.empty() ? "" : ",", match);
    }
    text += fmt::format(R"({}"s{}":{{"id":{},"controllers":["tcp:127.0.0.1:1"],"flowspace":[{}]}})", s == 0 ? "" : ",",
                        s, s + 1, rules);
  }
  return fmt::format(R"({{"version":1,"proxy":{{"listen":["ptcp:6653"]}},)"
                     R"("switches":{{"s1":{{"dpid":"0x1"}}}},"slices":{{{}}}}})",
                     text);
}

// So many rules, each with the VLAN of its slice and a source prefix of its own; the one in the middle as given.
std::string file_of(const benchmark::State& state, std::string_view middle = {}) {
  const auto rules = static_cast<std::size_t>(state.range(0));
  const auto slices = static_cast<std::size_t>(state.range(1));
  Flowspaces flowspaces(slices);
  for (std::size_t r = 0; r < rules; ++r) {
    const std::size_t n = r / slices;
    const std::string source = fmt::format("10.{}.{}.0/24", n / 256, n % 256);
    flowspaces[r % slices].push_back(
        fmt::format("dl_vlan={},ip,nw_src={}", r % slices + 1, r == rules / 2 && !middle.empty() ? middle : source));
  }
  return file_of(flowspaces);
}

// The rules of a set. Those of tenants belong to ten slices, each with VLANs of its own; others are all one slice's, as
// they overlap.
std::string file_of(RuleKind kind, std::size_t count) {
  Flowspaces flowspaces(kind == RuleKind::tenant ? 10 : 1);
  for (const Match& header : rules_of(kind, count).headers) {
    const Term* vlan = header.find(Field::vlan_vid);
    flowspaces[vlan == nullptr ? 0 : vlan->value.lo % flowspaces.size()].push_back(text(header));
  }
  return file_of(flowspaces);
}

policy::Document read(const std::string& file) { return policy::parse(file, "bench"); }

std::shared_ptr<const policy::Snapshot> compiled(const policy::Document& document,
                                                 const policy::Snapshot* previous = nullptr) {
  auto done = policy::compile(document, previous);
  if (!done.snapshot) give_up(policy::render(done.findings, document.texts, false));
  return done.snapshot;
}

policy::SwitchView bound(const policy::Snapshot& snapshot) {
  std::vector<Port> ports(2);
  ports[0].number = PortNo{1};
  ports[1].number = PortNo{2};
  return snapshot.bind(policy::SwitchId{0}, ports, v1_3);
}

// --- time ------------------------------------------------------------------------------------------------------------

void read_policy(benchmark::State& state) {
  const std::string file = file_of(state);
  for (auto _ : state) benchmark::DoNotOptimize(read(file));
}

void compile_policy(benchmark::State& state) {
  const auto document = read(file_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(compiled(document));
}

void bind_policy(benchmark::State& state) {
  const auto snapshot = compiled(read(file_of(state)));
  for (auto _ : state) benchmark::DoNotOptimize(bound(*snapshot));
}

// From a file that has been read to a switch that is asked by it, while what was before is still there.
void change_one_rule(benchmark::State& state, std::string_view to) {
  const auto before = compiled(read(file_of(state)));
  const auto view_before = bound(*before);
  const auto document = read(file_of(state, to));
  for (auto _ : state) {
    const auto after = compiled(document, before.get());
    benchmark::DoNotOptimize(bound(*after));
  }
}

// --- memory ----------------------------------------------------------------------------------------------------------

void memory_of_snapshot(benchmark::State& state, RuleKind kind) {
  const auto document = read(file_of(kind, static_cast<std::size_t>(state.range(0))));
  measure_memory(state, [&document] { return compiled(document); });
}

void memory_of_view(benchmark::State& state, RuleKind kind) {
  const auto snapshot = compiled(read(file_of(kind, static_cast<std::size_t>(state.range(0)))));
  measure_memory(state, [&snapshot] { return bound(*snapshot); });
}

void for_files(benchmark::internal::Benchmark* b) {
  b->ArgNames({"rules", "slices"})->Unit(benchmark::kMillisecond);
  for (const std::int64_t slices : {10, 1000}) {
    for (const std::int64_t rules : {100, 1000, 10000, 100000}) {
      if (rules >= slices) b->Args({rules, slices});
    }
  }
}

BENCHMARK(read_policy)->Apply(for_files);
BENCHMARK(compile_policy)->Apply(for_files);
BENCHMARK(bind_policy)->Apply(for_files);
BENCHMARK_CAPTURE(change_one_rule, other_address, "11.0.0.0/24")->Apply(for_files);
BENCHMARK_CAPTURE(change_one_rule, longer_prefix, "11.0.0.0/25")->Apply(for_files);
BENCHMARK_CAPTURE(memory_of_snapshot, tenant, RuleKind::tenant)->Apply(for_memory);
BENCHMARK_CAPTURE(memory_of_snapshot, acl, RuleKind::acl)->Apply(for_memory);
BENCHMARK_CAPTURE(memory_of_view, tenant, RuleKind::tenant)->Apply(for_memory);
BENCHMARK_CAPTURE(memory_of_view, acl, RuleKind::acl)->Apply(for_memory_of_overlapping);

}  // namespace
