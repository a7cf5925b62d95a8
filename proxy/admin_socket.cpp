#include "proxy/admin_socket.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "admin/json_cutter.hpp"

namespace sluice::proxy {

namespace {

constexpr int backlog = 128;

enum class Place : std::uint8_t { free, stale, taken, not_a_socket, unreachable };

// What is at this path now? Asking a socket whether somebody listens is the only way to know.
Place look_at(const std::string& path) {
  struct stat facts {};

  if (::lstat(path.c_str(), &facts) != 0) return errno == ENOENT ? Place::free : Place::unreachable;
  if (!S_ISSOCK(facts.st_mode)) return Place::not_a_socket;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return Place::unreachable;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int reason = errno;
  ::close(probe);
  if (connected == 0 || reason == EAGAIN) return Place::taken;  // EAGAIN: somebody listens, but is busy
  return reason == ECONNREFUSED ? Place::stale : Place::unreachable;
}

// Why a socket cannot be bound at this path; nothing when all is well. Removes a stale one.
std::optional<std::string> make_room(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fmt::format("the path is longer than {} bytes", sizeof(sockaddr_un::sun_path) - 1);
  }
  switch (look_at(path)) {
    case Place::free: return std::nullopt;
    case Place::stale:
      if (::unlink(path.c_str()) == 0) return std::nullopt;
      return fmt::format("a dead process left its socket there, and it cannot be removed: {}", std::strerror(errno));
    case Place::taken: return "another sluiced is running there; choose another place with --ctl";
    case Place::not_a_socket: return "something that is not a socket is there";
    case Place::unreachable: return std::strerror(errno);
  }
  return std::nullopt;
}

}  // namespace

struct AdminSocket::Client {
  std::uint64_t number = 0;
  std::unique_ptr<Stream> stream;
  admin::JsonCutter cutter{max_request};
  bool leaving = false;
  bool waiting = false;  // its question is not answered yet
  bool serving = false;  // its questions are being looked at
  bool fed = false;      // it is told things, and asks no more
};

AdminSocket::AdminSocket(Loop& loop, Handler handler, FeedHandler feeds, Log& log)
    : loop_{loop},
      handler_{std::move(handler)},
      feeds_{std::move(feeds)},
      log_{log},
      socket_{Socket::unix_domain(loop.get())},
      sweep_{loop.get(), [this] { gone_.clear(); }} {}

AdminSocket::~AdminSocket() = default;

ofmsg::Result<std::unique_ptr<AdminSocket>, std::string> AdminSocket::open(Loop& loop, const std::string& path,
                                                                           Handler handler, Log& log,
                                                                           FeedHandler feeds) {
  const auto fail = [&path](std::string_view why) {
    return ofmsg::Failure<std::string>{fmt::format("cannot open the admin socket {}: {}", path, why)};
  };
  if (const auto trouble = make_room(path)) return fail(*trouble);
  std::unique_ptr<AdminSocket> admin{new AdminSocket{loop, std::move(handler), std::move(feeds), log}};
  if (!admin->socket_) return fail("no handle for it");
  admin->socket_.get()->data = admin.get();
  // The mode must be right from the first moment, not after a chmod.
  const mode_t before = ::umask(0177);
  int status = uv_pipe_bind(admin->socket_.pipe(), path.c_str());
  ::umask(before);
  if (status != 0) return fail(uv_text(status));
  admin->path_ = OwnedPath{path};
  status = uv_listen(admin->socket_.get(), backlog, [](uv_stream_t* handle, int result) {
    if (handle->data != nullptr) static_cast<AdminSocket*>(handle->data)->on_connection(result);
  });
  if (status != 0) return fail(uv_text(status));
  return admin;
}

void AdminSocket::on_connection(int status) {
  Socket socket = Socket::unix_domain(loop_.get());
  if (status == 0) status = socket ? uv_accept(socket_.get(), socket.get()) : UV_ENOMEM;
  if (status != 0) {
    log_.say_limited(Severity::warning, "accept_failed", "an admin connection could not be accepted", loop_.now(),
                     {{"why", uv_text(status)}});
    return;
  }
  if (clients_.size() >= max_clients) {
    log_.say_limited(Severity::warning, "admin_refused", "too many admin connections", loop_.now());
    return;
  }
  auto owned = std::make_unique<Client>();
  Client* client = owned.get();
  client->number = next_client_++;
  Stream::Callbacks callbacks;
  callbacks.on_bytes = [this, client](ofmsg::ByteView bytes) {
    client->cutter.feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    serve(*client);
  };
  callbacks.on_progress = [this, client] { serve(*client); };
  callbacks.on_end = [this, client](const std::string&) { forget(*client); };
  client->stream = std::make_unique<Stream>(std::move(socket), buffer_, std::move(callbacks));
  clients_[client->number] = std::move(owned);
  client->stream->start_reading();
}

namespace {

void say(Stream& stream, const std::string& id, const admin::Answer& answer) {
  const std::string line = admin::response(id, answer);
  stream.send(std::as_bytes(std::span{line}));
}

}  // namespace

AdminSocket::Respond AdminSocket::responder(const Client& client, std::string id) {
  return [socket = std::weak_ptr{self_}, number = client.number, id = std::move(id)](const admin::Answer& answer) {
    const auto owner = socket.lock();
    if (!owner) return;
    AdminSocket& self = **owner;
    const auto found = self.clients_.find(number);
    if (found == self.clients_.end()) return;  // nobody waits any more
    Client& asking = *found->second;
    asking.waiting = false;
    say(*asking.stream, id, answer);
    self.serve(asking);
  };
}

AdminSocket::Feed AdminSocket::feed(const Client& client) {
  return [socket = std::weak_ptr{self_}, number = client.number](ofmsg::ByteView bytes) -> std::optional<std::size_t> {
    const auto owner = socket.lock();
    if (!owner) return std::nullopt;
    AdminSocket& self = **owner;
    const auto found = self.clients_.find(number);
    if (found == self.clients_.end()) return std::nullopt;
    Client& told = *found->second;
    if (told.leaving) return std::nullopt;
    if (bytes.empty()) {
      told.leaving = true;
      told.stream->finish();
      return std::nullopt;
    }
    told.stream->send(bytes);
    if (told.stream->failure().empty()) return told.stream->queued();
    self.forget(told);
    return std::nullopt;
  };
}

void AdminSocket::serve(Client& client) {
  if (client.leaving || client.serving || client.fed) return;
  client.serving = true;
  while (!client.waiting && client.stream->queued() == 0 && client.stream->failure().empty()) {
    const std::optional<std::string> json = client.cutter.next();
    if (!json) break;
    const auto request = admin::parse_request(*json);
    if (request) {
      client.waiting = true;
      const Respond respond = responder(client, request->id);
      if (feeds_ && feeds_(*request, respond, feed(client))) {
        client.fed = true;
        break;
      }
      handler_(*request, respond);
    } else {
      say(*client.stream, "null", ofmsg::Failure<std::string>{request.error()});
    }
  }
  client.serving = false;
  if (client.fed) return client.stream->start_reading();  // so that its end is seen
  if (client.cutter.broken()) {
    say(*client.stream, "null",
        ofmsg::Failure<std::string>{fmt::format("requests are JSON objects of at most {} bytes", max_request)});
    client.leaving = true;
    client.stream->finish();
  } else if (!client.stream->failure().empty()) {
    forget(client);
  } else if (client.waiting || client.stream->queued() > 0) {
    client.stream->stop_reading();
  } else {
    client.stream->start_reading();
  }
}

void AdminSocket::forget(Client& client) {
  const auto found = clients_.find(client.number);
  if (found == clients_.end()) return;
  client.leaving = true;
  client.stream->stop_reading();
  gone_.push_back(std::move(found->second));
  clients_.erase(found);
  sweep_.start(std::chrono::nanoseconds{0});
}

}  // namespace sluice::proxy
