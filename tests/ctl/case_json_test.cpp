// Case files in JSON: both forms say the same, and what is wrong is told with its place.
#include "ctl/case_json.hpp"

#include <filesystem>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>

#include "tests/ctl/case_folder.hpp"
#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::CaseFolder;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::sluicectl;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> cases_of_the_tree() {
  std::vector<std::string> found;
  for (const char* folder : {SLUICE_SOURCE_DIR "/tests/golden", SLUICE_SOURCE_DIR "/examples"}) {
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
      if (entry.path().extension() == ".slicetest") found.push_back(entry.path().string());
    }
  }
  return found;
}

// "2:3: /pointer: message", one line for each error of the JSON reader; of what it wrote, if it has none.
std::string errors_of(const std::string& json) {
  const CaseScript script = script_of_json(json);
  std::string lines;
  const auto add = [&lines](const CaseOrigin& at, const std::string& message) {
    lines += std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + at.pointer + ": " + message + "\n";
  };
  for (const CaseJsonError& error : script.errors) add(error.at, error.message);
  if (!script.errors.empty()) return lines;
  for (const auto& error : sluice::slicing::replay::parse_cases(script.text).errors) {
    add(script.origins.at(error.at.line - 1), error.message);
  }
  return lines;
}

std::string with_step(const std::string& step) {
  return R"({"config": "slices.json", "switches": [{"name": "s1", "ports": [{"number": 1}]}],
"tests": [{"name": "t", "steps": [
)" + step +
         "\n]}]}";
}

std::string text_of_step(const std::string& step) {
  const std::string text = script_of_json(with_step(step)).text;
  const std::size_t begin = text.find("{\n") + 2;
  return text.substr(begin, text.find("\n}\n") - begin);
}

}  // namespace

TEST_CASE("all cases of the tree are the same in JSON, and come back from there") {
  const auto files = cases_of_the_tree();
  REQUIRE(files.size() >= 5);
  for (const std::string& path : files) {
    CAPTURE(path);
    // Beside the slice files that the cases name.
    CaseFolder folder;
    const fs::path home = fs::path{path}.parent_path();
    for (const auto& entry : fs::directory_iterator{home}) {
      if (entry.path().extension() == ".json")
        fs::copy(entry.path(), fs::path{folder.path()} / entry.path().filename());
    }
    const auto placed = [&](const std::string& name, std::string text) {
      const std::size_t up = text.find("\nconfig  ../slices.json");
      if (up != std::string::npos) text.replace(up + 9, 14, (home.parent_path() / "slices.json").string());
      return folder.write(name, text);
    };
    const std::string text = placed("a.slicetest", [&] {
      std::ifstream in{path};
      return std::string{std::istreambuf_iterator<char>{in}, {}};
    }());
    const Ran json = sluicectl({"test", "--convert", text});
    REQUIRE(json.code == ExitCode::good);
    const std::string first = folder.write("b.slicetest.json", json.out);
    const Ran back = sluicectl({"test", "--convert", first});
    REQUIRE_MESSAGE(back.code == ExitCode::good, back.err);
    const std::string again = folder.write("c.slicetest", back.out);
    CHECK(sluicectl({"test", "--convert", again}).out == json.out);
    const Ran ran = sluicectl({"test", text});
    CHECK(ran.code == ExitCode::good);
    CHECK(sluicectl({"test", first}).out == ran.out);
    CHECK(sluicectl({"test", again}).out == ran.out);
  }
}

TEST_CASE("both forms give the same verdicts where cases fail, too") {
  const CaseFolder folder;
  folder.write("slices.json", sluice::tests::two_slices);
  const std::string text = folder.write("a.slicetest", std::string{sluice::tests::case_head} + R"(
test "good" {
  red@s1 > barrier_request xid=3
  red@s1 < barrier_reply xid=3
}
test "bad" {
  after "good"
  red@s1 > flow_mod priority=5,in_port=1,arp,actions=drop
  s1     < ~flow_mod priority=5,idle_timeout=0,cookie=$c
  s1     < nothing
  wait 1500ms
  hex s1 > 0401000c 00000001 00010001
  disconnect red@s1
  connect red@s1
  red@s1 < ~error xid=*
}
test "later" {
  skip "not now"
  openflow 1.0
}
)");
  const Ran json = sluicectl({"test", "--convert", text});
  REQUIRE(json.code == ExitCode::good);
  folder.write("a.slicetest.json", json.out);
  const Ran both = sluicectl({"test", folder.path()});
  CHECK(both.out.ends_with("2 passed, 2 failed, 2 skipped\n"));
  // The failure has its place in the JSON.
  CHECK(contains(both.out, "a.slicetest.json:"));
  CHECK(contains(both.out, " (/tests/1/steps/7)  bad\n"));
}

TEST_CASE("messages are objects, as decode prints them, or texts") {
  CHECK(text_of_step(R"({"from": "s1", "msg": {"type": "barrier_reply", "version": "1.3", "xid": 5}})") ==
        "  s1 > barrier_reply xid=0x5");
  CHECK(text_of_step(R"({"to": "s1", "at_least": true, "msg": {"type": "flow_mod", "priority": 5, "cookie": "$c"}})") ==
        "  s1 < ~flow_mod priority=5 cookie=$c");
  CHECK(text_of_step(R"({"to": "s1", "at_least": true, "msg": {"type": "flow_mod", "idle_timeout": 0, "xid": "*"}})") ==
        "  s1 < ~flow_mod idle_timeout=0 xid=*");
  CHECK(text_of_step(R"({"to": "s1", "msg": "flow_mod priority=5,ip,actions=drop"})") ==
        "  s1 < flow_mod priority=5,ip,actions=drop");
  CHECK(text_of_step(R"({"to": "s1", "msg": {"type": "flow_mod", "match": {"eth_type": 2048}, "instructions": []}})") ==
        "  s1 < flow_mod ip,actions=drop");
  CHECK(text_of_step(R"({"wait": "31s"})") == "  wait 31s");
  CHECK(text_of_step(R"({"from": "s1", "hex": "0400"})") == "  hex s1 > 0400");
}

TEST_CASE("errors of the JSON form have line, column and pointer") {
  CHECK(errors_of("{\n  \"config\": }").starts_with("2:13: : "));
  CHECK(errors_of("[]") == "1:1: : an object is wanted here, not a list\n");
  CHECK(errors_of("{}") == "1:1: : the key \"config\" is missing\n1:1: : the key \"tests\" is missing\n");
  CHECK(errors_of("{\"config\": \"x\", \"test\": [], \"tests\": []}") == "1:17: /test: unknown key \"test\"\n");
  CHECK(errors_of("{\"config\": \"x\", \"config\": \"y\", \"tests\": []}").find("1:17: ") != std::string::npos);
  CHECK(errors_of("{\"config\": \"x\", \"version\": \"1.1\", \"tests\": []}") ==
        "1:28: /version: this is no version that slices can speak\n");
  CHECK(errors_of(with_step("5")) == "3:1: /tests/0/steps/0: an object is wanted here, not a number\n");
  CHECK(errors_of(with_step("{\"form\": \"s1\"}")).starts_with("3:1: /tests/0/steps/0: a step has one of "));
  CHECK(errors_of(with_step("{\"from\": \"s1\", \"wait\": \"1s\"}")) ==
        "3:1: /tests/0/steps/0: \"from\" and \"wait\" are two steps\n");
  CHECK(errors_of(with_step("{\"from\": \"s1\"}")) ==
        "3:1: /tests/0/steps/0: of \"msg\" and \"hex\" there must be one\n");
  CHECK(errors_of(with_step("{\"from\": \"s1\", \"msg\": \"hello\", \"at_least\": true}")) ==
        "3:32: /tests/0/steps/0/at_least: unknown key \"at_least\"\n");
  CHECK(errors_of(with_step("{\"from\": \"s2\", \"msg\": \"hello\"}")) ==
        "3:1: /tests/0/steps/0: there is no switch s2\n");
  CHECK(errors_of(with_step("{\"from\": \"@s1\", \"msg\": \"hello\"}")) ==
        "3:10: /tests/0/steps/0/from: \"@s1\" is nobody\n");
  CHECK(errors_of(with_step("{\"from\": \"s1\", \"msg\": {\"type\": \"flow_mood\"}}")) ==
        "3:32: /tests/0/steps/0/msg/type: this is no type of a message\n");
  CHECK(errors_of(with_step("{\"from\": \"s1\", \"msg\": {\"type\": \"packet_in\", \"reasn\": 1}}"))
            .starts_with("3:23: /tests/0/steps/0/msg: reasn: "));
  CHECK(errors_of(with_step("{\"from\": \"s1\", \"msg\": {\"type\": \"hello\", \"version\": \"1.0\"}}")) ==
        "3:52: /tests/0/steps/0/msg/version: the case speaks OpenFlow 1.3\n");
  CHECK(errors_of(with_step("{\"from\": \"s1\", \"msg\": {\"type\": \"port_mod\", \"port_no\": -1}}")) ==
        "3:55: /tests/0/steps/0/msg/port_no: numbers in messages are whole and not negative\n");
  CHECK(errors_of(with_step("{\"wait\": \"soon\"}")) == "3:1: /tests/0/steps/0: how long?\n");
  CHECK(errors_of(with_step("{\"nothing_else\": false}")) ==
        "3:18: /tests/0/steps/0/nothing_else: only true is possible here\n");
  CHECK(errors_of(with_step("{\"config\": \"a\\nb\"}")) ==
        "3:12: /tests/0/steps/0/config: cases cannot say a text with '\\x0a' in it\n");
  CHECK(errors_of("{\"config\": \"x\", \"tests\": [{\"name\": \"a \\\" b\", \"steps\": []}]}") ==
        "1:36: /tests/0/name: cases cannot say a text with quotes in it\n");
}

TEST_CASE("a slice file in the JSON has its places there, and --update leaves JSON alone") {
  const CaseFolder folder;
  const std::string path =
      folder.write("a.slicetest.json", "{\n\"config\":\n" + std::string{sluice::tests::two_slices} +
                                           R"(, "switches": [{"name": "s1", "ports": [{"number": 3}]}],
"tests": [{"name": "t", "steps": [{"from": "s1", "msg": "packet_in in_port=3 data=<arp>"}, {"to": "s1", "msg": "hello"}]}]})");
  const Ran ran = sluicectl({"test", path});
  CHECK(contains(ran.out, "policy    " + path + ":16:"));
  const Ran update = sluicectl({"test", "--update", path});
  CHECK(update.code == ExitCode::usage);
  CHECK(contains(update.err, "--convert"));
  CHECK(sluicectl({"test", "--convert", path, path}).code == ExitCode::usage);
  CHECK(sluicectl({"test", "-o", folder.path() + "/x", path}).code == ExitCode::usage);
  CHECK(sluicectl({"test", "--convert", "-o", folder.path() + "/x", path}).code == ExitCode::good);
  CHECK(contains(folder.read("x"), "test \"t\" {"));
  CHECK(sluicectl({"test", "--convert", "-o", folder.path() + "/x", path}).code == ExitCode::usage);
}
