// The slice file changes while switches and controllers are connected.
#include <algorithm>
#include <string>

#include "tests/slicing/reload_support.hpp"

using namespace sluice::tests;

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

TEST_CASE("how much may wait for a controller is told when it has connected, and when that changes") {
  const auto with = [](const char* bytes) {
    return replaced(by_port, "\"red\":  {",
                    std::string{"\"red\":  {\"limits\": {\"queue_bytes\": \""} + bytes + "\"}, ");
  };
  Running r{v1_3};
  CHECK(r.red().queue_bytes == 16U << 20U);
  CHECK(r.reload(with("1MiB")).empty());
  CHECK(r.red().queue_bytes == 1U << 20U);
  CHECK(r.blue().queue_bytes == 16U << 20U);
  CHECK(r.world.hangups.empty());
  r.world.cut(r.s1);
  r.world.connect(r.s1);
  r.world.advance(1s);
  CHECK(r.world.tenant(7001).queue_bytes == 1U << 20U);
  static_cast<void>(r.reload(by_port));
  CHECK(r.world.tenant(7001).queue_bytes == 16U << 20U);
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
