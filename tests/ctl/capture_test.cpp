// Captures: which files are some, which connections in them are OpenFlow, in which order their messages come, and what
// is said of the rest. The captures are made here; tests/ctl/captures.py has some of other programs.
#include "ctl/capture.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "tests/ctl/capture_writer.hpp"
#include "tests/support/random_dice.hpp"

using namespace sluice;
using namespace sluice::ctl;
using namespace sluice::tests;

namespace {

std::string text_of(const ofmsg::Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Sources read(const std::string& content) {
  REQUIRE(is_capture(content));
  return read_capture(content, "x.pcap");
}

// Everything that was said and found, one line each.
std::string shown(const Sources& sources) {
  std::string out;
  for (const std::string& error : sources.errors) out += "error: " + error + '\n';
  for (const std::string& note : sources.notes) out += "note: " + note + '\n';
  for (const Source& source : sources.found) {
    out += source.name + ":";
    for (const Piece& piece : cut(source.bytes)) {
      out += piece.fault.empty() ? ' ' + std::to_string(ofmsg::load<std::uint32_t>(piece.bytes, 4)) : " " + piece.fault;
    }
    out += '\n';
  }
  return out;
}

std::string shown(const Pcap& capture) { return shown(read(capture.text())); }

// What `sluicectl decode` makes of it.
struct Result {
  ExitCode code;
  std::string out, err;
};

Result decoded(const std::string& content, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), "decode");
  std::istringstream in{content};
  std::ostringstream out;
  std::ostringstream err;
  Io io{in, out, err};
  const ExitCode code = run(arguments, io);
  return {code, out.str(), err.str()};
}

constexpr const char* there = "x.pcap 10.0.0.1:40000 > 10.0.0.2:6653";
constexpr const char* back = "x.pcap 10.0.0.2:6653 > 10.0.0.1:40000";

std::string line(const std::string& name, std::string_view numbers) {
  return name + ": " + std::string{numbers} + "\n";
}

// A connection with a message in each direction.
Pcap opened(std::uint32_t here = 100, std::uint32_t yonder = 900) {
  Pcap capture;
  capture.add(packet({40000, 6653, here, syn}));
  capture.add(reply({40000, 6653, yonder, syn | ack}));
  capture.add(packet({40000, 6653, here + 1, ack}));
  return capture;
}

}  // namespace

TEST_CASE("captures are known by their first bytes") {
  for (const std::uint32_t magic : {0xa1b2c3d4U, 0xa1b23c4dU, 0xa1b2cd34U}) {
    CHECK(is_capture(Pcap{link_ethernet, Order::little, magic}.text()));
    CHECK(is_capture(Pcap{link_ethernet, Order::big, magic}.text()));
  }
  CHECK(is_capture(PcapNg{link_ethernet, Order::little}.text()));
  CHECK(is_capture(PcapNg{link_ethernet, Order::big}.text()));
  CHECK_FALSE(is_capture(""));
  CHECK_FALSE(is_capture(number(0xa1b2c3d4, 4)));
  CHECK_FALSE(is_capture(echo(1) + echo(2)));
  CHECK_FALSE(is_capture("0402000800000001"));
  CHECK_FALSE(is_capture("\n\r\r\n0402000800000001"));
}

TEST_CASE("both formats, both byte orders, every link layer") {
  const std::string segment = tcp({40000, 6653, 7}, echo(1));
  const std::string v4 = ipv4({}, segment);
  const std::string v6 = ipv6(6, segment);

  struct Case {
    unsigned link;
    std::string packet;
    bool v6 = false;
  };

  const std::vector<Case> cases{
      {link_null, number(2, 4, Order::little) + v4},
      {link_loop, number(2, 4) + v4},
      {link_ethernet, ethernet(0x0800, v4)},
      {link_ethernet, ethernet(0x8100, number(7, 2) + number(0x86dd, 2) + v6), true},
      {link_raw, v4},
      {link_raw, v6, true},
      {link_ipv4, v4},
      {link_ipv6, v6, true},
      {link_cooked, std::string(14, '\0') + number(0x0800, 2) + v4},
      {link_cooked_2, number(0x0800, 2) + std::string(18, '\0') + v4},
      {link_wireshark, tag(12, "openflow") + tag(20, bytes({10, 0, 0, 1})) + tag(21, bytes({10, 0, 0, 2})) +
                           tag(25, number(40000, 4)) + tag(26, number(6653, 4)) + tag(0, "") + echo(1)},
  };
  for (const Case& c : cases) {
    const std::string expected = line(c.v6 ? "x.pcap [2001:db8::1]:40000 > [2001:db8::2]:6653" : there, "1");
    INFO("link ", c.link);
    for (const Order order : {Order::little, Order::big}) {
      CHECK(shown(Pcap{c.link, order}.add(c.packet)) == expected);
      CHECK(shown(Pcap{c.link, order, 0xa1b23c4d}.add(c.packet)) == expected);
      CHECK(shown(read(PcapNg{c.link, order}.add_block(0xbad, "four").add(c.packet).text())) == expected);
    }
  }
  CHECK(shown(Pcap{105}.add(std::string(50, 'x'))) ==
        "error: x.pcap: packets of link type IEEE802_11 are not understood\n");
}

TEST_CASE("messages across segments that are late, repeated and overlapping") {
  const std::string stream = echo(1) + echo(2, 100) + echo(3) + echo(4, 30);
  Pcap capture = opened();
  capture.add(reply({40000, 6653, 901}, echo(9)));
  const auto send = [&](std::size_t from, std::size_t size) {
    capture.add(packet({40000, 6653, 101 + static_cast<std::uint32_t>(from)}, stream.substr(from, size)));
  };
  send(0, 20);
  send(60, 40);
  send(20, 40);
  send(0, 20);
  send(90, stream.size());
  CHECK(shown(capture) == line(there, "1 2 3 4") + line(back, "9"));
  CHECK(text_of(read(capture.text()).found[0].bytes) == stream);
}

TEST_CASE("sequence numbers may begin again in the middle of a message") {
  const std::string stream = echo(1, 50) + echo(2);
  Pcap capture = opened(0xfffffff0);
  capture.add(packet({40000, 6653, 0xfffffff1}, stream.substr(0, 30)));
  capture.add(packet({40000, 6653, 15}, stream.substr(30)));
  CHECK(shown(capture) == line(there, "1 2"));
}

TEST_CASE("a capture that begins in the middle of a connection") {
  const std::string stream = echo(1, 100) + echo(2, 100) + echo(3);
  // With a message.
  CHECK(shown(Pcap{}.add(packet({40000, 6653, 5000}, stream.substr(108)))) == line(there, "2 3"));
  // In the middle of a message: what follows is used from the first packet that begins with one.
  Pcap middle;
  middle.add(packet({40000, 6653, 5050}, stream.substr(50, 58)));
  middle.add(packet({40000, 6653, 5108}, stream.substr(108)));
  CHECK(shown(middle) == "note: " + std::string{there} + ": bytes left out before the beginning of a message: 58\n" +
                             line(std::string{there} + ", from byte 58", "2 3"));
  const Source rest = read(middle.text()).found[0];
  REQUIRE(rest.arrivals.size() == 1);
  CHECK(rest.arrivals[0].offset == 0);
  CHECK(rest.arrivals[0].captured.packet == 2);
  // A packet that only looks like the beginning of a message, because it carries one, is not the place.
  for (const std::string& inside : {echo(8) + "no header", echo(9, 60000).substr(0, 58)}) {
    Pcap nested;
    nested.add(packet({40000, 6653, 5000}, "no header"));
    nested.add(packet({40000, 6653, 5009}, inside));
    nested.add(packet({40000, 6653, 5009 + static_cast<std::uint32_t>(inside.size())}, echo(2)));
    CHECK(shown(nested).ends_with(": 2\n"));
  }
  // The first packet is believed, whatever stands behind its first message.
  Pcap broken;
  broken.add(packet({40000, 6653, 5000}, echo(1) + bytes({9, 9, 0, 8, 0, 0, 0, 5})));
  broken.add(packet({40000, 6653, 5016}, echo(2)));
  CHECK(shown(broken) == line(there, "1 5 2"));
  // Nowhere with a message.
  CHECK(shown(Pcap{}.add(packet({40000, 6653, 5050}, stream.substr(50, 58)))) ==
        "error: x.pcap: no OpenFlow in it; packets: 1\nnote: " + std::string{there} +
            ": bytes left out before the beginning of a message: 58\n");
  // What looks like a message, but has not all of its bytes, is for the decoder to complain about.
  CHECK(shown(Pcap{}.add(packet({40000, 6653, 5050}, stream.substr(0, 58)))) ==
        line(there, "the header at byte 0 gives a length of 108, but 58 bytes are there"));
}

TEST_CASE("lost segments") {
  const std::string stream = echo(1) + echo(2, 100) + echo(3) + echo(4, 30);
  // In the middle of a message; the next packet that is there begins with one.
  Pcap capture = opened();
  capture.add(packet({40000, 6653, 101}, stream.substr(0, 50)));
  capture.add(packet({40000, 6653, 217}, stream.substr(116)));
  const std::string note = "note: " + std::string{there} + ": bytes not captured: 66, holes: 1\n";
  CHECK(shown(capture) == note + line(there, "1 the header at byte 8 gives a length of 108, but 42 bytes are there") +
                              line(std::string{there} + ", from byte 116", "3 4"));
  // The next packet does not; nor does the one behind it.
  Pcap further = opened();
  further.add(packet({40000, 6653, 101}, stream.substr(0, 8)));
  further.add(packet({40000, 6653, 151}, stream.substr(50, 20)));
  further.add(packet({40000, 6653, 171}, stream.substr(70, 46)));
  further.add(packet({40000, 6653, 217}, stream.substr(116)));
  CHECK(shown(further) == "note: " + std::string{there} + ": bytes not captured: 42, holes: 1\n" + "note: " + there +
                              ": bytes left out before the beginning of a message: 66\n" + line(there, "1") +
                              line(std::string{there} + ", from byte 116", "3 4"));
  // Nothing behind the hole begins a message.
  Pcap lost = opened();
  lost.add(packet({40000, 6653, 101}, stream.substr(0, 8)));
  lost.add(packet({40000, 6653, 151}, stream.substr(50, 20)));
  CHECK(shown(lost) == "note: " + std::string{there} + ": bytes not captured: 42, holes: 1\n" + "note: " + there +
                           ": bytes left out before the beginning of a message: 20\n" + line(there, "1"));
  // The first bytes of a connection.
  Pcap first = opened();
  first.add(packet({40000, 6653, 109}, stream.substr(8)));
  CHECK(shown(first) == "note: " + std::string{there} + ": bytes not captured: 8, holes: 1\n" +
                            line(std::string{there} + ", from byte 8", "2 3 4"));
}

TEST_CASE("packets that were not captured to their end") {
  const std::string stream = echo(1) + echo(2, 100);
  Pcap capture = opened();
  const std::string whole = packet({40000, 6653, 101}, stream);
  capture.add(whole.substr(0, whole.size() - 60), 60);
  capture.add(packet({40000, 6653, 217}, echo(3)));
  CHECK(shown(capture) == "note: x.pcap: packets not captured to their end: 1 of 5\nnote: " + std::string{there} +
                              ": bytes not captured: 60, holes: 1\n" +
                              line(there, "1 the header at byte 8 gives a length of 108, but 48 bytes are there") +
                              line(std::string{there} + ", from byte 116", "3"));
}

TEST_CASE("connections after each other between the same ports") {
  Pcap capture = opened(100, 900);
  capture.add(packet({40000, 6653, 101}, echo(1)));
  capture.add(reply({40000, 6653, 901}, echo(2)));
  capture.add(packet({40000, 6653, 100, syn}));  // once more the first one
  capture.add(packet({40000, 6653, 70000, syn}));
  capture.add(reply({40000, 6653, 80000, syn | ack}));
  capture.add(packet({40000, 6653, 70001}, echo(3)));
  capture.add(reply({40000, 6653, 80001}, echo(4)));
  CHECK(shown(capture) == line(there, "1") + line(back, "2") + line(std::string{there} + ", connection 2", "3") +
                              line(std::string{back} + ", connection 2", "4"));
  // Only one direction of the first one was captured.
  Pcap half;
  half.add(reply({40000, 6653, 901}, echo(2)));
  half.add(packet({40000, 6653, 70000, syn}));
  half.add(packet({40000, 6653, 70001}, echo(3)));
  half.add(reply({40000, 6653, 80001}, echo(4)));
  CHECK(shown(half) == line(back, "2") + line(std::string{there} + ", connection 2", "3") +
                           line(std::string{back} + ", connection 2", "4"));
}

TEST_CASE("which connections are OpenFlow") {
  const auto one = [](unsigned port, const std::string& payload) {
    return shown(Pcap{}.add(packet({40000, port, 100}, payload)));
  };
  const std::string none = "error: x.pcap: no OpenFlow in it; packets: 1\n";
  const auto at = [](unsigned port) { return "x.pcap 10.0.0.1:40000 > 10.0.0.2:" + std::to_string(port); };
  // The well-known ports always; only there it is an error if it is not.
  CHECK(one(6633, echo(1)) == line(at(6633), "1"));
  CHECK(shown(Pcap{}.add(packet({40000, 6653, 99, syn})).add(packet({40000, 6653, 100}, "GET / HTTP/1.1"))) ==
        line(there, "the header at byte 0 gives a length of 21536, but 14 bytes are there"));
  // Others by their first bytes.
  CHECK(one(7001, echo(1)) == line(at(7001), "1"));
  CHECK(one(7001, echo(1) + echo(2)) == line(at(7001), "1 2"));
  CHECK(one(7001, echo(1) + "GET / HTTP/1.1") == none);
  CHECK(one(7001, "GET / HTTP/1.1") == none);
  CHECK(one(7001, echo(1).substr(0, 7)) == none);
  CHECK(one(7001, bytes({7, 2, 0, 8, 0, 0, 0, 1})) == none);   // version
  CHECK(one(7001, bytes({1, 22, 0, 8, 0, 0, 0, 1})) == none);  // type, in 1.0
  CHECK(one(7001, bytes({4, 2, 0, 7, 0, 0, 0, 1})) == none);   // length
  CHECK(one(7001, echo(1, 50).substr(0, 40)) ==
        line(at(7001), "the header at byte 0 gives a length of 58, but 40 bytes are there"));
  // One direction speaks for the other, which was captured from the middle of a message on.
  Pcap both;
  both.add(packet({40000, 7001, 100}, "abcdef"));
  both.add(reply({40000, 7001, 100}, echo(5)));
  both.add(packet({40000, 7001, 106}, echo(6)));
  CHECK(shown(both) == "note: " + at(7001) + ": bytes left out before the beginning of a message: 6\n" +
                           line(at(7001) + ", from byte 6", "6") + line("x.pcap 10.0.0.2:7001 > 10.0.0.1:40000", "5"));
}

TEST_CASE("what cannot be used is said") {
  CHECK(shown(Pcap{}) == "error: x.pcap: no OpenFlow in it; packets: 0\n");
  Ip fragment;
  fragment.fragment = 0x2000;
  Pcap capture;
  capture.add(packet({40000, 6653, 100}, echo(1)));
  capture.add(packet({40000, 6653, 108}, echo(2), fragment));
  capture.add("short");
  capture.add(ethernet(0x0806, std::string(28, '\0')));
  CHECK(shown(capture) ==
        "note: x.pcap: packets that are fragments, which are not put together: 1 of 4\n"
        "note: x.pcap: packets with damaged or incomplete headers: 1 of 4\n" +
            line(there, "1"));
  Pcap tls = opened();
  tls.add(packet({40000, 6653, 101}, bytes({0x16, 3, 1, 0, 200, 1, 0, 0}) + std::string(200, 'x')));
  CHECK(shown(tls) ==
        "error: x.pcap: no OpenFlow in it; packets: 4\nnote: " + std::string{there} + " is encrypted (TLS)\n");
}

TEST_CASE("exported messages: a packet that is wrong does not spoil the next one") {
  const auto exported = [](const std::string& payload) { return tag(12, "openflow") + tag(0, "") + payload; };
  Pcap capture{link_wireshark};
  capture.add(exported(echo(1) + echo(2)));
  capture.add(exported(echo(3)));
  capture.add(exported(echo(4, 50).substr(0, 20)));
  capture.add(exported(echo(5)));
  capture.add(tag(12, "http") + tag(0, "") + echo(6));
  CHECK(shown(capture) ==
        line("x.pcap ? > ?", "1 2 3 the header at byte 24 gives a length of 58, but 20 bytes are there") +
            line("x.pcap ? > ?, from byte 44", "5"));
}

TEST_CASE("messages come in the order in which they were complete") {
  Pcap capture = opened();
  const std::string late = echo(1, 20);
  capture.add(packet({40000, 6653, 101}, late.substr(0, 10)));  // packet 4
  capture.add(reply({40000, 6653, 901}, echo(2)));
  capture.add(packet({40000, 6653, 129}, echo(3)));
  capture.add(reply({40000, 6653, 909}, echo(4)));
  capture.add(packet({40000, 6653, 111}, late.substr(10)));  // packet 8: now 1 and 3 are complete
  capture.add(reply({40000, 6653, 917}, echo(5)));
  const Sources sources = read(capture.text());
  Walk walk{sources.found};
  std::string order;
  while (const auto item = walk.next()) {
    REQUIRE(item->captured);
    order += std::to_string(ofmsg::load<std::uint32_t>(item->piece.bytes, 4)) + " in " +
             std::to_string(item->captured->packet) + ", ";
    CHECK(item->captured->time ==
          std::chrono::seconds{1'000'000'000} + std::chrono::milliseconds{item->captured->packet - 1});
  }
  CHECK(order == "2 in 5, 4 in 7, 1 in 8, 3 in 8, 5 in 9, ");
}

TEST_CASE("several captures and other sources are walked one after another") {
  std::vector<Source> sources;
  sources.push_back({"a", *from_hex("0402000800000001 0402000800000002")});
  for (const char* name : {"x.pcap", "y.pcap"}) {
    Pcap capture;
    capture.add(packet({40000, 6653, 101}, echo(3))).add(reply({40000, 6653, 901}, echo(4)));
    capture.add(packet({40000, 6653, 109}, echo(5)));
    for (Source& source : read_capture(capture.text(), name).found) sources.push_back(source);
  }
  sources.push_back({"b", *from_hex("0402000800000006 04")});
  Walk walk{sources};
  std::string order;
  while (const auto item = walk.next()) {
    order += item->source->name.substr(0, 1) + std::to_string(item->number) + ' ';
    CHECK(item->captured.has_value() == !item->source->stream.empty());
  }
  CHECK(order == "a1 a2 x1 x1 x2 y1 y1 y2 b1 b2 ");
}

TEST_CASE("decode shows when and between whom") {
  Pcap capture = opened();
  capture.add(packet({40000, 6653, 101}, echo(1)));
  capture.add(reply({40000, 6653, 901}, bytes({4, 3, 0, 8, 0, 0, 0, 1})));
  const Result text = decoded(capture.text(), {"-"});
  CHECK(text.code == ExitCode::good);
  CHECK(text.out ==
        "# 2001-09-09T01:46:40.003000Z  10.0.0.1:40000 > 10.0.0.2:6653\n"
        "OFPT_ECHO_REQUEST (OF1.3) (xid=0x1): 0 bytes of payload\n"
        "# 2001-09-09T01:46:40.004000Z  10.0.0.2:6653 > 10.0.0.1:40000\n"
        "OFPT_ECHO_REPLY (OF1.3) (xid=0x1): 0 bytes of payload\n");
  CHECK(text.err.empty());
  CHECK(
      decoded(capture.text(), {"--json"}).out ==
      "{\"type\":\"echo_request\",\"version\":\"1.3\",\"xid\":1,\"data\":\"\",\"time\":\"2001-09-09T01:46:40.003000Z\","
      "\"stream\":\"10.0.0.1:40000 > 10.0.0.2:6653\"}\n"
      "{\"type\":\"echo_reply\",\"version\":\"1.3\",\"xid\":1,\"data\":\"\",\"time\":\"2001-09-09T01:46:40.004000Z\","
      "\"stream\":\"10.0.0.2:6653 > 10.0.0.1:40000\"}\n");
  CHECK(decoded(capture.text(), {"-q"}).out.empty());
  // Nanoseconds where there are some; and errors name the stream.
  const std::string fine = PcapNg{}.add(packet({40000, 6653, 101}, echo(1) + bytes({4, 99, 0, 8, 0, 0, 0, 2}))).text();
  const Result wrong = decoded(fine);
  CHECK(wrong.code == ExitCode::no);
  CHECK(wrong.out.starts_with("# 2001-09-09T01:46:40.000000001Z  10.0.0.1:40000 > 10.0.0.2:6653\n"));
  CHECK(wrong.err.starts_with("sluicectl: standard input 10.0.0.1:40000 > 10.0.0.2:6653: message 2 at byte 8: "));
  CHECK(decoded(fine, {"--json"})
            .out.find("\"time\":\"2001-09-09T01:46:40.000000001Z\",\"stream\":\"10.0.0.1:40000 > 10.0.0.2:6653\"}\n") !=
        std::string::npos);
}

TEST_CASE("what is passed over does not change the exit code, but a damaged file does") {
  Pcap capture = opened();
  capture.add("short").add(packet({40000, 6653, 101}, echo(1)));
  const Result noted = decoded(capture.text());
  CHECK(noted.code == ExitCode::good);
  CHECK(noted.err == "sluicectl: standard input: packets with damaged or incomplete headers: 1 of 5\n");
  CHECK(decoded(capture.text(), {"-q"}).err.empty());

  const Result damaged = decoded(capture.text().substr(0, capture.text().size() - 1));
  CHECK(damaged.code == ExitCode::usage);
  CHECK(damaged.err.starts_with("sluicectl: standard input cannot be read after packet 4: "));
  const Result more = decoded(capture.text() + std::string(16, '\xff'));
  CHECK(more.code == ExitCode::usage);
  CHECK(more.out.find("OFPT_ECHO_REQUEST") != std::string::npos);
  CHECK(decoded(Pcap{}.text()).code == ExitCode::usage);
}

TEST_CASE("captures that end anywhere") {
  const auto echoes = [](const Sources& sources) {
    std::size_t count = 0;
    for (const Source& source : sources.found) count += source.bytes.size() / 8;
    return count;
  };
  Pcap old = opened();
  PcapNg next;
  for (std::uint32_t i = 0; i < 5; ++i) {
    old.add(packet({40000, 6653, 101 + 8 * i}, echo(i)));
    next.add(packet({40000, 6653, 101 + 8 * i}, echo(i)));
  }
  for (const std::string& whole : {old.text(), next.text()}) {
    std::size_t complete = 0;
    std::size_t most = 0;
    for (std::size_t size = 12; size <= whole.size(); ++size) {
      const Sources sources = read_capture(std::string_view{whole}.substr(0, size), "x");
      const std::size_t found = echoes(sources);
      CHECK(found >= most);
      most = std::max(most, found);
      if (sources.errors.empty()) ++complete;
    }
    CHECK(most == 5);
    // Only between packets, once there is something to read, it is complete.
    CHECK(complete == 5);
  }
}

TEST_CASE("random bytes and randomly damaged captures") {
  Pcap old = opened();
  PcapNg next;
  for (std::uint32_t i = 0; i < 20; ++i) {
    old.add(packet({40000, 6653, 101 + 58 * i}, echo(i, 50)));
    next.add(reply({40000, 7001, 101 + 58 * i}, echo(i, 50)));
  }
  std::size_t used = 0;
  for (std::uint64_t seed = 1; seed <= property_runs(500); ++seed) {
    Dice dice{seed};
    std::string content = dice.chance(50) ? old.text() : next.text();
    if (dice.chance(20)) {
      content.resize(24);
      for (std::size_t i = dice.below(2000); i-- > 0;) content += static_cast<char>(dice.below(256));
    } else {
      for (std::size_t i = dice.below(20); i-- > 0;) {
        content[24 + dice.below(content.size() - 24)] = static_cast<char>(dice.below(256));
      }
    }
    const Sources sources = read_capture(content, "x");
    std::size_t size = 0;
    for (const Source& source : sources.found) size += source.bytes.size();
    CHECK(size <= content.size());
    CHECK((!sources.found.empty() || !sources.errors.empty()));
    if (!sources.found.empty()) ++used;
    Walk walk{sources.found};
    std::size_t packet = 0;
    while (const auto item = walk.next()) {
      CHECK(item->captured->packet >= packet);
      packet = item->captured->packet;
    }
  }
  CHECK(used > 100);
}
