// Recordings of what the running core does, for whoever reads them: a file from the first moment on, or clients of the
// admin socket from any later one.
//
// Bytes are gathered for a moment, so that a busy loop writes seldom. A client that does not read is left behind, with
// what it has; the network is never kept waiting for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ofmsg/result.hpp"
#include "proxy/log.hpp"
#include "proxy/tap.hpp"
#include "proxy/uv.hpp"

namespace sluice::proxy {

class Recorder {
 public:
  // Takes bytes; answers how many are waiting there, or nothing if nobody takes them any more. No bytes: there will be
  // none after those that wait.
  using Sink = std::function<std::optional<std::size_t>(ofmsg::ByteView)>;

  static constexpr std::size_t most_waiting = std::size_t{64} << 20U;  // bytes, of one sink
  static constexpr std::size_t gathered = std::size_t{64} << 10U;      // bytes, then they are written
  static constexpr std::chrono::milliseconds pause{20};                // or after so long

  Recorder(Loop& loop, const slicing::Domain& domain, Tap& tap, Log& log, const slicing::Seed& seed);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder();

  // `fresh`: the core has not done anything yet.
  enum class Begin : std::uint8_t { fresh, in_the_middle };
  void add(Sink sink, Begin begin);
  // Writes to a new file: this one, or one in this folder that is named after the time. The error is a sentence.
  [[nodiscard]] ofmsg::Result<void, std::string> add_file(const std::string& path);
  // Writes what is gathered.
  void flush();

 private:
  struct Reader {
    Sink sink;
    ofmsg::Bytes waiting;
  };

  void take(const slicing::replay::Turn& turn);
  void write(std::uint64_t number);

  Loop& loop_;
  const slicing::Domain& domain_;
  Tap& tap_;
  Log& log_;
  slicing::Seed seed_;
  std::map<std::uint64_t, Reader> readers_;
  std::uint64_t next_ = 1;
  std::optional<Tap::Number> listening_;
  ofmsg::Bytes turn_;  // as bytes; kept for its memory
  Timer timer_;
  bool timed_ = false;
};

}  // namespace sluice::proxy
