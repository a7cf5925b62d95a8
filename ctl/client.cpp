#include "ctl/client.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "admin/json_cutter.hpp"

namespace sluice::ctl {

namespace {

using Clock = std::chrono::steady_clock;
using What = AskError::What;

constexpr std::size_t longest_answer = 256U << 20U;

ofmsg::Failure<AskError> fail(What what, std::string why) {
  return ofmsg::Failure<AskError>{AskError{what, std::move(why)}};
}

class Socket {
 public:
  Socket() : fd_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {}

  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }

  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

// Waits until the socket is ready for `events`; false when the time is over.
bool ready(const Socket& socket, short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{socket.fd(), events, 0};
    const int n = poll(&waiting, 1, static_cast<int>(std::min<long>(left + 1, 60000)));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return true;  // the next call says what is wrong
    if (Interruptible::interrupted()) return false;
  }
}

std::optional<AskError> connect_to(const Socket& socket, const std::string& target, Clock::time_point until) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (target.empty() || target.size() >= sizeof(address.sun_path)) {
    return AskError{What::unreachable, "the name of the socket is empty or longer than a socket's can be"};
  }
  std::memcpy(address.sun_path, target.data(), target.size());
  // A Unix socket connects at once, or says EAGAIN while the daemon's queue is full.
  while (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EINPROGRESS) {
      if (Clock::now() >= until) return AskError{What::timed_out, "the daemon takes no new connections"};
      poll(nullptr, 0, 10);
      continue;
    }
    const bool denied = error == EACCES || error == EPERM;
    return AskError{denied ? What::not_permitted : What::unreachable, std::strerror(error)};
  }
  return std::nullopt;
}

std::optional<AskError> send_all(const Socket& socket, std::string_view bytes, Clock::time_point until) {
  while (!bytes.empty()) {
    const ssize_t n = send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!ready(socket, POLLOUT, until)) return AskError{What::timed_out, "the daemon does not read"};
    } else if (errno != EINTR) {
      return AskError{What::broken, std::strerror(errno)};
    }
  }
  return std::nullopt;
}

ofmsg::Result<std::string, AskError> receive_object(const Socket& socket, Clock::time_point until) {
  admin::JsonCutter cutter{longest_answer};
  std::array<char, 65536> buffer{};
  while (true) {
    if (std::optional<std::string> object = cutter.next()) return std::move(*object);
    if (cutter.broken()) return fail(What::broken, "what came back is no JSON object");
    const ssize_t n = recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (n > 0) {
      cutter.feed({buffer.data(), static_cast<std::size_t>(n)});
    } else if (n == 0) {
      return fail(What::broken, "the daemon hung up without an answer");
    } else if (errno == EAGAIN) {
      if (!ready(socket, POLLIN, until)) return fail(What::timed_out, "no answer came in time");
    } else if (errno != EINTR) {
      return fail(What::broken, std::strerror(errno));
    }
  }
}

ofmsg::Result<std::string, AskError> read_answer(const std::string& object) {
  const nlohmann::json answer = nlohmann::json::parse(object, nullptr, false);
  if (!answer.is_object()) return fail(What::broken, "what came back is no JSON object");
  const auto error = answer.find("error");
  if (error != answer.end() && error->is_string()) return fail(What::refused, error->get<std::string>());
  const auto result = answer.find("result");
  if (result == answer.end() || !result->is_string()) {
    return fail(What::broken, "the answer has neither a result nor an error");
  }
  return result->get<std::string>();
}

}  // namespace

std::vector<std::string> default_targets() {
  std::vector<std::string> targets{"/run/sluiced/ctl"};
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime != '\0') targets.push_back(std::string{runtime} + "/sluiced/ctl");
  return targets;
}

namespace {

std::optional<AskError> put_question(const Socket& socket, const std::string& target, const std::string& method,
                                     const std::vector<std::string>& params, Clock::time_point until) {
  if (socket.fd() < 0) return AskError{What::broken, std::strerror(errno)};
  if (auto error = connect_to(socket, target, until)) return error;
  const nlohmann::ordered_json request{{"id", 0}, {"method", method}, {"params", params}};
  // Arguments of a program need not be UTF-8.
  const std::string bytes = request.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
  return send_all(socket, bytes, until);
}

// The answer's line, with whatever has come behind it.
ofmsg::Result<std::pair<std::string, std::string>, AskError> receive_line(const Socket& socket,
                                                                          Clock::time_point until) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.find('\n') == std::string::npos) {
    const ssize_t n = recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (n > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (n == 0) {
      return fail(What::broken, "the daemon hung up without an answer");
    } else if (errno == EAGAIN) {
      if (!ready(socket, POLLIN, until)) return fail(What::timed_out, "no answer came in time");
    } else if (errno != EINTR) {
      return fail(What::broken, std::strerror(errno));
    }
  }
  const std::size_t end = text.find('\n');
  return std::pair{text.substr(0, end), text.substr(end + 1)};
}

volatile std::sig_atomic_t was_interrupted = 0;

}  // namespace

Interruptible::Interruptible() {
  was_interrupted = 0;

  struct sigaction action {};

  action.sa_handler = [](int) { was_interrupted = 1; };
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
}

Interruptible::~Interruptible() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

bool Interruptible::interrupted() { return was_interrupted != 0; }

ofmsg::Result<std::string, AskError> ask(const std::string& target, const std::string& method,
                                         const std::vector<std::string>& params, std::chrono::milliseconds timeout) {
  const Clock::time_point until = Clock::now() + timeout;
  const Socket socket;
  if (const auto error = put_question(socket, target, method, params, until)) return fail(error->what, error->why);
  const auto object = receive_object(socket, until);
  return object ? read_answer(*object) : object;
}

ofmsg::Result<void, AskError> follow(const std::string& target, const std::string& method,
                                     std::chrono::milliseconds timeout, std::optional<Clock::time_point> until,
                                     const TakeBytes& take) {
  const Clock::time_point patience = Clock::now() + timeout;
  const Socket socket;
  if (const auto error = put_question(socket, target, method, {}, patience)) return fail(error->what, error->why);
  const auto line = receive_line(socket, patience);
  if (!line) return fail(line.error().what, line.error().why);
  if (const auto answer = read_answer(line->first); !answer) return fail(answer.error().what, answer.error().why);
  if (!line->second.empty() && !take(line->second)) return {};
  constexpr std::chrono::milliseconds look{200};  // at the time, and for an interruption
  std::array<char, 65536> buffer{};
  while (!Interruptible::interrupted() && (!until || Clock::now() < *until)) {
    if (!ready(socket, POLLIN, Clock::now() + look)) continue;
    const ssize_t n = recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (n == 0) return fail(What::ended, "it has ended, or left us behind because we did not read fast enough");
    if (n < 0 && errno != EAGAIN && errno != EINTR) return fail(What::broken, std::strerror(errno));
    if (n > 0 && !take({buffer.data(), static_cast<std::size_t>(n)})) return {};
  }
  return {};
}

}  // namespace sluice::ctl
