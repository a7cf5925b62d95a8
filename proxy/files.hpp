// The two files that a running daemon leaves in the file system: where its admin socket is, and its
// pidfile.
#pragma once

#include <string>

#include "ofmsg/result.hpp"

namespace sluice::proxy {

// Where the admin socket belongs when nobody says: /run/sluiced/ctl if that directory is there or
// can be made and is writable, else $XDG_RUNTIME_DIR/sluiced/ctl. The error is a sentence.
[[nodiscard]] ofmsg::Result<std::string, std::string> default_ctl();

// A path that is removed at the end, if it still is the file that was there when we took it over.
class OwnedPath {
 public:
  OwnedPath() = default;
  explicit OwnedPath(std::string path);
  OwnedPath(OwnedPath&& other) noexcept;
  OwnedPath& operator=(OwnedPath&& other) noexcept;
  OwnedPath(const OwnedPath&) = delete;
  OwnedPath& operator=(const OwnedPath&) = delete;
  ~OwnedPath();

  void remove();

 private:
  std::string path_;
  unsigned long long device_ = 0, inode_ = 0;
};

// Writes our process id. The error is a sentence.
[[nodiscard]] ofmsg::Result<OwnedPath, std::string> write_pidfile(const std::string& path);

}  // namespace sluice::proxy
