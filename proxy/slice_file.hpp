// The slice file from disk to snapshot, and what people are told about it.
#pragma once

#include <memory>
#include <string>

#include "policy/compile.hpp"
#include "slicing/replay/policy_text.hpp"

namespace sluice::proxy {

struct SliceFile {
  std::shared_ptr<const policy::Snapshot> snapshot;  // null when there are errors
  slicing::replay::PolicyText text;                  // of the files
  std::string findings;                              // with carets, ready to print; may be empty
  std::string summary;                               // "2 errors, 1 warning"
  int exit_code = 0;                                 // what --check answers
};

enum class Colour : bool { no, yes };

// `previous`: the snapshot in force, whose ids the new one keeps; see policy::compile.
[[nodiscard]] SliceFile read_slice_file(const std::string& path, Colour colour,
                                        const policy::Snapshot* previous = nullptr);

}  // namespace sluice::proxy
