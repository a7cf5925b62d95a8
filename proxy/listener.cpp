#include "proxy/listener.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace sluice::proxy {

namespace {

constexpr int backlog = 511;

const sockaddr* generic(const sockaddr_storage& address) { return reinterpret_cast<const sockaddr*>(&address); }

std::optional<sockaddr_storage> resolve(uv_loop_t* loop, const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  uv_getaddrinfo_t request{};
  const std::string service = std::to_string(port);
  if (uv_getaddrinfo(loop, &request, nullptr, host.c_str(), service.c_str(), &hints) != 0) return std::nullopt;
  std::optional<sockaddr_storage> found;
  if (request.addrinfo != nullptr) {
    found.emplace();
    std::copy_n(reinterpret_cast<const std::byte*>(request.addrinfo->ai_addr), request.addrinfo->ai_addrlen,
                reinterpret_cast<std::byte*>(&*found));
  }
  uv_freeaddrinfo(request.addrinfo);
  return found;
}

// The addresses to try, best first.
std::vector<sockaddr_storage> addresses(uv_loop_t* loop, const policy::Endpoint& at) {
  std::vector<sockaddr_storage> found;
  if (at.host.empty()) {
    // Everything: "::" takes IPv4 too, unless this machine has no IPv6.
    found.push_back(*parse_address("::", at.port));
    found.push_back(*parse_address("0.0.0.0", at.port));
  } else if (const auto literal = parse_address(at.host, at.port)) {
    found.push_back(*literal);
  } else if (const auto resolved = resolve(loop, at.host, at.port)) {
    found.push_back(*resolved);
  }
  return found;
}

}  // namespace

std::string text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    uv_ip4_name(&v4, name.data(), name.size());
    return fmt::format("{}:{}", name.data(), ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    uv_ip6_name(&v6, name.data(), name.size());
    return fmt::format("[{}]:{}", name.data(), ntohs(v6.sin6_port));
  }
  return {};
}

std::string peer_text(const uv_tcp_t* tcp) {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getpeername(tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return text(address);
}

std::optional<sockaddr_storage> parse_address(const std::string& host, std::uint16_t port) {
  sockaddr_storage address{};
  if (uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(&address)) == 0) return address;
  if (uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(&address)) == 0) return address;
  return std::nullopt;
}

ofmsg::Result<std::unique_ptr<Listener>, std::string> Listener::open(uv_loop_t* loop, const policy::Endpoint& at,
                                                                     const Callbacks& callbacks) {
  const auto fail = [&at](std::string_view why) {
    return ofmsg::Failure<std::string>{fmt::format("cannot listen on {}: {}", policy::text(at), why)};
  };
  if (at.tls) return fail("TLS is not supported yet; use ptcp:");
  const std::vector<sockaddr_storage> candidates = addresses(loop, at);
  if (candidates.empty()) return fail("no such host");
  std::string reason;
  for (const sockaddr_storage& address : candidates) {
    Socket socket = Socket::tcp(loop);
    if (!socket) return fail("no handle for it");
    int status = uv_tcp_bind(socket.tcp(), generic(address), 0);
    std::unique_ptr<Listener> listener{new Listener{std::move(socket), callbacks}};
    listener->socket_.get()->data = listener.get();
    if (status == 0) {
      status = uv_listen(listener->socket_.get(), backlog, [](uv_stream_t* handle, int result) {
        if (handle->data != nullptr) static_cast<Listener*>(handle->data)->on_connection(result);
      });
    }
    if (status == 0) {
      sockaddr_storage bound{};
      int size = sizeof bound;
      uv_tcp_getsockname(listener->socket_.tcp(), reinterpret_cast<sockaddr*>(&bound), &size);
      listener->address_ = text(bound);
      return listener;
    }
    reason = uv_text(status);
  }
  return fail(reason);
}

void Listener::on_connection(int status) {
  if (status < 0) {
    callbacks_.on_failure(uv_text(status));
    return;
  }
  Socket socket = Socket::tcp(socket_.get()->loop);
  if (socket) {
    status = uv_accept(socket_.get(), socket.get());
    if (status == 0) {
      std::string peer = peer_text(socket.tcp());
      callbacks_.on_connection(std::move(socket), std::move(peer));
      return;
    }
  }
  callbacks_.on_failure(uv_text(status));
}

}  // namespace sluice::proxy
