// What the questions to a compiled policy cost: which header has this packet, which part of this match is the slice's,
// and what it takes to be able to answer. Beside each stands a walk over the list, which is how one would do it
// plainly.

#include <optional>
#include <string>

#include <benchmark/benchmark.h>

#include "bench/policy_fixture.hpp"
#include "bench/rule_sets.hpp"
#include "policy/box_list.hpp"
#include "policy/packed.hpp"

namespace {

using namespace sluice;
using namespace sluice::ofmsg;
using namespace sluice::bench;

// --- packets ---------------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> walk(const std::vector<Match>& headers, const PacketKey& key) {
  for (std::uint32_t n = 0; n < headers.size(); ++n) {
    if (matches(headers[n], key)) return n;
  }
  return std::nullopt;
}

void classify(benchmark::State& state, RuleKind kind, Fields fields) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)), fields);
  for (std::size_t i = 0; i < 100; ++i) {
    if (rules.index.first(rules.packets[i]) != walk(rules.headers, rules.packets[i])) give_up("index and walk differ");
  }
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(rules.index.first(rules.packets[i++ % packet_count]));
}

void classify_by_walk(benchmark::State& state, RuleKind kind) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(walk(rules.headers, rules.packets[i++ % packet_count]));
}

// The part of classify that is the same for every list with these fields.
void pack_key(benchmark::State& state, RuleKind kind, Fields fields) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)), fields);
  const policy::PackedLayout layout{rules.pointers};
  std::vector<policy::Word> words(layout.words());
  std::size_t i = 0;
  for (auto _ : state) {
    layout.pack(rules.packets[i++ % packet_count], words);
    benchmark::DoNotOptimize(words.data());
    benchmark::ClobberMemory();
  }
  state.counters["words"] = static_cast<double>(layout.words());
}

void build_index(benchmark::State& state, RuleKind kind) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(policy::BoxIndex{rules.pointers});
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// --- clipping --------------------------------------------------------------------------------------------------------

// One exact flow; a /16 of sources; everything.
enum class Width { narrow, medium, wide };

Match match_of(Width width, const PacketKey& key) {
  Match m;
  if (width == Width::wide) return m;
  m.set(Field::eth_type, eth_type::ipv4);
  if (width == Width::medium) return m.set(Field::ipv4_src, key.get(Field::ipv4_src), u128(0xffff0000));
  for (const Field field : {Field::vlan_vid, Field::eth_src, Field::eth_dst, Field::ipv4_src, Field::ipv4_dst}) {
    m.set(field, key.get(field));
  }
  return m;
}

std::vector<policy::Box> boxes_of(const Rules& rules) {
  std::vector<policy::Box> boxes;
  boxes.reserve(rules.headers.size());
  for (const Match& header : rules.headers) boxes.push_back({header, policy::RuleId{0}});
  return boxes;
}

void clip(benchmark::State& state, RuleKind kind, Width width) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)));
  const policy::BoxList list{boxes_of(rules)};
  std::vector<Match> matches;
  for (const PacketKey& key : rules.packets) matches.push_back(match_of(width, key));
  std::size_t i = 0, pieces = 0;
  for (auto _ : state) {
    const auto parts = list.common(matches[i++ % packet_count]);
    pieces += parts.size();
    benchmark::DoNotOptimize(parts);
  }
  state.counters["pieces"] = static_cast<double>(pieces) / static_cast<double>(i);
}

void clip_by_walk(benchmark::State& state, RuleKind kind, Width width) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)));
  std::vector<Match> matches;
  for (const PacketKey& key : rules.packets) matches.push_back(match_of(width, key));
  std::size_t i = 0;
  for (auto _ : state) {
    std::vector<Match> parts;
    const Match& match = matches[i++ % packet_count];
    for (const Match& header : rules.headers) {
      if (auto part = intersect(match, header)) parts.push_back(*std::move(part));
    }
    benchmark::DoNotOptimize(parts);
  }
}

// --- memory ----------------------------------------------------------------------------------------------------------

void memory_of_index(benchmark::State& state, RuleKind kind) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)));
  measure_memory(state, [&rules] { return policy::BoxIndex{rules.pointers}; });
}

void memory_of_list(benchmark::State& state, RuleKind kind) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)));
  measure_memory(state, [&rules] { return policy::BoxList{boxes_of(rules)}; });
}

void for_sizes(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(100)->Arg(1000)->Arg(10000)->Arg(100000); }

void for_small_sizes(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(100)->Arg(1000)->Arg(10000); }

void for_large_sizes(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(10000)->Arg(100000); }

BENCHMARK_CAPTURE(classify, tenant, RuleKind::tenant, Fields::of_kind)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify, acl, RuleKind::acl, Fields::of_kind)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify, fw, RuleKind::fw, Fields::of_kind)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify, ipc, RuleKind::ipc, Fields::of_kind)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify, tenant_every_field, RuleKind::tenant, Fields::every)->Apply(for_large_sizes);
BENCHMARK_CAPTURE(classify, acl_every_field, RuleKind::acl, Fields::every)->Apply(for_large_sizes);
BENCHMARK_CAPTURE(pack_key, tenant, RuleKind::tenant, Fields::of_kind)->ArgName("rules")->Arg(10000);
BENCHMARK_CAPTURE(pack_key, acl, RuleKind::acl, Fields::of_kind)->ArgName("rules")->Arg(10000);
BENCHMARK_CAPTURE(pack_key, tenant_every_field, RuleKind::tenant, Fields::every)->ArgName("rules")->Arg(10000);
BENCHMARK_CAPTURE(classify_by_walk, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(build_index, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(build_index, acl, RuleKind::acl)->Apply(for_sizes);
BENCHMARK_CAPTURE(build_index, fw, RuleKind::fw)->Apply(for_sizes);
BENCHMARK_CAPTURE(clip, tenant_narrow, RuleKind::tenant, Width::narrow)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, tenant_medium, RuleKind::tenant, Width::medium)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, tenant_wide, RuleKind::tenant, Width::wide)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, acl_narrow, RuleKind::acl, Width::narrow)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, acl_medium, RuleKind::acl, Width::medium)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip_by_walk, tenant_narrow, RuleKind::tenant, Width::narrow)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip_by_walk, tenant_wide, RuleKind::tenant, Width::wide)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(memory_of_index, tenant, RuleKind::tenant)->Apply(for_memory);
BENCHMARK_CAPTURE(memory_of_index, acl, RuleKind::acl)->Apply(for_memory);
BENCHMARK_CAPTURE(memory_of_list, tenant, RuleKind::tenant)->Apply(for_memory);
BENCHMARK_CAPTURE(memory_of_list, acl, RuleKind::acl)->Apply(for_memory_of_overlapping);

}  // namespace

int main(int argc, char** argv) {
  benchmark::AddCustomContext("beside it", SLUICE_BESIDE);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
