// Move-only owners of libuv handles: the only place that knows how a handle is closed.
//
// libuv wants a handle to stay where it is until its close callback has run. So each lives on the
// heap; its owner closes it by going out of scope, and the close callback frees it, one turn of the
// loop later. From the moment of closing, `data` is null: a callback that still comes finds nobody.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <uv.h>

#include "ofmsg/channel.hpp"

namespace sluice::proxy {

template <class H>
class Handle {
 public:
  Handle() = default;

  // `init` is called as init(handle) and answers libuv's status; an empty owner if that is an
  // error.
  template <class Init>
  [[nodiscard]] static Handle make(Init init) {
    auto raw = std::make_unique<H>();
    Handle made;
    if (init(raw.get()) == 0) {
      raw->data = nullptr;
      made.handle_.reset(raw.release());
    }
    return made;
  }

  [[nodiscard]] H* get() const { return handle_.get(); }

  [[nodiscard]] H* operator->() const { return handle_.get(); }

  explicit operator bool() const { return handle_ != nullptr; }

  void reset() { handle_.reset(); }

 private:
  struct Close {
    void operator()(H* handle) const {
      handle->data = nullptr;
      uv_close(reinterpret_cast<uv_handle_t*>(handle),
               [](uv_handle_t* closed) { delete reinterpret_cast<H*>(closed); });
    }
  };

  std::unique_ptr<H, Close> handle_;
};

// The loop itself. What still lives on it must have been closed before; the destructor lets the
// close callbacks run.
class Loop {
 public:
  Loop() { uv_loop_init(&loop_); }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  ~Loop() {
    uv_run(&loop_, UV_RUN_NOWAIT);
    uv_loop_close(&loop_);
  }

  [[nodiscard]] uv_loop_t* get() { return &loop_; }

  // The time stands still during one turn.
  [[nodiscard]] ofmsg::Time now() const { return std::chrono::milliseconds{uv_now(&loop_)}; }

  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }

  void stop() { uv_stop(&loop_); }

 private:
  uv_loop_t loop_{};
};

// One byte stream to somebody: TCP, or a Unix socket.
class Socket {
 public:
  Socket() = default;

  [[nodiscard]] static Socket tcp(uv_loop_t* loop) {
    Socket socket;
    socket.tcp_ = Handle<uv_tcp_t>::make([loop](uv_tcp_t* handle) { return uv_tcp_init(loop, handle); });
    return socket;
  }

  [[nodiscard]] static Socket unix_domain(uv_loop_t* loop) {
    Socket socket;
    socket.pipe_ = Handle<uv_pipe_t>::make([loop](uv_pipe_t* handle) { return uv_pipe_init(loop, handle, 0); });
    return socket;
  }

  [[nodiscard]] uv_stream_t* get() const {
    return tcp_ ? reinterpret_cast<uv_stream_t*>(tcp_.get()) : reinterpret_cast<uv_stream_t*>(pipe_.get());
  }

  [[nodiscard]] uv_tcp_t* tcp() const { return tcp_.get(); }  // null for a Unix socket

  [[nodiscard]] uv_pipe_t* pipe() const { return pipe_.get(); }  // null for TCP

  explicit operator bool() const { return tcp_ || pipe_; }

 private:
  Handle<uv_tcp_t> tcp_;
  Handle<uv_pipe_t> pipe_;
};

// Calls a function after a while; starting it again moves the moment. The function may destroy the
// timer.
class Timer {
 public:
  Timer(uv_loop_t* loop, std::function<void()> when_due)
      : due_{std::make_shared<Due>(std::move(when_due))}, handle_{Handle<uv_timer_t>::make([loop](uv_timer_t* handle) {
          return uv_timer_init(loop, handle);
        })} {
    handle_->data = due_.get();
  }

  // Never early: a rest of a millisecond counts as a whole one.
  void start(std::chrono::nanoseconds after) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(after, std::chrono::nanoseconds{0}));
    const auto call = [](uv_timer_t* handle) {
      if (handle->data == nullptr) return;
      const std::shared_ptr<Due> due = static_cast<Due*>(handle->data)->shared_from_this();
      due->function();
    };
    uv_timer_start(handle_.get(), call, static_cast<std::uint64_t>(wait.count()), 0);
  }

  void stop() { uv_timer_stop(handle_.get()); }

 private:
  struct Due : std::enable_shared_from_this<Due> {
    explicit Due(std::function<void()> f) : function{std::move(f)} {}

    std::function<void()> function;
  };

  std::shared_ptr<Due> due_;
  Handle<uv_timer_t> handle_;
};

// "connection refused" for UV_ECONNREFUSED.
[[nodiscard]] inline std::string uv_text(int status) { return uv_strerror(status); }

}  // namespace sluice::proxy
