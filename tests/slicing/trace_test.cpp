// Where a packet goes, by what the core holds to stand in the switch.
#include "slicing/trace.hpp"

#include <algorithm>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;
using sluice::slicing::Trace;
using sluice::slicing::TraceOutput;

namespace {

struct Traced {
  World world;
  SwitchEnd& s1;

  Traced(std::string_view file, Version version) : world{file}, s1{world.plug("s1", 1, {1, 2, 3, 4}, version)} {}

  void add(std::uint16_t tenant, std::string_view text) {
    Tenant& who = world.tenant(tenant);
    who.send(flow(text, who.version()));
    world.settle();
    REQUIRE_FALSE(who.take<Error>().has_value());
  }

  // Of a packet of these headers, whose bytes are ours to choose.
  Trace operator()(std::uint32_t port, const PacketSpec& spec) {
    return world.domain.trace("s1", *packet_key(packet(spec), PortNo{port}), world.now).value();
  }
};

PacketSpec in_vlan(std::uint16_t vlan) {
  PacketSpec spec;
  spec.vlan = vlan;
  return spec;
}

}  // namespace

TEST_CASE("the owner's flow of the highest priority is met, and shown as it was asked for beside its piece") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Traced t{by_vlan, version};
    t.add(7001, "priority=1,cookie=7,actions=output:3");
    t.add(7001, "priority=9,cookie=9,ip,actions=output:2");
    t.add(7002, "priority=65535,cookie=1,actions=output:1");
    const Trace trace = t(1, in_vlan(10));
    REQUIRE(trace.owner);
    CHECK(trace.owner->slice == "red");
    CHECK(trace.owner->rule.name == "red[0]");
    REQUIRE(trace.flow);
    CHECK(trace.flow->slice == "red");
    CHECK(trace.flow->cookie == 9);
    CHECK(text(trace.flow->match) == "ip");
    REQUIRE(trace.flow->pieces.size() == 1);
    CHECK(text(trace.flow->pieces[0].match) == "ip,in_port=1,dl_vlan=10");
    REQUIRE(trace.steps.size() == 1);
    CHECK(trace.steps[0].output->where == TraceOutput::Where::port);
    CHECK(trace.steps[0].output->port == PortNo{2});
    CHECK(trace.leaves());
    CHECK(trace.warnings.empty());
  }
}

TEST_CASE("actions are applied one after the other, and each output has the header of its moment") {
  Traced t{by_port, v1_3};
  t.add(7001,
        "in_port=1,ip,actions=output:2,set_field:10.9.9.9->ip_dst,dec_ttl,output:2,push_vlan:0x8100,"
        "set_field:4101->vlan_vid,in_port,output:1");
  const Trace trace = t(1, {});
  REQUIRE(trace.steps.size() == 8);
  CHECK(trace.steps[0].header == trace.packet);
  CHECK(text(trace.steps[1].changed) == "ipv4_dst=10.9.9.9");
  CHECK_FALSE(trace.steps[2].remark.empty());
  CHECK(trace.steps[3].header.exact(Field::ipv4_dst) == u128(0x0a090909));
  CHECK(trace.steps[6].output->where == TraceOutput::Where::port);
  CHECK(trace.steps[6].output->port == PortNo{1});
  CHECK(trace.steps[6].header.exact(Field::vlan_vid) == u128(0x1005));
  CHECK(trace.steps[7].output->where == TraceOutput::Where::nowhere);
  CHECK(trace.steps[7].output->why.find("IN_PORT only") != std::string::npos);
}

TEST_CASE("a packet that meets no flow goes to the controllers in 1.0, and nowhere in 1.3") {
  Traced old{by_vlan, v1_0};
  Trace trace = old(1, in_vlan(20));
  CHECK_FALSE(trace.flow);
  CHECK_FALSE(trace.miss_is_dropped());
  REQUIRE(trace.miss.size() == 2);
  CHECK(trace.miss[0].slice == "blue");
  CHECK(trace.miss[0].controller == "tcp:127.0.0.1:7002");
  CHECK(trace.miss[1].slice == "eye");
  CHECK(trace.miss[1].copy);
  REQUIRE(trace.readers.size() == 1);
  CHECK(trace.readers[0].rule.name == "eye[0]");
  CHECK(trace.leaves());
  Traced newer{by_vlan, v1_3};
  trace = newer(1, in_vlan(20));
  CHECK(trace.miss_is_dropped());
  CHECK_FALSE(trace.leaves());
  newer.add(7002, "priority=0,actions=CONTROLLER:65535");
  trace = newer(1, in_vlan(20));
  REQUIRE(trace.steps.size() == 1);
  CHECK(trace.steps[0].output->as_miss);
  CHECK(trace.steps[0].output->listeners.size() == 2);
  newer.world.refuses[7002] = true;
  newer.world.cut(newer.world.tenant(7002));
  newer.world.settle();
  trace = newer(1, in_vlan(20));
  CHECK(trace.steps[0].output->listeners[0].controller.empty());
}

TEST_CASE("ports that are not there, or whose link is down, let nothing out; packets of nobody are nobody's") {
  Traced t{by_port, v1_3};
  t.add(7001, "in_port=1,actions=output:2");
  t.world.set_link(t.s1, 2, sluice::flow_switch::Link::down);
  CHECK(t(1, {}).steps[0].output->why == "its link is down");
  CHECK_FALSE(t(1, {}).leaves());
  CHECK(t(9, {}).not_received == "the switch has no port 9");
  Traced u{by_vlan, v1_3};
  CHECK_FALSE(u(1, in_vlan(30)).owner);
  CHECK_FALSE(u.world.domain.trace("s2", {}, u.world.now).has_value());
}

TEST_CASE("of two flows of one priority it is said that nobody knows; of a switch that is away, what it should have") {
  Traced t{by_port, v1_3};
  t.add(7001, "priority=5,in_port=1,ip,nw_src=10.0.0.1,actions=output:2");
  t.add(7001, "priority=5,in_port=1,ip,nw_dst=10.0.0.2,actions=drop");
  REQUIRE(t(1, {}).warnings.size() == 1);
  CHECK(t(1, {}).warnings[0].find("with the same priority matches, too") != std::string::npos);
  t.world.cut(t.s1);
  t.world.settle();
  const Trace away = t(1, {});
  CHECK(away.state == "down");
  CHECK(away.flow);
  CHECK(away.version == v1_3);
}
