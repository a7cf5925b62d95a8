// What the core alone costs for each message: no sockets, all bytes made before. Beside each figure stands what the
// same frames cost without any judgement, batch by batch in the same run: copied into an outbox, and, for messages that
// have to be written anew, read and written by the codec. Time is processor time, of one message.

#include <chrono>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/core_fixture.hpp"
#include "bench/policy_fixture.hpp"
#include "bench/traffic.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/multipart.hpp"
#include "ofmsg/peek.hpp"

namespace {

using namespace sluice;
using namespace sluice::ofmsg;
using namespace sluice::bench;

constexpr std::size_t batch = 1024;  // messages
constexpr std::size_t turn = 64;     // messages; the core sends a barrier of its own after as many flow_mods

Version version_of(const benchmark::State& state) { return state.range(0) == 0 ? v1_0 : v1_3; }

Sharing sharing_of(const benchmark::State& state) {
  return {static_cast<std::size_t>(state.range(1)), static_cast<std::size_t>(state.range(2))};
}

// Kept until another is asked for, as a benchmark is called several times.
std::shared_ptr<const policy::Snapshot> policy_of(const Sharing& sharing) {
  static std::pair<Sharing, std::shared_ptr<const policy::Snapshot>> last;
  if (last.second == nullptr || last.first != sharing) last = {sharing, compiled(sharing)};
  return last.second;
}

// --- measuring -------------------------------------------------------------------------------------------------------

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

// Another way to spend time on the same messages, and how the report calls it.
struct Beside {
  std::string name;
  std::function<void()> work;
};

// `work` is for so many messages; `prepare` is not measured. What stands beside it is measured in turn with it, and
// reported as nanoseconds for each message and as the ratio of our time to that.
void measure(benchmark::State& state, std::size_t messages, const std::function<void()>& prepare,
             const std::function<void()>& work, const std::vector<Beside>& beside) {
  const auto time_of = [](const std::function<void()>& what) {
    const auto start = processor_time();
    what();
    return std::chrono::duration<double>{processor_time() - start};
  };
  std::chrono::duration<double> ours{};
  std::vector<std::chrono::duration<double>> theirs(beside.size());
  std::size_t batches = 0;
  while (state.KeepRunningBatch(static_cast<std::int64_t>(messages))) {
    prepare();
    const auto took = time_of(work);
    state.SetIterationTime(took.count());
    ours += took;
    ++batches;
    for (std::size_t i = 0; i < beside.size(); ++i) {
      beside[i].work();  // what came before it is in the caches now
      theirs[i] += time_of(beside[i].work);
    }
  }
  for (std::size_t i = 0; i < beside.size(); ++i) {
    state.counters[beside[i].name + "_ns"] = theirs[i].count() * 1e9 / static_cast<double>(batches * messages);
    state.counters["times_" + beside[i].name] = ours / theirs[i];
  }
}

// Calls `each` with all numbers of a batch, and `end` after each turn.
template <class Each, class End>
void in_turns(Each each, End end) {
  for (std::size_t i = 0; i < batch; ++i) {
    each(i);
    if (i % turn == turn - 1) end();
  }
}

// --- packet_in -------------------------------------------------------------------------------------------------------

std::vector<Bytes> packet_ins(const Flows& flows, Version version, const std::vector<FlowStats>& senders = {}) {
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    Message message = packet_in(flows[i], version);
    auto& m = std::get<PacketIn>(message);
    if (version == v1_3) m.cookie = ~std::uint64_t{0};  // no flow's
    if (!senders.empty()) {
      m.reason = PacketInReason::action;
      m.cookie = senders[i].cookie;
    }
    frames.push_back(encoded(message, version));
  }
  return frames;
}

// Each must come to the controller of its slice, and to nobody else.
void check_delivery(Core& core, const Flows& flows, const std::vector<Bytes>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    core.out.bytes().clear();
    core.say(Core::switch_link, frames[i]);
    std::size_t sent = 0;
    for (const auto& [link, bytes] : core.out.bytes()) sent += bytes.size();
    if (sent != frames[i].size() || core.out.to(core.controller(flows.slice(i))).size() != sent) {
      throw std::runtime_error{"a packet_in went astray"};
    }
  }
  core.end_turn();
}

void measure_packet_ins(benchmark::State& state, Core& core, const Flows& flows, const std::vector<Bytes>& frames) {
  check_delivery(core, flows, frames);
  slicing::Outbox plain;
  const auto copy = [&] {
    in_turns([&](std::size_t i) { append(plain.to(core.controller(flows.slice(i))), frames[i]); },
             [&] { Core::end_turn(plain); });
  };
  const auto route = [&] {
    in_turns([&](std::size_t i) { core.say(Core::switch_link, frames[i]); }, [&] { core.end_turn(); });
  };
  measure(state, batch, [] {}, route, {{"copy", copy}});
}

// The switch has no flow for the packet, whose header then decides.
void packet_in(benchmark::State& state) {
  const Sharing sharing = sharing_of(state);
  Core core{policy_of(sharing), version_of(state), 2};
  const Flows flows{sharing, batch};
  measure_packet_ins(state, core, flows, packet_ins(flows, version_of(state)));
}

// As the daemon does it when nothing else happens: one message, then it asks when it will be needed next.
void packet_in_in_a_turn_of_its_own(benchmark::State& state) {
  const Sharing sharing = sharing_of(state);
  Core core{policy_of(sharing), version_of(state), 2};
  const std::vector<Bytes> frames = packet_ins(Flows{sharing, batch}, version_of(state));
  const auto route = [&] {
    for (const Bytes& frame : frames) {
      core.say(Core::switch_link, frame);
      benchmark::DoNotOptimize(core.domain->deadline());
      core.end_turn();
    }
  };
  measure(state, batch, [] {}, route, {});
}

// --- flow_mod --------------------------------------------------------------------------------------------------------

// Flows that lie in one rule each.
struct FlowMods {
  Flows flows;
  std::vector<Bytes> adds, deletes;

  FlowMods(const Sharing& sharing, Version version, std::size_t count) : flows{sharing, count} {
    for (std::size_t i = 0; i < count; ++i) {
      FlowMod mod = flow_mod(flows[i], version);
      adds.push_back(encoded(mod, version));
      mod.command = FlowModCommand::delete_strict;
      mod.instructions.clear();
      deletes.push_back(encoded(mod, version));
    }
  }
};

// The controllers say all this, and the switch answers the core's barriers.
void apply(Core& core, const Flows& flows, const std::vector<Bytes>& mods) {
  in_turns([&](std::size_t i) { core.say(core.controller(flows.slice(i)), mods[i]); },
           [&] {
             core.answer_barrier();
             core.end_turn();
           });
}

// What the flow_mods that wait for the switch put there; the statistics that it has of that.
void append_standing(Core& core, std::vector<FlowStats>& standing) {
  for_each_frame(core.out.to(Core::switch_link), [&standing](FrameView frame) {
    const auto message = decode(frame);
    const auto* mod = message ? std::get_if<FlowMod>(&*message) : nullptr;
    if (mod == nullptr) return;
    FlowStats stats;
    stats.match = mod->match;
    stats.priority = mod->priority;
    stats.idle_timeout = mod->idle_timeout;
    stats.cookie = mod->cookie;
    stats.packet_count = 10;
    stats.byte_count = 640;
    stats.instructions = mod->instructions;
    standing.push_back(std::move(stats));
  });
}

void expect_flows(const Core& core, std::size_t count) {
  if (core.domain->flows({}, {}, core.now).size() != count) throw std::runtime_error{"flows are missing"};
}

void measure_adds(benchmark::State& state, bool fresh) {
  const Version version = version_of(state);
  const Sharing sharing = sharing_of(state);
  Core core{policy_of(sharing), version, 2};
  const FlowMods mods{sharing, version, batch};
  apply(core, mods.flows, mods.adds);
  expect_flows(core, batch);
  slicing::Outbox plain;
  const auto copy = [&] {
    in_turns([&](std::size_t i) { append(plain.to(Core::switch_link), mods.adds[i]); }, [&] { Core::end_turn(plain); });
  };
  const auto codec = [&] {
    in_turns(
        [&](std::size_t i) {
          const auto message = decode(*FrameView::of(mods.adds[i]));
          static_cast<void>(encode(plain.to(Core::switch_link), *message, version, Xid{1}));
        },
        [&] { Core::end_turn(plain); });
  };
  const auto prepare = [&] {
    if (fresh) apply(core, mods.flows, mods.deletes);
  };
  measure(state, batch, prepare, [&] { apply(core, mods.flows, mods.adds); }, {{"copy", copy}, {"codec", codec}});
  expect_flows(core, batch);
}

// The flow is new.
void flow_mod_add(benchmark::State& state) { measure_adds(state, true); }

// A flow with the same match and priority is there.
void flow_mod_replace(benchmark::State& state) { measure_adds(state, false); }

// A flow of the slice has sent the packet, and its cookie decides (1.3).
void packet_in_of_a_flow(benchmark::State& state) {
  const Version version = version_of(state);
  const Sharing sharing = sharing_of(state);
  Core core{policy_of(sharing), version, 2};
  const FlowMods mods{sharing, version, batch};
  std::vector<FlowStats> senders;
  in_turns([&](std::size_t i) { core.say(core.controller(mods.flows.slice(i)), mods.adds[i]); },
           [&] {
             append_standing(core, senders);
             core.answer_barrier();
             core.end_turn();
           });
  measure_packet_ins(state, core, mods.flows, packet_ins(mods.flows, version, senders));
}

// --- flow statistics -------------------------------------------------------------------------------------------------

constexpr Sharing of_ten{.rules = 100, .slices = 10};
constexpr std::size_t many = 10 * batch;  // flows

// Flows of the first slice, as they stand in the switch then.
std::vector<FlowStats> install(Core& core, Version version, const Sharing& sharing, std::size_t count) {
  std::vector<FlowStats> standing;
  const std::size_t rules = sharing.rules / sharing.slices;
  for (std::size_t i = 0; i < count; ++i) {
    const Traffic traffic{1, static_cast<std::uint16_t>(i), source_address(i % rules, i)};
    core.say(core.controller(0), encoded(flow_mod(traffic, version), version));
    if (i % turn != turn - 1) continue;
    append_standing(core, standing);
    core.answer_barrier();
    core.end_turn();
  }
  expect_flows(core, count);
  return standing;
}

std::size_t count_flows(ByteView reply) {
  std::size_t count = 0;
  for_each_frame(reply, [&count](FrameView frame) {
    const auto message = decode(frame);
    if (message) count += std::get<FlowStatsReply>(*message).flows.size();
  });
  return count;
}

// One request for all flows of a slice: it, the switch's reply, and what the controller gets.
void flow_stats(benchmark::State& state) {
  const Version version = version_of(state);
  Core core{policy_of(of_ten), version, 2};
  const std::vector<FlowStats> standing = install(core, version, of_ten, many);
  const Bytes request = encoded(FlowStatsRequest{}, version);
  Bytes reply;
  if (!encode_in_parts<FlowStatsReply>(reply, standing, &FlowStatsReply::flows, version, Xid{})) {
    throw std::runtime_error{"the reply cannot be said"};
  }
  std::vector<std::span<std::byte>> parts;
  for_each_frame(reply, [&](FrameView frame) {
    parts.push_back(
        std::span{reply}.subspan(static_cast<std::size_t>(frame.bytes().data() - reply.data()), frame.size()));
  });

  const slicing::LinkId controller = core.controller(0);
  const auto ask = [&] {
    core.say(controller, request);
    const Xid xid = FrameView::of(core.out.to(Core::switch_link))->xid();
    for (const std::span<std::byte> part : parts) {
      patch_xid(part, xid);
      core.say(Core::switch_link, part);
    }
  };
  ask();
  if (count_flows(core.out.to(controller)) != many) throw std::runtime_error{"statistics of flows are missing"};
  core.end_turn();

  slicing::Outbox plain;
  const auto copy = [&] {
    for (const ByteView part : parts) append(plain.to(controller), part);
    Core::end_turn(plain);
  };
  const auto codec = [&] {
    for (const ByteView part : parts) {
      const auto message = decode(*FrameView::of(part));
      static_cast<void>(encode(plain.to(controller), *message, version, Xid{1}));
    }
    Core::end_turn(plain);
  };
  const auto answer = [&] {
    ask();
    core.end_turn();
  };
  measure(state, many, [] {}, answer, {{"copy", copy}, {"codec", codec}});
}

// --- memory ----------------------------------------------------------------------------------------------------------

// What the core gives back when it ends, as malloc counts it; the policy is not its own.
std::size_t bytes_of(Core& core) {
  core.out = {};
  const std::size_t with = heap_bytes();
  core.domain.reset();
  return with - heap_bytes();
}

double for_each_of(std::size_t count, std::size_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(count);
}

// With one rule of one slice on all of its ports, and no leg.
void memory_of_switch(benchmark::State& state) {
  constexpr std::size_t switches = 1000;
  const auto policy = compiled({.switches = switches, .up = false});
  for (auto _ : state) {
    Core core{policy, version_of(state), static_cast<std::uint32_t>(state.range(1))};
    state.counters["bytes"] = for_each_of(switches, bytes_of(core));
  }
}

void memory_of_leg(benchmark::State& state) {
  Sharing sharing{.rules = 10, .slices = 10, .switches = 100};
  for (auto _ : state) {
    Core with{compiled(sharing), version_of(state), 4};
    sharing.up = false;
    Core without{compiled(sharing), version_of(state), 4};
    if (without.legs() != 0) throw std::runtime_error{"a slice that is down has legs"};
    state.counters["bytes"] = for_each_of(with.legs(), bytes_of(with) - bytes_of(without));
  }
}

// A flow of one piece, whose op is closed.
void memory_of_flow(benchmark::State& state) {
  for (auto _ : state) {
    Core with{policy_of(of_ten), version_of(state), 2};
    static_cast<void>(install(with, version_of(state), of_ten, many));
    Core without{policy_of(of_ten), version_of(state), 2};
    state.counters["bytes"] = for_each_of(many, bytes_of(with) - bytes_of(without));
  }
}

// --- what is measured ------------------------------------------------------------------------------------------------

void for_sharings_in(benchmark::internal::Benchmark* b, std::initializer_list<std::int64_t> versions) {
  b->ArgNames({"1.3", "rules", "slices"})->UseManualTime();
  for (const std::int64_t version : versions) {
    for (const auto& [rules, slices] :
         {std::pair{1, 1}, {100, 1}, {100, 100}, {10000, 1}, {10000, 100}, {10000, 1000}}) {
      b->Args({version, rules, slices});
    }
  }
}

void for_sharings(benchmark::internal::Benchmark* b) { for_sharings_in(b, {0, 1}); }

void for_sharings_in_1_3(benchmark::internal::Benchmark* b) { for_sharings_in(b, {1}); }

void for_memory_of_one(benchmark::internal::Benchmark* b) {
  b->Iterations(1)->Unit(benchmark::kMillisecond)->ArgName("1.3")->Arg(0)->Arg(1);
}

BENCHMARK(packet_in)->Apply(for_sharings);
BENCHMARK(packet_in_of_a_flow)->Apply(for_sharings_in_1_3);
BENCHMARK(packet_in_in_a_turn_of_its_own)->Apply(for_sharings);
BENCHMARK(flow_mod_add)->Apply(for_sharings);
BENCHMARK(flow_mod_replace)->Apply(for_sharings);
BENCHMARK(flow_stats)->ArgName("1.3")->Arg(0)->Arg(1)->UseManualTime();
BENCHMARK(memory_of_switch)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->ArgNames({"1.3", "ports"})
    ->ArgsProduct({{0, 1}, {4, 48}});
BENCHMARK(memory_of_leg)->Apply(for_memory_of_one);
BENCHMARK(memory_of_flow)->Apply(for_memory_of_one);

}  // namespace

BENCHMARK_MAIN();
