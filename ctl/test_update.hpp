// `sluicectl test --update`: writes what came in the place of what was expected.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "slicing/replay/case_run.hpp"

namespace sluice::ctl {

struct Updated {
  std::string text;
  std::string difference;  // "@@ 9", the line as it was behind "-", and as it is behind "+"; for each line that changes
};

// A case and one that comes after it may tell the same.
[[nodiscard]] Updated updated(const std::string& text, std::vector<slicing::replay::Update> updates);

}  // namespace sluice::ctl
