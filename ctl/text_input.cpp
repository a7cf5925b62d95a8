#include "ctl/text_input.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <istream>
#include <system_error>

#include <fmt/format.h>

namespace sluice::ctl {

namespace {

ofmsg::Result<std::string, std::string> read_all(std::istream& in, std::size_t most) {
  std::string text;
  std::array<char, 65536> block{};
  while (in) {
    in.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > most) return ofmsg::Failure<std::string>{fmt::format("it has more than {} MiB", most >> 20U)};
  }
  // A directory opens, and fails to be read.
  if (!in.eof()) return ofmsg::Failure<std::string>{last_error()};
  return text;
}

}  // namespace

std::string last_error() { return std::generic_category().message(errno == 0 ? EIO : errno); }

ofmsg::Result<std::string, std::string> read_text(const std::string& path, Io& io, std::size_t most) {
  errno = 0;
  if (path == "-") return read_all(io.in, most);
  std::ifstream in{path, std::ios::binary};
  return read_all(in, most);
}

}  // namespace sluice::ctl
