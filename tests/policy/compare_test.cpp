// What two slice files differ in, and who has what at which port.
#include "policy/compare.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "policy/territory.hpp"

namespace sluice::policy {
namespace {

std::shared_ptr<const Snapshot> compiled(const std::string& slices, const std::string& more = {}) {
  const Document document =
      parse(R"({ "version": 1, )" + more +
                R"("switches": { "s1": { "dpid": 1, "ports": { "up": "eth9" } } }, "slices": { )" + slices + " } }",
            "x.json");
  const Compiled result = compile(document);
  CAPTURE(render(result.findings, document.texts, false));
  REQUIRE(result.snapshot);
  return result.snapshot;
}

std::string slice(const std::string& name, const std::string& on, const std::string& rule, int port = 1) {
  return "\"" + name + R"(": { "controllers": ["tcp:192.0.2.1:)" + std::to_string(port) +
         R"("], "flowspace": [{ "on": )" + on + ", " + rule + " }] }";
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ",") + word;
  return all;
}

std::string text_of(const ofmsg::Match& match) { return match.matches_all() ? "any" : ofmsg::text(match); }

// "+ s1:1,2 dl_vlan=5", one line for each match.
std::string told(const Difference& difference) {
  std::string lines;
  for (const SliceDifference& s : difference.slices) {
    constexpr std::string_view states[] = {"", "", "new ", "gone "};
    lines += std::string{states[static_cast<std::size_t>(s.what)]};
    for (const TrafficChange& change : s.traffic) {
      for (const ofmsg::Match& header : change.headers) {
        lines += s.slice + (change.what == TrafficChange::What::gained ? "+" : "-") + joined(change.ports) + " " +
                 text_of(header) + (change.access == Access::read ? " r" : "") + "\n";
      }
    }
    for (const SettingChange& c : s.settings) lines += s.slice + "~" + c.key + " " + c.before + ">" + c.after + "\n";
  }
  for (const SettingChange& c : difference.settings) lines += "~" + c.key + " " + c.before + ">" + c.after + "\n";
  CHECK(difference.none() == lines.empty());
  return lines;
}

std::string held(const std::vector<PortTerritory>& territory) {
  std::string lines;
  for (const PortTerritory& here : territory) {
    lines += joined(here.ports) + ":";
    for (const Holding& holding : here.holdings) {
      lines += " " + text_of(holding.header);
      for (const ofmsg::Match& match : holding.except) lines += "!" + text_of(match);
      if (holding.slice) lines += "=" + std::to_string(holding.slice->value);
    }
    lines += "\n";
  }
  return lines;
}

TEST_CASE("files that mean the same do not differ, however they are written") {
  const auto a = compiled(slice("a", R"({ "s1": ["up", 1, 2] })", R"("match": { "vlan": "4-7" })") + ", " +
                          slice("b", R"("*")", R"("match": "any", "access": "read")"));
  const auto b = compiled(
      slice("b", R"(["s1"])", R"("match": ["any"], "access": "read")") + ", " +
      slice("a", R"({ "s1": ["1-2", "up"] })", R"("match": [{ "vlan": 6 }, { "vlan": 7 }, "dl_vlan=4", "dl_vlan=5"])"));
  CHECK(told(compare(*a, *a)).empty());
  CHECK(told(compare(*a, *b)).empty());
  CHECK(told(compare(*b, *a)).empty());
}

TEST_CASE("traffic that came and went is told by ports") {
  const auto a = compiled(slice("a", R"({ "s1": [1, 2, "up"] })", R"("match": { "vlan": "100-109" })"));
  const auto b = compiled(slice("a", R"({ "s1": [1, 3, "up"] })", R"("match": { "vlan": "100-111" })"));
  CHECK(told(compare(*a, *b)) ==
        "a+1,eth9 vlan_tci=0x106e/0x1ffe\n"
        "a-2 vlan_tci=0x1064/0x1ffc\na-2 vlan_tci=0x1068/0x1ffc\na-2 vlan_tci=0x106c/0x1ffe\n"
        "a+3 vlan_tci=0x1064/0x1ffc\na+3 vlan_tci=0x1068/0x1ff8\n");
  const auto c = compiled(slice("a", R"("*")", R"("match": "arp", "access": "read")"));
  const auto d = compiled(slice("a", R"("*")", R"("match": "arp")"));
  CHECK(told(compare(*c, *d)) == "a+* arp\na-* arp r\n");
}

TEST_CASE("settings, new and gone slices, and the switches are told") {
  const auto a = compiled(slice("a", R"({ "s1": 1 })", R"("match": "any")") + ", " +
                          slice("b", R"({ "s1": 2 })", R"("match": "any")"));
  const auto b =
      compiled(slice("c", R"({ "s1": 2 })", R"("match": "any")") + R"(, "a": { "controllers": ["tcp:192.0.2.9"],
      "owner": "me", "state": "down", "outside": "reject", "limits": { "flows": 5, "expand": 7 }, "id": 9,
      "flowspace": [{ "on": { "s1": 1 }, "match": "any" }] })",
               R"("proxy": { "name": "p", "listen": "ptcp:7000:127.0.0.1" }, )");
  const std::string lines = told(compare(*a, *b));
  for (const char* part : {"new c+2 any\n", "gone b-2 any\n", "a~owner >me\n", "a~state up>down\n",
                           "a~controllers tcp:192.0.2.1:1>tcp:192.0.2.9:6653\n", "a~limits.expand 64>7\n",
                           "a~limits.flows 1000000>5\n", "a~outside intersect>reject\n", "a~id ", "~proxy.name >p\n",
                           "~proxy.listen ptcp:6653:127.0.0.1>ptcp:7000:127.0.0.1\n"}) {
    CAPTURE(part);
    CHECK(lines.find(part) != std::string::npos);
  }
}

TEST_CASE("queues that were granted, taken or forced are told by ports") {
  const auto with = [](const std::string& queues) {
    return compiled(slice("a", R"({ "s1": [1, 2, "up"] })", R"("match": "any", "queues": )" + queues));
  };
  const auto none = compiled(slice("a", R"({ "s1": [1, 2, "up"] })", R"("match": "any")"));
  const auto some = with(R"({ "allow": [1, 2] })");
  CHECK(told(compare(*none, *with("{}"))).empty());
  CHECK(told(compare(*some, *with(R"({ "allow": [2, 1, 1] })"))).empty());
  CHECK(told(compare(*none, *some)) == "a~queues s1:1,2,eth9 >1,2\n");
  CHECK(told(compare(*some, *with(R"({ "allow": [2], "force": 2 })"))) == "a~queues s1:1,2,eth9 1,2>2, forced 2\n");
  const auto apart = compiled(
      R"("a": { "controllers": ["tcp:192.0.2.1:1"], "flowspace": [)"
      R"({ "on": { "s1": 1 }, "match": "any", "queues": { "allow": [1, 2] } }, { "on": { "s1": [2, "up"] }, "match": "any" }] })");
  CHECK(told(compare(*some, *apart)) == "a~queues s1:2,eth9 1,2>\n");
}

TEST_CASE("who has what, where rules meet, and what is free") {
  const auto policy =
      compiled(slice("a", R"({ "s1": [1, "up"] })", R"("match": "tcp,tp_dst=80", "priority": 5)") + ", " +
                   slice("b", R"({ "s1": "*" })", R"("match": "ip")") + ", " +
                   slice("c", R"({ "s1": [1] })", R"("match": "ip,nw_src=10.0.0.0/8", "access": "read")"),
               R"("proxy": { "overlap": "priority" }, )");
  CHECK(held(territory(*policy, SwitchId{0})) ==
        "1: tcp,tp_dst=80=0 ip!tcp,tp_dst=80=1 ip,nw_src=10.0.0.0/8=2\n"
        "eth9: tcp,tp_dst=80=0 ip!tcp,tp_dst=80=1\nothers: ip=1\n");
  CHECK(held(shared_territory(*policy, SwitchId{0})) ==
        "1: tcp,nw_src=10.0.0.0/8,tp_dst=80=0 tcp,nw_src=10.0.0.0/8,tp_dst=80=2 tcp,tp_dst=80=0 tcp,tp_dst=80=1 "
        "ip,nw_src=10.0.0.0/8=1 ip,nw_src=10.0.0.0/8=2\neth9: tcp,tp_dst=80=0 tcp,tp_dst=80=1\n");
  const auto rest = free_territory(*policy, SwitchId{0});
  REQUIRE(rest.size() == 2);
  CHECK(held({rest[1]}) == "LOCAL: any\n");
  CHECK(joined(rest[0].ports) == "*");
  // Not one of them is IP, and together they are all the rest.
  CHECK(rest[0].holdings.size() == 16);
}

TEST_CASE("a rule that leaves everything to others has nothing") {
  const auto policy = compiled(slice("a", R"({ "s1": [1] })", R"("match": "ip", "priority": 5)") + ", " +
                                   slice("b", R"({ "s1": [1, 2] })", R"("match": "tcp")"),
                               R"("proxy": { "overlap": "priority" }, )");
  CHECK(held(territory(*policy, SwitchId{0})) == "1: ip=0\n2: tcp=1\n");
}

}  // namespace
}  // namespace sluice::policy
