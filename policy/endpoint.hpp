// OVS connection strings: "ptcp:[PORT][:HOST]" to listen, "tcp:HOST[:PORT]" to dial.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ofmsg/result.hpp"

namespace sluice::policy {

inline constexpr std::uint16_t openflow_port = 6653;

struct Endpoint {
  enum class Way : std::uint8_t { listen, dial };

  Way way = Way::dial;
  bool tls = false;  // pssl:, ssl:
  std::string host;  // name or address; empty when listening on all addresses
  std::uint16_t port = openflow_port;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

[[nodiscard]] std::string text(const Endpoint& endpoint);  // "tcp:192.0.2.1:6653"; IPv6 addresses in brackets
// The error is a sentence.
[[nodiscard]] ofmsg::Result<Endpoint, std::string> parse_endpoint(std::string_view text);

}  // namespace sluice::policy
