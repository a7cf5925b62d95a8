// P6: a recording of anything that can happen says the same again when it is replayed, to the byte; a second core with
// the same policy that follows the first one, from the beginning or from some moment on, differs from it in nothing.
//
// Controllers send everything here, broken bytes too, and hang up; packets come in and time passes.
#include <string>

#include "slicing/replay/difference_text.hpp"
#include "slicing/replay/player.hpp"
#include "slicing/replay/shadow.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/act.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr std::uint64_t seed = 7;

// The script, with everything that the core does told to `on_turn`.
void perform(const Script& script, World& world, const std::function<void(std::size_t)>& before_step = {}) {
  SwitchEnd& s1 = world.plug("s1", 1, script.file.ports, script.version, script.buffers);
  for (std::size_t i = 0; i < script.steps.size(); ++i) {
    if (before_step) before_step(i);
    act(world, s1, script.steps[i], script.version);
    world.settle();
  }
  world.advance(std::chrono::seconds{3});
}

std::optional<std::string> replays(const Script& script) {
  World world{script.file.text, seed};
  Bytes recording;
  slicing::replay::append_head(recording, {"test", seed, world.now, 0, policy_text(script.file.text), std::nullopt});
  world.on_turn = [&recording](const slicing::replay::Turn& turn) { slicing::replay::append_turn(recording, turn); };
  perform(script, world);

  slicing::replay::RecordingReader reader;
  reader.feed(recording);
  std::optional<slicing::replay::Player> player;
  std::size_t turns = 0;
  while (true) {
    const auto block = reader.next();
    if (!block) return "cannot be read: " + block.error();
    if (!*block) break;
    if (const auto* head = std::get_if<slicing::replay::RecordingHead>(&**block)) {
      auto begun = slicing::replay::Player::begin(*head);
      if (!begun) return begun.error();
      player.emplace(*std::move(begun));
      continue;
    }
    ++turns;
    const auto& turn = std::get<slicing::replay::Turn>(**block);
    auto out = player->play(turn);
    if (!out) return out.error();
    if (!slicing::replay::same(turn, *out)) return "turn " + std::to_string(turns) + " says something else";
  }
  if (reader.pending() != 0 || turns < 5) return "the recording is cut short";
  return std::nullopt;
}

std::string text(const std::vector<slicing::replay::Difference>& differences, const World& world) {
  std::string lines;
  for (const auto& difference : differences) lines += slicing::replay::text(difference, *world.policy, world.now);
  return lines;
}

// A shadow answers for itself what keeps a connection alive, and does not look at such frames of another version.
Script without_foreign_echoes(Script script) {
  std::erase_if(script.steps, [&script](const Step& step) {
    constexpr std::byte echo_request{2}, echo_reply{3};
    return step.what == Step::What::bytes && step.bytes.size() > 1 &&
           (step.bytes[1] == echo_request || step.bytes[1] == echo_reply) &&
           step.bytes[0] != std::byte{static_cast<std::uint8_t>(script.version)};
  });
  return script;
}

std::optional<std::string> shadow_agrees(const Script& whole) {
  const Script script = without_foreign_echoes(whole);
  World world{script.file.text, seed};
  slicing::replay::Shadow shadow{world.policy, world.policy, seed};
  world.on_turn = [&shadow](const slicing::replay::Turn& turn) { shadow.follow(turn); };
  perform(script, world);
  shadow.finish();
  const std::string lines = text(shadow.take(), world);
  if (lines.empty()) return std::nullopt;
  return "a shadow with the same policy differs:\n" + lines;
}

// A shadow that comes later does not know when flows in several pieces were used last, nor what pieces had counted that
// are no more: that stays out of this.
Script without_past(Script script) {
  for (Step& step : script.steps) {
    if (auto* mod = std::get_if<FlowMod>(&step.message)) {
      mod->idle_timeout = 0;
      mod->flags &= static_cast<std::uint16_t>(~FlowMod::send_flow_rem);
    }
    const bool asks = std::holds_alternative<FlowStatsRequest>(step.message) ||
                      std::holds_alternative<AggregateRequest>(step.message) ||
                      std::holds_alternative<TableStatsRequest>(step.message);
    // What is broken may say anything, that too.
    if (asks || step.what == Step::What::bytes) step.message = BarrierRequest{};
    if (step.what == Step::What::bytes) step.what = Step::What::message;
  }
  return script;
}

std::optional<std::string> late_shadow_agrees(const Script& whole) {
  const Script script = without_past(whole);
  World world{script.file.text, seed};
  std::optional<slicing::replay::Shadow> shadow;
  world.on_turn = [&shadow](const slicing::replay::Turn& turn) {
    if (shadow) shadow->follow(turn);
  };
  perform(script, world, [&](std::size_t step) {
    if (step != script.steps.size() / 2) return;
    // What is on its way is not seen by whoever comes now.
    world.advance(std::chrono::seconds{1});
    shadow.emplace(world.policy, world.policy, seed);
    shadow->join(world.domain.standing(), world.now);
  });
  if (!shadow) return std::nullopt;
  shadow->finish();
  if (shadow->refused_at_join() != 0) return "flows that stand are refused by the same policy";
  const std::string lines = text(shadow->take(), world);
  if (lines.empty()) return std::nullopt;
  return "a shadow that came later, with the same policy, differs:\n" + lines;
}

ScriptTaste wild() {
  ScriptTaste taste;
  taste.garbage = true;
  taste.length = 80;
  return taste;
}

}  // namespace

TEST_CASE("P6: recordings replay to the same bytes") {
  for (const Version version : {v1_0, v1_3}) {
    const std::string fault = first_fault(version, wild(), property_runs(100), replays);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}

TEST_CASE("P6: a shadow with the same policy differs in nothing") {
  for (const Version version : {v1_0, v1_3}) {
    const std::string fault = first_fault(version, wild(), property_runs(100), shadow_agrees);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}

TEST_CASE("P6: and so does one that comes later") {
  for (const Version version : {v1_0, v1_3}) {
    const std::string fault = first_fault(version, wild(), property_runs(100), late_shadow_agrees);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}
