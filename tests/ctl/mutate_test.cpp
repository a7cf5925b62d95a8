// `sluicectl test --mutate`: changes that cases notice, and those that they do not.
#include <doctest/doctest.h>

#include "ctl/mutations.hpp"
#include "policy/compile.hpp"
#include "tests/ctl/case_folder.hpp"
#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::case_head;
using sluice::tests::CaseFolder;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::sluicectl;

namespace {

namespace policy = sluice::policy;

// Red may write web traffic between its ports, and its second controller may not write.
constexpr const char* good_cases = R"(
test "web goes" {
  red@s1 > flow_mod priority=5,in_port=1,actions=output:2
  s1     < ~flow_mod priority=5,in_port=1,tcp,tp_dst=80,actions=output:2
  s1     < ~flow_mod priority=5,in_port=1,arp,actions=output:2
  nothing else
}
test "the second waits" {
  red/2@s1 > flow_mod priority=5,in_port=1,arp,actions=drop xid=4
  red/2@s1 < error BAD_REQUEST IS_SLAVE xid=4
}
)";

std::vector<std::string> mutations_of_text(const std::string& text) {
  std::vector<sluice::ofmsg::Port> ports;
  for (std::uint32_t number = 1; number <= 3; ++number) {
    ports.emplace_back();
    ports.back().number.value = number;
  }
  std::vector<std::string> lines;
  const policy::Document document = policy::parse(text, "x.json");
  for (const Mutation& mutation : mutations_of(document, {{"s1", ports}})) {
    CHECK(mutation.position.starts_with("x.json:"));
    lines.push_back(mutation.subject + ": " + mutation.ways.front().what);
  }
  return lines;
}

}  // namespace

TEST_CASE("every part of a rule and of a slice is changed") {
  const auto lines = mutations_of_text(R"({
  "version": 1, "switches": { "s1": { "dpid": 1 } }, "slices": { "a": {
    "controllers": ["tcp:192.0.2.1", { "at": "tcp:192.0.2.2", "standby": true }],
    "flowspace": [{ "name": "r", "on": { "s1": [1] }, "match": "ip,nw_dst=10.0.0.0/8" }],
    "limits": { "expand": 8 } } } })");
  CHECK(lines == std::vector<std::string>{
                     "rule r of a: dropped",
                     "rule r of a: without nw_dst",
                     "rule r of a: ip,nw_dst=10.0.0.0/7 instead of ip,nw_dst=10.0.0.0/8",
                     "rule r of a: also at port 2 of s1",
                     "rule r of a: read instead of write",
                     "slice a: controller tcp:192.0.2.1:6653 standby",
                     "slice a: controller tcp:192.0.2.2:6653 not standby",
                     "slice a: controller tcp:192.0.2.2:6653 writes before tcp:192.0.2.1:6653",
                     "slice a: outside reject instead of intersect",
                     "slice a: limits.expand 7 instead of 8",
                     "slice a: limits.expand 9 instead of 8",
                 });
}

TEST_CASE("what no case notices survives, with the place of its rule") {
  const CaseFolder folder;
  const std::string slices = folder.write("slices.json", sluice::tests::two_slices);
  const std::string path = folder.write("a.slicetest", std::string{case_head} + good_cases);
  const Ran ran = sluicectl({"test", "--mutate", path});
  CHECK(ran.code == ExitCode::no);
  CHECK(contains(ran.out, "SURVIVED " + slices + ":14:21  rule all of blue: dropped\n"));
  CHECK_FALSE(contains(ran.out, "rule web of red: dropped"));
  CHECK_FALSE(contains(ran.out, "rule arp of red: dropped"));
  CHECK_FALSE(contains(ran.out, "rule web of red: without tp_dst"));
  CHECK_FALSE(contains(ran.out, "writes before"));
  CHECK(contains(ran.out, " mutations, "));
  CHECK(contains(ran.out, " survived (not counted: "));
  CHECK(ran.out.ends_with("\n2 passed, 0 failed, 0 skipped\n"));
  // Whatever the number of threads.
  CHECK(sluicectl({"test", "--mutate", "-j", "3", path}).out == ran.out);
  const Ran full = sluicectl({"test", "--mutate", "-v", path});
  CHECK(contains(full.out, "no effect " + slices + ":5:5  slice red: controller tcp:192.0.2.1:6653 standby "));
  CHECK(contains(full.out, "SURVIVED " + slices + ":14:21  rule all of blue: also at port 5 of s1\n"));
}

TEST_CASE("cases that notice everything make the exit code 0") {
  const CaseFolder folder;
  folder.write("slices.json", R"({ "version": 1, "switches": { "s1": { "dpid": 1 } }, "slices": { "red": {
  "controllers": ["tcp:192.0.2.1"], "flowspace": [{ "on": { "s1": [1] }, "match": "arp" }] } } })");
  const std::string path = folder.write("a.slicetest", R"(config slices.json
switch s1 ports 1 2
test "cut" {
  red@s1 > flow_mod actions=drop
  s1     < ~flow_mod in_port=1,arp
  nothing else
}
)");
  const Ran ran = sluicectl({"test", "--mutate", path});
  CHECK(ran.code == ExitCode::good);
  CHECK(contains(ran.out, "5 mutations, 5 noticed, 0 survived (not counted: 1 that change nothing, 0 that"));
}

TEST_CASE("mutations are not tried while cases fail") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  const std::string path = folder.write("a.slicetest", std::string{case_head} + "test \"t\" {\n  s1 < hello\n}\n");
  const Ran ran = sluicectl({"test", "--mutate", path});
  CHECK(ran.code == ExitCode::no);
  CHECK(contains(ran.out, "no mutation was tried"));
}
