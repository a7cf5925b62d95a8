// sluicectl without a daemon: what it prints and which exit code it gives.
#include "ctl/program.hpp"

#include <cstdio>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::Scratch;
using sluice::tests::sluicectl;

namespace {

constexpr const char* good_file = R"({
  "version": 1,
  "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
  "switches": {"s1": {"dpid": "0000000000000001"}},
  "slices": {"a": {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": [1]}, "match": "any"}]}}
})";

}  // namespace

TEST_CASE("without a command there is help, and it is an error") {
  const Ran none = sluicectl({});
  CHECK(none.code == ExitCode::usage);
  CHECK(none.out.empty());
  CHECK(contains(none.err, "usage: sluicectl"));
  const Ran asked = sluicectl({"help"});
  CHECK(asked.code == ExitCode::good);
  CHECK(contains(asked.out, "decode [HEX|FILE|DIR|-]..."));
  CHECK(contains(asked.out, "flows [SLICE] [--switch S]"));
  CHECK(sluicectl({"--help"}).out == asked.out);
}

TEST_CASE("every command has help") {
  for (const char* name : {"status", "slice", "switch", "flows", "rejects", "check", "show", "trace", "explain",
                           "decode", "encode", "version", "help"}) {
    const Ran by_noun = sluicectl({"help", name});
    CHECK(by_noun.code == ExitCode::good);
    CHECK(contains(by_noun.out, std::string{"usage: sluicectl "} + name));
    CHECK(sluicectl({name, "--help"}).out == by_noun.out);
  }
  CHECK(contains(sluicectl({"flows", "-h"}).out, "--switch NAME"));
  CHECK(sluicectl({"help", "nonsense"}).code == ExitCode::usage);
}

TEST_CASE("wrong usage says what is wrong and what to try") {
  const Ran command = sluicectl({"stauts"});
  CHECK(command.code == ExitCode::usage);
  CHECK(command.err == "sluicectl: unknown command \"stauts\"; did you mean \"status\"?\ntry: sluicectl help\n");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"status", "now"},
                                                {"slice", "a", "b"},
                                                {"--bogus", "version"},
                                                {"flows", "--switch"},
                                                {"-T", "0", "version"},
                                                {"-T", "soon", "version"},
                                                {"--color=blue", "version"},
                                                {"check"},
                                                {"status", "--switch", "s1"},
                                                {"decode", "zz"}}) {
    const Ran refused = sluicectl(wrong);
    INFO(wrong.front());
    CHECK(refused.code == ExitCode::usage);
    CHECK(contains(refused.err, "try: sluicectl "));
    CHECK(refused.out.empty());
  }
}

TEST_CASE("explain says what a code means, however it is typed") {
  const Ran overlap = sluicectl({"explain", "E0310"});
  CHECK(overlap.code == ExitCode::good);
  CHECK(overlap.out == "E0310  Two slices may both write the same traffic.\n");
  CHECK(sluicectl({"explain", "e310"}).out == overlap.out);
  CHECK(contains(sluicectl({"explain", "E0201"}).out, "No packet of the match belongs to the slice"));
  const Ran all = sluicectl({"explain"});
  CHECK(contains(all.out, "E0100  "));
  CHECK(contains(all.out, "E0223  "));
  CHECK(contains(all.out, "W0303  "));
  CHECK(nlohmann::json::parse(sluicectl({"explain", "E0310", "--json"}).out)["codes"].size() == 1);
  // Messages are the daemon's to know.
  for (const char* message : {"last", "113", "0x71"}) {
    CHECK(sluicectl({"-t", "/nonexistent/ctl", "explain", message, "--slice", "red"}).code == ExitCode::unreachable);
  }
  for (const char* none : {"E9999", "E", "", "nonsense"}) {
    const Ran refused = sluicectl({"explain", none});
    CHECK(refused.code == ExitCode::usage);
    CHECK(contains(refused.err, "try: sluicectl explain"));
  }
}

TEST_CASE("options may stand before and behind the command") {
  CHECK(sluicectl({"--json", "version"}).out == sluicectl({"version", "--json"}).out);
  CHECK(sluicectl({"-t", "status", "version"}).code == ExitCode::good);
  CHECK(nlohmann::json::parse(sluicectl({"version", "--json"}).out)["kind"] == "sluicectl.version");
}

TEST_CASE("decode prints messages") {
  const Ran text = sluicectl({"decode", "0102000b12345678616201", "04000008 00000001"});
  CHECK(text.code == ExitCode::good);
  CHECK(text.out ==
        "OFPT_ECHO_REQUEST (xid=0x12345678): 3 bytes of payload\n"
        "00000000  61 62 01                                        |ab.             |\n"
        "OFPT_HELLO (OF1.3) (xid=0x1):\n version bitmap: 0x01, 0x02, 0x03, 0x04\n");
  const Ran json = sluicectl({"decode", "--json"}, "0102000812345678 0102000900000001ff");
  CHECK(json.code == ExitCode::good);
  CHECK(json.out ==
        "{\"type\":\"echo_request\",\"version\":\"1.0\",\"xid\":305419896,\"data\":\"\"}\n"
        "{\"type\":\"echo_request\",\"version\":\"1.0\",\"xid\":1,\"data\":\"ff\"}\n");
  CHECK(sluicectl({"decode", "-q", "0102000812345678"}).out.empty());
}

TEST_CASE("decode shows every field of kinds that ovs-ofctl has no form for") {
  const std::string role_request = "0418001800000001000000020000000000000000000000ff";
  CHECK(sluicectl({"decode", role_request}).out ==
        "OFPT_ROLE_REQUEST (OF1.3) (xid=0x1): role=master generation_id=255\n");
  CHECK(sluicectl({"decode", "--json", role_request}).out ==
        "{\"type\":\"role_request\",\"version\":\"1.3\",\"xid\":1,\"role\":\"master\",\"generation_id\":255}\n");
}

TEST_CASE("decode --validate says what is wrong with values") {
  const std::string bad_role = "0418001800000001000000090000000000000000000000ff";
  CHECK(sluicectl({"decode", bad_role}).code == ExitCode::good);
  const Ran judged = sluicectl({"decode", "--validate", bad_role});
  CHECK(judged.code == ExitCode::no);
  CHECK(contains(judged.out, "role=9"));
  CHECK(contains(judged.err, "role_request (1.3): role: unknown value 9"));
  const auto json = nlohmann::json::parse(sluicectl({"decode", "--validate", "--json", bad_role}).out);
  CHECK(json["role"] == 9);
  REQUIRE(json["faults"].size() == 1);
  CHECK(json["faults"][0]["reason"] == "bad_role");
  CHECK(json["faults"][0]["level"] == "invalid");
  CHECK(json["faults"][0]["error"]["name"] == "ROLE_REQUEST_FAILED/BAD_ROLE");
  CHECK(nlohmann::json::parse(sluicectl({"decode", "--validate", "--json", "0102000812345678"}).out)["faults"].empty());
}

TEST_CASE("decode --roundtrip counts, and names the reasons for other bytes") {
  // A hello, and a barrier request; then a flow_mod with a padding byte that is not zero.
  const std::string flow =
      "040e003800000001000000000000000000000000000000000000000000000000ffffffffffffffffffffffff0000ff01000100040000000"
      "0";
  const Ran same = sluicectl({"decode", "--roundtrip", "0400000800000001 0414000800000002"});
  CHECK(same.code == ExitCode::good);
  CHECK(same.out == "2 passed, 0 failed\n");
  const Ran padded = sluicectl({"decode", "--roundtrip", flow});
  CHECK(padded.code == ExitCode::good);
  CHECK(padded.out == "1 passed with other bytes of the same meaning: padding 1\n1 passed, 0 failed\n");
  const Ran broken = sluicectl({"decode", "--roundtrip", "0400000800000001 0418000800000001"});
  CHECK(broken.code == ExitCode::no);
  CHECK(broken.out == "1 passed, 1 failed\n");
  CHECK(contains(broken.err, "role_request"));
  CHECK(sluicectl({"decode", "--roundtrip", "--json", flow})
            .out.starts_with("{\"roundtrip\":\"differs\",\"classes\":[\"padding\"]"));
}

TEST_CASE("decode --lines takes one message from each line") {
  const Ran lines = sluicectl({"decode", "--lines", "--json", "-"},
                              "0102000812345678\n# a comment\n0102000812345678ff\n01020008\n0102000412345678\n");
  CHECK(lines.code == ExitCode::no);
  std::vector<nlohmann::json> answers;
  std::istringstream out{lines.out};
  for (std::string line; std::getline(out, line);) answers.push_back(nlohmann::json::parse(line));
  REQUIRE(answers.size() == 4);
  CHECK(answers[0]["type"] == "echo_request");
  CHECK(answers[1]["level"] == "malformed");
  CHECK(answers[2]["level"] == "incomplete");
  CHECK(answers[3]["level"] == "framing");
  CHECK(answers[3]["openflow_error"]["name"] == "BAD_REQUEST/BAD_LEN");
}

TEST_CASE("decode --version-of and --hex") {
  CHECK(sluicectl({"decode", "--version-of", "0102000812345678 0600000800000001 6300000800000001"}).out ==
        "1.0\n1.5\nunknown (99)\n");
  CHECK(contains(sluicectl({"decode", "--hex", "0102000812345678"}).out, "\nhex 0102000812345678\n"));
}

TEST_CASE("encode makes messages from text and from JSON, and they come back") {
  const Ran flow = sluicectl({"encode", "--of", "1.0", "--xid", "7", "flow_mod", "in_port=1,actions=output:2"});
  CHECK(flow.code == ExitCode::good);
  const std::string digits = flow.out.substr(0, flow.out.size() - 1);
  CHECK(contains(sluicectl({"decode", digits}).out, "OFPT_FLOW_MOD (xid=0x7): ADD in_port=1 actions=output:2"));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"flow_mod", "delete_strict", "table=1,priority=7,udp,tp_dst=53"},
           {"group_mod", "group_id=1,type=select,bucket=weight:5,output:1,bucket=weight:6,output:2"},
           {"meter_mod", "meter=1,kbps,bands=type=drop rate=100"},
           {"packet_out", "in_port=1,packet=0102,actions=output:2"}}) {
    std::vector<std::string> arguments{"encode"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const Ran made = sluicectl(arguments);
    CHECK(made.code == ExitCode::good);
    const Ran json = sluicectl({"decode", "--json", made.out.substr(0, made.out.size() - 1)});
    CHECK(json.code == ExitCode::good);
    CHECK(sluicectl({"encode", "-"}, json.out).out == made.out);
  }
  const Ran wrong = sluicectl({"encode", "flow_mod", "ip,nw_sorce=10.0.0.1,actions=drop"});
  CHECK(wrong.code == ExitCode::no);
  CHECK(contains(wrong.err, "did you mean"));
  const Ran mixed = sluicectl({"encode", "-"}, "{\"type\":\"hello\"}\n{\"type\":\"helo\"}\nnonsense\n");
  CHECK(mixed.code == ExitCode::no);
  CHECK(mixed.out.starts_with("0400000800000000\nerror: type: "));
  CHECK(contains(mixed.err, "line 3: this is no JSON document"));
  CHECK(sluicectl({"encode", "--of", "1.9", "flow_mod", "actions=drop"}).code == ExitCode::usage);
}

TEST_CASE("decode tells what is broken, and goes on behind it") {
  const Ran bad = sluicectl({"decode", "010e000800000001 0102000812345678 0463000800000001"});
  CHECK(bad.code == ExitCode::no);
  CHECK(contains(bad.err, "message 1 at byte 0: "));
  CHECK(contains(bad.err, "message 3 at byte 16: "));
  CHECK(contains(bad.err, "3 messages, 2 not decoded"));
  CHECK(contains(bad.out, "OFPT_ECHO_REQUEST"));
  const Ran json = sluicectl({"decode", "--json", "0102000900000001"});
  CHECK(json.code == ExitCode::no);
  const auto document = nlohmann::json::parse(json.out);
  CHECK(document["offset"] == 0);
  CHECK(document["error"] == "the header gives a length of 9, but 8 bytes are there");
  CHECK(document["level"] == "incomplete");
}

TEST_CASE("check judges slice files") {
  const Scratch good{good_file};
  const Ran fine = sluicectl({"check", good.path()});
  CHECK(fine.code == ExitCode::good);
  CHECK(fine.out == "0 errors, 0 warnings\n");
  CHECK(sluicectl({"check", "-q", good.path()}).out.empty());

  std::string broken = good_file;
  broken.replace(broken.find("controllers"), 11, "controlers");
  const Scratch bad{broken};
  const Ran refused = sluicectl({"check", bad.path()});
  CHECK(refused.code == ExitCode::no);
  CHECK(contains(refused.out, bad.path() + ":5:20: error[E0102]: unknown key \"controlers\""));
  CHECK(contains(refused.out, "did you mean \"controllers\"?"));
  CHECK_FALSE(contains(refused.out, "\x1b["));
  CHECK(contains(sluicectl({"check", "--color=always", bad.path()}).out, "\x1b["));
  CHECK(contains(sluicectl({"check", "--gcc", bad.path()}).out, ":5:20: error: unknown key"));
  const auto json = nlohmann::json::parse(sluicectl({"check", "--json", bad.path()}).out);
  CHECK(json["kind"] == "sluicectl.check");
  CHECK(json["errors"].get<int>() >= 1);
  CHECK(json["findings"][0]["code"] == "E0102");
  CHECK(json["findings"][0]["line"] == 5);

  const Ran missing = sluicectl({"check", "/no/such/file"});
  CHECK(missing.code == ExitCode::usage);
  CHECK(contains(missing.out, "E0100"));
}
