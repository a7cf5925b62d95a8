// Writes packets and captures for tests, in the plainest way and without sharing a line with what reads them.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sluice::tests {

// Numbers in either byte order.
enum class Order : std::uint8_t { big, little };

inline std::string number(std::uint64_t value, unsigned size, Order order = Order::big) {
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    const unsigned shift = 8 * (order == Order::big ? size - 1 - i : i);
    text += static_cast<char>(value >> shift & 0xffU);
  }
  return text;
}

inline std::string bytes(std::initializer_list<unsigned> values) {
  std::string text;
  for (const unsigned value : values) text += static_cast<char>(value);
  return text;
}

// --- packets ---

constexpr unsigned fin = 0x01;
constexpr unsigned syn = 0x02;
constexpr unsigned rst = 0x04;
constexpr unsigned ack = 0x10;

struct TcpHeader {
  unsigned from = 40000;
  unsigned to = 6653;
  std::uint32_t sequence = 1;
  unsigned flags = ack;
  std::string options{};  // a multiple of four bytes
};

inline std::string tcp(const TcpHeader& header, std::string_view payload = {}) {
  const std::size_t words = 5 + header.options.size() / 4;
  return number(header.from, 2) + number(header.to, 2) + number(header.sequence, 4) + number(77, 4) +
         number(words << 4U, 1) + number(header.flags, 1) + number(0xffff, 2) + number(0, 4) + header.options +
         std::string{payload};
}

struct Ip {
  std::string from = bytes({10, 0, 0, 1});
  std::string to = bytes({10, 0, 0, 2});
  unsigned protocol = 6;
  unsigned fragment = 0x4000;  // flags and offset; "don't fragment"
  std::string options{};
};

inline std::string ipv4(const Ip& ip, const std::string& payload) {
  const std::size_t header = 20 + ip.options.size();
  return number(0x40 + header / 4, 1) + number(0, 1) + number(header + payload.size(), 2) + number(1, 2) +
         number(ip.fragment, 2) + number(64, 1) + number(ip.protocol, 1) + number(0, 2) + ip.from + ip.to + ip.options +
         payload;
}

// `payload` begins with the extension headers, the first of which is `next`.
inline std::string ipv6(unsigned next, const std::string& payload) {
  const std::string network = bytes({0x20, 1, 0xd, 0xb8}) + std::string(11, '\0');
  return number(0x60000000, 4) + number(payload.size(), 2) + number(next, 1) + number(64, 1) + network + "\x01" +
         network + "\x02" + payload;
}

inline std::string ethernet(unsigned type, const std::string& payload) {
  return std::string(12, '\x02') + number(type, 2) + payload;
}

// From 10.0.0.1:40000 to 10.0.0.2:6653 unless told otherwise, in Ethernet.
inline std::string packet(const TcpHeader& header, std::string_view payload = {}, const Ip& ip = {}) {
  return ethernet(0x0800, ipv4(ip, tcp(header, payload)));
}

// The other way.
inline std::string reply(TcpHeader header, std::string_view payload = {}) {
  std::swap(header.from, header.to);
  return packet(header, payload, {bytes({10, 0, 0, 2}), bytes({10, 0, 0, 1})});
}

inline std::string tag(unsigned number_of_tag, const std::string& value) {
  return number(number_of_tag, 2) + number(value.size(), 2) + value;
}

// --- captures ---

constexpr unsigned link_null = 0;
constexpr unsigned link_ethernet = 1;
constexpr unsigned link_raw = 101;
constexpr unsigned link_loop = 108;
constexpr unsigned link_cooked = 113;
constexpr unsigned link_ipv4 = 228;
constexpr unsigned link_ipv6 = 229;
constexpr unsigned link_wireshark = 252;
constexpr unsigned link_cooked_2 = 276;

// Packets come a millisecond after each other, from 1 000 000 000 s on.
class Pcap {
 public:
  explicit Pcap(unsigned link = link_ethernet, Order order = Order::little, std::uint32_t magic = 0xa1b2c3d4)
      : order_{order} {
    text_ = number(magic, 4, order) + number(2, 2, order) + number(4, 2, order) + std::string(8, '\0') +
            number(262144, 4, order) + number(link, 4, order);
  }

  Pcap& add(std::string_view packet, std::size_t left_out = 0) {
    text_ += number(1'000'000'000, 4, order_) + number(1000 * count_++, 4, order_) + number(packet.size(), 4, order_) +
             number(packet.size() + left_out, 4, order_) + std::string{packet};
    return *this;
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  Order order_;
  std::uint64_t count_ = 0;
  std::string text_;
};

// The same in nanoseconds.
class PcapNg {
 public:
  explicit PcapNg(unsigned link = link_ethernet, Order order = Order::little) : order_{order} {
    block(0x0a0d0d0a,
          number(0x1a2b3c4d, 4, order) + number(1, 2, order) + number(0, 2, order) + std::string(8, '\xff'));
    // An option: time stamps have nine digits.
    block(1, number(link, 2, order) + number(0, 2, order) + number(0, 4, order) + number(9, 2, order) +
                 number(1, 2, order) + bytes({9, 0, 0, 0}) + number(0, 4, order));
  }

  PcapNg& add(std::string_view packet) {
    const std::uint64_t time = 1'000'000'000'000'000'000 + 1'000'000 * count_++ + 1;
    block(6, number(0, 4, order_) + number(time >> 32U, 4, order_) + number(time & 0xffffffffU, 4, order_) +
                 number(packet.size(), 4, order_) + number(packet.size(), 4, order_) + std::string{packet} +
                 std::string((4 - packet.size() % 4) % 4, '\0'));
    return *this;
  }

  // A block that is nothing to us.
  PcapNg& add_block(std::uint32_t type, const std::string& body) {
    block(type, body);
    return *this;
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void block(std::uint32_t type, const std::string& body) {
    const std::string size = number(body.size() + 12, 4, order_);
    text_ += number(type, 4, order_) + size + body + size;
  }

  Order order_;
  std::uint64_t count_ = 0;
  std::string text_;
};

// --- messages ---

// An echo request of OpenFlow 1.3 with this many bytes of payload.
inline std::string echo(std::uint32_t xid, std::size_t payload = 0) {
  std::string text = bytes({4, 2}) + number(8 + payload, 2) + number(xid, 4);
  for (std::size_t i = 0; i < payload; ++i) text += static_cast<char>('a' + (xid + i) % 26);
  return text;
}

}  // namespace sluice::tests
