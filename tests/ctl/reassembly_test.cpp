// Streams put together from segments in any order.
#include "ctl/reassembly.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/support/random_dice.hpp"

using namespace sluice;
using namespace sluice::ctl;
using tests::Dice;

namespace {

ofmsg::ByteView view(std::string_view text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

std::string text_of(ofmsg::ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// A stream whose packets are numbered as they are added.
class Stream : public TcpStream {
 public:
  Stream& add(std::uint32_t sequence, std::string_view text) {
    ++packet_;
    TcpStream::add(sequence, view(text), {packet_, std::chrono::seconds{packet_}});
    return *this;
  }

  // Runs in the form "0:hello|+3@8:there": bytes missing before, offset, bytes.
  [[nodiscard]] std::string shown() const {
    std::string out;
    for (const Run& run : runs()) {
      if (!out.empty()) out += '|';
      if (run.missing > 0) out += '+' + std::to_string(run.missing) + '@';
      out += std::to_string(run.from) + ':' + text_of(run.bytes);
    }
    return out;
  }

 private:
  std::size_t packet_ = 0;
};

}  // namespace

TEST_CASE("segments in order, late, again, and overlapping") {
  CHECK(Stream{}.shown().empty());
  CHECK(Stream{}.add(100, "hello").add(105, "there").shown() == "0:hellothere");
  CHECK(Stream{}.add(105, "there").add(100, "hello").shown() == "0:hellothere");
  CHECK(Stream{}.add(100, "hello").add(100, "hello").add(105, "there").add(100, "hello").shown() == "0:hellothere");
  CHECK(Stream{}.add(100, "hello").add(102, "llothe").add(107, "ere").shown() == "0:hellothere");
  CHECK(Stream{}.add(103, "lot").add(100, "hellothere").shown() == "0:hellothere");
  CHECK(Stream{}.add(102, "l").add(106, "h").add(104, "o").add(99, "-hellothere").shown() == "0:-hellothere");
  CHECK(Stream{}.add(100, "hello").add(105, "").add(104, "").add(105, "there").shown() == "0:hellothere");
}

TEST_CASE("of bytes that came twice the first ones count") {
  CHECK(Stream{}.add(100, "AAAA").add(102, "BBBB").shown() == "0:AAAABB");
  CHECK(Stream{}.add(102, "BBBB").add(100, "AAAA").shown() == "0:AABBBB");
  CHECK(Stream{}.add(102, "BB").add(106, "CC").add(100, "AAAAAAAAAA").shown() == "0:AABBAACCAA");
}

TEST_CASE("holes stay holes") {
  CHECK(Stream{}.add(100, "hello").add(108, "there").shown() == "0:hello|+3@8:there");
  CHECK(Stream{}.add(100, "a").add(104, "c").add(102, "b").shown() == "0:a|+1@2:b|+1@4:c");
  CHECK(Stream{}.add(100, "a").add(104, "c").add(102, "b").add(103, "x").shown() == "0:a|+1@2:bxc");
}

TEST_CASE("the SYN says where the stream begins") {
  Stream late;
  late.open(100);
  CHECK(late.opened());
  CHECK(late.add(103, "lo").shown() == "+3@3:lo");
  CHECK(late.add(100, "hel").shown() == "0:hello");
  // An older connection's bytes.
  Stream stray;
  stray.open(100);
  CHECK(stray.add(90, "older").add(98, "--hel").add(103, "lo").shown() == "0:hello");
  // A SYN after its data, and those of other connections.
  Stream behind;
  behind.add(100, "hello");
  CHECK(behind.opened_by(100));
  CHECK(behind.opened_by(95));
  CHECK_FALSE(behind.opened_by(101));
  CHECK_FALSE(behind.opened_by(100U - 2000000U));
  behind.open(95);
  CHECK(behind.shown() == "+5@5:hello");
  CHECK(behind.opened_by(95));
  CHECK_FALSE(behind.opened_by(96));
  CHECK_FALSE(behind.opened_by(94));
}

TEST_CASE("sequence numbers begin again after 2^32") {
  CHECK(Stream{}.add(0xfffffffe, "hello").add(3, "there").shown() == "0:hellothere");
  CHECK(Stream{}.add(3, "there").add(0xfffffffe, "hello").shown() == "0:hellothere");
  Stream opened;
  opened.open(0);
  CHECK(opened.opened_by(0));
  CHECK(opened.add(0, "hello").shown() == "0:hello");
  // Round and round.
  Stream far;
  std::string expected;
  std::uint32_t sequence = 5;
  for (int i = 0; i < 9; ++i) {
    far.add(sequence, "x");
    expected +=
        i == 0 ? "0:x" : "|+1073741823@" + std::to_string(std::uint64_t{1073741824} * static_cast<unsigned>(i)) + ":x";
    sequence += 1073741824;
  }
  CHECK(far.shown() == expected);
}

TEST_CASE("the beginning of a stream") {
  Stream stream;
  CHECK(stream.beginning(10).empty());
  stream.add(105, "there").add(100, "hello").add(111, "!");
  CHECK(text_of(stream.beginning(100)) == "hellothere");
  CHECK(text_of(stream.beginning(7)) == "helloth");
  CHECK(text_of(stream.beginning(5)) == "hello");
}

TEST_CASE("bytes arrive when all before them have") {
  Stream stream;
  stream.add(100, "aa").add(104, "cc").add(102, "bb").add(106, "dd").add(100, "aabb");
  const std::vector<Run> runs = stream.runs();
  REQUIRE(runs.size() == 1);
  std::string arrivals;
  for (const Arrival& arrival : runs[0].arrivals) {
    arrivals += std::to_string(arrival.offset) + " in packet " + std::to_string(arrival.captured.packet) + ", ";
    CHECK(arrival.captured.time == std::chrono::seconds{arrival.captured.packet});
  }
  CHECK(arrivals == "0 in packet 1, 2 in packet 3, 4 in packet 3, 6 in packet 4, ");
}

TEST_CASE("any stream comes back from any segments that cover it") {
  for (std::uint64_t seed = 1; seed <= tests::property_runs(300); ++seed) {
    Dice dice{seed};
    std::string whole;
    for (std::size_t i = dice.below(3000) + 1; i-- > 0;) whole += static_cast<char>('a' + dice.below(26));
    // Near the end of the sequence numbers as often as not.
    const auto first = static_cast<std::uint32_t>(dice.chance(50) ? 0U - dice.below(3000) : dice.roll());

    struct Part {
      std::size_t at, size;
    };

    std::vector<Part> parts;
    for (std::size_t at = 0; at < whole.size();) {
      const std::size_t size = std::min(dice.below(200) + 1, whole.size() - at);
      parts.push_back({at, size});
      at += size;
    }
    for (std::size_t again = dice.below(2 * parts.size()); again-- > 0;) {
      const std::size_t at = dice.below(whole.size());
      parts.push_back({at, dice.below(std::min<std::size_t>(whole.size() - at, 500) + 1)});
    }
    const bool shuffled = dice.chance(70);
    for (std::size_t i = parts.size(); shuffled && i-- > 1;) std::swap(parts[i], parts[dice.below(i + 1)]);
    Stream stream;
    if (dice.chance(50)) stream.open(first);
    for (const Part& part : parts) {
      stream.add(first + static_cast<std::uint32_t>(part.at), std::string_view{whole}.substr(part.at, part.size));
    }
    INFO("seed ", seed);
    REQUIRE(stream.shown() == "0:" + whole);
    std::size_t before = 0;
    const std::vector<Run> runs = stream.runs();
    for (const Arrival& arrival : runs[0].arrivals) {
      REQUIRE(arrival.captured.packet >= before);
      before = arrival.captured.packet;
    }
  }
}
