// Link discovery through slices: what goes over wires, when it is good, and the flows that bring it back.
#include "slicing/discovery.hpp"

#include <string>

#include "ofmsg/text_parts.hpp"
#include "slicing/cookie.hpp"
#include "slicing/probe.hpp"
#include "tests/slicing/support.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

// Red has a VLAN and blue has ARP, on a wire that both share, and each has a port of its own.
std::string with_blue(std::string_view lldp) {
  return R"({
    "version": 1,
    "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
    "switches": {"s1": {"dpid": 1}, "s2": {"dpid": 2}},
    "slices": {
      "red":  {"controllers": ["tcp:127.0.0.1:7001"],
               "flowspace": [{"on": {"s1": [1, 9], "s2": [1, 9]}, "match": "dl_vlan=10"}]},
      "blue": {"controllers": ["tcp:127.0.0.1:7002"], "lldp": ")" +
         std::string{lldp} + R"(",
               "flowspace": [{"on": {"s1": [2, 9], "s2": [2, 9]}, "match": "dl_vlan=0xffff,arp"}]}
    }})";
}

Bytes lldp_frame() {
  return *parse_bytes(
      "0180c200000e02000000000188cc"
      "0206076470696431"
      "04050200000007"
      "06020078"
      "0000");
}

// Two switches, joined by nothing but what a test carries.
struct Net {
  World world;
  SwitchEnd& s1;
  SwitchEnd& s2;

  explicit Net(Version version, const std::string& file = with_blue("own"))
      : world{file}, s1{world.plug("s1", 1, {1, 2, 9}, version)}, s2{world.plug("s2", 2, {1, 2, 9}, version)} {}

  Tenant& red(std::size_t nth_switch) { return world.tenant(7001, nth_switch); }

  Tenant& blue(std::size_t nth_switch) { return world.tenant(7002, nth_switch); }

  // What leaves s1 when the tenant sends its frame.
  std::vector<flow_switch::Effects::Sent> probe(Tenant& tenant, std::string_view actions, Bytes frame = lldp_frame()) {
    s1.emitted.clear();
    PacketOut out;
    out.in_port = tenant.version() == v1_0 ? port::any : port::controller;
    out.actions = parse_actions(actions, tenant.version()).value();
    out.data = std::move(frame);
    static_cast<void>(tenant.send(out));
    world.settle();
    return std::exchange(s1.emitted, {});
  }
};

std::string own_flows(const SwitchEnd& device) {
  std::string lines;
  for (const flow_switch::Flow& f : device.device.datapath().tables().flows(0)) {
    if (!slicing::is_discovery_cookie(f.cookie)) continue;
    lines += std::to_string(f.priority) + " " + text(f.match) + " " + text(f.instructions) + "\n";
  }
  return lines;
}

std::size_t undelivered_probes(const World& world, std::size_t which) {
  return world.domain.state(world.now)
      .switches[which]
      .undelivered[static_cast<std::size_t>(slicing::Undelivered::probe)];
}

}  // namespace

TEST_CASE("a probe comes back to the slice that has sent it, as it was sent, and to nobody else") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Net net{version};
    // Neither slice has untagged LLDP in its flowspace.
    const auto sent = net.probe(net.red(0), "output:9");
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].port == PortNo{9});
    CHECK(sent[0].packet.size() == lldp_frame().size() + slicing::probe_mark_size);
    net.world.inject(net.s2, 9, sent[0].packet);
    const auto in = net.red(1).take<PacketIn>();
    REQUIRE(in.has_value());
    CHECK(in->data == lldp_frame());
    CHECK(in->total_len == lldp_frame().size());
    CHECK(in->buffer_id.value == BufferId::none);
    CHECK_FALSE(net.blue(1).take<PacketIn>().has_value());
    // Blue has this port, red has not.
    net.world.inject(net.s2, 2, sent[0].packet);
    CHECK_FALSE(net.red(1).take<PacketIn>().has_value());
    CHECK_FALSE(net.blue(1).take<PacketIn>().has_value());
    CHECK(undelivered_probes(net.world, 1) == 1);
  }
}

TEST_CASE("a probe is good for ten seconds") {
  Net net{v1_3};
  const auto sent = net.probe(net.red(0), "output:9");
  REQUIRE(sent.size() == 1);
  net.world.advance(10s);
  net.world.inject(net.s2, 9, sent[0].packet);
  CHECK(net.red(1).take<PacketIn>().has_value());
  net.world.advance(1s);
  net.world.inject(net.s2, 9, sent[0].packet);
  CHECK_FALSE(net.red(1).take<PacketIn>().has_value());
  CHECK(undelivered_probes(net.world, 1) == 1);
}

TEST_CASE("another core's marks are worth nothing") {
  Net net{v1_3};
  const slicing::Probe mark{net.world.policy->slices()[0].number, 1000};
  net.world.inject(net.s2, 9, slicing::marked(lldp_frame(), mark, slicing::Seed{8}.secret));
  CHECK_FALSE(net.red(1).take<PacketIn>().has_value());
  // The world's core would have made it of the seed 7.
  net.world.inject(net.s2, 9, slicing::marked(lldp_frame(), mark, slicing::Seed{7}.secret));
  CHECK(net.red(1).take<PacketIn>().has_value());
}

TEST_CASE("a frame of discovery that the switch has cut goes nowhere") {
  Net net{v1_0, with_blue("all")};
  const auto sent = net.probe(net.red(0), "output:9");
  REQUIRE(sent.size() == 1);
  PacketIn cut;
  cut.in_port = PortNo{9};
  cut.total_len = static_cast<std::uint16_t>(sent[0].packet.size());
  cut.data.assign(sent[0].packet.begin(), sent[0].packet.begin() + 30);
  net.world.say(net.s2, cut);
  net.world.settle();
  CHECK_FALSE(net.red(1).take<PacketIn>().has_value());
  CHECK_FALSE(net.blue(1).take<PacketIn>().has_value());
  CHECK(undelivered_probes(net.world, 1) == 1);
}

TEST_CASE("a probe for several ports is one message") {
  for (const Version version : {v1_0, v1_3}) {
    Net net{version};
    net.s1.heard.clear();
    const auto sent = net.probe(net.red(0), "FLOOD");
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].packet == sent[1].packet);
    CHECK(std::count_if(net.s1.heard.begin(), net.s1.heard.end(),
                        [](const Received& r) { return std::holds_alternative<PacketOut>(r.message); }) == 1);
    CHECK(slicing::unmarked(sent[0].packet, slicing::Seed{7}.secret).has_value());
    // Of another slice's port it says so, once.
    CHECK(net.probe(net.red(0), "output:1,output:2").empty());
    CHECK(net.red(0).take<Error>().has_value());
    CHECK_FALSE(net.red(0).take<Error>().has_value());
  }
}

TEST_CASE("a tagged probe leaves where the slice has something of its VLAN") {
  Net net{v1_3};
  Bytes tagged = lldp_frame();
  const Bytes tag = *parse_bytes("8100000a");
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  CHECK(net.probe(net.red(0), "output:9", tagged).size() == 1);
  tagged[15] = std::byte{11};
  CHECK(net.probe(net.red(0), "output:9", tagged).empty());
  CHECK(net.red(0).take<Error>().has_value());
}

TEST_CASE("a probe that has no room for its mark is refused") {
  Net net{v1_3};
  Bytes frame = lldp_frame();
  frame.resize(1514 - slicing::probe_mark_size);
  CHECK(net.probe(net.red(0), "output:9", frame).size() == 1);
  frame.push_back(std::byte{0});
  CHECK(net.probe(net.red(0), "output:9", frame).empty());
  CHECK(net.red(0).take<Error>().has_value());
}

TEST_CASE("the flows for discovery are kept in the switch") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Net net{version};
    std::string wanted;
    for (const char* type : {"0x88cc", "0x8942"}) {
      for (const int port : {1, 2, 9}) {
        const std::string line =
            "65535 in_port=" + std::to_string(port) + ",dl_type=" + type + " actions=CONTROLLER:65535\n";
        CHECK_MESSAGE(own_flows(net.s1).find(line) != std::string::npos, own_flows(net.s1));
        wanted += line;
      }
    }
    CHECK(own_flows(net.s1).size() == wanted.size());
    const std::string all = own_flows(net.s1);

    // They survive the connection: nothing is sent again.
    net.world.cut(net.s1);
    net.s1.heard.clear();
    net.world.connect(net.s1);
    net.world.settle();
    for (const Received& r : net.s1.heard) CHECK_FALSE(std::holds_alternative<FlowMod>(r.message));
    CHECK(own_flows(net.s1) == all);
    CHECK(net.world.domain.state(net.world.now).switches[0].warnings.empty());

    // Nobody's statistics show them.
    FlowStatsRequest request;
    static_cast<void>(net.red(0).send(request));
    net.world.settle();
    const auto stats = net.red(0).take<FlowStatsReply>();
    REQUIRE(stats.has_value());
    CHECK(stats->flows.empty());
  }
}

TEST_CASE("what an operator removes of them comes back") {
  Net net{v1_3};
  const std::string all = own_flows(net.s1);
  FlowRemoved removed;
  removed.cookie = slicing::Cookie{slicing::Cookie::nobody, 0, slicing::Cookie::discovery}.value();
  removed.priority = 0xffff;
  removed.match = parse_match("in_port=9,dl_type=0x88cc").value();
  removed.reason = FlowRemovedReason::delete_;
  net.s1.heard.clear();
  net.world.say(net.s1, removed);
  net.world.settle();
  CHECK(net.s1.heard.empty());
  net.world.advance(1s);
  REQUIRE(net.s1.heard.size() == 1);
  const auto* again = std::get_if<FlowMod>(&net.s1.heard[0].message);
  REQUIRE(again != nullptr);
  CHECK(again->match == removed.match);
  CHECK(own_flows(net.s1) == all);
}

TEST_CASE("a switch that has no room for them is asked again, now and then") {
  World world{with_blue("own")};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 9}, v1_3, 0, 4);
  CHECK(table(s1).empty());
  s1.heard.clear();
  world.advance(59s);
  const auto adds = [&s1] {
    return std::count_if(s1.heard.begin(), s1.heard.end(),
                         [](const Received& r) { return std::holds_alternative<FlowMod>(r.message); });
  };
  CHECK(adds() == 0);
  world.advance(2s);
  CHECK(adds() == 2);
}

TEST_CASE("a slice's flows for LLDP are taken, stand nowhere, and come to their end") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Net net{version};
    // Blue's flowspace is ARP.
    net.blue(0).send(
        flow("priority=65535,cookie=5,idle_timeout=30,send_flow_rem,dl_type=0x88cc,actions=CONTROLLER:65535", version));
    net.world.settle();
    CHECK_FALSE(net.blue(0).take<Error>().has_value());
    CHECK(table(net.s1).empty());
    net.blue(0).send(FlowStatsRequest{});
    net.world.settle();
    const auto stats = net.blue(0).take<FlowStatsReply>();
    REQUIRE(stats.has_value());
    CHECK(stats->flows.size() == 1);
    net.world.advance(31s);
    const auto gone = net.blue(0).take<FlowRemoved>();
    REQUIRE(gone.has_value());
    CHECK(gone->cookie == 5);
    CHECK(gone->reason == FlowRemovedReason::idle_timeout);

    net.blue(0).send(flow("priority=9,send_flow_rem,dl_type=0x88cc,actions=drop", version));
    net.blue(0).send(flow("", version, FlowModCommand::delete_));
    net.world.settle();
    CHECK(net.blue(0).take<FlowRemoved>().has_value());

    // Not a reader's, nor at a port of others.
    const Xid xid = net.blue(0).send(flow("priority=9,in_port=1,dl_type=0x88cc,actions=drop", version));
    net.world.settle();
    static_cast<void>(expect_error(net.blue(0), xid));
  }
}

TEST_CASE("no flow of a slice stands beside those for discovery") {
  for (const Version version : {v1_0, v1_3}) {
    World world{by_port};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, version);
    Tenant& red = world.tenant(7001);
    red.send(flow("priority=65535,in_port=1,actions=output:2", version));
    red.send(flow("priority=65535,in_port=1,arp,actions=output:2", version));
    world.settle();
    CHECK(table(s1) == "priority=65535,arp,in_port=1 actions=output:2\npriority=65534,in_port=1 actions=output:2\n");
    // Two that meet in one place: the higher one stands, and the other when that has gone.
    red.send(flow("priority=65534,in_port=1,actions=drop", version));
    world.settle();
    CHECK(table(s1) == "priority=65535,arp,in_port=1 actions=output:2\npriority=65534,in_port=1 actions=output:2\n");
    red.send(flow("priority=65535,in_port=1", version, FlowModCommand::delete_strict));
    world.settle();
    CHECK(table(s1) == "priority=65535,arp,in_port=1 actions=output:2\npriority=65534,in_port=1 actions=drop\n");
    CHECK_FALSE(red.take<Error>().has_value());
  }
}

TEST_CASE("the slice file decides who takes part, also later") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Net net{version, with_blue("none")};
    CHECK(own_flows(net.s1).find("in_port=2") == std::string::npos);
    CHECK(own_flows(net.s1).find("in_port=9") != std::string::npos);
    CHECK(net.probe(net.blue(0), "output:9").empty());
    CHECK(net.blue(0).take<Error>().has_value());
    static_cast<void>(net.world.reload(with_blue("own")));
    CHECK(own_flows(net.s1).find("in_port=2") != std::string::npos);
    CHECK(net.probe(net.blue(0), "output:9").size() == 1);
    static_cast<void>(net.world.reload(with_blue("none")));
    CHECK(own_flows(net.s1).find("in_port=2") == std::string::npos);
  }
}

TEST_CASE("a slice's flows for LLDP stand in the switch while it takes no part") {
  const auto file = [](std::string_view lldp) {
    std::string text{by_port};
    text.replace(text.find("\"match\": \"any\"}]}"), 17,
                 "\"match\": \"any\"}], \"lldp\": \"" + std::string{lldp} + "\"}");
    return text;
  };
  World world{file("none")};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  Tenant& red = world.tenant(7001);
  red.send(flow("priority=9,in_port=1,dl_type=0x88cc,send_flow_rem,actions=output:2", v1_3));
  world.settle();
  const std::string stands = "priority=9,in_port=1,dl_type=0x88cc actions=output:2\n";
  CHECK(table(s1) == stands);
  static_cast<void>(world.reload(file("own")));
  CHECK(table(s1).empty());
  CHECK_FALSE(red.take<FlowRemoved>().has_value());
  static_cast<void>(world.reload(file("none")));
  CHECK(table(s1) == stands);
}
