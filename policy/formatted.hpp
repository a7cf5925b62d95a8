// A slice file as everybody would lay it out: `sluicectl fmt`.
//
// Only the space between tokens changes. Every number, string and comment stays as it was written, in its order: a tool
// that eats comments is switched off.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ofmsg/result.hpp"
#include "policy/document.hpp"

namespace sluice::policy {

// Columns that a list or an object may use to stay on the line on which it was written.
inline constexpr std::size_t widest_formatted = 100;

// What is not JSON with comments is a finding instead; keys and values are not looked at. `file` is for messages.
// Formatting what was formatted changes nothing.
[[nodiscard]] ofmsg::Result<std::string, Diagnostic> formatted(std::string_view text, const std::string& file = {});

}  // namespace sluice::policy
