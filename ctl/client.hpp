// One question to a running daemon over its Unix socket, in the JSON-RPC that ovs-appctl speaks.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/result.hpp"

namespace sluice::ctl {

struct AskError {
  enum class What : std::uint8_t {
    unreachable,  // nobody listens there
    not_permitted,
    timed_out,
    broken,   // what came back is no answer
    refused,  // the daemon's own "no"; `why` is its sentence
    ended,    // it stopped telling, or runs no more; what it has told is good
  };
  What what;
  std::string why;
};

// The places where a daemon's socket is looked for, best first.
[[nodiscard]] std::vector<std::string> default_targets();

// The answer's text.
[[nodiscard]] ofmsg::Result<std::string, AskError> ask(const std::string& target, const std::string& method,
                                                       const std::vector<std::string>& params,
                                                       std::chrono::milliseconds timeout);

// The same question, and then everything that the daemon says on the connection after its answer, until that ends,
// `until` has come, the process is interrupted (`interrupted` says so), or `take` wants no more (false).
using TakeBytes = std::function<bool(std::string_view bytes)>;
[[nodiscard]] ofmsg::Result<void, AskError> follow(const std::string& target, const std::string& method,
                                                   std::chrono::milliseconds timeout,
                                                   std::optional<std::chrono::steady_clock::time_point> until,
                                                   const TakeBytes& take);

// Ctrl-C and SIGTERM end `follow` instead of the process while one of these lives.
class Interruptible {
 public:
  Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible();

  [[nodiscard]] static bool interrupted();

 private:
  struct sigaction before_int_ {};

  struct sigaction before_term_ {};
};

}  // namespace sluice::ctl
