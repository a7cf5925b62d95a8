// The formatter of slice files: what it makes of what, and that it never changes more than space.
#include "policy/formatted.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "policy/document_json.hpp"
#include "tests/support/random_dice.hpp"
#include "tests/support/text_file.hpp"

namespace sluice::policy {
namespace {

namespace fs = std::filesystem;
using tests::contents;

const fs::path source = SLUICE_SOURCE_DIR;

// --- what a text holds, found without the formatter ------------------------------------------------------------------

struct Held {
  std::string tokens;                 // everything but space and comments
  std::vector<std::string> comments;  // each with its lines trimmed
  std::string order;                  // tokens other than commas and colons, and a # for each comment

  friend bool operator==(const Held&, const Held&) = default;
};

// Lines may be indented anew and lose blanks at their ends, nothing else.
std::string trimmed_lines(std::string_view text) {
  std::string out;
  std::string line;
  const auto finish_line = [&] {
    const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
    out += line.substr(first, line.find_last_not_of(" \t") + 1 - first) + '\n';
    line.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text.substr(i).starts_with("\r\n");
    if (!pair && text[i] != '\r' && text[i] != '\n') {
      line += text[i];
      continue;
    }
    if (pair) ++i;
    finish_line();
  }
  finish_line();
  return out;
}

Held held(std::string_view text) {
  Held out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    const std::string_view rest = text.substr(i);
    const bool comment = rest.starts_with("//") || rest.starts_with("/*");
    if (rest.starts_with("//")) {
      end = std::min(text.find_first_of("\r\n", i), text.size());
    } else if (rest.starts_with("/*")) {
      end = text.find("*/", i + 2) + 2;
    } else if (text[i] == '"') {
      for (; text[end] != '"'; ++end) end += text[end] == '\\' ? 1U : 0U;
      ++end;
    }
    const std::string_view token = text.substr(i, end - i);
    i = end;
    if (comment) {
      out.comments.push_back(trimmed_lines(token));
      out.order += '#';
    } else if (std::string_view{" \t\r\n"}.find(token.front()) == std::string_view::npos) {
      out.tokens += token;
      if (token != "," && token != ":") out.order += token;
    }
  }
  return out;
}

// Formats, and checks what holds for every text.
std::string checked(std::string_view text) {
  const auto once = formatted(text);
  REQUIRE(once.has_value());
  const auto twice = formatted(*once);
  REQUIRE(twice.has_value());
  CHECK(*twice == *once);
  CHECK(held(*once) == held(text));
  CHECK(json::parse(*once).value.has_value());
  CHECK(once->ends_with('\n'));
  CHECK_FALSE(once->ends_with("\n\n"));
  CHECK(once->find_first_of("\r") == std::string::npos);
  CHECK(once->find(" \n") == std::string::npos);
  CHECK(once->find("\t\n") == std::string::npos);
  return *once;
}

}  // namespace

// --- one rule after the other ----------------------------------------------------------------------------------------

TEST_CASE("values stay as they were written") {
  CHECK(checked("1.50E+3") == "1.50E+3\n");
  CHECK(checked(R"(["\u0041\/\"//no/*comment*/",-0,1e2,null,true])") ==
        "[\"\\u0041\\/\\\"//no/*comment*/\", -0, 1e2, null, true]\n");
  CHECK(checked(R"({"b":1,"a":2,"b":3})") == "{ \"b\": 1, \"a\": 2, \"b\": 3 }\n");
  CHECK(checked("\xEF\xBB\xBF{}") == "\xEF\xBB\xBF{}\n");
}

TEST_CASE("what was on one line stays there if it fits") {
  CHECK(checked(R"({"a" :[1,2 ,3],"b":{ },"c":[ ]})") == "{ \"a\": [1, 2, 3], \"b\": {}, \"c\": [] }\n");
  const std::string ninety_two(92, 'x');
  CHECK(checked("[\"" + ninety_two + "\",1]") == "[\"" + ninety_two + "\", 1]\n");
  CHECK(checked("[\"" + ninety_two + "x\",1,2]") == "[\n  \"" + ninety_two + "x\",\n  1,\n  2\n]\n");
}

TEST_CASE("columns count characters, and the comma behind a list") {
  std::string umlauts;
  for (int i = 0; i < 92; ++i) umlauts += "ä";
  CHECK(checked("[\"" + umlauts + "\",1]") == "[\"" + umlauts + "\", 1]\n");
  const std::string list = "[\"" + std::string(94, 'x') + "\"]";
  CHECK(checked("[\n" + list + "]") == "[\n  " + list + "\n]\n");
  CHECK(checked("[\n" + list + ",1]") == "[\n  [\n    " + list.substr(1, 96) + "\n  ],\n  1\n]\n");
}

TEST_CASE("what was on several lines has one element on each") {
  CHECK(checked("{\"a\":1,\n\"b\":[1,\n2],\"c\":[1,2]}") == R"({
  "a": 1,
  "b": [
    1,
    2
  ],
  "c": [1, 2]
}
)");
  CHECK(checked("{\n}") == "{}\n");
  CHECK(checked("[\n\n[\n] ]") == "[\n  []\n]\n");
  CHECK(checked("{\"a\":\n1}") == "{\n  \"a\": 1\n}\n");
}

TEST_CASE("an empty line stays one, but not beside a bracket") {
  CHECK(checked("\n\n{\n\n\"a\":1,\n\n\n\n\"b\":2\n\n,\"c\":3\n\n}\n\n\n") ==
        "{\n  \"a\": 1,\n\n  \"b\": 2,\n  \"c\": 3\n}\n");
  CHECK(checked("// a\n\n\n// b\n\n[\n\n// c\n\n1\n\n// d\n\n]\n\n// e") ==
        "// a\n\n// b\n\n[\n  // c\n\n  1\n\n  // d\n]\n\n// e\n");
}

TEST_CASE("every end of a line becomes a plain one") {
  CHECK(checked("{\r\n\"a\": 1, // x\r\n/* y\r\n z */\r\n\"b\": 2 }\r\n") ==
        "{\n  \"a\": 1,  // x\n  /* y\n   z */\n  \"b\": 2\n}\n");
  CHECK(checked("// ends here\r[1]\r") == "// ends here\n[1]\n");
}

// --- comments --------------------------------------------------------------------------------------------------------

TEST_CASE("comments with a line of their own stand above what follows") {
  CHECK(checked(R"(
      // the file
  {
        /* first */
      "a": 1,
// second
/* and more */ // of it
      "b": 2
    // at the end
  }
    // of all)") == R"(// the file
{
  /* first */
  "a": 1,
  // second
  /* and more */ // of it
  "b": 2
  // at the end
}
// of all
)");
}

TEST_CASE("comments at the end of a line stay there") {
  CHECK(checked(R"({ // opens
"a": 10,// one
"b": [ // list
], // closed
"c": 3 // last
} // end
)") == R"({  // opens
  "a": 10,  // one
  "b": [  // list
  ],  // closed
  "c": 3  // last
}  // end
)");
  CHECK(checked("[\n1, /* a */ /* b */ // c\n2]") == "[\n  1,  /* a */ /* b */ // c\n  2\n]\n");
}

TEST_CASE("comments before a comma come after it, unless they are inside the line") {
  CHECK(checked("[1 // one\n, 2 // two\n]") == "[\n  1,  // one\n  2  // two\n]\n");
  CHECK(checked("[\n1 /* one */, 2 /* two */ // more\n, 3]") == "[\n  1 /* one */,\n  2 /* two */,  // more\n  3\n]\n");
  CHECK(checked("[1\n, // one\n2]") == "[\n  1,  // one\n  2\n]\n");
  CHECK(checked("[1\n// between\n, 2]") == "[\n  1,\n  // between\n  2\n]\n");
}

TEST_CASE("block comments inside a line stay there") {
  CHECK(checked("{/*a*/\"k\"/*b*/:/*c*/1/*d*/,/*e*/\"l\":[/*f*/]/*g*/}") ==
        "{ /*a*/ \"k\" /*b*/: /*c*/ 1 /*d*/, /*e*/ \"l\": [/*f*/] /*g*/ }\n");
  CHECK(checked("/*a*/1/*b*/") == "/*a*/ 1  /*b*/\n");
  // They are about what stands beside them when the line is broken.
  CHECK(checked("[\n1, /* two */ 2, /* three */\n3]") == "[\n  1,\n  /* two */ 2,  /* three */\n  3\n]\n");
  CHECK(checked("{ /* a */ \"a\": 1,\n\"b\": 2 /* b */ }") == "{\n  /* a */ \"a\": 1,\n  \"b\": 2  /* b */\n}\n");
}

TEST_CASE("comments between a key and its value") {
  CHECK(checked("{\"a\" // key\n: // colon\n{\"b\":1}}") == R"({
  "a":  // key
    // colon
    { "b": 1 }
}
)");
  CHECK(checked("{\"a\":\n\n/* why */ [\n1], \"b\": // why\n[\n1]}") == R"({
  "a":
    /* why */ [
      1
    ],
  "b":  // why
    [
      1
    ]
}
)");
}

TEST_CASE("the lines of a block comment move together") {
  CHECK(checked("{\n      /*\n       * one\n\n         two  \n    out */\n\"a\": 1}") ==
        "{\n  /*\n   * one\n\n     two\nout */\n  \"a\": 1\n}\n");
  CHECK(checked("{\n\t/*\n\t * tabs\n\t */\n\t\"a\": 1\n}") == "{\n  /*\n   * tabs\n   */\n  \"a\": 1\n}\n");
  CHECK(checked("[\n1, /* a\n       b */ // c\n2]") == "[\n  1,  /* a\n          b */ // c\n  2\n]\n");
}

TEST_CASE("comments that were aligned are aligned again") {
  CHECK(checked("[\n1,    // one\n\n      // apart\n2]") == "[\n  1,  // one\n\n  // apart\n  2\n]\n");
  CHECK(checked(R"({
    "a": 1,            // one
    "list": [1,2],     // two
    "long": {"x": 1},
    "c": 3             // three
                       // and more of it

    , "d": 4           // alone
})") == R"({
  "a": 1,          // one
  "list": [1, 2],  // two
  "long": { "x": 1 },
  "c": 3,          // three
                   // and more of it

  "d": 4  // alone
}
)");
}

// --- whole files -----------------------------------------------------------------------------------------------------

TEST_CASE("a text that is no JSON is a finding with its place") {
  const std::string text = "{\n  \"a\": 1,\n  // trailing\n}\n";
  const auto result = formatted(text, "x.json");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == "E0101");
  CHECK(sluice::policy::text(result.error().at) == "x.json:4:1");
  CHECK(render({result.error()}, {{"x.json", text}}, false).find("    4 | }\n      | ^") != std::string::npos);

  // A key that is given twice can be formatted; what comes after it cannot.
  CHECK(sluice::policy::text(formatted(R"({"a":1,"a":2,])").error().at) == ":1:14");
  CHECK_FALSE(formatted("").has_value());
  CHECK_FALSE(formatted("// only\n").has_value());
  CHECK_FALSE(formatted("{} /* open").has_value());
  // The parser takes a zero for the end; what follows must not be lost.
  CHECK_FALSE(formatted(std::string_view{"{}\0 // more", 11}).has_value());
  CHECK(formatted(std::string(40, '[') + std::string(40, ']')).error().code == "E0119");
}

TEST_CASE("files of the tree keep what they hold") {
  std::vector<fs::path> files;
  for (const char* folder : {"tests/policy/cases", "examples"}) {
    for (const auto& entry : fs::recursive_directory_iterator{source / folder}) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
  }
  std::size_t good = 0;
  for (const fs::path& path : files) {
    CAPTURE(path.string());
    const std::string text = contents(path);
    if (json::parse(text).value.has_value()) {
      checked(text);
      ++good;
    } else {
      CHECK_FALSE(formatted(text).has_value());
    }
  }
  CHECK(good > 20);
}

TEST_CASE("the slice files of the examples are formatted") {
  for (const auto& entry : fs::recursive_directory_iterator{source / "examples"}) {
    if (entry.path().extension() != ".json") continue;
    CAPTURE(entry.path().string());
    CHECK(formatted(contents(entry.path())) == contents(entry.path()));
  }
}

// --- random texts ----------------------------------------------------------------------------------------------------

namespace {

// Writes JSON with space and comments wherever they may be.
class Scribe {
 public:
  explicit Scribe(std::uint64_t seed) : dice_{seed} {
    calm_ = static_cast<unsigned>(dice_.below(100));
    end_of_line_ = dice_.pick<std::string>({"\n", "\n", "\r\n", "\r"});
  }

  std::string text() {
    gap();
    value(4);
    gap();
    return std::move(out_);
  }

 private:
  void gap() {
    if (dice_.chance(calm_)) return;
    for (std::size_t n = dice_.below(4); n > 0; --n) {
      switch (dice_.below(8)) {
        case 0: out_ += end_of_line_; break;
        case 1: out_ += end_of_line_ + end_of_line_; break;
        case 2: out_ += "\t"; break;
        case 3: out_ += "/* " + word() + "*/"; break;
        case 4: out_ += "/*" + end_of_line_ + "  * " + word() + end_of_line_ + blanks() + "*/"; break;
        case 5: out_ += "// " + word() + " \t" + end_of_line_; break;
        default: out_ += blanks(); break;
      }
    }
  }

  std::string blanks() { return std::string(dice_.below(12), ' '); }

  std::string word() {
    return dice_.pick<std::string>({"", "why", "ü", "\"", "\t*", "{", "a // b", "* ", "]}, ", std::string(40, 'x')});
  }

  void value(unsigned depth) {
    switch (depth == 0 ? 5 : dice_.below(6)) {
      case 0:
      case 1: list("{", "}", depth - 1); break;
      case 2:
      case 3: list("[", "]", depth - 1); break;
      default: scalar(); break;
    }
  }

  void scalar() {
    out_ += dice_.pick<std::string>({"1", "-0.5e+3", "true", "null", R"("")", R"("a\"\\")", R"("// no")", R"("/*")",
                                     "\"ä\"", "\"" + std::string(30, 'y') + "\""});
  }

  void list(const char* open, const char* close, unsigned depth) {
    out_ += open;
    gap();
    for (std::size_t n = dice_.below(5); n > 0; --n) {
      if (*open == '{') key();
      value(depth);
      gap();
      if (n > 1) {
        out_ += ",";
        gap();
      }
    }
    out_ += close;
  }

  void key() {
    out_ += "\"k" + std::to_string(++keys_) + "\"";
    gap();
    out_ += ":";
    gap();
  }

  tests::Dice dice_;
  std::string out_;
  std::string end_of_line_;
  unsigned calm_ = 0;  // per cent of gaps that are none
  int keys_ = 0;
};

}  // namespace

TEST_CASE("whatever the text, only space changes, and formatting again changes nothing") {
  const std::uint64_t runs = tests::property_runs(3000);
  const std::uint64_t first = tests::property_seed();
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    const std::string text = Scribe{seed}.text();
    CAPTURE(seed);
    CAPTURE(text);
    checked(text);
  }
}

}  // namespace sluice::policy
