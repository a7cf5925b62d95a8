// Ports of the example switch: their statistics, wires that are cut, port_mod, ports that come and go.
#include "examples/switch/switch.hpp"
#include "tests/examples/packets.hpp"
#include "tests/examples/rig.hpp"

namespace sluice::testing {

using namespace ofmsg;

namespace {

constexpr std::array both{v1_0, v1_3};
using Ports = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("port statistics, and a port whose wire is cut") {
  for (const Version version : both) {
    Rig rig{version};
    rig.flow("add", "actions=output:2");
    CHECK(rig.leaves(1, ipv4_packet()) == Ports{2});
    PortStatsRequest two;
    two.port_no = PortNo{2};
    rig.send(Message{two});
    auto ports = rig.only<PortStatsReply>().ports;
    REQUIRE(ports.size() == 1);
    CHECK(ports[0].tx_packets == 1);
    CHECK(ports[0].tx_bytes == ipv4_packet().size());
    rig.send(Message{PortStatsRequest{}});
    CHECK(rig.only<PortStatsReply>().ports.size() == 4);
    two.port_no = PortNo{9};
    CHECK(rig.try_message(Message{two}) == text(wire_error(Reason::bad_port, version), version));

    flow_switch::Effects effects;
    rig.datapath.link(PortNo{2}, flow_switch::Link::down, rig.now, effects);
    rig.datapath.link(PortNo{2}, flow_switch::Link::down, rig.now, effects);
    const auto news = messages_in(effects.to_controller);
    REQUIRE(news.size() == 1);
    REQUIRE(std::holds_alternative<PortStatus>(news[0].message));
    const auto& status = std::get<PortStatus>(news[0].message);
    CHECK(status.reason == PortReason::modify);
    CHECK(status.port.number == PortNo{2});
    CHECK(status.port.state == Port::state_link_down);
    CHECK(rig.leaves(1, ipv4_packet()).empty());
    CHECK(rig.leaves(2, ipv4_packet()).empty());
    rig.send(Message{PortStatsRequest{}});
    ports = rig.only<PortStatsReply>().ports;
    CHECK(ports[1].tx_dropped == 1);
    CHECK(ports[1].rx_packets == 0);
  }
}

namespace {

PortMod port_mod(const Rig& rig, std::uint32_t number, std::uint32_t config, std::uint32_t mask) {
  PortMod mod;
  mod.port_no = PortNo{number};
  mod.hw_addr = rig.datapath.ports()[number - 1].hw_addr;
  mod.config = config;
  mod.mask = mask;
  return mod;
}

}  // namespace

TEST_CASE("port_mod: what each bit does") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    rig.flow("add", "in_port=1,actions=output:2,CONTROLLER:65535");
    rig.flow("add", "priority=9,in_port=3,dl_vlan=0xffff,actions=ALL");
    const auto set = [&](std::uint32_t port, std::uint32_t config, std::uint32_t mask) {
      return rig.try_message(Message{port_mod(rig, port, config, mask)});
    };

    CHECK(set(2, Port::config_no_fwd, Port::config_no_fwd) == "ok");
    CHECK(rig.leaves(1, ipv4_packet()).empty());
    CHECK(rig.leaves(3, ipv4_packet()) == Ports{1, 4});
    CHECK(rig.take_said().size() == 1);  // packet_in
    CHECK(set(2, 0, Port::config_no_fwd) == "ok");
    CHECK(rig.leaves(1, ipv4_packet()) == Ports{2});
    rig.take_said();

    CHECK(set(1, ~0U, Port::config_no_recv) == "ok");  // bits that the mask has not are left alone
    CHECK(rig.datapath.ports()[0].config == Port::config_no_recv);
    CHECK(rig.leaves(1, ipv4_packet()).empty());
    CHECK(rig.take_said().empty());
    CHECK(set(1, 0, Port::config_no_recv) == "ok");

    // 1.0: no packet_in of the port; since 1.1: none for a table miss.
    CHECK(set(1, Port::config_no_packet_in, Port::config_no_packet_in) == "ok");
    CHECK(rig.leaves(1, ipv4_packet()) == Ports{2});
    CHECK(rig.take_said().size() == (version == v1_0 ? 0 : 1));
    if (version == v1_3) rig.flow("add", "priority=0,actions=CONTROLLER:65535");
    CHECK(set(4, Port::config_no_packet_in, Port::config_no_packet_in) == "ok");
    CHECK(rig.leaves(4, ipv4_packet()).empty());
    CHECK(rig.take_said().empty());
    CHECK(rig.leaves(2, ipv4_packet()).empty());
    CHECK(rig.take_said().size() == 1);

    rig.send(Message{PortStatsRequest{}});
    const auto ports = rig.only<PortStatsReply>().ports;
    CHECK(ports[0].rx_packets == 4);
    CHECK(ports[0].rx_dropped == 1);
    CHECK(ports[1].tx_packets == 2);
    CHECK(ports[1].tx_dropped == 2);
  }
  // Only 1.0 has it; later versions leave a port out by groups.
  Rig old{v1_0};
  old.flow("add", "in_port=1,actions=FLOOD");
  old.flow("add", "in_port=2,actions=ALL");
  CHECK(old.try_message(Message{port_mod(old, 3, Port::config_no_flood, Port::config_no_flood)}) == "ok");
  CHECK(old.leaves(1, ipv4_packet()) == Ports{2, 4});
  CHECK(old.leaves(2, ipv4_packet()) == Ports{1, 3, 4});
  // As only 1.0 tells packets of spanning trees from others.
  const Bytes bpdu = ipv4_packet({.dst = 0x0180c2000000});
  CHECK(old.try_message(Message{port_mod(old, 2, Port::config_no_recv, Port::config_no_recv)}) == "ok");
  CHECK(old.leaves(2, ipv4_packet()).empty());
  CHECK(old.leaves(2, bpdu) == Ports{1, 3, 4});
  CHECK(old.try_message(Message{port_mod(old, 1, Port::config_no_recv_stp, Port::config_no_recv_stp)}) == "ok");
  CHECK(old.leaves(1, ipv4_packet()) == Ports{2, 4});
  CHECK(old.leaves(1, bpdu).empty());
}

TEST_CASE("port_mod: a port that is turned off says so, as one whose wire is cut") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    rig.flow("add", "actions=output:2");
    rig.send(Message{port_mod(rig, 2, Port::config_down, Port::config_down)});
    auto news = rig.only<PortStatus>();
    CHECK(rig.last.value == 0);
    CHECK(news.reason == PortReason::modify);
    CHECK(news.port.config == Port::config_down);
    CHECK(news.port.state == Port::state_link_down);
    CHECK(rig.leaves(1, ipv4_packet()).empty());
    CHECK(rig.leaves(2, ipv4_packet()).empty());
    CHECK(rig.try_message(Message{port_mod(rig, 2, Port::config_down, Port::config_down)}) == "ok");

    flow_switch::Effects effects;
    rig.datapath.link(PortNo{2}, flow_switch::Link::down, rig.now, effects);
    CHECK(effects.to_controller.empty());
    CHECK(rig.try_message(Message{port_mod(rig, 2, 0, Port::config_down)}) == "ok");  // still down
    rig.datapath.link(PortNo{2}, flow_switch::Link::up, rig.now, effects);
    const auto said = messages_in(effects.to_controller);
    REQUIRE(said.size() == 1);
    CHECK(std::get<PortStatus>(said[0].message).port.state == 0);
    CHECK(rig.leaves(1, ipv4_packet()) == Ports{2});
  }
}

TEST_CASE("port_mod: what is refused") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    PortMod mod = port_mod(rig, 2, Port::config_no_fwd, Port::config_no_fwd);
    mod.port_no = PortNo{9};
    CHECK(rig.try_message(Message{mod}) == "PORT_MOD_FAILED/BAD_PORT");
    mod.port_no = PortNo{3};
    CHECK(rig.try_message(Message{mod}) == "PORT_MOD_FAILED/BAD_HW_ADDR");
    mod.port_no = PortNo{2};
    mod.mask |= 1U << 20U;
    CHECK(rig.try_message(Message{mod}) == (version == v1_0 ? "ok" : "PORT_MOD_FAILED/BAD_CONFIG"));
    CHECK(rig.datapath.ports()[1].config == (version == v1_0 ? Port::config_no_fwd : 0));
  }
  Rig rig{v1_3};
  PortMod mod = port_mod(rig, 2, 0, 0);
  mod.advertise = 1;
  CHECK(rig.try_message(Message{mod}) == "PORT_MOD_FAILED/BAD_ADVERTISE");
  CHECK(rig.try_message(Message{port_mod(rig, 2, 0, Port::config_no_flood)}) == "PORT_MOD_FAILED/BAD_CONFIG");
}

TEST_CASE("ports come and go while the switch runs") {
  for (const Version version : both) {
    CAPTURE(text(version));
    Rig rig{version};
    rig.flow("add", "in_port=1,actions=ALL");
    rig.flow("add", "in_port=7,actions=output:1");
    rig.packet(1, ipv4_packet());
    rig.take_sent();
    const auto news = [&](auto change) {
      flow_switch::Effects effects;
      change(effects);
      const auto said = messages_in(effects.to_controller);
      REQUIRE(said.size() == 1);
      return std::get<PortStatus>(said[0].message);
    };
    const Port port = flow_switch::make_port(PortNo{7}, "p7", {{2, 0, 0, 0, 9, 7}});
    auto status = news([&](auto& effects) { rig.datapath.add_port(port, rig.now, effects); });
    CHECK(status.reason == PortReason::add);
    CHECK(status.port.number == PortNo{7});
    CHECK(rig.leaves(1, ipv4_packet()) == Ports{2, 3, 4, 7});
    CHECK(rig.leaves(7, ipv4_packet()) == Ports{1});

    status = news([&](auto& effects) { rig.datapath.remove_port(PortNo{2}, rig.now, effects); });
    CHECK(status.reason == PortReason::delete_);
    CHECK(status.port.number == PortNo{2});
    CHECK(rig.leaves(1, ipv4_packet()) == Ports{3, 4, 7});
    CHECK(rig.leaves(2, ipv4_packet()).empty());
    rig.send(Message{PortStatsRequest{}});
    const auto stats = rig.only<PortStatsReply>().ports;
    REQUIRE(stats.size() == 4);
    CHECK(stats[0].rx_packets == 3);
    CHECK(stats[3].port_no == PortNo{7});
    CHECK(stats[3].tx_packets == 2);

    // The same number, another port: its counters go on.
    status = news([&](auto& effects) {
      rig.datapath.add_port(flow_switch::make_port(PortNo{7}, "renamed", {{2, 0, 0, 0, 9, 8}}), rig.now, effects);
    });
    CHECK(status.reason == PortReason::modify);
    CHECK(status.port.name.value == "renamed");
    CHECK(rig.leaves(7, ipv4_packet()) == Ports{1});

    flow_switch::Effects effects;
    rig.datapath.remove_port(PortNo{2}, rig.now, effects);
    CHECK(effects.to_controller.empty());
  }
}

}  // namespace sluice::testing
