// What `sluicectl test --coverage` counts, and what --fail-under makes of it.
#include <doctest/doctest.h>

#include "tests/ctl/case_folder.hpp"
#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::case_head;
using sluice::tests::CaseFolder;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::sluicectl;

namespace {

// What is said of the rules when only this case is there.
std::string rules_with(const CaseFolder& folder, const std::string& steps) {
  const std::string path = folder.write("a.slicetest", std::string{case_head} + "test \"t\" {\n" + steps + "}\n");
  const Ran ran = sluicectl({"test", "--coverage", path});
  CHECK(ran.code == ExitCode::good);
  const std::size_t at = ran.out.find("flowspace rules ");
  std::string out = ran.out.substr(at + 16, ran.out.find(" (", at) - at - 16);
  for (const char* rule : {"web of red", "arp of red", "all of blue"}) {
    if (contains(ran.out, rule)) out += std::string{" -"} + rule;
  }
  return out;
}

}  // namespace

TEST_CASE("a rule is covered by what it decided about") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  CHECK(rules_with(folder, "  nothing else\n") == "0/3 -web of red -arp of red -all of blue");
  CHECK(rules_with(folder, "  s1 > packet_in in_port=1 data=<arp>\n") == "1/3 -web of red -all of blue");
  CHECK(rules_with(folder, "  s1 > packet_in in_port=5 data=<arp>\n") == "0/3 -web of red -arp of red -all of blue");
  CHECK(rules_with(folder, "  red@s1 > flow_mod in_port=1,actions=drop\n") == "2/3 -all of blue");
  CHECK(rules_with(folder, "  red@s1 > flow_mod in_port=1,arp,actions=output:2\n") == "1/3 -web of red -all of blue");
  CHECK(rules_with(folder, "  red@s1 > flow_mod in_port=1,arp,actions=output:3\n") == "1/3 -web of red -all of blue");
  CHECK(rules_with(folder, "  red@s1 > flow_mod in_port=3,arp,actions=drop\n") ==
        "0/3 -web of red -arp of red -all of blue");
  CHECK(rules_with(folder, "  blue@s1 > packet_out in_port=controller,packet=<ip>,actions=output:3\n") ==
        "1/3 -web of red -arp of red");
}

TEST_CASE("messages, actions and refusals are counted, and the least share counts for --fail-under") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  const std::string path = folder.write("a.slicetest", std::string{case_head} + R"(test "t" {
  red@s1 > flow_mod in_port=1,arp,actions=output:2
  red@s1 > flow_mod in_port=3,arp,actions=drop
  red@s1 > echo_request
  hex s1 > 04 00 00 04
}
)");
  const Ran ran = sluicectl({"test", "--coverage", path});
  CHECK(contains(ran.out, "message types 2/28 (7%)"));
  CHECK(contains(ran.out, "action kinds 1/14 (7%)"));
  CHECK(contains(ran.out, "refusal codes 1/25 (4%)"));
  CHECK(contains(ran.out, "not covered: flowspace rules: all of blue ("));
  CHECK_FALSE(contains(ran.out, "E0201"));
  CHECK(ran.out.ends_with("\n1 passed, 0 failed, 0 skipped\n"));
  CHECK(sluicectl({"test", "--fail-under", "4", path}).code == ExitCode::good);
  const Ran low = sluicectl({"test", "--fail-under", "5", path});
  CHECK(low.code == ExitCode::no);
  CHECK(contains(low.out, "refusal codes: 4% is under 5%\n"));
  CHECK(sluicectl({"test", "--fail-under", "101", path}).code == ExitCode::usage);
  CHECK(contains(sluicectl({"test", "--tap", "--coverage", path}).out, "\n# coverage  "));
}
