// A second policy beside the first: it names exactly what it would change, whatever numbers both choose.
#include "slicing/replay/shadow.hpp"

#include <memory>

#include "slicing/replay/difference_text.hpp"
#include "tests/slicing/support.hpp"

using namespace sluice;
using namespace sluice::tests;
using namespace sluice::slicing::replay;

namespace {

constexpr std::uint64_t seed = 7;

// The same as by_vlan, but that red has VLAN 11.
std::string other_vlan() {
  std::string text{by_vlan};
  return text.replace(text.find("dl_vlan=10"), 10, "dl_vlan=11");
}

std::shared_ptr<const policy::Snapshot> compiled(std::string_view text) {
  auto policy = compile(policy_text(text));
  if (!policy) FAIL(policy.error());
  return *std::move(policy);
}

struct Watched {
  explicit Watched(std::string_view other, Version version = v1_3) : world{by_vlan, seed} {
    shadow = std::make_unique<Shadow>(world.policy, compiled(other), seed);
    world.on_turn = [this](const Turn& turn) { shadow->follow(turn); };
    s1 = &world.plug("s1", 1, {1, 2, 3}, version);
  }

  void send(std::uint16_t port, const Message& message) {
    static_cast<void>(world.tenant(port).send(message));
    world.settle();
  }

  // What came of it: for each difference, who said what kind of message, and how many messages differ.
  std::string differences() {
    shadow->finish();
    std::string lines;
    for (const Difference& d : shadow->take()) {
      const std::string cause = d.cause ? std::string{text(*kind_of(d.cause->view()))} : "-";
      lines += text(d.from, *world.policy) + " " + cause + " -" + std::to_string(d.first.size()) + " +" +
               std::to_string(d.second.size()) + "\n";
    }
    return lines;
  }

  World world;
  SwitchEnd* s1 = nullptr;
  std::unique_ptr<Shadow> shadow;
};

constexpr std::uint16_t red = 7001;
constexpr std::uint16_t blue = 7002;

}  // namespace

TEST_CASE("exactly the messages that another rule changes are named") {
  for (const Version version : {v1_0, v1_3}) {
    Watched watched{other_vlan(), version};
    watched.send(red, flow("priority=1,actions=drop", version));                           // narrowed otherwise
    watched.send(red, flow("priority=2,in_port=1,dl_vlan=10,actions=output:2", version));  // refused
    watched.send(blue, flow("priority=3,in_port=1,dl_vlan=20,actions=CONTROLLER", version));
    watched.send(blue, Message{BarrierRequest{}});
    watched.world.inject(*watched.s1, 3, packet({.vlan = 10}));  // red's no more
    watched.world.inject(*watched.s1, 1, packet({.vlan = 20}));  // blue's, by a flow with a cookie
    CHECK(watched.differences() == "red@s1 flow_mod -3 +3\nred@s1 flow_mod -1 +1\n");
    CHECK(watched.shadow->same() > 5);
  }
}

TEST_CASE("a packet_in that changes its owner is named, with who would have had it") {
  std::string other{by_vlan};
  other.replace(other.find("\"on\": {\"s1\": [1, 2, 3]}"), 23, "\"on\": {\"s1\": [1, 2]}");
  Watched watched{other, v1_0};
  watched.world.inject(*watched.s1, 3, packet({.vlan = 10}));
  watched.world.inject(*watched.s1, 1, packet({.vlan = 10}));
  // Red's ports, too, and what nobody would need port 3's LLDP for.
  CHECK(watched.differences() == "s1 barrier_reply -2 +0\nred@s1 features_request -1 +1\ns1 packet_in -1 +0\n");
}

TEST_CASE("what the switch refuses is told in both worlds under the controller's own xid") {
  Watched watched{by_vlan};
  for (int i = 0; i < 3; ++i) {
    watched.send(red, flow("priority=" + std::to_string(i) + ",in_port=1,dl_vlan=10,actions=drop", v1_3));
    watched.send(blue, flow("priority=" + std::to_string(i) + ",in_port=1,dl_vlan=20,actions=drop", v1_3));
    watched.send(red, Message{BarrierRequest{}});
    watched.send(red, flow("in_port=1", v1_3, FlowModCommand::delete_));
  }
  CHECK(watched.differences() == "");
}

TEST_CASE("a shadow that comes later knows the flows that stand, and says which it does not allow") {
  World world{by_vlan, seed};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3}, v1_3);
  const auto send = [&world](std::uint16_t port, const Message& message) {
    static_cast<void>(world.tenant(port).send(message));
    world.settle();
  };
  send(red, flow("priority=1,in_port=1,dl_vlan=10,send_flow_rem,hard_timeout=9,actions=output:2", v1_3));
  send(blue, flow("priority=1,in_port=1,dl_vlan=20,actions=CONTROLLER", v1_3));
  world.advance(3s);
  Shadow same{world.policy, world.policy, seed};
  same.join(world.domain.standing(), world.now);
  CHECK(same.refused_at_join() == 0);
  Shadow other{world.policy, compiled(other_vlan()), seed};
  other.join(world.domain.standing(), world.now);
  CHECK(other.refused_at_join() == 1);
  world.on_turn = [&](const Turn& turn) { same.follow(turn); };
  // The cookies, durations and the removal are those of a flow from before it came.
  world.inject(s1, 1, packet({.vlan = 20}));
  send(red, Message{FlowStatsRequest{}});
  world.advance(10s);
  same.finish();
  std::string lines;
  for (const Difference& difference : same.take()) lines += text(difference, *world.policy, world.now);
  CHECK(lines == "");
  CHECK(same.same() >= 3);
}

TEST_CASE("a policy that changes in both worlds is no difference, in one it is") {
  Watched watched{by_vlan};
  watched.send(red, flow("priority=1,in_port=1,dl_vlan=10,actions=output:2", v1_3));
  const auto next = compile(policy_text(other_vlan()), watched.world.policy.get());
  REQUIRE(next);
  watched.shadow->first_policy(*next);
  static_cast<void>(watched.world.reload(other_vlan()));
  watched.world.advance(3s);
  CHECK(watched.differences() == " - -1 +0\n");  // the flow that left
}
