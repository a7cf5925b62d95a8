#include "bench/policy_fixture.hpp"

#include <cstdlib>
#include <memory>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <malloc.h>

namespace sluice::bench {

void give_up(const std::string& why) {
  fmt::print(stderr, "policy_bench: {}\n", why);
  std::exit(1);
}

Rules::Rules(RuleKind kind, std::size_t count, Fields fields) : headers{rule_set(kind, count)} {
  packets = packets_for(headers, packet_count);
  if (fields == Fields::every) name_every_field(headers);
  for (const ofmsg::Match& header : headers) pointers.push_back(&header);
  index = policy::BoxIndex{pointers};
}

const Rules& rules_of(RuleKind kind, std::size_t count, Fields fields) {
  using What = std::tuple<RuleKind, std::size_t, Fields>;
  static std::pair<What, std::unique_ptr<const Rules>> last;
  const What what{kind, count, fields};
  if (!last.second || last.first != what) {
    last.second.reset();
    last = {what, std::make_unique<const Rules>(kind, count, fields)};
  }
  return *last.second;
}

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void for_memory(benchmark::internal::Benchmark* benchmark) {
  for_memory_of_overlapping(benchmark);
  benchmark->Arg(100000);
}

void for_memory_of_overlapping(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("rules")->Unit(benchmark::kMillisecond)->Iterations(1)->Arg(1000)->Arg(10000);
}

}  // namespace sluice::bench
