// What the questions to a compiled policy cost: which header has this packet, which part of this match is the slice's,
// and what it takes to be able to answer. Beside each stands a walk over the list, which is how one would do it
// plainly.

#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/rule_sets.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/text.hpp"
#include "policy/box_list.hpp"
#include "policy/compile.hpp"
#include "policy/document.hpp"

namespace {

using namespace sluice;
using namespace sluice::ofmsg;
using bench::RuleKind;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "policy_bench: {}\n", why);
  std::exit(1);
}

// --- one list of headers ---------------------------------------------------------------------------------------------

constexpr std::size_t packet_count = 1024;

struct Rules {
  Rules(RuleKind kind, std::size_t count) : headers{bench::rule_set(kind, count)} {
    for (const Match& header : headers) pointers.push_back(&header);
    index = policy::BoxIndex{pointers};
    packets = bench::packets_for(headers, packet_count);
  }

  std::vector<Match> headers;
  std::vector<const Match*> pointers;
  policy::BoxIndex index;
  std::vector<PacketKey> packets;
};

std::optional<std::uint32_t> walk(const std::vector<Match>& headers, const PacketKey& key) {
  for (std::uint32_t n = 0; n < headers.size(); ++n) {
    if (matches(headers[n], key)) return n;
  }
  return std::nullopt;
}

void classify(benchmark::State& state, RuleKind kind) {
  const Rules rules{kind, static_cast<std::size_t>(state.range(0))};
  for (std::size_t i = 0; i < 100; ++i) {
    if (rules.index.first(rules.packets[i]) != walk(rules.headers, rules.packets[i])) give_up("index and walk differ");
  }
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(rules.index.first(rules.packets[i++ % packet_count]));
}

void classify_by_walk(benchmark::State& state, RuleKind kind) {
  const Rules rules{kind, static_cast<std::size_t>(state.range(0))};
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(walk(rules.headers, rules.packets[i++ % packet_count]));
}

void build_index(benchmark::State& state, RuleKind kind) {
  const Rules rules{kind, static_cast<std::size_t>(state.range(0))};
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

void clip(benchmark::State& state, RuleKind kind, Width width) {
  const Rules rules{kind, static_cast<std::size_t>(state.range(0))};
  std::vector<policy::Box> boxes;
  for (const Match& header : rules.headers) boxes.push_back({header, policy::RuleId{0}});
  const policy::BoxList list{std::move(boxes)};
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
  const Rules rules{kind, static_cast<std::size_t>(state.range(0))};
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

// --- whole policies --------------------------------------------------------------------------------------------------

// A slice file: so many rules, each with a VLAN of its own slice and a source prefix, at two ports of one switch.
policy::Document document_of(std::size_t rules, std::size_t slices) {
  std::vector<std::string> flowspaces(slices);
  for (std::size_t r = 0; r < rules; ++r) {
    std::string& list = flowspaces[r % slices];
    list += fmt::format(R"({}{{"on":{{"s1":[1,2]}},"match":"dl_vlan={},ip,nw_src=10.{}.{}.0/24"}})",
                        list.empty() ? "" : ",", r % slices + 1, r / slices / 256, r / slices % 256);
  }
  std::string text;
  for (std::size_t s = 0; s < slices; ++s) {
    text += fmt::format(R"({}"s{}":{{"id":{},"controllers":["tcp:127.0.0.1:1"],"flowspace":[{}]}})", s == 0 ? "" : ",",
                        s, s + 1, flowspaces[s]);
  }
  return policy::parse(fmt::format(R"({{"version":1,"proxy":{{"listen":["ptcp:6653"]}},)"
                                   R"("switches":{{"s1":{{"dpid":"0x1"}}}},"slices":{{{}}}}})",
                                   text),
                       "bench");
}

policy::Compiled compiled(const policy::Document& document) {
  auto done = policy::compile(document);
  if (!done.snapshot) give_up(policy::render(done.findings, document.texts, false));
  return done;
}

std::vector<Port> two_ports() {
  std::vector<Port> ports(2);
  ports[0].number = PortNo{1};
  ports[1].number = PortNo{2};
  return ports;
}

void compile_policy(benchmark::State& state) {
  const auto document = document_of(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(compiled(document));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void bind_policy(benchmark::State& state) {
  const auto document = document_of(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  const auto snapshot = compiled(document).snapshot;
  const auto ports = two_ports();
  for (auto _ : state) benchmark::DoNotOptimize(snapshot->bind(policy::SwitchId{0}, ports, v1_3));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void for_sizes(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(100)->Arg(1000)->Arg(10000)->Arg(100000); }

void for_policies(benchmark::internal::Benchmark* b) {
  b->ArgNames({"rules", "slices"})->Unit(benchmark::kMillisecond);
  for (const std::int64_t rules : {1000, 10000, 100000}) {
    for (const std::int64_t slices : {10, 1000}) b->Args({rules, slices});
  }
}

void for_small_sizes(benchmark::internal::Benchmark* b) { b->ArgName("rules")->Arg(100)->Arg(1000)->Arg(10000); }

BENCHMARK_CAPTURE(classify, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify, acl, RuleKind::acl)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify, fw, RuleKind::fw)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify, ipc, RuleKind::ipc)->Apply(for_sizes);
BENCHMARK_CAPTURE(classify_by_walk, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(build_index, tenant, RuleKind::tenant)->Apply(for_sizes);
BENCHMARK_CAPTURE(build_index, fw, RuleKind::fw)->Apply(for_sizes);
BENCHMARK_CAPTURE(clip, tenant_narrow, RuleKind::tenant, Width::narrow)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, tenant_medium, RuleKind::tenant, Width::medium)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, tenant_wide, RuleKind::tenant, Width::wide)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, acl_narrow, RuleKind::acl, Width::narrow)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip, acl_medium, RuleKind::acl, Width::medium)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip_by_walk, tenant_narrow, RuleKind::tenant, Width::narrow)->Apply(for_small_sizes);
BENCHMARK_CAPTURE(clip_by_walk, tenant_wide, RuleKind::tenant, Width::wide)->Apply(for_small_sizes);
BENCHMARK(compile_policy)->Apply(for_policies);
BENCHMARK(bind_policy)->Apply(for_policies);

}  // namespace

BENCHMARK_MAIN();
