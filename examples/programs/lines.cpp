#include "examples/programs/lines.hpp"

#include <array>
#include <csignal>
#include <iostream>
#include <utility>

namespace sluice::programs {

namespace {

constexpr uv_file standard_input = 0;

template <class Handle>
uv_handle_t* handle_of(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

}  // namespace

struct Lines::Body {
  union {
    uv_pipe_t pipe;
    uv_tty_t tty;
    uv_idle_t idle;  // a file: read in the first turn of the loop
  } input;

  bool orphan = false;  // the owner is gone
  std::function<void(std::string)> line;
  std::function<void()> end;
  std::string rest;  // of a line that is not complete
  std::array<char, 4096> buffer;

  void take(const char* bytes, std::size_t size) {
    rest.append(bytes, size);
    for (std::size_t at = rest.find('\n'); at != std::string::npos && !orphan; at = rest.find('\n')) {
      std::string one = rest.substr(0, at);
      rest.erase(0, at + 1);
      line(std::move(one));
    }
  }

  void finish() {
    if (!rest.empty() && !orphan) line(std::exchange(rest, {}));
    if (!orphan) end();
  }

  void listen(uv_stream_t* stream) {
    uv_read_start(
        stream,
        [](uv_handle_t* handle, std::size_t, uv_buf_t* into) {
          auto* self = static_cast<Body*>(handle->data);
          *into = uv_buf_init(self->buffer.data(), static_cast<unsigned>(self->buffer.size()));
        },
        [](uv_stream_t* from, ssize_t size, const uv_buf_t* bytes) {
          auto* self = static_cast<Body*>(from->data);
          if (self->orphan || size == 0) return;
          if (size > 0) return self->take(bytes->base, static_cast<std::size_t>(size));
          uv_read_stop(from);
          self->finish();
        });
  }
};

Lines::Lines(uv_loop_t* loop, std::function<void(std::string)> line, std::function<void()> end) : body_{new Body} {
  body_->line = std::move(line);
  body_->end = std::move(end);
  switch (uv_guess_handle(standard_input)) {
    case UV_TTY:
      uv_tty_init(loop, &body_->input.tty, standard_input, 0);
      body_->input.tty.data = body_;
      body_->listen(reinterpret_cast<uv_stream_t*>(&body_->input.tty));
      break;
    case UV_NAMED_PIPE:
      uv_pipe_init(loop, &body_->input.pipe, 0);
      body_->input.pipe.data = body_;
      uv_pipe_open(&body_->input.pipe, standard_input);
      body_->listen(reinterpret_cast<uv_stream_t*>(&body_->input.pipe));
      break;
    default:
      uv_idle_init(loop, &body_->input.idle);
      body_->input.idle.data = body_;
      uv_idle_start(&body_->input.idle, [](uv_idle_t* idle) {
        uv_idle_stop(idle);
        auto* self = static_cast<Body*>(idle->data);
        for (std::string one; !self->orphan && std::getline(std::cin, one);) self->line(one);
        self->finish();
      });
  }
}

Lines::~Lines() {
  body_->orphan = true;
  uv_close(handle_of(&body_->input), [](uv_handle_t* handle) { delete static_cast<Body*>(handle->data); });
}

struct Signals::Body {
  std::array<uv_signal_t, 2> signals;
  std::size_t open = 0;
  std::function<void()> asked;
};

Signals::Signals(uv_loop_t* loop, std::function<void()> asked) : body_{new Body} {
  body_->asked = std::move(asked);
  constexpr std::array numbers{SIGINT, SIGTERM};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    uv_signal_t& signal = body_->signals[i];
    uv_signal_init(loop, &signal);
    signal.data = body_;
    uv_signal_start(
        &signal, [](uv_signal_t* caught, int) { static_cast<Body*>(caught->data)->asked(); }, numbers[i]);
  }
}

Signals::~Signals() {
  for (uv_signal_t& signal : body_->signals) {
    ++body_->open;
    uv_signal_stop(&signal);
    uv_close(handle_of(&signal), [](uv_handle_t* handle) {
      auto* body = static_cast<Body*>(handle->data);
      if (--body->open == 0) delete body;
    });
  }
}

}  // namespace sluice::programs
