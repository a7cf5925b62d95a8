#include "proxy/options.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace sluice::proxy;

namespace {

std::variant<Options, Finished> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "sluiced");
  return parse_options(static_cast<int>(words.size()), words.data());
}

Finished finished(std::vector<const char*> words) {
  auto result = parse(std::move(words));
  REQUIRE(std::holds_alternative<Finished>(result));
  return std::get<Finished>(result);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a slice file is all that is needed") {
  const auto result = parse({"-c", "slices.json"});
  REQUIRE(std::holds_alternative<Options>(result));
  const auto& options = std::get<Options>(result);
  CHECK(options.config == "slices.json");
  CHECK(options.ctl.empty());
  CHECK(options.pidfile.empty());
  CHECK(options.log == Severity::info);
  CHECK_FALSE(options.check);
}

TEST_CASE("all options together") {
  const auto result = parse({"--config", "f", "--check", "--ctl", "/tmp/c", "--log", "debug", "--pidfile=p"});
  REQUIRE(std::holds_alternative<Options>(result));
  const auto& options = std::get<Options>(result);
  CHECK(options.config == "f");
  CHECK(options.ctl == "/tmp/c");
  CHECK(options.pidfile == "p");
  CHECK(options.log == Severity::debug);
  CHECK(options.check);
}

TEST_CASE("help and version are good answers") {
  CHECK(finished({"--help"}).code == exit_code::good);
  CHECK(has(finished({"-h"}).text, "Examples:"));
  CHECK(finished({"--version"}).text == "sluiced " SLUICE_VERSION "\n");
}

TEST_CASE("wrong usage is code 2 and says what is wrong") {
  for (const auto& [words, part] : std::vector<std::pair<std::vector<const char*>, std::string_view>>{
           {{}, "name one slice file with -c FILE"},
           {{"-c", "a", "-c", "b"}, "name one slice file"},
           {{"-c", "a", "b"}, "unexpected argument \"b\""},
           {{"-c", "a", "--log", "loud"}, "--log loud: there are debug, info, warning and error"},
           {{"-c", "a", "--frobnicate"}, "frobnicate"},
           {{"-c"}, "c"}}) {
    const Finished result = finished(words);
    CHECK(result.code == exit_code::usage);
    CHECK_MESSAGE(has(result.text, part), result.text);
    CHECK(has(result.text, "Try: sluiced --help"));
  }
}
