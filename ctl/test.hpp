// What `sluicectl test` has run, and how it is told: for people, as TAP, as JUnit's XML.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "ctl/case_source.hpp"
#include "slicing/replay/case_run.hpp"

namespace sluice::ctl {

struct Ran {
  const CaseText* text;
  const slicing::replay::Case* test;
  slicing::replay::Outcome outcome;
};

struct Tally {
  std::size_t passed = 0, failed = 0, skipped = 0;
};

[[nodiscard]] Tally tally_of(const std::vector<Ran>& all);

struct Look {
  bool bytes = false;   // what should have come, and what came
  bool colour = false;  // what differs in colour, else underlined
};

// The expected and the got message one below the other, with what differs; why the core did it, and by which rule.
void print_failure(const Ran& ran, Look look, std::ostream& out);
void print_tap(const std::vector<Ran>& all, std::ostream& out);
void print_junit(const std::vector<Ran>& all, std::ostream& out);

}  // namespace sluice::ctl
