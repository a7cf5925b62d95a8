// What one packet of a capture carries: a piece of a TCP stream, or OpenFlow messages that somebody has already taken
// out of theirs. Pure: bytes in, borrowed bytes out. Nothing is remembered from packet to packet (reassembly does
// that).
//
// Lengths in the packet are believed only as far as there are bytes. Checksums are not: network cards compute them
// after the capture has been made.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "ofmsg/bytes.hpp"

namespace sluice::ctl {

// What stands in front of the packets of a capture.
enum class LinkLayer : std::uint8_t {
  ethernet,
  cooked,     // Linux, all interfaces at once
  cooked_2,   // the same with an interface number
  loopback,   // BSD: four bytes that say which family
  ip,         // nothing
  wireshark,  // messages exported by Wireshark, behind a list of tags
};

struct Endpoint {
  enum class Family : std::uint8_t { unknown, v4, v6 };

  Family family = Family::unknown;
  std::array<std::byte, 16> address{};  // IPv4 uses the first four
  std::uint16_t port = 0;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// One direction of a connection.
struct Route {
  Endpoint from;
  Endpoint to;

  friend auto operator<=>(const Route&, const Route&) = default;
};

[[nodiscard]] std::string text(const Endpoint& endpoint);  // "10.0.0.1:6653", "[::1]:6653", "?"
[[nodiscard]] std::string text(const Route& route);        // "10.0.0.1:40000 > 10.0.0.2:6653"

struct Segment {
  Route route;
  std::uint32_t sequence = 0;  // of the stream's next byte: of the first one in `bytes` if there is one
  bool syn = false;
  bool ack = false;
  ofmsg::ByteView bytes;
};

// Whole OpenFlow messages, without TCP.
struct Exported {
  Route route;
  ofmsg::ByteView bytes;
};

enum class Nothing : std::uint8_t {
  other_protocol,
  fragment,  // of an IP packet with TCP
  damaged,   // headers that contradict each other, or end too early
};

using Carried = std::variant<Nothing, Segment, Exported>;

[[nodiscard]] Carried carried_by(ofmsg::ByteView packet, LinkLayer layer);

}  // namespace sluice::ctl
