#include "ofmsg/compose.hpp"

#include <algorithm>

#include "ofmsg/fields.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::size_t least_size = 60;  // without the checksum of the frame

class Composer {
 public:
  explicit Composer(const Match& match) : packet_{witness(match)} {}

  Bytes run() {
    put_mac(Field::eth_dst);
    put_mac(Field::eth_src);
    const auto vlan = number<std::uint16_t>(Field::vlan_vid);
    if ((vlan & 0x1000U) != 0) {
      put<std::uint16_t>(eth_type::vlan);
      put(static_cast<std::uint16_t>(number<std::uint32_t>(Field::vlan_pcp) << 13U | (vlan & 0xfffU)));
    }
    const auto type = number<std::uint16_t>(Field::eth_type);
    put(type);
    switch (type) {
      case eth_type::ipv4: put_ipv4(); break;
      case eth_type::ipv6: put_ipv6(); break;
      case eth_type::arp: put_arp(); break;
      case eth_type::mpls:
      case eth_type::mpls_multicast: put_mpls(); break;
      default: break;
    }
    bytes_.resize(std::max(bytes_.size(), least_size));
    return std::move(bytes_);
  }

 private:
  [[nodiscard]] U128 value(Field field) const { return packet_.exact(field).value_or(U128{}); }

  template <class T>
  [[nodiscard]] T number(Field field) const {
    return static_cast<T>(value(field).lo);
  }

  template <class T>
  void put(T value) {
    append(bytes_, value);
  }

  void put_mac(Field field) {
    const auto address = number<std::uint64_t>(field);
    put(static_cast<std::uint16_t>(address >> 32U));
    put(static_cast<std::uint32_t>(address));
  }

  void put_address(Field field) {
    const U128 address = value(field);
    put(address.hi);
    put(address.lo);
  }

  // The ones' complement sum of 16-bit words [RFC 1071].
  [[nodiscard]] std::uint32_t sum(std::size_t from, std::size_t to, std::uint32_t start = 0) const {
    std::uint64_t total = start;
    for (std::size_t i = from; i < to; i += 2) {
      total += i + 1 < to ? load<std::uint16_t>(bytes_, i)
                          : static_cast<std::uint64_t>(std::to_integer<unsigned>(bytes_[i])) << 8U;
    }
    while (total > 0xffff) total = (total & 0xffffU) + (total >> 16U);
    return static_cast<std::uint32_t>(total);
  }

  void put_mpls() {
    put(number<std::uint32_t>(Field::mpls_label) << 12U | number<std::uint32_t>(Field::mpls_tc) << 9U |
        number<std::uint32_t>(Field::mpls_bos) << 8U | 64U);
  }

  void put_arp() {
    put<std::uint16_t>(1);
    put<std::uint16_t>(eth_type::ipv4);
    put<std::uint16_t>(0x0604);
    put(number<std::uint16_t>(Field::arp_op));
    put_mac(Field::arp_sha);
    put(number<std::uint32_t>(Field::arp_spa));
    put_mac(Field::arp_tha);
    put(number<std::uint32_t>(Field::arp_tpa));
  }

  [[nodiscard]] std::uint8_t traffic_class() const {
    return static_cast<std::uint8_t>(number<std::uint32_t>(Field::ip_dscp) << 2U |
                                     number<std::uint32_t>(Field::ip_ecn));
  }

  void put_ipv4() {
    const std::size_t start = bytes_.size();
    put<std::uint8_t>(0x45);
    put(traffic_class());
    put<std::uint16_t>(0);  // length; below
    put<std::uint32_t>(0);
    put<std::uint8_t>(64);
    put(number<std::uint8_t>(Field::ip_proto));
    put<std::uint16_t>(0);  // checksum; below
    put(number<std::uint32_t>(Field::ipv4_src));
    put(number<std::uint32_t>(Field::ipv4_dst));
    const std::size_t payload = bytes_.size();
    // The pseudo header: addresses, protocol, length.
    const auto src = number<std::uint32_t>(Field::ipv4_src), dst = number<std::uint32_t>(Field::ipv4_dst);
    const std::uint32_t pseudo =
        (src >> 16U) + (src & 0xffffU) + (dst >> 16U) + (dst & 0xffffU) + number<std::uint8_t>(Field::ip_proto);
    put_transport(payload, pseudo, Field::icmpv4_type, Field::icmpv4_code, ip_proto::icmp);
    store<std::uint16_t>(bytes_, start + 2, static_cast<std::uint16_t>(bytes_.size() - start));
    store<std::uint16_t>(bytes_, start + 10, static_cast<std::uint16_t>(~sum(start, payload)));
  }

  void put_ipv6() {
    const std::size_t start = bytes_.size();
    put(6U << 28U | static_cast<std::uint32_t>(traffic_class()) << 20U | number<std::uint32_t>(Field::ipv6_flabel));
    put<std::uint16_t>(0);  // length; below
    put(number<std::uint8_t>(Field::ip_proto));
    put<std::uint8_t>(64);
    put_address(Field::ipv6_src);
    put_address(Field::ipv6_dst);
    const std::size_t payload = bytes_.size();
    std::uint32_t pseudo = number<std::uint8_t>(Field::ip_proto);
    for (std::size_t i = start + 8; i < payload; i += 2) pseudo += load<std::uint16_t>(bytes_, i);
    put_transport(payload, pseudo, Field::icmpv6_type, Field::icmpv6_code, ip_proto::icmpv6);
    store<std::uint16_t>(bytes_, start + 4, static_cast<std::uint16_t>(bytes_.size() - payload));
  }

  void put_transport(std::size_t at, std::uint32_t pseudo, Field icmp_type, Field icmp_code, std::uint8_t icmp) {
    const auto protocol = number<std::uint8_t>(Field::ip_proto);
    if (protocol == ip_proto::tcp) {
      put_ports(Field::tcp_src, Field::tcp_dst);
      put<std::uint64_t>(0);
      put(static_cast<std::uint16_t>(0x5000U | (number<std::uint16_t>(Field::tcp_flags) & 0xfffU)));
      put<std::uint16_t>(0xffff);
      put<std::uint32_t>(0);
      finish_checksum(at, at + 16, pseudo);
    } else if (protocol == ip_proto::udp) {
      put_ports(Field::udp_src, Field::udp_dst);
      put<std::uint16_t>(8);
      put<std::uint16_t>(0);
      finish_checksum(at, at + 6, pseudo);
    } else if (protocol == ip_proto::sctp) {
      put_ports(Field::sctp_src, Field::sctp_dst);
      put<std::uint64_t>(0);
    } else if (protocol == icmp) {
      put(number<std::uint8_t>(icmp_type));
      put(number<std::uint8_t>(icmp_code));
      put<std::uint16_t>(0);
      put<std::uint32_t>(0);
      if (icmp == ip_proto::icmpv6) put_neighbour();
      finish_checksum(at, at + 2, icmp == ip_proto::icmpv6 ? pseudo : 0, icmp == ip_proto::icmpv6);
    }
  }

  void put_ports(Field src, Field dst) {
    put(number<std::uint16_t>(src));
    put(number<std::uint16_t>(dst));
  }

  // The target and the link-layer address of neighbour discovery [RFC 4861].
  void put_neighbour() {
    constexpr std::uint8_t solicitation = 135, advertisement = 136;
    const auto type = number<std::uint8_t>(Field::icmpv6_type);
    if (type != solicitation && type != advertisement) return;
    put_address(Field::ipv6_nd_target);
    put(static_cast<std::uint8_t>(type == solicitation ? 1 : 2));
    put<std::uint8_t>(1);
    put_mac(type == solicitation ? Field::ipv6_nd_sll : Field::ipv6_nd_tll);
  }

  void finish_checksum(std::size_t from, std::size_t at, std::uint32_t pseudo, bool with_length = true) {
    const std::uint32_t length = with_length ? static_cast<std::uint32_t>(bytes_.size() - from) : 0;
    const auto checksum = static_cast<std::uint16_t>(~sum(from, bytes_.size(), pseudo + length));
    store<std::uint16_t>(bytes_, at, checksum == 0 ? std::uint16_t{0xffff} : checksum);
  }

  Match packet_;
  Bytes bytes_;
};

}  // namespace

Bytes compose_packet(const Match& match) { return Composer{match}.run(); }

}  // namespace sluice::ofmsg
