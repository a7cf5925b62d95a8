// Messages as JSON.
#include "ofmsg/json.hpp"

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"

using namespace sluice::ofmsg;
using Json = nlohmann::ordered_json;

namespace {

FlowMod sample() {
  FlowMod m;
  m.match.set(Field::in_port, 2);
  m.match.set(Field::vlan_vid, 0x1064);
  m.priority = 10;
  m.cookie = 0x1234;
  m.idle_timeout = 30;
  m.flags = FlowMod::send_flow_rem;
  m.instructions.push_back(ApplyActions{{Output{PortNo{3}, 0}, Output{port::controller, 128}}});
  return m;
}

}  // namespace

TEST_CASE("a flow_mod, in the order of the wire of its version") {
  CHECK(to_json(sample(), v1_3, Xid{5}).dump() ==
        R"({"type":"flow_mod","version":"1.3","xid":5,"cookie":4660,"cookie_mask":0,"table_id":0,"command":"add",)"
        R"("idle_timeout":30,"hard_timeout":0,"priority":10,"buffer_id":null,"out_port":"ANY","out_group":"ANY",)"
        R"("flags":1,"match":{"in_port":2,"vlan_vid":4196},"instructions":[{"type":"apply_actions","actions":[)"
        R"({"type":"output","port":3,"max_len":0},{"type":"output","port":"CONTROLLER","max_len":128}]}]})");
  const Json old = to_json(sample(), v1_0, Xid{5});
  CHECK_FALSE(old.contains("cookie_mask"));
  CHECK_FALSE(old.contains("table_id"));
  CHECK(std::next(old.begin(), 3).key() == "match");
}

TEST_CASE("lists of parts become arrays of objects") {
  FlowStatsReply reply;
  reply.flags = multipart_more;
  reply.flows.resize(2);
  reply.flows[1].packet_count = ~std::uint64_t{0};
  const Json json = to_json(reply, v1_3, Xid{1});
  CHECK(json["flags"] == 1);
  REQUIRE(json["flows"].size() == 2);
  CHECK(json["flows"][1]["packet_count"] == ~std::uint64_t{0});
  CHECK(json["flows"][0]["instructions"] == Json::array());

  FeaturesReply features;
  features.datapath_id.value = 0xab;
  features.ports.resize(1);
  features.ports[0].number = port::local;
  features.ports[0].name.value = std::string{"e\x1b\xff"};
  const Json with_ports = to_json(features, v1_0, Xid{1});
  CHECK(with_ports["datapath_id"] == "00000000000000ab");
  CHECK(with_ports["ports"][0]["port_no"] == "LOCAL");
  CHECK(with_ports["ports"][0]["name"] == "e\\x1b\\xff");
  CHECK_NOTHROW(static_cast<void>(with_ports.dump()));
  CHECK_FALSE(to_json(features, v1_3, Xid{1}).contains("ports"));
}

TEST_CASE("what fields mean stands beside them") {
  Error error;
  error.error = {5, 4};
  error.data = Bytes{std::byte{4}, std::byte{0x0e}};
  const Json refused = to_json(error, v1_3, Xid{7});
  CHECK(refused["type"] == "error");
  CHECK(refused["error_type"] == 5);
  CHECK(refused["error_code"] == 4);
  CHECK(refused["error"] == "FLOW_MOD_FAILED/EPERM");
  CHECK(refused["data"] == "040e");

  CHECK(to_json(Hello::offering({v1_0, v1_3}), v1_3, Xid{1})["versions"] == "1.0,1.3");

  PacketIn in;
  in.match.set(Field::in_port, 4);
  in.data.resize(14);
  in.data[12] = std::byte{0x88};
  in.data[13] = std::byte{0xcc};
  const Json packet = to_json(in, v1_3, Xid{1});
  CHECK(packet["reason"] == "no_match");
  CHECK(packet["match"] == Json{{"in_port", 4}});
  CHECK(packet["packet"].get<std::string>().find("dl_type=0x88cc") != std::string::npos);
}

TEST_CASE("numbers without a name stay numbers") {
  PortStatus status;
  status.reason = static_cast<PortReason>(9);
  CHECK(to_json(status, v1_0, Xid{1})["reason"] == 9);
}

TEST_CASE("JSON is read back, and people may write text where trees are long") {
  const auto read =
      from_json(Json::parse(R"({"type":"flow_mod","version":"1.3","priority":7,"match":"ip,nw_dst=10.0.0.0/8",
    "instructions":"output:3,goto_table:2"})"));
  REQUIRE(read);
  const auto& flow = std::get<FlowMod>(read->message);
  CHECK(flow.priority == 7);
  CHECK(flow.match.find(Field::ipv4_dst)->mask == u128(0xff000000));
  CHECK(flow.instructions.size() == 2);
  CHECK(read->version == v1_3);

  const auto same = from_json(to_json(sample(), v1_3, Xid{5}));
  REQUIRE(same);
  CHECK(std::get<FlowMod>(same->message) == sample());
  CHECK(same->xid == Xid{5});
}

TEST_CASE("errors say where and what") {
  const auto complaint = [](const char* document) {
    const auto read = from_json(Json::parse(document));
    REQUIRE_FALSE(read);
    return read.error().where + ": " + read.error().message;
  };
  CHECK(complaint(R"({"type":"flow_mood"})") == "type: this should be the name of a message, such as \"flow_mod\"");
  CHECK(complaint(R"({"type":"group_mod","version":"1.0"})") == "type: OpenFlow 1.0 has no group_mod");
  CHECK(complaint(R"({"type":"flow_mod","prioritty":1})") ==
        "prioritty: this member means nothing here in OpenFlow 1.3");
  CHECK(complaint(R"({"type":"flow_mod","version":"1.0","table_id":1})") ==
        "table_id: this member means nothing here in OpenFlow 1.0");
  CHECK(complaint(R"({"type":"flow_mod","priority":70000})") == "priority: 70000 is too large: at most 65535");
  CHECK(complaint(R"({"type":"flow_mod","priority":-1})") == "priority: a number below zero");
  CHECK(complaint(R"({"type":"flow_mod","instructions":[{"type":"apply_actions","actions":[{"type":"outptu"}]}]})") ==
        "instructions[0].actions[0]: OpenFlow 1.3 has no action \"outptu\"");
}
