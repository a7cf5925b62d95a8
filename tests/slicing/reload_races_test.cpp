// The slice file changes while something else is going on: messages that nobody has answered, switches that are away,
// slices that are gone and come back, timeouts.
#include <algorithm>
#include <string>

#include "tests/slicing/reload_support.hpp"

using namespace sluice::tests;

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
