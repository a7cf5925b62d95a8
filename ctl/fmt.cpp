// `sluicectl fmt`: slice files as everybody would lay them out.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <ostream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/program.hpp"
#include "ctl/text_input.hpp"
#include "policy/codes.hpp"
#include "policy/formatted.hpp"

namespace sluice::ctl {

namespace {

namespace fs = std::filesystem;

// The new text of a file until it takes the place of the old one; goes away if it never does.
class Replacement {
 public:
  // In the same folder, because only within one file system a file takes another's place at once.
  explicit Replacement(const fs::path& target) : path_{target.parent_path() / ".sluicectl-fmt-XXXXXX"} {
    fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
  }

  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  ~Replacement() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!moved_) ::unlink(path_.c_str());
  }

  // Each step is false when it fails; errno says why.
  [[nodiscard]] bool write(std::string_view text) const {
    while (fd_ >= 0 && !text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return fd_ >= 0;
  }

  // The owner is kept where that is permitted, and before the mode, because a change of it takes bits of the mode away.
  [[nodiscard]] bool look_like(const struct stat& old) const {
    static_cast<void>(::fchown(fd_, old.st_uid, old.st_gid) == 0);
    return ::fchmod(fd_, old.st_mode & 07777U) == 0;
  }

  // What takes the place is on the disk before it does: a power failure leaves one of the two texts.
  [[nodiscard]] bool move_to(const fs::path& target) {
    moved_ = ::fsync(fd_) == 0 && ::rename(path_.c_str(), target.c_str()) == 0;
    return moved_;
  }

 private:
  std::string path_;
  int fd_ = -1;
  bool moved_ = false;
};

// Empty, or why it could not be done.
std::string replace(const std::string& file, std::string_view text) {
  std::error_code error;
  const fs::path target = fs::canonical(file, error);  // a symbolic link stays one
  if (error) return error.message();

  struct stat old {};

  if (::stat(target.c_str(), &old) != 0) return last_error();
  if (!S_ISREG(old.st_mode)) return "it is no regular file";
  Replacement fresh{target};
  const bool done = fresh.write(text) && fresh.look_like(old) && fresh.move_to(target);
  return done ? std::string{} : last_error();
}

policy::Diagnostic unreadable(const std::string& file, const std::string& why) {
  policy::Diagnostic finding;
  finding.code = policy::facts(policy::Code::unreadable).name;
  finding.at.file = file;
  finding.message = "cannot be read: " + why;
  return finding;
}

class Formatter {
 public:
  Formatter(const Settings& settings, Io& io) : settings_{settings}, io_{io} {}

  ExitCode run() {
    for (const std::string& file : settings_.words) format_file(file);
    const bool names_only = settings_.fmt_check || settings_.fmt_write;
    if (settings_.json && names_only) {
      const nlohmann::ordered_json answer{{"kind", "sluicectl.fmt"}, {"v", 1}, {"changed", changed_}};
      io_.out << answer.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    } else if (settings_.fmt_check ? !settings_.quiet : settings_.verbose && settings_.fmt_write) {
      for (const std::string& file : changed_) io_.out << file << '\n';
    }
    return worst_;
  }

 private:
  void format_file(const std::string& file) {
    const auto text = read_text(file, io_);
    if (!text) return refuse(unreadable(file, text.error()), {}, ExitCode::usage);
    const ofmsg::Result<std::string, policy::Diagnostic> result = policy::formatted(*text, file);
    if (!result) return refuse(result.error(), *text, ExitCode::no);
    if (!settings_.fmt_check && !settings_.fmt_write) {
      io_.out << *result;
    } else if (*result != *text) {
      change(file, *result);
    }
  }

  void change(const std::string& file, std::string_view text) {
    if (settings_.fmt_check) {
      note(ExitCode::no);
    } else if (const std::string why = replace(file, text); !why.empty()) {
      io_.err << fmt::format("sluicectl: {} cannot be written: {}\ntry: sluicectl fmt {}\n", file, why, file);
      return note(ExitCode::usage);
    }
    changed_.push_back(file);
  }

  void refuse(const policy::Diagnostic& finding, const std::string& text, ExitCode code) {
    io_.err << policy::render({finding}, {{finding.at.file, text}}, settings_.coloured(io_));
    note(code);
  }

  void note(ExitCode code) { worst_ = std::max(worst_, code); }

  const Settings& settings_;
  Io& io_;
  std::vector<std::string> changed_;
  ExitCode worst_ = ExitCode::good;
};

}  // namespace

ExitCode format(const Settings& settings, Io& io) {
  constexpr std::string_view next = "sluicectl help fmt";
  if (settings.words.empty()) return wrong_usage(io, "which file?", next);
  if (settings.fmt_write && settings.fmt_check) return wrong_usage(io, "-w and --check exclude each other", next);
  const auto& words = settings.words;
  if (settings.fmt_write && std::find(words.begin(), words.end(), "-") != words.end()) {
    return wrong_usage(io, "standard input cannot be written to", next);
  }
  return Formatter{settings, io}.run();
}

}  // namespace sluice::ctl
