// What the questions to a compiled policy cost: whose is this packet, which part of this match is the slice's.

#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "ofmsg/packet_key.hpp"
#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "policy/document.hpp"

namespace {

using namespace sluice;
using namespace sluice::ofmsg;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "view_bench: {}\n", why);
  std::exit(1);
}

Match usual_match() {
  const auto parsed = parse_match("in_port=1,dl_vlan=10,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02");
  if (!parsed) give_up(parsed.error().message);
  return *parsed;
}

Bytes packet() {
  Bytes bytes(128);
  store<std::uint16_t>(bytes, 12, 0x8100);
  store<std::uint16_t>(bytes, 14, 10);
  store<std::uint16_t>(bytes, 16, 0x0800);
  store<std::uint32_t>(bytes, 18, 0x4500006e);
  store<std::uint32_t>(bytes, 26, 0x40060000);  // TCP
  store<std::uint32_t>(bytes, 30, 0x0a000001);
  store<std::uint32_t>(bytes, 34, 0x0a000002);
  return bytes;
}

// A slice with one rule for each of so many VLANs on two ports of one switch.
struct Bound {
  explicit Bound(std::int64_t rules) {
    std::string list;
    for (std::int64_t vlan = 1; vlan <= rules; ++vlan) {
      list += fmt::format("{}{{\"on\": {{\"s1\": [1, 2]}}, \"match\": {{\"vlan\": {}}}}}", vlan > 1 ? "," : "", vlan);
    }
    const auto document =
        policy::parse(fmt::format("{{\"version\":1,\"proxy\":{{\"listen\":[\"ptcp:6653\"]}},\"switches\":{{\"s1\":{{"
                                  "\"dpid\":\"0x1\"}}}},"
                                  "\"slices\":{{\"a\":{{\"controllers\":[\"tcp:127.0.0.1:1\"],\"flowspace\":[{}]}}}}}}",
                                  list),
                      "bench");
    const auto compiled = policy::compile(document);
    if (!compiled.snapshot) give_up(policy::render(compiled.findings, document.texts, false));
    snapshot = compiled.snapshot;
    std::vector<Port> ports(2);
    ports[0].number = PortNo{1};
    ports[1].number = PortNo{2};
    view = snapshot->bind(policy::SwitchId{0}, ports, v1_3);
  }

  std::shared_ptr<const policy::Snapshot> snapshot;
  policy::SwitchView view;
};

// A flow_mod of one exact flow: one piece comes out.
void clip_exact(benchmark::State& state) {
  const Bound bound{state.range(0)};
  const Match match = usual_match();
  for (auto _ : state) {
    const auto pieces = bound.view.clip(policy::SliceId{0}, match, 64);
    if (!pieces || pieces->size() != (state.range(0) >= 10 ? 1U : 0U)) give_up("wrong number of pieces");
    benchmark::DoNotOptimize(pieces);
  }
}

// A flow_mod that matches everything: one piece for each rule and port.
void clip_everything(benchmark::State& state) {
  const Bound bound{state.range(0)};
  for (auto _ : state) {
    const auto pieces = bound.view.clip(policy::SliceId{0}, Match{}, 100000);
    if (!pieces || pieces->size() != static_cast<std::size_t>(2 * state.range(0))) give_up("wrong number of pieces");
    benchmark::DoNotOptimize(pieces);
  }
  state.SetItemsProcessed(state.iterations() * 2 * state.range(0));
}

void find_owner(benchmark::State& state) {
  const Bound bound{state.range(0)};
  const auto key = packet_key(packet(), PortNo{1});
  for (auto _ : state) benchmark::DoNotOptimize(bound.view.owner(*key));
}

BENCHMARK(find_owner)->ArgName("rules")->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(clip_exact)->ArgName("rules")->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(clip_everything)->ArgName("rules")->Arg(10)->Arg(100)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
