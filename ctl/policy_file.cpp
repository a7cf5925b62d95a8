#include "ctl/policy_file.hpp"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "ofmsg/text.hpp"
#include "ofmsg/text_scan.hpp"
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

std::optional<policy::SwitchId> find_switch(const policy::Snapshot& snapshot, const std::string& word,
                                            const std::string& file, Io& io) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < snapshot.switches().size(); ++i) {
    const policy::Switch& s = snapshot.switches()[i];
    if (s.name == word || ofmsg::text(s.dpid) == word) return policy::SwitchId{static_cast<std::uint16_t>(i)};
    names.push_back(s.name);
  }
  const std::string hint = ofmsg::did_you_mean(word, names);
  io.err << fmt::format("sluicectl: {} has no switch \"{}\"{}{}\ntry: sluicectl show {}\n", file, word,
                        hint.empty() ? "" : "; ", hint, file);
  return std::nullopt;
}

std::string header_text(const ofmsg::Match& header) { return header.matches_all() ? "any" : ofmsg::text(header); }

}  // namespace sluice::ctl
