// `sluicectl test --oracle ovs`, with programs that take Open vSwitch's place, and with itself where it is installed.
#include <cstdlib>
#include <filesystem>

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

constexpr const char* one_flow = R"(
test "one flow" {
  red@s1 > flow_mod priority=5,in_port=1,arp,actions=output:2
  s1     < ~flow_mod
}
)";

constexpr const char* mark = "OFPT_ECHO_REQUEST (OF1.3) (xid=0xfe000000): 0 bytes of payload\n";

// With PATH as it is told while it lives.
class Path {
 public:
  explicit Path(const std::string& path) : before_{std::getenv("PATH")} { setenv("PATH", path.c_str(), 1); }

  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  ~Path() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

// Instead of ovs-ofctl a program that prints this.
Ran judged(const CaseFolder& folder, const std::string& printed) {
  const std::string program = folder.write("ovs-ofctl", "#!/bin/sh\ncat <<'END'\n" + printed + "END\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const Path path{folder.path() + ":" + std::getenv("PATH")};
  return sluicectl({"test", "--oracle", "ovs", folder.path() + "/a.slicetest"});
}

}  // namespace

TEST_CASE("a message that the oracle cannot read, or reads otherwise, is a failure") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  folder.write("a.slicetest", std::string{case_head} + one_flow);
  const Ran unreadable = judged(folder, std::string{"***decode error: OFPBMC_BAD_PREREQ***\n"} + mark);
  CHECK(unreadable.code == ExitCode::no);
  CHECK(contains(unreadable.out, "a.slicetest:4  one flow\n  ovs-ofctl cannot read what s1 was sent"));
  CHECK(contains(unreadable.out, "  expected  OFPT_FLOW_MOD (OF1.3) "));
  CHECK(contains(unreadable.out, "  got       ***decode error: OFPBMC_BAD_PREREQ***\n"));
  const Ran silent = judged(folder, "");
  CHECK(silent.code == ExitCode::no);
  CHECK(contains(silent.out, "  got       nothing\n"));
  const Ran other = judged(folder, std::string{"OFPT_FLOW_MOD (OF1.3) (xid=0x5): ADD actions=drop\n"} + mark);
  CHECK(other.code == ExitCode::no);
  CHECK(contains(other.out, "ovs-ofctl reads otherwise what s1 was sent"));
  CHECK(sluicectl({"test", "--oracle", "tshark", folder.path()}).code == ExitCode::usage);
}

TEST_CASE("without Open vSwitch the oracle is an error") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  folder.write("a.slicetest", std::string{case_head} + one_flow);
  const Path path{folder.path()};
  const Ran ran = sluicectl({"test", "--oracle", "ovs", folder.path()});
  CHECK(ran.code == ExitCode::usage);
  CHECK(contains(ran.err, "there is no ovs-ofctl"));
}

TEST_CASE("Open vSwitch reads what the cases of the tree send as Sluice does") {
  if (std::system("command -v ovs-ofctl >/dev/null") != 0) {
    MESSAGE("skipped: there is no ovs-ofctl");
    return;
  }
  const std::string tree = SLUICE_SOURCE_DIR;
  const Ran ran = sluicectl({"test", "--oracle", "ovs", tree + "/tests/golden", tree + "/examples"});
  CHECK_MESSAGE(ran.code == ExitCode::good, ran.out);
  CHECK(contains(ran.out, "ovs-ofctl has read "));
}
