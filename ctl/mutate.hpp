// `sluicectl test --mutate`: which changes of the slice files no case notices.
#pragma once

#include <string>
#include <vector>

#include "ctl/test.hpp"
#include "ctl/test_run.hpp"

namespace sluice::ctl {

// One mutation that was not noticed, or that says nothing about the cases.
struct MutationResult {
  std::string position, what;
  std::string why;  // it says nothing: a sentence
};

struct MutationReport {
  std::size_t noticed = 0;
  std::vector<MutationResult> survived;
  std::vector<MutationResult> not_compiled;    // the slice file would have errors
  std::vector<MutationResult> without_effect;  // the same as before by construction

  [[nodiscard]] std::size_t all() const { return noticed + survived.size(); }
};

// The slice files that the cases name (but for those inside of a step), each once. `all` was run as witnesses, and
// nothing has failed. Only those cases are run again that use the file, and each mutation only until one of them fails.
[[nodiscard]] MutationReport mutate(const std::vector<Ran>& all, Policies& policies,
                                    slicing::replay::RunSettings settings, unsigned jobs);

// The survivors, and "N mutations, N noticed, N survived"; `in_full`: the others, too.
[[nodiscard]] std::string text(const MutationReport& report, bool in_full);

}  // namespace sluice::ctl
