// `sluicectl trace`: where does this packet go? Asked of the daemon, which knows the flows that are there; or of a
// slice file, with flows of another file if there is one. Both ask the core.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/answer.hpp"
#include "admin/packet_text.hpp"
#include "ctl/offline_switch.hpp"
#include "ctl/program.hpp"
#include "ctl/text_input.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;

constexpr std::string_view example =
    "sluicectl trace -c slices.json s1 in_port=1,dl_vlan=105,tcp,nw_dst=10.1.2.3,tp_dst=80";

// One line of a file of flows: "video priority=5,ip,actions=output:2".
struct AskedFlow {
  std::string at;  // "flows.txt:3"
  std::string slice;
  std::string text;
  ofmsg::FlowMod mod;
};

// The flows of the file; what is wrong with it is told, and nothing is given back then.
std::optional<std::vector<AskedFlow>> read_flows(const std::string& path, const policy::Snapshot& snapshot,
                                                 ofmsg::Version version, Io& io) {
  const auto text = read_text(path, io);
  if (!text) {
    io.err << fmt::format("sluicectl: {}: {}\n", path, text.error());
    return std::nullopt;
  }
  std::vector<AskedFlow> flows;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    std::string_view line = std::string_view{*text}.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    line = line.substr(0, line.find('#'));
    const auto trim = [](std::string_view word) {
      const std::size_t first = word.find_first_not_of(" \t\r");
      if (first == std::string_view::npos) return std::string_view{};
      return word.substr(first, word.find_last_not_of(" \t\r") - first + 1);
    };
    line = trim(line);
    if (line.empty()) continue;
    const std::size_t space = line.find_first_of(" \t");
    AskedFlow flow{fmt::format("{}:{}", path, number), std::string{line.substr(0, space)}, {}, {}};
    const auto fail = [&](const std::string& why) {
      wrong_usage(io, fmt::format("{}: {}", flow.at, why), "a line such as: video priority=5,ip,actions=output:2");
    };
    if (!snapshot.find_slice(flow.slice))
      return fail(fmt::format("there is no slice \"{}\"", flow.slice)), std::nullopt;
    flow.text = trim(line.substr(std::min(space, line.size())));
    auto mod = ofmsg::parse_flow(flow.text, version, ofmsg::FlowModCommand::add);
    if (!mod) return fail(mod.error().message), std::nullopt;
    flow.mod = *std::move(mod);
    flows.push_back(std::move(flow));
  }
  return flows;
}

// The ports that the flows name.
void append_ports(const std::vector<AskedFlow>& flows, std::vector<ofmsg::PortNo>& ports) {
  for (const AskedFlow& flow : flows) {
    if (const auto port = flow.mod.match.in_port()) ports.push_back(*port);
    for (const ofmsg::Action& action : ofmsg::applied(flow.mod.instructions)) {
      if (const auto* output = std::get_if<ofmsg::Output>(&action)) ports.push_back(output->port);
    }
  }
}

// Has the flows' controllers ask for them. Why those that were not taken were refused.
std::vector<std::string> install(const std::vector<AskedFlow>& flows, const OfflineSwitch& device,
                                 replay::Driver& driver) {
  std::vector<std::string> refused;
  std::uint32_t xid = 0;
  for (const AskedFlow& flow : flows) {
    ofmsg::Bytes bytes;
    const auto done = ofmsg::encode(bytes, ofmsg::Message{flow.mod}, device.settings.version, ofmsg::Xid{++xid});
    if (!done) {
      refused.push_back(fmt::format("{}: {} cannot be said: {}", flow.at, flow.text, ofmsg::text(done.error())));
    } else if (!driver.say({device.name, flow.slice, 0}, bytes)) {
      refused.push_back(fmt::format("{}: {} has nothing on {}", flow.at, flow.slice, device.name));
    } else if (const auto refusals = driver.domain().refusals(); !refusals.empty() && refusals.front().xid == xid) {
      refused.push_back(
          fmt::format("{}: {} is refused: {} {}", flow.at, flow.text, refusals.front().code, refusals.front().why));
    }
  }
  return refused;
}

ofmsg::PortNo in_port(const ofmsg::PacketKey& key) {
  return ofmsg::PortNo{static_cast<std::uint32_t>(key.get(ofmsg::Field::in_port).lo)};
}

ofmsg::Version version_for(const Settings& settings, const policy::Switch& s) {
  if (settings.version_given) return settings.version;
  return s.versions.highest().value_or(ofmsg::v1_3);
}

ExitCode trace_offline(const Settings& settings, Io& io) {
  const PolicyFile file = read_policy(*settings.config, settings, io);
  if (!file.snapshot) return file.verdict;
  const auto id = find_switch(*file.snapshot, settings.words[0], *settings.config, io);
  if (!id) return ExitCode::usage;
  const policy::Switch& s = file.snapshot->switch_(*id);
  const ofmsg::Version version = version_for(settings, s);
  if (!s.versions.has(version)) {
    return wrong_usage(io, fmt::format("{} may not speak OpenFlow {}", s.name, ofmsg::text(version)), example);
  }
  std::vector<AskedFlow> flows;
  if (settings.flows) {
    auto read = read_flows(*settings.flows, *file.snapshot, version, io);
    if (!read) return ExitCode::usage;
    flows = *std::move(read);
  }

  const std::string packet = fmt::format("{}", fmt::join(settings.words.begin() + 1, settings.words.end(), " "));
  // The port that the packet comes in at is there, and so are those of the flows, whatever the file knows of them.
  std::vector<ofmsg::PortNo> ports;
  append_ports(flows, ports);
  const auto no_name = [](std::string_view) { return std::optional<ofmsg::PortNo>{}; };
  if (const auto by_number = admin::parse_packet(packet, no_name)) ports.push_back(in_port(*by_number));
  const OfflineSwitch device = offline_switch(file, *id, version, ports);
  const auto key = admin::parse_packet(packet, [&](std::string_view word) { return device.find(word); });
  if (!key) return wrong_usage(io, key.error(), example);

  replay::Driver driver{file.snapshot};
  driver.connect_switch(device.name, device.settings);
  std::vector<std::string> warnings = install(flows, device, driver);
  for (const auto& [name, number] : device.guessed) {
    warnings.push_back(
        fmt::format("only the switch knows the number of port \"{}\"; here it is {}", name, ofmsg::text(number)));
  }
  auto trace = driver.domain().trace(device.name, *key, driver.now());
  trace->warnings.insert(trace->warnings.end(), warnings.begin(), warnings.end());
  const std::string text =
      admin::traced(*trace, "sluicectl.trace", settings.json ? admin::Form::json : admin::Form::table);
  io.out << text << (text.ends_with('\n') ? "" : "\n");
  return trace->owner || !trace->readers.empty() ? ExitCode::good : ExitCode::no;
}

}  // namespace

ExitCode trace(const Settings& settings, Io& io) {
  if (settings.words.size() < 2) return wrong_usage(io, "trace needs a switch and a packet", example);
  if (settings.config) return trace_offline(settings, io);
  if (settings.flows) return wrong_usage(io, "--flows is for a slice file; the daemon knows its flows", example);
  return live("trace", settings, io);
}

}  // namespace sluice::ctl
