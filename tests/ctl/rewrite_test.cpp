// sluicectl rewrite and test, as a user calls them.
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::sluicectl;

namespace {

const std::string golden = SLUICE_SOURCE_DIR "/tests/golden/";

Ran rewrite(const std::vector<std::string>& message, const std::string& slice = "video",
            const std::string& of = "1.3") {
  std::vector<std::string> words{"rewrite", "-c", golden + "campus.json", "--slice", slice, "--switch", "s1",
                                 "--of",    of};
  words.insert(words.end(), message.begin(), message.end());
  return sluicectl(words);
}

}  // namespace

TEST_CASE("rewrite shows what a message becomes, or why it is refused") {
  const Ran good = rewrite({"flow_mod", "priority=5,in_port=1,dl_vlan=100,actions=drop"});
  CHECK(good.code == ExitCode::good);
  CHECK(contains(good.out, "s1 < flow_mod priority=5,send_flow_rem,reset_counts,in_port=1,dl_vlan=100,actions=drop\n"));
  const Ran refused = rewrite({"flow_mod", "priority=5,dl_vlan=300,actions=drop"}, "video", "1.0");
  CHECK(refused.code == ExitCode::no);
  CHECK(contains(refused.out, "video@s1 < error FLOW_MOD_FAILED EPERM\n"));
  CHECK(contains(refused.out, "why: E0201 "));
  CHECK(rewrite({"flow_mood"}).code == ExitCode::usage);
  CHECK(rewrite({"barrier_request"}, "nobody").code == ExitCode::usage);
  CHECK(rewrite({"barrier_request"}, "video", "1.4").code == ExitCode::usage);
  CHECK(sluicectl({"rewrite", "hello"}).code == ExitCode::usage);
}

TEST_CASE("rewrite names the rule behind each message to the switch, and those that a refusal is about") {
  const Ran good = rewrite({"flow_mod", "priority=5,in_port=1,dl_vlan=100,actions=drop"});
  CHECK(good.out ==
        "s1 < flow_mod priority=5,send_flow_rem,reset_counts,in_port=1,dl_vlan=100,actions=drop\n"
        "     by  " +
            golden + "campus.json:13:9 rule vlans\n");
  const Ran outside = rewrite({"flow_mod", "dl_vlan=300,actions=drop"});
  CHECK(contains(outside.out, "\n     nearest: vlans at " + golden + "campus.json:13:9: ports 1,eth24, "));
  CHECK(contains(outside.out, "; asked was dl_vlan=300\n"));
  const Ran leaves = rewrite({"flow_mod", "in_port=2,dl_vlan=120,ip,nw_dst=10.1.0.0/16,actions=output:1"});
  CHECK(contains(leaves.out, "why: E0203 "));
  CHECK(contains(leaves.out, "\n     by  " + golden + "campus.json:14:9 rule films\n"));
  // A packet_out is of the rule where the packet comes in, or where it leaves.
  for (const char* port : {"3", "CONTROLLER"}) {
    const std::string text = std::string{"in_port="} + port + ",packet=<arp>,actions=output:4";
    CHECK(contains(rewrite({"packet_out", text}, "sensors").out, "campus.json:21:21 rule sensors[0]\n"));
  }
}

TEST_CASE("rewrite takes bytes, and gives bytes and JSON") {
  CHECK(rewrite({"hex", "04", "14", "0008", "00000007"}).out == "video@s1 < barrier_reply\n");
  // The version is the one that the bytes say.
  const Ran old = sluicectl({"rewrite", "-c", golden + "campus.json", "--slice", "video", "--switch", "s1", "--hex",
                             "hex", "0112000800000007"});
  CHECK(old.out == "video@s1 < barrier_reply\n     hex 0113000800000007\n");
  for (const char* wrong : {"0414", "041400080000000", "041400090000000700aa", "zz"}) {
    CHECK(rewrite({"hex", wrong}).code == ExitCode::usage);
  }
  const auto json = nlohmann::json::parse(rewrite({"--json", "flow_mod", "in_port=1,dl_vlan=100,actions=drop"}).out);
  CHECK(json["kind"] == "sluicectl.rewrite");
  CHECK(json["messages"][0]["to"] == "s1");
  CHECK(json["messages"][0]["side"] == "switch");
  CHECK(json["messages"][0]["rule"]["name"] == "vlans");
  CHECK(json["messages"][0]["message"]["type"] == "flow_mod");
  CHECK(json["messages"][0]["hex"].get<std::string>().starts_with("040e"));
  CHECK(json["refused"].empty());
  const auto refused = nlohmann::json::parse(rewrite({"--json", "flow_mod", "dl_vlan=300,actions=drop"}).out);
  CHECK(refused["refused"][0]["code"] == "E0201");
  CHECK(refused["refused"][0]["nearest"][0]["asked"] == "dl_vlan=300");
}

TEST_CASE("test runs cases, tells what failed, and what is wrong with a file") {
  const auto folder = std::filesystem::temp_directory_path() / ("sluice-cases-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const auto write = [&folder](const std::string& name, const std::string& text) {
    std::ofstream{folder / name} << text;
    return (folder / name).string();
  };
  const std::string head = "config " + golden + "campus.json\nswitch s1 ports 1 2 3 4 24=eth24\n";
  const std::string path = write("a.slicetest", head +
                                                    "test \"good\" {\n  video@s1 > barrier_request xid=1\n"
                                                    "  video@s1 < barrier_reply xid=1\n}\n"
                                                    "test \"bad\" {\n  video@s1 > barrier_request xid=1\n"
                                                    "  video@s1 < barrier_reply xid=2  # a comment stays\n}\n"
                                                    "test \"later\" {\n  skip \"not now\"\n}\n");
  const Ran ran = sluicectl({"test", folder.string()});
  CHECK(ran.code == ExitCode::no);
  CHECK(contains(ran.out, "FAIL " + path + ":9  bad\n"));
  CHECK(contains(ran.out, "differs   xid: expected 0x2, got 0x1\n"));
  CHECK(ran.out.ends_with("1 passed, 1 failed, 1 skipped\n"));
  CHECK(sluicectl({"test", "--filter", "good", path}).code == ExitCode::good);
  CHECK(sluicectl({"test", "--filter", "nothing", path}).code == ExitCode::no);
  CHECK(sluicectl({"test", "--filter", "(", path}).code == ExitCode::usage);
  CHECK(contains(sluicectl({"test", "--list", path}).out, ":7  bad\n"));
  const Ran tap = sluicectl({"test", "--tap", "--junit", (folder / "j.xml").string(), path});
  CHECK(tap.out.starts_with("TAP version 14\n1..3\nok 1 - good\nnot ok 2 - bad\n"));
  CHECK(contains(tap.out, "ok 3 - later # SKIP not now\n"));
  std::ifstream junit{folder / "j.xml"};
  const std::string xml{std::istreambuf_iterator<char>{junit}, {}};
  CHECK(contains(xml, "<testsuites tests=\"3\" failures=\"1\" skipped=\"1\">"));
  CHECK(sluicectl({"test", write("b.slicetest", "config x.json\ntest {\n}\n")}).code == ExitCode::usage);
  CHECK(sluicectl({"test", (folder / "none.slicetest").string()}).code == ExitCode::usage);
  CHECK(sluicectl({"test"}).code == ExitCode::usage);
  std::filesystem::remove_all(folder);
}
