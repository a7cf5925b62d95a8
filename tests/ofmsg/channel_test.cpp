// The connection state machine, from both ends, over every pair of version sets.
#include "ofmsg/channel.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"

using namespace sluice::ofmsg;
using namespace std::chrono_literals;

namespace {

VersionSet set_of(unsigned bits) { return VersionSet::from_bits(bits << 1U); }

std::vector<Bytes> frames(Bytes& stream) {
  std::vector<Bytes> out;
  ByteView rest = stream;
  while (!rest.empty()) {
    const std::size_t size = load<std::uint16_t>(rest, 2);
    out.emplace_back(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
    rest = rest.subspan(size);
  }
  stream.clear();
  return out;
}

Channel::Event give(Channel& channel, const Message& message, Version version, Time now, Bytes& out) {
  Bytes bytes;
  REQUIRE(encode(bytes, message, version, Xid{77}).has_value());
  return channel.receive(*FrameView::of(bytes), now, out);
}

}  // namespace

TEST_CASE("both ends agree on the highest common version, or both know that there is none") {
  for (unsigned a = 1; a < 64; ++a) {
    for (unsigned b = 1; b < 64; ++b) {
      Bytes to_b;
      Bytes to_a;
      Channel left{{.end = End::controller, .versions = set_of(a)}, 0s, to_b};
      Channel right{{.end = End::switch_, .versions = set_of(b)}, 0s, to_a};
      const Bytes hello_a = frames(to_b).at(0);
      const Bytes hello_b = frames(to_a).at(0);
      static_cast<void>(left.receive(*FrameView::of(hello_b), 0s, to_b));
      static_cast<void>(right.receive(*FrameView::of(hello_a), 0s, to_a));
      const std::optional<Version> best = set_of(a & b).highest();
      if (best) {
        CHECK(left.version() == *best);
        CHECK(right.version() == *best);
        CHECK(left.state() == Channel::State::features);
        CHECK(right.up());
      } else {
        CHECK(left.state() == Channel::State::closed);
        CHECK(right.state() == Channel::State::closed);
        const auto said = frames(to_b);
        REQUIRE(said.size() == 1);
        const auto error = std::get<Error>(decode(*FrameView::of(said[0])).value());
        CHECK(error.error == WireError{0, 0});  // HELLO_FAILED / INCOMPATIBLE
        const std::string sentence{reinterpret_cast<const char*>(error.data.data()), error.data.size()};
        CHECK(sentence.find("no common OpenFlow version") != std::string::npos);
      }
    }
  }
}

TEST_CASE("without a bitmap the smaller header version counts [OF 1.3.5 6.3.1]") {
  for (const Version theirs : all_versions) {
    Bytes out;
    Channel channel{{.end = End::switch_, .versions = {v1_0, v1_3}}, 0s, out};
    static_cast<void>(give(channel, Message{Hello{}}, theirs, 0s, out));
    const bool common = theirs == v1_0 || theirs >= v1_3;
    CHECK(channel.up() == common);
    if (common) CHECK(channel.version() == (theirs == v1_0 ? v1_0 : v1_3));
  }
}

TEST_CASE("a message before HELLO, or no HELLO in time, ends it") {
  Bytes out;
  Channel early{{.end = End::switch_, .versions = {v1_3}}, 0s, out};
  CHECK(give(early, Message{BarrierRequest{}}, v1_3, 0s, out) == Channel::Event::closed);
  Channel silent{{.end = End::switch_, .versions = {v1_3}}, 0s, out};
  CHECK(silent.deadline() == 10s);
  CHECK(silent.tick(9s, out) == Channel::Event::none);
  CHECK(silent.tick(10s, out) == Channel::Event::closed);
  CHECK(silent.closed_because() == "no HELLO in time");
}

TEST_CASE("echo requests are answered with their bytes; silence is probed, then given up") {
  Bytes out;
  Channel channel{{.end = End::switch_, .versions = {v1_3}}, 0s, out};
  static_cast<void>(give(channel, Message{Hello{}}, v1_3, 0s, out));
  out.clear();
  CHECK(give(channel, Message{EchoRequest{Bytes(5, std::byte{9})}}, v1_3, 1s, out) == Channel::Event::none);
  const auto reply = decode(*FrameView::of(out));
  CHECK(std::get<EchoReply>(reply.value()).data == Bytes(5, std::byte{9}));
  CHECK(FrameView::of(out)->xid() == Xid{77});
  out.clear();
  CHECK(channel.deadline() == 6s);
  CHECK(channel.tick(6s, out) == Channel::Event::none);
  CHECK(std::holds_alternative<EchoRequest>(decode(*FrameView::of(out)).value()));
  // Any message is a sign of life.
  CHECK(give(channel, Message{BarrierRequest{}}, v1_3, 7s, out) == Channel::Event::message);
  out.clear();
  CHECK(channel.tick(12s, out) == Channel::Event::none);
  CHECK(channel.tick(21s, out) == Channel::Event::none);
  CHECK(channel.tick(22s, out) == Channel::Event::closed);
}

TEST_CASE("a message of another version is refused with BAD_VERSION, and the connection goes on") {
  Bytes out;
  Channel channel{{.end = End::switch_, .versions = {v1_3}}, 0s, out};
  static_cast<void>(give(channel, Message{Hello{}}, v1_3, 0s, out));
  out.clear();
  CHECK(give(channel, Message{BarrierRequest{}}, v1_0, 1s, out) == Channel::Event::none);
  CHECK(std::get<Error>(decode(*FrameView::of(out)).value()).error == WireError{1, 0});
  CHECK(channel.up());
}
