// Bytes over one connection.
//
// Writing: the owner hands over what has gathered during one turn of the loop; the stream tries to
// write it at once. What the kernel does not take is kept here and goes out in one request at a
// time, each covering everything that waits, so that the number of system calls follows the number
// of turns and not the number of messages.
//
// Reading: all streams of a loop share one buffer, so the bytes must be used up during the call.
// The owner pauses a stream whose turn is over or whose bytes it has no room for; it may not
// destroy a stream from within one of its callbacks.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include <uv.h>

#include "ofmsg/bytes.hpp"
#include "proxy/uv.hpp"

namespace sluice::proxy {

// One for each loop. A read that fills it has probably left something behind.
using ReadBuffer = std::array<char, 65536>;

class Stream {
 public:
  struct Callbacks {
    std::function<void(ofmsg::ByteView)> on_bytes;
    std::function<void(std::string why)> on_end;  // at most once; nothing follows
    std::function<void()> on_progress;            // something that waited was written
  };

  Stream(Socket socket, ReadBuffer& buffer, Callbacks callbacks);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  void start_reading();
  void stop_reading();

  // Writes or keeps. After an error of the connection bytes are dropped, and `failure()` says why;
  // `on_end` is not called from here.
  void send(ofmsg::ByteView bytes);

  [[nodiscard]] std::size_t queued() const { return in_flight_ + waiting_.size(); }

  // Bytes that the kernel has taken so far: grows with every byte, while `queued` shrinks with whole requests only.
  [[nodiscard]] std::uint64_t taken() const {
    return given_ - waiting_.size() - (in_flight_ == 0 ? 0 : uv_stream_get_write_queue_size(socket_.get()));
  }

  [[nodiscard]] const std::string& failure() const { return failure_; }  // empty while all is well

  // Says good-bye: what waits is written, then our direction is closed; what still comes in is
  // dropped. on_end tells when the other end has closed too. Closing at once instead could destroy
  // what the other end has not read yet.
  void finish();

 private:
  struct Write;

  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buf);
  static void on_read(uv_stream_t* handle, ssize_t count, const uv_buf_t* buf);
  void write_waiting();
  void written(int status);
  void end(std::string why);

  Socket socket_;
  ReadBuffer& buffer_;
  Callbacks callbacks_;
  ofmsg::Bytes waiting_;       // not yet given to libuv
  Write* write_ = nullptr;     // the request in flight; it owns itself
  std::size_t in_flight_ = 0;  // its bytes
  std::uint64_t given_ = 0;    // bytes sent since the beginning
  std::string failure_;
  bool reading_ = false;
  bool finishing_ = false;
  bool ended_ = false;
};

}  // namespace sluice::proxy
