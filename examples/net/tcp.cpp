#include "examples/net/tcp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "examples/net/host.hpp"

namespace sluice::net {

using namespace ofmsg;

namespace {

constexpr std::size_t read_size = 65536;
// More than this unsent: the peer does not read, and waiting would only cost memory.
constexpr std::size_t most_unsent = std::size_t{64} << 20U;

Failure<std::string> fail(std::string sentence) { return Failure<std::string>{std::move(sentence)}; }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_host(std::string_view text) { return parse_ipv4(text).has_value(); }

sockaddr_in socket_address(const Address& address) {
  sockaddr_in out{};
  uv_ip4_addr(address.host.c_str(), address.port, &out);
  return out;
}

template <class Handle>
void close(Handle* handle, uv_close_cb then) {
  uv_close(reinterpret_cast<uv_handle_t*>(handle), then);
}

}  // namespace

std::string text(const Address& address) { return address.host + ":" + std::to_string(address.port); }

Result<Address, std::string> parse_dial(std::string_view text) {
  const auto wrong = [&] {
    return fail("\"" + std::string{text} + "\" is no target; write tcp:ADDRESS:PORT, for example tcp:127.0.0.1:6653");
  };
  constexpr std::string_view prefix = "tcp:";
  if (text.substr(0, prefix.size()) != prefix) return wrong();
  std::string_view rest = text.substr(prefix.size());
  Address address;
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    const auto port = parse_port(rest.substr(colon + 1));
    if (!port || *port == 0) return wrong();
    address.port = *port;
    rest = rest.substr(0, colon);
  }
  address.host = rest == "localhost" ? "127.0.0.1" : std::string{rest};
  return is_host(address.host) ? Result<Address, std::string>{address} : wrong();
}

Result<Address, std::string> parse_listen(std::string_view text) {
  const auto wrong = [&] {
    return fail("\"" + std::string{text} +
                "\" is no place to listen; write ptcp:PORT or ptcp:PORT:ADDRESS, for example ptcp:6653");
  };
  constexpr std::string_view prefix = "ptcp:";
  if (text.substr(0, prefix.size()) != prefix) return wrong();
  std::string_view rest = text.substr(prefix.size());
  Address address;
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    address.host = rest.substr(colon + 1) == "localhost" ? "127.0.0.1" : std::string{rest.substr(colon + 1)};
    rest = rest.substr(0, colon);
  }
  if (!rest.empty()) {
    const auto port = parse_port(rest);
    if (!port) return wrong();
    address.port = *port;
  }
  return is_host(address.host) ? Result<Address, std::string>{address} : wrong();
}

Time clock_now() { return Time{static_cast<Time::rep>(uv_hrtime())}; }

// --- Stream --------------------------------------------------------------------------------------------------------

struct Stream::Body {
  uv_tcp_t tcp;
  uv_connect_t connect;
  uv_timer_t failed;  // rings at once to tell of an error that was there from the start
  int closing = 0;    // handles still to be closed
  int status = 0;
  Stream* owner;
  Events events;
  std::vector<char> buffer;

  static Body* of(void* handle_data) { return static_cast<Body*>(handle_data); }
};

Stream::Stream(uv_loop_t* loop, Events events) : body_{new Body} {
  body_->owner = this;
  body_->events = std::move(events);
  body_->buffer.resize(read_size);
  uv_tcp_init(loop, &body_->tcp);
  uv_timer_init(loop, &body_->failed);
  body_->tcp.data = body_;
  body_->failed.data = body_;
  body_->connect.data = body_;
}

Stream::Stream(uv_loop_t* loop, const Address& to, Events events) : Stream{loop, std::move(events)} {
  const sockaddr_in address = socket_address(to);
  const int status = uv_tcp_connect(&body_->connect, &body_->tcp, reinterpret_cast<const sockaddr*>(&address),
                                    [](uv_connect_t* request, int result) {
                                      Stream* owner = Body::of(request->data)->owner;
                                      if (owner == nullptr) return;
                                      if (result < 0) return owner->end(uv_strerror(result));
                                      owner->read();
                                      const auto connected = owner->body_->events.connected;
                                      if (connected) connected();
                                    });
  if (status < 0) end_later(body_, status);
}

Stream::Stream(uv_stream_t* listener, Events events) : Stream{listener->loop, std::move(events)} {
  const int status = uv_accept(listener, reinterpret_cast<uv_stream_t*>(&body_->tcp));
  if (status < 0) {
    end_later(body_, status);
  } else {
    read();
  }
}

Stream::~Stream() {
  body_->owner = nullptr;
  body_->closing = 2;
  const auto closed = [](uv_handle_t* handle) {
    Body* body = Body::of(handle->data);
    if (--body->closing == 0) delete body;
  };
  close(&body_->tcp, closed);
  close(&body_->failed, closed);
}

void Stream::end_later(Body* body, int status) {
  body->status = status;
  uv_timer_start(
      &body->failed,
      [](uv_timer_t* timer) {
        Body* self = Body::of(timer->data);
        if (self->owner != nullptr) self->owner->end(uv_strerror(self->status));
      },
      0, 0);
}

void Stream::end(const std::string& why) {
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&body_->tcp));
  const auto ended = std::exchange(body_->events, {}).ended;
  if (ended) ended(why);
}

void Stream::read() {
  uv_tcp_nodelay(&body_->tcp, 1);
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&body_->tcp),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        Body* body = Body::of(handle->data);
        *buffer = uv_buf_init(body->buffer.data(), static_cast<unsigned>(body->buffer.size()));
      },
      [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
        Stream* owner = Body::of(stream->data)->owner;
        if (owner == nullptr || size == 0) return;
        if (size == UV_EOF) return owner->end("the other side has closed it");
        if (size < 0) return owner->end(uv_strerror(static_cast<int>(size)));
        const auto bytes = owner->body_->events.bytes;  // a copy: the call may end the stream
        if (bytes) bytes({reinterpret_cast<const std::byte*>(buffer->base), static_cast<std::size_t>(size)});
      });
}

void Stream::send(ByteView bytes) {
  if (bytes.empty() || !body_->events.ended) return;

  struct Write {
    uv_write_t request;
    Bytes bytes;
  };

  auto* stream = reinterpret_cast<uv_stream_t*>(&body_->tcp);
  if (uv_stream_get_write_queue_size(stream) > most_unsent) return end_later(body_, UV_ENOBUFS);
  auto write = std::make_unique<Write>();
  write->bytes.assign(bytes.begin(), bytes.end());
  write->request.data = write.get();
  const uv_buf_t buffer =
      uv_buf_init(reinterpret_cast<char*>(write->bytes.data()), static_cast<unsigned>(write->bytes.size()));
  const int status = uv_write(&write->request, stream, &buffer, 1, [](uv_write_t* request, int) {
    delete static_cast<Write*>(request->data);  // an error ends the reading side as well, which tells of it
  });
  if (status < 0) return end_later(body_, status);
  static_cast<void>(write.release());  // the callback frees it
}

// --- Listener ------------------------------------------------------------------------------------------------------

struct Listener::Body {
  uv_tcp_t tcp;
  std::function<void(uv_stream_t*)> incoming;
};

Result<std::unique_ptr<Listener>, std::string> Listener::open(uv_loop_t* loop, const Address& at,
                                                              std::function<void(uv_stream_t*)> incoming) {
  std::unique_ptr<Listener> listener{new Listener};
  auto* body = new Body;
  listener->body_ = body;
  listener->address_ = at;
  body->incoming = std::move(incoming);
  uv_tcp_init(loop, &body->tcp);
  body->tcp.data = body;
  const sockaddr_in address = socket_address(at);
  constexpr int backlog = 128;
  int status = uv_tcp_bind(&body->tcp, reinterpret_cast<const sockaddr*>(&address), 0);
  if (status == 0) {
    status = uv_listen(reinterpret_cast<uv_stream_t*>(&body->tcp), backlog, [](uv_stream_t* stream, int result) {
      if (result == 0) static_cast<Body*>(stream->data)->incoming(stream);
    });
  }
  if (status < 0) return fail("cannot listen on " + text(at) + ": " + uv_strerror(status));
  sockaddr_in bound{};
  int size = sizeof bound;
  uv_tcp_getsockname(&body->tcp, reinterpret_cast<sockaddr*>(&bound), &size);
  std::array<std::byte, 2> port{};
  std::copy_n(reinterpret_cast<const std::byte*>(&bound.sin_port), port.size(), port.begin());
  listener->address_.port = load<std::uint16_t>(port);
  return listener;
}

Listener::~Listener() {
  if (body_ == nullptr) return;
  body_->incoming = [](uv_stream_t*) {};
  close(&body_->tcp, [](uv_handle_t* handle) { delete static_cast<Body*>(handle->data); });
}

// --- Timer ---------------------------------------------------------------------------------------------------------

struct Timer::Body {
  uv_timer_t timer;
  std::function<void()> ring;
};

Timer::Timer(uv_loop_t* loop, std::function<void()> ring) : body_{new Body} {
  body_->ring = std::move(ring);
  uv_timer_init(loop, &body_->timer);
  body_->timer.data = body_;
}

Timer::~Timer() {
  uv_timer_stop(&body_->timer);
  close(&body_->timer, [](uv_handle_t* handle) { delete static_cast<Body*>(handle->data); });
}

void Timer::set(Time at) {
  using namespace std::chrono;
  const Time left = std::max(at - clock_now(), Time{});
  // A whole millisecond more, so that it never rings too early.
  const auto wait = duration_cast<milliseconds>(left).count() + (left > Time{} ? 1 : 0);
  uv_update_time(body_->timer.loop);
  uv_timer_start(
      &body_->timer,
      [](uv_timer_t* timer) {
        const auto ring = static_cast<Body*>(timer->data)->ring;
        ring();
      },
      static_cast<std::uint64_t>(wait), 0);
}

void Timer::stop() { uv_timer_stop(&body_->timer); }

}  // namespace sluice::net
