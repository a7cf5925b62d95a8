// A new run of the proxy in front of a switch that still has the flows of the former one.
#include <string>
#include <utility>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;

namespace {

// The former run has left two flows of red's; the new one has drawn the same epoch, and gives the same entry numbers.
struct Restarted {
  explicit Restarted(Version v) : version{v} {
    SwitchEnd& s1 = former.plug("s1", 1, {1, 2, 3, 4}, version);
    former.tenant(7001).send(flow("priority=10,in_port=1,actions=output:2", version));
    former.tenant(7001).send(flow("priority=11,in_port=2,hard_timeout=5,actions=output:1", version));
    former.settle();
    former.cut(s1);
    world.switches["s1"] = std::move(former.switches.at("s1"));
    world.connect(device());
  }

  [[nodiscard]] SwitchEnd& device() { return *world.switches.at("s1"); }

  [[nodiscard]] Tenant& red() { return world.tenant(7001); }

  // What `sluicectl status` warns of.
  [[nodiscard]] std::string warnings() {
    const sluice::slicing::DomainState state = world.domain.state(world.now);
    std::string all;
    for (const std::string& warning : state.switches.at(0).warnings) all += warning + ";";
    return all;
  }

  [[nodiscard]] std::vector<FlowStats> listed() {
    FlowStatsRequest request;
    red().send(request);
    world.settle();
    return red().take<FlowStatsReply>().value().flows;
  }

  Version version;
  World former{by_port, 7};
  World world{by_port, 7};
};

}  // namespace

TEST_CASE("flows of an earlier run are their slice's again, whatever epoch they bear") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Restarted b{version};
    CHECK(table(b.device()) ==
          "priority=11,in_port=2 actions=output:1\n"
          "priority=10,in_port=1 actions=output:2\n");
    CHECK(b.warnings().empty());
    CHECK(b.listed().size() == 2);

    // The new run's first flow is not taken for the former run's, nor the other way round.
    b.red().send(flow("priority=5,in_port=1,actions=output:2", version));
    b.world.settle();
    b.world.inject(b.device(), 1, packet({}));
    REQUIRE(b.listed().size() == 3);
    for (const FlowStats& listed : b.listed()) CHECK(listed.packet_count == (listed.priority == 10 ? 1 : 0));
    b.red().send(flow("", version, FlowModCommand::delete_));
    b.world.settle();
    CHECK(table(b.device()).empty());
    CHECK(b.listed().empty());
  }
}

TEST_CASE("a flow of an earlier run makes way for what its controller asks for in its place, or ends") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Restarted b{version};
    b.red().send(flow("priority=10,actions=", version));
    b.world.settle();
    CHECK(b.listed().size() == 2);
    b.red().send(flow("priority=10,actions=", version, FlowModCommand::delete_strict));
    b.world.settle();
    CHECK(table(b.device()) == "priority=11,in_port=2 actions=output:1\n");
    b.red().send(flow("priority=10,in_port=1,actions=", version));
    b.world.settle();
    CHECK(b.listed().size() == 2);
    b.world.advance(6s);
    CHECK(table(b.device()) == "priority=10,in_port=1 actions=drop\n");
    CHECK(b.warnings().empty());
    CHECK_FALSE(b.red().take<FlowRemoved>().has_value());
  }
}

TEST_CASE("a flow that stands in place of a newer one when the switch returns is known to stand there") {
  // The newer flow with the same place has not arrived, and would have ended while the switch was away.
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    World world{by_vlan};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3}, version);
    world.tenant(7001).send(flow("priority=6,in_port=2,actions=drop", version));
    world.tenant(7001).send(flow("priority=5,in_port=1,dl_vlan=10,actions=output:2", version));
    world.settle();
    const std::string before = table(s1);
    s1.deaf = true;
    world.tenant(7001).send(flow("priority=5,in_port=1,hard_timeout=3,actions=output:3", version));
    world.settle();
    world.cut(s1);
    s1.deaf = false;
    world.connect(s1);
    world.advance(1s);
    CHECK(table(s1) == before);
    Tenant& red = world.tenant(7001, world.tenants.at(7001).size() - 1);
    red.send(FlowStatsRequest{});
    world.settle();
    CHECK(red.take<FlowStatsReply>().value().flows.size() == 2);
  }
}
