// From slice file to snapshot: what is in it, and who gets which number.
#include "policy/compile.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "ofmsg/text.hpp"
#include "policy/overlap.hpp"

namespace sluice::policy {
namespace {

constexpr const char* two_slices = R"({
  "version": 1,
  "proxy": { "name": "lab", "listen": ["ptcp:6633", "ptcp:6634:127.0.0.1"] },
  "switches": {
    "s1": { "dpid": "0x10", "ports": { "h1": 1, "up": "eth24" } },
    "s2": { "dpid": "0x20", "openflow": ["1.0"] }
  },
  "slices": {
    "red": {
      "owner": "Red <red@example.org>", "id": 5, "outside": "reject",
      "controllers": ["tcp:192.0.2.1", { "at": "tcp:192.0.2.2:6634", "standby": true }],
      "limits": { "expand": 3, "flows": "1k" },
      "flowspace": [{ "on": { "s1": ["h1", "up"] }, "match": ["dl_vlan=1", "dl_vlan=2"] }]
    },
    "blue": {
      "controllers": ["tcp:192.0.2.3"],
      "flowspace": [
        { "name": "all", "on": "*", "match": "dl_vlan=3" },
        { "on": ["s2"], "match": "any", "access": "read" }
      ]
    }
  }
})";

std::shared_ptr<const Snapshot> snapshot_of(const std::string& text) {
  const Document document = parse(text, "x.json");
  const Compiled compiled = compile(document);
  CAPTURE(render(compiled.findings, document.texts, false));
  REQUIRE(compiled.snapshot != nullptr);
  return compiled.snapshot;
}

TEST_CASE("a snapshot has what the file says") {
  const auto snapshot = snapshot_of(two_slices);
  CHECK(snapshot->name() == "lab");
  REQUIRE(snapshot->listen().size() == 2);
  CHECK(text(snapshot->listen()[1]) == "ptcp:6634:127.0.0.1");

  REQUIRE(snapshot->switches().size() == 2);
  CHECK(snapshot->find_switch(ofmsg::DatapathId{0x20}) == SwitchId{1});
  CHECK_FALSE(snapshot->find_switch(ofmsg::DatapathId{0x30}));
  CHECK(snapshot->switch_(SwitchId{0}).versions == ofmsg::VersionSet{ofmsg::v1_0, ofmsg::v1_3});
  CHECK(snapshot->switch_(SwitchId{1}).versions == ofmsg::VersionSet{ofmsg::v1_0});

  const auto red = snapshot->find_slice("red");
  REQUIRE(red);
  CHECK_FALSE(snapshot->find_slice("green"));
  const Slice& slice = snapshot->slice(*red);
  CHECK(slice.number == 5);
  CHECK(slice.owner == "Red <red@example.org>");
  CHECK(slice.outside == Outside::reject);
  CHECK(slice.limits.expand == 3);
  CHECK(slice.limits.flows == 1000);
  REQUIRE(slice.controllers.size() == 2);
  CHECK(text(slice.controllers[1].at) == "tcp:192.0.2.2:6634");
  CHECK(slice.controllers[1].standby);
  CHECK_FALSE(slice.controllers[0].standby);
  CHECK(snapshot->slice_with_number(5) == red);
  CHECK_FALSE(snapshot->slice_with_number(6));

  const auto regions = snapshot->regions(SwitchId{0});
  REQUIRE(regions.size() == 3);
  CHECK(regions[0].ports == PortSet{std::vector<PortRef>{ofmsg::PortNo{1}, std::string{"eth24"}}});
  CHECK(ofmsg::text(regions[1].header) == "dl_vlan=2");
  CHECK(regions[2].ports == PortSet{AllPhysical{}});
  CHECK(snapshot->rule(regions[0].rule).name == "red[0]");
  CHECK(snapshot->rule(regions[0].rule).position == "x.json:13:21");
  CHECK(snapshot->rule(regions[2].rule).name == "all");
  CHECK(snapshot->regions(SwitchId{1}).size() == 2);
  CHECK(snapshot->regions(SwitchId{7}).empty());
}

TEST_CASE("defaults hold for what a slice does not say, key by key and wherever they stand") {
  const Document document = parse(R"({
    "version": 1,
    "slices": {
      "a": { "controllers": ["tcp:192.0.2.1"], "flowspace": [{ "on": { "s1": 1 }, "match": "any" }] },
      "b": { "controllers": ["tcp:192.0.2.2"], "flowspace": [{ "on": { "s1": 2 }, "match": "any" }],
             "limits": { "flows": 7 }, "outside": "intersect" }
    },
    "switches": { "s1": { "dpid": 1 } },
    "defaults": { "limits": { "flows": "2k", "expand": 8 }, "outside": "reject" }
  })",
                                  "defaults.json");
  const Compiled compiled = compile(document);
  REQUIRE(compiled.snapshot);
  const Slice& a = compiled.snapshot->slice(SliceId{0});
  CHECK(a.limits.flows == 2000);
  CHECK(a.limits.expand == 8);
  CHECK(a.outside == Outside::reject);
  const Slice& b = compiled.snapshot->slice(SliceId{1});
  CHECK(b.limits.flows == 7);
  CHECK(b.limits.expand == 8);
  CHECK(b.outside == Outside::intersect);
}

TEST_CASE("without an address to listen on it is the loopback") {
  CHECK(text(snapshot_of(R"({ "version": 1 })")->listen().at(0)) == "ptcp:6653:127.0.0.1");
}

TEST_CASE("the number of a slice depends on its name and nothing else") {
  const std::string other = R"({
    "version": 1, "switches": { "s": { "dpid": 9 } },
    "slices": {
      "first": { "controllers": ["tcp:192.0.2.9"], "flowspace": [{ "on": "*", "match": "arp" }] },
      "blue": { "controllers": ["tcp:192.0.2.9"], "flowspace": [{ "on": "*", "match": "ip" }] }
    }
  })";
  const auto a = snapshot_of(two_slices), b = snapshot_of(other);
  const auto number = a->slice(*a->find_slice("blue")).number;
  CHECK(number == b->slice(*b->find_slice("blue")).number);
  // FNV-1a of "blue" is 0x82fbf5cd; (0x82fbf5cd >> 15 ^ 0x82fbf5cd) & 0x7fff.
  CHECK(number == ((0x82fbf5cdU >> 15U ^ 0x82fbf5cdU) & 0x7fffU));
  CHECK(a->fingerprint() != b->fingerprint());
  CHECK(a->fingerprint() == snapshot_of(two_slices)->fingerprint());
}

TEST_CASE("a file with errors is judged further, but makes no snapshot") {
  std::string text = two_slices;
  text.replace(text.find("\"owner\""), 7, "\"ovner\"");
  text.replace(text.find("dl_vlan=3"), 9, "dl_vlan=2");
  const Document document = parse(text, "x.json");
  REQUIRE(document.has_errors());
  const Compiled compiled = compile(document);
  CHECK(compiled.snapshot == nullptr);
  REQUIRE(compiled.findings.size() == 2);
  CHECK(compiled.findings[0].code == "E0102");
  CHECK(compiled.findings[1].code == "E0310");
}

// Whether two rules, each on switch "s" with these ports and this match, are told to be in each other's way.
bool collide(const std::string& ports_a, const std::string& match_a, const std::string& ports_b,
             const std::string& match_b, const std::string& access = "write") {
  const std::string text =
      R"({ "version": 1, "switches": { "s": { "dpid": 1, "ports": { "n": "eth1", "m": "eth2" } } }, "slices": {
    "a": { "controllers": ["tcp:192.0.2.1"], "flowspace": [{ "on": { "s": )" +
      ports_a + R"( }, "match": ")" + match_a + R"(" }] },
    "b": { "controllers": ["tcp:192.0.2.2"], "flowspace": [{ "on": { "s": )" +
      ports_b + R"( }, "match": ")" + match_b + R"(", "access": ")" + access + R"(" }] } } })";
  const Document document = parse(text, "x.json");
  REQUIRE_FALSE(document.has_errors());
  const Compiled compiled = compile(document);
  const bool found = compiled.snapshot == nullptr;
  if (found) CHECK(compiled.findings.at(0).code == "E0310");
  return found;
}

TEST_CASE("two writers are in each other's way where ports and headers meet") {
  CHECK(collide("1", "any", "1", "any"));
  CHECK(collide("[1, 2]", "ip", "[2, 3]", "ip,nw_src=10.0.0.1"));
  CHECK_FALSE(collide("[1, 2]", "any", "[3, 4]", "any"));
  CHECK_FALSE(collide("1", "arp", "1", "ip"));
  CHECK_FALSE(collide("1", "any", "1", "any", "read"));
  CHECK(collide("1", "tcp,tp_dst=80", "1", "tcp,tp_src=80"));
  CHECK_FALSE(collide("1", "dl_vlan=0xffff", "1", "dl_vlan=0"));
  CHECK(collide("1", "vlan_tci=0x1000/0x1000", "1", "dl_vlan=7"));

  SUBCASE("all physical ports are not LOCAL") {
    CHECK(collide("\"*\"", "any", "5", "any"));
    CHECK(collide("\"*\"", "any", "\"*\"", "any"));
    CHECK_FALSE(collide("\"*\"", "any", "\"LOCAL\"", "any"));
    CHECK(collide("[\"*\", \"LOCAL\"]", "any", "\"LOCAL\"", "any"));
  }
  SUBCASE("a name is one of the physical ports, and which one is seen later") {
    CHECK(collide("\"*\"", "any", "\"n\"", "any"));
    CHECK(collide("\"n\"", "any", "[\"m\", \"n\"]", "any"));
    CHECK_FALSE(collide("\"n\"", "any", "\"m\"", "any"));
    CHECK_FALSE(collide("\"n\"", "any", "1", "any"));
  }
}

TEST_CASE("rules of one slice may overlap") {
  const auto snapshot = snapshot_of(R"({
    "version": 1, "switches": { "s": { "dpid": 1 } },
    "slices": { "web": { "controllers": ["tcp:192.0.2.1"], "flowspace": [
      { "on": "*", "match": ["tcp,tp_src=80", "tcp,tp_dst=80"] }, { "on": { "s": 1 }, "match": "ip,nw_src=10.0.0.1" }
    ] } } })");
  CHECK(snapshot->regions(SwitchId{0}).size() == 3);
}

TEST_CASE("many overlaps are told up to a number, and then that there are more") {
  std::string text = R"({ "version": 1, "switches": { "s": { "dpid": 1 } }, "slices": {)";
  for (int i = 0; i < 20; ++i) {
    text += (i == 0 ? "\"s" : ",\"s") + std::to_string(i) + R"(": { "controllers": ["tcp:192.0.2.1"], "flowspace": [
      { "on": "*", "match": "any" }] })";
  }
  const Compiled compiled = compile(parse(text + "} }", "x.json"));
  CHECK(compiled.snapshot == nullptr);
  CHECK(compiled.findings.size() == 100);  // of 190
  std::size_t told = 0;
  for (const Diagnostic& finding : compiled.findings) {
    for (const std::string& note : finding.notes) {
      if (note.find("more overlaps") != std::string::npos) ++told;
    }
  }
  CHECK(told == 1);
}

TEST_CASE("hundreds of slices are compared in reasonable time") {
  std::string switches, slices;
  for (int s = 0; s < 20; ++s) {
    switches +=
        (s == 0 ? "" : ",") + std::string{"\"s"} + std::to_string(s) + "\": {\"dpid\": " + std::to_string(s + 1) + "}";
  }
  for (int i = 0; i < 400; ++i) {
    slices += (i == 0 ? "\"v" : ",\"v") + std::to_string(i) + R"(": {"id": )" + std::to_string(i + 1) +
              R"(, "controllers": ["tcp:192.0.2.1"], "flowspace": [{"on": "*", "match": {"vlan": ")" +
              std::to_string(i * 10) + "-" + std::to_string(i * 10 + 9) + R"("}}]})";
  }
  const std::string text = "{\"version\": 1, \"switches\": {" + switches + "}, \"slices\": {" + slices + "}}";
  CHECK(compile(parse(text, "x.json")).snapshot != nullptr);
}

TEST_CASE("what takes too much work to compare is refused, and the largest rules are named") {
  const Document document = parse(R"({
    "version": 1, "switches": { "s": { "dpid": 1 } },
    "slices": {
      "small": { "controllers": ["tcp:192.0.2.1"], "flowspace": [{ "on": { "s": 1 }, "match": "arp" }] },
      "large": { "controllers": ["tcp:192.0.2.1"], "flowspace": [
        { "name": "ranges", "on": { "s": 2 }, "match": { "vlan": "1-4094", "eth_type": "ip", "ip_proto": "tcp", "tcp_src": "1-65534" } },
        { "name": "more", "on": { "s": 3 }, "match": { "eth_type": "ip", "ip_proto": "udp", "udp_src": "1-65534" } }
      ] },
      "other": { "controllers": ["tcp:192.0.2.1"], "flowspace": [{ "on": { "s": 4 }, "match": { "vlan": "3-80", "eth_type": "ip" } }] }
    } })",
                                  "x.json");
  CHECK(compile(document).snapshot != nullptr);
  const Compiled compiled = compile_within(document, Effort{.conflicts = 100, .steps = 100});
  CHECK(compiled.snapshot == nullptr);
  REQUIRE(compiled.findings.size() == 1);
  const Diagnostic& finding = compiled.findings[0];
  CHECK(finding.code == "E0312");
  CHECK(finding.message == "the rules meet in too many ways to be compared; \"ranges\" has 660 matches");
  CHECK(finding.notes.at(0).find("the next is \"other[0]\" at x.json:") == 0);
}

TEST_CASE("thousands of ports do not make a policy too large") {
  std::string slices;
  for (int i = 0; i < 12; ++i) {
    slices += (i == 0 ? "\"v" : ",\"v") + std::to_string(i) +
              R"(": {"controllers": ["tcp:192.0.2.1"], "flowspace": [{"on": {"s": ")" + std::to_string(i * 4096) + "-" +
              std::to_string(i * 4096 + 4095) + R"("}, "match": "any"}]})";
  }
  const Compiled compiled =
      compile(parse("{\"version\": 1, \"switches\": {\"s\": {\"dpid\": 1}}, \"slices\": {" + slices + "}}", "x.json"));
  CHECK(compiled.snapshot != nullptr);
}

TEST_CASE("ranges become the fewest masks") {
  const auto matches = [](const std::string& match) {
    const Document document = parse(
        R"({ "version": 1, "switches": { "s": { "dpid": 1 } }, "slices": { "a": { "controllers": ["tcp:192.0.2.1"], "flowspace": [
          { "on": "*", "match": )" +
            match + "}] } } }",
        "x.json");
    CAPTURE(render(document.findings, document.texts, false));
    REQUIRE_FALSE(document.has_errors());
    std::string all;
    for (const ofmsg::Match& m : document.slices.at(0).flowspace.at(0).match) {
      all += (all.empty() ? "" : " | ") + ofmsg::text(m);
    }
    return all;
  };
  CHECK(matches(R"({ "vlan": "100-119" })") ==
        "vlan_tci=0x1064/0x1ffc | vlan_tci=0x1068/0x1ff8 | vlan_tci=0x1070/0x1ff8");
  CHECK(matches(R"({ "vlan": "0-4095" })") == "vlan_tci=0x1000/0x1000");
  CHECK(matches(R"({ "vlan": "tagged" })") == "vlan_tci=0x1000/0x1000");
  CHECK(matches(R"({ "vlan": "untagged" })") == matches(R"("dl_vlan=0xffff")"));
  CHECK(matches(R"({ "vlan": 7 })") == "dl_vlan=7");
  CHECK(matches(R"({ "vlan": "7-7" })") == "dl_vlan=7");
  CHECK(matches(R"({ "vlan": "0x008/0xff8" })") == "vlan_tci=0x1008/0x1ff8");
  CHECK(matches(R"({ "vlan": [1, "2-3"] })") == "dl_vlan=1 | vlan_tci=0x1002/0x1ffe");
  CHECK(matches(R"({ "eth_type": "ip", "ipv4_src": "10.0.0.5-10.0.0.9" })") ==
        "ip,nw_src=10.0.0.5 | ip,nw_src=10.0.0.6/31 | ip,nw_src=10.0.0.8/31");
  CHECK(matches(R"({ "eth_type": "ip", "ipv4_src": "0.0.0.0-255.255.255.255" })") == "ip");
  CHECK(matches(R"({ "tp_dst": "80-81", "ip_proto": ["tcp", "udp"], "dl_type": "ip" })") ==
        "tcp,tp_dst=0x50/0xfffe | udp,tp_dst=0x50/0xfffe");
  CHECK(matches(R"({ "eth_type": ["ip", "arp"], "nw_dst": "10.0.0.1" })") ==
        "ip,nw_dst=10.0.0.1 | arp,arp_tpa=10.0.0.1");
  CHECK(matches(R"({ "eth_type": "ip", "ip_proto": "6-7" })") == "tcp | ip,nw_proto=7");
  CHECK(matches(R"(["arp", { "vlan": 1, "dl_vpcp": 3 }, "any"])") == "arp | dl_vlan=1,dl_vlan_pcp=3 | ");
}

TEST_CASE("the packet of a conflict is in both rules") {
  const Document document = parse(R"({
    "version": 1, "switches": { "s": { "dpid": 1 }, "t": { "dpid": 2 } },
    "slices": {
      "a": { "controllers": ["tcp:192.0.2.1"], "flowspace": [{ "on": { "s": 1, "t": [2, 3] }, "match": ["arp", "ip,nw_src=10.0.0.0/8"] }] },
      "b": { "controllers": ["tcp:192.0.2.2"], "flowspace": [{ "on": { "t": [3] }, "match": "udp,tp_dst=53,dl_vlan=5" }] }
    } })",
                                  "x.json");
  const DocumentRule& a = document.slices.at(0).flowspace.at(0);
  const DocumentRule& b = document.slices.at(1).flowspace.at(0);
  const std::vector<PlacedRule> rules{{0, &a, {place_at(0, a.on.at("s")), place_at(1, a.on.at("t"))}},
                                      {1, &b, {place_at(1, b.on.at("t"))}}};
  const Conflicts conflicts = find_conflicts(rules, Overlap::error, Effort{});
  REQUIRE(conflicts.found.size() == 1);
  const Conflict& conflict = conflicts.found[0];
  CHECK(conflict.switch_index == 1);
  CHECK(conflict.port == "3");
  CHECK(ofmsg::text(conflict.packet) == "udp,dl_vlan=5,nw_src=10.0.0.0,tp_dst=53");
}

}  // namespace
}  // namespace sluice::policy
