#include "ctl/policy_file.hpp"

#include <algorithm>
#include <ostream>

#include "policy/codes.hpp"

namespace sluice::ctl {

bool unreadable(const std::vector<policy::Diagnostic>& findings) {
  const std::string_view code = policy::facts(policy::Code::unreadable).name;
  return std::any_of(findings.begin(), findings.end(), [code](const auto& finding) { return finding.code == code; });
}

PolicyFile read_policy(const std::string& path, const Settings& settings, Io& io) {
  PolicyFile file;
  file.document = policy::load(path);
  policy::Compiled compiled = policy::compile(file.document);
  file.snapshot = std::move(compiled.snapshot);
  if (file.snapshot) return file;
  io.err << policy::render(compiled.findings, file.document.texts, settings.coloured(io));
  file.verdict = unreadable(compiled.findings) ? ExitCode::usage : ExitCode::no;
  return file;
}

}  // namespace sluice::ctl
