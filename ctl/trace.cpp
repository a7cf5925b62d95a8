// `sluicectl trace`: whose is this packet? Asked of a slice file, without a daemon, as ofproto/trace asks a switch.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/policy_file.hpp"
#include "ctl/program.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/text.hpp"
#include "policy/imagined_ports.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;

// "in_port=uplink,ip" with the number for the name, and that number; a name of the file, or one that the switch would
// report.
std::string with_port_number(const std::string& packet, const policy::DocumentSwitch& s,
                             const policy::ImaginedPorts& ports) {
  constexpr std::string_view key = "in_port=";
  std::size_t at = packet.find(key);
  if (at == std::string::npos || (at > 0 && packet[at - 1] != ',' && packet[at - 1] != ' ')) return packet;
  at += key.size();
  const std::size_t end = std::min(packet.find_first_of(", ", at), packet.size());
  const std::string word = packet.substr(at, end - at);
  const auto named = s.ports.find(word);
  const policy::PortRef ref = named == s.ports.end() ? policy::PortRef{word} : named->second;
  const auto* number = std::get_if<ofmsg::PortNo>(&ref);
  const auto port = number != nullptr ? std::optional{*number} : ports.find(std::get<std::string>(ref));
  if (!port) return packet;
  return packet.substr(0, at) + std::to_string(port->value) + packet.substr(end);
}

// One packet of the match; what it leaves open is zero.
ofmsg::PacketKey packet_of(const ofmsg::Match& match) {
  ofmsg::PacketKey key;
  key.put(ofmsg::Field::vlan_vid, 0);
  const ofmsg::Match packet = ofmsg::witness(match);
  for (const ofmsg::Term& term : packet.terms()) key.put(term.field, term.value);
  return key;
}

std::vector<std::string> controllers_of(const policy::Slice& slice) {
  std::vector<std::string> all;
  for (const policy::Controller& controller : slice.controllers) all.push_back(policy::text(controller.at));
  return all;
}

struct Trace {
  std::string switch_name;
  std::string packet;
  std::optional<policy::Owner> owner;
  std::vector<policy::SliceId> readers;
  std::vector<std::string> warnings;
};

void print(const Trace& trace, const policy::Snapshot& snapshot, std::ostream& out) {
  out << fmt::format("packet     {}\n", trace.packet);
  if (trace.owner) {
    const policy::Rule& rule = snapshot.rule(trace.owner->rule);
    const policy::Slice& slice = snapshot.slice(trace.owner->slice);
    out << fmt::format("flowspace  {} writes it: rule {} at {}\n", slice.name, rule.name, rule.position);
    out << fmt::format("if missed  packet_in to {} ({})\n", slice.name, fmt::join(controllers_of(slice), ", "));
  } else {
    out << "flowspace  nobody writes it\nif missed  dropped and counted: no slice owns it\n";
  }
  for (const policy::SliceId reader : trace.readers) {
    const policy::Slice& slice = snapshot.slice(reader);
    out << fmt::format("copy       to {}, which reads it ({})\n", slice.name, fmt::join(controllers_of(slice), ", "));
  }
  for (const std::string& warning : trace.warnings) out << fmt::format("warning    {}\n", warning);
}

Json json_of(const Trace& trace, const policy::Snapshot& snapshot) {
  Json owner = nullptr;
  if (trace.owner) {
    const policy::Rule& rule = snapshot.rule(trace.owner->rule);
    owner = {{"slice", snapshot.slice(trace.owner->slice).name}, {"rule", rule.name}, {"at", rule.position}};
  }
  Json readers = Json::array();
  for (const policy::SliceId reader : trace.readers) readers.push_back(snapshot.slice(reader).name);
  return {{"kind", "sluicectl.trace"},   {"v", 1},
          {"switch", trace.switch_name}, {"packet", trace.packet},
          {"owner", std::move(owner)},   {"readers", std::move(readers)},
          {"warnings", trace.warnings}};
}

}  // namespace

ExitCode trace(const Settings& settings, Io& io) {
  const std::string example = "sluicectl trace -c slices.json s1 in_port=1,dl_vlan=105,tcp,nw_dst=10.1.2.3,tp_dst=80";
  if (!settings.config) return wrong_usage(io, "trace needs a slice file", example);
  if (settings.words.size() != 2) return wrong_usage(io, "trace needs a switch and a packet", example);
  const PolicyFile file = read_policy(*settings.config, settings, io);
  if (!file.snapshot) return file.verdict;
  const policy::Snapshot& snapshot = *file.snapshot;

  const auto id = find_switch(snapshot, settings.words[0], *settings.config, io);
  if (!id) return ExitCode::usage;
  const policy::DocumentSwitch& named = file.document.switches[id->value];
  std::vector<policy::PortRef> refs = policy::port_refs(snapshot, *id);
  for (const auto& [name, ref] : named.ports) refs.push_back(ref);
  const auto match = ofmsg::parse_match(with_port_number(settings.words[1], named, policy::ImaginedPorts{refs}));
  if (!match) {
    const ofmsg::TextError& error = match.error();
    return wrong_usage(io, error.message + (error.hint.empty() ? "" : "; " + error.hint), example);
  }
  const std::optional<ofmsg::PortNo> in_port = match->in_port();
  if (!in_port) return wrong_usage(io, "a packet comes in at a port: in_port is missing", example);

  const ofmsg::PacketKey key = packet_of(*match);
  const std::optional<ofmsg::Version> newest = snapshot.switch_(*id).versions.highest();
  if (!policy::ImaginedPorts{refs}.has(*in_port)) refs.emplace_back(*in_port);
  const policy::SwitchView view = snapshot.bind(*id, policy::ImaginedPorts{refs}.list(), newest.value_or(ofmsg::v1_3));
  const Trace found{snapshot.switch_(*id).name, ofmsg::text(key), view.owner(key), view.readers(key), view.warnings()};
  if (settings.json) {
    io.out << json_of(found, snapshot).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    print(found, snapshot, io.out);
  }
  return found.owner || !found.readers.empty() ? ExitCode::good : ExitCode::no;
}

}  // namespace sluice::ctl
