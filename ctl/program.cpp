// From arguments to a command: noun first, then what is to be done with it. Verbs of the daemon come from admin/verbs,
// the others from ctl/commands. Options may stand before or after the command.
#include "ctl/program.hpp"

#include <algorithm>
#include <ostream>

#include <cxxopts.hpp>
#include <fmt/format.h>

#include "admin/verbs.hpp"
#include "ctl/commands.hpp"
#include "ofmsg/text_scan.hpp"

namespace sluice::ctl {

namespace {

// The daemon's `version` is asked for with `ovs-appctl`; ours is shown without a daemon.
const admin::Verb* live_verb(std::string_view name) {
  if (own_command(name)) return nullptr;
  for (const admin::Verb& verb : admin::verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  names.reserve(own_commands().size() + admin::verbs().size());
  for (const Command& command : own_commands()) names.push_back(command.name);
  for (const admin::Verb& verb : admin::verbs()) {
    if (!own_command(verb.name)) names.push_back(verb.name);
  }
  return names;
}

// Without the lines about the program itself.
std::string options_help(std::string_view command) {
  const std::string all = make_options(command).help();
  return all.substr(std::min(all.find("Common options"), all.size()));
}

void print_help(std::ostream& out) {
  out << "usage: sluicectl [OPTION]... COMMAND [ARGUMENT]...\n";
  std::size_t width = 0;
  const auto call = [](std::string_view name, std::string_view usage) { return fmt::format("{} {}", name, usage); };
  for (const Command& c : own_commands()) width = std::max(width, call(c.name, c.usage).size());
  for (const admin::Verb& v : admin::verbs()) width = std::max(width, call(v.name, v.usage).size());
  out << "\nAsk the daemon:\n";
  for (const admin::Verb& v : admin::verbs()) {
    if (!own_command(v.name)) out << fmt::format("  {:<{}}  {}\n", call(v.name, v.usage), width, v.help);
  }
  out << "\nWithout a daemon:\n";
  for (const Command& c : own_commands()) out << fmt::format("  {:<{}}  {}\n", call(c.name, c.usage), width, c.help);
  out << '\n' << options_help({});
  out << "\nExit codes: 0 good, 1 the answer is no, 2 wrong usage or unreadable input, 3 no daemon,\n"
         "4 not permitted, 5 timed out, 70 internal error.\n";
}

void print_help_of(std::string_view name, std::string_view usage, std::string_view help, std::string_view more,
                   std::ostream& out) {
  out << fmt::format("usage: sluicectl {} {}\n\n  {}\n", name, usage, help);
  if (!more.empty()) out << '\n' << more << '\n';
  out << '\n' << options_help(name);
}

ExitCode unknown_command(Io& io, std::string_view name) {
  const std::vector<std::string_view> names = all_names();
  const std::string hint = ofmsg::did_you_mean(name, names);
  return wrong_usage(io, fmt::format("unknown command \"{}\"{}{}", name, hint.empty() ? "" : "; ", hint),
                     "sluicectl help");
}

std::size_t command_at(std::span<const std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (takes_value(word)) {
      ++i;
    } else if (word.empty() || word.front() != '-') {
      return i;
    }
  }
  return arguments.size();
}

ExitCode run_command(const std::string& name, Settings settings, Io& io) {
  const std::string try_help = fmt::format("sluicectl help {}", name);
  if (const Command* command = own_command(name)) return command->run(settings, io);
  const admin::Verb& verb = *live_verb(name);
  // `slice ls` and `slice show NAME` are `slice` and `slice NAME`.
  const bool noun = name == "slice" || name == "switch";
  if (noun && !settings.words.empty() && (settings.words.front() == "ls" || settings.words.front() == "show")) {
    settings.words.erase(settings.words.begin());
  }
  const std::size_t count = settings.words.size();
  if (count < verb.min_args) return wrong_usage(io, fmt::format("\"{}\" needs more arguments", name), try_help);
  if (count > verb.max_args) {
    return wrong_usage(
        io, fmt::format("\"{}\" is one argument too many for \"{}\"", settings.words[verb.max_args], name), try_help);
  }
  return live(name, settings, io);
}

}  // namespace

ExitCode wrong_usage(Io& io, std::string_view why, std::string_view next) {
  io.err << "sluicectl: " << why << "\ntry: " << next << '\n';
  return ExitCode::usage;
}

ExitCode help(const Settings& settings, Io& io) {
  if (settings.words.empty()) {
    print_help(io.out);
    return ExitCode::good;
  }
  const std::string& name = settings.words.front();
  if (const Command* command = own_command(name)) {
    print_help_of(command->name, command->usage, command->help, command->more, io.out);
  } else if (const admin::Verb* verb = live_verb(name)) {
    print_help_of(verb->name, verb->usage, verb->help, {}, io.out);
  } else {
    return unknown_command(io, name);
  }
  return ExitCode::good;
}

ExitCode version(const Settings& settings, Io& io) {
  if (settings.json) {
    io.out << fmt::format("{{\"kind\":\"sluicectl.version\",\"v\":1,\"version\":\"{}\"}}\n", SLUICE_VERSION);
  } else {
    io.out << "sluicectl " << SLUICE_VERSION << '\n';
  }
  return ExitCode::good;
}

ExitCode run(std::span<const std::string> arguments, Io& io) {
  const std::size_t at = command_at(arguments);
  const std::string name = at < arguments.size() ? arguments[at] : "";
  if (!name.empty() && !own_command(name) && !live_verb(name)) return unknown_command(io, name);
  std::vector<const char*> words{"sluicectl"};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i != at) words.push_back(arguments[i].c_str());
  }
  const std::string next = name.empty() ? "sluicectl help" : "sluicectl help " + name;
  Settings settings;
  try {
    cxxopts::Options options = make_options(name);
    const cxxopts::ParseResult parsed = options.parse(static_cast<int>(words.size()), words.data());
    settings = read_settings(name, parsed);
    if (parsed.count("version") != 0) return version(settings, io);
    if (parsed.count("help") != 0) {
      settings.words.clear();
      if (!name.empty()) settings.words.push_back(name);
      return help(settings, io);
    }
  } catch (const cxxopts::exceptions::exception& error) {
    return wrong_usage(io, error.what(), next);
  }
  if (name.empty()) {
    print_help(io.err);
    return ExitCode::usage;
  }
  return run_command(name, std::move(settings), io);
}

}  // namespace sluice::ctl
