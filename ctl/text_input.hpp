// Files, and standard input, as text; and files that are written.
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

// Writes a file that is not there yet; one that is stays as it is. The error is why not; empty: it is written.
[[nodiscard]] std::string write_new(const std::string& path, const std::string& text);
// Writes a file, in the place of one that is there. As above.
[[nodiscard]] std::string write_over(const std::string& path, const std::string& text);

// Makes a new file that only its owner may read, for what is not for everybody; empty, or why not.
[[nodiscard]] std::string make_private(const std::string& path);

}  // namespace sluice::ctl
