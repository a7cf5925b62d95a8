// The snapshot of a policy that is known to be good. Private to the compiler.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/priorities.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

struct Good {
  const Document& document;
  const std::vector<std::uint16_t>& numbers;  // of the slices, in cookies
  const std::vector<PlacedRule>& rules;
  const Yields& yields;
  const Snapshot* previous;  // may be null
};

// Switches and slices that `previous` has too keep their ids: a slice is the same if its name and its number are, a
// switch if its datapath id is. What is gone keeps its id as well, and is marked.
[[nodiscard]] Snapshot::Parts assemble(const Good& good);

}  // namespace sluice::policy
