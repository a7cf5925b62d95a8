// Who may write what at the same place. Private to the compiler.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "policy/document.hpp"

namespace sluice::policy {

// A rule as the compiler sees it: its slice, and its places by number of switch, in ascending order.
struct Place {
  std::size_t switch_index;
  const PortSet* ports;
};

struct PlacedRule {
  std::size_t slice_index;
  const DocumentRule* rule;
  std::vector<Place> places;
};

// One packet that two rules own both.
struct Conflict {
  std::size_t first, second;  // indexes of rules; first < second
  std::size_t switch_index;
  std::string port;           // "2", "\"eth24\"", "LOCAL"
  ofmsg::Match packet;        // exact in what the rules ask for
};

struct Conflicts {
  std::vector<Conflict> found;  // at most one for two rules
  bool more = false;            // there are others, which were not looked for
  bool exhausted = false;       // the work became too much; nothing is certain
};

// Compares every two rules of different slices that may write.
[[nodiscard]] Conflicts find_conflicts(const std::vector<PlacedRule>& rules, std::size_t most);

// Does every port of `b` belong to `a`, as far as the text can tell?
[[nodiscard]] bool covers(const PortSet& a, const PortSet& b);

}  // namespace sluice::policy
