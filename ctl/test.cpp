// `sluicectl test`: runs *.slicetest files.
#include "ctl/test.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <ostream>
#include <regex>
#include <sstream>

#include <fmt/format.h>

#include "ctl/case_json.hpp"
#include "ctl/coverage.hpp"
#include "ctl/mutate.hpp"
#include "ctl/ovs_oracle.hpp"
#include "ctl/program.hpp"
#include "ctl/test_run.hpp"
#include "ctl/test_update.hpp"
#include "ctl/text_input.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;

constexpr std::string_view next_try = "sluicectl help test";

bool cannot_write(const std::string& path, const std::string& why, Io& io) {
  io.err << fmt::format("sluicectl: {} cannot be written: {}\n", path, why);
  return false;
}

// Why the words cannot be carried out; empty if they can.
std::string conflict(const Settings& settings, const std::vector<std::string>& paths) {
  if (settings.update) {
    for (const std::string& path : paths) {
      if (path.ends_with(".json")) {
        return fmt::format("--update writes text only: convert {} with `sluicectl test --convert`, or leave it out",
                           path);
      }
    }
  }
  if (settings.update && std::getenv("CI") != nullptr) {
    return "--update writes what came as what was expected; not where CI is set";
  }
  if (settings.output && !settings.convert) return "--output goes with --convert";
  if (settings.fail_under && *settings.fail_under > 100) return "--fail-under is a share in percent";
  if (settings.oracle && *settings.oracle != "ovs") return "the one --oracle that there is is ovs";
  if (settings.update && settings.mutate) return "--update and --mutate do not go together";
  if (settings.jobs == 0 || settings.jobs > 256) return "--jobs is a number from 1 to 256";
  return {};
}

// --- the other form --------------------------------------------------------------------------------------------------

ExitCode convert(const Settings& settings, Io& io) {
  CaseText cases;
  if (!read_cases(settings.words.front(), cases, io)) return ExitCode::usage;
  std::string other = cases.text;
  if (!cases.json) {
    auto json = json_of_cases(cases.file);
    if (!json) {
      io.err << fmt::format("sluicectl: {}: {}\n", cases.path, json.error());
      return ExitCode::usage;
    }
    other = *std::move(json);
  }
  if (!settings.output) {
    io.out << other;
    return ExitCode::good;
  }
  const std::string why = write_new(*settings.output, other);
  return why.empty() || cannot_write(*settings.output, why, io) ? ExitCode::good : ExitCode::usage;
}

// --- one run ---------------------------------------------------------------------------------------------------------

class Session {
 public:
  Session(const Settings& settings, const CaseTexts& texts, Io& io) : settings_{settings}, texts_{texts}, io_{io} {}

  ExitCode run(const std::optional<std::regex>& filter) {
    const auto wanted = [&filter](const replay::Case& c) { return !filter || std::regex_search(c.name, *filter); };
    if (settings_.list) {
      list(wanted);
      return ExitCode::good;
    }
    RunPlan plan;
    plan.settings.seed = settings_.seed;
    plan.settings.update = settings_.update;
    plan.settings.witness = settings_.coverage || settings_.fail_under || settings_.mutate || settings_.oracle;
    plan.wanted = wanted;
    plan.fail_fast = settings_.fail_fast;
    plan.jobs = settings_.jobs;
    all_ = run_all_cases(texts_, plan, policies_);
    std::string read;
    if (settings_.oracle) {
      const auto count = judge_by_ovs(all_);
      if (!count) {
        io_.err << fmt::format("sluicectl: --oracle ovs: {}\n", count.error());
        return ExitCode::usage;
      }
      read = fmt::format("ovs-ofctl has read {} messages to switches\n", *count);
    }
    bool written = !settings_.update || update();
    tell_cases();
    if (!settings_.quiet) remark(read);
    if (settings_.junit) written = write_junit() && written;
    bool good = tell_coverage();
    if (settings_.mutate) good = tell_mutations(plan) && good;
    const Tally tally = tally_of(all_);
    if (!settings_.tap && !settings_.quiet) {
      io_.out << fmt::format("{} passed, {} failed, {} skipped\n", tally.passed, tally.failed, tally.skipped);
    }
    if (!written) return ExitCode::usage;
    if (all_.empty()) {
      io_.err << "sluicectl: no case was run\n";
      return ExitCode::no;
    }
    return good && tally.failed == 0 ? ExitCode::good : ExitCode::no;
  }

 private:
  template <class Wanted>
  void list(const Wanted& wanted) {
    for (const CaseText& text : texts_) {
      for (const replay::Case& c : text.file.cases) {
        if (wanted(c)) io_.out << fmt::format("{}  {}\n", text.where(c.at), c.name);
      }
    }
  }

  // False: a file could not be written.
  bool update() {
    std::map<const CaseText*, std::vector<replay::Update>> updates;
    for (const Ran& ran : all_) {
      auto& of_file = updates[ran.text];
      of_file.insert(of_file.end(), ran.outcome.updates.begin(), ran.outcome.updates.end());
    }
    bool good = true;
    for (const CaseText& text : texts_) {
      if (updates[&text].empty()) continue;
      const Updated after = updated(text.text, std::move(updates[&text]));
      const std::string why = write_over(text.path, after.text);
      if (!why.empty()) {
        good = cannot_write(text.path, why, io_);
        continue;
      }
      io_.err << fmt::format("{} was updated; look at the difference\n", text.path);
      remark(fmt::format("--- {}\n{}", text.path, after.difference));
    }
    return good;
  }

  void tell_cases() {
    if (settings_.tap) return print_tap(all_, io_.out);
    for (const Ran& ran : all_) {
      if (ran.outcome.failure) {
        print_failure(ran, {settings_.verbose, settings_.coloured(io_)}, io_.out);
      } else if (settings_.verbose) {
        io_.out << fmt::format("{} {}  {}\n", ran.outcome.skipped ? "SKIP" : "PASS", ran.text->where(ran.test->at),
                               ran.test->name);
      }
    }
  }

  bool write_junit() {
    std::ostringstream xml;
    print_junit(all_, xml);
    const std::string why = write_over(*settings_.junit, xml.str());
    return why.empty() || cannot_write(*settings_.junit, why, io_);
  }

  // False: less is covered than is asked for.
  bool tell_coverage() {
    if (!settings_.coverage && !settings_.fail_under) return true;
    const std::vector<Share> shares = coverage_of(all_, policies_);
    remark(text(shares));
    bool good = true;
    for (const Share& share : shares) {
      if (!settings_.fail_under || !share.under(*settings_.fail_under)) continue;
      remark(fmt::format("{}: {}% is under {}%\n", share.what, share.percent(), *settings_.fail_under));
      good = false;
    }
    return good;
  }

  // False: something survives.
  bool tell_mutations(const RunPlan& plan) {
    if (tally_of(all_).failed > 0) {
      remark("no mutation was tried: first all cases have to pass\n");
      return false;
    }
    const MutationReport report = mutate(all_, policies_, plan.settings, plan.jobs);
    remark(text(report, settings_.verbose));
    return report.survived.empty();
  }

  // Lines about all cases together; to who reads TAP they are comments.
  void remark(const std::string& lines) {
    std::istringstream in{lines};
    for (std::string line; std::getline(in, line);) io_.out << (settings_.tap ? "# " : "") << line << '\n';
  }

  const Settings& settings_;
  const CaseTexts& texts_;
  Io& io_;
  Policies policies_;
  std::vector<Ran> all_;
};

}  // namespace

ExitCode test(const Settings& settings, Io& io) {
  if (settings.from) return cases_of_recording(settings, io);
  if (settings.words.empty()) return wrong_usage(io, "which cases?", next_try);
  const auto paths = find_case_files(settings.words, io);
  if (!paths) return ExitCode::usage;
  if (paths->empty()) return wrong_usage(io, "there is no *.slicetest file", next_try);
  if (const std::string why = conflict(settings, *paths); !why.empty()) return wrong_usage(io, why, next_try);
  if (settings.convert) {
    if (settings.words.size() != 1) return wrong_usage(io, "one file at a time is converted", next_try);
    return convert(settings, io);
  }
  std::optional<std::regex> filter;
  if (settings.filter) {
    try {
      filter.emplace(*settings.filter);
    } catch (const std::regex_error& error) {
      return wrong_usage(io, fmt::format("--filter \"{}\": {}", *settings.filter, error.what()), next_try);
    }
  }
  const std::optional<CaseTexts> texts = read_all_cases(*paths, settings.jobs, io);
  if (!texts) return ExitCode::usage;
  return Session{settings, *texts, io}.run(filter);
}

}  // namespace sluice::ctl
