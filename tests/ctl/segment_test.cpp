// What packets carry, in all the wrappings in which captures have them.
#include "ctl/segment.hpp"

#include <doctest/doctest.h>

#include "tests/ctl/capture_writer.hpp"

using namespace sluice;
using namespace sluice::ctl;
using namespace sluice::tests;

namespace {

ofmsg::ByteView view(const std::string& text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

std::string text_of(ofmsg::ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Route, sequence number and payload, or what is wrong.
std::string carried(const std::string& packet, LinkLayer layer) {
  const Carried carried = carried_by(view(packet), layer);
  if (const auto* segment = std::get_if<Segment>(&carried)) {
    return text(segment->route) + (segment->syn ? " syn " : " ") + (segment->ack ? "ack " : "") +
           std::to_string(segment->sequence) + " " + text_of(segment->bytes);
  }
  if (const auto* exported = std::get_if<Exported>(&carried)) {
    return text(exported->route) + " exported " + text_of(exported->bytes);
  }
  switch (std::get<Nothing>(carried)) {
    case Nothing::other_protocol: return "other";
    case Nothing::fragment: return "fragment";
    case Nothing::damaged: return "damaged";
  }
  return "?";
}

const std::string segment = tcp({40000, 6653, 7}, "hello");
const std::string v4 = ipv4({}, segment);
const std::string v6 = ipv6(6, segment);
constexpr const char* over_v4 = "10.0.0.1:40000 > 10.0.0.2:6653 ack 7 hello";
constexpr const char* over_v6 = "[2001:db8::1]:40000 > [2001:db8::2]:6653 ack 7 hello";

}  // namespace

TEST_CASE("every link layer") {
  CHECK(carried(ethernet(0x0800, v4), LinkLayer::ethernet) == over_v4);
  CHECK(carried(ethernet(0x86dd, v6), LinkLayer::ethernet) == over_v6);
  CHECK(carried(v4, LinkLayer::ip) == over_v4);
  CHECK(carried(v6, LinkLayer::ip) == over_v6);
  const std::string cooked = number(0, 2) + number(1, 2) + number(6, 2) + std::string(8, '\x02');
  CHECK(carried(cooked + number(0x0800, 2) + v4, LinkLayer::cooked) == over_v4);
  CHECK(carried(cooked + number(0x86dd, 2) + v6, LinkLayer::cooked) == over_v6);
  const std::string cooked_2 =
      number(0, 2) + number(3, 4) + number(1, 2) + number(4, 1) + number(6, 1) + std::string(8, '\x02');
  CHECK(carried(number(0x0800, 2) + cooked_2 + v4, LinkLayer::cooked_2) == over_v4);
  CHECK(carried(number(0x86dd, 2) + cooked_2 + v6, LinkLayer::cooked_2) == over_v6);
  // AF_INET and AF_INET6 as different systems number and order them.
  CHECK(carried(number(2, 4, Order::little) + v4, LinkLayer::loopback) == over_v4);
  CHECK(carried(number(2, 4, Order::big) + v4, LinkLayer::loopback) == over_v4);
  CHECK(carried(number(30, 4, Order::little) + v6, LinkLayer::loopback) == over_v6);
  CHECK(carried(number(24, 4, Order::big) + v6, LinkLayer::loopback) == over_v6);
}

TEST_CASE("VLAN tags are passed over, however many") {
  const std::string one = number(100, 2) + number(0x0800, 2) + v4;
  CHECK(carried(ethernet(0x8100, one), LinkLayer::ethernet) == over_v4);
  CHECK(carried(ethernet(0x88a8, number(5, 2) + number(0x8100, 2) + one), LinkLayer::ethernet) == over_v4);
  CHECK(carried(ethernet(0x9100, number(5, 2) + number(0x9100, 2) + number(5, 2) + number(0x8100, 2) + one),
                LinkLayer::ethernet) == over_v4);
  CHECK(carried(ethernet(0x8100, number(100, 2)), LinkLayer::ethernet) == "damaged");
}

TEST_CASE("the lengths of the headers decide where the payload begins and ends") {
  CHECK(carried(ethernet(0x0800, v4 + std::string(6, '\0')), LinkLayer::ethernet) == over_v4);  // padding of Ethernet
  CHECK(carried(ethernet(0x86dd, v6 + std::string(6, '\0')), LinkLayer::ethernet) == over_v6);
  Ip options;
  options.options = std::string(8, '\1');
  CHECK(carried(ipv4(options, segment), LinkLayer::ip) == over_v4);
  CHECK(carried(ipv4({}, tcp({40000, 6653, 7, ack, std::string(12, '\1')}, "hello")), LinkLayer::ip) == over_v4);
  // Captured before the network card cut it into packets.
  std::string unfinished = v4;
  unfinished[2] = unfinished[3] = 0;
  CHECK(carried(unfinished, LinkLayer::ip) == over_v4);
  // Not captured to its end.
  CHECK(carried(v4.substr(0, v4.size() - 2), LinkLayer::ip) == "10.0.0.1:40000 > 10.0.0.2:6653 ack 7 hel");
}

TEST_CASE("flags of TCP") {
  CHECK(carried(ipv4({}, tcp({1, 2, 7, syn})), LinkLayer::ip) == "10.0.0.1:1 > 10.0.0.2:2 syn 8 ");
  CHECK(carried(ipv4({}, tcp({1, 2, 0xffffffff, syn | ack}, "x")), LinkLayer::ip) ==
        "10.0.0.1:1 > 10.0.0.2:2 syn ack 0 x");
  CHECK(carried(ipv4({}, tcp({1, 2, 7, fin | ack}, "x")), LinkLayer::ip) == "10.0.0.1:1 > 10.0.0.2:2 ack 7 x");
  CHECK(carried(ipv4({}, tcp({1, 2, 7, rst}, "a reason")), LinkLayer::ip) == "10.0.0.1:1 > 10.0.0.2:2 7 ");
}

TEST_CASE("extension headers of IPv6") {
  const auto options = [](unsigned next, unsigned words) {
    return number(next, 1) + number(words, 1) + std::string(6 + 8 * words, '\0');
  };
  CHECK(carried(ipv6(0, options(6, 0) + segment), LinkLayer::ip) == over_v6);
  CHECK(carried(ipv6(0, options(60, 0) + options(43, 1) + options(6, 2) + segment), LinkLayer::ip) == over_v6);
  CHECK(carried(ipv6(51, number(6, 1) + number(4, 1) + std::string(22, '\0') + segment), LinkLayer::ip) == over_v6);
  CHECK(carried(ipv6(50, segment), LinkLayer::ip) == "other");
  CHECK(carried(ipv6(59, segment), LinkLayer::ip) == "other");
  CHECK(carried(ipv6(0, number(6, 1) + number(200, 1) + std::string(20, '\0')), LinkLayer::ip) == "damaged");
  CHECK(carried(ipv6(0, "short"), LinkLayer::ip) == "damaged");
  // A fragment header for a packet that is whole.
  CHECK(carried(ipv6(44, number(6, 2, Order::little) + number(0, 2) + number(9, 4) + segment), LinkLayer::ip) ==
        over_v6);
}

TEST_CASE("fragments are known, and only those with TCP are called so") {
  Ip ip;
  for (const unsigned fragment : {0x2000U, 0x0001U, 0x1fffU, 0x6000U}) {
    ip.fragment = fragment;
    CHECK(carried(ipv4(ip, segment), LinkLayer::ip) == "fragment");
  }
  ip.protocol = 17;
  CHECK(carried(ipv4(ip, segment), LinkLayer::ip) == "other");
  const auto fragment = [](unsigned next, unsigned field) {
    return ipv6(44, number(next, 1) + number(0, 1) + number(field, 2) + number(9, 4) + segment);
  };
  CHECK(carried(fragment(6, 0x0001), LinkLayer::ip) == "fragment");
  CHECK(carried(fragment(6, 0x0008), LinkLayer::ip) == "fragment");
  CHECK(carried(fragment(17, 0x0001), LinkLayer::ip) == "other");
  CHECK(carried(fragment(6, 0x0006), LinkLayer::ip) == over_v6);  // reserved bits
}

TEST_CASE("other protocols are none of our business") {
  CHECK(carried(ethernet(0x0806, std::string(28, '\0')), LinkLayer::ethernet) == "other");
  CHECK(carried(ethernet(0x0026, std::string(38, '\0')), LinkLayer::ethernet) == "other");
  CHECK(carried(ipv4({bytes({1, 2, 3, 4}), bytes({1, 2, 3, 4}), 17}, segment), LinkLayer::ip) == "other");
  CHECK(carried("\x20nothing", LinkLayer::ip) == "other");
}

TEST_CASE("what Wireshark has exported") {
  const std::string name = tag(12, "openflow");
  const std::string ends = tag(20, bytes({10, 0, 0, 1})) + tag(21, bytes({10, 0, 0, 2})) + tag(24, number(2, 4)) +
                           tag(25, number(40000, 4)) + tag(26, number(6653, 4));
  const std::string ends_v6 = tag(22, std::string(15, '\0') + "\x01") + tag(23, std::string(16, '\0')) +
                              tag(25, number(1, 4)) + tag(26, number(2, 4));
  CHECK(carried(name + ends + tag(0, "") + "hello", LinkLayer::wireshark) ==
        "10.0.0.1:40000 > 10.0.0.2:6653 exported hello");
  CHECK(carried(ends_v6 + name + tag(0, "") + "hello", LinkLayer::wireshark) == "[::1]:1 > [::]:2 exported hello");
  CHECK(carried(name + tag(0, "") + "hello", LinkLayer::wireshark) == "? > ? exported hello");
  CHECK(carried(tag(12, std::string{"openflow_v4\0", 12}) + tag(0, ""), LinkLayer::wireshark) == "? > ? exported ");
  CHECK(carried(tag(12, "http") + tag(0, "") + "hello", LinkLayer::wireshark) == "other");
  CHECK(carried(tag(12, "openflower") + tag(0, "") + "hello", LinkLayer::wireshark) == "other");
  CHECK(carried(ends + tag(0, "") + "hello", LinkLayer::wireshark) == "other");
  CHECK(carried(name, LinkLayer::wireshark) == "damaged");
  CHECK(carried(number(12, 2) + number(9, 2) + "openflow", LinkLayer::wireshark) == "damaged");
  CHECK(carried(name + tag(20, "abc") + tag(25, "x") + tag(0, "") + "hello", LinkLayer::wireshark) ==
        "? > ? exported hello");
}

TEST_CASE("packets that end anywhere") {
  struct Case {
    std::string packet;
    LinkLayer layer;
  };

  const std::string extended =
      ipv6(0, number(44, 1) + std::string(7, '\0') + number(6, 1) + std::string(7, '\0') + segment);
  const std::vector<Case> cases{
      {ethernet(0x8100, number(1, 2) + number(0x0800, 2) + v4), LinkLayer::ethernet},
      {std::string(14, '\0') + number(0x86dd, 2) + extended, LinkLayer::cooked},
      {number(0x0800, 2) + std::string(18, '\0') + v4, LinkLayer::cooked_2},
      {number(2, 4) + v4, LinkLayer::loopback},
      {extended, LinkLayer::ip},
      {tag(20, "abcd") + tag(12, "openflow") + tag(0, "") + "hello", LinkLayer::wireshark},
  };
  for (const Case& c : cases) {
    const std::string whole = carried(c.packet, c.layer);
    CHECK(whole.ends_with("hello"));
    for (std::size_t size = 0; size < c.packet.size(); ++size) {
      const std::string part = carried(c.packet.substr(0, size), c.layer);
      // With the headers whole, the payload is shorter; otherwise there is nothing.
      const bool payload = size + 5 >= c.packet.size();
      CHECK(part == (payload ? whole.substr(0, whole.size() - (c.packet.size() - size)) : "damaged"));
    }
  }
}

TEST_CASE("endpoints in words") {
  CHECK(text(Endpoint{}) == "?");
  CHECK(text(Endpoint{Endpoint::Family::unknown, {}, 5}) == "?:5");
  CHECK(text(Endpoint{Endpoint::Family::v4, {}, 5}) == "0.0.0.0:5");
  CHECK(text(Endpoint{Endpoint::Family::v6, {}, 5}) == "[::]:5");
}
