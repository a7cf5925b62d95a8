// `trace`: the packet as people write it, and the answer.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "admin/answer.hpp"
#include "admin/packet_text.hpp"
#include "ofmsg/text.hpp"

using namespace sluice;
using namespace sluice::admin;
using nlohmann::json;
using ofmsg::Field;
using ofmsg::PortNo;
using slicing::TraceOutput;

namespace {

std::optional<PortNo> by_name(std::string_view name) {
  return name == "uplink" ? std::optional{PortNo{24}} : std::nullopt;
}

ofmsg::Match match(std::string_view text) { return ofmsg::parse_match(text).value(); }

slicing::Trace example() {
  slicing::Trace trace;
  trace.switch_name = "s1";
  trace.version = ofmsg::v1_3;
  trace.state = "up";
  trace.in_port = {1};
  trace.in_port_name = "eth1";
  trace.packet = match("ip,nw_dst=10.0.0.1");
  trace.owner = slicing::TraceClaim{"video", {"films", "campus.json:11:9"}};
  trace.readers = {{"monitor", {"all", "campus.json:20:3"}}};
  slicing::FlowState flow;
  flow.slice = "video";
  flow.version = trace.version;
  flow.priority = 5;
  flow.match = match("ip");
  flow.cookie = 7;
  slicing::PieceState piece;
  piece.match = match("ip,in_port=1");
  piece.cookie = 0x8001000000000001;
  piece.state = "installed";
  piece.priority = 5;
  flow.pieces = {piece};
  trace.flow = flow;
  slicing::TraceStep set{ofmsg::SetField{Field::ipv4_dst, ofmsg::u128(0x0a090909), ofmsg::ones(32)},
                         match("ip,nw_dst=10.9.9.9"),
                         {},
                         match("ip,nw_dst=10.9.9.9"),
                         std::nullopt,
                         {}};
  set.changed.erase(Field::eth_type);
  slicing::TraceStep out{ofmsg::Output{{2}, 0}, set.header, {}, {}, TraceOutput{}, {}};
  out.output->where = TraceOutput::Where::port;
  out.output->port = {2};
  slicing::TraceStep up{ofmsg::Output{ofmsg::port::controller, 128}, set.header, {}, {}, TraceOutput{}, {}};
  up.output->where = TraceOutput::Where::controller;
  up.output->listeners = {{"video", "tcp:192.0.2.11:6653", false}, {"monitor", "", true}};
  trace.steps = {set, out, up};
  return trace;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a packet is a match with a port, or a port with bytes") {
  const auto key = parse_packet("in_port=uplink,tcp,tp_dst=80", by_name);
  REQUIRE(key);
  CHECK(key->get(Field::in_port) == ofmsg::u128(24));
  CHECK(key->get(Field::tcp_dst) == ofmsg::u128(80));
  CHECK(key->get(Field::ipv4_src) == ofmsg::u128(0));
  CHECK(parse_packet("tcp in_port=3", by_name)->get(Field::in_port) == ofmsg::u128(3));
  for (const char* text :
       {"in_port=2 ffffffffffff 020000000001 1234 0000", "ffffffffffff02000000000112340000,in_port=2"}) {
    CAPTURE(text);
    const auto bytes = parse_packet(text, by_name);
    REQUIRE(bytes);
    CHECK(bytes->get(Field::in_port) == ofmsg::u128(2));
    CHECK(bytes->get(Field::eth_type) == ofmsg::u128(0x1234));
    CHECK(bytes->get(Field::eth_src) == ofmsg::u128(0x020000000001));
  }
  CHECK(has(parse_packet("tcp", by_name).error(), "in_port is missing"));
  CHECK(has(parse_packet("in_port=h9", by_name).error(), "\"h9\" is not a port"));
  CHECK(has(parse_packet("in_port=1,tp_dst=80", by_name).error(), "tp_dst"));
  CHECK_FALSE(parse_packet("in_port=1 ffffffffffff0200000000018100", by_name));
  CHECK_FALSE(parse_packet("in_port=1 ffff", by_name));
}

TEST_CASE("the way of a packet, for people") {
  CHECK(traced(example(), "sluiced.trace", Form::table) ==
        "packet         in_port=1 (eth1),ip,nw_dst=10.0.0.1\n"
        "1. flowspace   video writes it: rule films at campus.json:11:9\n"
        "               monitor reads it: rule all at campus.json:20:3\n"
        "2. flow table  a flow of video, 0s old\n"
        "     asked     priority=5 ip cookie=0x7 actions=drop\n"
        "     physical  priority=5 ip,in_port=1 cookie=0x8001000000000001 actions=drop\n"
        "3. actions     set_field:10.9.9.9->ip_dst   now ipv4_dst=10.9.9.9\n"
        "               output:2                     leaves port 2 as ip,nw_dst=10.9.9.9\n"
        "               CONTROLLER:128               packet_in (action) to video (tcp:192.0.2.11:6653), monitor (a "
        "copy, no controller of it is connected)\n"
        "final flow     ip,nw_dst=10.9.9.9\n");
  slicing::Trace missed = example();
  missed.flow.reset();
  missed.steps.clear();
  missed.miss = {{"video", "tcp:192.0.2.11:6653", false}};
  CHECK(has(traced(missed, "sluiced.trace", Form::table), "3. if missed   dropped, as OpenFlow 1.3 has it"));
  missed.version = ofmsg::v1_0;
  CHECK(has(traced(missed, "sluiced.trace", Form::table), "3. if missed   packet_in to video (tcp:192.0.2.11:6653)\n"));
  slicing::Trace nobody = missed;
  nobody.miss.clear();
  nobody.owner.reset();
  nobody.state = "down";
  CHECK(has(traced(nobody, "sluiced.trace", Form::table), "3. if missed   dropped and counted: no slice owns it\n"));
  CHECK(has(traced(nobody, "sluiced.trace", Form::table), "warning        s1 is down"));
}

TEST_CASE("the same for programs, with the fields that were there before") {
  const json doc = json::parse(traced(example(), "sluiced.trace", Form::json));
  CHECK(doc["kind"] == "sluiced.trace");
  CHECK(doc["v"] == 1);
  CHECK(doc["switch"] == "s1");
  CHECK(doc["packet"] == "ip,in_port=1,nw_dst=10.0.0.1");
  CHECK(doc["owner"] == json{{"slice", "video"}, {"rule", "films"}, {"at", "campus.json:11:9"}});
  CHECK(doc["readers"] == json{"monitor"});
  CHECK(doc["warnings"] == json::array());
  CHECK(doc["flow"]["physical"]["match"] == "ip,in_port=1");
  CHECK(doc["leaves"] == json::parse(R"([{"port": "2", "header": "ip,nw_dst=10.9.9.9", "unknown": []}])"));
  CHECK(doc["steps"][2]["output"]["packet_ins"][1]["controller"].is_null());
  CHECK(doc["if_missed"].is_null());
  CHECK(doc["dropped"] == false);
}
