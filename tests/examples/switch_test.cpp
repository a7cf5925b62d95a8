// The example switch as a controller and its hosts see it: packets through the tables, packet_in
// and packet_out, buffers, timeouts, statistics, requests, and the handshake of the whole switch.
#include "examples/switch/switch.hpp"

#include "tests/examples/packets.hpp"
#include "tests/examples/rig.hpp"

namespace sluice::testing {

using namespace ofmsg;

namespace {

constexpr std::array both{v1_0, v1_3};
using Ports = std::vector<std::uint32_t>;

Message packet_out(PortNo in, std::string_view actions, Bytes data, Version version) {
  auto list = parse_actions(actions, version);
  REQUIRE(list);
  PacketOut message;
  message.in_port = in;
  message.actions = *list;
  message.data = std::move(data);
  return Message{std::move(message)};
}

}  // namespace

TEST_CASE("reserved output ports") {
  for (const Version version : both) {
    CAPTURE(text(version));
    flow_switch::Settings settings = Rig::four_ports();
    settings.ports[2].config = Port::config_no_flood;
    Rig rig{version, settings};
    rig.flow("add", "in_port=1,actions=FLOOD");
    rig.flow("add", "in_port=2,actions=ALL");
    rig.flow("add", "in_port=3,actions=IN_PORT,output:3,output:4");
    CHECK(rig.leaves(1, ipv4_packet()) == Ports{2, 4});
    CHECK(rig.leaves(2, ipv4_packet()) == Ports{1, 3, 4});
    CHECK(rig.leaves(3, ipv4_packet()) == Ports{3, 4});
    CHECK(rig.verdict() == "ok");
  }
}

TEST_CASE("each output sends the packet as the actions before it have left it") {
  Rig rig{v1_0};
  rig.flow("add",
           "in_port=1,actions=output:2,mod_vlan_vid:10,output:3,strip_vlan,mod_nw_dst:10.0.0.9,"
           "output:4");
  rig.packet(1, ipv4_packet());
  const auto sent = rig.take_sent();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].packet == ipv4_packet());
  CHECK(sent[1].packet == ipv4_packet({.tci = std::uint16_t{10}}));
  CHECK(sent[2].packet == ipv4_packet({.ip_dst = 0x0a000009}));
}

TEST_CASE("a miss goes to the controller in 1.0 and nowhere in 1.3") {
  Rig old{v1_0};
  old.packet(2, ipv4_packet());
  const auto in = old.only<PacketIn>();
  CHECK(in.ingress() == PortNo{2});
  CHECK(in.reason == PacketInReason::no_match);
  CHECK(in.buffer_id.value == BufferId::none);
  CHECK(in.data == ipv4_packet());
  CHECK(in.total_len == ipv4_packet().size());
  Rig rig{v1_3};
  rig.packet(2, ipv4_packet());
  CHECK(rig.take_said().empty());
  CHECK(rig.take_sent().empty());
}

TEST_CASE("packet_in tells flow, table, metadata and reason (1.3)") {
  Rig rig{v1_3};
  rig.flow("add", "table=0,priority=0,cookie=0x77,actions=CONTROLLER:65535");
  rig.packet(2, ipv4_packet());
  auto in = rig.only<PacketIn>();
  CHECK(in.reason == PacketInReason::no_match);
  CHECK(in.cookie == 0x77);
  CHECK(in.table_id == 0);
  CHECK(in.match == Match{}.set(Field::in_port, 2));

  rig.flow("add", "table=0,priority=1,ip,actions=write_metadata:0x5/0xf,goto_table:2");
  rig.flow("add", "table=2,priority=0,in_port=2,cookie=0x78,actions=CONTROLLER:65535");
  rig.packet(2, ipv4_packet());
  in = rig.only<PacketIn>();
  CHECK(in.reason == PacketInReason::action);
  CHECK(in.cookie == 0x78);
  CHECK(in.table_id == 2);
  CHECK(in.match == Match{}.set(Field::in_port, 2).set(Field::metadata, 5));
}

TEST_CASE("the controller sees the rewritten packet and the real ingress port") {
  Rig rig{v1_0};
  rig.flow("add", "in_port=3,actions=mod_vlan_vid:7,CONTROLLER:65535");
  rig.packet(3, ipv4_packet());
  const auto in = rig.only<PacketIn>();
  CHECK(in.reason == PacketInReason::action);
  CHECK(in.ingress() == PortNo{3});
  CHECK(in.data == ipv4_packet({.tci = std::uint16_t{7}}));
}

TEST_CASE("several tables: goto, metadata, a lookup with the changed header, a miss further on (1.3)") {
  Rig rig{v1_3};
  rig.flow("add", "table=0,dl_vlan=10,actions=set_field:4116->vlan_vid,goto_table:1");
  rig.flow("add", "table=1,dl_vlan=20,actions=output:2");
  rig.flow("add", "table=1,dl_vlan=10,actions=output:3");
  CHECK(rig.leaves(1, ipv4_packet({.tci = std::uint16_t{10}})) == Ports{2});
  rig.flow("add", "table=0,arp,actions=write_actions(output:4),goto_table:3");
  CHECK(rig.leaves(1, arp_packet()).empty());  // the miss in table 3 loses the action set too
  rig.flow("add", "table=3,actions=drop");
  CHECK(rig.leaves(1, arp_packet()) == Ports{4});
  rig.flow("add", "table=3,actions=clear_actions");
  CHECK(rig.leaves(1, arp_packet()).empty());
}

TEST_CASE(
    "the action set is gathered over tables and carried out in the order of the specification "
    "(1.3)") {
  Rig rig{v1_3};
  rig.flow("add", "table=0,dl_vlan=10,actions=write_actions(output:3,set_field:4116->vlan_vid),goto_table:1");
  rig.flow("add", "table=1,actions=write_actions(output:2)");
  rig.packet(1, ipv4_packet({.tci = std::uint16_t{10}}));
  CHECK(rig.only_packet(2) == ipv4_packet({.tci = std::uint16_t{20}}));
}

TEST_CASE("packet_out: in_port, TABLE, and what is refused") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    rig.flow("add", "priority=2,dl_vlan=7,in_port=1,actions=output:2");
    rig.flow("add", "priority=1,dl_vlan=7,actions=output:3");
    const Bytes packet = ipv4_packet();
    rig.send(packet_out(PortNo{1}, "output:2,IN_PORT,FLOOD", packet, version));
    Ports ports;
    for (const auto& out : rig.take_sent()) ports.push_back(out.port.value);
    CHECK(ports == Ports{2, 1, 2, 3, 4});

    const std::string tag = version == v1_0 ? "mod_vlan_vid:7" : "push_vlan:0x8100,set_field:4103->vlan_vid";
    rig.send(packet_out(PortNo{1}, tag + ",TABLE", packet, version));
    CHECK(rig.only_packet(2) == ipv4_packet({.tci = std::uint16_t{7}}));
    rig.send(packet_out(port::controller, tag + ",TABLE", packet, version));
    CHECK(rig.only_packet(3) == ipv4_packet({.tci = std::uint16_t{7}}));

    rig.send(packet_out(PortNo{1}, "CONTROLLER:65535", packet, version));
    const auto in = rig.only<PacketIn>();
    CHECK(in.reason == PacketInReason::action);
    if (version == v1_3) CHECK(in.cookie == ~std::uint64_t{0});

    CHECK(rig.try_message(packet_out(PortNo{9}, "output:2", packet, version)) ==
          text(wire_error(Reason::bad_port, version), version));
    CHECK(rig.try_message(packet_out(PortNo{1}, "output:9", packet, version)) == "BAD_ACTION/BAD_OUT_PORT");
    CHECK(rig.try_message(packet_out(PortNo{1}, "output:2", Bytes(13), version)) ==
          text(wire_error(Reason::bad_packet, version), version));
    CHECK(rig.take_sent().empty());
    CHECK(rig.try_message(packet_out(PortNo{1}, "drop", packet, version)) == "ok");
  }
}

TEST_CASE("buffers: cut by miss_send_len, released once, the oldest gives way") {
  Rig rig{v1_0, Rig::with_buffers(2)};
  rig.send(Message{SetConfig{.flags = 0, .miss_send_len = 20}});
  rig.packet(1, ipv4_packet());
  const auto one = rig.only<PacketIn>();
  REQUIRE(one.buffer_id.value != BufferId::none);
  CHECK(one.data.size() == 20);
  CHECK(one.total_len == ipv4_packet().size());

  PacketOut release;
  release.buffer_id = one.buffer_id;
  release.in_port = PortNo{1};
  release.actions = {Output{PortNo{2}, 0}};
  rig.send(Message{release});
  CHECK(rig.only_packet(2) == ipv4_packet());
  CHECK(rig.try_message(Message{release}) == "BAD_REQUEST/BUFFER_EMPTY");

  rig.packet(1, ipv4_packet());
  const auto old = rig.only<PacketIn>();
  rig.packet(1, ipv4_packet());
  rig.packet(1, ipv4_packet());
  rig.take_said();
  release.buffer_id = old.buffer_id;
  CHECK(rig.try_message(Message{release}) == "BAD_REQUEST/BUFFER_UNKNOWN");
  release.buffer_id.value = 12345;
  CHECK(rig.try_message(Message{release}) == "BAD_REQUEST/BUFFER_UNKNOWN");
}

TEST_CASE(
    "a flow_mod with a buffer sends the packet through the tables; the flow stays if the buffer is "
    "not there") {
  for (const Version version : both) {
    Rig rig{version, Rig::with_buffers(4)};
    if (version == v1_3) rig.flow("add", "priority=0,actions=CONTROLLER:14");
    rig.packet(1, ipv4_packet());
    const auto in = rig.only<PacketIn>();
    if (version == v1_3) CHECK(in.data.size() == 14);
    FlowMod mod = Rig::flow_mod(version, "add", "in_port=1,actions=output:4");
    mod.buffer_id = in.buffer_id;
    rig.send(Message{mod});
    CHECK(rig.only_packet(4) == ipv4_packet());
    CHECK(rig.verdict() == "ok");
    mod.match.set(Field::in_port, 2);
    CHECK(rig.try_message(Message{mod}) == "BAD_REQUEST/BUFFER_EMPTY");
    CHECK(rig.leaves(2, ipv4_packet()) == Ports{4});
  }
}

TEST_CASE("max_len 0xffff asks for the whole packet without a buffer (1.3)") {
  Rig rig{v1_3, Rig::with_buffers(4)};
  rig.flow("add", "priority=0,actions=CONTROLLER:65535");
  rig.packet(1, ipv4_packet());
  const auto in = rig.only<PacketIn>();
  CHECK(in.buffer_id.value == BufferId::none);
  CHECK(in.data == ipv4_packet());
}

TEST_CASE("idle and hard timeouts end flows on the second, with a flow_removed if asked for") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    rig.flow("add",
             "priority=7,in_port=1,cookie=5,idle_timeout=10,hard_timeout=25,send_flow_rem,actions="
             "output:2");
    rig.flow("add", "in_port=2,idle_timeout=10,actions=output:2");
    CHECK(rig.datapath.deadline() == rig.now + 10s);
    rig.wait(9999ms);
    rig.packet(1, ipv4_packet());
    CHECK(rig.flows().size() == 2);
    rig.wait(1ms);
    CHECK(rig.flows().size() == 1);  // in_port=2 idled out, silently
    CHECK(rig.take_said().empty());
    rig.wait(9s);
    rig.packet(1, ipv4_packet());
    CHECK(rig.datapath.deadline() == rig.now + 6s);
    rig.wait(60s);
    const auto gone = rig.only<FlowRemoved>();
    CHECK(gone.reason == FlowRemovedReason::hard_timeout);
    CHECK(gone.cookie == 5);
    CHECK(gone.priority == 7);
    CHECK(gone.match == Match{}.set(Field::in_port, 1));
    CHECK(gone.duration_sec == 25);
    CHECK(gone.duration_nsec == 0);
    CHECK(gone.idle_timeout == 10);
    CHECK(gone.packet_count == 2);
    CHECK(gone.byte_count == 2 * ipv4_packet().size());
    CHECK(rig.flows().empty());
    CHECK_FALSE(rig.datapath.deadline());
  }
}

TEST_CASE("a flow whose time is over matches nothing, though nobody ticked") {
  Rig rig{v1_3};
  rig.flow("add", "in_port=1,idle_timeout=10,send_flow_rem,actions=output:2");
  rig.now += 10s;
  CHECK(rig.leaves(1, ipv4_packet()).empty());
  CHECK(rig.only<FlowRemoved>().reason == FlowRemovedReason::idle_timeout);
}

TEST_CASE("delete sends a flow_removed to whoever asked") {
  Rig rig{v1_3};
  rig.flow("add", "table=2,in_port=1,hard_timeout=9,send_flow_rem,actions=output:2");
  rig.flow("add", "table=2,in_port=2,actions=output:2");
  rig.wait(1500ms);
  rig.flow("delete", "table=2");
  const auto gone = rig.only<FlowRemoved>();
  CHECK(gone.reason == FlowRemovedReason::delete_);
  CHECK(gone.table_id == 2);
  CHECK(gone.hard_timeout == 9);
  CHECK(gone.duration_sec == 1);
  CHECK(gone.duration_nsec == 500'000'000);
}

TEST_CASE("flow, aggregate and table statistics") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    rig.flow("add", "priority=9,in_port=1,cookie=3,idle_timeout=50,actions=output:2");
    rig.flow("add", "priority=8,in_port=2,actions=output:3");
    rig.packet(1, ipv4_packet());
    rig.packet(1, ipv4_packet());
    rig.packet(4, ipv4_packet());
    rig.take_said();
    rig.wait(2s);

    rig.send(Message{FlowStatsRequest{}});
    auto flows = rig.only<FlowStatsReply>().flows;
    CHECK(rig.last.value == rig.xid);
    REQUIRE(flows.size() == 2);
    CHECK(flows[0].packet_count == 2);
    CHECK(flows[0].byte_count == 2 * ipv4_packet().size());
    CHECK(flows[0].duration_sec == 2);
    CHECK(flows[0].cookie == 3);
    CHECK(flows[0].idle_timeout == 50);
    CHECK(text(flows[0].instructions) == "actions=output:2");

    FlowStatsRequest narrow;
    narrow.filter.out_port = PortNo{3};
    rig.send(Message{narrow});
    flows = rig.only<FlowStatsReply>().flows;
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].priority == 8);

    AggregateRequest about;
    about.filter.match.set(Field::in_port, 1);
    rig.send(Message{about});
    const auto sum = rig.only<AggregateReply>();
    CHECK(sum.flow_count == 1);
    CHECK(sum.packet_count == 2);

    rig.send(Message{TableStatsRequest{}});
    const auto tables = rig.only<TableStatsReply>().tables;
    REQUIRE(tables.size() == (version == v1_0 ? 1 : 4));
    CHECK(tables[0].active_count == 2);
    CHECK(tables[0].lookup_count == 3);
    CHECK(tables[0].matched_count == 2);

    FlowStatsRequest nowhere;
    nowhere.filter.table_id = 77;
    AggregateRequest nothing;
    nothing.filter.table_id = 77;
    if (version == v1_0) {  // which has no error for that
      rig.send(Message{nowhere});
      CHECK(rig.only<FlowStatsReply>().flows.empty());
      rig.send(Message{nothing});
      CHECK(rig.only<AggregateReply>().flow_count == 0);
    } else {
      CHECK(rig.try_message(Message{nowhere}) == "BAD_REQUEST/BAD_TABLE_ID");
      CHECK(rig.try_message(Message{nothing}) == "BAD_REQUEST/BAD_TABLE_ID");
    }
  }
}

TEST_CASE("many flows come in several parts") {
  Rig rig{v1_3};
  for (int vlan = 0; vlan < 1000; ++vlan) rig.flow("add", "dl_vlan=" + std::to_string(vlan) + ",actions=output:2");
  rig.send(Message{FlowStatsRequest{}});
  const auto parts = rig.take_said();
  CHECK(parts.size() > 1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    REQUIRE(std::holds_alternative<FlowStatsReply>(parts[i].message));
    const auto& part = std::get<FlowStatsReply>(parts[i].message);
    CHECK(parts[i].xid.value == rig.xid);
    CHECK(((part.flags & multipart_more) != 0) == (i + 1 < parts.size()));
    count += part.flows.size();
  }
  CHECK(count == 1000);
}

TEST_CASE("features, description, ports, configuration, barrier") {
  for (const Version version : both) {
    Rig rig{version};
    rig.send(Message{FeaturesRequest{}});
    const auto features = rig.only<FeaturesReply>();
    CHECK(features.datapath_id.value == 1);
    CHECK(features.n_tables == (version == v1_0 ? 1 : 4));
    CHECK(features.ports.size() == (version == v1_0 ? 4 : 0));
    rig.send(Message{DescRequest{}});
    CHECK(rig.only<DescReply>().mfr_desc.value == "Sluice");
    rig.send(Message{GetConfigRequest{}});
    CHECK(rig.only<GetConfigReply>().miss_send_len == 128);
    rig.send(Message{SetConfig{.flags = 0, .miss_send_len = 5}});
    rig.send(Message{GetConfigRequest{}});
    CHECK(rig.only<GetConfigReply>().miss_send_len == 5);
    CHECK(rig.try_message(Message{SetConfig{.flags = 2, .miss_send_len = 5}}) ==
          text(wire_error(Reason::config_refused, version), version));
    rig.send(Message{BarrierRequest{}});
    rig.only<BarrierReply>();
    CHECK(rig.last.value == rig.xid);
  }
  Rig rig{v1_3};
  rig.send(Message{PortDescRequest{}});
  CHECK(rig.only<PortDescReply>().ports.size() == 4);
}

TEST_CASE("what is not supported is refused, with the offending bytes") {
  struct Wrong {
    std::vector<unsigned> bytes;
    std::optional<Reason> reason;
  };

  constexpr std::nullopt_t nothing = std::nullopt;

  // 1.3: group_mod and meter_mod (add, modify, delete all), table_mod, experimenter, group_desc, a
  // barrier, type 77, barrier_reply.
  const std::vector<Wrong> all{
      {{4, 15, 0, 16, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1}, Reason::out_of_groups},
      {{4, 29, 0, 16, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1}, Reason::out_of_meters},
      {{4, 15, 0, 16, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 1}, Reason::unknown_group},
      {{4, 29, 0, 16, 0, 0, 0, 9, 0, 1, 0, 1, 0, 0, 0, 1}, Reason::unknown_meter},
      {{4, 15, 0, 16, 0, 0, 0, 9, 0, 2, 0, 0, 0xff, 0xff, 0xff, 0xfc}, nothing},
      {{4, 29, 0, 16, 0, 0, 0, 9, 0, 2, 0, 0, 0xff, 0xff, 0xff, 0xff}, nothing},
      {{4, 17, 0, 16, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0}, Reason::table_mod_refused},
      {{4, 4, 0, 16, 0, 0, 0, 9, 0, 0, 0x23, 0x20, 0, 0, 0, 1}, Reason::bad_experimenter},
      {{4, 18, 0, 16, 0, 0, 0, 9, 0, 7, 0, 0, 0, 0, 0, 0}, Reason::bad_multipart},
      {{4, 20, 0, 8, 0, 0, 0, 9}, Reason::not_permitted},
      {{4, 77, 0, 8, 0, 0, 0, 9}, Reason::bad_type},
      {{4, 21, 0, 8, 0, 0, 0, 9}, Reason::bad_type},
  };
  Rig rig{v1_3};
  for (const Wrong& wrong : all) {
    Bytes bytes;
    for (const unsigned byte : wrong.bytes) bytes.push_back(static_cast<std::byte>(byte));
    rig.send_bytes(bytes);
    if (!wrong.reason) {
      CHECK(rig.take_said().empty());
      continue;
    }
    if (wrong.reason == Reason::not_permitted) {  // a barrier, to see that the connection lives
      rig.only<BarrierReply>();
      continue;
    }
    const auto error = rig.only<Error>();
    CHECK(text(error.error, v1_3) == text(wire_error(*wrong.reason, v1_3), v1_3));
    CHECK(rig.last.value == 9);
    CHECK(error.data == bytes);
  }
}

TEST_CASE("a whole switch: hello, flows that outlive the connection, another version afterwards") {
  flow_switch::Switch device{Rig::four_ports()};
  flow_switch::Effects effects;
  Time now = 5s;
  device.connect(now, effects);
  REQUIRE(messages_in(effects.to_controller).size() == 1);
  CHECK(std::holds_alternative<Hello>(messages_in(effects.to_controller)[0].message));
  CHECK_FALSE(device.up());

  const auto say = [&](const Message& message, Version version) {
    Bytes bytes;
    REQUIRE(encode(bytes, message, version, Xid{1}));
    effects = {};
    device.receive(*FrameView::of(bytes), now, effects);
  };
  say(Message{Hello::offering({v1_3})}, v1_3);
  CHECK(device.up());
  CHECK(device.version() == v1_3);
  say(Message{Rig::flow_mod(v1_3, "add", "in_port=1,idle_timeout=60,actions=output:2")}, v1_3);
  CHECK(effects.to_controller.empty());

  device.disconnect();
  effects = {};
  device.packet(PortNo{1}, ipv4_packet(), now, effects);
  CHECK(effects.packets.size() == 1);
  device.packet(PortNo{2}, ipv4_packet(), now, effects);
  CHECK(effects.to_controller.empty());

  device.connect(now, effects);
  say(Message{Hello::offering({v1_0})}, v1_0);
  CHECK(device.version() == v1_0);
  say(Message{FlowStatsRequest{}}, v1_0);
  const auto said = messages_in(effects.to_controller);
  REQUIRE(said.size() == 1);
  CHECK(std::get<FlowStatsReply>(said[0].message).flows.size() == 1);
  effects = {};
  device.packet(PortNo{2}, ipv4_packet(), now, effects);
  CHECK(messages_in(effects.to_controller).size() == 1);

  now += 15s;  // the channel probes, then gives up
  effects = {};
  device.tick(now, effects);
  now += 15s;
  device.tick(now, effects);
  CHECK(effects.hang_up);
  CHECK_FALSE(device.up());
  CHECK_FALSE(device.closed_because().empty());
  CHECK(device.deadline() == std::optional<Time>{65s});  // the flow, last used at 5 s
}

TEST_CASE("no common version: the controller gets a sentence, and the connection ends") {
  flow_switch::Switch device{Rig::four_ports()};
  flow_switch::Effects effects;
  device.connect(0s, effects);
  effects = {};
  Bytes bytes;
  REQUIRE(encode(bytes, Message{Hello::offering({v1_2})}, v1_2, Xid{1}));
  device.receive(*FrameView::of(bytes), 0s, effects);
  CHECK(effects.hang_up);
  const auto said = messages_in(effects.to_controller);
  REQUIRE(said.size() == 1);
  CHECK(std::holds_alternative<Error>(said[0].message));
}

}  // namespace sluice::testing
