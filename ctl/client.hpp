// One question to a running daemon over its Unix socket, in the JSON-RPC that ovs-appctl speaks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
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

}  // namespace sluice::ctl
