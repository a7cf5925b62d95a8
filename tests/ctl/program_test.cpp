// sluicectl without a daemon: what it prints and which exit code it gives.
#include "ctl/program.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace sluice::ctl;

namespace {

struct Result {
  ExitCode code;
  std::string out, err;
};

Result sluicectl(std::vector<std::string> arguments, const std::string& input = {}) {
  std::istringstream in{input};
  std::ostringstream out;
  std::ostringstream err;
  Io io{in, out, err};
  const ExitCode code = run(arguments, io);
  return {code, out.str(), err.str()};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A file that goes away with the test.
class Scratch {
 public:
  explicit Scratch(const std::string& content)
      : path_{std::filesystem::temp_directory_path() / ("sluice-ctl-" + std::to_string(getpid()) + ".json")} {
    std::ofstream{path_} << content;
  }

  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  ~Scratch() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

constexpr const char* good_file = R"({
  "version": 1,
  "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
  "switches": {"s1": {"dpid": "0000000000000001"}},
  "slices": {"a": {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": [1]}, "match": "any"}]}}
})";

}  // namespace

TEST_CASE("without a command there is help, and it is an error") {
  const Result none = sluicectl({});
  CHECK(none.code == ExitCode::usage);
  CHECK(none.out.empty());
  CHECK(contains(none.err, "usage: sluicectl"));
  const Result asked = sluicectl({"help"});
  CHECK(asked.code == ExitCode::good);
  CHECK(contains(asked.out, "decode [HEX|FILE|DIR|-]..."));
  CHECK(contains(asked.out, "flows [SLICE] [--switch S]"));
  CHECK(sluicectl({"--help"}).out == asked.out);
}

TEST_CASE("every command has help") {
  for (const char* name : {"status", "slice", "switch", "flows", "rejects", "check", "decode", "version", "help"}) {
    const Result by_noun = sluicectl({"help", name});
    CHECK(by_noun.code == ExitCode::good);
    CHECK(contains(by_noun.out, std::string{"usage: sluicectl "} + name));
    CHECK(sluicectl({name, "--help"}).out == by_noun.out);
  }
  CHECK(contains(sluicectl({"flows", "-h"}).out, "--switch NAME"));
  CHECK(sluicectl({"help", "nonsense"}).code == ExitCode::usage);
}

TEST_CASE("wrong usage says what is wrong and what to try") {
  const Result command = sluicectl({"stauts"});
  CHECK(command.code == ExitCode::usage);
  CHECK(command.err == "sluicectl: unknown command \"stauts\"; did you mean \"status\"?\ntry: sluicectl help\n");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"status", "now"},
                                                {"slice", "a", "b"},
                                                {"--bogus", "version"},
                                                {"flows", "--switch"},
                                                {"-T", "0", "version"},
                                                {"-T", "soon", "version"},
                                                {"--color=blue", "version"},
                                                {"check"},
                                                {"status", "--switch", "s1"},
                                                {"decode", "zz"}}) {
    const Result refused = sluicectl(wrong);
    INFO(wrong.front());
    CHECK(refused.code == ExitCode::usage);
    CHECK(contains(refused.err, "try: sluicectl "));
    CHECK(refused.out.empty());
  }
}

TEST_CASE("options may stand before and behind the command") {
  CHECK(sluicectl({"--json", "version"}).out == sluicectl({"version", "--json"}).out);
  CHECK(sluicectl({"-t", "status", "version"}).code == ExitCode::good);
  CHECK(nlohmann::json::parse(sluicectl({"version", "--json"}).out)["kind"] == "sluicectl.version");
}

TEST_CASE("decode prints messages") {
  const Result text = sluicectl({"decode", "0102000b12345678616201", "04000008 00000001"});
  CHECK(text.code == ExitCode::good);
  CHECK(text.out ==
        "OFPT_ECHO_REQUEST (xid=0x12345678): 3 bytes of payload\n"
        "00000000  61 62 01                                        |ab.             |\n"
        "OFPT_HELLO (OF1.3) (xid=0x1):\n version bitmap: 0x01, 0x02, 0x03, 0x04\n");
  const Result json = sluicectl({"decode", "--json"}, "0102000812345678 0102000900000001ff");
  CHECK(json.code == ExitCode::good);
  CHECK(json.out ==
        "{\"type\":\"echo_request\",\"version\":\"1.0\",\"xid\":305419896,\"data\":\"\"}\n"
        "{\"type\":\"echo_request\",\"version\":\"1.0\",\"xid\":1,\"data\":\"ff\"}\n");
  CHECK(sluicectl({"decode", "-q", "0102000812345678"}).out.empty());
}

TEST_CASE("decode shows kinds without a form by their header") {
  const std::string role_request = "0418001800000001000000020000000000000000000000ff";
  const Result text = sluicectl({"decode", role_request});
  CHECK(text.code == ExitCode::good);
  CHECK(text.out ==
        "OFPT_ROLE_REQUEST (OF1.3) (xid=0x1): length=24\n"
        "00000000  00 00 00 02 00 00 00 00-00 00 00 00 00 00 00 ff |................|\n");
  CHECK(sluicectl({"decode", "--json", role_request}).out ==
        "{\"type\":\"role_request\",\"version\":\"1.3\",\"xid\":1,\"length\":24,"
        "\"body\":\"000000020000000000000000000000ff\"}\n");
}

TEST_CASE("decode tells what is broken, and goes on behind it") {
  const Result bad = sluicectl({"decode", "010e000800000001 0102000812345678 0463000800000001"});
  CHECK(bad.code == ExitCode::no);
  CHECK(contains(bad.err, "message 1 at byte 0: "));
  CHECK(contains(bad.err, "message 3 at byte 16: "));
  CHECK(contains(bad.err, "3 messages, 2 not decoded"));
  CHECK(contains(bad.out, "OFPT_ECHO_REQUEST"));
  const Result json = sluicectl({"decode", "--json", "0102000900000001"});
  CHECK(json.code == ExitCode::no);
  const auto document = nlohmann::json::parse(json.out);
  CHECK(document["offset"] == 0);
  CHECK(document["error"] == "the header at byte 0 gives a length of 9, but 8 bytes are there");
}

TEST_CASE("check judges slice files") {
  const Scratch good{good_file};
  const Result fine = sluicectl({"check", good.path()});
  CHECK(fine.code == ExitCode::good);
  CHECK(fine.out == "0 errors, 0 warnings\n");
  CHECK(sluicectl({"check", "-q", good.path()}).out.empty());

  std::string broken = good_file;
  broken.replace(broken.find("controllers"), 11, "controlers");
  const Scratch bad{broken};
  const Result refused = sluicectl({"check", bad.path()});
  CHECK(refused.code == ExitCode::no);
  CHECK(contains(refused.out, bad.path() + ":5:20: error[E0102]: unknown key \"controlers\""));
  CHECK(contains(refused.out, "did you mean \"controllers\"?"));
  CHECK_FALSE(contains(refused.out, "\x1b["));
  CHECK(contains(sluicectl({"check", "--color=always", bad.path()}).out, "\x1b["));
  CHECK(contains(sluicectl({"check", "--gcc", bad.path()}).out, ":5:20: error: unknown key"));
  const auto json = nlohmann::json::parse(sluicectl({"check", "--json", bad.path()}).out);
  CHECK(json["kind"] == "sluicectl.check");
  CHECK(json["errors"].get<int>() >= 1);
  CHECK(json["findings"][0]["code"] == "E0102");
  CHECK(json["findings"][0]["line"] == 5);

  const Result missing = sluicectl({"check", "/no/such/file"});
  CHECK(missing.code == ExitCode::usage);
  CHECK(contains(missing.out, "E0100"));
}
