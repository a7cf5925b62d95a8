// Reads packets as a switch does when it looks for a flow [OF 1.0 §3.4, 1.3.5 §5.3]: one pass, no allocation, and every
// byte behind a check of what is left.
#include "ofmsg/packet_key.hpp"

#include <algorithm>

namespace sluice::ofmsg {

namespace {

constexpr std::size_t mac_size = 6;
constexpr std::uint16_t first_eth_type = 0x0600;  // smaller numbers are lengths

// The bytes of one layer. Takes from the front; a cut layer is one that cannot give what is asked.
class Cursor {
 public:
  explicit Cursor(ByteView left) : left_{left} {}

  [[nodiscard]] bool has(std::size_t count) const { return left_.size() >= count; }

  [[nodiscard]] ByteView left() const { return left_; }

  void skip(std::size_t count) { left_ = left_.subspan(count); }

  template <class T>
  [[nodiscard]] T at(std::size_t offset) const {
    return load<T>(left_, offset);
  }

  template <class T>
  [[nodiscard]] T take() {
    const T value = at<T>(0);
    skip(sizeof(T));
    return value;
  }

 private:
  ByteView left_;
};

U128 mac_at(ByteView bytes, std::size_t offset) {
  return u128(std::uint64_t{load<std::uint16_t>(bytes, offset)} << 32U | load<std::uint32_t>(bytes, offset + 2));
}

U128 ipv6_at(ByteView bytes, std::size_t offset) {
  return {load<std::uint64_t>(bytes, offset), load<std::uint64_t>(bytes, offset + 8)};
}

bool is_tag(std::uint16_t type) { return type == eth_type::vlan || type == eth_type::qinq; }

// 802.2 LLC with SNAP: aa aa 03, organisation 00 00 00, then an EtherType.
std::uint16_t type_of_length_frame(Cursor& payload) {
  constexpr std::size_t snap_size = 8;
  constexpr std::uint64_t snap = 0xaaaa03000000;
  if (!payload.has(snap_size)) return eth_type::none;
  const auto header = payload.at<std::uint64_t>(0);
  const auto type = static_cast<std::uint16_t>(header & 0xffffU);
  if (header >> 16U != snap || type < first_eth_type) return eth_type::none;
  payload.skip(snap_size);
  return type;
}

// --- transport -----------------------------------------------------------------------------------------------------

void read_ports(PacketKey& key, const Cursor& payload, Field src, Field dst) {
  if (!payload.has(4)) return;
  key.put(src, payload.at<std::uint16_t>(0));
  key.put(dst, payload.at<std::uint16_t>(2));
}

void read_tcp(PacketKey& key, const Cursor& payload) {
  read_ports(key, payload, Field::tcp_src, Field::tcp_dst);
  constexpr std::size_t flags_at = 12;
  if (payload.has(flags_at + 2)) key.put(Field::tcp_flags, payload.at<std::uint16_t>(flags_at) & 0xfffU);
}

void read_icmp(PacketKey& key, const Cursor& payload, Field type, Field code) {
  if (!payload.has(2)) return;
  key.put(type, payload.at<std::uint8_t>(0));
  key.put(code, payload.at<std::uint8_t>(1));
}

// Neighbour discovery [RFC 4861 §4.3, §4.4]: the target, then options. A message without the link-layer option has the
// address zero, as in Open vSwitch; one whose options are cut or broken has none.
void read_neighbour(PacketKey& key, Cursor payload, std::uint8_t wanted_option, Field link_layer, bool whole) {
  constexpr std::size_t target_at = 8, options_at = 24, unit = 8;
  if (!payload.has(options_at)) return;
  key.put(Field::ipv6_nd_target, ipv6_at(payload.left(), target_at));
  payload.skip(options_at);
  while (payload.has(unit)) {
    const auto type = payload.at<std::uint8_t>(0);
    const std::size_t size = payload.at<std::uint8_t>(1) * unit;
    if (size == 0 || !payload.has(size)) return;
    if (type == wanted_option) {
      key.put(link_layer, mac_at(payload.left(), 2));
      return;
    }
    payload.skip(size);
  }
  if (whole && payload.left().empty()) key.put(link_layer, 0);
}

void read_icmpv6(PacketKey& key, const Cursor& payload, bool whole) {
  constexpr std::uint8_t solicitation = 135, advertisement = 136, source_option = 1, target_option = 2;
  read_icmp(key, payload, Field::icmpv6_type, Field::icmpv6_code);
  if (!key.has(Field::icmpv6_type)) return;
  const U128 type = key.get(Field::icmpv6_type);
  if (type == u128(solicitation)) read_neighbour(key, payload, source_option, Field::ipv6_nd_sll, whole);
  if (type == u128(advertisement)) read_neighbour(key, payload, target_option, Field::ipv6_nd_tll, whole);
}

// What TCP, UDP and SCTP have in common to IPv4 and IPv6.
void read_transport(PacketKey& key, std::uint8_t proto, const Cursor& payload) {
  if (proto == ip_proto::tcp) read_tcp(key, payload);
  if (proto == ip_proto::udp) read_ports(key, payload, Field::udp_src, Field::udp_dst);
  if (proto == ip_proto::sctp) read_ports(key, payload, Field::sctp_src, Field::sctp_dst);
}

// --- network -------------------------------------------------------------------------------------------------------

void put_traffic_class(PacketKey& key, std::uint8_t tos) {
  key.put(Field::ip_dscp, std::uint64_t{tos} >> 2U);
  key.put(Field::ip_ecn, tos & 3U);
}

void read_ipv4(PacketKey& key, Cursor packet) {
  constexpr std::size_t smallest = 20;
  if (!packet.has(smallest)) return;
  const auto version_and_size = packet.at<std::uint8_t>(0);
  const std::size_t header = (version_and_size & 0xfU) * std::size_t{4};
  const std::size_t total = packet.at<std::uint16_t>(2);
  if (version_and_size >> 4U != 4 || header < smallest || total < header) return;
  const auto proto = packet.at<std::uint8_t>(9);
  put_traffic_class(key, packet.at<std::uint8_t>(1));
  key.put(Field::ip_proto, proto);
  key.put(Field::ipv4_src, packet.at<std::uint32_t>(12));
  key.put(Field::ipv4_dst, packet.at<std::uint32_t>(16));

  const bool later_fragment = (packet.at<std::uint16_t>(6) & 0x1fffU) != 0;
  if (later_fragment || !packet.has(header)) return;
  // What follows the packet in its frame is padding.
  const ByteView body = packet.left().subspan(header, std::min(packet.left().size(), total) - header);
  if (proto == ip_proto::icmp) {
    read_icmp(key, Cursor{body}, Field::icmpv4_type, Field::icmpv4_code);
  } else {
    read_transport(key, proto, Cursor{body});
  }
}

// IPv6 extension headers, and the OFPIEH_ bits that tell of them [OF 1.3.5 §7.2.3.8].
namespace next_header {

constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, esp = 50, authentication = 51, none = 59,
                       destination = 60;

}  // namespace next_header

struct Extensions {
  static constexpr std::uint16_t no_next = 1U << 0U, esp = 1U << 1U, auth = 1U << 2U, dest = 1U << 3U, frag = 1U << 4U,
                                 router = 1U << 5U, hop = 1U << 6U, repeated = 1U << 7U, disordered = 1U << 8U;

  std::uint16_t bits = 0;
  unsigned last_place = 0;

  // Notes a header whose place in the preferred order is `place` [RFC 8200 §4.1].
  void note(std::uint16_t flag, unsigned place) {
    // Destination options may come twice: before a routing header and at the end.
    const bool last_options = flag == dest && (bits & (router | frag | auth | esp)) != 0;
    if ((bits & flag) != 0 && !last_options) bits |= repeated;
    const unsigned where = last_options ? place_of_last_options : place;
    if (where < last_place) bits |= disordered;
    last_place = std::max(last_place, where);
    bits |= flag;
  }

  static constexpr unsigned place_of_last_options = 7;
};

// What an IPv6 packet carries: the protocol and its bytes, after the extension headers.
struct Upper {
  std::uint8_t proto;
  Cursor body;
  bool readable;  // not a later fragment
};

// Nothing where the chain of headers is cut: the protocol is not known then.
std::optional<Upper> walk_extensions(std::uint8_t next, Cursor rest, Extensions& seen) {
  while (true) {
    std::size_t size = 8;
    const std::size_t length = rest.has(2) ? rest.at<std::uint8_t>(1) : 0;
    switch (next) {
      case next_header::hop_by_hop:
        seen.note(Extensions::hop, 1);
        size += length * 8;
        break;
      case next_header::destination:
        seen.note(Extensions::dest, 2);
        size += length * 8;
        break;
      case next_header::routing:
        seen.note(Extensions::router, 3);
        size += length * 8;
        break;
      case next_header::fragment: seen.note(Extensions::frag, 4); break;
      case next_header::authentication:
        seen.note(Extensions::auth, 5);
        size += length * 4;  // counts words, less two [RFC 4302 §2.2]
        break;
      case next_header::esp: seen.note(Extensions::esp, 6); return Upper{next, rest, true};
      case next_header::none: seen.bits |= Extensions::no_next; return Upper{next, rest, true};
      default: return Upper{next, rest, true};
    }
    if (!rest.has(size)) return std::nullopt;
    const bool later_fragment = next == next_header::fragment && (rest.at<std::uint16_t>(2) & 0xfff8U) != 0;
    next = rest.at<std::uint8_t>(0);
    rest.skip(size);
    // What the fragment header calls the next one is a claim: receivers believe the first fragment only [RFC 8200
    // §4.5]. So a later fragment's protocol is "fragment", as in Open vSwitch, and nobody owns it by its claim.
    if (later_fragment) return Upper{next_header::fragment, rest, false};
  }
}

void read_ipv6(PacketKey& key, Cursor packet) {
  constexpr std::size_t header = 40;
  if (!packet.has(header)) return;
  const auto first = packet.at<std::uint32_t>(0);
  if (first >> 28U != 6) return;
  put_traffic_class(key, static_cast<std::uint8_t>(first >> 20U & 0xffU));
  key.put(Field::ipv6_flabel, first & 0xfffffU);
  key.put(Field::ipv6_src, ipv6_at(packet.left(), 8));
  key.put(Field::ipv6_dst, ipv6_at(packet.left(), 24));

  const std::size_t said = packet.at<std::uint16_t>(4);
  const auto next = packet.at<std::uint8_t>(6);
  packet.skip(header);
  // A length of zero is that of a jumbogram [RFC 2675]: all there is.
  const bool whole = packet.has(said);
  const std::size_t size = said == 0 ? packet.left().size() : std::min(said, packet.left().size());
  Extensions seen;
  const std::optional<Upper> upper = walk_extensions(next, Cursor{packet.left().first(size)}, seen);
  if (!upper) return;
  key.put(Field::ipv6_exthdr, seen.bits);
  key.put(Field::ip_proto, upper->proto);
  if (!upper->readable) return;
  if (upper->proto == ip_proto::icmpv6) {
    read_icmpv6(key, upper->body, whole);
  } else {
    read_transport(key, upper->proto, upper->body);
  }
}

void read_arp(PacketKey& key, const Cursor& packet) {
  constexpr std::uint64_t ethernet_and_ipv4 = 0x000108000604;  // hardware 1, protocol 0x0800, sizes 6 and 4
  constexpr std::size_t size = 28;
  if (!packet.has(8)) return;
  const auto front = packet.at<std::uint64_t>(0);
  key.put(Field::arp_op, front & 0xffffU);
  if (front >> 16U != ethernet_and_ipv4 || !packet.has(size)) return;
  key.put(Field::arp_sha, mac_at(packet.left(), 8));
  key.put(Field::arp_spa, packet.at<std::uint32_t>(14));
  key.put(Field::arp_tha, mac_at(packet.left(), 18));
  key.put(Field::arp_tpa, packet.at<std::uint32_t>(24));
}

void read_mpls(PacketKey& key, const Cursor& packet) {
  if (!packet.has(4)) return;
  const auto entry = packet.at<std::uint32_t>(0);
  key.put(Field::mpls_label, entry >> 12U);
  key.put(Field::mpls_tc, entry >> 9U & 7U);
  key.put(Field::mpls_bos, entry >> 8U & 1U);
}

// The I-TAG of 802.1ah: priority, flags and the service instance.
void read_pbb(PacketKey& key, const Cursor& packet) {
  if (!packet.has(4)) return;
  const auto tag = packet.at<std::uint32_t>(0);
  key.put(Field::pbb_uca, tag >> 27U & 1U);
  key.put(Field::pbb_isid, tag & 0xffffffU);
}

void read_network(PacketKey& key, std::uint16_t type, const Cursor& packet) {
  switch (type) {
    case eth_type::ipv4: return read_ipv4(key, packet);
    case eth_type::ipv6: return read_ipv6(key, packet);
    case eth_type::arp: return read_arp(key, packet);
    case eth_type::mpls:
    case eth_type::mpls_multicast: return read_mpls(key, packet);
    case eth_type::pbb: return read_pbb(key, packet);
    default: return;
  }
}

}  // namespace

std::optional<PacketKey> packet_key(ByteView ethernet, PortNo in_port) {
  constexpr std::size_t addresses = 2 * mac_size, type_size = 2, tag_size = 4;
  if (ethernet.size() < addresses + type_size) return std::nullopt;
  PacketKey key;
  key.put(Field::in_port, in_port.value);
  key.put(Field::eth_dst, mac_at(ethernet, 0));
  key.put(Field::eth_src, mac_at(ethernet, mac_size));
  key.put(Field::vlan_vid, 0);

  Cursor rest{ethernet.subspan(addresses)};
  for (unsigned tags = 0; is_tag(rest.at<std::uint16_t>(0)); ++tags) {
    if (!rest.has(tag_size + type_size)) return std::nullopt;
    const auto tci = rest.at<std::uint16_t>(2);
    const auto vid = static_cast<std::uint16_t>(vlan_present | (tci & 0xfffU));
    const auto pcp = static_cast<std::uint16_t>(tci >> 13U);
    if (tags == 0) {
      key.put(Field::vlan_vid, vid);
      key.put(Field::vlan_pcp, pcp);
    } else if (tags == 1) {
      key.inner_vlan = vid;
      key.inner_pcp = pcp;
    }
    rest.skip(tag_size);
  }
  auto type = rest.take<std::uint16_t>();
  if (type < first_eth_type) type = type_of_length_frame(rest);
  key.put(Field::eth_type, type);
  read_network(key, type, rest);
  return key;
}

Match exact_match(const PacketKey& key) {
  Match match;
  for (const FieldFacts& row : all_fields()) {
    if (key.has(row.field)) match.set(row.field, key.get(row.field));
  }
  return match;
}

}  // namespace sluice::ofmsg
