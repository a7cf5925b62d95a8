#include "bench/byte_relay.hpp"

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include <uv.h>

namespace sluice::bench {

namespace {

struct Relay {
  uv_loop_t loop{};
  uv_tcp_t listener{};
  sockaddr_in target{};
  std::array<char, 65536> buffer{};  // one read at a time
};

// One direction's end; `other` is where its bytes go.
struct Side {
  uv_tcp_t tcp{};
  Relay* relay = nullptr;
  Side* other = nullptr;
  int* open = nullptr;  // handles of the pair that are not closed yet
};

struct Pair {
  Side in, out;
  uv_connect_t connect{};
  int open = 2;
};

struct Write {
  uv_write_t request{};
  std::vector<char> bytes;
  Side* from = nullptr;  // not read until the rest is written
};

void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buf);

uv_stream_t* stream_of(Side& side) { return reinterpret_cast<uv_stream_t*>(&side.tcp); }

void close_pair(Side& side) {
  for (Side* one : {&side, side.other}) {
    auto* handle = reinterpret_cast<uv_handle_t*>(&one->tcp);
    if (uv_is_closing(handle) != 0) continue;
    uv_close(handle, [](uv_handle_t* closed) {
      auto* at = static_cast<Side*>(closed->data);
      if (--*at->open > 0) return;
      // `in` is the pair's first member; the other side knows it.
      Pair* pair = reinterpret_cast<Pair*>(at < at->other ? at : at->other);
      delete pair;
    });
  }
}

void start(Side& side) {
  uv_read_start(
      stream_of(side),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buf) {
        Relay& relay = *static_cast<Side*>(handle->data)->relay;
        *buf = uv_buf_init(relay.buffer.data(), static_cast<unsigned>(relay.buffer.size()));
      },
      on_read);
}

void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buf) {
  Side& side = *static_cast<Side*>(stream->data);
  if (count == 0) return;
  if (count < 0) {
    close_pair(side);
    return;
  }
  uv_buf_t bytes = uv_buf_init(buf->base, static_cast<unsigned>(count));
  int written = uv_try_write(stream_of(*side.other), &bytes, 1);
  if (written == count) return;
  if (written < 0 && written != UV_EAGAIN) {
    close_pair(side);
    return;
  }
  written = written < 0 ? 0 : written;
  auto rest = std::make_unique<Write>();
  rest->bytes.assign(buf->base + written, buf->base + count);
  rest->from = &side;
  rest->request.data = rest.get();
  uv_read_stop(stream);
  bytes = uv_buf_init(rest->bytes.data(), static_cast<unsigned>(rest->bytes.size()));
  uv_write(&rest->request, stream_of(*side.other), &bytes, 1, [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> done{static_cast<Write*>(request->data)};
    if (status == 0) start(*done->from);
  });
  static_cast<void>(rest.release());
}

void on_connection(uv_stream_t* listener, int status) {
  if (status != 0) return;
  Relay& relay = *static_cast<Relay*>(listener->data);
  auto* pair = new Pair;
  for (Side* side : {&pair->in, &pair->out}) {
    uv_tcp_init(&relay.loop, &side->tcp);
    side->tcp.data = side;
    side->relay = &relay;
    side->other = side == &pair->in ? &pair->out : &pair->in;
    side->open = &pair->open;
  }
  uv_accept(listener, stream_of(pair->in));
  pair->connect.data = pair;
  uv_tcp_connect(&pair->connect, &pair->out.tcp, reinterpret_cast<const sockaddr*>(&relay.target),
                 [](uv_connect_t* request, int result) {
                   auto* connected = static_cast<Pair*>(request->data);
                   if (result != 0) {
                     if (result != UV_ECANCELED) close_pair(connected->in);
                     return;
                   }
                   for (Side* side : {&connected->in, &connected->out}) {
                     uv_tcp_nodelay(&side->tcp, 1);
                     start(*side);
                   }
                 });
}

}  // namespace

void run_byte_relay(std::uint16_t target, const std::function<void(std::uint16_t port)>& listening) {
  static Relay relay;
  uv_loop_init(&relay.loop);
  uv_ip4_addr("127.0.0.1", target, &relay.target);
  uv_tcp_init(&relay.loop, &relay.listener);
  relay.listener.data = &relay;
  sockaddr_in here{};
  uv_ip4_addr("127.0.0.1", 0, &here);
  uv_tcp_bind(&relay.listener, reinterpret_cast<const sockaddr*>(&here), 0);
  if (uv_listen(reinterpret_cast<uv_stream_t*>(&relay.listener), 511, on_connection) != 0) std::_Exit(1);
  int size = sizeof here;
  uv_tcp_getsockname(&relay.listener, reinterpret_cast<sockaddr*>(&here), &size);
  listening(ntohs(here.sin_port));
  uv_run(&relay.loop, UV_RUN_DEFAULT);
  std::_Exit(0);
}

}  // namespace sluice::bench
