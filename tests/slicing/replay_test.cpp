// Case files: what is read, what is told of wrong ones, and that cases can fail.
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "policy/compile.hpp"
#include "policy/document.hpp"
#include "slicing/replay/case_run.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::slicing::replay {
namespace {

constexpr std::string_view head = R"(config {
  "version": 1, "switches": { "s1": { "dpid": 1 } },
  "slices": {
    "red":  { "controllers": ["tcp:192.0.2.1", "tcp:192.0.2.2"], "flowspace": [{ "on": { "s1": [1, 2] }, "match": "any" }] },
    "blue": { "controllers": ["tcp:192.0.2.3"], "flowspace": [{ "on": { "s1": [3, 4] }, "match": "any" }] }
  }
}
switch s1 ports 1 2 3 4
)";

LoadPolicy loader() {
  return [](const PolicySource& source,
            const policy::Snapshot* previous) -> ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string> {
    const policy::Compiled compiled = policy::compile(policy::parse(source.text, "x.json"), previous);
    if (compiled.snapshot) return compiled.snapshot;
    return ofmsg::Failure<std::string>{"the slice file has errors"};
  };
}

// "12:3: message; hint", one line for each.
std::string errors_of(const std::string& text) {
  std::string lines;
  for (const CaseError& error : parse_cases(text).errors) {
    lines += std::to_string(error.at.line) + ":" + std::to_string(error.at.column) + ": " + error.message + "\n";
  }
  return lines;
}

std::string body(const std::string& steps) { return std::string{head} + "test \"t\" {\n" + steps + "}\n"; }

Outcome run(const std::string& steps, RunSettings settings = {}) {
  const CaseFile file = parse_cases(body(steps));
  for (const CaseError& error : file.errors) FAIL(error.message);
  REQUIRE_FALSE(file.cases.empty());
  return run_case(file, file.cases.back(), loader(), settings);
}

// What went wrong; empty when the case passed.
std::string failure_of(const std::string& steps) {
  const Outcome outcome = run(steps);
  if (!outcome.failure) return {};
  std::string text = std::to_string(outcome.failure->at.line) + ": " + outcome.failure->what;
  for (const std::string& line : outcome.failure->differences) text += "; " + line;
  return text;
}

TEST_CASE("errors of a case file have their places") {
  CHECK(errors_of("") == "1:1: there is no slice file\n");
  CHECK(errors_of("confg x.json\n") == "1:1: \"confg\" means nothing here\n1:1: there is no slice file\n");
  CHECK(errors_of("config x.json\nversion 1.1\n") == "2:9: this is no version that slices can speak\n");
  CHECK(errors_of("config {\n  \"a\": [\n") == "1:8: the slice file has no end\n");
  CHECK(errors_of("config x.json\nswitch s1\n") == "2:8: a switch has a name and ports\n");
  CHECK(errors_of("config x.json\nswitch s1 ports a\n") == "2:17: a port is a number\n");
  CHECK(errors_of("config x.json\ntest t {\n}\n") == "2:6: a name in quotes is missing\n");
  CHECK(errors_of("config x.json\ntest \"t\" {\n") == "2:1: the case has no end\n");
  CHECK(errors_of("config x.json\ntest \"t\" {\n  s1 > hello\n}\n") == "3:3: there is no switch s1\n");
  CHECK(errors_of("config x.json\ntest \"t\" {\n}\ntest \"t\" {\n  after \"u\"\n}\n") ==
        "4:1: there is a case \"t\" already\n4:1: no case before this one is called \"u\"\n");
  CHECK(errors_of(body("  skip \"a\" b\n")) == "10:12: nothing can stand behind the name\n");
  CHECK(errors_of(body("  config { } x\n")) == "10:14: nothing can stand behind the slice file\n");
  CHECK(errors_of(body("  wait soon\n")) == "10:8: how long?\n");
  CHECK(errors_of(body("  s1 says hello\n")) == "10:3: this is no step\n");
  CHECK(errors_of(body("  a@b@c > hello\n")) == "10:3: there is no switch b@c\n");
  CHECK(errors_of(body("  @s1 > hello\n")) == "10:3: \"@s1\" is nobody\n");
  CHECK(errors_of(body("  hex s1 > 0g\n")) == "10:12: these are no bytes\n");
  CHECK(errors_of(body("  s1 > flow_mood priority=1\n")) == "10:8: \"flow_mood\" is no message\n");
  CHECK(errors_of(body("  red@s1 > flow_mod priority=1,nw_src=10.0.0.1,actions=drop\n")).starts_with("10:32: "));
  CHECK(errors_of(body("  red@s1 < error NO SUCH\n")) == "10:18: OpenFlow 1.3 has no such error\n");
  CHECK(errors_of(body("  s1 > packet_in data=<ip\n")) == "10:23: a packet without an end\n");
  CHECK(errors_of(body("  s1 > packet_in nonsense=5\n")) ==
        "10:18: nonsense: this member means nothing here in OpenFlow 1.3\n");
  CHECK(errors_of(body("  s1 > packet_in in_port\n")) == "10:18: \"in_port\" has no value\n");
}

TEST_CASE("a case passes when everything is as it says, and fails when one field is not") {
  const std::string flow = "  red@s1 > flow_mod priority=5,cookie=7,in_port=1,actions=output:2\n";
  CHECK(failure_of(flow +
                   "  s1 < flow_mod priority=5,in_port=1,send_flow_rem,reset_counts,actions=output:2\n  nothing else\n")
            .empty());
  CHECK(failure_of(flow + "  s1 < flow_mod priority=6,in_port=1,send_flow_rem,reset_counts,actions=output:2\n") ==
        "11: another message came; priority: expected 6, got 5");
  CHECK(failure_of(flow + "  s1 < ~flow_mod priority=5\n").empty());
  CHECK(failure_of(flow + "  s1 < ~flow_mod idle_timeout=5\n") ==
        "11: another message came; idle_timeout: expected 5, got 0");
  CHECK(failure_of(flow + "  s1 < ~flow_mod cookie=7\n").find("cookie: expected 7, got ") != std::string::npos);
  CHECK(failure_of(flow + "  s1 < nothing\n") == "11: something came to s1");
  CHECK(failure_of(flow + "  nothing else\n") == "11: something came to s1");
  CHECK(failure_of(flow + "  red@s1 < error FLOW_MOD_FAILED EPERM\n") == "11: nothing came");
  CHECK(failure_of(flow + "  s1 < ~group_mod group_id=1\n") ==
        "11: another message came; it is flow_mod, not group_mod");
}

TEST_CASE("at least: what is written is compared, also at its default") {
  const std::string flow = "  red@s1 > flow_mod priority=5,idle_timeout=9,in_port=1,actions=output:2\n";
  CHECK(failure_of(flow + "  s1 < ~flow_mod idle_timeout=0\n") ==
        "11: another message came; idle_timeout: expected 0, got 9");
  CHECK(failure_of(flow + "  s1 < ~flow_mod actions=drop\n").find("instructions: ") != std::string::npos);
  CHECK(failure_of(flow + "  s1 < ~flow_mod any\n").find("match: ") != std::string::npos);
  CHECK(failure_of(flow + "  s1 < ~flow_mod priority=*,table=*\n").empty());
  CHECK(failure_of("  red@s1 > packet_out in_port=controller,packet=<arp>,actions=output:1\n"
                   "  s1 < ~packet_out actions=output:1\n")
            .empty());
  CHECK(errors_of(body("  s1 < ~flow_mod prority=*\n")) == "10:18: flow_mod has no field \"prority\"\n");
  CHECK(errors_of(body("  red@s1 > ~flow_mod priority=5\n")) == "10:12: who says something says all of it\n");
}

TEST_CASE("names stand for numbers within a field, too") {
  const std::string begin =
      "  red@s1 > flow_mod priority=5,in_port=1,actions=drop\n  s1 < ~flow_mod cookie=$c\n"
      "  red@s1 > flow_stats_request filter={table_id=255,out_port=ANY,out_group=ANY}\n"
      "  s1 < ~flow_stats_request xid=$x\n";
  const std::string reply = "  s1 > flow_stats_reply xid=$x flows=[{priority=5,cookie=$c,match=\"in_port=1\"}]\n";
  CHECK(failure_of(begin + reply + "  red@s1 < flow_stats_reply flows=[{priority=5,cookie=*,match=\"in_port=1\"}]\n") ==
        "");
  // It is compared, and what is beside it, too.
  CHECK(failure_of(begin + reply + "  red@s1 < flow_stats_reply flows=[{priority=5,cookie=$c,match=\"in_port=1\"}]\n")
            .find("flows[0].cookie: expected $c = ") != std::string::npos);
  CHECK(failure_of(begin + reply + "  red@s1 < flow_stats_reply flows=[{priority=6,cookie=*,match=\"in_port=1\"}]\n")
            .find("; flows: expected ") != std::string::npos);
  CHECK(failure_of(begin + reply + "  red@s1 < flow_stats_reply flows=[{priority=5},{cookie=$d}]\n")
            .find("flows[1].cookie: it has no value there") != std::string::npos);
  CHECK(errors_of(body("  s1 < flow_stats_reply flows=[{match=$m}]\n")).find("match") != std::string::npos);
}

TEST_CASE("every message can be written in braces, by the names of its fields") {
  const std::string flow = "  red@s1 > flow_mod {priority=5, match={in_port=1}, instructions=\"output:2\"}\n";
  CHECK(
      failure_of(flow + "  s1 < flow_mod priority=5,in_port=1,send_flow_rem,reset_counts,actions=output:2\n").empty());
  CHECK(failure_of(flow + "  s1 < ~flow_mod {priority=5, cookie=$c}\n").empty());
  CHECK(failure_of(flow + "  s1 < ~flow_mod {flags=0}\n") == "11: another message came; flags: expected 0, got 5");
  CHECK(errors_of(body("  s1 < flow_mod {prority=5}\n")).find("prority: ") != std::string::npos);
  for (const char* text :
       {"flow_mod priority=5,table=7,buffer_id=3,actions=drop", "flow_mod delete out_port=3",
        "flow_mod {command=add, cookie_mask=3}", "~flow_mod flags=*", "~flow_mod {flags=0}", "~flow_mod delete",
        "error BAD_REQUEST EPERM", "~error {data=0102}", "~error xid=*",
        "group_mod modify group_id=1,type=select,bucket=weight:5,output:1,bucket=output:2",
        "meter_mod meter=1,kbps,bands=type=drop,rate=100,type=dscp_remark,rate=200,prec_level=1",
        "barrier_request xid=7", "~packet_in cookie=$c xid=*", "flow_mod any,actions=drop", "~flow_mod any",
        "flow_stats_reply flows=[{priority=5, cookie=$c}, {cookie=*}] xid=$x", "flow_mod {match={vlan_vid=$v}}"}) {
    CAPTURE(text);
    const auto spelling = parse_spelling(text, ofmsg::v1_3);
    REQUIRE(spelling);
    const std::string said = spell(*spelling, ofmsg::v1_3);
    CAPTURE(said);
    const auto again = parse_spelling(said, ofmsg::v1_3);
    REQUIRE(again);
    CHECK(equivalent(*spelling, *again));
    CHECK(tree_of(*spelling, ofmsg::v1_3) == tree_of(*again, ofmsg::v1_3));
  }
}

TEST_CASE("names stand for the value that they had first") {
  const std::string two =
      "  red@s1 > flow_mod priority=5,in_port=1,actions=drop\n"
      "  s1 < ~flow_mod cookie=$a xid=$x\n"
      "  red@s1 > flow_mod priority=6,in_port=1,actions=drop\n";
  CHECK(failure_of(two + "  s1 < ~flow_mod cookie=$b xid=*\n").empty());
  CHECK(failure_of(two + "  s1 < ~flow_mod cookie=$a\n").find("cookie: expected $a = ") != std::string::npos);
  CHECK(
      failure_of(two + "  s1 > error FLOW_MOD_FAILED TABLE_FULL xid=$x\n  red@s1 < error FLOW_MOD_FAILED TABLE_FULL\n")
          .empty());
  CHECK(failure_of("  s1 > barrier_reply xid=$y\n") == "10: $y has no value yet");
}

TEST_CASE("parties come and go, time passes, and the slice file changes") {
  CHECK(failure_of("  disconnect red@s1\n  red@s1 > barrier_request\n") == "11: red@s1 is not there");
  CHECK(failure_of("  disconnect red@s1\n  connect red@s1\n  red@s1 > barrier_request xid=4\n"
                   "  red@s1 < barrier_reply xid=4\n  nothing else\n")
            .empty());
  CHECK(failure_of("  connect red@s1\n") == "10: red@s1 did not come up");
  CHECK(failure_of("  disconnect s1\n  red@s1 > barrier_request\n") == "11: red@s1 is not there");
  CHECK(failure_of(
            "  disconnect s1\n  connect s1\n  red/2@s1 > barrier_request xid=4\n  red/2@s1 < barrier_reply xid=4\n")
            .empty());
  CHECK(failure_of("  red@s1 > flow_mod priority=5,hard_timeout=3,in_port=1,send_flow_rem,actions=drop\n"
                   "  s1 < ~flow_mod hard_timeout=3,cookie=$c\n  wait 3s\n"
                   "  s1 > flow_removed cookie=$c priority=5 reason=hard_timeout match=\"in_port=1\"\n"
                   "  red@s1 < ~flow_removed priority=5 reason=hard_timeout\n  nothing else\n")
            .empty());
  CHECK(failure_of("  config { \"version\": 2 }\n") == "10: the slice file has errors");
}

TEST_CASE("what came can be taken for what is expected") {
  const std::string steps =
      "  red@s1 > flow_mod priority=5,in_port=1,actions=output:2\n  s1 < flow_mod actions=drop\n"
      "  red@s1 > flow_mod priority=5,in_port=9,actions=drop xid=3\n  red@s1 < error BAD_REQUEST EPERM xid=3\n";
  const Outcome outcome = run(steps, {1, true});
  CHECK_FALSE(outcome.failure);
  REQUIRE(outcome.updates.size() == 2);
  CHECK(outcome.updates[0].text == "flow_mod priority=5,send_flow_rem,reset_counts,in_port=1,actions=output:2");
  CHECK(outcome.updates[1].text == "error FLOW_MOD_FAILED EPERM xid=0x3");
  std::string text = body(steps);
  text.replace(outcome.updates[1].at.offset, outcome.updates[1].at.length, outcome.updates[1].text);
  text.replace(outcome.updates[0].at.offset, outcome.updates[0].at.length, outcome.updates[0].text);
  const CaseFile file = parse_cases(text);
  REQUIRE(file.errors.empty());
  CHECK_FALSE(run_case(file, file.cases.back(), loader()).failure);
}

TEST_CASE("every kind that comes can be spelt, and is read as what it was") {
  for (const char* spelling : {"flow_mod priority=5,send_flow_rem,ip,nw_dst=10.0.0.0/8,actions=output:2",
                               "flow_mod delete_strict table=0,priority=5,arp", "error FLOW_MOD_FAILED EPERM",
                               "barrier_request", "packet_in total_len=60 reason=action data=00",
                               "port_status reason=delete port={port_no=3, name=eth3}", "flow_stats_reply flags=1",
                               "packet_out in_port=1,packet=0102,actions=output:2,output:3", "echo_reply data=0102"}) {
    CAPTURE(spelling);
    const auto parsed = parse_spelling(spelling, ofmsg::v1_3);
    REQUIRE(parsed);
    const auto bytes = to_bytes(*parsed, ofmsg::v1_3, ofmsg::Xid{5}, {});
    REQUIRE(bytes);
    const ofmsg::FrameView frame = *ofmsg::FrameView::of(*bytes);
    Bindings bindings;
    CHECK(differences(*parsed, frame, At::controller, bindings).empty());
    const std::string said = spell(frame, At::controller);
    CAPTURE(said);
    const auto again = parse_spelling(said, ofmsg::v1_3);
    REQUIRE(again);
    const auto same = to_bytes(*again, ofmsg::v1_3, ofmsg::Xid{5}, {});
    REQUIRE(same);
    CHECK(*same == *bytes);
  }
}

}  // namespace
}  // namespace sluice::slicing::replay
