// What flow_mod does to the flow tables of the example switch: the rules of the specification,
// where they differ by version each by its own case.
#include "tests/examples/packets.hpp"
#include "tests/examples/rig.hpp"

namespace sluice::testing {

using namespace ofmsg;

namespace {

using Lines = std::vector<std::string>;

constexpr std::array both{v1_0, v1_3};

const flow_switch::Flow& first(const Rig& rig) { return rig.datapath.tables().flows(0).at(0); }

}  // namespace

TEST_CASE("flows are looked up by priority, then by age") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "priority=1,actions=output:1");
    rig.flow("add", "priority=9,ip,actions=output:3");
    rig.flow("add", "priority=5,in_port=2,actions=output:4");
    CHECK(rig.leaves(2, ipv4_packet()) == std::vector<std::uint32_t>{3});
    CHECK(rig.leaves(2, arp_packet()) == std::vector<std::uint32_t>{4});
    CHECK(rig.leaves(3, arp_packet()) == std::vector<std::uint32_t>{1});

    rig.flow("add", "priority=20,ip,actions=output:2");
    rig.flow("add", "priority=20,udp,actions=output:4");
    CHECK(rig.leaves(1, ipv4_packet()) == std::vector<std::uint32_t>{2});
    CHECK(rig.verdict() == "ok");
  }
}

TEST_CASE("add replaces the flow with the same match and priority and says nothing") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    rig.flow("add", "priority=5,in_port=1,cookie=7,send_flow_rem,idle_timeout=9,actions=output:2");
    rig.packet(1, ipv4_packet());
    rig.wait(3s);
    rig.flow("add", "priority=5,in_port=1,cookie=8,actions=output:3");
    CHECK(rig.verdict() == "ok");
    REQUIRE(rig.flows().size() == 1);
    CHECK(first(rig).cookie == 8);
    CHECK(first(rig).idle_timeout == 0);
    CHECK(first(rig).created == rig.now);
    // 1.0 starts to count anew, 1.2 and later carry the counters over [OF 1.3.5 §6.4].
    CHECK(first(rig).packets == (version == v1_0 ? 0 : 1));
  }
}

TEST_CASE("add with reset_counts starts to count anew (1.3)") {
  Rig rig{v1_3};
  rig.flow("add", "in_port=1,actions=output:2");
  rig.packet(1, ipv4_packet());
  CHECK(first(rig).packets == 1);
  rig.flow("add", "in_port=1,reset_counts,actions=output:2");
  CHECK(first(rig).packets == 0);
  CHECK(first(rig).bytes == 0);
}

TEST_CASE("check_overlap refuses another flow for the same packets at the same priority") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "priority=5,in_port=1,actions=output:2");
    CHECK(rig.try_flow("add", "check_overlap,priority=5,ip,actions=output:3") == "FLOW_MOD_FAILED/OVERLAP");
    CHECK(rig.try_flow("add", "check_overlap,priority=6,ip,actions=output:3") == "ok");
    CHECK(rig.try_flow("add", "check_overlap,priority=5,in_port=2,actions=output:3") == "ok");
    CHECK(rig.try_flow("add", "check_overlap,priority=5,in_port=1,actions=output:4") == "ok");  // replaces
    CHECK(rig.try_flow("add", "priority=5,arp,actions=output:3") == "ok");                      // does not ask
    CHECK(rig.flows().size() == 4);
  }
}

TEST_CASE("modify changes the actions of every flow inside the match, whatever its priority") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "priority=9,in_port=1,ip,actions=output:2");
    rig.flow("add", "priority=5,in_port=1,actions=output:3");
    rig.flow("add", "priority=4,in_port=2,actions=output:4");
    CHECK(rig.try_flow("modify", "priority=1,in_port=1,actions=drop") == "ok");
    CHECK(rig.flows() ==
          Lines{"9 ip,in_port=1 actions=drop", "5 in_port=1 actions=drop", "4 in_port=2 actions=output:4"});
  }
}

TEST_CASE("modify keeps counters and timeouts") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "in_port=1,cookie=7,idle_timeout=10,hard_timeout=60,actions=output:2");
    rig.packet(1, ipv4_packet());
    rig.wait(5s);
    rig.flow("modify_strict", "in_port=1,cookie=8,idle_timeout=1,hard_timeout=1,actions=output:3");
    CHECK(first(rig).packets == 1);
    CHECK(first(rig).idle_timeout == 10);
    CHECK(first(rig).hard_timeout == 60);
    CHECK(first(rig).created == rig.now - 5s);
    CHECK(first(rig).cookie == (version == v1_0 ? 8 : 7));
  }
}

TEST_CASE("modify with reset_counts starts to count anew (1.3)") {
  Rig rig{v1_3};
  rig.flow("add", "in_port=1,actions=output:2");
  rig.packet(1, ipv4_packet());
  rig.flow("modify", "in_port=1,reset_counts,actions=output:2");
  CHECK(first(rig).packets == 0);
}

TEST_CASE("modify without a matching flow adds one in 1.0 and does nothing in 1.3") {
  for (const std::string_view command : {"modify", "modify_strict"}) {
    Rig old{v1_0};
    CHECK(old.try_flow(command, "priority=3,in_port=1,actions=output:2") == "ok");
    CHECK(old.flows() == Lines{"3 in_port=1 actions=output:2"});
    Rig rig{v1_3};
    CHECK(rig.try_flow(command, "priority=3,in_port=1,actions=output:2") == "ok");
    CHECK(rig.flows().empty());
  }
}

TEST_CASE("modify_strict and delete_strict mean the very same match and priority") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "priority=9,in_port=1,actions=output:2");
    rig.flow("add", "priority=9,in_port=1,ip,actions=output:2");
    rig.flow("add", "priority=8,in_port=1,actions=output:2");
    rig.flow("modify_strict", "priority=9,in_port=1,actions=output:3");
    CHECK(rig.flows() ==
          Lines{"9 in_port=1 actions=output:3", "9 ip,in_port=1 actions=output:2", "8 in_port=1 actions=output:2"});
    rig.flow("delete_strict", "priority=7,in_port=1");
    rig.flow("delete_strict", "priority=9");
    CHECK(rig.flows().size() == 3);
    rig.flow("delete_strict", "priority=9,in_port=1,ip");
    CHECK(rig.flows() == Lines{"9 in_port=1 actions=output:3", "8 in_port=1 actions=output:2"});
    CHECK(rig.verdict() == "ok");
  }
}

TEST_CASE("delete removes what lies inside the match and nothing that only meets it") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "priority=1,actions=output:1");
    rig.flow("add", "priority=2,dl_vlan=10,actions=output:2");
    rig.flow("add", "priority=3,dl_vlan=10,ip,actions=output:2");
    rig.flow("add", "priority=4,dl_vlan=20,actions=output:2");
    rig.flow("delete", "dl_vlan=10");
    CHECK(rig.flows() == Lines{"4 dl_vlan=20 actions=output:2", "1  actions=output:1"});
    rig.flow("delete", "");
    CHECK(rig.flows().empty());
    rig.flow("delete", "");  // deleting nothing is no error
    CHECK(rig.verdict() == "ok");
  }
}

TEST_CASE("delete can ask for an output port; modify and add do not care") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "priority=3,in_port=1,actions=output:2,output:3");
    rig.flow("add", "priority=2,in_port=2,actions=output:4");
    rig.flow("add", "priority=1,in_port=3,actions=drop");
    rig.flow("modify_strict", "priority=1,in_port=3,out_port=4,actions=output:1");
    rig.flow("delete", "out_port=3");
    CHECK(rig.flows() == Lines{"2 in_port=2 actions=output:4", "1 in_port=3 actions=output:1"});
    rig.flow("delete_strict", "priority=2,in_port=2,out_port=1");
    CHECK(rig.flows().size() == 2);
    rig.flow("delete_strict", "priority=2,in_port=2,out_port=4");
    CHECK(rig.flows() == Lines{"1 in_port=3 actions=output:1"});
  }
}

TEST_CASE("cookie and mask narrow modify and delete (1.3)") {
  Rig rig{v1_3};
  rig.flow("add", "in_port=1,cookie=0x1100,actions=output:2");
  rig.flow("add", "in_port=2,cookie=0x1200,actions=output:2");
  FlowMod mod = Rig::flow_mod(v1_3, "modify", "actions=drop");
  mod.cookie = 0x1100;
  mod.cookie_mask = 0xff00;
  rig.send(Message{mod});
  CHECK(rig.flows() == Lines{"32768 in_port=1 actions=drop", "32768 in_port=2 actions=output:2"});
  mod = Rig::flow_mod(v1_3, "delete", "");
  mod.cookie = 0x1200;
  mod.cookie_mask = 0x0f00;
  rig.send(Message{mod});
  CHECK(rig.flows() == Lines{"32768 in_port=1 actions=drop"});
}

TEST_CASE("a table that is not there is refused; all tables are for modify and delete only (1.3)") {
  Rig rig{v1_3};
  rig.flow("add", "table=1,in_port=1,actions=output:2");
  rig.flow("add", "table=2,in_port=2,actions=output:2");
  CHECK(rig.try_flow("add", "table=4,actions=output:2") != "ok");
  FlowMod mod = Rig::flow_mod(v1_3, "add", "actions=drop");
  mod.table_id = all_tables;
  CHECK(rig.try_message(Message{mod}) == text(wire_error(Reason::bad_table_id, v1_3), v1_3));
  mod.command = FlowModCommand::modify;
  mod.instructions.clear();
  CHECK(rig.try_message(Message{mod}) == "ok");
  CHECK(rig.flows(1) == Lines{"32768 in_port=1 actions=drop"});
  CHECK(rig.flows(2) == Lines{"32768 in_port=2 actions=drop"});
  rig.flow("delete", "table=1");
  CHECK(rig.flows(1).empty());
  CHECK(rig.flows(2).size() == 1);
  mod.command = FlowModCommand::delete_;
  CHECK(rig.try_message(Message{mod}) == "ok");
  CHECK(rig.flows(2).empty());
}

TEST_CASE("a full table takes no new flow, but still replaces and modifies") {
  for (const Version version : both) {
    flow_switch::Settings settings = Rig::four_ports();
    settings.flows_per_table = 2;
    Rig rig{version, settings};
    CHECK(rig.try_flow("add", "in_port=1,actions=output:2") == "ok");
    CHECK(rig.try_flow("add", "in_port=2,actions=output:2") == "ok");
    CHECK(rig.try_flow("add", "in_port=3,actions=output:2") == text(wire_error(Reason::table_full, version), version));
    CHECK(rig.try_flow("add", "in_port=2,actions=output:4") == "ok");
    CHECK(rig.try_flow("modify", "in_port=2,actions=output:3") == "ok");
  }
}

TEST_CASE("a 1.0 flow without wildcards comes first, whatever its priority says") {
  Rig rig{v1_0};
  rig.flow("add", "priority=60000,actions=output:3");
  rig.flow("add",
           "priority=1,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_vlan=10,dl_"
           "vlan_pcp=0,udp,"
           "nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,tp_src=1000,tp_dst=2000,actions=output:2");
  CHECK(rig.verdict() == "ok");
  CHECK(rig.leaves(1, ipv4_packet({.tci = std::uint16_t{10}})) == std::vector<std::uint32_t>{2});
  CHECK(rig.leaves(1, ipv4_packet({.tci = std::uint16_t{11}})) == std::vector<std::uint32_t>{3});
  CHECK(first(rig).priority == 0xffff);
}

TEST_CASE("flags that a version does not have are refused") {
  FlowMod mod;
  mod.flags = 1U << 7U;
  Rig old{v1_0};
  CHECK(old.try_message(Message{mod}) == text(wire_error(Reason::bad_flags, v1_0), v1_0));
  mod.flags = FlowMod::emerg_1_0;
  CHECK(old.try_message(Message{mod}) == text(wire_error(Reason::emergency_refused, v1_0), v1_0));
  Rig rig{v1_3};
  mod.flags = 1U << 5U;
  CHECK(rig.try_message(Message{mod}) == "FLOW_MOD_FAILED/BAD_FLAGS");
  mod.flags = FlowMod::no_pkt_counts | FlowMod::no_byt_counts | FlowMod::reset_counts;
  CHECK(rig.try_message(Message{mod}) == "ok");
}

TEST_CASE("an unknown command is refused") {
  for (const Version version : both) {
    Rig rig{version};
    FlowMod mod;
    mod.command = static_cast<FlowModCommand>(5);
    CHECK(rig.try_message(Message{mod}) == text(wire_error(Reason::bad_command, version), version));
  }
}

TEST_CASE("actions that the switch cannot do are refused, and the flow is not there") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    CHECK(rig.try_flow("add", "actions=output:9") == "BAD_ACTION/BAD_OUT_PORT");
    CHECK(rig.try_flow("add", "actions=output:2,TABLE") == "BAD_ACTION/BAD_OUT_PORT");
    CHECK(rig.try_flow("add", "actions=NORMAL") == "BAD_ACTION/BAD_OUT_PORT");
    CHECK(rig.try_flow("add", "actions=LOCAL") == "BAD_ACTION/BAD_OUT_PORT");  // this switch has no LOCAL
    CHECK(rig.flows().empty());
  }
  Rig old{v1_0};
  CHECK(old.try_flow("add", "actions=enqueue:1:1") == "BAD_ACTION/BAD_QUEUE");
  Rig rig{v1_3};
  CHECK(rig.try_flow("add", "actions=set_queue:1,output:1") == "BAD_ACTION/BAD_QUEUE");
  CHECK(rig.try_flow("add", "actions=group:1") == "BAD_ACTION/BAD_OUT_GROUP");
  CHECK(rig.try_flow("add", "table=1,actions=goto_table:1") == text(wire_error(Reason::bad_goto_table, v1_3), v1_3));
  CHECK(rig.try_flow("add", "actions=goto_table:4") == text(wire_error(Reason::bad_goto_table, v1_3), v1_3));
  CHECK(rig.try_flow("add", "actions=meter:1") == text(wire_error(Reason::unknown_meter, v1_3), v1_3));
}

TEST_CASE("a set_field needs its prerequisite in the match (1.3)") {
  Rig rig{v1_3};
  const std::string inconsistent = "BAD_ACTION/MATCH_INCONSISTENT";
  const auto with = [](std::string_view match, Action action) {
    FlowMod mod = Rig::flow_mod(v1_3, "add", std::string{match} + ",actions=drop");
    mod.instructions = {ApplyActions{{std::move(action)}}};
    return Message{mod};
  };
  const auto set = [](Field field, std::uint64_t value) {
    return Action{SetField{field, u128(value), ones(facts(field).bits)}};
  };
  CHECK(rig.try_message(with("", set(Field::ipv4_src, 1))) == inconsistent);
  CHECK(rig.try_message(with("ip", set(Field::ipv4_src, 1))) == "ok");
  CHECK(rig.try_message(with("ip", set(Field::tcp_dst, 1))) == inconsistent);
  CHECK(rig.try_message(with("udp", set(Field::tcp_dst, 1))) == inconsistent);
  CHECK(rig.try_message(with("tcp", set(Field::tcp_dst, 1))) == "ok");
  CHECK(rig.try_message(with("tcp6", set(Field::tcp_dst, 1))) == "ok");
  CHECK(rig.try_message(with("", set(Field::vlan_vid, 0x1005))) == inconsistent);
  CHECK(rig.try_message(with("dl_vlan=4", set(Field::vlan_vid, 0x1005))) == "ok");
  CHECK(rig.try_message(with("dl_vlan=4", set(Field::vlan_vid, 0x0005))) ==
        text(wire_error(Reason::bad_set_value, v1_3), v1_3));
  CHECK(rig.try_message(with("dl_vlan=4", set(Field::vlan_pcp, 5))) == "ok");
  CHECK(rig.try_message(with("", Action{PopVlan{}})) == inconsistent);
  CHECK(rig.try_message(with("", set(Field::metadata, 5))) == text(wire_error(Reason::bad_set_type, v1_3), v1_3));
  CHECK(rig.try_message(with("", set(Field::in_port, 5))) == text(wire_error(Reason::bad_set_type, v1_3), v1_3));
  CHECK(rig.try_flow("add", "actions=push_vlan:0x8100,set_field:4101->vlan_vid,output:1") == "ok");
  CHECK(rig.try_message(with("", Action{PushVlan{0x0800}})) == "BAD_ACTION/BAD_ARGUMENT");
}

TEST_CASE(
    "a match without its prerequisite, or on a field that the switch does not read, is refused "
    "(1.3)") {
  Rig rig{v1_3};
  FlowMod mod;
  mod.match.set(Field::ipv4_src, 1);
  CHECK(rig.try_message(Message{mod}) == "BAD_MATCH/BAD_PREREQ");
  mod.match = Match{}.set(Field::tunnel_id, 1);
  CHECK(rig.try_message(Message{mod}) == "BAD_MATCH/BAD_FIELD");
}

}  // namespace sluice::testing
