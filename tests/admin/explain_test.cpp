// `explain`, as the daemon answers it.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "admin/answer.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

using namespace sluice;
using namespace sluice::admin;
using namespace std::chrono_literals;
using nlohmann::json;
using slicing::Explanation;
using slicing::Refusal;

namespace {

Daemon daemon_at_noon() {
  Daemon daemon;
  daemon.slice_file = "campus.json";
  daemon.now = 1000s;
  daemon.wall = 1772366400s;  // 2026-03-01T12:00:00Z
  return daemon;
}

Refusal refusal(std::uint32_t xid, std::string slice = "video") {
  Refusal r;
  r.at = 939s;
  r.slice = std::move(slice);
  r.switch_name = "s1";
  r.kind = "flow_mod";
  r.xid = xid;
  r.code = "E0201";
  r.error = "FLOW_MOD_FAILED/EPERM";
  r.wire = {5, 4};
  r.why = "match dl_vlan=300: no packet of it belongs to the slice";
  r.controller = "tcp:192.0.2.11:6653";
  const auto mod = ofmsg::parse_flow("priority=9,dl_vlan=300,actions=drop", r.version, ofmsg::FlowModCommand::add);
  REQUIRE(mod);
  REQUIRE(ofmsg::encode(r.request, ofmsg::Message{*mod}, r.version, ofmsg::Xid{xid}));
  r.request_size = r.request.size();
  return r;
}

Explanation explanation() {
  Explanation e{refusal(0x71), {}, {{1}, {24}}};
  slicing::NearRule near{{"vlans", "campus.json:9:9"}, false, "1,24", {}, 3, {}};
  near.header.set(ofmsg::Field::vlan_vid, std::uint64_t{0x1064});
  near.asked.set(ofmsg::Field::vlan_vid, std::uint64_t{0x112c});
  e.nearest = {near};
  return e;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a refusal in full, for people") {
  CHECK(explained({explanation()}, daemon_at_noon(), Form::table) ==
        "flow_mod xid 0x71 of video from tcp:192.0.2.11:6653 to s1, 1m ago (2026-03-01T11:58:59.000Z): REFUSED "
        "FLOW_MOD_FAILED/EPERM\n"
        "  asked    flow_mod priority=9,dl_vlan=300,actions=drop\n"
        "  why      E0201 match dl_vlan=300: no packet of it belongs to the slice\n"
        "           No packet of the match belongs to the slice (with \"outside\": \"reject\", some do not).\n"
        "  nearest  vlans at campus.json:9:9: ports 1,24, dl_vlan=100 and 3 more like it; asked was dl_vlan=300\n"
        "  ports    video has 1,24 on s1\n"
        "  sent     error FLOW_MOD_FAILED(5)/EPERM(4), with all 64 bytes of the request\n"
        "  try      sluicectl slice video\n"
        "           sluicectl flowspace -c campus.json --free --switch s1\n"
        "           sluicectl rewrite -c campus.json --slice video --switch s1 --of 1.3 'flow_mod "
        "priority=9,dl_vlan=300,actions=drop'\n");
}

TEST_CASE("the same for programs") {
  Explanation e = explanation();
  e.refusal.rule = slicing::RuleName{"films", "campus.json:11:9"};
  const json doc = json::parse(explained({e}, daemon_at_noon(), Form::json));
  CHECK(doc["kind"] == "sluiced.explain");
  CHECK(doc["v"] == 1);
  const json& r = doc["refusals"][0];
  CHECK(r["xid"] == 0x71);
  CHECK(r["asked"] == "flow_mod priority=9,dl_vlan=300,actions=drop");
  CHECK(r["hex"].get<std::string>().starts_with("040e004000000071"));
  CHECK(r["rule"] == json{{"name", "films"}, {"at", "campus.json:11:9"}});
  CHECK(r["nearest"][0]["asked"] == "dl_vlan=300");
  CHECK(r["error"]["type"] == 5);
  CHECK(r["try"].size() == 3);
  CHECK(has(explained({e}, daemon_at_noon(), Form::table), "  rule     films at campus.json:11:9\n"));
}

TEST_CASE("what is not there whole is shown as bytes, with its size") {
  Explanation e = explanation();
  e.refusal.request_size = 3000;
  const std::string text = explained({e}, daemon_at_noon(), Form::table);
  CHECK(has(text, "  asked    hex 040e0040"));
  CHECK(has(text, "(the first 64 of 3000 bytes)"));
  CHECK_FALSE(has(text, "sluicectl rewrite"));
}

TEST_CASE("an xid may be several messages' own, newest first; last is one") {
  const std::vector<Refusal> all{refusal(7), refusal(8, "sensors"), refusal(7, "sensors")};
  CHECK(find_refusals(all, "last", std::nullopt)->size() == 1);
  CHECK(find_refusals(all, "last", "sensors")->front().xid == 8);
  CHECK(find_refusals(all, "0x7", std::nullopt)->size() == 2);
  CHECK(find_refusals(all, "7", "sensors")->size() == 1);
  CHECK(has(explained({{all[0], {}, {}}, {all[2], {}, {}}}, daemon_at_noon(), Form::table),
            "2 refused messages have this xid, newest first:\n"));
  const std::string unknown = find_refusals(all, "9", "video").error();
  CHECK(has(unknown, "no refused message of video has xid 0x9."));
  CHECK(has(unknown, "sluicectl rewrite"));
  CHECK(has(find_refusals({}, "last", std::nullopt).error(), "no message was refused"));
  CHECK(has(find_refusals(all, "E0201", std::nullopt).error(), "neither \"last\" nor an xid"));
}
