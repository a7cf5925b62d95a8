// Questions to a slice file: show and trace.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::Scratch;
using sluice::tests::sluicectl;

namespace {

// Two writers and a reader; port 1 has a name of the file, "eth9" one that the switch would report.
constexpr const char* campus = R"({
  "version": 1,
  "switches": {
    "s1": {"dpid": "0000000000000001", "ports": {"h1": 1, "uplink": "eth9"}},
    "s2": {"dpid": "0000000000000002"}
  },
  "slices": {
    "red": {"controllers": ["tcp:192.0.2.1"],
            "flowspace": [{"name": "web", "on": {"s1": ["h1", "uplink"]}, "match": "tcp,dl_vlan=10,tp_dst=80"}]},
    "blue": {"controllers": ["tcp:192.0.2.2"], "flowspace": [{"on": {"s1": "*"}, "match": {"vlan": "20-21"}}]},
    "watch": {"controllers": ["tcp:192.0.2.3"], "flowspace": [{"on": {"s1": [1]}, "match": "any", "access": "read"}]}
  }
})";

Ran trace(const Scratch& file, const std::string& where, const std::string& packet) {
  return sluicectl({"trace", "-c", file.path(), where, packet});
}

}  // namespace

TEST_CASE("show prints every match of every rule, and where it is written") {
  const Scratch file{campus};
  const Ran shown = sluicectl({"show", file.path()});
  CHECK(shown.code == ExitCode::good);
  CHECK(contains(shown.out, "switch s1 (0000000000000001)\n"));
  CHECK(contains(shown.out, "red    write   1,eth9  tcp,dl_vlan=10,tp_dst=80  web  " + file.path() + ":9:27\n"));
  CHECK(contains(shown.out, "blue   write   *       vlan_tci=0x1014/0x1ffe"));
  CHECK(contains(shown.out, "watch  read    1       any"));
  CHECK(contains(shown.out, "switch s2 (0000000000000002)\nnobody has anything here\n"));

  const auto json = nlohmann::json::parse(sluicectl({"show", "--json", file.path()}).out);
  CHECK(json["switches"][0]["regions"][0]["ports"] == nlohmann::json{"1", "eth9"});
  CHECK(json["switches"][0]["regions"][2]["match"] == "any");
  CHECK(json["switches"][1]["regions"].empty());
}

TEST_CASE("trace says whose a packet is, by which rule, and who sees it") {
  const Scratch file{campus};
  const Ran web = trace(file, "s1", "in_port=h1,dl_vlan=10,tcp,tp_dst=80");
  CHECK(web.code == ExitCode::good);
  CHECK(contains(web.out, "1. flowspace   red writes it: rule web at " + file.path() + ":9:27\n"));
  CHECK(contains(web.out, "packet_in to red (tcp:192.0.2.1:6653), watch (a copy, tcp:192.0.2.3:6653)\n"));
  CHECK(contains(web.out, "watch reads it: rule watch[0] at " + file.path() + ":11:"));

  // The same by number, by dpid, and at the port that only the switch can number.
  CHECK(trace(file, "0000000000000001", "dl_vlan=10,tcp,tp_dst=80,in_port=1").out == web.out);
  CHECK(contains(trace(file, "s1", "in_port=uplink,dl_vlan=10,tcp,tp_dst=80").out, "red writes it"));
  CHECK(contains(trace(file, "s1", "in_port=eth9,dl_vlan=10,tcp,tp_dst=80").out, "red writes it"));
  // "*" has ports that the file does not name.
  CHECK(contains(trace(file, "s1", "in_port=77,dl_vlan=21").out, "blue writes it: rule blue[0]"));
  CHECK_FALSE(contains(trace(file, "s1", "in_port=77,dl_vlan=21").out, "copy"));

  const Ran nobody = trace(file, "s1", "in_port=77,dl_vlan=22");
  CHECK(nobody.code == ExitCode::no);
  CHECK(contains(nobody.out, "nobody writes it"));

  const auto json = nlohmann::json::parse(
      sluicectl({"--json", "trace", "--config", file.path(), "s1", "in_port=h1,dl_vlan=10,tcp,tp_dst=80"}).out);
  CHECK(json["owner"]["slice"] == "red");
  CHECK(json["owner"]["rule"] == "web");
  CHECK(json["readers"] == nlohmann::json{"watch"});
}

TEST_CASE("trace takes flows as controllers would send them, through the core") {
  const Scratch file{campus};
  const std::string flows = file.path() + ".flows";
  std::ofstream{flows} << "# two that are taken, one that is not\n"
                          "red priority=5,tcp,actions=set_field:02:00:00:00:00:09->eth_dst,output:1,in_port\n"
                          "\n"
                          "blue in_port=3,actions=output:4  # to another port\n"
                          "red dl_vlan=11,actions=drop\n";
  const auto with_flows = [&](const std::string& packet, const std::string& of) {
    return sluicectl({"trace", "-c", file.path(), "--flows", flows, "--of", of, "s1", packet});
  };
  const Ran web = with_flows("in_port=uplink,dl_vlan=10,tcp,tp_dst=80", "1.3");
  CHECK(web.code == ExitCode::good);
  CHECK(contains(web.out, "2. flow table  a flow of red, 0s old\n     asked     priority=5 tcp cookie=0x0 "));
  CHECK(contains(web.out, "output:1                     leaves port 1 as tcp,dl_vlan=10,"));
  CHECK(contains(web.out, "dl_dst=02:00:00:00:00:09"));
  CHECK(contains(web.out, flows + ":5: dl_vlan=11,actions=drop is refused: E0201 "));
  CHECK(contains(web.out, "only the switch knows the number of port \"eth9\""));
  CHECK(
      contains(with_flows("in_port=3,dl_vlan=20", "1.0").out, "output:4                     leaves port 4 unchanged"));
  // Flows can name the port whose number is a guess, by that number.
  std::ofstream{flows} << "red tcp,actions=output:2\n";
  CHECK(contains(with_flows("in_port=1,dl_vlan=10,tcp,tp_dst=80", "1.3").out, "leaves port 2 (eth9) unchanged"));
  CHECK(contains(with_flows("in_port=3,dl_vlan=20", "1.1").err, "may not speak"));
  std::ofstream{flows} << "green ip,actions=drop\n";
  CHECK(contains(with_flows("in_port=1,ip", "1.3").err, flows + ":1: there is no slice \"green\""));
  std::ofstream{flows} << "\nred ip,actions=fly\n";
  CHECK(with_flows("in_port=1,ip", "1.3").code == ExitCode::usage);
  std::filesystem::remove(flows);
  CHECK(contains(with_flows("in_port=1,ip", "1.3").err, flows));
}

TEST_CASE("questions that cannot be answered say what to try") {
  const Scratch file{campus};
  CHECK(contains(trace(file, "s11", "in_port=1").err, R"(has no switch "s11"; did you mean "s1"?)"));
  CHECK(contains(trace(file, "s1", "dl_vlan=10").err, "in_port is missing"));
  CHECK(contains(trace(file, "s1", "in_port=1,tp_dst=80").err, "try: sluicectl trace"));
  CHECK(contains(trace(file, "s1", "in_port=h9").err, "\"h9\" is not a port"));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"trace", "s1"},
                                                {"trace", "s1", "in_port=1", "--flows", "f"},
                                                {"trace", "-c", file.path(), "s1"},
                                                {"show"}}) {
    const Ran refused = sluicectl(wrong);
    CHECK(refused.code == ExitCode::usage);
    CHECK(contains(refused.err, "try: sluicectl "));
  }
  std::string broken = campus;
  broken.replace(broken.find("controllers"), 11, "controlers");
  const Scratch bad{broken};
  CHECK(sluicectl({"show", bad.path()}).code == ExitCode::no);
  CHECK(contains(sluicectl({"show", bad.path()}).err, "E0102"));
  CHECK(sluicectl({"show", "/no/such/file"}).code == ExitCode::usage);
}
