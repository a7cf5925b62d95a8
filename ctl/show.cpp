// `sluicectl show`: what a slice file comes to, rule by rule, in the one form that all spellings compile to.
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/table.hpp"
#include "ctl/policy_file.hpp"
#include "ctl/program.hpp"
#include "ofmsg/text.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;

std::string text(const policy::PortRef& ref) {
  if (const auto* number = std::get_if<ofmsg::PortNo>(&ref)) return ofmsg::text(*number);
  return std::get<std::string>(ref);
}

std::vector<std::string> ports_of(const policy::PortSet& ports) {
  if (const auto* all = std::get_if<policy::AllPhysical>(&ports)) {
    return all->local ? std::vector<std::string>{"*", "LOCAL"} : std::vector<std::string>{"*"};
  }
  std::vector<std::string> names;
  for (const policy::PortRef& ref : std::get<std::vector<policy::PortRef>>(ports)) names.push_back(text(ref));
  return names;
}

std::string_view text(policy::Access access) { return access == policy::Access::write ? "write" : "read"; }

void print_switch(const policy::Snapshot& snapshot, policy::SwitchId id, std::ostream& out) {
  const policy::Switch& s = snapshot.switch_(id);
  out << fmt::format("switch {} ({})\n", s.name, ofmsg::text(s.dpid));
  admin::Table table{"SLICE", "ACCESS", "PORTS", "MATCH", "RULE"};
  for (const policy::Region& region : snapshot.regions(id)) {
    const policy::Rule& rule = snapshot.rule(region.rule);
    table.row({snapshot.slice(region.slice).name, std::string{text(region.access)},
               fmt::format("{}", fmt::join(ports_of(region.ports), ",")), header_text(region.header),
               rule.name + "  " + rule.position});
  }
  out << (table.empty() ? "nobody has anything here\n" : table.text());
}

Json json_of(const policy::Snapshot& snapshot, policy::SwitchId id) {
  const policy::Switch& s = snapshot.switch_(id);
  Json regions = Json::array();
  for (const policy::Region& region : snapshot.regions(id)) {
    const policy::Rule& rule = snapshot.rule(region.rule);
    regions.push_back({{"slice", snapshot.slice(region.slice).name},
                       {"access", text(region.access)},
                       {"ports", ports_of(region.ports)},
                       {"match", header_text(region.header)},
                       {"rule", rule.name},
                       {"at", rule.position}});
  }
  return {{"name", s.name}, {"dpid", ofmsg::text(s.dpid)}, {"regions", std::move(regions)}};
}

}  // namespace

ExitCode show(const Settings& settings, Io& io) {
  if (settings.words.size() != 1) {
    return wrong_usage(io, "which file?", "sluicectl show slices.json");
  }
  const PolicyFile file = read_policy(settings.words.front(), settings, io);
  if (!file.snapshot) return file.verdict;
  const auto count = static_cast<std::uint16_t>(file.snapshot->switches().size());
  Json switches = Json::array();
  for (std::uint16_t i = 0; i < count; ++i) {
    if (settings.json) {
      switches.push_back(json_of(*file.snapshot, policy::SwitchId{i}));
    } else {
      if (i > 0) io.out << '\n';
      print_switch(*file.snapshot, policy::SwitchId{i}, io.out);
    }
  }
  if (settings.json) {
    const Json answer{{"kind", "sluicectl.show"}, {"v", 1}, {"switches", std::move(switches)}};
    io.out << answer.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return ExitCode::good;
}

}  // namespace sluice::ctl
