// A slice file for the commands that answer questions about it without a daemon.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ctl/program.hpp"
#include "policy/compile.hpp"
#include "policy/document.hpp"

namespace sluice::ctl {

struct PolicyFile {
  policy::Document document;
  std::shared_ptr<const policy::Snapshot> snapshot;  // null when the file has errors
  ExitCode verdict = ExitCode::good;                 // what to end with then
};

// Does one of the findings say that a file cannot be read?
[[nodiscard]] bool unreadable(const std::vector<policy::Diagnostic>& findings);

// Reads and compiles it. The findings of a file with errors are printed to `io.err`.
[[nodiscard]] PolicyFile read_policy(const std::string& path, const Settings& settings, Io& io);

// The switch with this name or datapath id. If there is none, that is told, and so is what was probably meant.
[[nodiscard]] std::optional<policy::SwitchId> find_switch(const policy::Snapshot& snapshot, const std::string& word,
                                                          const std::string& file, Io& io);

// "any", or as ovs-ofctl writes it.
[[nodiscard]] std::string header_text(const ofmsg::Match& header);

}  // namespace sluice::ctl
