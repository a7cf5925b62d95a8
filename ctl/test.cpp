// `sluicectl test`: runs *.slicetest files.
#include "ctl/test.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <regex>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "ctl/program.hpp"
#include "ctl/text_input.hpp"
#include "policy/compile.hpp"
#include "policy/document.hpp"

namespace sluice::ctl {

namespace {

namespace fs = std::filesystem;
namespace replay = slicing::replay;
using policy::Snapshot;

constexpr std::string_view next_try = "sluicectl help test";

struct CaseText {
  std::string path;
  std::string text;
  replay::CaseFile file;
};

// Files themselves, and all *.slicetest below folders, sorted. Nothing: the error is told.
std::optional<std::vector<std::string>> find_files(const std::vector<std::string>& words, Io& io) {
  std::set<std::string> found;
  for (const std::string& word : words) {
    std::error_code trouble;
    if (!fs::is_directory(word, trouble)) {
      found.insert(word);
      continue;
    }
    for (auto at = fs::recursive_directory_iterator{word, trouble};
         !trouble && at != fs::recursive_directory_iterator{}; at.increment(trouble)) {
      if (at->path().extension() == ".slicetest") found.insert(at->path().string());
    }
    if (trouble) {
      io.err << fmt::format("sluicectl: {} cannot be read: {}\n", word, trouble.message());
      return std::nullopt;
    }
  }
  return std::vector<std::string>{found.begin(), found.end()};
}

bool read_file(const std::string& path, CaseText& into, Io& io) {
  auto text = read_text(path, io);
  if (!text) {
    io.err << fmt::format("sluicectl: {} cannot be read: {}\n", path, text.error());
    return false;
  }
  into.path = path;
  into.text = *std::move(text);
  into.file = replay::parse_cases(into.text);
  for (const replay::CaseError& error : into.file.errors) {
    io.err << fmt::format("{}:{}:{}: error: {}\n", path, error.at.line, error.at.column, error.message);
    if (!error.hint.empty()) io.err << "  " << error.hint << '\n';
  }
  return into.file.errors.empty();
}

// Slice files, each read once; as `PolicySource`s of one case file name them.
class Policies {
 public:
  using Loaded = ofmsg::Result<std::shared_ptr<const Snapshot>, std::string>;

  Loaded load(const std::string& case_path, const replay::PolicySource& source, const Snapshot* previous) {
    if (previous != nullptr) return read(case_path, source, previous);
    const auto [known, fresh] = known_.try_emplace({case_path, source.text});
    if (fresh) known->second = read(case_path, source, nullptr);
    return *known->second;
  }

 private:
  static Loaded read(const std::string& case_path, const replay::PolicySource& source, const Snapshot* previous) {
    const std::string name =
        source.inline_text ? case_path : (fs::path{case_path}.parent_path() / source.text).string();
    const policy::Document document = source.inline_text ? policy::parse(source.text, name) : policy::load(name);
    const policy::Compiled compiled = policy::compile(document, previous);
    if (compiled.snapshot) return compiled.snapshot;
    return ofmsg::Failure<std::string>{"the slice file has errors:\n" +
                                       policy::render(compiled.findings, document.texts, false)};
  }

  std::map<std::pair<std::string, std::string>, std::optional<Loaded>> known_;
};

// Puts the texts that came in the place of those that were expected, from the end on.
std::string updated(const std::string& text, std::vector<replay::Update> updates) {
  std::sort(updates.begin(), updates.end(),
            [](const replay::Update& a, const replay::Update& b) { return a.at.offset > b.at.offset; });
  std::string out = text;
  std::size_t last = std::string::npos;
  for (const replay::Update& update : updates) {
    if (update.at.offset == last) continue;  // a case and one that comes after it tell the same
    last = update.at.offset;
    out.replace(update.at.offset, update.at.length, update.text);
  }
  return out;
}

class Session {
 public:
  Session(const Settings& settings, Io& io) : settings_{settings}, io_{io} {}

  ExitCode run(const std::vector<std::string>& paths) {
    if (settings_.update && std::getenv("CI") != nullptr) {
      return wrong_usage(io_, "--update writes what came as what was expected; not where CI is set", next_try);
    }
    std::optional<std::regex> filter;
    if (settings_.filter) {
      try {
        filter.emplace(*settings_.filter);
      } catch (const std::regex_error& error) {
        return wrong_usage(io_, fmt::format("--filter \"{}\": {}", *settings_.filter, error.what()), next_try);
      }
    }
    for (const std::string& path : paths) {
      CaseText& text = files_.emplace_back();
      if (!read_file(path, text, io_)) broken_ = true;
    }
    if (broken_) return ExitCode::usage;
    for (const CaseText& text : files_) {
      if (!run_file(text, filter)) break;
    }
    if (settings_.list) return ExitCode::good;
    return tell();
  }

 private:
  // False: enough.
  bool run_file(const CaseText& text, const std::optional<std::regex>& filter) {
    std::vector<replay::Update> updates;
    for (const replay::Case& c : text.file.cases) {
      if (filter && !std::regex_search(c.name, *filter)) continue;
      if (settings_.list) {
        io_.out << fmt::format("{}:{}  {}\n", text.path, c.at.line, c.name);
        continue;
      }
      const auto load = [&](const replay::PolicySource& source, const Snapshot* previous) {
        return policies_.load(text.path, source, previous);
      };
      Ran ran{text.path, &c, replay::run_case(text.file, c, load, {settings_.seed, settings_.update})};
      updates.insert(updates.end(), ran.outcome.updates.begin(), ran.outcome.updates.end());
      const bool failed = ran.outcome.failure.has_value();
      all_.push_back(std::move(ran));
      if (failed && settings_.fail_fast) return false;
    }
    if (!updates.empty()) write(text, updated(text.text, std::move(updates)));
    return true;
  }

  void write(const CaseText& text, const std::string& content) {
    std::ofstream out{text.path, std::ios::binary | std::ios::trunc};
    out << content;
    out.flush();
    if (out) {
      io_.err << fmt::format("{} was updated; look at the difference\n", text.path);
    } else {
      io_.err << fmt::format("sluicectl: {} cannot be written\n", text.path);
      broken_ = true;
    }
  }

  ExitCode tell() {
    if (settings_.tap) {
      print_tap(all_, io_.out);
    } else {
      for (const Ran& ran : all_) {
        if (ran.outcome.failure) {
          print_failure(ran, settings_.verbose, io_.out);
        } else if (settings_.verbose) {
          io_.out << fmt::format("{} {}:{}  {}\n", ran.outcome.skipped ? "SKIP" : "PASS", ran.file, ran.test->at.line,
                                 ran.test->name);
        }
      }
    }
    if (settings_.junit) {
      std::ofstream out{*settings_.junit, std::ios::binary};
      print_junit(all_, out);
      out.flush();
      if (!out) {
        io_.err << fmt::format("sluicectl: {} cannot be written\n", *settings_.junit);
        return ExitCode::usage;
      }
    }
    const Tally tally = tally_of(all_);
    if (!settings_.tap && !settings_.quiet) {
      io_.out << fmt::format("{} passed, {} failed, {} skipped\n", tally.passed, tally.failed, tally.skipped);
    }
    if (broken_) return ExitCode::usage;
    if (all_.empty()) {
      io_.err << "sluicectl: no case was run\n";
      return ExitCode::no;
    }
    return tally.failed > 0 ? ExitCode::no : ExitCode::good;
  }

  const Settings& settings_;
  Io& io_;
  Policies policies_;
  std::deque<CaseText> files_;
  std::vector<Ran> all_;
  bool broken_ = false;
};

}  // namespace

ExitCode test(const Settings& settings, Io& io) {
  if (settings.from) return cases_of_recording(settings, io);
  if (settings.words.empty()) return wrong_usage(io, "which cases?", next_try);
  const auto paths = find_files(settings.words, io);
  if (!paths) return ExitCode::usage;
  if (paths->empty()) return wrong_usage(io, "there is no *.slicetest file", next_try);
  return Session{settings, io}.run(*paths);
}

}  // namespace sluice::ctl
