#include "proxy/recorder.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sluice::proxy {

namespace {

constexpr unsigned most_in_a_second = 1000;  // recordings that one folder gets; a daemon starts slower than that

// Milliseconds since 1970.
std::int64_t wall_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Recorder::Recorder(Loop& loop, const slicing::Domain& domain, Tap& tap, Log& log, const slicing::Seed& seed)
    : loop_{loop}, domain_{domain}, tap_{tap}, log_{log}, seed_{seed}, timer_{loop.get(), [this] {
                                                                                timed_ = false;
                                                                                flush();
                                                                              }} {}

Recorder::~Recorder() { flush(); }

void Recorder::add(Sink sink, Begin begin) {
  slicing::replay::RecordingHead head;
  head.program = "sluiced " SLUICE_VERSION;
  head.seed = seed_;
  head.at = loop_.now();
  head.wall = wall_clock();
  head.policy = tap_.policy();
  if (begin == Begin::in_the_middle) head.standing = domain_.standing();
  Reader reader{std::move(sink), {}};
  slicing::replay::append_head(reader.waiting, head);
  const std::uint64_t number = next_++;
  readers_.emplace(number, std::move(reader));
  if (!listening_) listening_ = tap_.add([this](const slicing::replay::Turn& turn) { take(turn); });
  write(number);
}

namespace {

// Whole writes only; a full disk ends the recording, not the daemon.
class File {
 public:
  explicit File(int fd) : fd_{fd} {}

  File(const File&) = delete;
  File& operator=(const File&) = delete;

  ~File() { ::close(fd_); }

  [[nodiscard]] bool write(ofmsg::ByteView bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }

 private:
  int fd_;
};

}  // namespace

ofmsg::Result<void, std::string> Recorder::add_file(const std::string& given) {
  struct stat is {};

  const bool folder = ::stat(given.c_str(), &is) == 0 && S_ISDIR(is.st_mode);
  const std::int64_t now = wall_clock();
  std::string path;
  int fd = -1;
  unsigned taken = 0;
  do {
    path = folder ? given + "/" + slicing::replay::recording_name(now, taken) : given;
    // A recording has everything that the controllers and switches say: it is for its owner.
    fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EEXIST && folder && ++taken < most_in_a_second);
  if (fd < 0) {
    const std::string why = std::strerror(errno);
    return ofmsg::Failure<std::string>{
        fmt::format("cannot record to {}: {}; each run needs a new file: name a folder, and it finds one", path, why)};
  }
  const auto file = std::make_shared<File>(fd);
  add(
      [this, file, path](ofmsg::ByteView bytes) -> std::optional<std::size_t> {
        if (file->write(bytes)) return 0;
        log_.say(Severity::error, "recording_ended", "the recording cannot be written any more",
                 {{"file", path}, {"why", std::strerror(errno)}});
        return std::nullopt;
      },
      Begin::fresh);
  log_.say(Severity::info, "recording", "everything is recorded", {{"file", path}});
  return {};
}

void Recorder::take(const slicing::replay::Turn& turn) {
  turn_.clear();
  slicing::replay::append_turn(turn_, turn);
  std::vector<std::uint64_t> full;
  for (auto& [number, reader] : readers_) {
    ofmsg::append(reader.waiting, turn_);
    if (reader.waiting.size() >= gathered) full.push_back(number);
  }
  for (const std::uint64_t number : full) write(number);
  if (!std::exchange(timed_, true)) timer_.start(pause);
}

void Recorder::flush() {
  std::vector<std::uint64_t> all;
  for (const auto& [number, reader] : readers_) all.push_back(number);
  for (const std::uint64_t number : all) write(number);
}

void Recorder::write(std::uint64_t number) {
  const auto found = readers_.find(number);
  if (found == readers_.end() || found->second.waiting.empty()) return;
  Reader& reader = found->second;
  const std::optional<std::size_t> waiting = reader.sink(reader.waiting);
  reader.waiting.clear();
  if (waiting && *waiting <= most_waiting) return;
  if (waiting) {
    log_.say(Severity::warning, "recording_left", "a client that records does not read, and was left behind",
             {{"waiting", std::to_string(*waiting)}});
    static_cast<void>(reader.sink({}));  // so that it knows
  }
  readers_.erase(found);
  if (readers_.empty() && listening_) {
    tap_.remove(*listening_);
    listening_.reset();
  }
}

}  // namespace sluice::proxy
