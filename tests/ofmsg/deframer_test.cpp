// However a stream is cut, the same messages come out.
#include "ofmsg/deframer.hpp"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include <doctest/doctest.h>

using namespace sluice::ofmsg;

namespace {

Bytes message(std::uint16_t size, std::uint8_t fill) {
  Bytes bytes;
  append<std::uint8_t>(bytes, 4);
  append<std::uint8_t>(bytes, 2);
  append(bytes, size);
  append<std::uint32_t>(bytes, fill);
  bytes.resize(size, std::byte{fill});
  return bytes;
}

}  // namespace

TEST_CASE("every way to cut a stream gives the same messages") {
  Bytes stream;
  std::vector<Bytes> sent;
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{8, 9, 64, 8, 300, 12}) {
    sent.push_back(message(size, static_cast<std::uint8_t>(sent.size() + 1)));
    append(stream, sent.back());
  }
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    Deframer deframer;
    std::vector<Bytes> received;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      const Bytes part{stream.begin() + static_cast<std::ptrdiff_t>(at),
                       stream.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, stream.size()))};
      deframer.feed(part);
      while (true) {
        const auto frame = deframer.next();
        REQUIRE(frame.has_value());
        if (!*frame) break;
        received.emplace_back((*frame)->bytes().begin(), (*frame)->bytes().end());
      }
    }
    CHECK(received == sent);
    CHECK(deframer.pending() == 0);
  }
}

TEST_CASE("a length below the header's ends the stream, and stays its end") {
  for (std::size_t first = 1; first <= 8; ++first) {
    Bytes bytes = message(8, 1);
    store<std::uint16_t>(bytes, 2, 7);
    Deframer deframer;
    const ByteView view{bytes};
    deframer.feed(view.first(first));
    auto frame = deframer.next();
    if (frame) {
      CHECK_FALSE(frame->has_value());
      deframer.feed(view.subspan(first));
      frame = deframer.next();
    }
    REQUIRE_FALSE(frame.has_value());
    CHECK(frame.error().reason == Reason::bad_length);
    CHECK_FALSE(deframer.offender().empty());
    deframer.feed(view);
    CHECK_FALSE(deframer.next().has_value());
  }
}
