// packet_out and packet_in: judged by bytes, delivered to owners, buffers told apart.
#include <string>
#include <vector>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;

namespace {

struct Both {
  World world;
  SwitchEnd& s1;
  Tenant& red;
  Tenant& blue;

  Both(std::string_view file, Version version, std::uint32_t buffers = 0)
      : world{file},
        s1{world.plug("s1", 1, {1, 2, 3, 4}, version, buffers)},
        red{world.tenant(7001)},
        blue{world.tenant(7002)} {}
};

PacketOut packet_out(Bytes data, std::string_view actions, Version version, PortNo in_port = port::any) {
  PacketOut out;
  out.in_port = in_port == port::any && version != v1_0 ? port::controller : in_port;
  out.actions = parse_actions(actions, version).value();
  out.data = std::move(data);
  return out;
}

std::vector<std::uint32_t> ports_of(const SwitchEnd& device) {
  std::vector<std::uint32_t> ports;
  for (const auto& sent : device.emitted) ports.push_back(sent.port.value);
  return ports;
}

}  // namespace

TEST_CASE("a packet_out leaves the slice's ports with the slice's headers only") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_vlan, version};
    const auto out = [&](Tenant& from, Bytes data, std::string_view actions, PortNo in_port = port::any) {
      b.s1.emitted.clear();
      const Xid xid = from.send(packet_out(std::move(data), actions, version, in_port));
      b.world.settle();
      return xid;
    };
    const Bytes mine = packet({.vlan = 10});
    const Bytes theirs = packet({.vlan = 20});
    static_cast<void>(out(b.red, mine, "output:2,output:3"));
    CHECK(ports_of(b.s1) == std::vector<std::uint32_t>{2, 3});
    static_cast<void>(out(b.red, mine, "FLOOD", PortNo{1}));
    CHECK(ports_of(b.s1) == std::vector<std::uint32_t>{2, 3});
    static_cast<void>(out(b.red, mine, "FLOOD"));
    CHECK(ports_of(b.s1) == std::vector<std::uint32_t>{1, 2, 3});
    static_cast<void>(out(b.red, mine, "IN_PORT", PortNo{1}));
    CHECK(ports_of(b.s1) == std::vector<std::uint32_t>{1});
    // A flood of a foreign packet reaches no port; nothing was asked for that is not the slice's.
    static_cast<void>(out(b.red, theirs, "FLOOD"));
    CHECK(ports_of(b.s1).empty());
    CHECK_FALSE(b.red.take<Error>().has_value());

    const auto refused = [&](Bytes data, std::string_view actions, PortNo in_port = port::any) {
      CAPTURE(actions);
      const Xid xid = out(b.red, std::move(data), actions, in_port);
      static_cast<void>(expect_error(b.red, xid));
      CHECK(b.s1.emitted.empty());
    };
    refused(mine, "output:4");
    refused(theirs, "output:2");
    refused(packet({}), "output:2");
    refused(mine, "output:2", PortNo{4});
    refused(mine, "NORMAL");
    refused(mine, "strip_vlan,output:2");
    refused(Bytes(10), "output:2");
    refused({}, "output:2");
    if (version == v1_0) refused(mine, "mod_vlan_vid:20,output:2");
  }
}

TEST_CASE("TABLE runs a packet through the slice's own flows") {
  Both b{by_vlan, v1_3};
  b.blue.send(flow("priority=7,in_port=1,actions=output:2", v1_3));
  b.world.settle();
  b.blue.send(packet_out(packet({.vlan = 20}), "TABLE", v1_3, PortNo{1}));
  b.world.settle();
  CHECK(ports_of(b.s1) == std::vector<std::uint32_t>{2});
  const Xid foreign = b.red.send(packet_out(packet({.vlan = 20}), "TABLE", v1_3, PortNo{1}));
  b.world.settle();
  static_cast<void>(expect_error(b.red, foreign));
  const Xid nowhere = b.blue.send(packet_out(packet({.vlan = 20}), "TABLE", v1_3));
  b.world.settle();
  static_cast<void>(expect_error(b.blue, nowhere));
}

TEST_CASE("a packet_in goes to the slice that owns the packet, and to those who may see it") {
  Both b{by_vlan, v1_0};
  Tenant& eye = b.world.tenant(7003);
  b.world.inject(b.s1, 1, packet({.vlan = 10}));
  const auto red = b.red.take<PacketIn>();
  REQUIRE(red.has_value());
  CHECK(red->in_port == PortNo{1});
  CHECK(red->data == packet({.vlan = 10}));
  CHECK_FALSE(b.blue.take<PacketIn>().has_value());
  CHECK_FALSE(eye.take<PacketIn>().has_value());
  b.world.inject(b.s1, 1, packet({.vlan = 20}));
  CHECK(b.blue.take<PacketIn>().has_value());
  CHECK(eye.take<PacketIn>().has_value());
  CHECK_FALSE(b.red.take<PacketIn>().has_value());
  // VLAN 20 on port 3 and untagged packets are nobody's.
  b.world.inject(b.s1, 3, packet({.vlan = 20}));
  b.world.inject(b.s1, 1, packet({}));
  CHECK_FALSE(b.red.take<PacketIn>().has_value());
  CHECK_FALSE(b.blue.take<PacketIn>().has_value());
  CHECK(b.world.domain.state(b.world.now)
            .switches[0]
            .undelivered[static_cast<std::size_t>(sluice::slicing::Undelivered::no_owner)] == 2);
  // Who only sees may not write.
  const Xid xid = eye.send(flow("priority=1,in_port=1,dl_vlan=20,actions=output:2", v1_0));
  b.world.settle();
  static_cast<void>(expect_error(eye, xid));
}

TEST_CASE("a table-miss entry stays one for its slice") {
  Both b{by_vlan, v1_3};
  b.red.send(flow("priority=0,cookie=0x55,actions=CONTROLLER:65535", v1_3));
  b.red.send(flow("priority=5,cookie=0x66,udp,tp_dst=99,actions=CONTROLLER:65535", v1_3));
  b.world.settle();
  b.world.inject(b.s1, 1, packet({.vlan = 10}));
  auto in = b.red.take<PacketIn>();
  REQUIRE(in.has_value());
  CHECK(in->reason == PacketInReason::no_match);
  CHECK(in->cookie == 0x55);
  b.world.inject(b.s1, 1, packet({.vlan = 10, .udp_dst = 99}));
  in = b.red.take<PacketIn>();
  REQUIRE(in.has_value());
  CHECK(in->reason == PacketInReason::action);
  CHECK(in->cookie == 0x66);
  // Blue has installed nothing: its misses are dropped, as 1.3 wants it.
  b.world.inject(b.s1, 1, packet({.vlan = 20}));
  CHECK_FALSE(b.blue.take<PacketIn>().has_value());
}

TEST_CASE("buffers: a slice uses its own ids, once") {
  constexpr Version version = v1_0;
  Both b{by_port, version, 16};
  b.red.send(SetConfig{0, 40});
  b.world.settle();
  b.world.inject(b.s1, 1, packet({}));
  const auto in = b.red.take<PacketIn>();
  REQUIRE(in.has_value());
  REQUIRE(in->buffer_id.value != BufferId::none);
  CHECK(in->data.size() == 40);
  CHECK(in->total_len == packet({}).size());
  PacketOut out = packet_out({}, "output:2", version, PortNo{1});
  out.buffer_id = in->buffer_id;
  // Another slice cannot use it.
  const Xid stolen = b.blue.send(packet_out({}, "output:4", version, PortNo{3}));
  b.world.settle();
  static_cast<void>(expect_error(b.blue, stolen));
  PacketOut theft = packet_out({}, "output:4", version, PortNo{3});
  theft.buffer_id = in->buffer_id;
  const Xid theft_xid = b.blue.send(theft);
  b.world.settle();
  CHECK(expect_error(b.blue, theft_xid).type == 1);
  CHECK(b.s1.emitted.empty());
  // Its owner sends the whole packet, and only once.
  b.red.send(out);
  b.world.settle();
  REQUIRE(b.s1.emitted.size() == 1);
  CHECK(b.s1.emitted[0].packet == packet({}));
  const Xid again = b.red.send(out);
  b.world.settle();
  static_cast<void>(expect_error(b.red, again));
  // A flow_mod with a buffer: the packet goes through the table, where the flow is.
  b.s1.emitted.clear();
  b.world.inject(b.s1, 1, packet({}));
  FlowMod mod = flow("priority=9,in_port=1,actions=output:2", version);
  mod.buffer_id = b.red.take<PacketIn>().value().buffer_id;
  b.red.send(mod);
  b.world.settle();
  REQUIRE(b.s1.emitted.size() == 1);
  CHECK(b.s1.emitted[0].port == PortNo{2});
  CHECK_FALSE(b.red.take<Error>().has_value());
}

TEST_CASE("since 1.2 packets come whole and unbuffered, whatever the switch could keep") {
  Both b{by_port, v1_3, 16};
  b.red.send(flow("priority=0,actions=CONTROLLER:40", v1_3));
  b.world.settle();
  b.world.inject(b.s1, 1, packet({}));
  const auto in = b.red.take<PacketIn>();
  REQUIRE(in.has_value());
  CHECK(in->buffer_id.value == BufferId::none);
  CHECK(in->data == packet({}));
}

TEST_CASE("a controller that does not read loses packet_ins, and nobody else does") {
  Both b{by_port, v1_0};
  b.world.congest(b.red, true);
  b.world.inject(b.s1, 1, packet({}));
  b.world.inject(b.s1, 3, packet({}));
  CHECK_FALSE(b.red.take<PacketIn>().has_value());
  CHECK(b.blue.take<PacketIn>().has_value());
  b.world.congest(b.red, false);
  b.world.inject(b.s1, 1, packet({}));
  CHECK(b.red.take<PacketIn>().has_value());
  CHECK(b.world.domain.state(b.world.now).legs[0].packet_ins_dropped == 1);
}

TEST_CASE("actions that grow too long when FLOOD is written out are refused, not lost") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_port, version};
    FlowMod mod = flow("priority=1,in_port=1,actions=FLOOD", version);
    auto& actions = std::get<ApplyActions>(mod.instructions[0]).actions;
    actions.resize(2000, actions[0]);
    const Xid too_long = b.red.send(mod);
    b.world.settle();
    CHECK(expect_error(b.red, too_long) == WireError{2, 7});  // BAD_ACTION / TOO_MANY
    CHECK(table(b.s1).empty());
    Bytes big = packet({});
    big.resize(65000);
    const Xid too_big =
        b.red.send(packet_out(big, "FLOOD,FLOOD,FLOOD,FLOOD,FLOOD,FLOOD,FLOOD,FLOOD,FLOOD,FLOOD,FLOOD", version));
    b.world.settle();
    CHECK(expect_error(b.red, too_big) == WireError{2, 7});
  }
}
