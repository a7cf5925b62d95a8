// Statistics in the slice's own terms.
#include <string>
#include <vector>

#include "tests/slicing/support.hpp"

using namespace sluice::tests;

namespace {

struct Both {
  World world;
  SwitchEnd& s1;
  Tenant& red;
  Tenant& blue;

  Both(std::string_view file, Version version)
      : world{file},
        s1{world.plug("s1", 1, {1, 2, 3, 4}, version)},
        red{world.tenant(7001)},
        blue{world.tenant(7002)} {}
};

}  // namespace

TEST_CASE("flow statistics: what was asked for, with the sums of what stands for it") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both b{by_port, version};
    b.red.send(flow("priority=7,cookie=0x1,ip,idle_timeout=60,hard_timeout=600,actions=FLOOD", version));
    b.red.send(flow("priority=8,cookie=0x2,arp,actions=output:2", version));
    b.blue.send(flow("priority=7,cookie=0x3,ip,actions=output:4", version));
    b.world.settle();
    b.world.inject(b.s1, 1, packet({}));
    b.world.inject(b.s1, 2, packet({}));
    b.world.inject(b.s1, 3, packet({}));
    b.world.advance(2s);
    b.red.send(FlowStatsRequest{});
    b.world.settle();
    auto reply = b.red.take<FlowStatsReply>();
    REQUIRE(reply.has_value());
    REQUIRE(reply->flows.size() == 2);
    const FlowStats& f = reply->flows[0];
    CHECK(text(f.match) == "ip");
    CHECK(f.cookie == 1);
    CHECK(f.priority == 7);
    CHECK(f.idle_timeout == 60);
    CHECK(f.hard_timeout == 600);
    CHECK(f.packet_count == 2);
    CHECK(f.byte_count == 2 * packet({}).size());
    CHECK(f.duration_sec == 2);
    CHECK(text(f.instructions) == "actions=FLOOD");
    CHECK(reply->flows[1].packet_count == 0);

    FlowStatsRequest filtered;
    filtered.filter.out_port = PortNo{2};
    b.red.send(filtered);
    b.world.settle();
    reply = b.red.take<FlowStatsReply>();
    REQUIRE(reply.value().flows.size() == 1);
    CHECK(reply->flows[0].cookie == 2);

    b.red.send(AggregateRequest{});
    b.world.settle();
    CHECK(b.red.take<AggregateReply>().value() == AggregateReply{0, 2, 2 * packet({}).size(), 2, {}});
    b.red.send(TableStatsRequest{});
    b.world.settle();
    const auto tables = b.red.take<TableStatsReply>();
    REQUIRE(tables.value().tables.size() == 1);
    CHECK(tables->tables[0].active_count == 2);
    CHECK(tables->tables[0].matched_count == 2);
  }
}

TEST_CASE("port statistics: own ports only, and counters only of ports that nobody else has") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    Both alone{by_port, version};
    alone.world.inject(alone.s1, 1, packet({}));
    alone.red.send(PortStatsRequest{});
    alone.world.settle();
    auto reply = alone.red.take<PortStatsReply>();
    REQUIRE(reply.value().ports.size() == 2);
    CHECK(reply->ports[0].port_no == PortNo{1});
    CHECK(reply->ports[0].rx_packets == 1);
    const Xid foreign = alone.red.send(PortStatsRequest{0, PortNo{3}});
    alone.world.settle();
    static_cast<void>(expect_error(alone.red, foreign));

    Both shared{by_vlan, version};
    shared.red.send(PortStatsRequest{0, PortNo{1}});
    shared.world.settle();
    reply = shared.red.take<PortStatsReply>();
    REQUIRE(reply.value().ports.size() == 1);
    CHECK(reply->ports[0].rx_packets == PortStats::unknown);
  }
}

TEST_CASE("many flows come in many parts") {
  Both b{by_port, v1_3};
  for (int i = 0; i < 700; ++i) {
    b.red.send(flow("priority=" + std::to_string(i + 1) + ",in_port=1,actions=output:2", v1_3));
  }
  b.world.settle();
  b.red.send(FlowStatsRequest{});
  b.world.settle();
  std::size_t flows = 0;
  std::size_t parts = 0;
  while (const auto part = b.red.take<FlowStatsReply>()) {
    flows += part->flows.size();
    ++parts;
    CHECK(((part->flags & multipart_more) != 0) == (flows < 700));
  }
  CHECK(flows == 700);
  CHECK(parts > 1);
}

TEST_CASE("a switch that does not answer costs an error, not silence") {
  Both b{by_port, v1_3};
  b.s1.mute = true;
  const Xid xid = b.red.send(FlowStatsRequest{});
  b.world.settle();
  for (int i = 0; i < 31; ++i) b.red.send(AggregateRequest{});
  const Xid beyond = b.red.send(AggregateRequest{});
  b.world.settle();
  CHECK(expect_error(b.red, beyond).type == 1);
  static_cast<void>(xid);
}
