// `sluicectl test --update`, and several files at a time.
#include <cstdlib>

#include <doctest/doctest.h>

#include "tests/ctl/case_folder.hpp"
#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::case_head;
using sluice::tests::CaseFolder;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::sluicectl;

TEST_CASE("--update writes what came, and shows the difference") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  const std::string path = folder.write("a.slicetest", std::string{case_head} + R"(test "t" {
  red@s1 > barrier_request xid=1
  red@s1 < barrier_reply xid=2  # a comment stays
}
test "u" {
  after "t"
}
)");
  setenv("CI", "1", 1);
  CHECK(sluicectl({"test", "--update", path}).code == ExitCode::usage);
  unsetenv("CI");
  const Ran ran = sluicectl({"test", "--update", path});
  CHECK(ran.code == ExitCode::good);
  CHECK(contains(ran.out, "--- " + path +
                              "\n@@ 5\n-  red@s1 < barrier_reply xid=2  # a comment stays\n"
                              "+  red@s1 < barrier_reply xid=0x1  # a comment stays\n"));
  CHECK(contains(folder.read("a.slicetest"), "  red@s1 < barrier_reply xid=0x1  # a comment stays\n"));
  CHECK(sluicectl({"test", path}).out == "2 passed, 0 failed, 0 skipped\n");
}

TEST_CASE("several files at a time come out in their order") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  for (int i = 10; i < 30; ++i) {
    folder.write("f" + std::to_string(i) + ".slicetest",
                 std::string{case_head} + "test \"a" + std::to_string(i) + "\" {\n  red@s1 < barrier_reply\n}\n");
  }
  const Ran one = sluicectl({"test", folder.path()});
  CHECK(one.code == ExitCode::no);
  CHECK(sluicectl({"test", "-j", "4", folder.path()}).out == one.out);
  CHECK(
      sluicectl({"test", "-j", "4", "--fail-fast", folder.path()}).out.ends_with("\n0 passed, 1 failed, 0 skipped\n"));
  CHECK(sluicectl({"test", "-j", "0", folder.path()}).code == ExitCode::usage);
}
