// The command line of sluiced as one checked value.
#pragma once

#include <string>
#include <variant>

#include "proxy/log.hpp"

namespace sluice::proxy {

// [formats.md 4.1] One meaning each, for scripts.
namespace exit_code {

inline constexpr int good = 0;
inline constexpr int failed = 1;  // the slice file has errors, or the daemon cannot start
inline constexpr int usage = 2;   // wrong command line, or a file that cannot be read
inline constexpr int internal = 70;

}  // namespace exit_code

struct Options {
  std::string config;
  std::string ctl;      // empty: the default place
  std::string pidfile;  // empty: none
  std::string record;   // the file to record to; empty: none
  std::string shadow;   // another slice file to judge the traffic by, without effect; empty: none
  Severity log = Severity::info;
  bool check = false;  // only judge the slice file
};

// There is nothing more to do but print this and exit.
struct Finished {
  int code = exit_code::good;
  std::string text;
};

[[nodiscard]] std::variant<Options, Finished> parse_options(int argc, const char* const* argv);

}  // namespace sluice::proxy
