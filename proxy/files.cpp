#include "proxy/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace sluice::proxy {

namespace {

// Is this a directory that we may put a socket into? Makes it if it is not there.
bool usable(const std::string& directory, mode_t mode) {
  if (::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST) return false;

  struct stat facts {};

  return ::stat(directory.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) &&
         ::access(directory.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

ofmsg::Result<std::string, std::string> default_ctl() {
  if (usable("/run/sluiced", 0755)) return "/run/sluiced/ctl";
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime != '\0') {
    const std::string directory = fmt::format("{}/sluiced", runtime);
    if (usable(directory, 0700)) return directory + "/ctl";
  }
  return ofmsg::Failure<std::string>{
      "no place for the admin socket: /run/sluiced is not writable and XDG_RUNTIME_DIR names no "
      "usable directory; "
      "choose one with --ctl SOCKET"};
}

OwnedPath::OwnedPath(std::string path) : path_{std::move(path)} {
  struct stat facts {};

  if (::lstat(path_.c_str(), &facts) == 0) {
    device_ = facts.st_dev;
    inode_ = facts.st_ino;
  }
}

OwnedPath::OwnedPath(OwnedPath&& other) noexcept
    : path_{std::exchange(other.path_, {})}, device_{other.device_}, inode_{other.inode_} {}

OwnedPath& OwnedPath::operator=(OwnedPath&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

OwnedPath::~OwnedPath() { remove(); }

void OwnedPath::remove() {
  if (path_.empty()) return;

  struct stat facts {};

  if (::lstat(path_.c_str(), &facts) == 0 && facts.st_dev == device_ && facts.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

ofmsg::Result<OwnedPath, std::string> write_pidfile(const std::string& path) {
  const auto fail = [&path] {
    return ofmsg::Failure<std::string>{fmt::format("cannot write the pidfile {}: {}", path, std::strerror(errno))};
  };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return fail();
  const std::string text = fmt::format("{}\n", ::getpid());
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(file) != 0 || !written) return fail();
  return OwnedPath{path};
}

}  // namespace sluice::proxy
