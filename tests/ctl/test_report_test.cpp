// What `sluicectl test` tells of a case that fails.
#include <doctest/doctest.h>

#include "tests/ctl/case_folder.hpp"
#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::case_head;
using sluice::tests::CaseFolder;
using sluice::tests::contains;
using sluice::tests::sluicectl;

namespace {

constexpr const char* steps = R"(
test "another flow" {
  red@s1 > flow_mod priority=5,in_port=1,arp,actions=output:2
  s1     < flow_mod priority=6,send_flow_rem,reset_counts,in_port=1,arp,actions=output:2
}
test "a refusal" {
  red@s1 > flow_mod priority=5,in_port=1,arp,actions=output:3 xid=9
  s1     < ~flow_mod
}
test "another's packet" {
  s1     > packet_in in_port=3 data=<arp>
  red@s1 < ~packet_in
}
)";

}  // namespace

TEST_CASE("a failure shows what differs, in which bytes, why, and by which rule") {
  const CaseFolder folder;
  const std::string config = folder.write("slices.json", sluice::tests::two_slices);
  const std::string path = folder.write("a.slicetest", std::string{case_head} + steps);
  const std::string out = sluicectl({"test", "-v", path}).out;
  CHECK(contains(out,
                 "  got       flow_mod priority=5,send_flow_rem,reset_counts,arp,in_port=1,actions=output:2\n"
                 "                              ^\n"));
  CHECK(contains(out, "  policy    " + config + ":9:9 rule arp of red\n"));
  CHECK(contains(out, " 00000006 | 00000000 00000000 00000000 00000005\n"));
  CHECK(contains(out, "  why       E0202 output to 3: "));
  CHECK(contains(out, " rule all of blue\n"));
  CHECK(out.ends_with("0 passed, 3 failed, 0 skipped\n"));
  const std::string coloured = sluicectl({"test", "--color=always", path}).out;
  CHECK(contains(coloured, "flow_mod priority=\x1b[32m5\x1b[0m,send"));
  CHECK_FALSE(contains(coloured, "^"));
  // Reports for machines have all of it.
  const std::string tap = sluicectl({"test", "--tap", "--junit", folder.path() + "/j.xml", path}).out;
  CHECK(contains(tap, "why       E0202"));
  CHECK(contains(tap, " 00000006 | "));
  CHECK(contains(folder.read("j.xml"), "rule arp of red"));
}

TEST_CASE("a slice file in the case file has its places there") {
  const CaseFolder folder;
  const std::string path =
      folder.write("a.slicetest",
                   "# A comment.\nconfig " + std::string{sluice::tests::two_slices} + "switch s1 ports 1 2\n" + steps);
  CHECK(contains(sluicectl({"test", path}).out, "  policy    " + path + ":10:9 rule arp of red\n"));
}
