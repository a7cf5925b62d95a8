// Handshakes, what a slice sees of its switch, connections that come and go.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;

namespace {

std::size_t count_notes(const World& world, sluice::slicing::NoteId id) {
  return static_cast<std::size_t>(
      std::count_if(world.notes.begin(), world.notes.end(), [id](const auto& n) { return n.id == id; }));
}

}  // namespace

TEST_CASE("a slice sees its own ports, one table, and the switch's version") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    World world{by_port};
    world.plug("s1", 1, {1, 2, 3, 4}, version, 300);
    Tenant& red = world.tenant(7001);
    CHECK(red.version() == version);
    const FeaturesReply& features = red.channel.features();
    CHECK(features.datapath_id.value == 1);
    CHECK(features.n_tables == 1);
    CHECK(features.n_buffers == (version == v1_0 ? 256 : 0));
    std::vector<Port> ports = features.ports;
    if (version == v1_3) {
      CHECK(ports.empty());
      red.send(PortDescRequest{});
      world.settle();
      ports = red.take<PortDescReply>().value().ports;
    }
    REQUIRE(ports.size() == 2);
    CHECK(ports[0].number == PortNo{1});
    CHECK(ports[1].number == PortNo{2});
    red.send(DescRequest{});
    world.settle();
    const auto desc = red.take<DescReply>();
    CHECK(desc.value().dp_desc.value == "slice red of s1, through Sluice");
    // What the switch was told to do with packets is nobody's but Sluice's.
    red.send(GetConfigRequest{});
    world.settle();
    CHECK(red.take<GetConfigReply>().value() == GetConfigReply{0, 128});
    red.send(SetConfig{0, 64});
    red.send(GetConfigRequest{});
    world.settle();
    CHECK(red.take<GetConfigReply>().value() == GetConfigReply{0, 64});
    world.tenant(7002).send(GetConfigRequest{});
    world.settle();
    CHECK(world.tenant(7002).take<GetConfigReply>().value() == GetConfigReply{0, 128});
    const Xid bad = red.send(SetConfig{1, 64});
    world.settle();
    static_cast<void>(expect_error(red, bad));
  }
}

TEST_CASE("controllers are not dialled before the switch is known, and hang up with it") {
  World world{by_port};
  CHECK(world.dials.empty());
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  CHECK(world.dials.size() == 2);
  world.cut(s1);
  CHECK_FALSE(world.has_tenant(7001));
  CHECK_FALSE(world.has_tenant(7002));
  world.connect(s1);
  CHECK(world.has_tenant(7001));
  CHECK(world.has_tenant(7002));
}

TEST_CASE("a controller that is not there is dialled again, with growing pauses") {
  World world{by_port};
  world.refuses[7001] = true;
  world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  world.advance(60s);
  std::vector<Time> tries;
  for (const auto& [when, port] : world.dials) {
    if (port == 7001) tries.push_back(when);
  }
  REQUIRE(tries.size() > 5);
  CHECK(tries[1] - tries[0] <= 500ms);
  CHECK(tries[1] - tries[0] >= 375ms);
  for (std::size_t i = 2; i < tries.size(); ++i) CHECK(tries[i] - tries[i - 1] <= 8s);
  CHECK(tries.back() - tries[tries.size() - 2] >= 6s);
  // One note for one kind of failure, not one for each try.
  CHECK(count_notes(world, sluice::slicing::NoteId::leg_lost) == 1);
  world.refuses[7001] = false;
  world.advance(9s);
  CHECK(world.has_tenant(7001));
}

TEST_CASE("a controller that speaks no common version is told so") {
  World world{by_port};
  world.tenant_versions[7001] = {v1_0};
  world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  CHECK_FALSE(world.has_tenant(7001));
  CHECK(world.has_tenant(7002));
  REQUIRE_FALSE(world.hangups.empty());
  CHECK(world.hangups.front().find("no common OpenFlow version") != std::string::npos);
}

TEST_CASE("an unknown switch stays connected without slices") {
  World world{by_port};
  SwitchEnd& other = world.plug("other", 99, {1, 2}, v1_3);
  world.advance(60s);
  CHECK(other.link.has_value());
  CHECK(world.dials.empty());
  const auto state = world.domain.state(world.now);
  REQUIRE(state.switches.size() == 2);
  CHECK(state.switches[1].state == "no slices");
  CHECK(text(state.switches[1].dpid) == "0000000000000063");
}

TEST_CASE("of two connections with one dpid the living one stays") {
  World world{by_port};
  SwitchEnd& first = world.plug("first", 1, {1, 2, 3, 4}, v1_3);
  SUBCASE("the older one answers") {
    SwitchEnd& second = world.plug("second", 1, {1, 2, 3, 4}, v1_3);
    CHECK(first.link.has_value());
    CHECK_FALSE(second.link.has_value());
  }
  SUBCASE("the older one is dead") {
    first.mute = true;
    SwitchEnd& second = world.plug("second", 1, {1, 2, 3, 4}, v1_3);
    world.advance(3s);
    CHECK_FALSE(first.link.has_value());
    CHECK(second.link.has_value());
    CHECK(world.has_tenant(7001));
  }
}

TEST_CASE("a switch that is silent is given up") {
  World world{by_port};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  world.advance(60s);
  CHECK(s1.link.has_value());  // it answers echo requests
  s1.mute = true;
  world.advance(60s);
  CHECK_FALSE(s1.link.has_value());
  CHECK_FALSE(world.has_tenant(7001));
}

TEST_CASE("a controller that we do not read is not silent") {
  World world{by_port};
  world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  Tenant& red = world.tenant(7001);
  const auto link = red.link;
  world.advance(7s);  // an echo request is on its way when reading stops
  world.pause(red, true);
  world.advance(60s);
  REQUIRE(world.has_tenant(7001));
  // What it has said meanwhile is read after the next tick at the earliest.
  red.paused = false;
  world.pause(red, false);
  world.advance(60s);
  REQUIRE(world.has_tenant(7001));
  CHECK(world.tenant(7001).link == link);

  world.pause(red, true);
  world.advance(60s);
  world.pause(red, false);
  red.paused = true;  // now it is silent, and nobody holds it
  world.advance(9s);
  CHECK(world.has_tenant(7001));
  CHECK(count_notes(world, sluice::slicing::NoteId::leg_lost) == 0);
  world.advance(20s);
  CHECK(count_notes(world, sluice::slicing::NoteId::leg_lost) == 1);
}

TEST_CASE("flows stay when a switch comes back, and what is missing is installed again") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    World world{by_port};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, version);
    world.tenant(7001).send(flow("priority=5,in_port=1,actions=output:2", version));
    world.tenant(7002).send(flow("priority=5,in_port=3,actions=output:4", version));
    world.settle();
    const std::string before = table(s1);
    world.cut(s1);
    world.connect(s1);
    CHECK(table(s1) == before);
    CHECK(world.domain.flows("", "", world.now).size() == 2);
    CHECK(count_notes(world, sluice::slicing::NoteId::flow_reinstalled) == 0);
  }
}

TEST_CASE("the news of a port go to the slices that have it") {
  World world{by_port};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  world.set_link(s1, 3, sluice::flow_switch::Link::down);
  CHECK_FALSE(world.tenant(7001).take<PortStatus>().has_value());
  const auto news = world.tenant(7002).take<PortStatus>();
  CHECK(news.value().port.number == PortNo{3});
  CHECK(news.value().reason == PortReason::modify);
}

TEST_CASE("only one controller of a slice writes") {
  World world{R"({
    "version": 1, "proxy": {"listen": ["ptcp:6653:127.0.0.1"]}, "switches": {"s1": {"dpid": 1}},
    "slices": {"red": {"controllers": [{"at": "tcp:127.0.0.1:7001", "standby": true}, "tcp:127.0.0.1:7002"],
                       "flowspace": [{"on": {"s1": [1, 2]}, "match": "any"}]}}})"};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2}, v1_3);
  const Xid refused = world.tenant(7001).send(flow("priority=5,actions=output:2", v1_3));
  world.settle();
  CHECK(expect_error(world.tenant(7001), refused) == WireError{1, 10});  // BAD_REQUEST / IS_SLAVE
  CHECK(table(s1).empty());
  world.refuses[7002] = true;
  world.cut(world.tenant(7002));
  world.tenant(7001).send(flow("priority=5,in_port=1,actions=output:2", v1_3));
  world.settle();
  CHECK(table(s1) == "priority=5,in_port=1 actions=output:2\n");
}

TEST_CASE("a switch that comes back with another version starts anew") {
  World world{by_port};
  SwitchEnd& old = world.plug("old", 1, {1, 2, 3, 4}, v1_0);
  world.tenant(7001).send(flow("priority=5,in_port=1,actions=mod_vlan_vid:5,output:2", v1_0));
  world.settle();
  world.cut(old);
  SwitchEnd& young = world.plug("young", 1, {1, 2, 3, 4}, v1_3);
  CHECK(young.link.has_value());
  CHECK(world.tenant(7001).version() == v1_3);
  CHECK(world.domain.flows("", "", world.now).empty());
}

TEST_CASE("a deletion that was lost with the connection is made up for") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    World world{by_port};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, version);
    Tenant& red = world.tenant(7001);
    red.send(flow("priority=5,in_port=1,actions=output:2", version));
    red.send(flow("priority=6,in_port=2,actions=output:1", version));
    world.settle();
    const std::string both = table(s1);
    s1.deaf = true;  // nothing reaches it any more
    red.send(flow("in_port=1", version, FlowModCommand::delete_));
    world.settle();
    CHECK(table(s1) == both);
    s1.deaf = false;
    world.cut(s1);
    world.connect(s1);
    CHECK(table(s1) == "priority=6,in_port=2 actions=output:1\n");
  }
}
