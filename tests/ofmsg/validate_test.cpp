// What validation says of values, message by message; tests/conformance has thousands more.
#include "ofmsg/validate.hpp"

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

using namespace sluice::ofmsg;

namespace {

std::vector<std::string> reasons(const Message& message, Version version) {
  std::vector<std::string> out;
  for (const Fault& fault : validate(message, version)) out.emplace_back(text(fault.reason));
  return out;
}

using Names = std::vector<std::string>;

FlowMod flow(std::string_view words, Version version) {
  return parse_flow(words, version, FlowModCommand::add).value();
}

}  // namespace

TEST_CASE("sound flows have no faults") {
  for (const Version v : all_versions) {
    CHECK(reasons(flow("priority=7,tcp,nw_dst=10.0.0.0/8,tp_dst=80,actions=output:1,CONTROLLER:128", v), v).empty());
    CHECK(reasons(flow("actions=drop", v), v).empty());
  }
  CHECK(reasons(flow("ip,actions=set_field:10.0.0.1->ip_dst,goto_table:1", v1_3), v1_3).empty());
}

TEST_CASE("flow_mod: commands, flags, tables, matches, actions, instructions") {
  FlowMod m = flow("actions=drop", v1_3);
  m.command = static_cast<FlowModCommand>(9);
  CHECK(reasons(m, v1_3) == Names{"bad_command"});
  m = flow("actions=drop", v1_3);
  m.flags = 0x40;
  CHECK(reasons(m, v1_3) == Names{"bad_flags"});
  m.flags = FlowMod::reset_counts;
  CHECK(reasons(m, v1_1) == Names{"bad_flags"});
  m = flow("actions=drop", v1_3);
  m.table_id = all_tables;
  CHECK(reasons(m, v1_3) == Names{"bad_table_id"});
  m.command = FlowModCommand::delete_;
  CHECK(reasons(m, v1_3).empty());

  m = flow("actions=drop", v1_3);
  m.match.set(Field::tcp_dst, 80);
  CHECK(reasons(m, v1_3) == Names{"bad_match_prereq"});

  m = flow("actions=drop", v1_3);
  m.instructions = {GotoTable{0}};
  CHECK(reasons(m, v1_3) == Names{"bad_goto_table"});
  m.instructions = {ClearActions{}, ClearActions{}};
  CHECK(reasons(m, v1_3) == Names{"dup_instruction"});
  m.instructions = {ApplyActions{{SetField{Field::ipv4_dst, u128(1), ones(32)}}}};
  CHECK(reasons(m, v1_3) == Names{"action_inconsistent"});
  m.instructions = {ApplyActions{{Output{port::table, 0}, PushVlan{0x0800}, Group{GroupId{GroupId::all}}}}};
  CHECK(reasons(m, v1_3) == Names{"bad_out_port", "bad_action_value", "bad_out_group"});
  m.instructions = {ApplyActions{{SetVlanVid{0x1000}, SetVlanPcp{8}, SetNwTos{3}}}};
  CHECK(reasons(m, v1_0) == Names{"bad_action_value", "bad_action_value", "bad_action_value"});
}

TEST_CASE("faults say where and what, and become an error of the version") {
  FlowMod m = flow("actions=drop", v1_0);
  m.instructions = {ApplyActions{{Output{PortNo{1}, 0}, SetVlanVid{5000}}}};
  const std::vector<Fault> faults = validate(m, v1_0);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].where == "instructions[1]");
  CHECK(faults[0].what == "a VLAN is at most 4095, not 5000");
  CHECK(text(wire_error(faults[0].reason, v1_0), v1_0) == "BAD_ACTION/BAD_ARGUMENT");
}

TEST_CASE("groups and meters") {
  GroupMod g;
  g.group_id.value = 1;
  g.type = GroupType::indirect;
  CHECK(reasons(g, v1_3) == Names{"invalid_group"});
  g.buckets.resize(1);
  CHECK(reasons(g, v1_3).empty());
  g.type = GroupType::fast_failover;
  CHECK(reasons(g, v1_3) == Names{"bad_watch"});
  g.command = static_cast<GroupModCommand>(7);
  CHECK(reasons(g, v1_3) == Names{"bad_group_command"});

  MeterMod m;
  m.meter_id.value = 0;
  CHECK(reasons(m, v1_3) == Names{"invalid_meter"});
  m.meter_id.value = 1;
  m.flags = MeterMod::kbps | MeterMod::pktps;
  CHECK(reasons(m, v1_3) == Names{"bad_meter_flags"});
}

TEST_CASE("messages inside messages") {
  BundleAddMessage add;
  REQUIRE(encode(add.message.bytes, BarrierRequest{}, v1_4, Xid{1}));
  CHECK(reasons(add, v1_4) == Names{"bad_bundle_message"});
  FlowMod m = flow("actions=drop", v1_4);
  m.flags = 0x8000;
  add.message.bytes.clear();
  REQUIRE(encode(add.message.bytes, m, v1_4, Xid{1}));
  CHECK(reasons(add, v1_4) == Names{"bad_flags"});
  add.message.bytes.clear();
  REQUIRE(encode(add.message.bytes, FlowMod{}, v1_5, Xid{1}));
  CHECK(reasons(add, v1_4) == Names{"bad_version"});
}

TEST_CASE("a lenient decoder keeps what breaks a rule, and says so; a strict one refuses") {
  // A match on ip_proto with a mask.
  Bytes bytes;
  REQUIRE(encode(bytes, flow("ip,nw_proto=6,actions=drop", v1_3), v1_3, Xid{1}));
  const std::size_t at = 52 + 6;  // behind eth_type
  store<std::uint32_t>(std::span{bytes}, at, 0x80001502);
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 5, std::byte{0xff});
  store<std::uint16_t>(std::span{bytes}, 50, static_cast<std::uint16_t>(load<std::uint16_t>(bytes, 50) + 1));
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 6);  // of the padding
  const FrameView frame = FrameView::of(bytes).value();
  REQUIRE_FALSE(decode(frame));
  CHECK(decode(frame).error().reason == Reason::bad_match_mask);
  const auto lenient = decode_lenient(frame);
  REQUIRE(lenient);
  REQUIRE(lenient->faults.size() == 1);
  CHECK(lenient->faults[0].reason == Reason::bad_match_mask);
  Bytes again;
  REQUIRE(encode(again, lenient->message, v1_3, Xid{1}));
  CHECK(again == bytes);
}
