// What a hostile controller tries against its neighbours, the switch and the proxy, and does not get.
#include <memory>
#include <string>
#include <vector>

#include "slicing/cookie.hpp"
#include "tests/slicing/support.hpp"

using namespace sluice::tests;
using sluice::slicing::Arrived;
using sluice::slicing::LinkId;
using sluice::slicing::Outbox;

namespace {

// Red is hostile, blue is not.
struct Both {
  World world;
  SwitchEnd& s1;
  Tenant& red;
  Tenant& blue;

  Both(std::string_view file, Version version, std::uint32_t buffers = 0)
      : world{file},
        s1{world.plug("s1", 1, {1, 2, 3, 4}, version, buffers)},
        red{world.tenant(7001)},
        blue{world.tenant(7002)} {}

  Xid send(const Message& message) {
    const Xid xid = red.send(message);
    world.settle();
    return xid;
  }
};

// Says one message to the core as if it came over the link, and keeps what the core says.
struct Wire {
  World& world;
  Outbox out;

  void say(LinkId link, const Message& message, Version version, Xid xid = Xid{0}) {
    Bytes bytes;
    REQUIRE(encode(bytes, message, version, xid));
    world.domain.handle(Arrived{link, *FrameView::of(bytes)}, world.now, out);
  }

  // The messages of a kind that went to a link.
  template <class M>
  std::vector<M> heard(LinkId link) {
    std::vector<M> found;
    for_each_frame(out.to(link), [&](FrameView frame) {
      auto message = decode(frame);
      REQUIRE(message);
      if (auto* m = std::get_if<M>(&*message)) found.push_back(std::move(*m));
    });
    return found;
  }
};

std::size_t flow_mods(const SwitchEnd& device) {
  std::size_t count = 0;
  for (const Received& r : device.heard) {
    const auto* mod = std::get_if<FlowMod>(&r.message);
    if (mod != nullptr && !sluice::slicing::is_discovery_cookie(mod->cookie)) ++count;
  }
  return count;
}

FlowMod with_actions(FlowMod mod, Actions actions) {
  mod.instructions = {ApplyActions{std::move(actions)}};
  return mod;
}

Bytes udp_to(std::uint16_t port) {
  PacketSpec spec;
  spec.udp_dst = port;
  return packet(spec);
}

Action set_vid(std::uint16_t vid) { return SetField{Field::vlan_vid, u128(vlan_present | vid), ones(13)}; }

}  // namespace

TEST_CASE("a packet that red has rewritten never passes for blue's, also when red's flow is gone") {
  Both b{by_vlan, v1_3};
  Tenant& eye = b.world.tenant(7003);
  b.send(with_actions(flow("priority=5,in_port=1,dl_vlan=10,actions=drop", v1_3),
                      {set_vid(20), Output{port::controller, 0}}));
  REQUIRE(flows_of_slices(b.s1).size() == 1);
  const std::uint64_t cookie = flows_of_slices(b.s1).front().cookie;
  // The one who only watches VLAN 20 is not shown the forgery.
  b.world.inject(b.s1, 1, packet({.vlan = 10}));
  CHECK(b.red.take<PacketIn>().has_value());
  CHECK_FALSE(b.blue.take<PacketIn>().has_value());
  CHECK_FALSE(eye.take<PacketIn>().has_value());
  // A packet_in on its way while red deletes the flow.
  b.send(flow("in_port=1", v1_3, FlowModCommand::delete_));
  REQUIRE(flows_of_slices(b.s1).empty());
  PacketIn forged;
  forged.reason = PacketInReason::action;
  forged.match.set(Field::in_port, 1);
  forged.data = packet({.vlan = 20});
  forged.total_len = static_cast<std::uint16_t>(forged.data.size());
  // So too a cookie of an earlier run, and one of a slice that is not in the file.
  for (const std::uint64_t named : {cookie, cookie ^ std::uint64_t{1} << 40U, cookie ^ std::uint64_t{1} << 48U}) {
    forged.cookie = named;
    Wire wire{b.world, {}};
    wire.say(*b.s1.link, Message{forged}, v1_3);
    CHECK(wire.out.to(b.blue.link).empty());
    CHECK(wire.out.to(eye.link).empty());
    CHECK(wire.out.to(b.red.link).empty());
  }
  // A packet that no flow of ours sent is judged by its header.
  forged.cookie = ~std::uint64_t{0};
  Wire wire{b.world, {}};
  wire.say(*b.s1.link, Message{forged}, v1_3);
  CHECK(wire.heard<PacketIn>(b.blue.link).size() == 1);
  CHECK(wire.heard<PacketIn>(eye.link).size() == 1);
}

TEST_CASE("a switch's buffer that has found another owner is not sent by the old one") {
  Both b{by_port, v1_0, 16};
  Wire wire{b.world, {}};
  PacketIn in;
  in.buffer_id = BufferId{5};
  in.in_port = PortNo{1};
  in.data = udp_to(1111);
  in.total_len = static_cast<std::uint16_t>(in.data.size());
  wire.say(*b.s1.link, Message{in}, v1_0);
  const auto mine = wire.heard<PacketIn>(b.red.link);
  REQUIRE(mine.size() == 1);
  // The switch forgets red's packet and keeps one of blue's under the same number.
  in.in_port = PortNo{3};
  in.data = udp_to(2222);
  wire.say(*b.s1.link, Message{in}, v1_0);
  PacketOut out;
  out.buffer_id = mine[0].buffer_id;
  out.in_port = PortNo{1};
  out.actions = {Output{PortNo{2}, 0}};
  wire.say(b.red.link, Message{out}, v1_0, Xid{9});
  const auto sent = wire.heard<PacketOut>(*b.s1.link);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].buffer_id.value == BufferId::none);
  CHECK(sent[0].data == udp_to(1111));
}

TEST_CASE("no action makes a payload a VLAN tag") {
  constexpr std::string_view untagged = R"({
    "version": 1,
    "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
    "switches": {"s1": {"dpid": 1}},
    "slices": {
      "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": [1, 2]}, "match": "dl_vlan=0xffff"}]},
      "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [{"on": {"s1": [1, 2]}, "match": "dl_vlan=20"}]}
    }
  })";
  Both b{untagged, v1_3};
  const Bytes mpls = [] {
    Bytes p = packet(PacketSpec{});
    store<std::uint16_t>(p, 12, eth_type::mpls);
    store<std::uint32_t>(p, 14, 0x00000140);
    store<std::uint16_t>(p, 18, 20);      // would be the tag's number
    store<std::uint16_t>(p, 20, 0x0800);  // and the type after it
    return p;
  }();
  const std::vector<Actions> tricks{
      {PopMpls{eth_type::vlan}},
      {PopMpls{eth_type::qinq}},
      {SetField{Field::eth_type, u128(eth_type::vlan), ones(16)}},
      {PushMpls{eth_type::vlan}},
      {PushPbb{eth_type::vlan}},
      {PushVlan{eth_type::ipv4}},
  };
  for (const Actions& trick : tricks) {
    Actions actions = trick;
    actions.emplace_back(Output{PortNo{2}, 0});
    static_cast<void>(
        expect_error(b.red, b.send(with_actions(flow("in_port=1,dl_type=0x8847,actions=drop", v1_3), actions))));
    PacketOut out;
    out.in_port = port::controller;
    out.actions = actions;
    out.data = mpls;
    static_cast<void>(expect_error(b.red, b.send(out)));
  }
  CHECK(flow_mods(b.s1) == 0);
  Both old{by_vlan, v1_0};
  for (const std::uint16_t vid : {std::uint16_t{0x100a}, std::uint16_t{0xffff}}) {
    const FlowMod mod =
        with_actions(flow("in_port=1,dl_vlan=10,actions=drop", v1_0), {SetVlanVid{vid}, Output{PortNo{2}, 0}});
    static_cast<void>(expect_error(old.red, old.send(mod)));
  }
  CHECK(flow_mods(old.s1) == 0);
}

TEST_CASE("a flow that the switch refuses leaves the table and the ledger alike, whatever follows at once") {
  const FlowMod good = flow("priority=5,in_port=1,actions=output:2", v1_3);
  // The switch refuses it: without an IP packet there is nothing to decrease.
  const FlowMod bad = with_actions(flow("priority=5,in_port=1,actions=drop", v1_3), {DecNwTtl{}, Output{PortNo{2}, 0}});
  const FlowMod worse =
      with_actions(flow("priority=5,in_port=1,actions=drop", v1_3), {DecNwTtl{}, DecNwTtl{}, Output{PortNo{1}, 0}});
  const auto as = [](FlowMod mod, FlowModCommand command) {
    mod.command = command;
    return mod;
  };
  const FlowMod gone = as(good, FlowModCommand::delete_strict);
  const FlowMod change = as(bad, FlowModCommand::modify_strict);
  const FlowMod change_again = as(worse, FlowModCommand::modify_strict);
  const FlowMod harmless = as(good, FlowModCommand::modify_strict);
  const std::string kept = "priority=5,in_port=1 apply_actions(output:2)\n";

  struct Script {
    std::vector<FlowMod> said;
    bool stays;
  };

  const std::vector<Script> scripts{
      {{bad, gone}, false},         {{change, gone}, false},        {{bad, worse}, true},
      {{bad, worse, gone}, false},  {{change, change_again}, true}, {{change, change_again, gone}, false},
      {{bad, change}, true},        {{change, bad}, true},          {{change, bad, change_again, worse}, true},
      {{gone, bad}, false},         {{gone, bad, good}, true},      {{bad, gone, bad, gone, worse}, false},
      {{bad, bad, harmless}, true}, {{change, good, bad}, true},
  };
  for (const Version version : {v1_3}) {
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      CAPTURE(i);
      Both b{by_port, version};
      b.send(good);
      const std::string before = table(b.s1);
      for (const FlowMod& mod : scripts[i].said) b.red.send(mod);
      b.world.settle();
      b.world.advance(1s);
      CHECK(table(b.s1) == (scripts[i].stays ? before : std::string{}));
      const auto flows = b.world.domain.flows("red", "s1", b.world.now);
      REQUIRE(flows.size() == (scripts[i].stays ? 1 : 0));
      if (!flows.empty()) {
        CHECK(flows[0].instructions == good.instructions);
        REQUIRE(flows[0].pieces.size() == 1);
        CHECK(std::string{flows[0].pieces[0].state} == "installed");
      }
      // Whatever is there can be deleted.
      b.send(flow("", version, FlowModCommand::delete_));
      CHECK(table(b.s1).empty());
    }
  }
}

TEST_CASE("refused flows do not fill the switch past the slice's limit") {
  std::string file{by_port};
  const std::string_view where = R"("red":  {)";
  file.replace(file.find(where), where.size(), R"("red":  {"limits": {"flows": 3}, )");
  Both b{file, v1_3};
  for (int i = 0; i < 50; ++i) {
    const std::string match = "priority=5,in_port=1,dl_vlan=" + std::to_string(100 + i);
    b.red.send(flow(match + ",actions=output:2", v1_3));
    b.red.send(with_actions(flow(match + ",actions=drop", v1_3), {DecNwTtl{}, Output{PortNo{2}, 0}}));
    b.red.send(flow(match, v1_3, FlowModCommand::delete_strict));
  }
  b.world.settle();
  b.world.advance(1s);
  CHECK(table(b.s1).empty());
}

TEST_CASE("what the switch need not be told is not kept waiting for its answer") {
  Both b{by_port, v1_3};
  b.send(flow("priority=5,in_port=1,actions=output:2", v1_3));
  FlowMod same = flow("priority=5,in_port=1,actions=output:2", v1_3);
  same.command = FlowModCommand::modify_strict;
  const Bytes frame = [&] {
    Bytes bytes;
    REQUIRE(encode(bytes, Message{same}, v1_3, Xid{77}));
    return bytes;
  }();
  Outbox out;
  for (std::size_t i = 0; i < 65536 + 8; ++i) {
    b.world.domain.handle(Arrived{b.red.link, *FrameView::of(frame)}, b.world.now, out);
  }
  CHECK(out.to(b.red.link).empty());
}

TEST_CASE("a new connection does not give a controller new credit") {
  Both b{by_port, v1_3};
  b.s1.mute = true;
  for (int i = 0; i < 32; ++i) b.red.send(FlowStatsRequest{});
  b.world.settle();
  CHECK_FALSE(b.red.take<Error>().has_value());
  b.world.cut(b.red);
  b.world.advance(1s);
  Tenant& again = b.world.tenant(7001);
  const Xid xid = again.send(FlowStatsRequest{});
  b.world.settle();
  static_cast<void>(expect_error(again, xid));
  // Blue has its own.
  b.blue.send(FlowStatsRequest{});
  b.world.settle();
  CHECK_FALSE(b.blue.take<Error>().has_value());
}

TEST_CASE("an action list that would be shortened later is too long at once") {
  Both b{by_port, v1_3};
  FlowMod mod = flow("priority=5,in_port=1,actions=drop", v1_3);
  mod.instructions = {WriteActions{Actions(1200, Action{DecNwTtl{}})}};
  static_cast<void>(expect_error(b.red, b.send(mod)));
  mod.instructions = Instructions(1200, Instruction{ClearActions{}});
  static_cast<void>(expect_error(b.red, b.send(mod)));
  // FLOOD that reaches no port costs as much to judge as one that does.
  PacketOut out;
  out.in_port = port::controller;
  out.actions = Actions(1200, Action{Output{port::flood, 0}});
  out.data = packet({});
  static_cast<void>(expect_error(b.red, b.send(out)));
}

// --- attacks that never worked -------------------------------------------------------------------------------------

TEST_CASE("cookies of a neighbour are only numbers") {
  Both b{by_port, v1_3};
  b.blue.send(flow("priority=5,in_port=3,actions=output:4", v1_3));
  b.world.settle();
  const std::string before = table(b.s1);
  const std::uint64_t cookie = flows_of_slices(b.s1).front().cookie;
  FlowMod mod = flow("", v1_3, FlowModCommand::delete_);
  mod.cookie = cookie;
  mod.cookie_mask = ~std::uint64_t{0};
  b.send(mod);
  mod.cookie_mask = 0;
  mod.table_id = all_tables;
  b.send(mod);
  mod.command = FlowModCommand::modify;
  b.send(mod);
  CHECK(table(b.s1) == before);
  FlowStatsRequest ask;
  ask.filter.cookie = cookie;
  ask.filter.cookie_mask = ~std::uint64_t{0};
  b.send(ask);
  const auto reply = b.red.take<FlowStatsReply>();
  REQUIRE(reply.has_value());
  CHECK(reply->flows.empty());
  // A flow of red's own with that cookie is red's all the same.
  FlowMod fake = flow("priority=5,in_port=1,actions=CONTROLLER", v1_3);
  fake.cookie = cookie;
  b.send(fake);
  b.world.inject(b.s1, 1, packet({}));
  CHECK(b.red.take<PacketIn>().value().cookie == cookie);
  CHECK_FALSE(b.blue.take<PacketIn>().has_value());
}

TEST_CASE("odd words of 1.0 say no more than plain ones") {
  Both b{by_vlan, v1_0};
  const auto raw = [&](std::uint32_t wildcards, std::uint16_t in_port, std::uint16_t vlan, std::uint8_t pcp) {
    Bytes bytes;
    FlowMod mod = flow("in_port=1,actions=output:2", v1_0);
    REQUIRE(encode(bytes, Message{mod}, v1_0, Xid{5}));
    store<std::uint32_t>(bytes, 8, wildcards);
    store<std::uint16_t>(bytes, 12, in_port);
    store<std::uint16_t>(bytes, 26, vlan);
    bytes[28] = static_cast<std::byte>(pcp);
    b.red.send_bytes(bytes);
    b.world.settle();
  };
  const std::uint32_t all = (1U << 22U) - 1, in_port = 1U << 0U, vlan = 1U << 1U, pcp = 1U << 20U;
  raw(all & ~vlan, 0, 20, 0);              // blue's
  raw(all & ~vlan, 0, 0x1014, 0);          // blue's, with a bit too many
  raw(all & ~(vlan | pcp), 0, 0xffff, 1);  // no VLAN, with a priority
  raw(all & ~in_port, 4, 0, 0);            // no port of red's
  raw(all & ~in_port, 0xffff, 0, 0);       // NONE
  raw(all & ~in_port, 0xfffd, 0, 0);       // CONTROLLER
  CHECK(table(b.s1).empty());
  raw(0xffffffff, 7, 20, 9);  // everything, in ones: red's VLAN at each of red's ports
  CHECK(flows_of_slices(b.s1).size() == 3);
  for (const auto& f : flows_of_slices(b.s1)) {
    CHECK(f.match.exact(Field::vlan_vid) == u128(vlan_present | 10));
    CHECK(f.match.in_port().has_value());
  }
  raw(all & ~pcp, 0, 0, 3);  // any tag with priority 3: red's alone
  for (const auto& f : flows_of_slices(b.s1)) {
    CHECK(f.match.exact(Field::vlan_vid) == u128(vlan_present | 10));
  }
}

TEST_CASE("what is queued in a tag, an address or a second list does not leave the slice") {
  Both b{by_vlan, v1_3};
  const FlowMod mine = flow("priority=5,in_port=1,dl_vlan=10,actions=drop", v1_3);
  const auto refused = [&](Instructions instructions) {
    FlowMod mod = mine;
    mod.instructions = std::move(instructions);
    static_cast<void>(expect_error(b.red, b.send(mod)));
  };
  const Action out{Output{PortNo{2}, 0}};
  refused({ApplyActions{{set_vid(20), out}}});
  refused({ApplyActions{{PopVlan{}, out}}});
  refused({ApplyActions{{PushVlan{0x8100}, PopVlan{}, PopVlan{}, out}}});
  refused({ApplyActions{{PushVlan{0x88a8}, set_vid(20), out}}});
  refused({ApplyActions{{PushPbb{0x88e7}, out}}});
  refused({ApplyActions{{PopPbb{}, out}}});
  refused({WriteActions{{out, set_vid(20)}}});  // the set runs the output last
  refused({ApplyActions{{set_vid(20)}}, WriteActions{{out}}});
  refused({WriteActions{{out}}, ApplyActions{{set_vid(20)}}});  // applied first, wherever it is written
  refused({ApplyActions{{SetField{Field::in_port, u128(3), ones(32)}, out}}});
  refused({ApplyActions{{SetField{Field::metadata, u128(3), ones(64)}, out}}});
  refused({ApplyActions{{SetField{Field::tunnel_id, u128(3), ones(64)}, out}}});
  refused({ApplyActions{{Output{PortNo{4}, 0}}}});
  for (const PortNo reserved : {port::normal, port::table, port::any, port::local, port::unset, PortNo{0}}) {
    refused({ApplyActions{{Output{reserved, 0}}}});
  }
  refused({ApplyActions{{Group{GroupId{1}}}}});
  refused({ApplyActions{{SetQueue{1}, out}}});
  refused({Meter{1}, ApplyActions{{out}}});
  refused({GotoTable{1}});
  refused({WriteMetadata{1, 1}});
  CHECK(flow_mods(b.s1) == 0);
}

TEST_CASE("tags behind tags and packets cut short are judged by what they may be") {
  Both b{by_vlan, v1_3};
  const Bytes twice = [] {
    Bytes p = packet({.vlan = 10});
    const std::vector<std::byte> inner{std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{20}};
    p.insert(p.begin() + 16, inner.begin(), inner.end());
    return p;
  }();
  const auto refused = [&](const Bytes& data, Actions actions) {
    PacketOut out;
    out.in_port = port::controller;
    out.actions = std::move(actions);
    out.data = data;
    static_cast<void>(expect_error(b.red, b.send(out)));
    CHECK(b.s1.emitted.empty());
  };
  const Action out{Output{PortNo{2}, 0}};
  refused(twice, {PopVlan{}, out});  // 20 comes to light
  refused(twice, {PopVlan{}, PopVlan{}, out});
  refused(packet({.vlan = 20}), {out});
  const Bytes whole = packet({.vlan = 10});
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 11, 13, 14, 15, 17}) {
    refused(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), {out});
  }
  // In a port of blue's, or out of one.
  PacketOut foreign;
  foreign.in_port = PortNo{4};
  foreign.actions = {Output{port::in_port, 0}};
  foreign.data = whole;
  static_cast<void>(expect_error(b.red, b.send(foreign)));
  foreign.buffer_id = BufferId{0};
  foreign.data = {};
  foreign.in_port = PortNo{1};
  static_cast<void>(expect_error(b.red, b.send(foreign)));
  CHECK(b.s1.emitted.empty());
}

TEST_CASE("blue hears the same, whatever bytes red says") {
  const auto run = [](std::uint64_t seed, bool hostile) {
    Both b{by_vlan, seed % 2 == 0 ? v1_3 : v1_0};
    const Version version = b.red.version();
    std::uint64_t dice = seed * 0x9e3779b97f4a7c15U + 1;
    const auto roll = [&dice] {
      dice ^= dice << 13U;
      dice ^= dice >> 7U;
      dice ^= dice << 17U;
      return dice;
    };
    std::vector<Bytes> heard;
    const auto bad = [&] {
      if (!hostile || !b.world.has_tenant(7001)) return;
      for (int i = 0; i < 40; ++i) {
        Bytes bytes;
        const std::size_t size = 8 + roll() % 120;
        append<std::uint8_t>(bytes, static_cast<std::uint8_t>(version));
        append<std::uint8_t>(bytes, static_cast<std::uint8_t>(roll() % 32));
        append<std::uint16_t>(bytes, static_cast<std::uint16_t>(size));
        while (bytes.size() < size)
          append<std::uint8_t>(bytes, static_cast<std::uint8_t>(roll() % 4 == 0 ? roll() : 0));
        b.world.tenant(7001).send_bytes(bytes);
      }
      b.world.settle();
    };
    const auto good = [&](const Message& message) {
      bad();
      b.blue.send(message);
      b.world.settle();
      bad();
    };
    good(flow("priority=5,in_port=1,dl_vlan=20,actions=output:2", version));
    good(BarrierRequest{});
    good(flow("priority=6,in_port=2,dl_vlan=20,actions=CONTROLLER", version));
    b.world.inject(b.s1, 2, packet({.vlan = 20}));
    good(FlowStatsRequest{});
    good(FeaturesRequest{});
    good(flow("", version, FlowModCommand::delete_));
    good(BarrierRequest{});
    for (const Received& r : b.blue.inbox) heard.push_back(r.bytes);
    return heard;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const auto alone = run(seed, false);
    REQUIRE(alone.size() > 4);
    auto beside = run(seed, true);
    REQUIRE(beside.size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) CHECK(beside[i] == alone[i]);
  }
}
