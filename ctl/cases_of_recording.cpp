// `sluicectl test --from RECORDING`: a recording as a file of test cases.
#include <ostream>

#include <fmt/format.h>

#include "ctl/policy_file.hpp"
#include "ctl/recording_source.hpp"
#include "ctl/text_input.hpp"
#include "policy/compile.hpp"
#include "slicing/replay/case_run.hpp"
#include "slicing/replay/recorded_cases.hpp"

namespace sluice::ctl {

namespace replay = slicing::replay;

namespace {

// Whether they say what they are said to say; the first that does not is told.
bool hold(const std::string& text, const std::optional<std::string>& config, Io& io) {
  const replay::CaseFile file = replay::parse_cases(text);
  for (const replay::CaseError& error : file.errors) {
    io.err << fmt::format("sluicectl: line {} of the cases cannot be read: {}\n", error.at.line, error.message);
  }
  if (!file.errors.empty()) return false;
  const replay::LoadPolicy load = [&config](const replay::PolicySource& source, const policy::Snapshot* previous)
      -> ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string> {
    const policy::Document document =
        source.inline_text || !config ? policy::parse(source.text, "recording") : policy::load(*config);
    policy::Compiled compiled = policy::compile(document, previous);
    if (compiled.snapshot) return std::move(compiled.snapshot);
    return ofmsg::Failure<std::string>{policy::render(compiled.findings, document.texts, false)};
  };
  for (const replay::Case& c : file.cases) {
    const replay::Outcome outcome = replay::run_case(file, c, load);
    if (!outcome.failure) continue;
    io.err << fmt::format("sluicectl: the case \"{}\" does not hold, line {}: {}\n", c.name, outcome.failure->at.line,
                          outcome.failure->what);
    return false;
  }
  return true;
}

}  // namespace

ExitCode cases_of_recording(const Settings& settings, Io& io) {
  replay::RecordedCases cases{{settings.slice_name.value_or(""), settings.until}};
  const ExitCode read = read_recording(
      *settings.from, io, [&cases](const replay::RecordingReader::Block& block) { return cases.take(block); });
  if (read != ExitCode::good) return read;
  const auto text = cases.text(settings.config.value_or(""));
  if (!text) {
    io.err << fmt::format("sluicectl: {}: {}\n", *settings.from, text.error());
    return ExitCode::no;
  }
  if (!settings.output) {
    io.out << *text;
  } else if (const std::string why = write_new(*settings.output, *text); !why.empty()) {
    return wrong_usage(io, fmt::format("{} cannot be written: {}", *settings.output, why), "sluicectl help test");
  }
  return hold(*text, settings.config, io) ? ExitCode::good : ExitCode::no;
}

}  // namespace sluice::ctl
