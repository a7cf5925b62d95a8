// Peeking at a packet_in says what decoding it says, and patching changes what it names and nothing else.
#include "ofmsg/peek.hpp"

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

using namespace sluice::ofmsg;

namespace {

PacketIn sample(Version version) {
  PacketIn in;
  in.buffer_id = BufferId{7};
  in.total_len = 300;
  in.reason = PacketInReason::action;
  if (version != v1_0) in.table_id = 3;
  if (version >= v1_3) in.cookie = 0x1122334455667788;
  if (version >= v1_2) {
    in.match = parse_match("metadata=0x5,in_port=9").value();
  } else {
    in.in_port = PortNo{9};
  }
  in.data = Bytes(33, std::byte{0xab});
  return in;
}

}  // namespace

TEST_CASE("peeking agrees with decoding in every version") {
  for (const Version version : {v1_0, v1_2, v1_3, v1_4, v1_5}) {
    CAPTURE(text(version));
    const PacketIn in = sample(version);
    Bytes bytes;
    REQUIRE(encode(bytes, Message{in}, version, Xid{5}).has_value());
    const auto view = peek_packet_in(*FrameView::of(bytes), version);
    REQUIRE(view.has_value());
    CHECK(view->buffer_id == in.buffer_id);
    CHECK(view->total_len == 300);
    CHECK(view->in_port == PortNo{9});
    CHECK(view->reason == in.reason);
    CHECK(view->table_id == in.table_id);
    CHECK(view->cookie.has_value() == (version >= v1_3));
    CHECK(Bytes{view->data.begin(), view->data.end()} == in.data);

    Bytes patched = bytes;
    patch_packet_in(patched, version, BufferId{99}, PacketInReason::no_match, 0x42);
    truncate_packet_in(patched, 0, view->data_offset, 10);
    PacketIn expected = in;
    expected.buffer_id = BufferId{99};
    expected.reason = PacketInReason::no_match;
    if (version >= v1_3) expected.cookie = 0x42;
    expected.data.resize(10);
    CHECK(std::get<PacketIn>(decode(*FrameView::of(patched)).value()) == expected);

    PacketIn other = in;
    other.buffer_id = {};
    other.data = Bytes(50, std::byte{0xcd});
    other.total_len = 50;
    const Bytes replaced = with_packet_in_data(*FrameView::of(bytes), version, *view, other.data);
    CHECK(std::get<PacketIn>(decode(*FrameView::of(replaced)).value()) == other);
  }
}

TEST_CASE("no truncation of a packet_in is read beyond its end") {
  for (const Version version : {v1_0, v1_2, v1_3, v1_4, v1_5}) {
    Bytes whole;
    REQUIRE(encode(whole, Message{sample(version)}, version, Xid{5}).has_value());
    for (std::size_t size = header_size; size < whole.size(); ++size) {
      Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
      store<std::uint16_t>(cut, 2, static_cast<std::uint16_t>(size));
      const auto view = peek_packet_in(*FrameView::of(cut), version);
      const auto decoded = decode(*FrameView::of(cut));
      CHECK(view.has_value() == decoded.has_value());
    }
  }
}

TEST_CASE("a packet_in without its ingress port is refused") {
  PacketIn in = sample(v1_3);
  in.match = {};
  Bytes bytes;
  REQUIRE(encode(bytes, Message{in}, v1_3, Xid{5}).has_value());
  CHECK(peek_packet_in(*FrameView::of(bytes), v1_3).error().reason == Reason::bad_match_prereq);
}
