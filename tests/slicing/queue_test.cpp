// Queues, between an example switch that has some and controllers that may use a few of them.
#include <string>
#include <vector>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;
using sluice::flow_switch::Queue;

namespace {

constexpr std::string_view with_queues = R"({
  "version": 1,
  "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
  "switches": {"s1": {"dpid": 1}},
  "slices": {
    "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [
      {"on": {"s1": [1, 2]}, "match": "dl_vlan=10", "queues": {"allow": [1, 2]}},
      {"on": {"s1": [3]}, "match": "dl_vlan=10", "queues": {"allow": [2], "force": 2}}]},
    "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [
      {"on": {"s1": [1, 2]}, "match": "dl_vlan=20", "queues": {"allow": [2, 3]}}]}
  }
})";

std::vector<Queue> queues() {
  std::vector<Queue> all;
  for (std::uint32_t port = 1; port <= 4; ++port) {
    for (std::uint32_t id = 0; id <= 3; ++id) all.push_back({PortNo{port}, id, static_cast<std::uint16_t>(100 * id)});
  }
  return all;
}

struct Lab {
  World world;
  SwitchEnd& s1;
  Tenant& red;
  Tenant& blue;

  explicit Lab(Version version)
      : world{with_queues},
        s1{world.plug("s1", 1, {1, 2, 3, 4}, version, 0, 65536, queues())},
        red{world.tenant(7001)},
        blue{world.tenant(7002)} {}

  template <class Reply>
  Reply ask(Tenant& tenant, const Message& question) {
    const Xid xid = tenant.send(question);
    world.settle();
    auto reply = tenant.take<Reply>();
    REQUIRE(reply.has_value());
    CHECK(tenant.last_xid == xid);
    return *std::move(reply);
  }

  WireError error(Tenant& tenant, const Message& question) {
    const Xid xid = tenant.send(question);
    world.settle();
    return expect_error(tenant, xid);
  }

  [[nodiscard]] std::string why() const { return world.domain.refusals().front().why; }
};

Bytes in_vlan(std::uint16_t vlan) {
  PacketSpec spec;
  spec.vlan = vlan;
  return packet(spec);
}

constexpr WireError bad_queue{2, 8};

}  // namespace

TEST_CASE("packets go to the queue that was chosen, or to the one that is forced, and are counted there") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Lab lab{version};
    const bool old = version == v1_0;
    lab.red.send(flow(old ? "priority=5,in_port=1,actions=enqueue:2:1,output:3,enqueue:2:2"
                          : "priority=5,in_port=1,actions=set_queue:1,output:2,set_queue:2,output:3,output:2",
                      version));
    lab.red.send(flow("priority=5,in_port=2,actions=output:1,output:3", version));
    lab.world.settle();
    lab.world.inject(lab.s1, 1, in_vlan(10));
    lab.world.inject(lab.s1, 2, in_vlan(10));
    std::string sent;
    for (const auto& packet : lab.s1.emitted) {
      sent += text(packet.port) + ":" + (packet.queue ? std::to_string(*packet.queue) : "-") + " ";
    }
    CHECK(sent == "2:1 3:2 2:2 1:- 3:2 ");

    const auto stats = lab.ask<QueueStatsReply>(lab.red, QueueStatsRequest{0, old ? port::all : port::any});
    std::string counted;
    for (const QueueStats& queue : stats.queues) {
      counted += text(queue.port_no) + ":" + std::to_string(queue.queue_id) + "=" +
                 (queue.tx_packets == PortStats::unknown ? "?" : std::to_string(queue.tx_packets)) + " ";
      if (queue.tx_packets == 1) CHECK(queue.tx_bytes == in_vlan(10).size());
    }
    // Queue 2 of ports 1 and 2 is blue's as well.
    CHECK(counted == "1:1=0 1:2=? 2:1=1 2:2=? 3:2=2 ");
  }
}

TEST_CASE("settings of queues are those of the switch, without what is not the slice's") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Lab lab{version};
    const auto one = lab.ask<QueueGetConfigReply>(lab.blue, QueueGetConfigRequest{PortNo{1}});
    CHECK(one.port == PortNo{1});
    REQUIRE(one.queues.size() == 2);
    CHECK(one.queues[0].queue_id == 2);
    CHECK(one.queues[1].queue_id == 3);
    REQUIRE(one.queues[1].properties.find<QueueRate>() != nullptr);
    CHECK(one.queues[1].properties.find<QueueRate>()->rate == 300);
    if (version == v1_0) continue;
    const auto all = lab.ask<QueueGetConfigReply>(lab.red, QueueGetConfigRequest{});
    CHECK(all.port == port::any);
    REQUIRE(all.queues.size() == 5);
    CHECK(all.queues.back().port == PortNo{3});
    CHECK(all.queues.back().queue_id == 2);
  }
}

TEST_CASE("a refusal names the queues that the slice has at the port") {
  Lab young{v1_3};
  CHECK(young.error(young.red, flow("in_port=1,actions=set_queue:3,output:2", v1_3)) == bad_queue);
  CHECK(young.why().starts_with("queue 3 at port 2: there the slice may use only 1, 2"));
  CHECK(young.error(young.red, flow("in_port=1,actions=set_queue:1,FLOOD", v1_3)) == bad_queue);
  CHECK(young.why().starts_with("queue 1 at port 3: there the slice may use only 2"));
  CHECK(young.error(young.red, flow("in_port=1,actions=set_queue:3,CONTROLLER", v1_3)) == bad_queue);
  CHECK(young.why().starts_with("the slice has no queue 3 at any port of this switch"));
  Lab old{v1_0};
  CHECK(old.error(old.blue, flow("in_port=1,actions=enqueue:2:1", v1_0)) == bad_queue);
  CHECK(old.why().starts_with("queue 1 at port 2: there the slice may use only 2, 3"));
}

TEST_CASE("where nothing takes a packet out of a queue again, it stays in one that the slice may use") {
  Lab lab{v1_3};
  lab.red.send(flow("priority=5,in_port=1,actions=output:3,mod_dl_dst:02:00:00:00:00:09,output:2", v1_3));
  lab.world.settle();
  CHECK_FALSE(lab.red.take<Error>().has_value());
  CHECK(table(lab.s1) ==
        "priority=5,in_port=1,dl_vlan=10 actions=set_queue:2,output:3,set_field:02:00:00:00:00:09->eth_dst,output:2\n");
}

TEST_CASE("a trace follows an enqueue to its port") {
  Lab lab{v1_0};
  lab.red.send(flow("priority=5,in_port=1,actions=output:3", v1_0));
  lab.world.settle();
  const auto trace = lab.world.domain.trace("s1", *packet_key(in_vlan(10), PortNo{1}), lab.world.now).value();
  REQUIRE(trace.steps.size() == 1);
  CHECK(text(Actions{trace.steps[0].action}) == "enqueue:3:2");
  REQUIRE(trace.steps[0].output);
  CHECK(trace.steps[0].output->port == PortNo{3});
  CHECK(trace.leaves());
}

TEST_CASE("questions about queues are bounded like those for statistics") {
  Lab lab{v1_3};
  lab.s1.mute = true;
  for (int i = 0; i < 32; ++i) lab.red.send(QueueStatsRequest{});
  lab.world.settle();
  CHECK(lab.error(lab.red, QueueGetConfigRequest{PortNo{1}}).type == 1);
}
