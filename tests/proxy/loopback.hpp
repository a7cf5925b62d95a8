// What the tests of the shell share: plain blocking sockets as the other end, a core that does what
// the test says, and a loop that is turned until something has happened.
#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "proxy/core.hpp"
#include "proxy/listener.hpp"
#include "proxy/log.hpp"
#include "proxy/server.hpp"

namespace sluice::proxy::test {

// A file descriptor that is closed.
class Peer {
 public:
  Peer() = default;

  explicit Peer(int fd) : fd_{fd} {}

  Peer(Peer&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}

  Peer& operator=(Peer&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  ~Peer() { close(); }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  [[nodiscard]] int fd() const { return fd_; }

  // As much as the kernel takes now.
  std::size_t write(const std::string& bytes) const {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }

  // What is there now. `ended` says whether the end of the stream was seen.
  std::string read(std::size_t most = 1U << 20U) {
    std::string bytes(most, '\0');
    const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    ended = n == 0;
    bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return bytes;
  }

  bool ended = false;

 private:
  int fd_ = -1;
};

// "[::1]:1234" is not needed here: "127.0.0.1:1234" only.
inline std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline Peer connect_to(std::uint16_t port) {
  Peer peer{::socket(AF_INET, SOCK_STREAM, 0)};
  const sockaddr_in address = loopback(port);
  REQUIRE(::connect(peer.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return peer;
}

// A listening socket of the test's own, for the server to dial.
class Acceptor {
 public:
  explicit Acceptor(int backlog = 16) : listening_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address = loopback(0);
    REQUIRE(::bind(listening_.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_.fd(), backlog) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listening_.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  [[nodiscard]] policy::Endpoint endpoint() const { return {policy::Endpoint::Way::dial, false, "127.0.0.1", port_}; }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] std::optional<Peer> accept() const {
    pollfd ready{listening_.fd(), POLLIN, 0};
    if (::poll(&ready, 1, 0) != 1) return std::nullopt;
    return Peer{::accept(listening_.fd(), nullptr, nullptr)};
  }

  void close() { listening_.close(); }

 private:
  Peer listening_;
  std::uint16_t port_ = 0;
};

// Turns the loop until the condition holds; false after a generous while.
template <class Condition>
[[nodiscard]] bool turn_until(Loop& loop, Condition condition,
                              std::chrono::milliseconds most = std::chrono::seconds{20}) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    uv_run(loop.get(), UV_RUN_NOWAIT);
    ::usleep(200);
  }
  return true;
}

inline void turn_for(Loop& loop, std::chrono::milliseconds time) {
  static_cast<void>(turn_until(
      loop, [] { return false; }, time));
}

// An OpenFlow message with a body of this size.
inline std::string frame(std::uint8_t type, std::uint32_t xid, std::size_t body = 0, char fill = 'x') {
  const std::size_t size = 8 + body;
  std::string bytes{4,
                    static_cast<char>(type),
                    static_cast<char>(size >> 8U),
                    static_cast<char>(size & 0xffU),
                    static_cast<char>(xid >> 24U),
                    static_cast<char>(xid >> 16U),
                    static_cast<char>(xid >> 8U),
                    static_cast<char>(xid)};
  bytes.append(body, fill);
  return bytes;
}

inline void append(slicing::Outbox& out, slicing::LinkId link, const std::string& bytes) {
  ofmsg::append(out.to(link), std::as_bytes(std::span{bytes}));
}

// Remembers what it is told and reacts as the test says.
class ScriptedCore final : public Core {
 public:
  void handle(const slicing::Input& input, slicing::Time now, slicing::Outbox& out) override {
    last = now;
    if (const auto* up = std::get_if<slicing::SwitchUp>(&input)) switches.push_back(up->link);
    if (const auto* up = std::get_if<slicing::ControllerUp>(&input)) controllers.push_back(up->link);
    if (const auto* lost = std::get_if<slicing::Lost>(&input)) losses.emplace_back(lost->link, lost->why);
    if (const auto* garbled = std::get_if<slicing::Garbled>(&input)) garbles.push_back(garbled->link);
    if (const auto* c = std::get_if<slicing::Congested>(&input)) congestion.emplace_back(c->link, c->congested);
    if (const auto* p = std::get_if<slicing::Paused>(&input)) pauses.emplace_back(p->link, p->paused);
    if (const auto* arrived = std::get_if<slicing::Arrived>(&input)) {
      arrivals.emplace_back(arrived->link, arrived->frame.xid().value);
    }
    if (std::holds_alternative<slicing::Tick>(input)) ++ticks;
    if (react) react(input, out);
  }

  [[nodiscard]] std::optional<slicing::Time> deadline() const override { return due; }

  std::function<void(const slicing::Input&, slicing::Outbox&)> react;
  std::optional<slicing::Time> due;
  slicing::Time last{};
  std::vector<slicing::LinkId> switches, controllers, garbles;
  std::vector<std::pair<slicing::LinkId, std::string>> losses;
  std::vector<std::pair<slicing::LinkId, bool>> congestion, pauses;
  std::vector<std::pair<slicing::LinkId, std::uint32_t>> arrivals;  // with the xid
  int ticks = 0;
};

// A log whose lines can be read back.
class Paper {
 public:
  Paper() : file_{std::tmpfile()} {}

  Paper(const Paper&) = delete;
  Paper& operator=(const Paper&) = delete;

  ~Paper() { std::fclose(file_); }

  [[nodiscard]] std::FILE* file() const { return file_; }

  [[nodiscard]] std::string text() const {
    std::fflush(file_);
    std::string all(static_cast<std::size_t>(std::ftell(file_)), '\0');
    const ssize_t n = ::pread(::fileno(file_), all.data(), all.size(), 0);
    all.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return all;
  }

 private:
  std::FILE* file_;
};

}  // namespace sluice::proxy::test
