// The text that describes a network to sluice-switch, and the addresses on its command line.
#include "examples/net/topology.hpp"

#include <chrono>

#include <doctest/doctest.h>

namespace sluice::testing {

using namespace ofmsg;
using net::Network;
using net::Topology;

namespace {

std::string sentence(const Network::Done& done) { return done ? std::string{} : done.error(); }

template <class T>
std::string sentence(const Result<T, std::string>& done) {
  return done ? std::string{} : done.error();
}

}  // namespace

TEST_CASE("the example network") {
  Network network;
  Topology topology{network, {}};
  CHECK(sentence(topology.file(SLUICE_SOURCE_DIR "/examples/two_tenants/network.txt")) == "");
  CHECK(network.switches() == std::vector<std::string>{"s1", "s2"});
  CHECK(network.hosts() == std::vector<std::string>{"blue1", "blue2", "red1", "red2"});
  CHECK(net::text(topology.controllers().at("s2")) == "127.0.0.1:6653");
  const auto& s2 = network.find_switch("s2")->datapath();
  CHECK(s2.settings().datapath_id.value == 2);
  CHECK(s2.settings().versions == VersionSet{v1_3});
  CHECK(s2.ports().size() == 3);
  CHECK(network.find_host("red1")->settings().vlan == std::uint16_t{20});
  CHECK(net::text(network.find_host("red1")->settings().ip) == "10.0.0.3");
}

TEST_CASE("what is left out has a default, and defaults differ where they must") {
  Network network;
  Topology topology{network, {}};
  for (const char* line : {"", "  # nothing", "switch a ports=2 # two", "switch b ports=2 buffers=9 tables=1 dpid=0xab",
                           "host x a:1 ip=10.0.0.1", "host y b:1 ip=10.0.0.2 mac=0a:0b:0c:0d:0e:0f"}) {
    CHECK(sentence(topology.line(line)) == "");
  }
  CHECK(topology.controllers().empty());
  const auto& a = network.find_switch("a")->datapath();
  const auto& b = network.find_switch("b")->datapath();
  CHECK(a.settings().datapath_id.value == 1);
  CHECK(b.settings().datapath_id.value == 0xab);
  CHECK(b.settings().buffers == 9);
  CHECK(b.tables().count() == 1);
  CHECK(a.ports()[0].hw_addr != b.ports()[0].hw_addr);
  CHECK_FALSE(network.find_host("x")->settings().vlan);
  CHECK(text(network.find_host("y")->settings().mac) == "0a:0b:0c:0d:0e:0f");
}

TEST_CASE("a wrong line is refused with a sentence that says what and where") {
  Network network;
  Topology topology{network, {}};
  REQUIRE(topology.line("switch s1 ports=2"));
  const auto tell = [&](std::string_view line) { return sentence(topology.line(line)); };
  CHECK(tell("router r1") == "\"router\" is none of switch, host, wire");
  CHECK(tell("switch") == "a switch needs a name");
  CHECK(tell("switch s2") == "a switch needs ports; write for example ports=3");
  CHECK(tell("switch s2 ports=many") == "ports=many is no number up to 1000");
  CHECK(tell("switch s2 ports=2 tables=0") == "a switch needs at least one table");
  CHECK(tell("switch s2 ports=2 colour=red") == "\"colour=red\" means nothing here");
  CHECK(tell("switch s2 ports=2 openflow=1.4") ==
        "openflow: \"1.4\" is no OpenFlow version that is spoken here; there are 1.0 and 1.3");
  CHECK(tell("switch s2 ports=2 controller=127.0.0.1") ==
        "controller: \"127.0.0.1\" is no target; write tcp:ADDRESS:PORT, for example "
        "tcp:127.0.0.1:6653");
  CHECK(tell("switch s1 ports=2") == "the name s1 is taken");
  CHECK(tell("host h1") == "\"\" is no port of a switch; write for example s1:3");
  CHECK(tell("host h1 s1:1") == "a host needs an address; write for example ip=10.0.0.1");
  CHECK(tell("host h1 s1:1 ip=10.0.0") == "ip: \"10.0.0\" is no IPv4 address");
  CHECK(tell("host h1 s1:1 ip=10.0.0.1 mac=02:00") == "mac: \"02:00\" is no Ethernet address");
  CHECK(tell("host h1 s1:1 ip=10.0.0.1 vlan=4096") == "vlan=4096 is no number up to 4095");
  CHECK(tell("host h1 s9:1 ip=10.0.0.1") == "there is no switch s9");
  CHECK(tell("wire s1:1 s1") == "\"s1\" is no port of a switch; write for example s1:3");
  CHECK(tell("wire s1:1 s1:2 s1:3") == "\"s1:3\" means nothing here");
  CHECK(network.switches().size() == 1);
  CHECK(network.hosts().empty());
  CHECK(sentence(topology.file("/nowhere/at/all")) == "/nowhere/at/all: cannot be read");
  const std::string readme = SLUICE_SOURCE_DIR "/examples/two_tenants/README.md";
  CHECK(sentence(topology.file(readme)) == readme + ":3: \"Two\" is none of switch, host, wire");
}

TEST_CASE("addresses as Open vSwitch writes them") {
  CHECK(net::text(*net::parse_dial("tcp:10.1.2.3:99")) == "10.1.2.3:99");
  CHECK(net::text(*net::parse_dial("tcp:localhost")) == "127.0.0.1:6653");
  CHECK(net::text(*net::parse_listen("ptcp:7001")) == "127.0.0.1:7001");
  CHECK(net::text(*net::parse_listen("ptcp:")) == "127.0.0.1:6653");
  CHECK(net::text(*net::parse_listen("ptcp:0:0.0.0.0")) == "0.0.0.0:0");
  for (const char* wrong :
       {"", "tcp:", "tcp:10.1.2.3:0", "tcp:10.1.2.3:65536", "tcp:host:1", "ptcp:1", "tcp:10.1.2.3:"}) {
    CAPTURE(wrong);
    CHECK(sentence(net::parse_dial(wrong)) != "");
  }
  for (const char* wrong : {"", "ptcp", "ptcp:x", "ptcp:70000", "ptcp:1:nowhere", "tcp:127.0.0.1:1"}) {
    CAPTURE(wrong);
    CHECK(sentence(net::parse_listen(wrong)) != "");
  }
}

}  // namespace sluice::testing
