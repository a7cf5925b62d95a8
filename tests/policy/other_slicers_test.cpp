// What the flowspace engines of other slicing proxies got wrong, each as the question that went wrong there. The
// switch speaks 1.0, as theirs did, and has the ports 1 to 5.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "tests/support/naive_policy.hpp"

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::Match;

std::string file_of(const std::string& slices) {
  return R"({ "version": 1, "switches": { "s1": { "dpid": 1 } }, "slices": { )" + slices + " } }";
}

std::string slice(const std::string& name, const std::string& ports, const std::string& match) {
  return '"' + name + R"(": { "controllers": ["tcp:192.0.2.1"], "flowspace": [{ "on": { "s1": )" + ports +
         R"( }, "match": ")" + match + R"(" }] })";
}

// One slice with one rule.
SwitchView view_of(const std::string& ports, const std::string& match) {
  const Document document = parse(file_of(slice("alice", ports, match)), "alice.json");
  const Compiled compiled = compile(document);
  INFO(render(compiled.findings, document.texts, false));
  REQUIRE(compiled.snapshot);
  std::vector<ofmsg::Port> list;
  for (std::uint32_t n = 1; n <= 5; ++n) list.push_back(tests::port_named(n, "p" + std::to_string(n)));
  return compiled.snapshot->bind(SwitchId{0}, list, ofmsg::v1_0);
}

Match match_of(const std::string& words) {
  const auto match = ofmsg::parse_match(words);
  INFO(words);
  REQUIRE(match.has_value());
  return *match;
}

// Exactly one packet: what the words leave open is zero, and it has no tag unless they say so.
bool owns(const SwitchView& view, const std::string& words) {
  ofmsg::PacketKey key;
  key.put(Field::vlan_vid, 0);
  const Match packet = ofmsg::witness(match_of(words));
  for (const ofmsg::Term& term : packet.terms()) key.put(term.field, term.value);
  return view.owner(key).has_value();
}

std::vector<std::string> clipped(const SwitchView& view, const Match& match) {
  const auto pieces = view.clip(SliceId{0}, match, 100);
  REQUIRE(pieces.has_value());
  std::vector<std::string> texts;
  for (const Piece& piece : *pieces) texts.push_back(ofmsg::text(piece.match));
  return texts;
}

std::vector<std::string> clipped(const SwitchView& view, const std::string& words) {
  return clipped(view, match_of(words));
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a VLAN priority in the flow does not lose the other limits of the rule") {
  Match priority;
  priority.set(Field::vlan_vid, ofmsg::u128(ofmsg::vlan_present), ofmsg::u128(ofmsg::vlan_present));
  priority.set(Field::vlan_pcp, 3U);
  CHECK(clipped(view_of("1", "dl_vlan=100"), priority) == Texts{"in_port=1,dl_vlan=100,dl_vlan_pcp=3"});
  // … and every copy of it names its own port.
  CHECK(clipped(view_of("[1, 2]", "any"), priority).size() == 2);
  CHECK(clipped(view_of("[1, 2]", "any"), "dl_src=02:00:00:00:00:01") ==
        Texts{"in_port=1,dl_src=02:00:00:00:00:01", "in_port=2,dl_src=02:00:00:00:00:01"});
}

TEST_CASE("prefixes that are disjoint have nothing in common, however short they are") {
  const SwitchView view = view_of("1", "ip,nw_src=10.1.0.0/16");
  for (const char* net : {"11.0.0.0/8", "64.0.0.0/2", "10.2.0.0/15", "10.2.0.0/16", "10.0.255.0/24"}) {
    CHECK(clipped(view, std::string{"ip,nw_src="} + net).empty());
  }
  CHECK(clipped(view, "ip,nw_src=10.0.0.0/8") == Texts{"ip,in_port=1,nw_src=10.1.0.0/16"});
  CHECK(clipped(view_of("1", "ip,nw_dst=10.1.0.0/16"), "ip,nw_dst=64.0.0.0/2").empty());
}

TEST_CASE("an IP address without the EtherType is refused in the file, and never written to a switch") {
  const Document document = parse(file_of(slice("alice", "1", "nw_src=10.1.0.0/16")), "alice.json");
  REQUIRE(document.has_errors());
  CHECK(document.findings.front().code == "E0116");
  CHECK(clipped(view_of("1", "ip,nw_src=10.1.0.0/16"), Match{}) == Texts{"ip,in_port=1,nw_src=10.1.0.0/16"});
}

TEST_CASE("untagged is not any VLAN, and VLAN 0 is not untagged") {
  const SwitchView untagged = view_of("1", "dl_vlan=0xffff");
  CHECK(owns(untagged, "in_port=1"));
  CHECK_FALSE(owns(untagged, "in_port=1,dl_vlan=100"));
  CHECK_FALSE(owns(untagged, "in_port=1,dl_vlan=7"));
  CHECK(clipped(untagged, "dl_vlan=7").empty());
  const SwitchView zero = view_of("1", "dl_vlan=0");
  CHECK_FALSE(owns(zero, "in_port=1"));
  CHECK(owns(zero, "in_port=1,dl_vlan=0"));
}

TEST_CASE("no value of a field means any value") {
  const SwitchView broadcast = view_of("1", "dl_dst=ff:ff:ff:ff:ff:ff");
  CHECK(owns(broadcast, "in_port=1,dl_dst=ff:ff:ff:ff:ff:ff"));
  CHECK_FALSE(owns(broadcast, "in_port=1,dl_dst=02:00:00:00:00:01"));
  CHECK_FALSE(owns(view_of("1", "tcp,tp_dst=65535"), "in_port=1,tcp,tp_dst=53"));
  CHECK_FALSE(owns(view_of("1", "any"), "in_port=5"));
  CHECK(clipped(view_of("1", "any"), "in_port=5").empty());
}

TEST_CASE("fields are not taken for each other") {
  CHECK_FALSE(owns(view_of("1", "tcp,tp_src=5,tp_dst=0"), "in_port=1,tcp,tp_src=0,tp_dst=0"));
  CHECK_FALSE(owns(view_of("1", "tcp,tp_src=5,tp_dst=0"), "in_port=1,tcp,tp_src=0,tp_dst=5"));
  CHECK_FALSE(owns(view_of("1", "tcp,nw_tos=0"), "in_port=1,ip,nw_proto=0"));
  CHECK_FALSE(owns(view_of("1", "tcp,tp_dst=80"), "in_port=1,udp,tp_dst=80"));
}

TEST_CASE("packets and flows read nw_tos alike: as the byte, of which six bits count") {
  const SwitchView view = view_of("1", "ip,nw_tos=184");
  CHECK(owns(view, "in_port=1,ip,nw_tos=184"));
  CHECK_FALSE(owns(view, "in_port=1,ip,nw_tos=44"));
  CHECK(clipped(view, "ip,nw_tos=184") == Texts{"ip,in_port=1,nw_tos=184"});
  CHECK(clipped(view, "ip,nw_tos=44").empty());
}

TEST_CASE("nobody writes over a slice of more weight: overlapping writers do not compile") {
  const Document document = parse(
      file_of(slice("bob", "1", "any") + ", " + slice("alice", R"("*")", "dl_src=02:00:00:00:00:05")), "two.json");
  const Compiled compiled = compile(document);
  CHECK_FALSE(compiled.snapshot);
  REQUIRE_FALSE(compiled.findings.empty());
  CHECK(compiled.findings.front().code == "E0310");
}

}  // namespace sluice::policy
