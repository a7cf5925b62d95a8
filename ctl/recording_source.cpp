#include "ctl/recording_source.hpp"

#include <chrono>
#include <fstream>
#include <ostream>

#include <fmt/format.h>

#include "ctl/live.hpp"
#include "ctl/text_input.hpp"

namespace sluice::ctl {

namespace replay = slicing::replay;

ofmsg::Result<void, std::string> BlockCutter::feed(std::string_view bytes) {
  reader_.feed({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()});
  while (true) {
    const auto block = reader_.next();
    if (!block) return ofmsg::Failure<std::string>{block.error()};
    if (!*block) return {};
    headed_ = true;
    if (auto taken = take_(**block); !taken) return taken;
  }
}

ExitCode read_recording(const std::string& path, Io& io, const TakeBlock& take) {
  std::ifstream file;
  if (path != "-") {
    errno = 0;
    file.open(path, std::ios::binary);
    if (!file) {
      io.err << fmt::format("sluicectl: {} cannot be read: {}\n", path, last_error());
      return ExitCode::usage;
    }
  }
  std::istream& in = path == "-" ? io.in : file;
  BlockCutter cutter{take};
  std::string chunk(1U << 20U, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), in.gcount() > 0) {
    const auto done = cutter.feed(std::string_view{chunk}.substr(0, static_cast<std::size_t>(in.gcount())));
    if (done) continue;
    io.err << fmt::format("sluicectl: {}: {}\n", path, done.error());
    return ExitCode::usage;
  }
  if (in.bad() || !cutter.headed()) {
    io.err << fmt::format("sluicectl: {} is no recording; try: sluicectl record FILE\n", path);
    return ExitCode::usage;
  }
  if (cutter.pending() > 0) {
    io.err << fmt::format("sluicectl: {} was cut short: its last {} bytes are left out\n", path, cutter.pending());
  }
  return ExitCode::good;
}

ExitCode follow_daemon(std::string_view verb, const Settings& settings, Io& io, const TakeRaw& raw) {
  const Interruptible interruptible;
  const std::string target = target_of(settings);
  std::optional<std::chrono::steady_clock::time_point> until;
  if (settings.duration) until = std::chrono::steady_clock::now() + *settings.duration;
  const auto done = follow(target, "tap", settings.timeout, until, raw);
  return done ? ExitCode::good : tell(done.error(), verb, target, settings, io);
}

}  // namespace sluice::ctl
