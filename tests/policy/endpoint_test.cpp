// Connection strings, both ways.
#include "policy/endpoint.hpp"

#include <string>

#include <doctest/doctest.h>

namespace sluice::policy {
namespace {

TEST_CASE("connection strings are read as Open vSwitch reads them") {
  struct Case {
    const char* text;
    Endpoint expected;
    const char* printed;
  };
  using enum Endpoint::Way;
  const Case cases[] = {
      {"tcp:192.0.2.1", {dial, false, "192.0.2.1", 6653}, "tcp:192.0.2.1:6653"},
      {"tcp:192.0.2.1:6633", {dial, false, "192.0.2.1", 6633}, "tcp:192.0.2.1:6633"},
      {"tcp:ctl-1.example.org:1", {dial, false, "ctl-1.example.org", 1}, "tcp:ctl-1.example.org:1"},
      {"tcp:[2001:db8::1]:6633", {dial, false, "2001:db8::1", 6633}, "tcp:[2001:db8::1]:6633"},
      {"tcp:[fe80::1%eth0]", {dial, false, "fe80::1%eth0", 6653}, "tcp:[fe80::1%eth0]:6653"},
      {"ssl:host", {dial, true, "host", 6653}, "ssl:host:6653"},
      {"ptcp:", {listen, false, "", 6653}, "ptcp:6653"},
      {"ptcp:0", {listen, false, "", 0}, "ptcp:0"},
      {"ptcp:6633", {listen, false, "", 6633}, "ptcp:6633"},
      {"ptcp:6633:127.0.0.1", {listen, false, "127.0.0.1", 6633}, "ptcp:6633:127.0.0.1"},
      {"ptcp::127.0.0.1", {listen, false, "127.0.0.1", 6653}, "ptcp:6653:127.0.0.1"},
      {"ptcp:6633:[::1]", {listen, false, "::1", 6633}, "ptcp:6633:[::1]"},
      {"pssl:65535", {listen, true, "", 65535}, "pssl:65535"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto endpoint = parse_endpoint(c.text);
    REQUIRE(endpoint);
    CHECK(*endpoint == c.expected);
    CHECK(text(*endpoint) == c.printed);
    CHECK(parse_endpoint(text(*endpoint)) == endpoint);
  }
}

TEST_CASE("what is no connection string is told apart") {
  struct Case {
    const char* text;
    const char* part_of_the_reason;
  };

  const Case cases[] = {
      {"", "not a connection"},
      {"192.0.2.1:6653", "not a connection"},
      {"tcp", "not a connection"},
      {"tcp:", "the host is missing"},
      {"tcp::6653", "the host is missing"},
      {"tcp:host:", "a port from 1 to 65535"},
      {"tcp:host:0", "a port from 1 to 65535"},
      {"tcp:host:65536", "a port from 1 to 65535"},
      {"tcp:host:66a", "a port from 1 to 65535"},
      {"tcp:host:1:2", "a port from 1 to 65535"},
      {"tcp:ho st", "not a host name or address"},
      {"tcp:-host", "not a host name or address"},
      {"tcp:::1", "in brackets"},
      {"tcp:2001:db8::1", "in brackets"},
      {"tcp:[::1", "not closed"},
      {"tcp:[nonsense]", "not an IPv6 address"},
      {"tcp:[::1]6653", "a port from 1 to 65535"},
      {"ptcp:127.0.0.1", "the port comes first"},
      {"ptcp:65536", "the port comes first"},
      {"ptcp:6653:", "the host is missing"},
      {"ptcp:6653:127.0.0.1:1", "has no meaning"},
      {"unix:/run/x", "Unix sockets"},
      {"punix:/run/x", "Unix sockets"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto endpoint = parse_endpoint(c.text);
    REQUIRE_FALSE(endpoint);
    CAPTURE(endpoint.error());
    CHECK(endpoint.error().find(c.part_of_the_reason) != std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::policy
