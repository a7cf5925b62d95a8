#include "ctl/anonymous_packet.hpp"

#include <algorithm>
#include <random>
#include <string_view>

#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

using ofmsg::Bytes;
using ofmsg::Field;
using ofmsg::ones;
using ofmsg::u128;
using ofmsg::U128;

namespace {

// --- addresses that tell nothing of anybody --------------------------------------------------------------------------

constexpr U128 mac_group{0, std::uint64_t{1} << 40U};

std::vector<AddressPermutation::Known> known_mac() {
  const U128 oui = ones(48) & ~ones(24);
  const auto group = [&oui](std::uint64_t value) {
    return AddressPermutation::Known{u128(value << 24U), oui, ones(24)};
  };
  return {{u128(0), ones(48), {}},
          {ones(48), ones(48), {}},
          group(0x0180c2),  // bridges, LLDP
          group(0x01005e),  // IPv4
          group(0x333300),  // IPv6, but for solicited nodes, whose addresses end like their hosts'
          group(0x01000c),  // switches of one maker
          {mac_group, mac_group, oui}};
}

std::vector<AddressPermutation::Known> known_ipv4() {
  return {{u128(0), ones(32), {}},
          {ones(32), ones(32), {}},
          {u128(0x7f000000), u128(0xff000000), ones(24)},
          {u128(0xa9fe0000), u128(0xffff0000), {}},         // link-local
          {u128(0xe0000000), u128(0xf0000000), ones(28)}};  // multicast
}

std::vector<AddressPermutation::Known> known_ipv6() {
  const auto high = [](std::uint64_t value) { return U128{value, 0}; };
  return {{u128(0), ones(128), {}},
          {u128(1), ones(128), {}},
          {high(0xfe80000000000000), high(~std::uint64_t{0}), {}},
          {high(0xff02000000000000), ~ones(24), ones(24)},                   // all nodes, all routers, …
          {high(0xff00000000000000), high(0xff00000000000000), ~ones(24)}};  // those of solicited nodes end like hosts
}

std::optional<U128> wide(std::optional<std::uint32_t> address) {
  return address ? std::optional{u128(*address)} : std::nullopt;
}

std::optional<U128> wide(std::optional<ofmsg::MacAddress> address) {
  return address ? std::optional{u128(ofmsg::mac_value(*address))} : std::nullopt;
}

// "address" or "address/mask" of one kind; nothing if it is another.
template <class Parse, class Print>
std::optional<std::string> changed(std::string_view text, const AddressPermutation& permutation, Parse parse,
                                   Print print) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<U128> value = parse(text.substr(0, slash));
  if (!value) return std::nullopt;
  if (slash == text.size()) return print(permutation(*value));
  const std::optional<U128> mask = parse(text.substr(slash + 1));
  if (!mask) return std::nullopt;
  const auto out = permutation(*value, *mask);
  return print(out.value) + '/' + print(out.mask);
}

}  // namespace

AnonymousHosts::Kinds AnonymousHosts::kinds(const std::array<AddressPermutation::Key, 3>& secrets) {
  return {{48, secrets[0], known_mac(), mac_group}, {32, secrets[1], known_ipv4()}, {128, secrets[2], known_ipv6()}};
}

slicing::SipKey random_key() {
  std::random_device device;
  slicing::SipKey key{};
  for (std::uint64_t& word : key) word = std::uint64_t{device()} << 32U | device();
  return key;
}

AnonymousHosts::AnonymousHosts() : secrets_{random_key(), random_key(), random_key()}, kinds_{kinds(secrets_)} {}

void AnonymousHosts::spare(const policy::Snapshot& policy) {
  kinds_ = kinds(secrets_);
  for (std::size_t i = 0; i < policy.switches().size(); ++i) {
    for (const policy::Region& region : policy.regions(policy::SwitchId{static_cast<std::uint16_t>(i)})) {
      for (const ofmsg::Term& term : region.header.terms()) {
        switch (term.field) {
          case Field::ipv4_src:
          case Field::ipv4_dst:
          case Field::arp_spa:
          case Field::arp_tpa: kinds_.ipv4.spare(term.mask); break;
          case Field::ipv6_src:
          case Field::ipv6_dst:
          case Field::ipv6_nd_target: kinds_.ipv6.spare(term.mask); break;
          case Field::eth_src:
          case Field::eth_dst:
          case Field::arp_sha:
          case Field::arp_tha:
          case Field::ipv6_nd_sll:
          case Field::ipv6_nd_tll: kinds_.mac.spare(term.mask); break;
          default: break;
        }
      }
    }
  }
}

std::optional<std::string> AnonymousHosts::change(const std::string& text) const {
  auto mac = changed(
      text, kinds_.mac, [](std::string_view t) { return wide(ofmsg::parse_mac(t)); },
      [](U128 value) { return ofmsg::text(ofmsg::mac_of(value.lo)); });
  if (mac) return mac;
  auto ipv4 = changed(
      text, kinds_.ipv4, [](std::string_view t) { return wide(ofmsg::parse_ipv4(t)); },
      [](U128 value) { return ofmsg::ipv4_text(static_cast<std::uint32_t>(value.lo)); });
  if (ipv4) return ipv4;
  return changed(text, kinds_.ipv6, ofmsg::parse_ipv6, ofmsg::ipv6_text);
}

std::uint32_t AnonymousHosts::change_ipv4(std::uint32_t address) const {
  return static_cast<std::uint32_t>(kinds_.ipv4(u128(address)).lo);
}

// --- packets ---------------------------------------------------------------------------------------------------------

// Works from the outside to the inside. Places behind the packet's end are no error: it may have been cut.
class AnonymousHosts::Packet {
 public:
  Packet(const Kinds& kinds, Bytes& bytes) : kinds_{kinds}, bytes_{bytes} {}

  void change() {
    if (bytes_.size() < 14) return blank(0);
    mac(0);
    mac(6);
    std::size_t at = 12;
    std::uint16_t type = ofmsg::load<std::uint16_t>(bytes_, at);
    while ((type == 0x8100 || type == 0x88a8) && at + 6 <= bytes_.size()) {
      at += 4;
      type = ofmsg::load<std::uint16_t>(bytes_, at);
    }
    at += 2;
    switch (type) {
      case 0x0806: return arp(at);
      case 0x0800: return ipv4(at);
      case 0x86dd: return ipv6(at);
      case 0x88cc:                   // LLDP
      case 0x8942: return lldp(at);  // BDDP
      default: return blank(at);
    }
  }

 private:
  [[nodiscard]] std::uint8_t byte(std::size_t at) const {
    return at < bytes_.size() ? std::to_integer<std::uint8_t>(bytes_[at]) : std::uint8_t{0};
  }

  [[nodiscard]] std::uint16_t word(std::size_t at) const {
    return static_cast<std::uint16_t>(byte(at) << 8U | byte(at + 1));
  }

  void blank(std::size_t from, std::size_t to = std::string::npos) {
    for (; from < std::min(to, bytes_.size()); ++from) bytes_[from] = std::byte{0};
  }

  // An address of which the end is missing is changed in what there is of it.
  void address(std::size_t at, std::size_t size, const AddressPermutation& permutation) {
    U128 value;
    for (std::size_t i = 0; i < size; ++i) value = {value.hi << 8U | value.lo >> 56U, value.lo << 8U | byte(at + i)};
    value = permutation(value);
    for (std::size_t i = size; i-- > 0; value = {value.hi >> 8U, value.lo >> 8U | value.hi << 56U}) {
      if (at + i < bytes_.size()) bytes_[at + i] = static_cast<std::byte>(value.lo & 0xffU);
    }
  }

  void mac(std::size_t at) { address(at, 6, kinds_.mac); }

  void arp(std::size_t at) {
    const bool usual = word(at) == 1 && word(at + 2) == 0x0800 && byte(at + 4) == 6 && byte(at + 5) == 4;
    if (!usual) return blank(at);
    mac(at + 8);
    address(at + 14, 4, kinds_.ipv4);
    mac(at + 18);
    address(at + 24, 4, kinds_.ipv4);
    blank(at + 28);
  }

  void ipv4(std::size_t at) {
    const std::size_t header = std::max<std::size_t>(byte(at) & 0x0fU, 5) * 4;
    blank(at + 10, at + 12);  // checksum
    address(at + 12, 4, kinds_.ipv4);
    address(at + 16, 4, kinds_.ipv4);
    blank(at + 20, at + header);
    if ((word(at + 6) & 0x1fffU) != 0) return blank(at + header);  // a later fragment
    transport(byte(at + 9), at + header);
  }

  void ipv6(std::size_t at) {
    address(at + 8, 16, kinds_.ipv6);
    address(at + 24, 16, kinds_.ipv6);
    transport(byte(at + 6), at + 40);
  }

  void transport(std::uint8_t protocol, std::size_t at) {
    constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, icmpv6 = 58, sctp = 132;
    switch (protocol) {
      case tcp:
        blank(at + 4, at + 12);  // sequence numbers
        blank(at + 16);
        break;
      case udp: return blank(at + 6);
      case sctp: return blank(at + 4);
      case icmp: return blank(at + 2);
      case icmpv6: return neighbour(at);
      default: return blank(at);
    }
  }

  // ICMPv6: neighbour discovery has a target, and the address of the link that follows it as an option [RFC 4861 4.3].
  void neighbour(std::size_t at) {
    const std::uint8_t type = byte(at);
    blank(at + 2, at + 4);
    if (type != 135 && type != 136) return blank(at + 4);
    address(at + 8, 16, kinds_.ipv6);
    const bool has_link = (byte(at + 24) == 1 || byte(at + 24) == 2) && byte(at + 25) == 1;
    if (!has_link) return blank(at + 24);
    mac(at + 26);
    blank(at + 32);
  }

  // The chassis, the port and how long it holds are what discovery needs [IEEE 802.1AB 8.5].
  void lldp(std::size_t at) {
    constexpr std::uint8_t chassis = 1, port = 2, ttl = 3;
    while (at + 2 <= bytes_.size()) {
      const std::uint8_t type = byte(at) >> 1U;
      const std::size_t end = at + 2 + (word(at) & 0x1ffU);
      if (type == 0) return blank(end);
      const std::uint8_t sort = byte(at + 2);
      if ((type == chassis && sort == 4) || (type == port && sort == 3)) {
        mac(at + 3);
        blank(at + 9, end);
      } else if ((type == chassis && sort == 5) || (type == port && sort == 4)) {
        blank(at + 3, end);  // an address of another kind
      } else if (type > ttl) {
        blank(at + 2, end);
      }
      at = end;
    }
  }

  const Kinds& kinds_;
  Bytes& bytes_;
};

void AnonymousHosts::change(Bytes& packet) const { Packet{kinds_, packet}.change(); }

}  // namespace sluice::ctl
