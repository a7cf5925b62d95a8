// Runs a test case against a fresh core.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/result.hpp"
#include "slicing/replay/attribution.hpp"
#include "slicing/replay/case_file.hpp"

namespace sluice::slicing::replay {

// A step that did not come out.
struct Failure {
  Place at;
  std::string what;                      // a sentence: "it is flow_mod, not error"
  std::string expected, got;             // as a case spells them; may be empty
  bool at_least = false;                 // what `got` says beyond `expected` is no difference
  std::vector<std::string> differences;  // field by field; may be empty
  ofmsg::Bytes got_bytes;                // what came; may be empty
  ofmsg::Bytes expected_bytes;           // what should have come, as far as the case tells; may be empty
  // Why the core refused what was said last, and the rules of the slice file that decided: may be empty.
  std::string code, why;  // "E0201" and a sentence
  std::vector<RuleUse> rules;
};

// What a case has come upon. Only when asked for.
struct Witness {
  struct Heard {
    Party party;
    ofmsg::Bytes bytes;
  };

  std::vector<Heard> said, heard;  // whole messages, each in order
  std::vector<RuleUse> rules;      // that decided about one of them; sorted, each once
  std::vector<std::string> codes;  // of refusals; sorted, each once
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
  Witness witness;
};

// The snapshot of a slice file, made with the one before at hand; the error is a sentence.
using LoadPolicy = std::function<ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string>(
    const PolicySource&, const policy::Snapshot* previous)>;

struct RunSettings {
  std::uint64_t seed = 1;
  bool update = false;   // go on after a message that differs, and tell what it was
  bool witness = false;  // tell what the case has come upon
};

// The file must have no errors.
[[nodiscard]] Outcome run_case(const CaseFile& file, const Case& c, const LoadPolicy& load, RunSettings settings = {});

}  // namespace sluice::slicing::replay
