// `sluicectl check`: is a slice file all right?
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/policy_file.hpp"
#include "ctl/program.hpp"
#include "policy/document.hpp"
#include "policy/lint.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;
using policy::Diagnostic;
using Severity = policy::Diagnostic::Severity;

std::string_view text(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

struct Tally {
  std::size_t errors = 0, warnings = 0;
  bool any_unreadable = false;

  void add(const std::vector<Diagnostic>& findings) {
    for (const Diagnostic& finding : findings) {
      ++(finding.severity == Severity::error ? errors : warnings);
    }
    any_unreadable = any_unreadable || unreadable(findings);
  }

  [[nodiscard]] std::string text() const {
    const auto counted = [](std::size_t n, std::string_view what) {
      return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    return counted(errors, "error") + ", " + counted(warnings, "warning");
  }
};

Json json(const Diagnostic& finding) {
  return {{"severity", text(finding.severity)},
          {"code", finding.code},
          {"file", finding.at.file},
          {"line", finding.at.line},
          {"column", finding.at.column},
          {"length", finding.length},
          {"message", finding.message},
          {"label", finding.label.empty() ? Json(nullptr) : Json(finding.label)},
          {"notes", finding.notes}};
}

// file:line:column: error: message [E0102]
std::string gcc(const Diagnostic& finding) {
  std::string out =
      fmt::format("{}: {}: {} [{}]", policy::text(finding.at), text(finding.severity), finding.message, finding.code);
  if (!finding.label.empty()) out += ": " + finding.label;
  return out + '\n';
}

}  // namespace

ExitCode check(const Settings& settings, Io& io) {
  if (settings.words.empty()) {
    return wrong_usage(io, "which file?", "sluicectl check slices.json");
  }
  Tally tally;
  Json found = Json::array();
  for (const std::string& file : settings.words) {
    const policy::Document document = policy::load(file);
    const policy::Compiled compiled = policy::compile_and_lint(document);
    tally.add(compiled.findings);
    if (settings.json) {
      for (const Diagnostic& finding : compiled.findings) found.push_back(json(finding));
    } else if (settings.gcc) {
      for (const Diagnostic& finding : compiled.findings) io.out << gcc(finding);
    } else if (!settings.quiet || tally.errors > 0) {
      io.out << policy::render(compiled.findings, document.texts, settings.coloured(io));
    }
  }
  if (settings.json) {
    const Json answer{{"kind", "sluicectl.check"}, {"v", 1},
                      {"files", settings.words},   {"findings", std::move(found)},
                      {"errors", tally.errors},    {"warnings", tally.warnings}};
    io.out << answer.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else if (!settings.quiet) {
    io.out << tally.text() << '\n';
  }
  if (tally.any_unreadable) return ExitCode::usage;
  return tally.errors > 0 ? ExitCode::no : ExitCode::good;
}

}  // namespace sluice::ctl
