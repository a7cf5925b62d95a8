// P1 and P2: whatever controllers send, every flow in the switch lies in the slice whose cookie it has, every packet is
// acted on by its owner's flows only, and leaves only where its owner has it with the header that it then has, in a
// queue that its owner may use there.
//
// Judged by the slice file as written (NaivePolicy) for packets, and by the compiled regions for whole flows. The
// network is an example switch, which knows nothing of slices.
#include <algorithm>
#include <map>
#include <string>

#include "ofmsg/packet_key.hpp"
#include "policy/compile.hpp"
#include "slicing/cookie.hpp"
#include "slicing/probe.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/act.hpp"
#include "tests/support/naive_policy.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

using Fault = std::optional<std::string>;

constexpr std::uint64_t seed = 7;

// A packet, what it is at each port, and whose it is there.
struct Sample {
  Bytes packet;
  std::vector<PacketKey> keys;
  std::vector<std::vector<std::string>> owners;
};

// More than slices may have.
std::vector<flow_switch::Queue> some_queues(const std::vector<std::uint32_t>& ports) {
  std::vector<flow_switch::Queue> all;
  for (const std::uint32_t port : ports) {
    for (std::uint32_t queue = 1; queue <= 5; ++queue) all.push_back({PortNo{port}, queue});
  }
  return all;
}

// One run of a script.
class Run {
 public:
  explicit Run(const Script& script)
      : script_{script},
        document_{policy::parse(script.file.text, "test.json")},
        snapshot_{policy::compile(document_).snapshot},
        world_{script.file.text, seed},
        s1_{world_.plug("s1", 1, script.file.ports, script.version, script.buffers, 65536,
                        some_queues(script.file.ports))},
        naive_{document_, "s1", s1_.device.datapath().ports()},
        view_{snapshot_->bind(policy::SwitchId{0}, s1_.device.datapath().ports(), script.version)} {
    Dice dice{99};
    for (int i = 0; i < 60; ++i) {
      Sample sample;
      sample.packet = random_packet(dice);
      for (const std::uint32_t port : script.file.ports) {
        const auto key = packet_key(sample.packet, PortNo{port});
        if (!key) continue;
        sample.keys.push_back(*key);
        sample.owners.push_back(naive_.writers(*key));
      }
      samples_.push_back(std::move(sample));
    }
  }

  Fault go() {
    std::size_t n = 0;
    for (const Step& step : script_.steps) {
      if (Fault fault = take(step)) return fault;
      // Messages also come in bursts, before the switch has answered.
      if (++n % 3 != 0) world_.settle();
      if (n % 7 == 0 || n == script_.steps.size()) {
        if (Fault fault = judge_table()) return fault;
      }
    }
    world_.settle();
    return judge_table();
  }

 private:
  Fault take(const Step& step) {
    switch (step.what) {
      case Step::What::wait:
        world_.settle();
        s1_.emitted.clear();
        world_.advance(step.by);
        return judge_emitted(std::nullopt, step);
      case Step::What::packet: return take_packet(step);
      case Step::What::message: return take_message(step);
      default: act(world_, s1_, step, script_.version); return std::nullopt;
    }
  }

  Fault take_message(const Step& step) {
    world_.settle();
    s1_.emitted.clear();
    const bool emits = std::holds_alternative<PacketOut>(step.message) || step.buffer;
    if (!act(world_, s1_, step, script_.version) || !emits) return std::nullopt;
    world_.settle();
    return judge_emitted(script_.file.names[step.slice], step);
  }

  Fault take_packet(const Step& step) {
    world_.settle();
    s1_.emitted.clear();
    world_.inject(s1_, step.port, step.bytes);
    const auto key = packet_key(step.bytes, PortNo{step.port});
    const std::vector<std::string> owners = key ? naive_.writers(*key) : std::vector<std::string>{};
    if (owners.size() > 1) return "two slices own one packet: " + hexadecimal(step.bytes);
    return judge_emitted(owners.empty() ? std::nullopt : std::optional{owners.front()}, step);
  }

  // A probe is the slice's whose mark it bears, and leaves a port where that may write.
  Fault judge_probe(const std::string& owner, const slicing::Probe& probe,
                    const flow_switch::Effects::Sent& sent) const {
    const auto slice = snapshot_->slice_with_number(probe.slice);
    if (!slice || snapshot_->slice(*slice).name != owner) return "a probe of " + owner + " bears another slice's mark";
    if (view_.at(*slice, sent.port).empty()) {
      return owner + "'s probe leaves port " + text(sent.port) + ": " + hexadecimal(sent.packet);
    }
    return std::nullopt;
  }

  // Every packet that left is the owner's where it left.
  Fault judge_emitted(const std::optional<std::string>& owner, const Step& step) const {
    for (const auto& sent : s1_.emitted) {
      if (!owner) return "nobody's packet left on port " + text(sent.port) + " after: " + hexadecimal(step.bytes);
      const auto key = packet_key(sent.packet, sent.port);
      if (const auto probe = slicing::unmarked(sent.packet, slicing::Seed{seed}.secret)) {
        if (Fault fault = judge_probe(*owner, probe->probe, sent)) return fault;
        continue;
      }
      if (!key || !naive_.may_write(*owner, *key)) {
        return *owner + " lets a packet out on port " + text(sent.port) +
               " that is not its own there: " + hexadecimal(sent.packet) +
               (key ? " (" + text(*key) + ")" : " (unreadable)") + "\n" + table(s1_);
      }
      if (Fault fault = judge_queue(*owner, sent)) return *fault + "\n" + table(s1_);
    }
    return std::nullopt;
  }

  Fault judge_queue(const std::string& owner, const flow_switch::Effects::Sent& sent) const {
    const std::string where = " on port " + text(sent.port);
    if (sent.queue && !naive_.may_use_queue(owner, sent.port, *sent.queue)) {
      return owner + " uses queue " + std::to_string(*sent.queue) + where;
    }
    if (!sent.queue && naive_.forced_queue(owner, sent.port)) return owner + " escapes its queue" + where;
    return std::nullopt;
  }

  Fault judge_table() const {
    for (const flow_switch::Flow& flow : s1_.device.datapath().tables().flows(0)) {
      const std::string what = "flow priority=" + std::to_string(flow.priority) + "," + text(flow.match) + " ";
      if (slicing::is_discovery_cookie(flow.cookie)) {
        if (!slicing::is_discovery(flow.match) || !flow.match.in_port()) return what + "is said to be our own";
        continue;
      }
      const auto cookie = slicing::Cookie::parse(flow.cookie);
      if (!cookie) return what + "has no cookie of ours";
      const auto slice = snapshot_->slice_with_number(cookie->slice);
      if (!slice) return what + "belongs to no slice";
      const std::string& name = snapshot_->slice(*slice).name;
      if (Fault fault = judge_regions(flow.match, *slice)) return what + "of " + name + " " + *fault;
      for (const Sample& sample : samples_) {
        for (std::size_t i = 0; i < sample.keys.size(); ++i) {
          const auto& owners = sample.owners[i];
          if (!matches(flow.match, sample.keys[i]) || std::find(owners.begin(), owners.end(), name) != owners.end())
            continue;
          return what + "of " + name + " catches a foreign packet: " + hexadecimal(sample.packet) + " (" +
                 text(sample.keys[i]) + ")";
        }
      }
    }
    for (std::uint8_t t = 1; t < s1_.device.datapath().tables().count(); ++t) {
      if (!s1_.device.datapath().tables().flows(t).empty()) return "a flow stands in table " + std::to_string(t);
    }
    return std::nullopt;
  }

  Fault judge_regions(const Match& match, policy::SliceId slice) const {
    const auto port = match.in_port();
    if (!port) return "does not say its port";
    Match header = match;
    header.erase(Field::in_port);
    std::vector<Match> rest{header};
    for (const policy::Box& box : view_.at(slice, *port)) {
      std::vector<Match> next;
      for (const Match& part : rest) {
        for (Match& left : subtract(part, box.header)) next.push_back(std::move(left));
      }
      rest = std::move(next);
    }
    if (rest.empty()) return std::nullopt;
    return "reaches outside its regions, for example to " + text(witness(rest.front()));
  }

  const Script& script_;
  policy::Document document_;
  std::shared_ptr<const policy::Snapshot> snapshot_;
  World world_;
  SwitchEnd& s1_;
  NaivePolicy naive_;
  policy::SwitchView view_;
  std::vector<Sample> samples_;
};

Fault judge(const Script& script) { return Run{script}.go(); }

}  // namespace

TEST_CASE("P1, P2: flows stay in their slice, packets leave only where they belong") {
  for (const Version version : {v1_0, v1_3}) {
    ScriptTaste taste;
    taste.slices.readers = true;
    taste.slices.local = true;
    taste.garbage = true;
    taste.rich = true;
    taste.ports = true;
    const std::string fault = first_fault(version, taste, property_runs(500), judge);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}

TEST_CASE("P2: packets are in queues that their slice may use, and in the one that is forced") {
  for (const Version version : {v1_0, v1_3}) {
    ScriptTaste taste;
    taste.slices.readers = true;
    taste.slices.queues = true;
    const std::string fault = first_fault(version, taste, property_runs(500), judge);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}

// --- what random scripts, or their readers, have found -------------------------------------------------------------

namespace {

// Red has everything on port 1 and one narrow thing on port 2.
std::string narrow_on_2(const std::string& match) {
  return R"({
    "version": 1, "proxy": {"listen": ["ptcp:6653:127.0.0.1"]}, "switches": {"s1": {"dpid": 1}},
    "slices": {"red": {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [
      {"on": {"s1": [1]}, "match": "any"}, {"on": {"s1": [2]}, "match": ")" +
         match + R"("}]}}})";
}

struct Narrow {
  World world;
  SwitchEnd& s1;
  Tenant& red;

  Narrow(const std::string& match, Version version)
      : world{narrow_on_2(match)}, s1{world.plug("s1", 1, {1, 2}, version)}, red{world.tenant(7001)} {}

  [[nodiscard]] bool takes(std::string_view text) {
    red.send(flow(text, red.version()));
    world.settle();
    return !red.take<Error>().has_value();
  }
};

}  // namespace

TEST_CASE("setting a field makes it known only where the packet surely has the field") {
  // A later fragment of a TCP packet has no ports to be set, and leaves as it came.
  Narrow old{"tcp,tp_dst=80", v1_0};
  CHECK_FALSE(old.takes("priority=1,in_port=1,tcp,actions=mod_tp_dst:80,output:2"));
  CHECK(old.takes("priority=2,in_port=1,tcp,tp_src=9,actions=mod_tp_dst:80,output:2"));
  Narrow young{"tcp,tp_dst=80", v1_3};
  CHECK_FALSE(young.takes("priority=1,in_port=1,tcp,actions=set_field:80->tcp_dst,output:2"));
  CHECK(young.takes("priority=2,in_port=1,tcp,tp_dst=81,actions=set_field:80->tcp_dst,output:2"));
  // A header cut short has no addresses; an ARP packet that is not for Ethernet has none either.
  Narrow address{"ip,nw_dst=10.0.0.1", v1_3};
  CHECK_FALSE(address.takes("priority=1,in_port=1,ip,actions=set_field:10.0.0.1->ip_dst,output:2"));
  CHECK(address.takes("priority=2,in_port=1,udp,actions=set_field:10.0.0.1->ip_dst,output:2"));
  CHECK(address.takes("priority=3,in_port=1,ip,nw_src=10.0.0.0/8,actions=set_field:10.0.0.1->ip_dst,output:2"));
  Narrow arp{"arp,arp_spa=10.0.0.1", v1_3};
  CHECK_FALSE(arp.takes("priority=1,in_port=1,arp,actions=set_field:10.0.0.1->arp_spa,output:2"));
  CHECK(arp.takes("priority=2,in_port=1,arp,arp_tpa=10.0.0.9,actions=set_field:10.0.0.1->arp_spa,output:2"));
}

TEST_CASE("set_tp_src and set_tp_dst say nothing of ICMP, of which switches make different things") {
  Narrow icmp{"icmp,icmp_type=3", v1_0};
  CHECK_FALSE(icmp.takes("priority=1,in_port=1,icmp,icmp_type=8,actions=mod_tp_src:3,output:2"));
}

TEST_CASE("a packet_out with a header cut short leaves no port where that header decides") {
  for (const Version version : {v1_0, v1_3}) {
    Narrow n{"ip,nw_dst=10.0.0.1", version};
    PacketOut out;
    out.in_port = PortNo{1};
    out.actions =
        parse_actions(version == v1_0 ? "mod_nw_dst:10.0.0.1,output:2" : "set_field:10.0.0.1->ip_dst,output:2", version)
            .value();
    out.data = packet({});
    n.red.send(out);
    n.world.settle();
    CHECK(n.s1.emitted.size() == 1);
    out.data.resize(20);
    const Xid xid = n.red.send(out);
    n.world.settle();
    static_cast<void>(expect_error(n.red, xid));
    CHECK(n.s1.emitted.size() == 1);
  }
}
