// TCP on a libuv loop for the example programs: an address, a stream that is dialled or accepted, a
// listener, a timer.
//
// Every object owns its handle: when it goes out of scope nothing of it is called any more, even
// from inside one of its own callbacks, and the handle is freed by libuv one turn of the loop
// later.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <uv.h>

#include "ofmsg/bytes.hpp"
#include "ofmsg/channel.hpp"
#include "ofmsg/result.hpp"

namespace sluice::net {

struct Address {
  std::string host = "127.0.0.1";  // IPv4, in numbers
  std::uint16_t port = 6653;
};

[[nodiscard]] std::string text(const Address& address);
// As Open vSwitch writes them: "tcp:HOST[:PORT]" to dial, "ptcp:[PORT][:HOST]" to listen (PORT 0:
// any free one, no HOST: loopback). The error is a sentence.
[[nodiscard]] ofmsg::Result<Address, std::string> parse_dial(std::string_view text);
[[nodiscard]] ofmsg::Result<Address, std::string> parse_listen(std::string_view text);

// The loop's clock.
[[nodiscard]] ofmsg::Time clock_now();

class Stream {
 public:
  struct Events {
    std::function<void()> connected;  // dialled streams only
    std::function<void(ofmsg::ByteView)> bytes;
    std::function<void(const std::string&)> ended;  // why; nothing more is called
  };

  // Dials. What goes wrong comes by `ended`, after this has returned.
  Stream(uv_loop_t* loop, const Address& to, Events events);
  // Takes the next connection of a listening socket.
  Stream(uv_stream_t* listener, Events events);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  void send(ofmsg::ByteView bytes);

 private:
  struct Body;

  explicit Stream(uv_loop_t* loop, Events events);
  void read();
  void end(const std::string& why);
  static void end_later(Body* body, int status);

  Body* body_;
};

class Listener {
 public:
  // `incoming` is called with the listening socket; it makes a Stream of it.
  [[nodiscard]] static ofmsg::Result<std::unique_ptr<Listener>, std::string> open(
      uv_loop_t* loop, const Address& at, std::function<void(uv_stream_t*)> incoming);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  [[nodiscard]] const Address& address() const { return address_; }  // with the port that was found

 private:
  struct Body;

  Listener() = default;

  Body* body_ = nullptr;
  Address address_;
};

class Timer {
 public:
  Timer(uv_loop_t* loop, std::function<void()> ring);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  // Rings once, at this time of `clock_now()` or soon after; replaces what was set before.
  void set(ofmsg::Time at);
  void stop();

 private:
  struct Body;

  Body* body_;
};

}  // namespace sluice::net
