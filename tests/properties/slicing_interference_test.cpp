// P3: whatever other slices do, a slice's controller receives what it would receive if they were silent: the same bytes
// in the same order, at the same times.
//
// Each script is run twice, once whole and once without what the other controllers send. They send everything: flows,
// packets, requests, changes of ports, broken and foreign bytes, and they hang up.
#include <string>

#include "tests/slicing/support.hpp"
#include "tests/support/act.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr std::size_t victim = 0;

// What the first slice's controller hears, one line for each message, with the time.
std::vector<std::string> heard_by_victim(const Script& script, bool others_speak) {
  World world{script.file.text};
  SwitchEnd& s1 = world.plug("s1", 1, script.file.ports, script.version, script.buffers);
  std::vector<std::string> heard;
  for (const Step& step : script.steps) {
    if (step.speaks() && step.slice != victim && !others_speak) continue;
    act(world, s1, step, script.version);
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
    taste.rich = true;
    taste.ports = true;
    taste.slices.local = true;
    taste.length = 80;
    const std::string fault = first_fault(version, taste, property_runs(500), judge);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}
