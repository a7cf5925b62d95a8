#include "proxy/stream.hpp"

#include <utility>

namespace sluice::proxy {

namespace {

// libuv takes char; the bytes are not changed.
uv_buf_t uv_buffer(ofmsg::ByteView bytes) {
  return uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())),
                     static_cast<unsigned>(bytes.size()));
}

}  // namespace

// The bytes of a request must live until its callback, which may come after the stream has gone.
struct Stream::Write {
  uv_write_t request{};
  ofmsg::Bytes bytes;
  Stream* stream = nullptr;
};

Stream::Stream(Socket socket, ReadBuffer& buffer, Callbacks callbacks)
    : socket_{std::move(socket)}, buffer_{buffer}, callbacks_{std::move(callbacks)} {
  socket_.get()->data = this;
  if (uv_tcp_t* tcp = socket_.tcp(); tcp != nullptr) {
    uv_tcp_nodelay(tcp, 1);
    // Finds a peer whose machine is gone while nothing is to be said; OpenFlow's own echo is
    // quicker otherwise.
    uv_tcp_keepalive(tcp, 1, 60);
  }
}

Stream::~Stream() {
  if (write_ != nullptr) write_->stream = nullptr;
}

void Stream::start_reading() {
  if (reading_ || ended_) return;
  reading_ = true;
  uv_read_start(socket_.get(), &Stream::on_alloc, &Stream::on_read);
}

void Stream::stop_reading() {
  if (!reading_ || finishing_) return;
  reading_ = false;
  uv_read_stop(socket_.get());
}

void Stream::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buf) {
  auto* stream = static_cast<Stream*>(handle->data);
  if (stream == nullptr) {
    *buf = uv_buf_init(nullptr, 0);
    return;
  }
  *buf = uv_buf_init(stream->buffer_.data(), static_cast<unsigned>(stream->buffer_.size()));
}

void Stream::on_read(uv_stream_t* handle, ssize_t count, const uv_buf_t* buf) {
  auto* stream = static_cast<Stream*>(handle->data);
  if (stream == nullptr || count == 0) return;
  if (count < 0) {
    stream->end(count == UV_EOF ? "the other end closed the connection" : uv_text(static_cast<int>(count)));
  } else if (!stream->finishing_) {
    stream->callbacks_.on_bytes(std::as_bytes(std::span{buf->base, static_cast<std::size_t>(count)}));
  }
}

void Stream::send(ofmsg::ByteView bytes) {
  if (bytes.empty() || finishing_ || ended_ || !failure_.empty()) return;
  given_ += bytes.size();
  if (queued() == 0) {
    const uv_buf_t buf = uv_buffer(bytes);
    const int taken = uv_try_write(socket_.get(), &buf, 1);
    if (taken >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(taken));
    } else if (taken != UV_EAGAIN) {
      failure_ = uv_text(taken);
      return;
    }
  }
  ofmsg::append(waiting_, bytes);
  if (write_ == nullptr) write_waiting();
}

void Stream::write_waiting() {
  if (waiting_.empty()) return;
  auto write = std::make_unique<Write>();
  write->bytes.swap(waiting_);
  write->stream = this;
  write->request.data = write.get();
  const uv_buf_t buf = uv_buffer(write->bytes);
  const int status = uv_write(&write->request, socket_.get(), &buf, 1, [](uv_write_t* request, int result) {
    const std::unique_ptr<Write> done{static_cast<Write*>(request->data)};
    if (done->stream != nullptr && done->stream->write_ == done.get()) done->stream->written(result);
  });
  if (status < 0) {
    failure_ = uv_text(status);
    return;
  }
  in_flight_ = write->bytes.size();
  write_ = write.release();
}

void Stream::written(int status) {
  write_ = nullptr;
  in_flight_ = 0;
  if (status < 0) {
    end(uv_text(status));
    return;
  }
  write_waiting();
  if (!failure_.empty()) {
    end(failure_);
  } else if (!finishing_ && callbacks_.on_progress) {
    callbacks_.on_progress();
  }
}

void Stream::end(std::string why) {
  if (ended_) return;
  ended_ = true;
  failure_ = why;
  waiting_.clear();
  uv_read_stop(socket_.get());
  callbacks_.on_end(std::move(why));
}

void Stream::finish() {
  if (finishing_ || ended_) return;
  if (write_ != nullptr && !waiting_.empty()) {
    // The request in flight goes on by itself; this one stands behind it in libuv's queue.
    write_->stream = nullptr;
    write_ = nullptr;
  }
  write_waiting();
  finishing_ = true;
  if (!reading_) {
    reading_ = true;
    uv_read_start(socket_.get(), &Stream::on_alloc, &Stream::on_read);
  }
  auto request = std::make_unique<uv_shutdown_t>();
  // libuv carries it out when everything before it has been written.
  if (uv_shutdown(request.get(), socket_.get(), [](uv_shutdown_t* done, int) { delete done; }) == 0) {
    static_cast<void>(request.release());
  }
}

}  // namespace sluice::proxy
