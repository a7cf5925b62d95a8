// As much of a shell as scripts of fvctl need: words, quotes, comments, continued lines, and variables that the script
// sets to fixed values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::ctl {

struct ShellCommand {
  std::size_t line = 0;  // where it begins, from 1
  std::vector<std::string> words;
  std::string unknown;  // the first thing in it whose value only a shell would know: "$i", "`date`"
};

// Commands are separated by line ends, ';', '&' and '|'. Assignments are carried out and left out.
[[nodiscard]] std::vector<ShellCommand> shell_commands(std::string_view text);

}  // namespace sluice::ctl
