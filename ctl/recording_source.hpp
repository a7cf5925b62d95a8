// Where a recording comes from: a file, or a running daemon that makes one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ctl/program.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::ctl {

// One block; the error is a sentence and ends the reading.
using TakeBlock = std::function<ofmsg::Result<void, std::string>(const slicing::replay::RecordingReader::Block&)>;

// All of a file. What is wrong is told, with the file's name; a file that was cut short is read as far as it goes, and
// that is told, too.
[[nodiscard]] ExitCode read_recording(const std::string& path, Io& io, const TakeBlock& take);

// What the daemon does from now on, until `settings.for_` is over or the user interrupts it. `raw`, if it is there, is
// given the bytes as they come; false ends it.
using TakeRaw = std::function<bool(std::string_view)>;
[[nodiscard]] ExitCode follow_daemon(std::string_view verb, const Settings& settings, Io& io, const TakeRaw& raw);

// The blocks of what `follow_daemon` gives.
class BlockCutter {
 public:
  explicit BlockCutter(TakeBlock take) : take_{std::move(take)} {}

  // The error is a sentence.
  [[nodiscard]] ofmsg::Result<void, std::string> feed(std::string_view bytes);

  [[nodiscard]] std::size_t pending() const { return reader_.pending(); }

  [[nodiscard]] bool headed() const { return headed_; }

 private:
  TakeBlock take_;
  slicing::replay::RecordingReader reader_;
  bool headed_ = false;
};

}  // namespace sluice::ctl
