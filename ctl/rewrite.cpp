// `sluicectl rewrite`: what becomes of one message of a controller, by a slice file alone.
#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ctl/offline_switch.hpp"
#include "ctl/program.hpp"
#include "slicing/replay/case_file.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;

constexpr std::string_view example =
    "sluicectl rewrite -c slices.json --slice video --switch s1 flow_mod priority=5,ip,actions=output:1";

void print(const replay::Driver& driver, std::ostream& out) {
  for (const auto& [party, frame] : driver.left()) {
    const replay::At at = party.slice.empty() ? replay::At::switch_ : replay::At::controller;
    out << fmt::format("{} < {}\n", replay::text(party), replay::spell(frame.view(), at));
  }
  const std::vector<slicing::Refusal> refusals = driver.domain().refusals();
  for (const slicing::Refusal& refusal : refusals) out << fmt::format("why: {} {}\n", refusal.code, refusal.why);
}

}  // namespace

ExitCode rewrite(const Settings& settings, Io& io) {
  if (!settings.config || !settings.slice_name || !settings.switch_name) {
    return wrong_usage(io, "rewrite needs --config, --slice and --switch", example);
  }
  if (settings.words.empty()) return wrong_usage(io, "which message?", example);
  const PolicyFile file = read_policy(*settings.config, settings, io);
  if (!file.snapshot) return file.verdict;
  const auto id = find_switch(*file.snapshot, *settings.switch_name, *settings.config, io);
  if (!id) return ExitCode::usage;
  if (!file.snapshot->find_slice(*settings.slice_name)) {
    return wrong_usage(io, fmt::format("{} has no slice \"{}\"", *settings.config, *settings.slice_name), example);
  }
  const policy::Switch& s = file.snapshot->switch_(*id);
  if (!s.versions.has(settings.version)) {
    return wrong_usage(io, fmt::format("{} may not speak OpenFlow {}", s.name, ofmsg::text(settings.version)), example);
  }
  const std::string text = fmt::format("{}", fmt::join(settings.words, " "));
  const auto spelling = replay::parse_spelling(text, settings.version);
  if (!spelling) {
    const ofmsg::TextError& error = spelling.error();
    return wrong_usage(io, error.message + (error.hint.empty() ? "" : "; " + error.hint), example);
  }
  const auto bytes = replay::to_bytes(*spelling, settings.version, ofmsg::Xid{1}, {});
  if (!bytes) return wrong_usage(io, bytes.error(), example);

  replay::Driver driver{file.snapshot};
  driver.connect_switch(s.name, offline_switch(file, *id, settings.version).settings);
  const replay::Party party{s.name, *settings.slice_name, 0};
  if (!driver.say(party, *bytes)) {
    io.err << fmt::format("sluicectl: slice {} has nothing on {}\n", *settings.slice_name, s.name);
    return ExitCode::no;
  }
  print(driver, io.out);
  return driver.domain().refusals().empty() ? ExitCode::good : ExitCode::no;
}

}  // namespace sluice::ctl
