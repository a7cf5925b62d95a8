#include "policy/endpoint.hpp"

#include <charconv>
#include <optional>

namespace sluice::policy {
namespace {

using Answer = ofmsg::Result<Endpoint, std::string>;

ofmsg::Failure<std::string> refuse(std::string_view whole, std::string why) {
  return ofmsg::Failure<std::string>{"\"" + std::string{whole} + "\": " + std::move(why)};
}

struct Scheme {
  std::string_view name;
  Endpoint::Way way;
  bool tls;
};

constexpr Scheme schemes[] = {
    {"tcp:", Endpoint::Way::dial, false},
    {"ssl:", Endpoint::Way::dial, true},
    {"ptcp:", Endpoint::Way::listen, false},
    {"pssl:", Endpoint::Way::listen, true},
};

std::optional<std::uint16_t> parse_port_number(std::string_view s) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), port);
  if (error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return port;
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_host(std::string_view s) {
  if (s.empty() || s.size() > 253) return false;
  for (const char c : s) {
    if (!is_letter_or_digit(c) && c != '.' && c != '-' && c != '_') return false;
  }
  return s.front() != '-' && s.front() != '.';
}

// As much of an IPv6 address as text can tell: hexadecimal digits, colons, an IPv4 tail, a scope.
bool is_ipv6(std::string_view s) {
  const std::size_t percent = s.find('%');
  const std::string_view address = s.substr(0, percent);
  if (address.find(':') == std::string_view::npos || address.size() > 45) return false;
  if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  return percent == std::string_view::npos || is_host(s.substr(percent + 1));
}

// Takes a host, in brackets if it is an IPv6 address, from the front of `rest`. The error is why not.
ofmsg::Result<std::string, std::string> take_host(std::string_view& rest) {
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return ofmsg::Failure<std::string>{"the \"[\" is not closed"};
    const std::string host{rest.substr(1, close - 1)};
    if (!is_ipv6(host)) return ofmsg::Failure<std::string>{"\"" + host + "\" is not an IPv6 address"};
    rest.remove_prefix(close + 1);
    return host;
  }
  const std::size_t colon = rest.find(':');
  if (is_ipv6(rest) && rest.find(':', colon + 1) != std::string_view::npos) {
    return ofmsg::Failure<std::string>{"write an IPv6 address in brackets, as in tcp:[::1]:6653"};
  }
  const std::string host{rest.substr(0, colon)};
  if (!is_host(host)) {
    return ofmsg::Failure<std::string>{host.empty() ? std::string{"the host is missing"}
                                                    : "\"" + host + "\" is not a host name or address"};
  }
  rest.remove_prefix(host.size());
  return host;
}

// HOST[:PORT]
Answer parse_dial(std::string_view whole, std::string_view rest, Endpoint endpoint) {
  auto host = take_host(rest);
  if (!host) return refuse(whole, host.error());
  endpoint.host = *std::move(host);
  if (rest.empty()) return endpoint;
  const auto port = rest.starts_with(':') ? parse_port_number(rest.substr(1)) : std::nullopt;
  if (!port || *port == 0) return refuse(whole, "after the host comes \":\" and a port from 1 to 65535");
  endpoint.port = *port;
  return endpoint;
}

// [PORT][:HOST]
Answer parse_listen(std::string_view whole, std::string_view rest, Endpoint endpoint) {
  const std::string_view number = rest.substr(0, rest.find(':'));
  if (!number.empty()) {
    const auto port = parse_port_number(number);
    if (!port)
      return refuse(whole, "the port comes first, from 0 to 65535, then the address, as in ptcp:6653:127.0.0.1");
    endpoint.port = *port;
    rest.remove_prefix(number.size());
  }
  if (rest.empty()) return endpoint;
  rest.remove_prefix(1);  // the colon
  auto host = take_host(rest);
  if (!host) return refuse(whole, host.error());
  if (!rest.empty()) return refuse(whole, "\"" + std::string{rest} + "\" after the address has no meaning");
  endpoint.host = *std::move(host);
  return endpoint;
}

}  // namespace

std::string text(const Endpoint& endpoint) {
  const std::string host = endpoint.host.find(':') == std::string::npos ? endpoint.host : "[" + endpoint.host + "]";
  const std::string port = std::to_string(endpoint.port);
  std::string_view scheme;
  for (const Scheme& s : schemes) {
    if (s.way == endpoint.way && s.tls == endpoint.tls) scheme = s.name;
  }
  if (endpoint.way == Endpoint::Way::dial) return std::string{scheme} + host + ":" + port;
  return std::string{scheme} + port + (host.empty() ? "" : ":" + host);
}

Answer parse_endpoint(std::string_view text) {
  for (const Scheme& scheme : schemes) {
    if (!text.starts_with(scheme.name)) continue;
    const std::string_view rest = text.substr(scheme.name.size());
    const Endpoint empty{scheme.way, scheme.tls, {}, openflow_port};
    return scheme.way == Endpoint::Way::dial ? parse_dial(text, rest, empty) : parse_listen(text, rest, empty);
  }
  if (text.starts_with("unix:") || text.starts_with("punix:")) {
    return refuse(text, "Unix sockets carry no OpenFlow here; use tcp:HOST[:PORT] or ptcp:[PORT][:HOST]");
  }
  return refuse(text, "not a connection; write tcp:HOST[:PORT] to dial or ptcp:[PORT][:HOST] to listen");
}

}  // namespace sluice::policy
