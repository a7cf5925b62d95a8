// Reads and runs case files, several at a time if asked; what comes out is in the order of the files.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ctl/test.hpp"

namespace sluice::ctl {

using CaseTexts = std::deque<CaseText>;

// Nothing: errors are told, of all files.
[[nodiscard]] std::optional<CaseTexts> read_all_cases(const std::vector<std::string>& paths, unsigned jobs, Io& io);

struct RunPlan {
  slicing::replay::RunSettings settings;
  std::function<bool(const slicing::replay::Case&)> wanted;
  bool fail_fast = false;  // stop after the first failure
  unsigned jobs = 1;
};

[[nodiscard]] std::vector<Ran> run_all_cases(const CaseTexts& texts, const RunPlan& plan, Policies& policies);

// One case, by a slice file that may be another than it is written.
[[nodiscard]] slicing::replay::Outcome run_one_case(const CaseText& text, const slicing::replay::Case& c,
                                                    Policies& policies, slicing::replay::RunSettings settings,
                                                    const Mutant* mutant = nullptr);

}  // namespace sluice::ctl
