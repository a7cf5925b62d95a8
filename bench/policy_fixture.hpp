// What the benchmarks of the policy share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/rule_sets.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"
#include "policy/box_index.hpp"

namespace sluice::bench {

[[noreturn]] void give_up(const std::string& why);

inline constexpr std::size_t packet_count = 1024;

// Which fields the rules name: only those of their kind, or, a few rules at the end, each that OpenFlow 1.3 has.
enum class Fields { of_kind, every };

// A list of headers, its index, and packets to ask about.
struct Rules {
  Rules(RuleKind kind, std::size_t count, Fields fields);

  std::vector<ofmsg::Match> headers;
  std::vector<const ofmsg::Match*> pointers;
  policy::BoxIndex index;
  std::vector<ofmsg::PacketKey> packets;
};

// Kept until others are asked for, as a benchmark is called several times. Not longer: a heap that is full of other
// things makes everything slower that takes memory.
[[nodiscard]] const Rules& rules_of(RuleKind kind, std::size_t count, Fields fields = Fields::of_kind);

// What malloc has given out and not got back.
[[nodiscard]] std::size_t heap_bytes();

// The sizes at which memory is measured, each once: it does not change from run to run. Where headers overlap, as those
// of `acl` do, 100,000 in one list are a minute's work.
void for_memory(benchmark::internal::Benchmark* benchmark);
void for_memory_of_overlapping(benchmark::internal::Benchmark* benchmark);

// What the things that `make` makes of range(0) rules take, for each rule. So many are kept at once that what malloc
// holds back for the next small request does not count.
template <class Make>
void measure_memory(benchmark::State& state, Make make) {
  const auto rules = static_cast<std::size_t>(state.range(0));
  const std::size_t copies = std::max<std::size_t>(1, 100000 / rules);
  for (auto _ : state) {
    std::vector<decltype(make())> made;
    made.reserve(copies);
    const std::size_t before = heap_bytes();
    for (std::size_t i = 0; i < copies; ++i) made.push_back(make());
    state.counters["bytes_per_rule"] = static_cast<double>(heap_bytes() - before) / static_cast<double>(copies * rules);
  }
}

}  // namespace sluice::bench
