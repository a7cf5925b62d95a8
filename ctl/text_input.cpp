#include "ctl/text_input.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <istream>
#include <memory>
#include <system_error>
#include <unistd.h>

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

std::string write(const std::string& path, const char* mode, const std::string& text) {
  errno = 0;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), mode), std::fclose};
  if (!file) return last_error();
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  return written && std::fflush(file.get()) == 0 ? std::string{} : last_error();
}

}  // namespace

std::string last_error() { return std::generic_category().message(errno == 0 ? EIO : errno); }

ofmsg::Result<std::string, std::string> read_text(const std::string& path, Io& io, std::size_t most) {
  errno = 0;
  if (path == "-") return read_all(io.in, most);
  std::ifstream in{path, std::ios::binary};
  return read_all(in, most);
}

std::string write_new(const std::string& path, const std::string& text) { return write(path, "wx", text); }

std::string write_over(const std::string& path, const std::string& text) { return write(path, "w", text); }

std::string make_private(const std::string& path) {
  errno = 0;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return last_error();
  ::close(fd);
  return {};
}

}  // namespace sluice::ctl
