// A slice file with everything that it includes, as texts: what a recording keeps of it, and how it becomes a policy
// again without any file.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "ofmsg/result.hpp"
#include "policy/document.hpp"
#include "policy/snapshot.hpp"

namespace sluice::slicing::replay {

struct PolicyText {
  std::string name;                          // of the main file
  std::map<std::string, std::string> files;  // by name, the main one too

  friend bool operator==(const PolicyText&, const PolicyText&) = default;
};

// What was read for a document; `name` is the file that was asked for.
[[nodiscard]] PolicyText policy_text(const policy::Document& document, const std::string& name);

[[nodiscard]] policy::Document parse(const PolicyText& text);

// The error is the findings, ready to print.
[[nodiscard]] ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string> compile(
    const PolicyText& text, const policy::Snapshot* previous = nullptr);

}  // namespace sluice::slicing::replay
