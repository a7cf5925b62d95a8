// What goes on while something happens to a link: two tenants who work, each in named ways; see fault_axis_test.cpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/slicing/support.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/random_packets.hpp"

namespace sluice::tests::faults {

using slicing::LinkId;

inline constexpr std::uint16_t red = 7001, blue = 7002;

// Red and blue share ports 1 and 2 by VLAN; port 3 is red's, port 4 blue's.
inline constexpr std::string_view two_tenants = R"({
  "version": 1, "proxy": {"listen": ["ptcp:6653:127.0.0.1"]}, "switches": {"s1": {"dpid": 1}},
  "slices": {
    "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [
      {"on": {"s1": [1, 2]}, "match": "dl_vlan=10"}, {"on": {"s1": [3]}, "match": "any"}]},
    "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [
      {"on": {"s1": [1, 2]}, "match": "dl_vlan=20"}, {"on": {"s1": [4]}, "match": "any"}]}
  }})";

// Port 2 is blue's alone, port 3 is red's no more and nobody's.
inline constexpr std::string_view other_cut = R"({
  "version": 1, "proxy": {"listen": ["ptcp:6653:127.0.0.1"]}, "switches": {"s1": {"dpid": 1}},
  "slices": {
    "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [
      {"on": {"s1": [1]}, "match": "dl_vlan=10"}, {"on": {"s1": [5]}, "match": "any"}]},
    "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [
      {"on": {"s1": [1, 2]}, "match": "dl_vlan=20"}, {"on": {"s1": [4]}, "match": "any"}]}
  }})";

// What is going on, and what has been asked.
class Stage {
 public:
  explicit Stage(Version of) : version{of}, world{two_tenants} {}

  // Says something if the controller is there.
  void say(std::uint16_t controller, const Message& message) {
    Tenant* tenant = find(controller);
    if (tenant == nullptr) return;
    const bool answered = !std::holds_alternative<FlowMod>(message) && !std::holds_alternative<PacketOut>(message) &&
                          !std::holds_alternative<SetConfig>(message) && !std::holds_alternative<PortMod>(message);
    asked.push_back({tenant->link, tenant->send(message), answered, std::holds_alternative<BarrierRequest>(message)});
  }

  void flow(std::uint16_t controller, std::string_view text, FlowModCommand command = FlowModCommand::add) {
    say(controller, tests::flow(text, version, command));
  }

  void packet_out(std::uint16_t controller, std::string_view actions, const PacketSpec& spec, PortNo in = port::any) {
    PacketOut out;
    out.in_port = in == port::any && version != v1_0 ? port::controller : in;
    out.actions = parse_actions(actions, version).value();
    out.data = packet(spec);
    say(controller, out);
  }

  // The packet of the last packet_in, by its buffer if it has one.
  void release(std::uint16_t controller, std::string_view actions) {
    Tenant* tenant = find(controller);
    if (tenant == nullptr) return;
    PacketOut out;
    out.in_port = PortNo{1};
    out.actions = parse_actions(actions, version).value();
    out.data = packet({.vlan = std::uint16_t{10}});
    if (!tenant->buffers.empty()) {
      out.buffer_id = tenant->buffers.back();
      out.data.clear();
    }
    say(controller, out);
  }

  void arrive(std::uint32_t port, const PacketSpec& spec) { world.inject(*s1, port, packet(spec)); }

  void port_mod(std::uint16_t controller, std::uint32_t port, std::uint32_t config, std::uint32_t mask) {
    PortMod mod;
    mod.port_no = PortNo{port};
    mod.hw_addr = port_of("s1", 1, port).hw_addr;
    mod.config = config;
    mod.mask = mask;
    say(controller, mod);
  }

  Tenant* find(std::uint16_t controller) {
    if (!world.has_tenant(controller)) return nullptr;
    Tenant& tenant = world.tenant(controller);
    return tenant.channel.up() ? &tenant : nullptr;
  }

  struct Asked {
    LinkId link;
    Xid xid;
    bool answered, barrier;
  };

  Version version;
  World world;
  SwitchEnd* s1 = nullptr;
  std::vector<Asked> asked;
};

using Move = std::function<void(Stage&)>;

struct Scenario {
  std::string name;
  std::vector<Move> moves;
};

inline constexpr PacketSpec in_red{.vlan = std::uint16_t{10}}, in_blue{.vlan = std::uint16_t{20}};

inline Move barriers() {
  return [](Stage& s) {
    s.say(red, BarrierRequest{});
    s.say(blue, BarrierRequest{});
  };
}

inline Scenario handshake() {
  return {"handshake",
          {[](Stage& s) {
             for (const std::uint16_t who : {red, blue}) {
               s.say(who, FeaturesRequest{});
               s.say(who, SetConfig{0, 200});
               s.say(who, GetConfigRequest{});
               s.say(who, DescRequest{});
               if (s.version != v1_0) s.say(who, PortDescRequest{});
             }
           },
           barriers(), [](Stage& s) { s.world.advance(100ms); }}};
}

// One flow_mod becomes several, floods become lists; what comes later changes, replaces and deletes it.
inline Scenario expansion() {
  return {"flow_mods with expansion",
          {[](Stage& s) {
             s.flow(red, "priority=10,cookie=1,send_flow_rem,actions=FLOOD");
             s.flow(red, "priority=20,ip,cookie=2,actions=output:3");
             s.flow(blue, "priority=10,actions=ALL");
             s.say(red, BarrierRequest{});
           },
           [](Stage& s) { s.flow(red, "priority=20,ip,cookie=3,send_flow_rem,actions=output:1,output:2"); },
           [](Stage& s) { s.flow(red, "actions=output:3,IN_PORT", FlowModCommand::modify); }, barriers(),
           [](Stage& s) {
             s.flow(red, "priority=30,arp,actions=drop");
             s.flow(blue, "priority=30,arp,actions=CONTROLLER:65535");
             s.flow(red, "priority=10", FlowModCommand::delete_strict);
             s.flow(blue, "priority=11,in_port=4,actions=output:1,output:4");  // refused: its packets may have no tag
           },
           [](Stage& s) { s.world.advance(50ms); }, barriers()}};
}

inline Scenario packets() {
  return {"packets in and out",
          {[](Stage& s) {
             for (const std::uint16_t who : {red, blue}) s.flow(who, "priority=1,actions=CONTROLLER:65535");
             s.say(red, BarrierRequest{});
           },
           [](Stage& s) { s.arrive(1, in_red); }, [](Stage& s) { s.release(red, "output:2"); },
           [](Stage& s) { s.arrive(2, in_blue); },
           [](Stage& s) {
             s.packet_out(blue, "output:1,output:4", in_blue);
             s.packet_out(red, "FLOOD", in_red, PortNo{1});
             s.packet_out(red, "output:4", in_red);  // refused
             s.packet_out(red, "TABLE", in_red, PortNo{2});
           },
           [](Stage& s) {
             s.arrive(3, {});
             s.arrive(4, {});
           },
           barriers()}};
}

inline Scenario statistics() {
  return {"statistics",
          {[](Stage& s) {
             s.flow(red, "priority=5,actions=output:3");
             s.flow(red, "priority=6,ip,in_port=3,dl_vlan=10,actions=output:1");
             s.flow(blue, "priority=5,actions=output:4");
           },
           [](Stage& s) {
             for (int i = 0; i < 3; ++i) {
               s.arrive(1, in_red);
               s.arrive(2, in_blue);
             }
           },
           [](Stage& s) {
             for (const std::uint16_t who : {red, blue, red}) {
               s.say(who, FlowStatsRequest{});
               s.say(who, AggregateRequest{});
               s.say(who, TableStatsRequest{});
               s.say(who, PortStatsRequest{0, port::any});
             }
             s.say(red, PortStatsRequest{0, PortNo{4}});  // refused
           },
           barriers(), [](Stage& s) { s.world.advance(1s); },
           [](Stage& s) {
             s.flow(red, "ip", FlowModCommand::delete_);
             s.say(red, FlowStatsRequest{});
           }}};
}

// Many at once, some of which are refused, here or by the switch.
inline Scenario barrier() {
  return {"barriers",
          {[](Stage& s) {
             for (int i = 0; i < 6; ++i) {
               s.flow(red, "priority=" + std::to_string(10 + i) + ",actions=output:1");
               s.flow(red, "priority=" + std::to_string(20 + i) + ",in_port=4,actions=output:1");  // refused
               s.say(red, BarrierRequest{});
               s.flow(blue, "priority=" + std::to_string(10 + i) + ",actions=output:1");
               if (i % 2 == 0) s.say(blue, BarrierRequest{});
             }
           },
           barriers(), [](Stage& s) { s.world.advance(30ms); },
           [](Stage& s) {
             // What the switch refuses: without an IP header there is no time to live.
             if (s.version != v1_0) s.flow(red, "priority=40,in_port=3,dl_vlan=10,actions=dec_ttl,output:2");
             s.flow(red, "priority=41,in_port=3,dl_vlan=10,actions=output:2");
             s.say(red, BarrierRequest{});
             s.flow(red, "priority=10", FlowModCommand::delete_strict);
             s.say(red, BarrierRequest{});
           }}};
}

inline Scenario reload() {
  return {"reload",
          {[](Stage& s) {
             s.flow(red, "priority=10,send_flow_rem,actions=FLOOD");
             s.flow(red, "priority=20,in_port=3,send_flow_rem,actions=output:3,CONTROLLER:65535");
             s.flow(red, "priority=30,in_port=1,ip,actions=IN_PORT");
             s.flow(blue, "priority=10,send_flow_rem,actions=ALL");
             s.say(red, BarrierRequest{});
           },
           [](Stage& s) {
             s.flow(red, "priority=31,in_port=1,arp,actions=output:2");
             s.world.reload(other_cut);
           },
           [](Stage& s) { s.flow(red, "priority=40,in_port=1,actions=drop"); }, barriers(),
           [](Stage& s) { s.world.reload(two_tenants); }, barriers()}};
}

inline Scenario timeouts() {
  return {"timeouts",
          {[](Stage& s) {
             s.flow(red, "priority=10,idle_timeout=2,send_flow_rem,actions=output:3");
             s.flow(red, "priority=11,in_port=1,dl_vlan=10,hard_timeout=1,send_flow_rem,actions=output:3");
             s.flow(blue, "priority=10,idle_timeout=1,hard_timeout=3,send_flow_rem,actions=output:4");
             s.flow(blue, "priority=11,in_port=4,actions=IN_PORT");
             s.say(blue, BarrierRequest{});
           },
           [](Stage& s) { s.world.advance(900ms); },
           [](Stage& s) {
             s.arrive(1, in_red);
             s.arrive(1, in_blue);
           },
           [](Stage& s) { s.world.advance(1200ms); }, barriers(), [](Stage& s) { s.world.advance(1500ms); }}};
}

inline Scenario ports() {
  return {"ports",
          {[](Stage& s) {
             s.flow(red, "priority=10,actions=FLOOD");
             s.flow(red, "priority=20,in_port=1,dl_vlan=10,ip,actions=output:2,output:3");
             s.flow(blue, "priority=10,actions=ALL");
             s.say(red, BarrierRequest{});
           },
           [](Stage& s) { s.world.set_link(*s.s1, 2, flow_switch::Link::down); },
           [](Stage& s) { s.world.remove_port(*s.s1, 1); },
           [](Stage& s) { s.port_mod(red, 3, Port::config_no_recv, Port::config_no_recv); }, barriers(),
           [](Stage& s) { s.world.add_port(*s.s1, 1); },
           [](Stage& s) {
             s.port_mod(red, 3, 0, Port::config_no_recv);
             s.world.set_link(*s.s1, 2, flow_switch::Link::up);
           },
           barriers()}};
}

inline std::vector<Scenario> scenarios() {
  return {handshake(), expansion(), packets(), statistics(), barrier(), reload(), timeouts(), ports()};
}

}  // namespace sluice::tests::faults
