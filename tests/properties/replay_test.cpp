// P6: a recording of anything that can happen says the same again when it is replayed, to the byte; a second core with
// the same policy that follows the first one, from the beginning or from some moment on, differs from it in nothing.
//
// Controllers send everything here, broken bytes too, and hang up; packets come in and time passes.
#include <string>

#include "slicing/replay/difference_text.hpp"
#include "slicing/replay/player.hpp"
#include "slicing/replay/shadow.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr std::uint64_t seed = 7;

void take_step(World& world, SwitchEnd& s1, const Step& step) {
  const bool speaks =
      step.what == Step::What::message || step.what == Step::What::bytes || step.what == Step::What::hang_up;
  const std::uint16_t port = controller_port(step.slice);
  if (speaks && (!world.has_tenant(port) || !world.tenant(port).channel.up())) return;
  switch (step.what) {
    case Step::What::message: static_cast<void>(world.tenant(port).send(step.message)); break;
    case Step::What::bytes: world.tenant(port).send_bytes(step.bytes); break;
    case Step::What::hang_up: world.cut(world.tenant(port)); break;
    case Step::What::packet: world.inject(s1, step.port, step.bytes); break;
    case Step::What::wait: world.advance(step.by); break;
  }
  world.settle();
}

// The script, with everything that the core does told to `on_turn`.
void perform(const Script& script, World& world, const std::function<void(std::size_t)>& before_step = {}) {
  SwitchEnd& s1 = world.plug("s1", 1, script.file.ports, script.version);
  for (std::size_t i = 0; i < script.steps.size(); ++i) {
    if (before_step) before_step(i);
    take_step(world, s1, script.steps[i]);
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

std::optional<std::string> shadow_agrees(const Script& script) {
  World world{script.file.text, seed};
  slicing::replay::Shadow shadow{world.policy, world.policy, seed};
  world.on_turn = [&shadow](const slicing::replay::Turn& turn) { shadow.follow(turn); };
  perform(script, world);
  shadow.finish();
  const std::string lines = text(shadow.take(), world);
  if (lines.empty()) return std::nullopt;
  return "a shadow with the same policy differs:\n" + lines;
}

// A shadow that comes later does not know when flows in several pieces were used last: they stay out of this.
Script without_idle_timeouts(Script script) {
  for (Step& step : script.steps) {
    if (auto* mod = std::get_if<FlowMod>(&step.message)) mod->idle_timeout = 0;
  }
  return script;
}

std::optional<std::string> late_shadow_agrees(const Script& whole) {
  const Script script = without_idle_timeouts(whole);
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
    const std::string fault = first_fault(version, wild(), property_runs(60), replays);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}

TEST_CASE("P6: a shadow with the same policy differs in nothing") {
  for (const Version version : {v1_0, v1_3}) {
    const std::string fault = first_fault(version, wild(), property_runs(60), shadow_agrees);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}

TEST_CASE("P6: and so does one that comes later") {
  for (const Version version : {v1_0, v1_3}) {
    const std::string fault = first_fault(version, wild(), property_runs(60), late_shadow_agrees);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}
