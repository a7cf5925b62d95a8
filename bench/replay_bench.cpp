// What it costs to record a core, and to let a second one judge the same traffic: each beside the core alone.
//
// The traffic is a recording of the demo: two tenants, two switches, pings. An item is one turn of the core.
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "slicing/replay/player.hpp"
#include "slicing/replay/shadow.hpp"

namespace {

using namespace sluice;
using namespace sluice::slicing::replay;

struct Recording {
  std::string bytes;
  RecordingHead head;
  std::vector<Turn> turns;  // their views are of `frames`
  std::vector<std::unique_ptr<ofmsg::Frame>> frames;

  Recording() {
    std::ifstream in{SLUICE_SOURCE_DIR "/tests/fuzz/corpus/recording/two_tenants", std::ios::binary};
    bytes.assign(std::istreambuf_iterator<char>{in}, {});
    RecordingReader reader;
    reader.feed(std::as_bytes(std::span{bytes}));
    for (auto block = reader.next(); block && *block; block = reader.next()) {
      if (auto* first = std::get_if<RecordingHead>(&**block)) {
        head = std::move(*first);
      } else {
        turns.push_back(std::move(std::get<Turn>(**block)));
      }
    }
    if (turns.empty()) throw std::runtime_error{"the recording cannot be read"};
    // The reader's buffer goes.
    for (Turn& turn : turns) {
      turn.said.clear();
      auto* arrived = std::get_if<slicing::Arrived>(&turn.input);
      if (arrived == nullptr) continue;
      frames.push_back(std::make_unique<ofmsg::Frame>(arrived->frame));
      arrived->frame = frames.back()->view();
    }
  }
};

const Recording& recording() {
  static const Recording read;
  return read;
}

template <class Each>
void play(benchmark::State& state, Each each) {
  const Recording& r = recording();
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    auto player = Player::begin(r.head);
    auto policy = compile(r.head.policy);
    if (!player || !policy) throw std::runtime_error{"the recording cannot be played"};
    auto other = each(*policy, r.head.seed);
    state.ResumeTiming();
    for (const Turn& turn : r.turns) {
      auto out = player->play(turn);
      other(turn, *out);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(r.turns.size()));
}

void core_alone(benchmark::State& state) {
  play(state, [](const auto&, const slicing::Seed&) {
    return [](const Turn&, slicing::Outbox& out) { benchmark::DoNotOptimize(out); };
  });
}

void core_recorded(benchmark::State& state) {
  play(state, [](const auto&, const slicing::Seed&) {
    return [bytes = ofmsg::Bytes{}](const Turn& turn, slicing::Outbox& out) mutable {
      append_turn(bytes, turn_of(turn.at, turn.input, out));
    };
  });
}

void core_with_shadow(benchmark::State& state) {
  play(state, [](const auto& policy, const slicing::Seed& seed) {
    auto shadow = std::make_shared<Shadow>(policy, policy, seed);
    return [shadow](const Turn& turn, slicing::Outbox& out) {
      shadow->follow(turn_of(turn.at, turn.input, out));
      benchmark::DoNotOptimize(shadow->take());
    };
  });
}

BENCHMARK(core_alone);
BENCHMARK(core_recorded);
BENCHMARK(core_with_shadow);

}  // namespace

BENCHMARK_MAIN();
