// Open vSwitch's actions as ovs-ofctl writes them; internal to the printers and readers of this folder.
#pragma once

#include <optional>
#include <string>

#include "ofmsg/action.hpp"
#include "ofmsg/text_scan.hpp"

namespace sluice::ofmsg {

// Actions inside of actions are printed, and read, as deep as this.
inline constexpr unsigned max_action_depth = 8;

// text_action.cpp: a list, without the "drop" that stands for an empty one.
[[nodiscard]] std::string actions_text(const Actions& actions, Version version, unsigned depth);

// The action, if it is one that has a word.
[[nodiscard]] std::optional<std::string> nicira_text(const UnknownAction& action, Version version, unsigned depth);

}  // namespace sluice::ofmsg
