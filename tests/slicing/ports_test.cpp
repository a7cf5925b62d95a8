// Ports that go and come back while flows stand.
#include <string>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;

namespace {

struct Replugged {
  explicit Replugged(Version version) {
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, version);
    world.tenant(7001).send(flow("priority=7,actions=FLOOD", version));
    world.tenant(7001).send(flow("priority=8,in_port=1,actions=output:2", version));
    world.settle();
    before = table(s1);
  }

  void say(PortReason reason, std::uint32_t number) {
    const MacAddress mac{{2, 0, 0, 0, 1, static_cast<std::uint8_t>(number)}};
    const Port port = sluice::flow_switch::make_port(PortNo{number}, "s1-p" + std::to_string(number), mac);
    world.say(*world.switches.at("s1"), PortStatus{reason, port});
  }

  World world{by_port};
  std::string before;
};

}  // namespace

TEST_CASE("a flow outlives a port of its slice, and is whole again when the port is back") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Replugged b{version};
    Tenant& red = b.world.tenant(7001);
    b.say(PortReason::delete_, 2);
    CHECK(red.take<PortStatus>().value().reason == PortReason::delete_);
    CHECK_FALSE(b.world.tenant(7002).take<PortStatus>().has_value());
    CHECK(table(*b.world.switches.at("s1")) ==
          "priority=8,in_port=1 actions=drop\n"
          "priority=7,in_port=1 actions=drop\n");
    red.send(FlowStatsRequest{});
    b.world.settle();
    CHECK(red.take<FlowStatsReply>().value().flows.size() == 2);
    CHECK_FALSE(red.take<FlowRemoved>().has_value());

    b.say(PortReason::add, 2);
    CHECK(red.take<PortStatus>().value().reason == PortReason::add);
    CHECK(table(*b.world.switches.at("s1")) == b.before);
  }
}

TEST_CASE("what stands is told with the ports that there are now") {
  for (const Version version : {v1_0, v1_3}) {
    World world{by_port};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, version);
    world.add_port(s1, 5);
    world.settle();
    const auto standing = world.domain.standing();
    REQUIRE(standing.switches.size() == 1);
    CHECK(standing.switches[0].ports.size() == 5);
    CHECK(standing.switches[0].features.ports.size() == (version == v1_0 ? 5 : 0));
  }
}

TEST_CASE("a flow that stands gets a port that comes, also above limits.expand") {
  World world{R"({
    "version": 1, "proxy": {"listen": ["ptcp:6653:127.0.0.1"]}, "switches": {"s1": {"dpid": 1}},
    "slices": {"red": {"controllers": ["tcp:127.0.0.1:7001"], "limits": {"expand": 2}, "flowspace": [
      {"on": {"s1": [1, 2, 3]}, "match": "any"}]}}})"};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2}, v1_0);
  Tenant& red = world.tenant(7001);
  red.send(flow("priority=1,actions=drop", v1_0));
  world.settle();
  world.add_port(s1, 3);
  world.settle();
  CHECK(table(s1) ==
        "priority=1,in_port=1 actions=drop\npriority=1,in_port=2 actions=drop\npriority=1,in_port=3 actions=drop\n");
  // A new one is judged by it.
  const Xid xid = red.send(flow("priority=2,actions=drop", v1_0));
  world.settle();
  static_cast<void>(expect_error(red, xid));
}
