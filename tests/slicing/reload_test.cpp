// The slice file changes while switches and controllers are connected.
#include <algorithm>
#include <string>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;
using sluice::slicing::ReloadReport;

namespace {

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out{text};
  const std::size_t at = out.find(what);
  REQUIRE(at != std::string::npos);
  return out.replace(at, what.size(), with);
}

// "s1/red: 2 flows removed, 1 port removed", one line for each change.
std::string told(const ReloadReport& report) {
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
    const std::string done = told(world.reload(file));
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
void connect_until_setup(World& world, SwitchEnd& device, const std::string& name) {
  device.slow = true;
  world.connect(device);
  world.arrive(device);
  world.arrive(device);
  for (const auto& s : world.domain.state(world.now).switches) CHECK((s.name != name || s.state == "setup"));
}

std::string port_2_is_blue() { return replaced(replaced(by_port, "[1, 2]", "[1]"), "[3, 4]", "[2, 3, 4]"); }

}  // namespace

TEST_CASE("a file that means the same changes nothing") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    const std::size_t heard = r.s1.heard.size();
    // Other order, other spelling, a comment.
    CHECK(r.reload(R"({
      "version": 1, // the same
      "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
      "switches": {"s1": {"dpid": "0x1", "ports": {"a": 1}}},
      "slices": {
        "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [{"on": {"s1": "3-4"}, "match": ["any"]}]},
        "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": ["a", 2]}, "match": "any"}]}
      }
    })")
              .empty());
    CHECK(table(r.s1) == r.before);
    CHECK(r.s1.heard.size() == heard);
    CHECK(r.world.dials.size() == r.dials);
    CHECK(r.world.hangups.empty());
    CHECK_FALSE(r.red().take<PortStatus>().has_value());
    // And both slices go on.
    r.red().send(flow("priority=7,in_port=1,actions=output:2", version));
    r.blue().send(flow("priority=9,in_port=3,actions=drop", version));
    r.world.settle();
    CHECK(table(r.s1) ==
          "priority=9,in_port=3 actions=drop\npriority=8,in_port=2 actions=output:1\npriority=7,in_port=1 "
          "actions=output:2\n");
  }
}

TEST_CASE("a port goes to another slice: its flows are deleted and reported, both are told of the port") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    CHECK(r.reload(port_2_is_blue()) == "s1/red: 1 flows removed 1 ports removed\ns1/blue: 1 ports added\n");
    CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\npriority=7,in_port=1 actions=drop\n");
    const auto removed = r.red().take<FlowRemoved>();
    REQUIRE(removed.has_value());
    CHECK(removed->reason == FlowRemovedReason::delete_);
    CHECK(removed->priority == 8);
    CHECK_FALSE(r.red().take<FlowRemoved>().has_value());
    const auto gone = r.red().take<PortStatus>();
    REQUIRE(gone.has_value());
    CHECK(gone->reason == PortReason::delete_);
    CHECK(gone->port.number == PortNo{2});
    const auto come = r.blue().take<PortStatus>();
    REQUIRE(come.has_value());
    CHECK(come->reason == PortReason::add);
    CHECK(r.world.hangups.empty());
    CHECK(r.world.dials.size() == r.dials);
    // Red can neither see nor touch the port, blue can.
    expect_error(r.red(),
                 (r.red().send(flow("in_port=2,actions=drop", version)), r.world.settle(), Xid{r.red().next_xid - 1}));
    r.blue().send(flow("priority=1,in_port=2,actions=output:3", version));
    r.world.settle();
    CHECK(table(r.s1).find("priority=1,in_port=2 actions=output:3\n") != std::string::npos);
  }
}

TEST_CASE("a flowspace shrinks: what is left of a flow stays") {
  for (const Version version : {v1_0, v1_3}) {
    World world{by_vlan};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3}, version);
    world.tenant(7001).send(flow("priority=5,actions=drop", version));
    world.settle();
    CHECK(table(s1) ==
          "priority=5,in_port=1,dl_vlan=10 actions=drop\npriority=5,in_port=2,dl_vlan=10 actions=drop\n"
          "priority=5,in_port=3,dl_vlan=10 actions=drop\n");
    const ReloadReport report =
        world.reload(replaced(by_vlan, R"([1, 2, 3]}, "match": "dl_vlan=10")", R"([1, 2]}, "match": "dl_vlan=11")"));
    CHECK(told(report) == "s1/red: 1 flows changed 1 ports removed\n");
    CHECK(table(s1) == "priority=5,in_port=1,dl_vlan=11 actions=drop\npriority=5,in_port=2,dl_vlan=11 actions=drop\n");
    CHECK_FALSE(world.tenant(7001).take<FlowRemoved>().has_value());
  }
}

TEST_CASE("slices come and go; nobody else is touched") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    const std::string green = replaced(by_port, R"("red":  {"controllers": ["tcp:127.0.0.1:7001"])",
                                       R"("green": {"controllers": ["tcp:127.0.0.1:7003"])");
    CHECK(
        r.reload(green) ==
        "s1/red: 2 flows removed 2 ports removed 1 controllers removed\ns1/green: 2 ports added 1 controllers added\n");
    CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\n");
    REQUIRE(r.world.hangups.size() == 1);
    r.world.advance(1s);
    REQUIRE(r.world.has_tenant(7003));
    Tenant& tenant = r.world.tenant(7003);
    tenant.send(flow("priority=2,in_port=1,actions=output:2", version));
    r.world.settle();
    CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\npriority=2,in_port=1 actions=output:2\n");
    // Back again: red is who it was, and begins anew.
    CHECK(
        r.reload(by_port) ==
        "s1/red: 2 ports added 1 controllers added\ns1/green: 1 flows removed 2 ports removed 1 controllers removed\n");
    r.world.advance(1s);
    Tenant& red = r.world.tenant(7001, r.world.tenants.at(7001).size() - 1);
    red.send(FlowStatsRequest{});
    r.world.settle();
    CHECK(red.take<FlowStatsReply>().value().flows.empty());
    CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\n");
  }
}

TEST_CASE("another controller: its connection moves, the flows stay") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    CHECK(r.reload(replaced(by_port, "7001\"", "7009\", \"tcp:127.0.0.1:7001\"")) == "s1/red: 1 controllers added\n");
    r.world.advance(1s);
    CHECK(r.world.hangups.empty());
    CHECK(table(r.s1) == r.before);
    // The first of the list writes now.
    r.world.tenant(7009).send(flow("priority=7,in_port=1,actions=output:2", version));
    r.world.settle();
    CHECK_FALSE(r.world.tenant(7009).take<Error>().has_value());
    r.red().send(flow("priority=1,in_port=1,actions=output:2", version));
    r.world.settle();
    CHECK(r.red().take<Error>().has_value());
    // And the other way round.
    CHECK(r.reload(replaced(by_port, "7001", "7009")) == "s1/red: 1 controllers removed\n");
    CHECK(r.world.hangups.size() == 1);
    // The place of the one that went is taken by somebody else; nothing that was meant for it arrives there.
    CHECK(r.reload(replaced(by_port, "7001", "7010")) == "s1/red: 1 controllers added 1 controllers removed\n");
    r.world.advance(1s);
    CHECK(r.world.has_tenant(7010));
    CHECK(r.world.tenant(7010).inbox.empty());
  }
}

TEST_CASE("a slice that is put down keeps its traffic from others, and has nothing on the switch") {
  Running r{v1_3};
  const std::string down = replaced(by_port, "\"red\":  {", "\"red\":  {\"state\": \"down\", ");
  CHECK(r.reload(down) == "s1/red: 2 flows removed 1 controllers removed\n");
  CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\n");
  const Xid xid = r.blue().send(flow("in_port=1,actions=drop", v1_3));
  r.world.settle();
  expect_error(r.blue(), xid);
  r.world.advance(60s);
  CHECK(r.world.dials.size() == r.dials);
  CHECK(r.reload(by_port) == "s1/red: 1 controllers added\n");
}

TEST_CASE("switches come and go") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    SwitchEnd& s2 = r.world.plug("s2", 2, {1, 2}, version);
    r.world.settle();
    const std::string both =
        replaced(replaced(by_port, R"("s1": {"dpid": 1})", R"("s1": {"dpid": 1}, "s2": {"dpid": 2})"),
                 R"({"s1": [1, 2]})", R"({"s1": [1, 2], "s2": "*"})");
    CHECK(r.reload(both) == "s2 known\n");
    r.world.advance(1s);
    r.world.tenant(7001, 1).send(flow("priority=3,in_port=1,actions=output:2", version));
    r.world.settle();
    CHECK(table(s2) == "priority=3,in_port=1 actions=output:2\n");
    CHECK(table(r.s1) == r.before);

    CHECK(r.reload(by_port) == "s2/red: 1 flows removed 2 ports removed 1 controllers removed\ns2 gone\n");
    CHECK(table(s2).empty());
    CHECK(table(r.s1) == r.before);
  }
}

TEST_CASE("the file changes while the switch is away") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    r.world.cut(r.s1);
    CHECK(r.reload(port_2_is_blue()).empty());
    CHECK(table(r.s1) == r.before);
    r.world.connect(r.s1);
    r.world.advance(1s);
    CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\npriority=7,in_port=1 actions=drop\n");
    Tenant& red = r.world.tenant(7001, r.world.tenants.at(7001).size() - 1);
    red.send(FlowStatsRequest{});
    r.world.settle();
    CHECK(red.take<FlowStatsReply>().value().flows.size() == 1);
  }
}

TEST_CASE("a version that is no longer allowed ends the connection, and only that") {
  Running r{v1_0};
  const std::string only_1_3 = replaced(by_port, R"({"dpid": 1})", R"({"dpid": 1, "openflow": ["1.3"]})");
  CHECK(r.reload(only_1_3) == "s1 refused\n");
  CHECK_FALSE(r.world.hangups.empty());
}

TEST_CASE("a renamed slice is another slice; a renamed switch is the same") {
  Running r{v1_3};
  const std::string renamed =
      replaced(replaced(replaced(by_port, R"("s1": {)", R"("edge": {)"), R"({"s1": [1, 2]})", R"({"edge": [1, 2]})"),
               R"({"s1": [3, 4]})", R"({"edge": [3, 4]})");
  CHECK(r.reload(renamed).empty());
  CHECK(table(r.s1) == r.before);
  CHECK(r.world.hangups.empty());
  CHECK(
      r.reload(replaced(renamed, "\"red\"", "\"rot\"")) ==
      "edge/red: 2 flows removed 2 ports removed 1 controllers removed\nedge/rot: 2 ports added 1 controllers added\n");
}

TEST_CASE("a flow that is on its way when its port goes does not come back") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    r.s1.mute = true;  // the switch has not answered yet
    r.red().send(flow("priority=20,in_port=2,actions=output:1", version));
    r.red().send(flow("priority=21,in_port=1,actions=output:2", version));
    r.world.settle();
    r.world.reload(port_2_is_blue());
    r.s1.mute = false;
    r.world.advance(1s);
    CHECK(table(r.s1) ==
          "priority=21,in_port=1 actions=drop\npriority=9,in_port=3 actions=output:4\npriority=7,in_port=1 "
          "actions=drop\n");
  }
}

TEST_CASE("what a refused message had replaced comes back only as far as it is still inside") {
  // A modify, and an add with the same match; the switch refuses both: without an IP packet there is no TTL.
  for (const FlowModCommand command : {FlowModCommand::modify_strict, FlowModCommand::add}) {
    Running r{v1_3};
    r.red().send(flow("priority=20,actions=IN_PORT,output:1,output:2", v1_3));
    r.world.settle();
    r.s1.slow = true;
    const Xid xid = r.red().send(flow("priority=20,actions=dec_ttl,output:1", v1_3, command));
    r.world.settle();
    r.world.reload(port_2_is_blue());
    r.world.hurry(r.s1);
    r.world.advance(1s);
    expect_error(r.red(), xid);
    CHECK(table(r.s1) ==
          "priority=20,in_port=1 actions=IN_PORT,output:1\npriority=9,in_port=3 actions=output:4\npriority=7,in_port=1 "
          "actions=drop\n");
  }
}

TEST_CASE("what a refused message had replaced does not come back when nothing of it is inside") {
  Running r{v1_3};
  r.s1.slow = true;
  const Xid xid = r.red().send(flow("priority=8,in_port=2,actions=dec_ttl,output:1", v1_3));
  r.world.settle();
  r.world.reload(port_2_is_blue());
  r.world.hurry(r.s1);
  r.world.advance(1s);
  expect_error(r.red(), xid);
  CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\npriority=7,in_port=1 actions=drop\n");
}

TEST_CASE("what is lost by a reload does not stay when the switch refuses the change") {
  for (const Version version : {v1_0, v1_3}) {
    Running r{version};
    r.red().send(flow("priority=20,in_port=1,actions=IN_PORT,output:2", version));
    r.world.settle();
    const std::string with_20 = table(r.s1);
    r.s1.heard.clear();
    r.s1.deaf = true;
    r.world.reload(port_2_is_blue());
    r.s1.deaf = false;
    for (const Received& said : std::vector{r.s1.heard}) {
      const auto* mod = std::get_if<FlowMod>(&said.message);
      if (mod == nullptr || mod->priority != 20) continue;
      CHECK(mod->command == FlowModCommand::modify_strict);
      Error refused;
      refused.error = wire_error(Reason::not_permitted, version);
      refused.data = said.bytes;
      r.world.say(r.s1, refused, said.xid);
    }
    CHECK(with_20.find("priority=20") != std::string::npos);
    CHECK(table(r.s1).find("priority=20") == std::string::npos);
    r.red().send(FlowStatsRequest{});
    r.world.settle();
    CHECK(r.red().take<FlowStatsReply>().value().flows.size() == 1);
  }
}

TEST_CASE("the file changes while the switch is away: nothing old is installed when it returns") {
  for (const Version version : {v1_0, v1_3}) {
    for (const bool during_setup : {false, true}) {
      Running r{version};
      r.s1.deaf = true;  // this one does not arrive
      r.red().send(flow("priority=30,in_port=2,actions=output:1", version));
      r.world.settle();
      r.world.cut(r.s1);
      r.s1.deaf = false;
      r.s1.heard.clear();
      if (during_setup) connect_until_setup(r.world, r.s1, "s1");
      r.world.reload(port_2_is_blue());
      if (!during_setup) r.world.connect(r.s1);
      r.world.hurry(r.s1);
      r.world.advance(1s);
      CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\npriority=7,in_port=1 actions=drop\n");
      for (const Received& said : r.s1.heard) {
        if (const auto* mod = std::get_if<FlowMod>(&said.message)) CHECK(mod->command != FlowModCommand::add);
      }
    }
  }
}

TEST_CASE("a slice that was gone while the switch was away begins anew") {
  for (const Version version : {v1_0, v1_3}) {
    const std::string no_red =
        replaced(by_port, R"("red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": [1, 2]}, )",
                 R"("green": {"controllers": ["tcp:127.0.0.1:7003"], "flowspace": [{"on": {"s1": [8]}, )");
    Running r{version};
    r.world.cut(r.s1);
    r.world.reload(no_red);
    r.world.reload(by_port);
    r.world.connect(r.s1);
    r.world.advance(1s);
    CHECK(table(r.s1) == "priority=9,in_port=3 actions=output:4\n");
    Tenant& red = r.world.tenant(7001, r.world.tenants.at(7001).size() - 1);
    red.send(FlowStatsRequest{});
    r.world.settle();
    CHECK(red.take<FlowStatsReply>().value().flows.empty());
  }
}

TEST_CASE("a switch that has only what a slice has left is no switch that has started anew") {
  World world{by_port};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  world.tenant(7001).send(flow("priority=8,in_port=2,actions=output:1", v1_3));
  world.settle();
  s1.deaf = true;
  world.tenant(7002).send(flow("priority=9,in_port=3,actions=output:4", v1_3));
  world.settle();
  world.cut(s1);
  s1.deaf = false;
  world.reload(replaced(by_port, "\"red\": ", "\"rot\": "));
  world.connect(s1);
  world.advance(1s);
  CHECK(table(s1) == "priority=9,in_port=3 actions=output:4\n");
}

TEST_CASE("two slices take each other's number") {
  const std::string one =
      replaced(replaced(by_port, R"("red":  {)", R"("red": {"id": 1, )"), R"("blue": {)", R"("blue": {"id": 2, )");
  const std::string other =
      replaced(replaced(by_port, R"("red":  {)", R"("red": {"id": 2, )"), R"("blue": {)", R"("blue": {"id": 1, )");
  for (const Version version : {v1_0, v1_3}) {
    for (const bool away : {false, true}) {
      World world{one};
      SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, version);
      world.tenant(7001).send(flow("priority=8,in_port=2,actions=output:1", version));
      world.tenant(7002).send(flow("priority=9,in_port=3,actions=output:4", version));
      world.settle();
      if (away) world.cut(s1);
      world.reload(other);
      if (away) world.connect(s1);
      world.advance(1s);
      CHECK(table(s1).empty());
      for (const std::uint16_t port : {std::uint16_t{7001}, std::uint16_t{7002}}) {
        Tenant& tenant = world.tenant(port, world.tenants.at(port).size() - 1);
        tenant.send(FlowStatsRequest{});
        world.settle();
        CHECK(tenant.take<FlowStatsReply>().value().flows.empty());
        CHECK_FALSE(tenant.take<FlowRemoved>().has_value());
      }
    }
  }
}

TEST_CASE("limits.flows counts no flows on a switch that is gone, whatever it was doing when it went") {
  const std::string limited = replaced(replaced(by_port, R"("red":  {)", R"("red": {"limits": {"flows": 3}, )"),
                                       R"({"s1": [1, 2]})", R"({"s1": [1, 2], "s2": [1, 2]})");
  const std::string both = replaced(limited, R"("s1": {"dpid": 1})", R"("s1": {"dpid": 1}, "s2": {"dpid": 2})");
  const std::string one = replaced(both, R"(, "s2": [1, 2])", "");
  const std::string only_1 = replaced(one, R"(, "s2": {"dpid": 2})", "");
  for (const int how : {0, 1, 2}) {  // up, away, in setup
    World world{both};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
    SwitchEnd& s2 = world.plug("s2", 2, {1, 2, 3, 4}, v1_3);
    world.tenant(7001, 1).send(flow("priority=1,in_port=1,actions=drop", v1_3));
    world.tenant(7001, 1).send(flow("priority=2,in_port=1,actions=drop", v1_3));
    world.settle();
    if (how > 0) world.cut(s2);
    if (how > 1) connect_until_setup(world, s2, "s2");
    world.reload(only_1);
    for (int i = 1; i <= 4; ++i) {
      world.tenant(7001).send(flow("priority=" + std::to_string(i) + ",in_port=1,actions=drop", v1_3));
    }
    world.settle();
    CHECK(table(s1) ==
          "priority=3,in_port=1 actions=drop\npriority=2,in_port=1 actions=drop\npriority=1,in_port=1 "
          "actions=drop\n");
  }
}

TEST_CASE("an idle timeout is kept when a flow's pieces become fewer or more") {
  const std::string narrow =
      replaced(by_vlan, R"([1, 2, 3]}, "match": "dl_vlan=10")", R"([1]}, "match": "dl_vlan=10")");
  for (const Version version : {v1_0, v1_3}) {
    for (const bool grows : {false, true}) {
      World world{grows ? std::string_view{narrow} : by_vlan};
      SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3}, version);
      world.tenant(7001).send(flow("priority=5,idle_timeout=4,actions=drop", version));
      world.settle();
      world.reload(grows ? by_vlan : std::string_view{narrow});
      const std::uint32_t port = grows ? 2 : 1;
      PacketSpec spec;
      spec.vlan = 10;
      for (int i = 0; i < 10; ++i) {
        world.inject(s1, port, packet(spec));
        world.advance(1s);
      }
      const std::string lines = table(s1);  // those that were idle on the way stand last
      CHECK(std::count(lines.begin(), lines.end(), '\n') == (grows ? 3 : 1));
      world.advance(15s);
      CHECK(table(s1).empty());
    }
  }
}

TEST_CASE("what one slice has left open is not held against the one that takes its place") {
  Running r{v1_3};
  r.s1.slow = true;
  for (int i = 0; i < 40; ++i) r.red().send(FlowStatsRequest{});
  r.world.settle();
  r.world.reload(replaced(by_port, "\"red\": ", "\"rot\": "));
  r.world.advance(1s);
  Tenant& rot = r.world.tenant(7001, r.world.tenants.at(7001).size() - 1);
  rot.send(FlowStatsRequest{});
  r.world.settle();
  CHECK_FALSE(rot.take<Error>().has_value());
  r.world.hurry(r.s1);
  CHECK(rot.take<FlowStatsReply>().value().flows.empty());
}
