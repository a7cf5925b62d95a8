#include "proxy/dialer.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "proxy/listener.hpp"

namespace sluice::proxy {

using slicing::LinkId;

// One dial under way. Requests that libuv holds know it weakly: whoever cancels or times out just
// drops it.
struct Dialer::Attempt : std::enable_shared_from_this<Dialer::Attempt> {
  struct Lookup {
    uv_getaddrinfo_t request{};
    std::weak_ptr<Attempt> attempt;
  };

  struct Connect {
    uv_connect_t request{};
    std::weak_ptr<Attempt> attempt;
  };

  Attempt(Dialer& owner, LinkId id, const policy::Endpoint& where)
      : dialer{owner}, link{id}, to{where}, timer{owner.loop_, [this] { time_is_up(); }} {}

  void begin();
  void look_up();
  void connect_next();
  void time_is_up();

  // Answers in the next turn of the loop.
  void fail(std::string_view why) {
    failed = true;
    last_error = why;
    socket = {};
    timer.start(std::chrono::nanoseconds{0});
  }

  Dialer& dialer;
  LinkId link;
  policy::Endpoint to;
  Timer timer;
  std::vector<sockaddr_storage> addresses;
  std::size_t next = 0;  // address to try
  Socket socket;
  bool failed = false;
  std::string last_error;
};

void Dialer::Attempt::begin() {
  if (to.tls) {
    fail("TLS is not supported yet; use tcp:");
    return;
  }
  timer.start(dialer.limit_);
  if (const auto literal = parse_address(to.host, to.port)) {
    addresses.push_back(*literal);
    connect_next();
  } else {
    look_up();
  }
}

void Dialer::Attempt::look_up() {
  auto lookup = std::make_unique<Lookup>();
  lookup->attempt = weak_from_this();
  lookup->request.data = lookup.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const auto found = [](uv_getaddrinfo_t* request, int status, addrinfo* list) {
    const std::unique_ptr<Lookup> done{static_cast<Lookup*>(request->data)};
    if (const auto attempt = done->attempt.lock(); attempt && !attempt->failed) {
      for (const addrinfo* entry = list; status == 0 && entry != nullptr; entry = entry->ai_next) {
        sockaddr_storage address{};
        std::copy_n(reinterpret_cast<const std::byte*>(entry->ai_addr), entry->ai_addrlen,
                    reinterpret_cast<std::byte*>(&address));
        attempt->addresses.push_back(address);
      }
      attempt->last_error = status == 0 ? "the name has no address" : uv_text(status);
      attempt->connect_next();
    }
    uv_freeaddrinfo(list);
  };
  const std::string service = std::to_string(to.port);
  const int status = uv_getaddrinfo(dialer.loop_, &lookup->request, found, to.host.c_str(), service.c_str(), &hints);
  if (status != 0) {
    fail(uv_text(status));
    return;
  }
  static_cast<void>(lookup.release());
}

void Dialer::Attempt::connect_next() {
  while (next < addresses.size()) {
    const sockaddr_storage& address = addresses[next++];
    socket = Socket::tcp(dialer.loop_);
    auto connect = std::make_unique<Connect>();
    connect->attempt = weak_from_this();
    connect->request.data = connect.get();
    const auto connected = [](uv_connect_t* request, int status) {
      const std::unique_ptr<Connect> done{static_cast<Connect*>(request->data)};
      const auto attempt = done->attempt.lock();
      if (!attempt || attempt->failed) return;
      if (status == 0) {
        attempt->dialer.finish(attempt->link, std::move(attempt->socket));
      } else if (status != UV_ECANCELED) {
        attempt->last_error = uv_text(status);
        attempt->connect_next();
      }
    };
    const int status =
        socket ? uv_tcp_connect(&connect->request, socket.tcp(), reinterpret_cast<const sockaddr*>(&address), connected)
               : UV_ENOMEM;
    if (status == 0) {
      static_cast<void>(connect.release());
      return;
    }
    last_error = uv_text(status);
  }
  fail(last_error);
}

void Dialer::Attempt::time_is_up() {
  const std::string why =
      failed ? last_error
             : fmt::format("no answer within {:g} s", std::chrono::duration<double>{dialer.limit_}.count());
  dialer.finish(link, ofmsg::Failure<std::string>{fmt::format("cannot connect: {}", why)});
}

Dialer::Dialer(uv_loop_t* loop, Done done, std::chrono::nanoseconds limit)
    : loop_{loop}, done_{std::move(done)}, limit_{limit} {}

Dialer::~Dialer() = default;

void Dialer::dial(LinkId link, const policy::Endpoint& to) {
  const auto attempt = std::make_shared<Attempt>(*this, link, to);
  attempts_[link] = attempt;
  attempt->begin();
}

void Dialer::cancel(LinkId link) { attempts_.erase(link); }

void Dialer::finish(LinkId link, Outcome outcome) {
  const auto found = attempts_.find(link);
  if (found == attempts_.end()) return;
  // The attempt (and with it the timer that may be calling us) lives until the end of this
  // function.
  const std::shared_ptr<Attempt> keep = found->second;
  attempts_.erase(found);
  done_(link, std::move(outcome));
}

}  // namespace sluice::proxy
