// Slice files that include others; what is wrong with them is in cases/include.json.
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "policy/compile.hpp"

namespace sluice::policy {
namespace {

// Files in memory; a pattern is a name, or "*" for all that were given.
struct Shelf {
  std::map<std::string, std::string> files;

  [[nodiscard]] FileSource source() const {
    return [this](const std::string&, const std::string& pattern) -> ofmsg::Result<Files, std::string> {
      if (pattern == "*") return Files{files.begin(), files.end()};
      const auto found = files.find(pattern);
      if (found == files.end()) return ofmsg::Failure<std::string>{"not on the shelf"};
      return Files{{found->first, found->second}};
    };
  }
};

std::string including(const std::string& what) { return R"({ "version": 1, "include": )" + what + " }"; }

}  // namespace

TEST_CASE("files are read together, whatever stands where") {
  const std::string dir = std::string{SLUICE_SOURCE_DIR} + "/tests/policy/cases/";
  const Document document = load(dir + "good_include.json");
  CHECK(document.name == "whole");
  REQUIRE(document.switches.size() == 2);
  CHECK(document.switches[0].name == "s1");
  CHECK(document.switches[0].at.file == dir + "parts/switch1.json");
  CHECK(document.texts.size() == 4);  // each once, though two include switch1.json
  const Compiled compiled = compile(document);
  REQUIRE(compiled.snapshot);
  CHECK(compiled.snapshot->regions(SwitchId{1}).size() == 1);
  CHECK(compiled.snapshot->rule(RuleId{0}).position == dir + "parts/slices.json:4:70");
}

TEST_CASE("a circle of files is an error at the place that closes it") {
  Shelf shelf;
  shelf.files["a"] = including(R"(["b"])");
  shelf.files["b"] = "{ \"version\": 1,\n  \"include\": \"a\" }";
  const Document document = parse(shelf.files["a"], "a", shelf.source());
  REQUIRE(document.findings.size() == 1);
  CHECK(document.findings[0].code == "E0121");
  CHECK(text(document.findings[0].at) == "b:2:14");
}

TEST_CASE("chains and crowds of files have an end") {
  Shelf chain;
  for (int i = 0; i < 100; ++i)
    chain.files["f" + std::to_string(i)] = including('"' + ("f" + std::to_string(i + 1)) + '"');
  const Document deep = parse(chain.files["f0"], "f0", chain.source());
  REQUIRE(deep.findings.size() == 1);
  CHECK(deep.findings[0].code == "E0121");

  Shelf crowd;
  for (int i = 0; i < 1500; ++i) crowd.files["f" + std::to_string(i)] = R"({ "version": 1 })";
  const Document wide = parse(including("\"*\""), "main", crowd.source());
  REQUIRE(wide.findings.size() == 1);
  CHECK(wide.findings[0].code == "E0121");
  CHECK(wide.texts.size() == 1000);
}

TEST_CASE("a text without a source cannot include") {
  const Document document = parse(including("\"other.json\""), "text");
  REQUIRE(document.findings.size() == 1);
  CHECK(document.findings[0].code == "E0100");
}

TEST_CASE("every file counts for the fingerprint") {
  Shelf shelf;
  shelf.files["b"] = R"({ "version": 1 })";
  const auto fingerprint = [&] {
    return compile(parse(including("\"b\""), "a", shelf.source())).snapshot->fingerprint();
  };
  const std::uint64_t before = fingerprint();
  shelf.files["b"] += ' ';
  CHECK(fingerprint() != before);
}

}  // namespace sluice::policy
