// Files, and standard input, as text.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "ctl/program.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ctl {

// What errno says; an input or output error if it says nothing.
[[nodiscard]] std::string last_error();

// All of a file, or of standard input for "-". The error says why not: what the system says, or that it is longer than
// `most` bytes.
[[nodiscard]] ofmsg::Result<std::string, std::string> read_text(
    const std::string& path, Io& io, std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace sluice::ctl
