// P3: whatever other slices do, a slice's controller receives what it would receive if they were silent: the same bytes
// in the same order, at the same times.
//
// Each script is run twice, once whole and once without what the other controllers send. They send everything: flows,
// packets, requests, broken and foreign bytes, and they hang up.
#include <string>

#include "tests/slicing/support.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr std::size_t victim = 0;

// What the first slice's controller hears, one line for each message, with the time.
std::vector<std::string> heard_by_victim(const Script& script, bool others_speak) {
  World world{script.file.text};
  SwitchEnd& s1 = world.plug("s1", 1, script.file.ports, script.version);
  std::vector<std::string> heard;
  for (const Step& step : script.steps) {
    const bool speaks =
        step.what == Step::What::message || step.what == Step::What::bytes || step.what == Step::What::hang_up;
    const std::uint16_t port = controller_port(step.slice);
    if (speaks && step.slice != victim && !others_speak) continue;
    if (speaks && (!world.has_tenant(port) || !world.tenant(port).channel.up())) continue;
    switch (step.what) {
      case Step::What::message: static_cast<void>(world.tenant(port).send(step.message)); break;
      case Step::What::bytes: world.tenant(port).send_bytes(step.bytes); break;
      case Step::What::hang_up: world.cut(world.tenant(port)); break;
      case Step::What::packet: world.inject(s1, step.port, step.bytes); break;
      case Step::What::wait: world.advance(step.by); break;
    }
    world.settle();
    for (const Received& r : std::exchange(world.tenant(controller_port(victim)).inbox, {})) {
      heard.push_back(std::to_string(world.now.count()) + " " + hexadecimal(r.bytes) + " " +
                      text(r.message, script.version, r.xid) + "\n");
    }
  }
  return heard;
}

std::optional<std::string> judge(const Script& script) {
  const auto with = heard_by_victim(script, true);
  const auto without = heard_by_victim(script, false);
  if (with == without) return std::nullopt;
  std::string what = script.file.names[victim] + " hears, while the others speak:\n";
  for (const std::string& line : with) what += "  " + line;
  what += "while they are silent:\n";
  for (const std::string& line : without) what += "  " + line;
  return what;
}

}  // namespace

TEST_CASE("P3: a slice cannot tell whether others are there") {
  for (const Version version : {v1_0, v1_3}) {
    ScriptTaste taste;
    taste.garbage = true;
    taste.length = 80;
    const std::string fault = first_fault(version, taste, property_runs(150), judge);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}
