#include "proxy/slice_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "policy/document.hpp"
#include "policy/lint.hpp"
#include "proxy/options.hpp"

namespace sluice::proxy {

namespace {

constexpr std::string_view unreadable = "E0100";

std::string counted(std::ptrdiff_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

SliceFile read_slice_file(const std::string& path, Colour colour, const policy::Snapshot* previous) {
  using policy::Diagnostic;
  const policy::Document document = policy::load(path);
  std::vector<Diagnostic> findings = document.findings;
  SliceFile file;
  file.text = slicing::replay::policy_text(document, path);
  if (!document.has_errors()) {
    policy::Compiled compiled = policy::compile_and_lint(document, previous);
    file.snapshot = std::move(compiled.snapshot);
    findings = std::move(compiled.findings);
  }
  const auto errors = std::count_if(findings.begin(), findings.end(), [](const Diagnostic& finding) {
    return finding.severity == Diagnostic::Severity::error;
  });
  const bool read = std::none_of(findings.begin(), findings.end(),
                                 [](const Diagnostic& finding) { return finding.code == unreadable; });
  file.findings = policy::render(findings, document.texts, colour == Colour::yes);
  file.summary = fmt::format("{}, {}", counted(errors, "error"),
                             counted(static_cast<std::ptrdiff_t>(findings.size()) - errors, "warning"));
  if (!read) {
    file.exit_code = exit_code::usage;
  } else if (errors > 0 || !file.snapshot) {
    file.exit_code = exit_code::failed;
  }
  return file;
}

}  // namespace sluice::proxy
