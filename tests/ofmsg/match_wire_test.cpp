// Wire forms of a match: the words of 1.0 for what it can say, and refusals for what it cannot.
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

using namespace sluice::ofmsg;

namespace {

Result<FlowMod> through(const FlowMod& mod, Version version) {
  Bytes bytes;
  const Result<void> done = encode(bytes, Message{mod}, version, Xid{1});
  if (!done) return Failure<CodecError>{done.error()};
  return std::get<FlowMod>(decode(*FrameView::of(bytes)).value());
}

}  // namespace

TEST_CASE("1.0 says untagged, a tag, and any tag of a priority") {
  for (const auto& vlan : std::vector<std::pair<unsigned, unsigned>>{
           {0U, 0x1fffU}, {0U, 0x1000U}, {0x1064U, 0x1fffU}, {0x64U, 0xfffU}, {0x1000U, 0x1fffU}}) {
    const unsigned value = vlan.first, mask = vlan.second;
    CAPTURE(value);
    CAPTURE(mask);
    FlowMod mod;
    mod.match.set(Field::vlan_vid, u128(value), u128(mask));
    const auto read = through(mod, v1_0);
    REQUIRE(read.has_value());
    CHECK(covers(mod.match, read->match));
    CHECK(covers(read->match, mod.match));
  }
  FlowMod any;
  any.match.set(Field::vlan_vid, u128(0x1000), u128(0x1000)).set(Field::vlan_pcp, 3);
  CHECK(through(any, v1_0).value() == any);
  // Any tag of any priority, and masks, cannot be said.
  any.match.erase(Field::vlan_pcp);
  CHECK(through(any, v1_0).error().reason == Reason::unsupported);
  any.match.set(Field::vlan_vid, u128(0x1060), u128(0x1ff0)).set(Field::vlan_pcp, 3);
  CHECK(through(any, v1_0).error().reason == Reason::unsupported);
}

TEST_CASE("OXM: every term comes back, and unknown fields survive") {
  for (const Version version : {v1_2, v1_3, v1_4, v1_5}) {
    FlowMod mod;
    mod.match = parse_match("tcp6,dl_vlan=7,ipv6_src=2001:db8::/32,tp_dst=443,metadata=0xf0/0xff").value();
    mod.match.add_unknown(Bytes{std::byte{0}, std::byte{1}, std::byte{2}, std::byte{4}, std::byte{1}, std::byte{2},
                                std::byte{3}, std::byte{4}});
    CHECK(through(mod, version).value() == mod);
  }
}
