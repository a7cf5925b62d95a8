// The marks of probes: what they are worth, and to whom.
#include "slicing/probe.hpp"

#include <string>

#include <doctest/doctest.h>

#include "ofmsg/text_parts.hpp"

using namespace sluice;
using ofmsg::Bytes;
using ofmsg::ByteView;
using slicing::Probe;

namespace {

constexpr slicing::SipKey secret{1, 2};
constexpr Probe probe{0x1234, 1000};

Bytes bytes(const std::string& hex) { return *ofmsg::parse_bytes(hex); }

const std::string addresses = "0180c200000e020000000001";
const std::string body =
    "0206076470696431"  // chassis
    "04050200000007"    // port
    "06020078";         // time to live
const std::string lldp = addresses + "88cc" + body + "0000";

}  // namespace

TEST_CASE("the pseudo-random function is SipHash-2-4") {
  // Of the vectors that its authors publish: nothing, 00 to 07, and 00 to 0e, under the key 00 to 0f.
  const slicing::SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const std::uint64_t words[] = {0x0706050403020100};
  CHECK(slicing::sip_hash(key, std::span<const std::uint64_t>{}) == 0x726fdb47dd0e0e31);
  CHECK(slicing::sip_hash(key, words) == 0x93f5f5799a932462);
  CHECK(slicing::sip_hash(key, ByteView{}) == 0x726fdb47dd0e0e31);
  CHECK(slicing::sip_hash(key, ByteView{bytes("0001020304050607")}) == 0x93f5f5799a932462);
  CHECK(slicing::sip_hash(key, ByteView{bytes("000102030405060708090a0b0c0d0e")}) == 0xa129ca6149be45e5);
}

TEST_CASE("a mark stands before the end of a well-formed frame, and comes off again") {
  const Bytes out = slicing::marked(bytes(lldp), probe, secret);
  const std::string said = ofmsg::hex_digits(out);
  CHECK(said.starts_with(addresses + "88cc" + body +
                         "fe14"
                         "02736c01"
                         "1234"
                         "000003e8"
                         "0015"));
  CHECK(said.ends_with("0000"));
  CHECK(out.size() == bytes(lldp).size() + slicing::probe_mark_size);
  const auto found = slicing::unmarked(out, secret);
  REQUIRE(found.has_value());
  CHECK(found->probe == probe);
  CHECK(found->frame == bytes(lldp));
  CHECK(slicing::bears_mark(out));
  CHECK_FALSE(slicing::bears_mark(bytes(lldp)));
}

TEST_CASE("what a wire adds to a frame or takes from it is no part of it") {
  for (const std::string& frame : {
           lldp,
           addresses + "88cc0000",     // nothing in it
           addresses + "88cc" + body,  // no end
           addresses + "88cc",         // not even a beginning
           addresses + "8942cafe",     // BDDP that is no TLV
           addresses + "88cc" + body + "0000aabbccdd",
           addresses + "81000005" + "88cc" + body + "0000",
       }) {
    CAPTURE(frame);
    const Bytes out = slicing::marked(bytes(frame), probe, secret);
    auto found = slicing::unmarked(out, secret);
    REQUIRE(found.has_value());
    CHECK(found->frame == bytes(frame));
    // Short frames are filled up to 60 bytes.
    Bytes filled = out;
    filled.resize(std::max<std::size_t>(filled.size(), 60));
    found = slicing::unmarked(filled, secret);
    REQUIRE(found.has_value());
    CHECK(found->frame == bytes(frame));
    // A tag comes or goes.
    Bytes tagged = out;
    const Bytes tag = bytes("8100000a");
    tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
    found = slicing::unmarked(tagged, secret);
    REQUIRE(found.has_value());
    CHECK(found->probe == probe);
    CHECK(found->frame.size() == bytes(frame).size() + 4);
  }
}

TEST_CASE("no bit of a marked frame can be changed, but in its tag") {
  for (const std::string& frame : {lldp, addresses + "8942cafe"}) {
    const Bytes out = slicing::marked(bytes(frame), probe, secret);
    for (std::size_t bit = 0; bit < out.size() * 8; ++bit) {
      CAPTURE(bit);
      Bytes forged = out;
      forged[bit / 8] ^= std::byte{1} << bit % 8;
      const auto found = slicing::unmarked(forged, secret);
      // What stands between a short frame and its mark is no part of it.
      if (found) CHECK((found->frame == bytes(frame) && found->probe == probe));
    }
    CHECK_FALSE(slicing::unmarked(out, slicing::SipKey{1, 3}).has_value());
    for (std::size_t size = 0; size < out.size(); ++size) {
      CHECK_FALSE(slicing::unmarked(ByteView{out}.first(size), secret).has_value());
    }
  }
}

TEST_CASE("a mark that is in the frame already is content, and the last one counts") {
  const Probe theirs{0x4321, 1000};
  for (const std::string& frame : {lldp, addresses + "8942cafe"}) {
    const Bytes once = slicing::marked(bytes(frame), theirs, secret);
    const Bytes twice = slicing::marked(once, probe, secret);
    const auto outer = slicing::unmarked(twice, secret);
    REQUIRE(outer.has_value());
    CHECK(outer->probe == probe);
    CHECK(outer->frame == once);
    // A mark is of one frame only.
    Bytes moved = slicing::marked(bytes(addresses + "88cc" + "02060764706964320000"), probe, secret);
    const ByteView mark = ByteView{once}.subspan(bytes(frame).size() - 2, slicing::probe_mark_size);
    moved.insert(moved.end() - 2, mark.begin(), mark.end());
    CHECK_FALSE(slicing::unmarked(moved, secret).has_value());
  }
}

TEST_CASE("only LLDP and BDDP are frames of discovery") {
  CHECK(slicing::discovery_payload(bytes(lldp)) == 14U);
  CHECK(slicing::discovery_payload(bytes(addresses + "8942")) == 14U);
  CHECK(slicing::discovery_payload(bytes(addresses + "81000005" + "88a80007" + "88cc")) == 22U);
  for (const std::string& other :
       {addresses + "0800" + body, addresses + "88", addresses + "81000005", std::string{}}) {
    CHECK_FALSE(slicing::discovery_payload(bytes(other)).has_value());
  }
}
