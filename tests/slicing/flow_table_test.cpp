// flow_mods of two slices on one switch, and what the switch says of them.
#include <string>
#include <vector>

#include "slicing/cookie.hpp"
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

constexpr std::uint16_t flow_mod_failed_1_0 = 3, flow_mod_failed = 5, bad_action = 2;

}  // namespace

TEST_CASE("a flow is cut to the slice's ports") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_port, version};
    b.red.send(flow("priority=7,ip,nw_dst=10.0.0.1,actions=output:2", version));
    b.world.settle();
    CHECK(table(b.s1) ==
          "priority=7,ip,in_port=1,nw_dst=10.0.0.1 actions=output:2\n"
          "priority=7,ip,in_port=2,nw_dst=10.0.0.1 actions=output:2\n");
    for (const auto& f : flows_of_slices(b.s1)) {
      const auto cookie = sluice::slicing::Cookie::parse(f.cookie);
      REQUIRE(cookie.has_value());
    }
    CHECK_FALSE(b.red.take<Error>().has_value());
  }
}

TEST_CASE("a flow is cut to the slice's VLAN on each port") {
  Both b{by_vlan, v1_3};
  b.blue.send(flow("priority=7,actions=output:2", v1_3));
  b.world.settle();
  CHECK(table(b.s1) ==
        "priority=7,in_port=1,dl_vlan=20 actions=output:2\n"
        "priority=7,in_port=2,dl_vlan=20 actions=output:2\n");
}

TEST_CASE("what lies outside is refused with the sender's xid and bytes, and leaves no trace") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    const std::uint16_t failed = version == v1_0 ? flow_mod_failed_1_0 : flow_mod_failed;
    const std::uint16_t eperm = version == v1_0 ? 2 : 4;
    Both b{by_port, version};
    const auto refused = [&](std::string_view text) {
      CAPTURE(text);
      const Xid xid = b.red.send(flow(text, version));
      b.world.settle();
      const WireError error = expect_error(b.red, xid);
      CHECK(table(b.s1).empty());
      return error;
    };
    CHECK(refused("priority=1,in_port=3,actions=output:2") == WireError{failed, eperm});
    CHECK(refused("priority=1,in_port=1,actions=output:3") == WireError{bad_action, 4});  // BAD_OUT_PORT
    CHECK(refused("priority=1,in_port=1,actions=output:2,output:4") == WireError{bad_action, 4});
    CHECK(refused("priority=1,in_port=1,actions=output:99") == WireError{bad_action, 4});
    CHECK(refused("priority=1,in_port=1,actions=NORMAL") == WireError{bad_action, 4});
    CHECK(refused("priority=1,in_port=1,actions=LOCAL") == WireError{bad_action, 4});
    const auto rejects = b.world.domain.refusals();
    REQUIRE(rejects.size() == 6);
    CHECK(rejects.back().code == "E0201");
    CHECK(rejects.front().slice == "red");
  }
}

TEST_CASE("a rewritten header must stay in the slice at the port that it leaves") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_vlan, version};
    const auto error_of = [&](std::string_view text) {
      CAPTURE(text);
      const Xid xid = b.red.send(flow(text, version));
      b.world.settle();
      return expect_error(b.red, xid);
    };
    const std::string_view foreign = version == v1_0
                                         ? "priority=1,in_port=1,dl_vlan=10,actions=mod_vlan_vid:20,output:2"
                                         : "priority=1,in_port=1,dl_vlan=10,actions=set_field:4116->vlan_vid,output:2";
    CHECK(error_of(foreign).type == bad_action);
    // Behind a popped tag there may be another one, of anybody.
    CHECK(error_of("priority=1,in_port=1,dl_vlan=10,actions=strip_vlan,output:2").type == bad_action);
    CHECK(table(b.s1).empty());
    // Back to its own before it leaves is fine; so is an address, which nobody slices here.
    const std::string_view own =
        version == v1_0 ? "priority=1,in_port=1,dl_vlan=10,actions=mod_vlan_vid:20,mod_vlan_vid:10,output:2"
                        : "priority=1,in_port=1,dl_vlan=10,actions=set_field:4106->vlan_vid,output:2";
    b.red.send(flow(own, version));
    b.red.send(flow("priority=2,in_port=1,dl_vlan=10,actions=mod_dl_dst:02:00:00:00:00:09,output:3", version));
    b.world.settle();
    CHECK_FALSE(b.red.take<Error>().has_value());
    CHECK(flows_of_slices(b.s1).size() == 2);
  }
}

TEST_CASE("FLOOD and ALL become the slice's ports") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_vlan, version};
    b.red.send(flow("priority=7,in_port=1,actions=FLOOD", version));
    b.blue.send(flow("priority=7,in_port=1,actions=ALL", version));
    b.world.settle();
    CHECK(table(b.s1) ==
          "priority=7,in_port=1,dl_vlan=10 actions=output:2,output:3\n"
          "priority=7,in_port=1,dl_vlan=20 actions=output:2\n");
    b.world.inject(b.s1, 1, packet({.vlan = 10}));
    REQUIRE(b.s1.emitted.size() == 2);
    CHECK(b.s1.emitted[0].port == PortNo{2});
    CHECK(b.s1.emitted[1].port == PortNo{3});
  }
}

TEST_CASE("a flood is cut where a part of it is legal only") {
  // On port 3 the slice has web traffic only.
  World world{R"({
    "version": 1, "proxy": {"listen": ["ptcp:6653:127.0.0.1"]}, "switches": {"s1": {"dpid": 1}},
    "slices": {"red": {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [
      {"on": {"s1": [1, 2]}, "match": "any"}, {"on": {"s1": [3]}, "match": "tcp,tp_dst=80"}]}}})"};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3}, v1_0);
  world.tenant(7001).send(flow("priority=7,in_port=1,tcp,actions=FLOOD", v1_0));
  world.tenant(7001).send(flow("priority=8,in_port=1,udp,actions=FLOOD", v1_0));
  world.settle();
  // "TCP but not port 80" cannot be said in 1.0: that flow leaves port 3 out, and says so.
  CHECK_FALSE(world.tenant(7001).take<Error>().has_value());
  CHECK(table(s1) == "priority=8,udp,in_port=1 actions=output:2\npriority=7,tcp,in_port=1 actions=output:2\n");
  for (const auto& seen : world.domain.flows("red", "s1", world.now)) {
    REQUIRE(seen.pieces.size() == 1);
    CHECK(seen.pieces[0].narrowed == (seen.priority == 7));
  }
}

TEST_CASE("a slice deletes and changes its own flows only") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_vlan, version};
    b.red.send(flow("priority=7,in_port=1,actions=output:2", version));
    b.red.send(flow("priority=8,in_port=2,actions=output:1", version));
    b.blue.send(flow("priority=7,in_port=1,actions=output:2", version));
    b.world.settle();
    b.red.send(flow("in_port=1,actions=output:3", version, FlowModCommand::modify));
    b.world.settle();
    CHECK(table(b.s1).find("dl_vlan=10 actions=output:3") != std::string::npos);
    CHECK(table(b.s1).find("dl_vlan=20 actions=output:2") != std::string::npos);
    b.red.send(flow("", version, FlowModCommand::delete_));
    b.world.settle();
    CHECK(table(b.s1) == "priority=7,in_port=1,dl_vlan=20 actions=output:2\n");
    CHECK(b.world.domain.flows("red", "", b.world.now).empty());
    CHECK_FALSE(b.red.take<Error>().has_value());
  }
}

TEST_CASE("modify adds in 1.0 and does not in 1.3") {
  Both old{by_port, v1_0};
  old.red.send(flow("priority=3,in_port=1,actions=output:2", v1_0, FlowModCommand::modify_strict));
  old.world.settle();
  CHECK(table(old.s1) == "priority=3,in_port=1 actions=output:2\n");
  Both young{by_port, v1_3};
  young.red.send(flow("priority=3,in_port=1,actions=output:2", v1_3, FlowModCommand::modify_strict));
  young.world.settle();
  CHECK(table(young.s1).empty());
}

TEST_CASE("two flows that are cut to the same match: the newer one stands, the older one comes back") {
  Both b{by_vlan, v1_3};
  b.blue.send(flow("priority=7,in_port=1,actions=output:2", v1_3));
  b.blue.send(flow("priority=7,in_port=1,dl_vlan=20,actions=drop", v1_3));
  b.world.settle();
  CHECK(table(b.s1) == "priority=7,in_port=1,dl_vlan=20 actions=drop\n");
  CHECK(b.world.domain.flows("blue", "", b.world.now).size() == 2);
  // Deleting by the narrower match takes the narrower flow only, whatever both became.
  b.blue.send(flow("dl_vlan=20", v1_3, FlowModCommand::delete_));
  b.world.settle();
  CHECK(table(b.s1) == "priority=7,in_port=1,dl_vlan=20 actions=output:2\n");
}

TEST_CASE("a barrier is answered after the errors of what came before it") {
  Both b{by_port, v1_3};
  const Xid bad = b.red.send(flow("priority=1,in_port=3,actions=output:2", v1_3));
  b.red.send(flow("priority=1,in_port=1,actions=output:2", v1_3));
  const Xid barrier = b.red.send(BarrierRequest{});
  b.world.settle();
  REQUIRE(b.red.inbox.size() == 2);
  CHECK(b.red.inbox[0].xid == bad);
  CHECK(std::holds_alternative<Error>(b.red.inbox[0].message));
  CHECK(b.red.inbox[1].xid == barrier);
  CHECK(std::holds_alternative<BarrierReply>(b.red.inbox[1].message));
}

TEST_CASE("CHECK_OVERLAP is answered from the slice's own table") {
  Both b{by_vlan, v1_3};
  b.blue.send(flow("priority=7,in_port=1,actions=output:2", v1_3));
  b.red.send(flow("priority=7,in_port=1,actions=output:2", v1_3));
  b.world.settle();
  FlowMod overlapping = flow("priority=7,ip,actions=output:2", v1_3);
  overlapping.flags |= FlowMod::check_overlap;
  const Xid xid = b.red.send(overlapping);
  b.world.settle();
  CHECK(expect_error(b.red, xid) == WireError{flow_mod_failed, 3});
}

TEST_CASE("when the switch refuses a piece, the flow is gone whole and the slice hears of it once") {
  World world{by_port};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3, 0, 8 + 3);  // room for three flows beside Sluice's own
  Tenant& red = world.tenant(7001);
  red.send(flow("priority=1,ip,in_port=1,cookie=1,actions=output:2", v1_3));
  red.send(flow("priority=2,ip,in_port=1,cookie=2,actions=output:2", v1_3));
  world.settle();
  const std::string before = table(s1);
  const Xid xid = red.send(flow("priority=3,send_flow_rem,actions=output:2", v1_3));  // two pieces: one too many
  const Xid barrier = red.send(BarrierRequest{});
  world.settle();
  REQUIRE(red.inbox.size() == 2);
  CHECK(red.inbox[1].xid == barrier);                              // the barrier waits for the repair
  CHECK(expect_error(red, xid) == WireError{flow_mod_failed, 1});  // TABLE_FULL
  CHECK(table(s1) == before);
  CHECK(world.domain.flows("red", "", world.now).size() == 2);
  // Nor does a replacement that fails cost the flow that it replaces.
  world.tenant(7002).send(flow("priority=1,in_port=3,actions=output:4", v1_3));
  world.settle();
  CHECK_FALSE(red.take<FlowRemoved>().has_value());
}

TEST_CASE("flow_removed comes once, in the slice's terms, with the sums of the pieces") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_port, version};
    b.red.send(flow("priority=7,cookie=0x1234,send_flow_rem,actions=output:2", version));
    b.blue.send(flow("priority=7,cookie=0x1234,actions=output:4", version));
    b.world.settle();
    b.world.inject(b.s1, 1, packet({}));
    b.world.inject(b.s1, 2, packet({}));
    b.world.advance(5s);
    b.red.send(flow("", version, FlowModCommand::delete_));
    const Xid barrier = b.red.send(BarrierRequest{});
    b.world.settle();
    const auto removed = b.red.take<FlowRemoved>();
    REQUIRE(removed.has_value());
    CHECK(removed->match.matches_all());
    CHECK(removed->cookie == 0x1234);
    CHECK(removed->priority == 7);
    CHECK(removed->reason == FlowRemovedReason::delete_);
    CHECK(removed->packet_count == 2);
    CHECK(removed->duration_sec == 5);
    CHECK_FALSE(b.red.take<FlowRemoved>().has_value());
    CHECK(b.red.take<BarrierReply>().has_value());
    CHECK(b.red.last_xid == barrier);
    b.blue.send(flow("", version, FlowModCommand::delete_));
    b.world.settle();
    CHECK_FALSE(b.blue.take<FlowRemoved>().has_value());  // it has not asked for it
  }
}

TEST_CASE("timeouts: a flow of several pieces lives while any of them is used") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_port, version};
    b.red.send(flow("priority=7,idle_timeout=4,send_flow_rem,actions=output:2", version));
    b.red.send(flow("priority=8,in_port=1,ip,idle_timeout=4,send_flow_rem,actions=drop", version));
    b.world.settle();
    for (int i = 0; i < 10; ++i) {
      b.world.advance(1s);
      b.world.inject(b.s1, 2, packet({}));
    }
    // The exact flow has ended by itself; the wide one is whole, although nothing came in on port 1.
    auto removed = b.red.take<FlowRemoved>();
    REQUIRE(removed.has_value());
    CHECK(removed->priority == 8);
    CHECK(removed->reason == FlowRemovedReason::idle_timeout);
    CHECK(removed->idle_timeout == 4);
    CHECK(table(b.s1) == "priority=7,in_port=1 actions=output:2\npriority=7,in_port=2 actions=output:2\n");
    b.world.advance(8s);
    CHECK(table(b.s1).empty());
    removed = b.red.take<FlowRemoved>();
    REQUIRE(removed.has_value());
    CHECK(removed->priority == 7);
    CHECK(removed->reason == FlowRemovedReason::idle_timeout);
    CHECK(removed->packet_count == 10);
    CHECK_FALSE(b.red.take<FlowRemoved>().has_value());
  }
}

TEST_CASE("one poll of idle flows is on its way at a time, of one slice, and a slow switch is asked less often") {
  Both b{by_port, v1_3};
  b.world.advance(1s);
  b.red.send(flow("priority=7,idle_timeout=1,send_flow_rem,actions=output:2", v1_3));
  b.blue.send(flow("priority=7,actions=output:3", v1_3));
  b.world.settle();
  b.s1.heard.clear();
  b.s1.mute = true;
  for (int i = 0; i < 80; ++i) {
    b.red.send(flow("priority=8,in_port=1,nw_dst=10.0.0." + std::to_string(i) + ",ip,actions=drop", v1_3));
    b.world.advance(100ms);
  }
  const auto polls = [&b] {
    std::size_t count = 0;
    for (const Received& m : b.s1.heard) {
      const auto* request = std::get_if<FlowStatsRequest>(&m.message);
      if (request == nullptr) continue;
      ++count;
      CHECK(request->filter.cookie_mask == sluice::slicing::Cookie::slice_mask);
    }
    return count;
  };
  CHECK(polls() == 1);
  CHECK_FALSE(b.red.take<FlowRemoved>());
  // This poll will never be answered. The next one comes all the same, after a rest.
  b.s1.mute = false;
  b.red.send(BarrierRequest{});  // so that the switch gives a sign of life
  b.world.advance(30s);
  b.red.send(flow("priority=7", v1_3, FlowModCommand::delete_strict));
  b.world.settle();
  CHECK(b.red.take<FlowRemoved>());
  b.red.send(flow("priority=7,idle_timeout=1,send_flow_rem,actions=output:2", v1_3));
  b.world.advance(30s);
  CHECK(polls() == 1);
  b.world.advance(70s);
  CHECK(polls() == 2);
  CHECK(b.red.take<FlowRemoved>());
}

TEST_CASE("a short idle timeout does not wait for the poll of a long one") {
  Both b{by_port, v1_3};
  b.red.send(flow("priority=7,idle_timeout=4000,actions=output:2", v1_3));
  b.world.settle();
  b.world.advance(1s);
  b.red.send(flow("priority=8,idle_timeout=2,send_flow_rem,actions=output:2", v1_3));
  b.world.settle();
  b.world.advance(3s);
  const auto removed = b.red.take<FlowRemoved>();
  REQUIRE(removed);
  CHECK(removed->priority == 8);
}

TEST_CASE("a hard timeout ends all pieces and is told once") {
  Both b{by_port, v1_3};
  b.red.send(flow("priority=7,hard_timeout=3,send_flow_rem,actions=output:2", v1_3));
  b.world.settle();
  b.world.advance(4s);
  CHECK(table(b.s1).empty());
  const auto removed = b.red.take<FlowRemoved>();
  REQUIRE(removed.has_value());
  CHECK(removed->reason == FlowRemovedReason::hard_timeout);
  CHECK_FALSE(b.red.take<FlowRemoved>().has_value());
  CHECK(b.world.domain.flows("", "", b.world.now).empty());
}

TEST_CASE("one table, no groups, no meters, no queues") {
  Both b{by_port, v1_3};
  const auto error_of = [&](const FlowMod& mod) {
    const Xid xid = b.red.send(mod);
    b.world.settle();
    return expect_error(b.red, xid);
  };
  FlowMod second = flow("priority=1,in_port=1,actions=output:2", v1_3);
  second.table_id = 1;
  CHECK(error_of(second) == WireError{flow_mod_failed, 2});  // BAD_TABLE_ID
  CHECK(error_of(flow("priority=1,in_port=1,actions=goto_table:1", v1_3)) ==
        WireError{3, 2});  // BAD_INSTRUCTION / BAD_TABLE_ID
  CHECK(error_of(flow("priority=1,in_port=1,actions=group:1", v1_3)) == WireError{bad_action, 9});
  CHECK(error_of(flow("priority=1,in_port=1,actions=set_queue:1,output:2", v1_3)) == WireError{bad_action, 8});
  CHECK(error_of(flow("priority=1,in_port=1,actions=meter:1,output:2", v1_3)).type == 12);
  CHECK(table(b.s1).empty());
  // write_actions with a single table is apply_actions, in the set's order.
  b.red.send(flow("priority=1,in_port=1,actions=write_actions(output:2)", v1_3));
  b.world.settle();
  CHECK(table(b.s1) == "priority=1,in_port=1 actions=output:2\n");
}

TEST_CASE("every other message is refused with the right error") {
  Both b{by_port, v1_3};
  const auto error_of = [&](std::uint8_t type, const std::vector<std::uint8_t>& body) {
    Bytes bytes;
    append<std::uint8_t>(bytes, 4);
    append<std::uint8_t>(bytes, type);
    append<std::uint16_t>(bytes, static_cast<std::uint16_t>(8 + body.size()));
    append<std::uint32_t>(bytes, 0x77);
    for (const std::uint8_t byte : body) append<std::uint8_t>(bytes, byte);
    b.red.send_bytes(bytes);
    b.world.settle();
    return expect_error(b.red, Xid{0x77});
  };
  const auto zeros = [](std::size_t count) { return std::vector<std::uint8_t>(count); };
  CHECK(error_of(15, zeros(8)) == WireError{6, 3});    // group_mod: OUT_OF_GROUPS
  CHECK(error_of(29, zeros(8)) == WireError{12, 10});  // meter_mod: OUT_OF_METERS
  CHECK(error_of(16, zeros(32)) == WireError{7, 0});   // port_mod: BAD_PORT
  CHECK(error_of(4, zeros(8)) == WireError{1, 3});     // experimenter
  CHECK(error_of(99, {}) == WireError{1, 1});
  CHECK(error_of(18, {0, 12, 0, 0, 0, 0, 0, 0}) == WireError{1, 2});  // table features: BAD_MULTIPART
  CHECK(error_of(14, zeros(4)) == WireError{1, 6});                   // a flow_mod cut short: BAD_LEN
  CHECK(b.world.domain.state(b.world.now).legs[0].state == "up");
}

TEST_CASE("a replaced or changed flow keeps its counters unless they are to be reset") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    Both b{by_port, v1_3};
    b.red.send(flow("priority=7,in_port=1,actions=output:2", v1_3));
    b.world.settle();
    b.world.inject(b.s1, 1, packet({}));
    FlowMod again = flow("priority=7,in_port=1,actions=drop", v1_3);
    if (reset) again.flags |= FlowMod::reset_counts;
    const auto packets = [&] {
      b.red.send(FlowStatsRequest{});
      b.world.settle();
      return b.red.take<FlowStatsReply>().value().flows.at(0).packet_count;
    };
    SUBCASE("replaced") {}
    SUBCASE("changed") { again.command = FlowModCommand::modify_strict; }
    SUBCASE("changed into the same") {
      again.command = FlowModCommand::modify;
      again.instructions = flow("actions=output:2", v1_3).instructions;
    }
    b.red.send(again);
    b.world.settle();
    CHECK(packets() == (reset ? 0 : 1));
  }
}

TEST_CASE("a flow that takes another's place does not inherit its counters") {
  Both b{by_vlan, v1_3};
  b.blue.send(flow("priority=7,cookie=1,in_port=1,actions=output:2", v1_3));
  b.world.settle();
  b.world.inject(b.s1, 1, packet({.vlan = 20}));
  b.blue.send(flow("priority=7,cookie=2,in_port=1,dl_vlan=20,actions=output:2", v1_3));
  b.world.settle();
  FlowStatsRequest second;
  second.filter.cookie = 2;
  second.filter.cookie_mask = 2;
  b.blue.send(second);
  b.world.settle();
  CHECK(b.blue.take<FlowStatsReply>().value().flows.at(0).packet_count == 0);
}

TEST_CASE("a modify that lies outside is refused, a delete finds nothing") {
  Both b{by_port, v1_3};
  const Xid xid = b.red.send(flow("in_port=3,actions=output:2", v1_3, FlowModCommand::modify));
  b.world.settle();
  CHECK(expect_error(b.red, xid) == WireError{flow_mod_failed, 4});
  b.red.send(flow("in_port=3", v1_3, FlowModCommand::delete_));
  b.world.settle();
  CHECK_FALSE(b.red.take<Error>().has_value());
}

TEST_CASE("a flow that is changed while the report of its end is on its way has ended") {
  for (const Version version : {v1_0, v1_3}) {
    World world{by_port};
    SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, version);
    Tenant& red = world.tenant(7001);
    red.send(flow("priority=8,in_port=2,idle_timeout=2,actions=output:1", version));
    world.settle();
    s1.slow = true;
    world.advance(3s);
    CHECK(table(s1).empty());
    red.send(flow("priority=8,in_port=2,actions=drop", version, FlowModCommand::modify_strict));
    world.settle();
    world.hurry(s1);
    world.advance(100ms);
    CHECK(table(s1).empty());
    red.send(FlowStatsRequest{});
    world.settle();
    CHECK(red.take<FlowStatsReply>().value().flows.empty());
  }
}
