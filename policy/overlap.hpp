// Who may write what at the same place. Private to the compiler and its tests.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "policy/compile.hpp"

namespace sluice::policy {

struct Effort {
  std::size_t conflicts = 100;   // to find
  std::size_t steps = 20000000;  // less than a second; more where nothing is optimised
  std::size_t pieces = 1024;     // of one match, without what others of higher priority have of it
};

// `compile` with another effort than usual.
[[nodiscard]] Compiled compile_within(const Document& document, Effort effort);

// A rule as the compiler sees it: its slice, and its places by number of switch, in ascending order.
struct Place {
  std::size_t switch_index;
  const PortSet* ports;
  std::vector<PortRef> sorted;  // of a list of ports
};

[[nodiscard]] Place place_at(std::size_t switch_index, const PortSet& ports);

struct PlacedRule {
  std::size_t slice_index;
  const DocumentRule* rule;
  std::vector<Place> places;
};

// All rules of the document, in its order; switches that it does not have are left out. It must live as long.
[[nodiscard]] std::vector<PlacedRule> placed_rules(const Document& document);

// One packet that two rules own both.
struct Conflict {
  std::size_t first, second;  // indexes of rules; first < second
  std::size_t switch_index;
  std::string port;     // "2", "\"eth24\"", "LOCAL"
  ofmsg::Match packet;  // exact in what the rules ask for
};

// A match of one rule that gives way to one of another slice's rule of higher priority, where they meet.
struct Yield {
  struct Part {
    std::size_t rule, match;  // indexes
  };

  Part low, high;
};

struct Conflicts {
  std::vector<Conflict> found;  // at most one for two rules
  std::vector<Yield> settled;   // by priority
  bool more = false;            // there are others, which were not looked for
  bool exhausted = false;       // the work became too much; nothing is certain
};

// Compares every two rules of different slices that may write; the others are left out. With Overlap::priority, rules
// of different priority are in no conflict.
[[nodiscard]] Conflicts find_conflicts(const std::vector<PlacedRule>& rules, Overlap overlap, Effort effort);

// Is there a port that both may mean? A name may be any physical port.
[[nodiscard]] bool may_meet(const Place& a, const Place& b);

// Does every port of `b` belong to `a`, as far as the text can tell?
[[nodiscard]] bool covers(const Place& a, const Place& b);

}  // namespace sluice::policy
