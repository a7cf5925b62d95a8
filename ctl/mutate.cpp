#include "ctl/mutate.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "ctl/mutations.hpp"
#include "ctl/parallel.hpp"
#include "policy/compare.hpp"
#include "policy/compile.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;

// A slice file, and the cases whose meaning depends on it.
struct Subject {
  std::string name;
  const policy::Document* document = nullptr;
  std::vector<const Ran*> cases;
  KnownPorts ports;
};

const replay::Case& case_of(const replay::CaseFile& file, const std::string& name) {
  return *std::find_if(file.cases.begin(), file.cases.end(), [&](const replay::Case& c) { return c.name == name; });
}

class Subjects {
 public:
  Subjects(const std::vector<Ran>& all, Policies& policies) : policies_{policies} {
    for (const Ran& ran : all) {
      if (ran.outcome.skipped) continue;
      add(ran, *ran.text->file.policy);
      const replay::Case* c = ran.test;
      while (true) {
        for (const replay::Step& step : c->steps) {
          if (step.what == replay::Step::What::policy && !step.policy.inline_text) add(ran, step.policy);
        }
        if (!c->after) break;
        c = &case_of(ran.text->file, *c->after);
      }
    }
  }

  std::vector<Subject> take() { return std::move(subjects_); }

 private:
  void add(const Ran& ran, const replay::PolicySource& source) {
    const policy::Document* document = policies_.document(*ran.text, source);
    if (document == nullptr) return;
    auto found = std::find_if(subjects_.begin(), subjects_.end(),
                              [&](const Subject& subject) { return subject.document == document; });
    if (found == subjects_.end()) {
      subjects_.push_back({Policies::name(*ran.text, source), document, {}, {}});
      found = std::prev(subjects_.end());
    }
    if (found->cases.empty() || found->cases.back() != &ran) found->cases.push_back(&ran);
    for (const replay::CaseSwitch& s : ran.text->file.switches) {
      std::vector<ofmsg::Port>& known = found->ports[s.name];
      for (const ofmsg::Port& port : s.ports) {
        const bool there = std::any_of(known.begin(), known.end(),
                                       [&port](const ofmsg::Port& other) { return other.number == port.number; });
        if (!there) known.push_back(port);
      }
    }
  }

  Policies& policies_;
  std::vector<Subject> subjects_;
};

// In which order the controllers of a slice may write: what their standby flags come to.
std::vector<std::pair<bool, std::size_t>> writing_order(const policy::Slice& slice) {
  std::vector<std::pair<bool, std::size_t>> order;
  for (std::size_t i = 0; i < slice.controllers.size(); ++i) order.emplace_back(slice.controllers[i].standby, i);
  std::sort(order.begin(), order.end());
  for (auto& [standby, index] : order) standby = false;
  return order;
}

bool writes(const policy::Snapshot& snapshot, std::string_view slice) {
  for (std::size_t i = 0; i < snapshot.switches().size(); ++i) {
    for (const policy::Region& region : snapshot.regions(policy::SwitchId{static_cast<std::uint16_t>(i)})) {
      if (region.access == policy::Access::write && snapshot.slice(region.slice).name == slice) return true;
    }
  }
  return false;
}

// Why nothing that happens can tell the two apart; empty if something can.
std::string same_because(const policy::Snapshot& before, const policy::Snapshot& after) {
  const policy::Difference difference = policy::compare(before, after);
  if (difference.none()) return "other rules of the slice have the same traffic";
  bool reader = false;
  for (const policy::SliceDifference& slice : difference.slices) {
    if (!slice.traffic.empty()) return {};
    for (const policy::SettingChange& setting : slice.settings) {
      if (setting.key == "controllers") continue;
      if (writes(after, slice.slice)) return {};
      reader = true;
    }
  }
  if (reader) return "the slice only reads, and has no flows";
  for (std::size_t i = 0; i < before.slices().size(); ++i) {
    if (writing_order(before.slices()[i]) != writing_order(after.slices()[i])) return {};
  }
  return "the same controller writes first";
}

struct Verdict {
  enum class What : std::uint8_t { noticed, survived, not_compiled, without_effect };

  What what = What::survived;
  std::string change;  // how the mutation was made
  std::string why;
};

class Trial {
 public:
  Trial(const Subject& subject, Policies& policies, replay::RunSettings settings, unsigned jobs)
      : subject_{subject},
        policies_{policies},
        settings_{settings},
        jobs_{jobs},
        base_{policy::compile(*subject.document).snapshot},
        noticed_(subject.cases.size()) {}

  void run(MutationReport& report) {
    if (base_ == nullptr) return;
    const std::vector<Mutation> mutations = mutations_of(*subject_.document, subject_.ports);
    std::vector<Verdict> verdicts(mutations.size());
    for_each_index(mutations.size(), jobs_, [&](std::size_t i) { verdicts[i] = judge(mutations[i]); });
    for (std::size_t i = 0; i < mutations.size(); ++i) {
      MutationResult result{mutations[i].position, fmt::format("{}: {}", mutations[i].subject, verdicts[i].change),
                            std::move(verdicts[i].why)};
      switch (verdicts[i].what) {
        case Verdict::What::noticed: ++report.noticed; break;
        case Verdict::What::survived: report.survived.push_back(std::move(result)); break;
        case Verdict::What::not_compiled: report.not_compiled.push_back(std::move(result)); break;
        case Verdict::What::without_effect: report.without_effect.push_back(std::move(result)); break;
      }
    }
  }

 private:
  Verdict judge(const Mutation& mutation) {
    std::string error;
    for (const Mutation::Way& way : mutation.ways) {
      Mutant mutant{subject_.name, *subject_.document, nullptr};
      way.change(mutant.document);
      policy::Compiled compiled = policy::compile(mutant.document);
      mutant.snapshot = std::move(compiled.snapshot);
      if (mutant.snapshot == nullptr) {
        const auto first =
            std::find_if(compiled.findings.begin(), compiled.findings.end(),
                         [](const policy::Diagnostic& d) { return d.severity == policy::Diagnostic::Severity::error; });
        if (error.empty() && first != compiled.findings.end()) error = first->code + " " + first->message;
        continue;
      }
      std::string same = same_because(*base_, *mutant.snapshot);
      if (!same.empty()) return {Verdict::What::without_effect, way.what, std::move(same)};
      const bool noticed = is_noticed(mutant, mutation.position);
      return {noticed ? Verdict::What::noticed : Verdict::What::survived, way.what, {}};
    }
    return {Verdict::What::not_compiled, mutation.ways.front().what, std::move(error)};
  }

  bool is_noticed(const Mutant& mutant, const std::string& position) {
    for (const std::size_t i : order_for(position)) {
      const Ran& ran = *subject_.cases[i];
      const replay::Outcome outcome = run_one_case(*ran.text, *ran.test, policies_, settings_, &mutant);
      if (!outcome.failure) continue;
      ++noticed_[i];
      return true;
    }
    return false;
  }

  // Cases about the rule first, and among them those that have noticed most so far.
  std::vector<std::size_t> order_for(const std::string& position) const {
    std::vector<std::pair<std::pair<bool, long>, std::size_t>> order;
    for (std::size_t i = 0; i < subject_.cases.size(); ++i) {
      const auto& rules = subject_.cases[i]->outcome.witness.rules;
      const bool about = std::any_of(rules.begin(), rules.end(),
                                     [&](const replay::RuleUse& rule) { return rule.position == position; });
      order.push_back({{!about, -noticed_[i].load()}, i});
    }
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> out;
    out.reserve(order.size());
    for (const auto& [rank, index] : order) out.push_back(index);
    return out;
  }

  const Subject& subject_;
  Policies& policies_;
  replay::RunSettings settings_;
  unsigned jobs_;
  std::shared_ptr<const policy::Snapshot> base_;
  std::vector<std::atomic<long>> noticed_;
};

std::string lines_of(const std::vector<MutationResult>& results, std::string_view label) {
  std::string out;
  for (const MutationResult& result : results) {
    const std::string why = result.why.empty() ? "" : fmt::format(" ({})", result.why);
    out += fmt::format("{} {}  {}{}\n", label, result.position, result.what, why);
  }
  return out;
}

}  // namespace

MutationReport mutate(const std::vector<Ran>& all, Policies& policies, replay::RunSettings settings, unsigned jobs) {
  MutationReport report;
  settings.witness = settings.update = false;
  const std::vector<Subject> subjects = Subjects{all, policies}.take();
  for (const Subject& subject : subjects) Trial{subject, policies, settings, jobs}.run(report);
  return report;
}

std::string text(const MutationReport& report, bool in_full) {
  std::string out = lines_of(report.survived, "SURVIVED");
  if (in_full) {
    out += lines_of(report.without_effect, "no effect");
    out += lines_of(report.not_compiled, "no slice file");
  }
  out += fmt::format("{} mutations, {} noticed, {} survived", report.all(), report.noticed, report.survived.size());
  const std::size_t others = report.without_effect.size() + report.not_compiled.size();
  if (others != 0) {
    out += fmt::format(" (not counted: {} that change nothing, {} that are no slice file{})",
                       report.without_effect.size(), report.not_compiled.size(), in_full ? "" : "; -v lists them");
  }
  return out + '\n';
}

}  // namespace sluice::ctl
