// What the core keeps of a refusal, and what it says of it when it is asked.
#include "tests/slicing/support.hpp"

using namespace sluice::tests;
using sluice::slicing::Explanation;
using sluice::slicing::Refusal;

namespace {

struct Asked {
  World world{by_vlan};
  SwitchEnd& s1;
  Tenant& red;

  explicit Asked(Version version) : s1{world.plug("s1", 1, {1, 2, 3}, version)}, red{world.tenant(7001)} {}

  Explanation refused(std::string_view text) {
    red.send(flow(text, red.version()));
    world.settle();
    const std::vector<Refusal> refusals = world.domain.refusals();
    REQUIRE_FALSE(refusals.empty());
    return world.domain.explain(refusals.front());
  }
};

}  // namespace

TEST_CASE("a refusal keeps what was asked, who asked, and the error as numbers") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Asked a{version};
    const Explanation e = a.refused("priority=5,dl_vlan=30,actions=drop");
    const Refusal& r = e.refusal;
    CHECK(r.controller == "tcp:127.0.0.1:7001");
    CHECK(r.version == version);
    CHECK(r.wire == (version == v1_0 ? WireError{3, 2} : WireError{5, 4}));
    CHECK(r.whole());
    Bytes request;
    REQUIRE(encode(request, Message{flow("priority=5,dl_vlan=30,actions=drop", version)}, version, Xid{r.xid}));
    CHECK(r.request == request);
  }
}

TEST_CASE("the nearest rules are those that differ in the fewest fields, and the fields are named") {
  Asked a{v1_3};
  const Explanation vlan = a.refused("dl_vlan=30,actions=drop");
  REQUIRE(vlan.nearest.size() == 1);
  CHECK(vlan.nearest[0].rule.name == "red[0]");
  CHECK(vlan.nearest[0].rule.position.find(':') != std::string::npos);
  CHECK(vlan.nearest[0].ports == "1,2,3");
  CHECK(text(vlan.nearest[0].header) == "dl_vlan=10");
  CHECK(text(vlan.nearest[0].asked) == "dl_vlan=30");
  CHECK(vlan.ports == std::vector<PortNo>{{1}, {2}, {3}});
  const Explanation port = a.refused("dl_vlan=10,in_port=9,actions=drop");
  CHECK(text(port.nearest.at(0).asked) == "in_port=9");
}

TEST_CASE("the rule that an output misses is kept with its place; where no rule would help, none is named") {
  Asked a{v1_3};
  const Explanation leaves = a.refused("dl_vlan=10,in_port=1,actions=set_field:4107->vlan_vid,output:2");
  CHECK(leaves.refusal.code == "E0203");
  const Explanation foreign = a.refused("dl_vlan=10,in_port=1,actions=output:4");
  CHECK(foreign.refusal.code == "E0202");
  REQUIRE(foreign.refusal.rule);
  CHECK(foreign.refusal.rule->name == "red[0]");
  CHECK(foreign.nearest.empty());
}

TEST_CASE("of a long message only the beginning is kept, and a reload does not confuse") {
  Asked a{v1_3};
  PacketOut out;
  out.in_port = PortNo{1};
  out.data = Bytes(3000, std::byte{1});
  out.actions = {Output{PortNo{2}, 0}};
  a.red.send(Message{out});
  a.world.settle();
  const Refusal r = a.world.domain.refusals().front();
  CHECK_FALSE(r.whole());
  CHECK(r.request.size() == Refusal::request_kept);
  CHECK(r.request_size > 3000);
  CHECK(a.world.domain.explain(r).nearest.empty());
  a.world.reload(by_port);
  CHECK(a.world.domain.explain(r).ports == std::vector<PortNo>{{1}, {2}});
  Refusal gone = r;
  gone.switch_name = "s9";
  CHECK(a.world.domain.explain(gone).ports.empty());
}
