// Reads a network from lines of text, one thing on a line:
//
//   switch s1 ports=3 dpid=1 openflow=1.0,1.3 controller=tcp:127.0.0.1:6653 buffers=0 tables=4
//   host   h1 s1:1 ip=10.0.0.1 mac=02:00:00:00:00:01 vlan=10
//   wire   s1:3 s2:3
//
// Everything with an = but `ports` and `ip` may be left out. A # begins a comment.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "examples/net/network.hpp"
#include "examples/net/tcp.hpp"

namespace sluice::net {

class Topology {
 public:
  // `started`: the time at which the switches begin to count.
  Topology(Network& network, Time started) : network_{network}, started_{started} {}

  // One line; empty lines and comments are fine. The error is a sentence.
  [[nodiscard]] Network::Done line(std::string_view text);
  // A whole file; the error names the line.
  [[nodiscard]] Network::Done file(const std::string& path);

  // Where each switch finds its controller, for those that have one.
  [[nodiscard]] const std::map<std::string, Address>& controllers() const { return controllers_; }

 private:
  class Words;

  [[nodiscard]] Network::Done add_switch(Words& words);
  [[nodiscard]] Network::Done add_host(Words& words);
  [[nodiscard]] Network::Done add_wire(Words& words);

  Network& network_;
  Time started_;
  std::map<std::string, Address> controllers_;
};

// "s1:3". The error is a sentence.
[[nodiscard]] ofmsg::Result<Socket, std::string> parse_socket(std::string_view text);
// "1.0,1.3"; only versions that the example programs speak. The error is a sentence.
[[nodiscard]] ofmsg::Result<ofmsg::VersionSet, std::string> parse_versions(std::string_view text);

// The text cut at spaces, comments left out.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
// A number in decimal or, after 0x, in hexadecimal.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most);

}  // namespace sluice::net
