// Switches, hosts and learning bridges against each other, in one process and without a socket.
#include "examples/net/network.hpp"

#include "examples/controller/bridge.hpp"
#include "tests/examples/packets.hpp"
#include "tests/examples/rig.hpp"

namespace sluice::testing {

using namespace ofmsg;
using controller::Bridge;
using net::Host;
using net::Ipv4;

namespace {

constexpr std::array both{v1_0, v1_3};

// A network whose switches each have a bridge as controller.
class Lab {
 public:
  void add_switch(const std::string& name, Version version, std::uint32_t buffers = 0) {
    flow_switch::Settings settings = Rig::with_buffers(buffers);
    settings.datapath_id.value = ++dpid_;
    settings.versions = VersionSet{version};
    REQUIRE(network.add_switch(name, settings));
  }

  void add_host(const std::string& name, std::uint8_t number, const std::string& device, std::uint32_t port,
                std::optional<std::uint16_t> vlan = {}) {
    REQUIRE(
        network.add_host({name, {{2, 0, 0, 0, 0, number}}, Ipv4{0x0a000000U + number}, vlan}, {device, PortNo{port}}));
  }

  void wire(const std::string& a, std::uint32_t pa, const std::string& b, std::uint32_t pb) {
    REQUIRE(network.add_wire({a, PortNo{pa}}, {b, PortNo{pb}}));
  }

  void connect(const std::string& device, controller::Settings settings = {}) {
    network.connect(device, now);
    Bytes out;
    bridges.insert_or_assign(device, Bridge{std::move(settings), now, out});
    to_switch_[device] = std::move(out);
    pump();
  }

  void disconnect(const std::string& device) {
    network.disconnect(device);
    bridges.erase(device);
    to_switch_.erase(device);
  }

  // Carries messages until nobody has anything to say.
  void pump() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& connected : bridges) {
        const std::string& device = connected.first;
        Bridge& bridge = connected.second;
        const Bytes up = network.take_said(device);
        each_frame(up, [&](FrameView frame) { bridge.receive(frame, now, to_switch_[device]); });
        const Bytes down = std::exchange(to_switch_[device], {});
        each_frame(down, [&](FrameView frame) { network.receive(device, frame, now); });
        busy = busy || !up.empty() || !down.empty();
      }
    }
  }

  bool ping(const std::string& from, std::uint8_t to) {
    const std::uint16_t number = network.ping(from, Ipv4{0x0a000000U + to}, now);
    pump();
    return network.find_host(from)->answered(number).has_value();
  }

  void wait(Time time) {
    now += time;
    network.tick(now);
    for (auto& [device, bridge] : bridges) bridge.tick(now, to_switch_[device]);
    pump();
  }

  const Host& host(const std::string& name) { return *network.find_host(name); }

  std::size_t flows(const std::string& device) {
    return network.find_switch(device)->datapath().tables().flows(0).size();
  }

  net::Network network;
  std::map<std::string, Bridge> bridges;
  Time now = 1000s;

 private:
  template <class Take>
  static void each_frame(ByteView bytes, Take take) {
    while (!bytes.empty()) {
      const auto frame = FrameView::of(bytes.first(load<std::uint16_t>(bytes, 2)));
      REQUIRE(frame);
      take(*frame);
      bytes = bytes.subspan(frame->size());
    }
  }

  std::map<std::string, Bytes> to_switch_;
  std::uint64_t dpid_ = 0;
};

bool mentions(const std::vector<std::string>& notes, std::string_view what) {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const std::string& n) { return n.find(what) != std::string::npos; });
}

}  // namespace

TEST_CASE("hosts of one switch find each other through a learning bridge, with and without buffers") {
  for (const Version version : both) {
    for (const std::uint32_t buffers : {0U, 16U}) {
      CAPTURE(text(version));
      CAPTURE(buffers);
      Lab lab;
      lab.add_switch("s1", version, buffers);
      for (std::uint8_t n = 1; n <= 3; ++n) lab.add_host("h" + std::to_string(n), n, "s1", n);
      CHECK_FALSE(lab.ping("h1", 2));  // no controller yet
      lab.connect("s1");
      CHECK(lab.bridges.at("s1").up());
      CHECK(lab.ping("h1", 2));
      CHECK(lab.ping("h2", 1));
      CHECK(lab.ping("h3", 1));
      CHECK_FALSE(lab.ping("h1", 77));
      // h3 heard the floods, but none of what was for others once their places were known.
      CHECK(lab.host("h3").counters().echo_requests == 0);
      CHECK(lab.host("h3").counters().wrong_vlan == 0);
      CHECK(lab.host("h2").counters().echo_requests == 2);  // the first ping, too, waited for its address
      CHECK(lab.network.storms() == 0);

      const std::size_t learned = lab.flows("s1");
      CHECK(learned >= 4);
      lab.wait(31s);
      CHECK(lab.flows("s1") == (version == v1_0 ? 0 : 1));  // idle flows went, the table-miss flow stayed
    }
  }
}

TEST_CASE("once the flows are there, the controller hears nothing of a ping") {
  for (const Version version : both) {
    Lab lab;
    lab.add_switch("s1", version);
    lab.add_host("h1", 1, "s1", 1);
    lab.add_host("h2", 2, "s1", 2);
    lab.connect("s1");
    CHECK(lab.ping("h1", 2));
    CHECK(lab.ping("h1", 2));
    lab.disconnect("s1");
    CHECK(lab.ping("h1", 2));
    lab.wait(60s);
    CHECK_FALSE(lab.ping("h1", 2));
  }
}

TEST_CASE("a line of switches of different versions") {
  Lab lab;
  lab.add_switch("s1", v1_0);
  lab.add_switch("s2", v1_3);
  lab.add_switch("s3", v1_0);
  lab.wire("s1", 4, "s2", 3);
  lab.wire("s2", 4, "s3", 3);
  lab.add_host("h1", 1, "s1", 1);
  lab.add_host("h2", 2, "s2", 1);
  lab.add_host("h3", 3, "s3", 1);
  for (const char* device : {"s1", "s2", "s3"}) lab.connect(device);
  CHECK(lab.ping("h1", 3));
  CHECK(lab.ping("h2", 1));
  CHECK(lab.ping("h3", 2));
  CHECK(lab.network.find_switch("s1")->version() == v1_0);
  CHECK(lab.network.find_switch("s2")->version() == v1_3);
}

TEST_CASE("a host notices packets of another VLAN, and whom they come from") {
  Lab lab;
  lab.add_switch("s1", v1_3);
  lab.add_host("h1", 1, "s1", 1, std::uint16_t{10});
  lab.add_host("h2", 2, "s1", 2, std::uint16_t{10});
  lab.add_host("h3", 3, "s1", 3, std::uint16_t{20});
  lab.connect("s1");
  CHECK(lab.ping("h1", 2));
  CHECK_FALSE(lab.ping("h1", 3));  // the bridge floods it to h3, which does not take it
  CHECK(lab.host("h3").counters().wrong_vlan == 2);
  CHECK(lab.host("h3").heard().size() == 1);
  CHECK(lab.network.name_of(lab.host("h3").heard().begin()->first) == "h1");
  CHECK(lab.host("h2").counters().wrong_vlan == 0);
  lab.network.spoof("h3", Ipv4{0x0a000001}, std::uint16_t{10}, lab.now);
  lab.pump();
  CHECK(lab.host("h2").heard().size() == 2);
}

TEST_CASE("a cut wire is noticed at both ends") {
  Lab lab;
  lab.add_switch("s1", v1_0);
  lab.add_switch("s2", v1_3);
  lab.wire("s1", 4, "s2", 4);
  lab.add_host("h1", 1, "s1", 1);
  lab.add_host("h2", 2, "s2", 1);
  lab.connect("s1");
  lab.connect("s2");
  CHECK(lab.ping("h1", 2));
  for (auto& [name, bridge] : lab.bridges) static_cast<void>(bridge.take_notes());
  REQUIRE(lab.network.link({"s2", PortNo{4}}, flow_switch::Link::down, lab.now));
  lab.pump();
  CHECK(mentions(lab.bridges.at("s1").take_notes(), "port 4 is down"));
  CHECK(mentions(lab.bridges.at("s2").take_notes(), "port 4 is down"));
  CHECK_FALSE(lab.ping("h1", 2));
  REQUIRE(lab.network.link({"s1", PortNo{4}}, flow_switch::Link::up, lab.now));
  lab.pump();
  CHECK(mentions(lab.bridges.at("s2").take_notes(), "port 4 is up"));
  CHECK(lab.ping("h1", 2));
}

TEST_CASE("a loop of switches is noticed, not followed for ever") {
  Lab lab;
  lab.add_switch("s1", v1_3);
  lab.add_switch("s2", v1_3);
  lab.wire("s1", 3, "s2", 3);
  lab.wire("s1", 4, "s2", 4);
  lab.add_host("h1", 1, "s1", 1);
  for (const char* device : {"s1", "s2"}) lab.network.connect(device, lab.now);
  // Flood by flow, so that no controller slows the packet down.
  for (const char* device : {"s1", "s2"}) {
    Bytes bytes;
    REQUIRE(encode(bytes, Message{Hello::offering({v1_3})}, v1_3, Xid{1}));
    lab.network.receive(device, *FrameView::of(bytes), lab.now);
    bytes.clear();
    REQUIRE(encode(bytes, Message{Rig::flow_mod(v1_3, "add", "actions=FLOOD")}, v1_3, Xid{2}));
    lab.network.receive(device, *FrameView::of(bytes), lab.now);
  }
  static_cast<void>(lab.network.ping("h1", Ipv4{1}, lab.now));
  CHECK(lab.network.storms() > 0);
}

TEST_CASE("a trespassing controller says what came of it") {
  for (const Version version : both) {
    Lab lab;
    lab.add_switch("s1", version);
    lab.add_host("h2", 2, "s1", 2);
    controller::Settings settings;
    settings.trespass = {PortNo{2}, PortNo{9}};  // 2 is there and nobody forbids it, 9 is not there
    lab.connect("s1", settings);
    const auto notes = lab.bridges.at("s1").take_notes();
    CHECK(mentions(notes, "a flow that sends packets to port 2: ACCEPTED"));
    CHECK(mentions(notes, "a packet sent out of port 2: ACCEPTED"));
    CHECK(mentions(notes, "a flow that sends packets to port 9: refused with BAD_ACTION/BAD_OUT_PORT"));
    CHECK(mentions(notes, "a packet sent out of port 9: refused with BAD_ACTION/BAD_OUT_PORT"));
    CHECK(lab.bridges.at("s1").trespasses() == 4);  // a match on a port that is not there is no error
    CHECK(lab.host("h2").counters().received == 1);
  }
}

TEST_CASE("what does not fit together is refused with a sentence") {
  Lab lab;
  lab.add_switch("s1", v1_3);
  lab.add_host("h1", 1, "s1", 1);
  const auto sentence = [](const net::Network::Done& done) { return done ? std::string{} : done.error(); };
  CHECK(sentence(lab.network.add_switch("h1", {})) == "the name h1 is taken");
  CHECK(sentence(lab.network.add_wire({"s1", PortNo{1}}, {"s1", PortNo{2}})) == "s1:1 has a wire already");
  CHECK(sentence(lab.network.add_wire({"s1", PortNo{2}}, {"s2", PortNo{2}})) == "there is no switch s2");
  CHECK(sentence(lab.network.add_wire({"s1", PortNo{2}}, {"s1", PortNo{9}})) == "switch s1 has no port 9");
  CHECK(sentence(lab.network.add_wire({"s1", PortNo{2}}, {"s1", PortNo{2}})) ==
        "a wire needs two ends, not s1:2 twice");
  CHECK(sentence(lab.network.link({"s1", PortNo{2}}, flow_switch::Link::down, lab.now)) == "there is no wire at s1:2");
}

TEST_CASE("IPv4 addresses as text") {
  CHECK(net::text(Ipv4{0x0a0000ff}) == "10.0.0.255");
  CHECK(net::parse_ipv4("10.0.0.255") == Ipv4{0x0a0000ff});
  for (const char* wrong : {"", "10.0.0", "10.0.0.256", "10.0.0.1.", "10.0.0.1x", " 10.0.0.1", "10..0.1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(net::parse_ipv4(wrong));
  }
}

}  // namespace sluice::testing
