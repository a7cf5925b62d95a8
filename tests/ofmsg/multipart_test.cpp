// Replies in several parts, taken apart and put together.
#include "ofmsg/multipart.hpp"

#include <doctest/doctest.h>

using namespace sluice::ofmsg;

namespace {

std::vector<GroupStats> groups(std::size_t count, std::size_t buckets) {
  std::vector<GroupStats> list(count);
  for (std::size_t i = 0; i < count; ++i) {
    list[i].group_id.value = static_cast<std::uint32_t>(i);
    list[i].buckets.resize(buckets);
  }
  return list;
}

// What a receiver has in the end, and how many messages it took.
struct Received {
  std::vector<GroupStats> entries;
  std::size_t dropped = 0;
  std::size_t messages = 0;
};

Received receive(const Bytes& stream, std::size_t limit) {
  Received out;
  Assembler<GroupStats> assembler{limit};
  ByteView rest{stream};
  bool last = false;
  while (!rest.empty()) {
    REQUIRE_FALSE(last);  // the more flag says that there is another
    const std::size_t size = load<std::uint16_t>(rest, 2);
    const auto message = decode(FrameView::of(rest.first(size)).value());
    REQUIRE(message);
    auto reply = std::get<GroupStatsReply>(*message);
    last = assembler.add(reply.flags, std::move(reply.groups));
    rest = rest.subspan(size);
    ++out.messages;
  }
  CHECK(last);
  out.entries = assembler.entries();
  out.dropped = assembler.dropped();
  return out;
}

}  // namespace

TEST_CASE("no message is larger than it can be, and nothing is lost or moved") {
  for (const Version version : {v1_1, v1_3, v1_5}) {
    for (const unsigned count : {0U, 1U, 199U, 200U, 201U, 1000U}) {
      for (const unsigned buckets : {0U, 1U, 300U}) {
        const std::vector<GroupStats> list = groups(count, buckets);
        Bytes stream;
        REQUIRE(encode_in_parts(stream, list, &GroupStatsReply::groups, version, Xid{7}));
        const Received got = receive(stream, 10000);
        CHECK(got.entries == list);
        CHECK(got.dropped == 0);
        CHECK(got.messages >= 1);
      }
    }
  }
}

TEST_CASE("an entry that fits no message is an error, and nothing is written") {
  Bytes stream{std::byte{1}};
  const auto done = encode_in_parts(stream, groups(3, 5000), &GroupStatsReply::groups, v1_3, Xid{7});
  REQUIRE_FALSE(done);
  CHECK(done.error().reason == Reason::bad_length);
  CHECK(stream == Bytes{std::byte{1}});
}

TEST_CASE("past the bound entries are counted, not kept") {
  Bytes stream;
  REQUIRE(encode_in_parts(stream, groups(500, 1), &GroupStatsReply::groups, v1_3, Xid{7}));
  const Received got = receive(stream, 150);
  CHECK(got.entries.size() == 150);
  CHECK(got.dropped == 350);
}
