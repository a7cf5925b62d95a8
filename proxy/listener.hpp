// Accepts connections on one TCP address and hands each to the owner. A connection that cannot be
// accepted (descriptors used up, peer gone again) is told and forgotten; listening goes on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <uv.h>

#include "ofmsg/result.hpp"
#include "policy/endpoint.hpp"
#include "proxy/uv.hpp"

namespace sluice::proxy {

class Listener {
 public:
  struct Callbacks {
    std::function<void(Socket, std::string peer)> on_connection;  // peer: "127.0.0.1:40112"
    std::function<void(std::string why)> on_failure;
  };

  // Waits for connections from the next turn of the loop on. The error is a sentence. Resolving a
  // host name may block; addresses do not.
  [[nodiscard]] static ofmsg::Result<std::unique_ptr<Listener>, std::string> open(uv_loop_t* loop,
                                                                                  const policy::Endpoint& at,
                                                                                  const Callbacks& callbacks);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() = default;

  // Where it really listens: port 0 in the slice file means that the system chooses one.
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  Listener(Socket socket, Callbacks callbacks) : socket_{std::move(socket)}, callbacks_{std::move(callbacks)} {}

  void on_connection(int status);

  Socket socket_;
  Callbacks callbacks_;
  std::string address_;
};

// "127.0.0.1:6653", "[::1]:6653".
[[nodiscard]] std::string text(const sockaddr_storage& address);
// The other end's address; empty if it is gone already.
[[nodiscard]] std::string peer_text(const uv_tcp_t* tcp);
// An address with this port, if `host` is one and not a name.
[[nodiscard]] std::optional<sockaddr_storage> parse_address(const std::string& host, std::uint16_t port);

}  // namespace sluice::proxy
