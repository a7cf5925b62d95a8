// The readers of `sluicectl import`: a file of another slicer in, what it says out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ctl/imported.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ctl {

struct ImportSource {
  std::string_view text;
  std::string name;                    // of the file
  std::span<const std::string> dpids;  // of switches that the file does not name
};

// The error is why nothing can be read at all: "line 3, column 7: …".
using ImportResult = ofmsg::Result<Imported, std::string>;

[[nodiscard]] ImportResult import_flowvisor(const ImportSource& source);
[[nodiscard]] ImportResult import_fvctl(const ImportSource& source);
[[nodiscard]] ImportResult import_fsfw(const ImportSource& source);

// "line 3, column 7" of a byte.
[[nodiscard]] std::string line_and_column(std::string_view text, std::size_t offset);

}  // namespace sluice::ctl
