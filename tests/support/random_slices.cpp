#include "tests/support/random_slices.hpp"

#include <map>

#include "ofmsg/port.hpp"

namespace sluice::tests {

namespace {

using Texts = std::vector<std::string>;

// Values of a dimension never share a packet.
const std::vector<Texts>& dimensions() {
  static const std::vector<Texts> all{
      {"any"},
      {"dl_vlan=10", "dl_vlan=20", "dl_vlan=30", "dl_vlan=0xffff"},
      {"dl_vlan=10", "dl_vlan=20"},
      {"ip,nw_dst=10.0.0.0/24", "ip,nw_dst=10.0.1.0/24", "ip,nw_dst=10.0.2.0/24", "arp"},
      {"ip,nw_src=10.0.0.0/24", "ip,nw_src=10.0.1.0/25", "ip,nw_src=10.0.2.0/23", "arp", "dl_type=0x88cc"},
      {"ip,nw_src=10.0.0.0/15", "ip,nw_src=11.0.0.0/8", "ipv6"},
      {"tcp,tp_dst=80", "tcp,tp_dst=443", "udp,tp_dst=53", "icmp", "arp"},
      {"icmp,icmp_type=8", "icmp,icmp_type=0", "icmp,icmp_type=3", "tcp", "udp"},
      {"dl_src=02:00:00:00:00:01", "dl_src=02:00:00:00:00:02"},
      {"ip", "arp", "ipv6", "dl_type=0x88cc"},
      {"ip,nw_tos=32", "ip,nw_tos=0"},
      {"arp,arp_spa=10.0.0.1", "arp,arp_spa=10.0.1.1", "ip"},
      {"dl_vlan=10,ip,nw_dst=10.0.1.0/24", "dl_vlan=10,ip,nw_dst=10.0.2.0/24", "dl_vlan=10,arp", "dl_vlan=20"},
      {"dl_vlan=10,dl_vlan_pcp=0", "dl_vlan=10,dl_vlan_pcp=5", "dl_vlan=20"},
  };
  return all;
}

// Who has which match at a port.
using Owned = std::map<std::size_t, Texts>;  // slice → matches

Owned cut(Dice& dice, const Texts& values, std::size_t slices) {
  Owned owned;
  for (const std::string& value : values) {
    const std::size_t who = dice.below(slices * 5 + 1);
    if (who < slices * 5) owned[who % slices].push_back(value);
  }
  return owned;
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string list(const Texts& texts) {
  std::string out;
  for (const std::string& t : texts) out += (out.empty() ? "" : ", ") + quoted(t);
  return "[" + out + "]";
}

std::string rule(const std::vector<std::uint32_t>& ports, const Texts& match, const std::string& more = "") {
  std::string on;
  for (const std::uint32_t p : ports) {
    on += (on.empty() ? "" : ", ") + (p == ofmsg::port::local.value ? quoted("LOCAL") : std::to_string(p));
  }
  return R"({"on": {"s1": [)" + on + "]}, \"match\": " + list(match) + more + "}";
}

// No two rules force different queues at one port.
std::string queues(Dice& dice, std::uint32_t port) {
  std::string allowed;
  for (std::uint32_t queue = 1; queue <= 3; ++queue) {
    if (queue == 1 + port % 3 || dice.chance(40)) allowed += (allowed.empty() ? "" : ", ") + std::to_string(queue);
  }
  const std::string force = dice.chance(40) ? ", \"force\": " + std::to_string(1 + port % 3) : "";
  return ", \"queues\": {\"allow\": [" + allowed + "]" + force + "}";
}

}  // namespace

RandomSlices random_slices(Dice& dice, const SliceTaste& taste) {
  RandomSlices result;
  const std::size_t port_count = 4 + dice.below(2);
  for (std::uint32_t p = 1; p <= port_count; ++p) result.ports.push_back(p);
  for (const char* name : {"red", "blue", "green"}) result.names.emplace_back(name);
  result.names.resize(2 + dice.below(2));
  if (taste.local && dice.chance(30)) result.ports.push_back(ofmsg::port::local.value);
  const std::size_t slices = result.names.size();

  std::vector<Texts> rules(slices);
  const bool alike = dice.chance(50);
  const Texts& common = dice.pick(dimensions());
  const Owned common_owned = cut(dice, common, slices);
  const bool by_port = alike && common.size() == 1;
  for (const std::uint32_t port : result.ports) {
    const bool same = alike && !by_port && dice.chance(90);
    // Where ports differ, some have everything: from there packets go to ports where little is owned.
    const bool whole = by_port || (!alike && dice.chance(35));
    const Owned owned = same ? common_owned : cut(dice, whole ? dimensions().front() : dice.pick(dimensions()), slices);
    for (const auto& [slice, matches] : owned) {
      const std::string more = taste.queues && dice.chance(70) ? queues(dice, port) : "";
      rules[slice].push_back(rule({port}, matches, more));
    }
  }
  if (dice.chance(5))
    rules[dice.below(slices)].push_back(rule({dice.pick(result.ports)}, {dice.pick(dice.pick(dimensions()))}));
  const std::uint32_t absent = result.ports.front() + 20;
  for (std::size_t i = 0; i < slices; ++i) {
    // Everybody has something, and be it a port that the switch does not have.
    if (rules[i].empty()) rules[i].push_back(rule({absent}, {"any"}));
    if (taste.readers && dice.chance(30)) {
      rules[i].push_back(
          rule({dice.pick(result.ports)}, {dice.pick(dice.pick(dimensions()))}, R"(, "access": "read")"));
    }
  }

  std::string text = R"({
  "version": 1,
  "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
  "switches": {"s1": {"dpid": 1}},
  "slices": {)";
  static const std::vector<std::string> lldp_words{R"("all")", R"("none")"};
  for (std::size_t i = 0; i < slices; ++i) {
    std::string more;
    if (taste.refusing && dice.chance(10)) more += ",\n      \"outside\": \"reject\"";
    if (taste.refusing && dice.chance(20)) more += std::string{",\n      \"lldp\": "} + dice.pick(lldp_words);
    if (taste.refusing && dice.chance(10)) more += ",\n      \"limits\": {\"expand\": 3}";
    std::string flowspace;
    for (const std::string& r : rules[i]) flowspace += (flowspace.empty() ? "\n        " : ",\n        ") + r;
    text.append(i == 0 ? "\n    " : ",\n    ").append(quoted(result.names[i]));
    text.append(": {\"controllers\": [\"tcp:127.0.0.1:").append(std::to_string(controller_port(i)));
    text.append("\"],\n      \"flowspace\": [").append(flowspace).append("]").append(more).append("}");
  }
  result.text = text + "\n  }\n}\n";
  return result;
}

}  // namespace sluice::tests
