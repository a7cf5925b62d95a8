// Queues of the switch: what goes to them, what is asked of them.
#include "tests/examples/packets.hpp"
#include "tests/examples/rig.hpp"

namespace sluice::testing {

using namespace ofmsg;

namespace {

flow_switch::Settings with_queues() {
  flow_switch::Settings settings = Rig::four_ports();
  settings.queues = {{PortNo{2}, 7, 250}, {PortNo{1}, 7, 500}, {PortNo{2}, 3}};
  return settings;
}

std::string sent(Rig& rig) {
  std::string all;
  for (const auto& packet : rig.take_sent()) {
    all += std::to_string(packet.port.value) + (packet.queue ? ":" + std::to_string(*packet.queue) : "") + " ";
  }
  return all;
}

}  // namespace

TEST_CASE("an enqueue is for its own output, a set_queue for all that follow") {
  Rig old{v1_0, with_queues()};
  CHECK(old.try_flow("add", "in_port=1,actions=enqueue:2:7,output:2,enqueue:IN_PORT:7") == "ok");
  old.packet(1, ipv4_packet());
  CHECK(sent(old) == "2:7 2 1:7 ");
  Rig rig{v1_3, with_queues()};
  CHECK(rig.try_flow("add", "in_port=1,actions=output:3,set_queue:7,output:2,output:3,set_queue:3,FLOOD") == "ok");
  rig.packet(1, ipv4_packet());
  CHECK(sent(rig) == "3 2:7 3:7 2:3 3:3 4:3 ");
  CHECK(rig.try_flow("add", "in_port=2,actions=write_actions(output:1,set_queue:7)") == "ok");
  rig.packet(2, ipv4_packet());
  CHECK(sent(rig) == "1:7 ");
}

TEST_CASE("a queue must be there") {
  Rig old{v1_0, with_queues()};
  CHECK(old.try_flow("add", "actions=enqueue:1:3") == "BAD_ACTION/BAD_QUEUE");
  CHECK(old.try_flow("add", "actions=enqueue:3:7") == "BAD_ACTION/BAD_QUEUE");
  CHECK(old.try_flow("add", "actions=enqueue:9:7") == "BAD_ACTION/BAD_OUT_PORT");
  CHECK(old.try_flow("add", "actions=enqueue:IN_PORT:4") == "BAD_ACTION/BAD_QUEUE");
  Rig rig{v1_3, with_queues()};
  CHECK(rig.try_flow("add", "actions=set_queue:4,output:1") == "BAD_ACTION/BAD_QUEUE");
}

TEST_CASE("features, settings and counters") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Rig rig{version, with_queues()};
    rig.send(Message{FeaturesRequest{}});
    const auto features = rig.only<FeaturesReply>();
    CHECK((features.capabilities & FeaturesReply::queue_stats) != 0);
    if (version == v1_0) CHECK(features.actions == 0xfff);

    rig.send(Message{QueueGetConfigRequest{PortNo{2}}});
    const auto config = rig.only<QueueGetConfigReply>();
    REQUIRE(config.queues.size() == 2);
    CHECK(config.queues[0].queue_id == 3);
    CHECK(config.queues[1].queue_id == 7);
    CHECK(config.queues[1].properties.find<QueueRate>()->rate == 250);
    CHECK(rig.try_message(Message{QueueGetConfigRequest{PortNo{9}}}) == "QUEUE_OP_FAILED/BAD_PORT");

    rig.flow("add", version == v1_0 ? "actions=enqueue:2:7" : "actions=set_queue:7,output:2");
    rig.packet(1, ipv4_packet());
    static_cast<void>(rig.take_sent());
    const PortNo all = version == v1_0 ? port::all : port::any;
    rig.send(Message{QueueStatsRequest{0, all, 7}});
    const auto stats = rig.only<QueueStatsReply>();
    REQUIRE(stats.queues.size() == 2);
    CHECK(stats.queues[0].tx_packets == 0);
    CHECK(stats.queues[1].port_no == PortNo{2});
    CHECK(stats.queues[1].tx_packets == 1);
    CHECK(stats.queues[1].tx_bytes == ipv4_packet().size());
    CHECK(stats.queues[1].duration_sec == (version == v1_0 ? 0 : 100));
    rig.send(Message{QueueStatsRequest{0, PortNo{3}, all_queues}});
    CHECK(rig.only<QueueStatsReply>().queues.empty());
    CHECK(rig.try_message(Message{QueueStatsRequest{0, PortNo{1}, 3}}) == "QUEUE_OP_FAILED/BAD_QUEUE");
    CHECK(rig.try_message(Message{QueueStatsRequest{0, PortNo{9}, all_queues}}) == "QUEUE_OP_FAILED/BAD_PORT");
  }
  Rig rig{v1_3, with_queues()};
  rig.send(Message{QueueGetConfigRequest{}});
  const auto config = rig.only<QueueGetConfigReply>();
  REQUIRE(config.queues.size() == 3);
  CHECK(config.queues[0].port == PortNo{1});
  Rig old{v1_0, with_queues()};
  CHECK(old.try_message(Message{QueueGetConfigRequest{}}) == "QUEUE_OP_FAILED/BAD_PORT");
}

}  // namespace sluice::testing
