// What `sluicectl test` has run, and how it is told: for people, as TAP, as JUnit's XML.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "slicing/replay/case_run.hpp"

namespace sluice::ctl {

struct Ran {
  std::string file;
  const slicing::replay::Case* test;
  slicing::replay::Outcome outcome;
};

struct Tally {
  std::size_t passed = 0, failed = 0, skipped = 0;
};

[[nodiscard]] Tally tally_of(const std::vector<Ran>& all);

// The expected and the got message one below the other, with what differs; `bytes`: what came, too.
void print_failure(const Ran& ran, bool bytes, std::ostream& out);
void print_tap(const std::vector<Ran>& all, std::ostream& out);
void print_junit(const std::vector<Ran>& all, std::ostream& out);

}  // namespace sluice::ctl
