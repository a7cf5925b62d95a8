// Which version two peers end up with, for every pair of sets of versions, with and without bitmaps.
#include "ofmsg/version.hpp"

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"

using namespace sluice::ofmsg;

namespace {

constexpr std::uint32_t all_sets = 64;

// Bit n - 1 of the number is wire version n.
VersionSet set_of(std::uint32_t number) { return VersionSet::from_bits(number << 1U); }

std::uint8_t header_of(VersionSet set) { return static_cast<std::uint8_t>(set.highest().value()); }

// The rule of the specification in other words [OF 1.3.5 §6.3.1]: the highest version that both have.
std::optional<Version> highest_common(VersionSet a, VersionSet b) {
  std::optional<Version> best;
  for (const Version v : all_versions) {
    if (a.has(v) && b.has(v)) best = v;
  }
  return best;
}

// A hello with these versions, through bytes.
HelloOffer offer(VersionSet versions, bool with_bitmap) {
  const Hello hello = with_bitmap ? Hello::offering(versions) : Hello{};
  Bytes bytes;
  REQUIRE(encode(bytes, hello, *versions.highest(), Xid{1}));
  const auto back = decode(FrameView::of(bytes).value());
  REQUIRE(back);
  return {FrameView::of(bytes)->wire_version(), std::get<Hello>(*back).versions()};
}

}  // namespace

TEST_CASE("with bitmaps from both: the highest common version, the same on either side") {
  for (std::uint32_t a = 1; a < all_sets; ++a) {
    for (std::uint32_t b = 1; b < all_sets; ++b) {
      CAPTURE(a);
      CAPTURE(b);
      const std::optional<Version> chosen = negotiate(set_of(a), offer(set_of(b), true));
      CHECK(chosen == highest_common(set_of(a), set_of(b)));
      CHECK(chosen == negotiate(set_of(b), offer(set_of(a), true)));
    }
  }
}

TEST_CASE("without a bitmap: the smaller of the two headers, if we speak it") {
  for (std::uint32_t a = 1; a < all_sets; ++a) {
    for (std::uint32_t b = 1; b < all_sets; ++b) {
      CAPTURE(a);
      CAPTURE(b);
      const std::uint8_t smaller = std::min(header_of(set_of(a)), header_of(set_of(b)));
      const auto version = static_cast<Version>(smaller);
      const std::optional<Version> expected = set_of(a).has(version) ? std::optional{version} : std::nullopt;
      CHECK(negotiate(set_of(a), offer(set_of(b), false)) == expected);
    }
  }
}

TEST_CASE("versions after 1.5 are offered by others, and never chosen") {
  for (std::uint32_t a = 1; a < all_sets; ++a) {
    CAPTURE(a);
    const VersionSet ours = set_of(a);
    for (const std::uint32_t header : {7U, 8U, 99U, 255U}) {
      const auto wire = static_cast<std::uint8_t>(header);
      // No bitmap: our highest, which the peer is to find in its own set.
      CHECK(negotiate(ours, {wire, std::nullopt}) == ours.highest());
      CHECK(negotiate(ours, {wire, VersionSet::from_bits(0xffffff80U | ours.bits())}) == ours.highest());
      CHECK(negotiate(ours, {wire, VersionSet::from_bits(0xffffff80U)}) == std::nullopt);
    }
  }
}

TEST_CASE("nothing to choose from") {
  for (std::uint32_t b = 1; b < all_sets; ++b) {
    CHECK(negotiate(VersionSet{}, {header_of(set_of(b)), set_of(b)}) == std::nullopt);
    CHECK(negotiate(set_of(b), {header_of(set_of(b)), VersionSet{}}) == std::nullopt);
    CHECK(negotiate(set_of(b), {0, std::nullopt}) == std::nullopt);
  }
}

TEST_CASE("names") {
  for (const Version v : all_versions) CHECK(parse_version(text(v)) == v);
  CHECK(parse_version("OpenFlow13") == v1_3);
  CHECK_FALSE(parse_version("1.6"));
  CHECK_FALSE(parse_version("OpenFlow16"));
  CHECK(text(VersionSet{v1_0, v1_3}) == "1.0,1.3");
}
