#include "ctl/policy_file.hpp"

#include <algorithm>
#include <ostream>

#include "policy/codes.hpp"

namespace sluice::ctl {

PolicyFile read_policy(const std::string& path, const Settings& settings, Io& io) {
  PolicyFile file;
  file.document = policy::load(path);
  policy::Compiled compiled = policy::compile(file.document);
  file.snapshot = std::move(compiled.snapshot);
  if (file.snapshot) return file;
  io.err << policy::render(compiled.findings, file.document.texts, settings.coloured(io));
  const bool unreadable = std::any_of(compiled.findings.begin(), compiled.findings.end(), [](const auto& finding) {
    return finding.code == policy::facts(policy::Code::unreadable).name;
  });
  file.verdict = unreadable ? ExitCode::usage : ExitCode::no;
  return file;
}

}  // namespace sluice::ctl
