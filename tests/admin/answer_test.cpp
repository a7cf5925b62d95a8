#include "admin/answer.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "admin/verbs.hpp"
#include "ofmsg/text.hpp"

using namespace sluice;
using namespace sluice::admin;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// 2026-03-01T12:00:00Z
Daemon daemon_at_noon() {
  Daemon daemon;
  daemon.version = "1.2.3";
  daemon.slice_file = "campus.json";
  daemon.listening = {"127.0.0.1:6653"};
  daemon.started = 1000s;
  daemon.now = 1000s + 76h + 5min;
  daemon.wall = 1772366400s;
  return daemon;
}

slicing::DomainState campus(const Daemon& daemon) {
  slicing::DomainState state;
  state.name = "campus-core";
  state.fingerprint = 0xa41f09c000000001;
  state.now = daemon.now;

  slicing::SwitchState s1;
  s1.name = "s1";
  s1.dpid = {1};
  s1.configured = true;
  s1.state = "up";
  s1.peer = "192.0.2.1:40112";
  s1.version = ofmsg::v1_3;
  s1.since = daemon.now - 90s;
  s1.virtual_flows = 3;
  s1.physical_flows = 12;
  s1.messages_in = 1000;
  s1.ports = {{{1}, "eth1", true, {"video"}}, {{2}, "eth\x1b[0m", false, {"sensors", "video"}}};
  s1.warnings = {"no port is called \"uplink\""};
  slicing::SwitchState s2;
  s2.name = "s2";
  s2.dpid = {2};
  s2.configured = true;
  s2.state = "down";
  s2.since = daemon.now - 12min;
  state.switches = {s1, s2};

  slicing::SliceState video;
  video.name = "video";
  video.owner = "Video lab";
  video.rules = {"s1 ports 1,2: dl_vlan=10"};
  video.switches_up = 1;
  video.switches_configured = 2;
  video.virtual_flows = 3;
  video.physical_flows = 12;
  slicing::SliceState sensors;
  sensors.name = "sensors";
  state.slices = {sensors, video};

  slicing::LegState leg;
  leg.slice = "video";
  leg.switch_name = "s1";
  leg.controller = "tcp:192.0.2.11:6653";
  leg.state = "up";
  leg.role = "writer";
  leg.since = daemon.now - 80s;
  slicing::LegState standby = leg;
  standby.controller = "tcp:192.0.2.12:6653";
  standby.state = "waiting";
  standby.role = "standby";
  standby.next_try = daemon.now + 3s;
  standby.last_error = "connection refused";
  state.legs = {leg, standby};
  return state;
}

std::vector<slicing::FlowState> two_flows() {
  slicing::FlowState flow;
  flow.slice = "video";
  flow.switch_name = "s1";
  flow.version = ofmsg::v1_3;
  flow.priority = 200;
  flow.match.set(ofmsg::Field::eth_dst, std::uint64_t{0x020000000001});
  flow.cookie = 0x5;
  flow.idle_timeout = 60;
  flow.instructions = {ofmsg::ApplyActions{{ofmsg::Output{{2}}}}};
  flow.age = 250s;
  slicing::PieceState piece;
  piece.match = flow.match;
  piece.match.set(ofmsg::Field::in_port, std::uint64_t{1});
  piece.cookie = 0x8001000000000001;
  piece.instructions = flow.instructions;
  piece.state = "installed";
  piece.priority = 200;
  slicing::PieceState other = piece;
  other.match.set(ofmsg::Field::in_port, std::uint64_t{2});
  other.state = "pending";
  other.narrowed = true;
  flow.pieces = {piece, other};
  slicing::FlowState miss;
  miss.slice = "video";
  miss.switch_name = "s1";
  miss.version = ofmsg::v1_3;
  return {flow, miss};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("ages are short") {
  CHECK(age(0s) == "0s");
  CHECK(age(59s) == "59s");
  CHECK(age(60s) == "1m");
  CHECK(age(3599s) == "59m");
  CHECK(age(5h + 7min) == "5h07m");
  CHECK(age(76h) == "3d04h");
  CHECK(age(-5s) == "0s");
}

TEST_CASE("status for people: switches, slices, what needs attention") {
  const Daemon daemon = daemon_at_noon();
  const std::string text = status(campus(daemon), daemon, Form::table);
  CHECK_MESSAGE(text ==
                    "campus-core  running 3d04h  config a41f09c (campus.json)  listening on "
                    "127.0.0.1:6653  3 warnings\n"
                    "SWITCH  DPID              STATE  OF   PEER             FLOWS  MSGS IN  MSGS "
                    "OUT  REFUSED  SINCE\n"
                    "s1      0000000000000001  up     1.3  192.0.2.1:40112     12     1000         "
                    "0        0     1m\n"
                    "s2      0000000000000002  DOWN   -    -                    0        0         "
                    "0        0    12m\n"
                    "SLICE    STATE    CONTROLLER           ROLE     CONNECTED  SWITCHES  FLOWS  "
                    "PHYSICAL  REFUSED\n"
                    "sensors  idle     -                    -        -          0/0           0    "
                    "     0        0\n"
                    "video    up       tcp:192.0.2.11:6653  writer   1/1        1/2           3    "
                    "    12        0\n"
                    "         waiting  tcp:192.0.2.12:6653  standby  0/1\n"
                    "warning: s1: no port is called \"uplink\"\n"
                    "warning: switch s2 is down (12m)\n"
                    "warning: video's controller tcp:192.0.2.12:6653 is not there for s1: "
                    "connection refused (next try "
                    "in 3s)\n",
                text);
}

TEST_CASE("status as a document: kind, version, moments in RFC 3339") {
  const Daemon daemon = daemon_at_noon();
  const json doc = json::parse(status(campus(daemon), daemon, Form::json));
  CHECK(doc["kind"] == "sluiced.status");
  CHECK(doc["v"] == 1);
  CHECK(doc["version"] == "1.2.3");
  CHECK(doc["fingerprint"] == "a41f09c000000001");
  CHECK(doc["started"] == "2026-02-26T07:55:00.000Z");
  CHECK(doc["switches"][0]["since"] == "2026-03-01T11:58:30.000Z");
  CHECK(doc["switches"][0]["openflow"] == "1.3");
  CHECK(doc["switches"][1]["openflow"] == nullptr);
  CHECK(doc["slices"][1]["name"] == "video");
  CHECK(doc["slices"][1]["controllers"][1]["next_try"] == "2026-03-01T12:00:03.000Z");
  CHECK(doc["warnings"].size() == 3);
}

TEST_CASE("one switch: by name or dpid; what it calls its ports cannot reach the terminal") {
  const Daemon daemon = daemon_at_noon();
  const auto state = campus(daemon);
  const Answer by_name = switch_details(state, daemon, "s1", Form::table);
  REQUIRE(by_name);
  CHECK(has(*by_name, "   2  eth?[0m  DOWN  sensors,video\n"));
  CHECK(has(*by_name, "OpenFlow 1.3"));
  const Answer by_dpid = switch_details(state, daemon, "0000000000000001", Form::json);
  REQUIRE(by_dpid);
  CHECK(json::parse(*by_dpid)["ports"][1]["name"] == "eth\x1b[0m");
  CHECK(json::parse(*by_dpid)["ports"][1]["link"] == "down");
}

TEST_CASE("an unknown name is answered with those that exist") {
  const Daemon daemon = daemon_at_noon();
  const auto state = campus(daemon);
  CHECK(slice_details(state, daemon, "vidoe", Form::table).error() ==
        "no slice \"vidoe\"; there are: \"sensors\", \"video\"");
  CHECK(switch_details(state, daemon, "s9", Form::json).error() == "no switch \"s9\"; there are: \"s1\", \"s2\"");
  CHECK(slice_details(slicing::DomainState{}, daemon, "x", Form::table).error() == "no slice \"x\"; there are: none");
}

TEST_CASE("flows: what was asked beside what the switch has") {
  const Daemon daemon = daemon_at_noon();
  const std::string text = flows(two_flows(), daemon, Form::table);
  CHECK_MESSAGE(text ==
                    "video on s1\n"
                    "VIRTUAL (what the controller asked)                   PHYSICAL (what the "
                    "switch has)                       "
                    "             AGE\n"
                    "prio=200 dl_dst=02:00:00:00:00:01 cookie=0x5 idle=60  prio=200 "
                    "in_port=1,dl_dst=02:00:00:00:00:01          "
                    "              4m\n"
                    "   actions=output:2                                      actions=output:2\n"
                    "                                                      prio=200 "
                    "in_port=2,dl_dst=02:00:00:00:00:01 [narrowed] [pending]\n"
                    "                                                         actions=output:2\n"
                    "prio=0 any                                            nothing                 "
                    "                             "
                    "              0s\n"
                    "   actions=drop\n"
                    "2 virtual -> 2 physical\n",
                text);
}

TEST_CASE("flows as a document") {
  const Daemon daemon = daemon_at_noon();
  const json doc = json::parse(flows(two_flows(), daemon, Form::json));
  CHECK(doc["kind"] == "sluiced.flows");
  REQUIRE(doc["flows"].size() == 2);
  const json& flow = doc["flows"][0];
  CHECK(flow["match"] == ofmsg::text(two_flows()[0].match));
  CHECK(flow["cookie"] == "0x5");
  CHECK(flow["since"] == "2026-03-01T11:55:50.000Z");
  CHECK(flow["physical"][1]["state"] == "pending");
  CHECK(flow["physical"][0]["cookie"] == "0x8001000000000001");
  CHECK(doc["flows"][1]["physical"] == json::array());
}

TEST_CASE("refusals, newest first as they come") {
  const Daemon daemon = daemon_at_noon();
  slicing::Refusal refusal;
  refusal.at = daemon.now - 61s;
  refusal.slice = "video";
  refusal.switch_name = "s1";
  refusal.kind = "flow_mod";
  refusal.xid = 0x71;
  refusal.code = "E0201";
  refusal.error = "FLOW_MOD_FAILED/EPERM";
  refusal.why = "no rule of video contains dl_vlan=300";
  refusal.rule = slicing::RuleName{"films", "campus.json:11:9"};
  CHECK(rejects({refusal}, daemon, Form::table) ==
        "AGO  SLICE  SWITCH  TYPE       XID  CODE   ERROR                  RULE   WHY\n"
        " 1m  video  s1      flow_mod  0x71  E0201  FLOW_MOD_FAILED/EPERM  films  no rule of video "
        "contains dl_vlan=300\n");
  const json doc = json::parse(rejects({refusal}, daemon, Form::json));
  CHECK(doc["rejects"][0]["at"] == "2026-03-01T11:58:59.000Z");
  CHECK(doc["rejects"][0]["xid"] == 0x71);
  CHECK(doc["rejects"][0]["rule"]["at"] == "campus.json:11:9");
  CHECK(rejects({}, daemon, Form::table) == "nothing was refused\n");
}

TEST_CASE("bytes that are no UTF-8 do not break a document") {
  const Daemon daemon = daemon_at_noon();
  auto state = campus(daemon);
  state.switches[0].ports[0].name = "eth\xff";
  const json doc = json::parse(*switch_details(state, daemon, "s1", Form::json));
  CHECK(doc["ports"][0]["name"] == "eth\xef\xbf\xbd");
}

TEST_CASE("every verb is in the list of commands") {
  const std::string text = commands(Form::table);
  CHECK(has(text, "The available commands are:\n"));
  for (const Verb& verb : verbs()) CHECK(has(text, "\n  " + std::string{verb.name} + " "));
  CHECK(json::parse(commands(Form::json))["commands"].size() == verbs().size());
}

TEST_CASE("a request of ovs-appctl is taken apart") {
  const auto request = parse_request(R"({"id":7,"method":"flows","params":["video","--switch","s1"]})");
  REQUIRE(request);
  CHECK(request->id == "7");
  CHECK(request->method == "flows");
  CHECK(request->params == std::vector<std::string>{"video", "--switch", "s1"});
  CHECK(parse_request(R"({"method":"status"})")->id == "null");
  CHECK(parse_request(R"({"id":{"a":[1,"x"]},"method":"status"})")->id == R"({"a":[1,"x"]})");
}

TEST_CASE("a request that is none says what is missing") {
  CHECK(parse_request("{").error() == "this is not JSON");
  CHECK(parse_request("[]").error() == "a request is an object with \"id\", \"method\" and \"params\"");
  CHECK(parse_request("{}").error() == "\"method\" must be a string");
  CHECK(parse_request(R"({"method":5})").error() == "\"method\" must be a string");
  CHECK(parse_request(R"({"method":"a","params":{}})").error() == "\"params\" must be a list of strings");
  CHECK(parse_request(R"({"method":"a","params":[1]})").error() == "\"params\" must be a list of strings");
}

TEST_CASE("a response carries result or error, never both, and always ends its text with a newline") {
  CHECK(response("3", Answer{"fine"}) == "{\"id\":3,\"result\":\"fine\\n\",\"error\":null}\n");
  CHECK(response("\"x\"", ofmsg::Failure<std::string>{"no"}) == "{\"id\":\"x\",\"result\":null,\"error\":\"no\\n\"}\n");
  CHECK(response("1", Answer{""}) == "{\"id\":1,\"result\":\"\",\"error\":null}\n");
}
