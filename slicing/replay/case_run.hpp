// Runs a test case against a fresh core.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/result.hpp"
#include "slicing/replay/case_file.hpp"

namespace sluice::slicing::replay {

// A step that did not come out.
struct Failure {
  Place at;
  std::string what;                      // a sentence: "it is flow_mod, not error"
  std::string expected, got;             // as a case spells them; may be empty
  std::vector<std::string> differences;  // field by field; may be empty
  std::string bytes;                     // what came, in hexadecimal digits; may be empty
};

// What an expected message should read like for the case to pass.
struct Update {
  Place at;  // of the message's text
  std::string text;
};

struct Outcome {
  std::optional<std::string> skipped;
  std::optional<Failure> failure;  // the first; nothing: passed
  std::vector<Update> updates;     // only when asked for
};

// The snapshot of a slice file, made with the one before at hand; the error is a sentence.
using LoadPolicy = std::function<ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string>(
    const PolicySource&, const policy::Snapshot* previous)>;

struct RunSettings {
  std::uint64_t seed = 1;
  bool update = false;  // go on after a message that differs, and tell what it was
};

// The file must have no errors.
[[nodiscard]] Outcome run_case(const CaseFile& file, const Case& c, const LoadPolicy& load, RunSettings settings = {});

}  // namespace sluice::slicing::replay
