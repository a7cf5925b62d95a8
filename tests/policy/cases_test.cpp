// Slice files and what is said of them: every tests/policy/cases/NAME.json has its findings beside it, in NAME.txt.
//
// With SLUICE_UPDATE_GOLDEN in the environment the texts are written instead of compared; look at the difference.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "policy/codes.hpp"
#include "policy/compile.hpp"
#include "policy/document_format.hpp"
#include "policy/lint.hpp"
#include "tests/support/text_file.hpp"

namespace sluice::policy {
namespace {

namespace fs = std::filesystem;
using tests::contents;

const fs::path source = SLUICE_SOURCE_DIR;

std::vector<fs::path> cases() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{source / "tests/policy/cases"}) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Compiled compiled(const fs::path& path, Document& document) {
  // From its folder, so that findings name files as an operator would see them.
  const fs::path before = fs::current_path();
  fs::current_path(path.parent_path());
  document = load(path.filename().string());
  fs::current_path(before);
  return compile_and_lint(document);
}

TEST_CASE("every case has the findings that are written beside it") {
  for (const fs::path& path : cases()) {
    CAPTURE(path.filename().string());
    Document document;
    const Compiled result = compiled(path, document);
    const std::string text = result.findings.empty() ? "no findings\n" : render(result.findings, document.texts, false);
    const fs::path golden = fs::path{path}.replace_extension(".txt");
    if (std::getenv("SLUICE_UPDATE_GOLDEN") != nullptr) {
      std::ofstream{golden, std::ios::binary} << text;
    } else {
      CHECK(text == contents(golden));
    }
    const bool errors = std::any_of(result.findings.begin(), result.findings.end(), [](const Diagnostic& finding) {
      return finding.severity == Diagnostic::Severity::error;
    });
    CHECK((result.snapshot == nullptr) == errors);
    // Names say what to expect, so that an update cannot turn a bad file into a good one unseen.
    CHECK(path.filename().string().starts_with("good_") == result.findings.empty());
  }
}

TEST_CASE("every code has a case") {
  std::set<std::string, std::less<>> seen;
  for (const fs::path& path : cases()) {
    Document document;
    for (const Diagnostic& finding : compiled(path, document).findings) seen.insert(finding.code);
  }
  Document missing = load((source / "tests/policy/cases/there_is_no_such_file").string());
  for (const Diagnostic& finding : missing.findings) seen.insert(finding.code);
  for (const CodeFacts& row : all_codes()) {
    CAPTURE(row.name);
    CHECK(seen.contains(row.name));
    std::erase_if(seen, [&row](const std::string& code) { return code == row.name; });
  }
  CHECK_MESSAGE(seen.empty(), "a finding has a code that is not in the table");
}

TEST_CASE("a finding points at what it is about, and columns count bytes") {
  Document document;
  for (const fs::path& path : cases()) {
    CAPTURE(path.filename().string());
    const Compiled result = compiled(path, document);
    const std::string text = contents(path);
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const Diagnostic& finding : result.findings) {
      if (finding.at.file != path.filename()) continue;  // of an included file
      CHECK(finding.at.line >= 1);
      CHECK(finding.at.line <= lines);
      CHECK(finding.at.column >= 1);
    }
    CHECK(std::is_sorted(result.findings.begin(), result.findings.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return std::tie(a.at.file, a.at.line, a.at.column) < std::tie(b.at.file, b.at.line, b.at.column);
    }));
  }
}

TEST_CASE("the page and the table of codes say the same") {
  const std::string page = contents(source / "docs/slice-file.md");
  std::string wanted;
  for (const CodeFacts& row : all_codes()) {
    wanted += "| " + std::string{row.name} + " | " + std::string{row.summary} + " |\n";
  }
  const std::string first = "| " + std::string{all_codes().front().name} + " |";
  const std::size_t from = page.find(first);
  REQUIRE(from != std::string::npos);
  const std::size_t to = page.find("\n\n", from);
  const std::string got = to == std::string::npos ? page.substr(from) : page.substr(from, to - from + 1);
  CHECK(got == wanted);
}

// A part of the page that is made from the tables of the reader; with SLUICE_UPDATE_GOLDEN it is written.
TEST_CASE("the page has every key") {
  const fs::path path = source / "docs/slice-file.md";
  std::string page = contents(path);
  const std::string begin = "<!-- as `sluicectl schema --markdown` prints it -->\n";
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find("<!-- end -->", from);
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  const std::size_t inside = from + begin.size();
  if (std::getenv("SLUICE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream{path, std::ios::binary} << page.replace(inside, to - inside, "\n" + format_tables() + "\n");
  } else {
    CHECK(page.substr(inside, to - inside) == "\n" + format_tables() + "\n");
  }
}

TEST_CASE("the examples of the page are good slice files") {
  const std::string page = contents(source / "docs/slice-file.md");
  constexpr std::string_view open = "```jsonc\n";
  std::size_t count = 0;
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
    const std::size_t from = at + open.size();
    const std::string text = page.substr(from, page.find("```", from) - from);
    Document document = parse(text, "example " + std::to_string(++count));
    const Compiled result = compile_and_lint(document);
    CAPTURE(render(result.findings, document.texts, false));
    CHECK(result.snapshot != nullptr);
    CHECK(result.findings.empty());
  }
  CHECK(count >= 1);
}

TEST_CASE("a file that cannot be read is a finding") {
  const Document missing = load("/nowhere/at/all.json");
  REQUIRE(missing.findings.size() == 1);
  CHECK(missing.findings[0].code == "E0100");
  CHECK(missing.has_errors());
  CHECK(render(missing.findings, missing.texts, false) ==
        "/nowhere/at/all.json: error[E0100]: cannot be read: No such file or directory\n");
  const Document folder = load(source.string());
  REQUIRE(folder.findings.size() == 1);
  CHECK(folder.findings[0].code == "E0100");

  const fs::path good = cases().front();
  const Document document = load(good.string());
  REQUIRE(document.texts.contains(good.string()));
  CHECK(document.texts.at(good.string()) == contents(good));
}

TEST_CASE("colour is asked for, never assumed") {
  const Document document = parse("{\"version\": 1, \"colour\": 2}", "x.json");
  const std::string plain = render(document.findings, document.texts, false);
  const std::string colourful = render(document.findings, document.texts, true);
  CHECK(plain.find('\x1b') == std::string::npos);
  CHECK(colourful.find('\x1b') != std::string::npos);
}

}  // namespace
}  // namespace sluice::policy
