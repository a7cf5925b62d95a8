// What is left of rules that give way to rules of other slices with a higher priority. Private to the compiler.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "policy/overlap.hpp"

namespace sluice::policy {

// By rule and match: those that have what both have.
using Yields = std::map<std::pair<std::size_t, std::size_t>, std::vector<Yield::Part>>;

[[nodiscard]] Yields yields_of(const std::vector<Yield>& settled);

struct Leftover {
  enum class What : std::uint8_t {
    nothing,   // of the whole rule
    too_much,  // to be said in a bounded number of matches
  };

  What what;
  std::size_t rule;
  std::vector<Yield::Part> above;  // too_much: because of these
};

// The rules of which nothing, or too much, is left; at most one that is too much. `most` is the number of matches that
// may be left of one match at a port.
[[nodiscard]] std::vector<Leftover> judge_leftovers(const std::vector<PlacedRule>& rules, const Yields& yields,
                                                    std::size_t most);

}  // namespace sluice::policy
