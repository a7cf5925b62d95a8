// The daemon that a command asks, and what is told when it cannot be asked.
#pragma once

#include <string>
#include <string_view>

#include "ctl/client.hpp"
#include "ctl/program.hpp"

namespace sluice::ctl {

// The socket that is meant.
[[nodiscard]] std::string target_of(const Settings& settings);

// Says why there is no answer, and what to try.
[[nodiscard]] ExitCode tell(const AskError& error, std::string_view verb, const std::string& target,
                            const Settings& settings, Io& io);

}  // namespace sluice::ctl
