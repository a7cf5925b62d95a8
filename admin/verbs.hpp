// What can be asked of a running daemon: one row for each verb. The daemon's dispatcher, `sluicectl`, its help and
// `ovs-appctl list-commands` all read this table.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sluice::admin {

struct Verb {
  std::string_view name;
  std::string_view usage;                  // what follows the name: "[ls|NAME]"
  std::string_view help;                   // one line
  std::size_t min_args = 0, max_args = 0;  // words that are no options
  bool mutates = false;
};

// In alphabetical order. Every verb also takes --json.
[[nodiscard]] std::span<const Verb> verbs();

}  // namespace sluice::admin
