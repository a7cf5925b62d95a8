// What the tests of a changing slice file share: a switch with two tenants who have flows, and reports as text.
#pragma once

#include <string>
#include <string_view>

#include "tests/slicing/support.hpp"

namespace sluice::tests {

using slicing::ReloadReport;

inline std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out{text};
  const std::size_t at = out.find(what);
  REQUIRE(at != std::string::npos);
  return out.replace(at, what.size(), with);
}

// "s1/red: 2 flows removed, 1 port removed", one line for each change.
inline std::string told(const ReloadReport& report) {
  std::string lines;
  for (const auto& change : report.changes) {
    lines += change.switch_name + "/" + change.slice + ":";
    const auto add = [&lines](std::size_t count, std::string_view what) {
      if (count > 0) lines += " " + std::to_string(count) + " " + std::string{what};
    };
    add(change.flows_removed, "flows removed");
    add(change.flows_changed, "flows changed");
    add(change.ports_added, "ports added");
    add(change.ports_removed, "ports removed");
    add(change.controllers_added, "controllers added");
    add(change.controllers_removed, "controllers removed");
    lines += "\n";
  }
  for (const std::string& name : report.switches_gone) lines += name + " gone\n";
  for (const std::string& name : report.switches_refused) lines += name + " refused\n";
  for (const std::string& name : report.switches_known) lines += name + " known\n";
  return lines;
}

// Red has ports 1 and 2 with two flows, blue has 3 and 4 with one.
struct Running {
  explicit Running(Version v) : version{v}, s1{world.plug("s1", 1, {1, 2, 3, 4}, v)} {
    FlowMod reported = flow("priority=8,in_port=2,actions=output:1", v);
    reported.flags = FlowMod::send_flow_rem;
    red().send(reported);
    red().send(flow("priority=7,in_port=1,actions=drop", v));
    blue().send(flow("priority=9,in_port=3,actions=output:4", v));
    world.settle();
    before = table(s1);
    dials = world.dials.size();
  }

  Tenant& red() { return world.tenant(7001); }

  Tenant& blue() { return world.tenant(7002); }

  // What the file is foreseen to do is what it does.
  std::string reload(std::string_view file) {
    const std::string foreseen = told(world.foresee(file));
    std::string done = told(world.reload(file));
    CHECK(foreseen == done);
    return done;
  }

  Version version;
  World world{by_port};
  SwitchEnd& s1;
  std::string before;
  std::size_t dials = 0;
};

// It has said hello and which switch it is, and nothing since.
inline void connect_until_setup(World& world, SwitchEnd& device, const std::string& name) {
  device.slow = true;
  world.connect(device);
  world.arrive(device);
  world.arrive(device);
  for (const auto& s : world.domain.state(world.now).switches) CHECK((s.name != name || s.state == "setup"));
}

inline std::string port_2_is_blue() { return replaced(replaced(by_port, "[1, 2]", "[1]"), "[3, 4]", "[2, 3, 4]"); }

}  // namespace sluice::tests
