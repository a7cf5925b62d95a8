#include "ctl/test_run.hpp"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <sstream>

#include "ctl/parallel.hpp"

namespace sluice::ctl {

namespace replay = slicing::replay;

std::optional<CaseTexts> read_all_cases(const std::vector<std::string>& paths, unsigned jobs, Io& io) {
  CaseTexts texts(paths.size());
  std::vector<std::string> errors(paths.size());
  std::atomic<bool> good{true};
  for_each_index(paths.size(), jobs, [&](std::size_t i) {
    std::ostringstream err;
    Io own{io.in, io.out, err};
    if (!read_cases(paths[i], texts[i], own)) good = false;
    errors[i] = err.str();
  });
  for (const std::string& error : errors) io.err << error;
  return good ? std::optional{std::move(texts)} : std::nullopt;
}

replay::Outcome run_one_case(const CaseText& text, const replay::Case& c, Policies& policies,
                             replay::RunSettings settings, const Mutant* mutant) {
  const auto load = [&](const replay::PolicySource& source, const policy::Snapshot* previous) {
    return policies.load(text, source, previous, mutant);
  };
  return replay::run_case(text.file, c, load, settings);
}

std::vector<Ran> run_all_cases(const CaseTexts& texts, const RunPlan& plan, Policies& policies) {
  std::vector<std::vector<Ran>> by_file(texts.size());
  std::atomic<bool> enough{false};
  // Who stops at the first failure wants the first of the files.
  for_each_index(texts.size(), plan.fail_fast ? 1 : plan.jobs, [&](std::size_t i) {
    const CaseText& text = texts[i];
    for (const replay::Case& c : text.file.cases) {
      if (enough || !plan.wanted(c)) continue;
      Ran ran{&text, &c, run_one_case(text, c, policies, plan.settings)};
      if (plan.fail_fast && ran.outcome.failure) enough = true;
      by_file[i].push_back(std::move(ran));
    }
  });
  std::vector<Ran> all;
  for (std::vector<Ran>& some : by_file) std::move(some.begin(), some.end(), std::back_inserter(all));
  return all;
}

}  // namespace sluice::ctl
