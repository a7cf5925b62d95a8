// What a snapshot says of one connected switch: ports, owners, clips.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "tests/support/naive_policy.hpp"

namespace sluice::policy {
namespace {

using ofmsg::PortNo;
using tests::port_named;

constexpr SwitchId the_switch{0};

struct Lab {
  Document document;
  std::shared_ptr<const Snapshot> snapshot;

  // `slices` is the body of "slices"; the switch is "s" with names for ports.
  explicit Lab(const std::string& slices)
      : document{parse(
            R"({ "version": 1, "switches": { "s": { "dpid": 1, "ports": { "in": "eth1", "out": "eth2", "one": 1 } } },
        "slices": {)" +
                slices + "} }",
            "lab.json")} {
    const Compiled compiled = compile(document);
    CAPTURE(render(compiled.findings, document.texts, false));
    snapshot = compiled.snapshot;
    REQUIRE(snapshot != nullptr);
  }

  [[nodiscard]] SliceId slice(const std::string& name) const { return snapshot->find_slice(name).value(); }

  [[nodiscard]] SwitchView bind(const std::vector<ofmsg::Port>& ports, ofmsg::Version version = ofmsg::v1_3) const {
    return snapshot->bind(the_switch, ports, version);
  }
};

std::string slice(const std::string& name, const std::string& rules) {
  return "\"" + name + R"(": { "controllers": ["tcp:192.0.2.1"], "flowspace": [)" + rules + "] }";
}

std::string rule(const std::string& ports, const std::string& match, const std::string& access = "write") {
  return R"({ "on": { "s": )" + ports + R"( }, "match": )" + match + R"(, "access": ")" + access + "\" }";
}

std::vector<PortNo> ports(const SwitchView& view, SliceId id) {
  const auto all = view.ports(id);
  return {all.begin(), all.end()};
}

const std::vector<ofmsg::Port> four{port_named(1, "eth1"), port_named(2, "eth2"), port_named(3, "eth3"),
                                    port_named(ofmsg::port::local.value, "br0")};

ofmsg::PacketKey packet(PortNo port, std::uint16_t vlan_vid, std::uint16_t type) {
  ofmsg::PacketKey key;
  key.put(ofmsg::Field::in_port, port.value);
  key.put(ofmsg::Field::eth_src, 1);
  key.put(ofmsg::Field::eth_dst, 2);
  key.put(ofmsg::Field::vlan_vid, vlan_vid);
  if (vlan_vid != 0) key.put(ofmsg::Field::vlan_pcp, 0);
  key.put(ofmsg::Field::eth_type, type);
  return key;
}

std::string texts(const std::optional<std::vector<Piece>>& pieces) {
  if (!pieces) return "too many";
  std::string all;
  for (const Piece& piece : *pieces) {
    CHECK(piece.match.in_port() == piece.in_port);
    all += (all.empty() ? "" : " | ") + ofmsg::text(piece.match);
  }
  return all;
}

TEST_CASE("ports are those that the switch has now") {
  const Lab lab{slice("all", rule("\"*\"", "\"dl_vlan=1\"")) + "," +
                slice("some", rule("[2, 7, \"LOCAL\"]", "\"dl_vlan=2\"")) + "," +
                slice("both", rule("[\"*\", \"LOCAL\"]", "\"dl_vlan=3\"")) + "," +
                slice("none", rule("9", "\"dl_vlan=4\""))};
  const SwitchView view = lab.bind(four);
  CHECK(view.warnings().empty());
  CHECK(ports(view, lab.slice("all")) == std::vector{PortNo{1}, PortNo{2}, PortNo{3}});
  CHECK(ports(view, lab.slice("some")) == std::vector{PortNo{2}, ofmsg::port::local});
  CHECK(ports(view, lab.slice("both")) == std::vector{PortNo{1}, PortNo{2}, PortNo{3}, ofmsg::port::local});
  CHECK(ports(view, lab.slice("none")).empty());
  CHECK(view.has_port(lab.slice("some"), PortNo{2}));
  CHECK_FALSE(view.has_port(lab.slice("some"), PortNo{7}));
  CHECK_FALSE(view.has_port(lab.slice("all"), ofmsg::port::local));
  // Who has something here is here, even before the port is.
  CHECK(view.slices() == std::vector{lab.slice("all"), lab.slice("some"), lab.slice("both"), lab.slice("none")});

  auto more = four;
  more.push_back(port_named(9, "late"));
  const SwitchView later = lab.bind(more);
  CHECK(ports(later, lab.slice("none")) == std::vector{PortNo{9}});
  CHECK(later.has_port(lab.slice("all"), PortNo{9}));
  CHECK(ports(lab.bind({}), lab.slice("all")).empty());
}

TEST_CASE("names are what the switch reports, not what the file calls them") {
  const Lab lab{slice("a", rule("[\"in\", \"one\"]", "\"any\""))};
  CHECK(ports(lab.bind(four), lab.slice("a")) == std::vector{PortNo{1}});
  CHECK(ports(lab.bind({port_named(5, "eth1"), port_named(1, "x")}), lab.slice("a")) ==
        std::vector{PortNo{1}, PortNo{5}});

  const SwitchView waiting = lab.bind({port_named(1, "x")});
  CHECK(ports(waiting, lab.slice("a")) == std::vector{PortNo{1}});
  REQUIRE(waiting.warnings().size() == 1);
  CHECK(waiting.warnings()[0] ==
        "switch \"s\": no port reports the name \"eth1\"; rule \"a[0]\" (lab.json:2:75) waits for it");

  const SwitchView twice = lab.bind({port_named(5, "eth1"), port_named(6, "eth1")});
  CHECK(ports(twice, lab.slice("a")).empty());
  REQUIRE(twice.warnings().size() >= 1);
  CHECK(twice.warnings()[0].find("both report the name \"eth1\"") != std::string::npos);
}

TEST_CASE("a name with rubbish after an inner zero is still that name") {
  const Lab lab{slice("a", rule("\"in\"", "\"any\""))};
  ofmsg::Port port = port_named(4, "eth1");
  port.name.value += std::string{"\0rest", 5};
  CHECK(ports(lab.bind({port}), lab.slice("a")) == std::vector{PortNo{4}});
}

TEST_CASE("a port that two slices mean by different names belongs to nobody") {
  const Lab lab{slice("a", rule("\"in\"", "\"ip\"")) + "," + slice("b", rule("[1, 2]", "\"ip,nw_src=10.0.0.1\"")) +
                "," + slice("c", rule("\"out\"", "\"arp\""))};
  const SwitchView view = lab.bind(four);
  REQUIRE(view.warnings().size() == 1);
  CHECK(view.warnings()[0] ==
        "switch \"s\": port 1 belongs to nobody: rule \"a[0]\" (lab.json:2:75) and rule \"b[0]\" "
        "(lab.json:2:191) both mean it and may both write the same traffic there");
  CHECK_FALSE(view.has_port(lab.slice("a"), PortNo{1}));
  CHECK_FALSE(view.has_port(lab.slice("b"), PortNo{1}));
  CHECK_FALSE(view.owner(packet(PortNo{1}, 0, 0x0800)));
  // Port 2 is b's for IP and c's for ARP: that is no clash.
  CHECK(ports(view, lab.slice("b")) == std::vector{PortNo{2}});
  CHECK(ports(view, lab.slice("c")) == std::vector{PortNo{2}});
  // With other names nothing clashes.
  CHECK(lab.bind({port_named(1, "x"), port_named(2, "eth2"), port_named(8, "eth1")}).warnings().empty());
}

TEST_CASE("every packet has at most one owner, and readers beside") {
  const Lab lab{
      slice("red", rule("[1, 2]", "\"dl_vlan=10\"") + "," + rule("[1, 2]", "[\"dl_vlan=11\", \"dl_vlan=12\"]")) + "," +
      slice("blue", rule("[1, 2, 3]", "\"dl_vlan=20\"") + "," + rule("\"*\"", "\"dl_vlan=10\"", "read")) + "," +
      slice("monitor", rule("\"*\"", "\"any\"", "read"))};
  const SwitchView view = lab.bind(four);
  const auto owner = view.owner(packet(PortNo{1}, 0x100b, 0x0806));
  REQUIRE(owner);
  CHECK(owner->slice == lab.slice("red"));
  CHECK(lab.snapshot->rule(owner->rule).name == "red[1]");
  CHECK_FALSE(view.owner(packet(PortNo{3}, 0x100b, 0x0806)));
  CHECK_FALSE(view.owner(packet(PortNo{9}, 0x100b, 0x0806)));
  CHECK_FALSE(view.owner(packet(PortNo{1}, 0, 0x0806)));
  CHECK(view.readers(packet(PortNo{1}, 0x100a, 0x0806)) == std::vector{lab.slice("blue"), lab.slice("monitor")});
  CHECK(view.readers(packet(PortNo{1}, 0x1014, 0x0806)) == std::vector{lab.slice("monitor")});
  CHECK(view.readers(packet(ofmsg::port::local, 0, 0x0806)).empty());
  CHECK(view.at(lab.slice("monitor"), PortNo{1}).empty());
  CHECK(view.has_port(lab.slice("monitor"), PortNo{1}));
  CHECK(view.at(lab.slice("red"), PortNo{1}).size() == 3);
  CHECK(view.at(lab.slice("red"), PortNo{3}).empty());
}

TEST_CASE("who reads and writes the same packet is its owner only") {
  const Lab lab{slice("a", rule("1", "\"ip\"") + "," + rule("1", "\"any\"", "read"))};
  const SwitchView view = lab.bind(four);
  CHECK(view.owner(packet(PortNo{1}, 0, 0x0800)));
  CHECK(view.readers(packet(PortNo{1}, 0, 0x0800)).empty());
  CHECK(view.readers(packet(PortNo{1}, 0, 0x0806)) == std::vector{lab.slice("a")});
}

TEST_CASE("no box lies within another") {
  const Lab lab{slice("a", rule("[1, 2]", "\"ip,dl_vlan=5\"") + "," + rule("1", "\"dl_vlan=5\"") + "," +
                               rule("\"in\"", "\"arp,dl_vlan=5\""))};
  const SwitchView view = lab.bind(four);
  REQUIRE(view.at(lab.slice("a"), PortNo{1}).size() == 1);
  CHECK(ofmsg::text(view.at(lab.slice("a"), PortNo{1})[0].header) == "dl_vlan=5");
  REQUIRE(view.at(lab.slice("a"), PortNo{2}).size() == 1);
  CHECK(ofmsg::text(view.at(lab.slice("a"), PortNo{2})[0].header) == "ip,dl_vlan=5");
}

TEST_CASE("a port is shared when another slice may write something there") {
  const Lab lab{slice("a", rule("[1, 2]", "\"dl_vlan=1\"") + "," + rule("3", "\"any\"")) + "," +
                slice("b", rule("2", "\"dl_vlan=2\"") + "," + rule("3", "\"any\"", "read"))};
  const SwitchView view = lab.bind(four);
  CHECK_FALSE(view.shares(lab.slice("a"), PortNo{1}));
  CHECK(view.shares(lab.slice("b"), PortNo{1}));
  CHECK(view.shares(lab.slice("a"), PortNo{2}));
  CHECK(view.shares(lab.slice("b"), PortNo{2}));
  CHECK_FALSE(view.shares(lab.slice("a"), PortNo{3}));  // whoever only reads puts nothing on the wire
  CHECK(view.shares(lab.slice("b"), PortNo{3}));
  CHECK_FALSE(view.shares(SliceId{99}, PortNo{4}));
}

TEST_CASE("a match is clipped to what the slice has at each port") {
  const Lab lab{slice("a", rule("[1, 2]", "[\"ip,dl_vlan=5\", \"arp,dl_vlan=5\"]") + "," + rule("3", "\"any\""))};
  const SwitchView view = lab.bind(four);
  const auto clip = [&](const std::string& match, std::size_t limit = 64) {
    return texts(view.clip(lab.slice("a"), ofmsg::parse_match(match).value(), limit));
  };
  CHECK(clip("") ==
        "ip,in_port=1,dl_vlan=5 | arp,in_port=1,dl_vlan=5 | ip,in_port=2,dl_vlan=5 | "
        "arp,in_port=2,dl_vlan=5 | in_port=3");
  CHECK(clip("in_port=2") == "ip,in_port=2,dl_vlan=5 | arp,in_port=2,dl_vlan=5");
  CHECK(clip("in_port=3,udp") == "udp,in_port=3");
  CHECK(clip("in_port=4") == "");
  CHECK(clip("dl_vlan=6") == "in_port=3,dl_vlan=6");
  CHECK(clip("tcp,tp_dst=80,in_port=1") == "tcp,in_port=1,dl_vlan=5,tp_dst=80");
  CHECK(clip("", 5) != "too many");
  CHECK(clip("", 4) == "too many");
  CHECK(clip("in_port=4", 0) == "");
  CHECK(texts(view.clip(SliceId{99}, ofmsg::Match{}, 64)) == "");

  const auto pieces = view.clip(lab.slice("a"), ofmsg::Match{}, 64);
  REQUIRE(pieces);
  CHECK(lab.snapshot->rule(pieces->front().rule).name == "a[0]");
  CHECK(lab.snapshot->rule(pieces->back().rule).name == "a[1]");
}

TEST_CASE("one packet set asked of two overlapping rules comes once") {
  const Lab lab{slice("web", rule("1", "[\"tcp,tp_src=80\", \"tcp,tp_dst=80\"]"))};
  const SwitchView view = lab.bind(four);
  const auto clip = [&](const std::string& match) {
    return texts(view.clip(lab.slice("web"), ofmsg::parse_match(match).value(), 64));
  };
  CHECK(clip("") == "tcp,in_port=1,tp_src=80 | tcp,in_port=1,tp_dst=80");
  CHECK(clip("tcp,tp_src=80,tp_dst=80") == "tcp,in_port=1,tp_src=80,tp_dst=80");
  CHECK(clip("tcp,tp_src=80") == "tcp,in_port=1,tp_src=80");
}

TEST_CASE("OpenFlow 1.0 has no masks for VLANs: they are split when a flow needs it") {
  const Lab lab{slice("a", rule("1", R"({ "vlan": "100-119" })")) + "," +
                slice("b", rule("2", R"({ "vlan": "untagged" })")) + "," +
                slice("c", rule("3", R"({ "eth_type": "ip", "ipv4_src": "10.0.0.0/255.0.0.254" })"))};
  const SwitchView view = lab.bind(four, ofmsg::v1_0);
  CHECK(view.warnings().empty());
  const auto all = view.clip(lab.slice("a"), ofmsg::Match{}, 64);
  REQUIRE(all);
  REQUIRE(all->size() == 20);
  for (std::uint64_t i = 0; i < 20; ++i) {
    CHECK((*all)[i].match.exact(ofmsg::Field::vlan_vid) == ofmsg::u128(0x1000 + 100 + i));
    CHECK_FALSE(ofmsg::first_inexpressible((*all)[i].match, ofmsg::v1_0));
  }
  CHECK_FALSE(view.clip(lab.slice("a"), ofmsg::Match{}, 19));
  CHECK(texts(view.clip(lab.slice("a"), ofmsg::parse_match("dl_vlan=105").value(), 1)) == "in_port=1,dl_vlan=105");
  CHECK(view.clip(lab.slice("b"), ofmsg::Match{}, 1)->size() == 1);
  // An address mask that is no prefix, in 1.0 and where it can be said.
  const ofmsg::Match net = ofmsg::parse_match("ip,nw_src=10.0.0.0/16").value();
  const auto split = view.clip(lab.slice("c"), net, 256);
  REQUIRE(split);
  REQUIRE(split->size() == 256);
  CHECK(ofmsg::text(split->at(1).match) == "ip,in_port=3,nw_src=10.0.1.0/31");
  CHECK_FALSE(view.clip(lab.slice("c"), net, 255));
  CHECK(lab.bind(four).clip(lab.slice("c"), net, 1)->size() == 1);
  // Ownership of packets does not depend on the version.
  CHECK(view.owner(packet(PortNo{1}, 0x1000 | 110, 0x0800)));
  CHECK(lab.bind(four).clip(lab.slice("a"), ofmsg::Match{}, 3)->size() == 3);
}

TEST_CASE("what a version has no words for belongs to nobody, and is told") {
  const Lab lab{slice("a", rule("1", R"(["ip", "ipv6,ipv6_dst=2001:db8::/32"])"))};
  const SwitchView old = lab.bind(four, ofmsg::v1_0);
  REQUIRE(old.warnings().size() == 1);
  CHECK(old.warnings()[0] ==
        "switch \"s\": OpenFlow 1.0 has no words for ipv6_dst in rule \"a[0]\" (lab.json:2:75); that "
        "traffic belongs to nobody here");
  CHECK(old.at(lab.slice("a"), PortNo{1}).size() == 1);
  CHECK(texts(old.clip(lab.slice("a"), ofmsg::Match{}, 64)) == "ip,in_port=1");
  const SwitchView recent = lab.bind(four, ofmsg::v1_3);
  CHECK(recent.warnings().empty());
  CHECK(recent.at(lab.slice("a"), PortNo{1}).size() == 2);
}

TEST_CASE("a field that 1.0 cannot say in the tenant's match stays as it is") {
  const Lab lab{slice("a", rule("1", "\"any\""))};
  const SwitchView view = lab.bind(four, ofmsg::v1_0);
  CHECK(texts(view.clip(lab.slice("a"), ofmsg::parse_match("ipv6,ipv6_dst=2001:db8::1").value(), 64)) ==
        "ipv6,in_port=1,ipv6_dst=2001:db8::1");
}

TEST_CASE("thousands of ports and headers are bound in reasonable time") {
  const Lab lab{
      slice("a", rule("\"*\"", R"({ "vlan": "1-4094", "eth_type": "ip", "ip_proto": "tcp", "tcp_dst": "1-65534" })"))};
  std::vector<ofmsg::Port> many;
  for (std::uint32_t i = 1; i <= 1000; ++i) many.push_back(port_named(i, "p" + std::to_string(i)));
  const SwitchView view = lab.bind(many);
  CHECK(view.ports(lab.slice("a")).size() == 1000);
  CHECK(view.at(lab.slice("a"), PortNo{1000}).size() == 660);
  CHECK_FALSE(view.clip(lab.slice("a"), ofmsg::Match{}, 65536));
}

TEST_CASE("queues of a port are what all rules of the slice say of it") {
  const auto with = [](const std::string& where, const std::string& match, const std::string& queues) {
    return R"({ "on": { "s": )" + where + R"( }, "match": ")" + match + R"(", "queues": )" + queues + " }";
  };
  const Lab lab{slice("a", with("[1, 2]", "dl_vlan=1", R"({ "allow": [5, 1, 5] })") + "," +
                               with("\"*\"", "dl_vlan=2", R"({ "allow": [2], "force": 2 })") + "," +
                               rule("4", "\"any\"")) +
                "," + slice("b", with("[2, 3]", "dl_vlan=3", R"({ "allow": [2, 9] })")) + "," +
                slice("eye", R"({ "on": "*", "match": "any", "access": "read", "queues": { "allow": [5] } })")};
  const SwitchView view = lab.bind(four);
  const SliceId a = lab.slice("a");
  const SliceId b = lab.slice("b");
  CHECK(view.queues(a, PortNo{1}) == Queues{{1, 2, 5}, 2});
  CHECK(view.queues(a, PortNo{3}) == Queues{{2}, 2});
  CHECK(view.queues(a, PortNo{4}) == Queues{});
  CHECK(view.queues(a, ofmsg::port::local) == Queues{});
  CHECK(view.queues(b, PortNo{3}) == Queues{{2, 9}, std::nullopt});
  CHECK(view.queues(lab.slice("eye"), PortNo{3}) == Queues{{5}, std::nullopt});
  CHECK(view.has_queue(b, 9));
  CHECK_FALSE(view.has_queue(b, 5));
  CHECK_FALSE(lab.bind({}).has_queues(b));
  // Only who may write shares.
  CHECK(view.shares_queue(a, PortNo{2}, 2));
  CHECK_FALSE(view.shares_queue(a, PortNo{1}, 2));
  CHECK_FALSE(view.shares_queue(a, PortNo{1}, 5));
  CHECK(view.shares_queue(lab.slice("eye"), PortNo{1}, 5));
}

TEST_CASE("two names of one port that force different queues are told, and the first rule counts") {
  const auto forced = [](const std::string& where, int vlan, int queue) {
    const std::string q = std::to_string(queue);
    return R"({ "on": { "s": ")" + where + R"(" }, "match": "dl_vlan=)" + std::to_string(vlan) +
           R"(", "queues": { "allow": [)" + q + R"(], "force": )" + q + " } }";
  };
  const Lab lab{slice("a", forced("one", 1, 4) + "," + forced("in", 2, 3))};
  const SwitchView apart = lab.bind({port_named(1, "x"), port_named(2, "eth1")});
  CHECK(apart.warnings().empty());
  CHECK(apart.queues(lab.slice("a"), PortNo{2}).forced == 3);
  const SwitchView together = lab.bind(four);
  REQUIRE(together.warnings().size() == 1);
  CHECK(together.warnings().front().find("both mean it and force different queues; queue 4 it is") !=
        std::string::npos);
  CHECK(together.queues(lab.slice("a"), PortNo{1}) == Queues{{3, 4}, 4});
}

}  // namespace
}  // namespace sluice::policy
