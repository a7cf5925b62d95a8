#include "ctl/segment.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <string_view>
#include <sys/socket.h>

#include <fmt/format.h>

namespace sluice::ctl {

namespace {

using ofmsg::ByteView;
using ofmsg::load;

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

Endpoint endpoint(Endpoint::Family family, ByteView address, std::uint16_t port) {
  Endpoint made{family, {}, port};
  std::copy(address.begin(), address.end(), made.address.begin());
  return made;
}

// Addresses come first, ports later.
struct Addresses {
  Endpoint::Family family;
  ByteView from;
  ByteView to;
};

Carried tcp(ByteView bytes, const Addresses& addresses) {
  if (bytes.size() < 20) return Nothing::damaged;
  const std::size_t header = static_cast<std::size_t>(load<std::uint8_t>(bytes, 12) >> 4U) * 4;
  if (header < 20 || header > bytes.size()) return Nothing::damaged;
  const unsigned flags = load<std::uint8_t>(bytes, 13);
  Segment segment;
  segment.route.from = endpoint(addresses.family, addresses.from, load<std::uint16_t>(bytes, 0));
  segment.route.to = endpoint(addresses.family, addresses.to, load<std::uint16_t>(bytes, 2));
  segment.syn = (flags & 0x02U) != 0;
  segment.ack = (flags & 0x10U) != 0;
  // SYN has a sequence number of its own [RFC 9293 §3.4]. What a reset carries is not the stream's [§3.5.3].
  segment.sequence = load<std::uint32_t>(bytes, 4) + (segment.syn ? 1U : 0U);
  if ((flags & 0x04U) == 0) segment.bytes = bytes.subspan(header);
  return segment;
}

// A length of 0 is that of a packet which the network card was to cut apart.
ByteView limited(ByteView bytes, std::size_t length) {
  return length == 0 ? bytes : bytes.first(std::min(length, bytes.size()));
}

Carried ipv4(ByteView bytes) {
  if (bytes.size() < 20) return Nothing::damaged;
  const std::size_t header = (load<std::uint8_t>(bytes) & 0x0fU) * std::size_t{4};
  const std::size_t total = load<std::uint16_t>(bytes, 2);
  if (header < 20 || header > bytes.size() || (total != 0 && total < header)) return Nothing::damaged;
  if (load<std::uint8_t>(bytes, 9) != protocol_tcp) return Nothing::other_protocol;
  // More fragments, or an offset.
  if ((load<std::uint16_t>(bytes, 6) & 0x3fffU) != 0) return Nothing::fragment;
  return tcp(limited(bytes, total).subspan(header), {Endpoint::Family::v4, bytes.subspan(12, 4), bytes.subspan(16, 4)});
}

// Walks the extension headers [RFC 8200 §4]; every one of them has at least eight bytes, so this ends.
Carried ipv6(ByteView bytes) {
  if (bytes.size() < 40) return Nothing::damaged;
  const Addresses addresses{Endpoint::Family::v6, bytes.subspan(8, 16), bytes.subspan(24, 16)};
  unsigned next = load<std::uint8_t>(bytes, 6);
  ByteView rest = limited(bytes.subspan(40), load<std::uint16_t>(bytes, 4));
  while (next != protocol_tcp) {
    const bool options = next == 0 || next == 43 || next == 60 || next == 135 || next == 139 || next == 140;
    const bool fragment = next == 44;
    const bool authentication = next == 51;
    if (!options && !fragment && !authentication) return Nothing::other_protocol;
    if (rest.size() < 8) return Nothing::damaged;
    const std::size_t length = load<std::uint8_t>(rest, 1);
    const std::size_t size = fragment ? 8 : authentication ? (length + 2) * 4 : (length + 1) * 8;
    next = load<std::uint8_t>(rest);
    if (fragment && (load<std::uint16_t>(rest, 2) & 0xfff9U) != 0) {
      return next == protocol_tcp ? Nothing::fragment : Nothing::other_protocol;
    }
    if (size > rest.size()) return Nothing::damaged;
    rest = rest.subspan(size);
  }
  return tcp(rest, addresses);
}

Carried ip(ByteView bytes) {
  if (bytes.empty()) return Nothing::damaged;
  switch (load<std::uint8_t>(bytes) >> 4U) {
    case 4: return ipv4(bytes);
    case 6: return ipv6(bytes);
    default: return Nothing::other_protocol;
  }
}

Carried behind_ethertype(std::uint16_t type, ByteView bytes) {
  while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
    if (bytes.size() < 4) return Nothing::damaged;
    type = load<std::uint16_t>(bytes, 2);
    bytes = bytes.subspan(4);
  }
  if (type != ethertype_ipv4 && type != ethertype_ipv6) return Nothing::other_protocol;
  return ip(bytes);
}

// The tags that Wireshark writes before an exported message [wsutil/exported_pdu_tlvs.h]. As in Wireshark's own reader,
// a tag's length is all that has to be passed over.
Carried wireshark(ByteView bytes) {
  enum : std::uint16_t {
    end = 0,
    dissector = 12,
    ipv4_source = 20,
    ipv4_destination,
    ipv6_source,
    ipv6_destination,
    source_port = 25,
    destination_port,
  };

  Exported exported;
  std::string_view name;
  const auto set_address = [](Endpoint& into, ByteView value) {
    if (value.size() == 4) into = endpoint(Endpoint::Family::v4, value, into.port);
    if (value.size() == 16) into = endpoint(Endpoint::Family::v6, value, into.port);
  };
  const auto set_port = [](Endpoint& into, ByteView value) {
    if (value.size() == 4) into.port = static_cast<std::uint16_t>(load<std::uint32_t>(value));
  };
  while (true) {
    if (bytes.size() < 4) return Nothing::damaged;
    const std::uint16_t tag = load<std::uint16_t>(bytes);
    const std::size_t length = load<std::uint16_t>(bytes, 2);
    if (length > bytes.size() - 4) return Nothing::damaged;
    const ByteView value = bytes.subspan(4, length);
    bytes = bytes.subspan(4 + length);
    if (tag == end) break;
    switch (tag) {
      case dissector: name = {reinterpret_cast<const char*>(value.data()), value.size()}; break;
      case ipv4_source:
      case ipv6_source: set_address(exported.route.from, value); break;
      case ipv4_destination:
      case ipv6_destination: set_address(exported.route.to, value); break;
      case source_port: set_port(exported.route.from, value); break;
      case destination_port: set_port(exported.route.to, value); break;
      default: break;
    }
  }
  // Zero bytes fill the name up to a multiple of four. Wireshark has one dissector for each version below "openflow".
  name = name.substr(0, name.find('\0'));
  if (name != "openflow" && !name.starts_with("openflow_v")) return Nothing::other_protocol;
  exported.bytes = bytes;
  return exported;
}

}  // namespace

std::string text(const Endpoint& endpoint) {
  if (endpoint.family == Endpoint::Family::unknown)
    return endpoint.port == 0 ? "?" : fmt::format("?:{}", endpoint.port);
  const bool v6 = endpoint.family == Endpoint::Family::v6;
  std::array<char, INET6_ADDRSTRLEN> digits{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, endpoint.address.data(), digits.data(), digits.size());
  if (v6) return fmt::format("[{}]:{}", digits.data(), endpoint.port);
  return fmt::format("{}:{}", digits.data(), endpoint.port);
}

std::string text(const Route& route) { return text(route.from) + " > " + text(route.to); }

Carried carried_by(ByteView packet, LinkLayer layer) {
  const auto behind = [&](std::size_t type_at, std::size_t header) -> Carried {
    if (packet.size() < header) return Nothing::damaged;
    return behind_ethertype(load<std::uint16_t>(packet, type_at), packet.subspan(header));
  };
  switch (layer) {
    case LinkLayer::ethernet: return behind(12, 14);
    case LinkLayer::cooked: return behind(14, 16);
    case LinkLayer::cooked_2: return behind(0, 20);
    // The family's number differs from system to system, and so does its byte order; the packet says the same.
    case LinkLayer::loopback: return packet.size() < 4 ? Carried{Nothing::damaged} : ip(packet.subspan(4));
    case LinkLayer::ip: return ip(packet);
    case LinkLayer::wireshark: return wireshark(packet);
  }
  return Nothing::other_protocol;
}

}  // namespace sluice::ctl
