// DPDK's classifier with the same rules and the same packets as `classify`, which policy_bench.cpp has.

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/policy_fixture.hpp"
#include "bench/rte_acl.hpp"
#include "bench/rule_sets.hpp"

namespace {

using namespace sluice;
using namespace sluice::bench;

// It is made for packets that come in bursts.
constexpr std::size_t burst = 32;
static_assert(packet_count % burst == 0);

struct Loaded {
  explicit Loaded(const Rules& rules) : classifier{rules.headers} {
    for (const ofmsg::PacketKey& packet : rules.packets) keys.push_back(RteAcl::key_of(packet));
    for (const RteAcl::Key& key : keys) pointers.push_back(&key);
    if (classifier.trouble().empty()) compare(rules);
  }

  // Asked in either way it must say what our own index says.
  void compare(const Rules& rules) const {
    std::vector<std::uint32_t> found(packet_count);
    classifier.first(pointers, found);
    for (std::size_t i = 0; i < packet_count; ++i) {
      const auto own = rules.index.first(rules.packets[i]);
      if (classifier.first(keys[i]) != own || found[i] != (own ? *own + 1 : 0)) give_up("index and rte_acl differ");
    }
  }

  RteAcl classifier;
  std::vector<RteAcl::Key> keys;
  std::vector<const RteAcl::Key*> pointers;
};

// Null if it could not be built, and then the benchmark has said so.
const Loaded* loaded(benchmark::State& state, RuleKind kind) {
  static std::map<std::tuple<RuleKind, std::size_t>, std::unique_ptr<const Loaded>> made;
  const auto count = static_cast<std::size_t>(state.range(0));
  auto& known = made[{kind, count}];
  if (!known) known = std::make_unique<const Loaded>(rules_of(kind, count));
  if (known->classifier.trouble().empty()) return known.get();
  state.SkipWithError(known->classifier.trouble().c_str());
  return nullptr;
}

// As `classify` does it: from a packet's fields.
void rte_acl_classify(benchmark::State& state, RuleKind kind) {
  const Loaded* acl = loaded(state, kind);
  if (acl == nullptr) return;
  const auto& packets = rules_of(kind, static_cast<std::size_t>(state.range(0))).packets;
  std::size_t i = 0;
  for (auto _ : state) {
    const RteAcl::Key key = RteAcl::key_of(packets[i++ % packet_count]);
    benchmark::DoNotOptimize(acl->classifier.first(key));
  }
}

// With keys made before.
void rte_acl_lookup(benchmark::State& state, RuleKind kind) {
  const Loaded* acl = loaded(state, kind);
  if (acl == nullptr) return;
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(acl->classifier.first(acl->keys[i++ % packet_count]));
}

// The same in bursts; the time is that of one packet.
void rte_acl_burst(benchmark::State& state, RuleKind kind) {
  const Loaded* acl = loaded(state, kind);
  if (acl == nullptr) return;
  const std::span pointers{acl->pointers};
  std::vector<std::uint32_t> found(burst);
  std::size_t i = 0;
  while (state.KeepRunningBatch(burst)) {
    acl->classifier.first(pointers.subspan(i, burst), found);
    benchmark::DoNotOptimize(found.data());
    i = (i + burst) % packet_count;
  }
}

void rte_acl_build(benchmark::State& state, RuleKind kind) {
  const Rules& rules = rules_of(kind, static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) bytes = RteAcl{rules.headers}.bytes();
  state.counters["bytes_per_rule"] = static_cast<double>(bytes) / static_cast<double>(state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void for_sizes(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(100)->Arg(1000)->Arg(10000)->Arg(100000); }

// What rte_acl can build in less than 15 s and the 256 MB that rte_acl.cpp allows: of 100,000 rules of `acl` it learns
// after a minute that they do not fit, and with 10,000 of `fw` it was not done after 100 s.
void up_to_1000(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(100)->Arg(1000); }

void up_to_10000(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(100)->Arg(1000)->Arg(10000); }

BENCHMARK_CAPTURE(rte_acl_classify, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(rte_acl_classify, acl, RuleKind::acl)->Apply(up_to_10000);
BENCHMARK_CAPTURE(rte_acl_classify, fw, RuleKind::fw)->Apply(up_to_1000);
BENCHMARK_CAPTURE(rte_acl_classify, ipc, RuleKind::ipc)->Apply(up_to_10000);
BENCHMARK_CAPTURE(rte_acl_lookup, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(rte_acl_lookup, acl, RuleKind::acl)->Apply(up_to_10000);
BENCHMARK_CAPTURE(rte_acl_lookup, fw, RuleKind::fw)->Apply(up_to_1000);
BENCHMARK_CAPTURE(rte_acl_lookup, ipc, RuleKind::ipc)->Apply(up_to_10000);
BENCHMARK_CAPTURE(rte_acl_burst, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(rte_acl_burst, acl, RuleKind::acl)->Apply(up_to_10000);
BENCHMARK_CAPTURE(rte_acl_burst, fw, RuleKind::fw)->Apply(up_to_1000);
BENCHMARK_CAPTURE(rte_acl_burst, ipc, RuleKind::ipc)->Apply(up_to_10000);
BENCHMARK_CAPTURE(rte_acl_build, tenant, RuleKind::tenant)->Unit(benchmark::kMillisecond)->Apply(for_sizes);
BENCHMARK_CAPTURE(rte_acl_build, acl, RuleKind::acl)->Unit(benchmark::kMillisecond)->Apply(up_to_10000);
BENCHMARK_CAPTURE(rte_acl_build, fw, RuleKind::fw)->Unit(benchmark::kMillisecond)->Apply(up_to_1000);
BENCHMARK_CAPTURE(rte_acl_build, ipc, RuleKind::ipc)->Unit(benchmark::kMillisecond)->Apply(up_to_1000);

}  // namespace
