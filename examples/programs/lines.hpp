// Standard input as lines, and the signals that ask a program to end, on a libuv loop.
#pragma once

#include <functional>
#include <string>

#include <uv.h>

namespace sluice::programs {

class Lines {
 public:
  // `line` gets each line without its end, `end` is called when there is no more. A file is read at
  // once, a terminal or a pipe as it comes.
  Lines(uv_loop_t* loop, std::function<void(std::string)> line, std::function<void()> end);
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  ~Lines();

 private:
  struct Body;

  Body* body_;
};

class Signals {
 public:
  // SIGINT and SIGTERM.
  Signals(uv_loop_t* loop, std::function<void()> asked);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

 private:
  struct Body;

  Body* body_;
};

}  // namespace sluice::programs
