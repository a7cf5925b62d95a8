// A file of test cases (*.slicetest): text in, steps with their places out. docs/testing-your-slices.md has the
// grammar.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/channel.hpp"
#include "ofmsg/version.hpp"
#include "slicing/replay/driver.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::slicing::replay {

// A piece of the text: from `offset`, and the line it is in, from 1.
struct Place {
  std::size_t offset = 0, length = 0;
  std::size_t line = 0, column = 0;
};

struct CaseError {
  Place at;
  std::string message;
  std::string hint;  // may be empty
};

// A slice file by its name, or its text.
struct PolicySource {
  Place at;
  bool inline_text = false;
  std::string text;
};

struct Step {
  enum class What : std::uint8_t {
    say,           // party > message
    hear,          // party < message
    hear_nothing,  // party < nothing
    nothing_else,
    wait,
    connect,
    disconnect,
    policy,  // another slice file
  };

  What what{};
  Place at;  // of the whole step
  Party party;
  bool hex = false;     // the message is bytes
  std::string message;  // its text
  Place message_at;
  // What the message says in this version: read once, however often the case is run.
  ofmsg::Version version = ofmsg::v1_3;
  std::optional<Spelling> spelling;
  ofmsg::Bytes bytes;  // of `hex`
  Time time{};
  PolicySource policy;
};

struct Case {
  Place at;
  std::string name;
  std::optional<std::string> after;  // the case whose steps come first
  std::optional<std::string> skip;   // why
  std::optional<ofmsg::Version> version;
  std::vector<Step> steps;
};

struct CaseSwitch {
  Place at;
  std::string name;
  std::vector<ofmsg::Port> ports;
};

struct CaseFile {
  std::optional<PolicySource> policy;
  ofmsg::Version version = ofmsg::v1_3;
  std::vector<CaseSwitch> switches;
  std::vector<Case> cases;
  std::vector<CaseError> errors;  // cases with errors are there, but must not be run
};

[[nodiscard]] CaseFile parse_cases(std::string_view text);

// "s1", "video@s1", "video/2@s1" (the slice's second controller); nothing if it is none of these.
[[nodiscard]] std::optional<Party> parse_party(std::string_view text);
[[nodiscard]] std::string text(const Party& party);

// A port of a switch that a case has: up, with an address of its own.
[[nodiscard]] ofmsg::Port case_port(std::uint32_t number, std::string_view name);

// "200ms", "5s", "2m", "1h", at most a day; nothing if it is none of these.
[[nodiscard]] std::optional<Time> parse_wait(std::string_view text);
// Behind the brace that closes the one at `begin`; those in texts and comments do not count. npos if none does.
[[nodiscard]] std::size_t end_of_braces(std::string_view text, std::size_t begin);

}  // namespace sluice::slicing::replay
