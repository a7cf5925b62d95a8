// Every command that is a question to the daemon. Answers come finished, as tables or as JSON, so that ovs-appctl gets
// the same.
#include "ctl/live.hpp"

#include <cerrno>
#include <filesystem>
#include <ostream>
#include <unistd.h>

#include <fmt/format.h>

#include "ctl/client.hpp"
#include "ctl/program.hpp"

namespace sluice::ctl {

namespace {

// The first place where there is a socket; else the first that we may not look into; else the first.
std::string find_target(const std::vector<std::string>& places) {
  std::string closed;
  for (const std::string& place : places) {
    if (access(place.c_str(), F_OK) == 0) return place;
    if (errno == EACCES && closed.empty()) closed = place;
  }
  return closed.empty() ? places.front() : closed;
}

std::string joined(const std::vector<std::string>& places) {
  std::string out;
  for (const std::string& place : places) out += (out.empty() ? "" : " and ") + place;
  return out;
}

std::vector<std::string> parameters(std::string_view verb, const Settings& settings) {
  std::vector<std::string> params = settings.words;
  // The daemon may stand in another folder.
  if (verb == "shadow" && !params.empty() && params.front() != "off") {
    params.front() = std::filesystem::absolute(params.front()).string();
  }
  if (settings.slice_name) {
    params.emplace_back("--slice");
    params.push_back(*settings.slice_name);
  }
  if (settings.switch_name) {
    params.emplace_back("--switch");
    params.push_back(*settings.switch_name);
  }
  if (settings.wait) params.emplace_back("--wait");
  if (settings.dry_run) params.emplace_back("--dry-run");
  if (settings.json) params.emplace_back("--json");
  return params;
}

}  // namespace

std::string target_of(const Settings& settings) {
  return settings.target ? *settings.target : find_target(default_targets());
}

ExitCode tell(const AskError& error, std::string_view verb, const std::string& target, const Settings& settings,
              Io& io) {
  using What = AskError::What;
  switch (error.what) {
    case What::unreachable:
      io.err << fmt::format("sluicectl: no sluiced answers at {}: {}\n",
                            settings.target ? target : joined(default_targets()), error.why);
      io.err << (settings.target ? "try: sluiced -c SLICES.json --ctl " + target + "      to start it there\n"
                                 : "try: sluiced -c SLICES.json        to start it\n"
                                   "     sluicectl -t SOCKET status     if it has its socket elsewhere\n");
      return ExitCode::unreachable;
    case What::not_permitted:
      io.err << fmt::format("sluicectl: {} may only be used by the user that runs sluiced: {}\n", target, error.why);
      io.err << fmt::format("try: sudo sluicectl -t {} {}\n", target, verb);
      return ExitCode::not_permitted;
    case What::timed_out:
      io.err << fmt::format("sluicectl: {} within {:g}s: {}\n", target,
                            static_cast<double>(settings.timeout.count()) / 1000, error.why);
      io.err << fmt::format("try: sluicectl -T 60 {}\n", verb);
      return ExitCode::timed_out;
    case What::broken:
      io.err << fmt::format("sluicectl: {} gave no answer that can be read: {}\n", target, error.why);
      io.err << "try: sluicectl version       the daemon may be of another version\n";
      return ExitCode::internal;
    case What::ended:
      io.err << fmt::format("sluicectl: {} tells no more: {}; what came before is kept\n", target, error.why);
      return ExitCode::no;
    case What::refused: break;
  }
  std::string why = error.why;
  while (!why.empty() && why.back() == '\n') why.pop_back();
  if (verb == "reload" || verb == "shadow") {
    io.err << fmt::format("sluicectl: {}\n", why);
    return ExitCode::no;
  }
  // A name that is unknown is found in the list of its kind.
  const bool wrong_switch = settings.switch_name && why.find("switch") != std::string::npos;
  const bool wrong_slice = why.starts_with("no slice");
  if (verb == "trace") {
    io.err << fmt::format("sluicectl: {}\ntry: {}\n", why,
                          why.starts_with("no switch") ? "sluicectl switch" : "sluicectl help trace");
    return ExitCode::no;
  }
  const std::string_view list = verb == "switch" || wrong_switch    ? "switch"
                                : verb == "explain" && !wrong_slice ? "rejects"
                                : settings.words.empty()            ? "status"
                                                                    : "slice";
  io.err << fmt::format("sluicectl: {}\ntry: sluicectl {}\n", why, list);
  return ExitCode::no;
}

ExitCode live(std::string_view verb, const Settings& settings, Io& io) {
  const std::string target = target_of(settings);
  if (settings.verbose) io.err << fmt::format("asking {}\n", target);
  const auto answer = ask(target, std::string{verb}, parameters(verb, settings), settings.timeout);
  if (!answer) return tell(answer.error(), verb, target, settings, io);
  if (settings.quiet) return ExitCode::good;
  io.out << *answer;
  if (!answer->empty() && answer->back() != '\n') io.out << '\n';
  return ExitCode::good;
}

}  // namespace sluice::ctl
