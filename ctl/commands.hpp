// The commands of sluicectl that need no daemon, and the options of all commands.
#pragma once

#include <span>
#include <string_view>

#include <cxxopts.hpp>

#include "ctl/program.hpp"

namespace sluice::ctl {

struct Command {
  std::string_view name;
  std::string_view usage;  // what follows the name
  std::string_view help;   // one line
  std::string_view more;   // paragraphs for `help NAME`
  void (*add_options)(cxxopts::OptionAdder&&) = nullptr;
  void (*read_options)(const cxxopts::ParseResult&, Settings&) = nullptr;  // throws what cxxopts throws
  ExitCode (*run)(const Settings&, Io&) = nullptr;
};

[[nodiscard]] std::span<const Command> own_commands();
[[nodiscard]] const Command* own_command(std::string_view name);  // null if there is none

// Everything that the command, own or live, understands; without a name what all do.
[[nodiscard]] cxxopts::Options make_options(std::string_view command);
// Throws what cxxopts throws.
[[nodiscard]] Settings read_settings(std::string_view command, const cxxopts::ParseResult& parsed);

// Does the next word belong to this option?
[[nodiscard]] bool takes_value(std::string_view option);

}  // namespace sluice::ctl
