// `sluicectl flowspace`: who has what at which port, as a slice file has it.
#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "admin/table.hpp"
#include "ctl/policy_file.hpp"
#include "ctl/program.hpp"
#include "ofmsg/text_scan.hpp"
#include "policy/territory.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;
using policy::Holding;
using policy::PortTerritory;
using policy::Snapshot;
using policy::SwitchId;

// What is asked for.
struct Question {
  std::optional<policy::SliceId> slice;
  std::optional<SwitchId> only;
  bool overlaps = false, free = false;
};

std::string_view text(policy::Access access) { return access == policy::Access::write ? "write" : "read"; }

void print(const Snapshot& snapshot, SwitchId id, const std::vector<PortTerritory>& territory, std::ostream& out) {
  const policy::Switch& s = snapshot.switch_(id);
  out << fmt::format("switch {} ({})\n", s.name, ofmsg::text(s.dpid));
  admin::Table table{"PORTS", "MATCH", "SLICE", "ACCESS", "RULE"};
  for (const PortTerritory& here : territory) {
    const std::string ports = fmt::format("{}", fmt::join(here.ports, ","));
    for (const Holding& holding : here.holdings) {
      const bool nobody = !holding.slice;
      table.row({ports, header_text(holding.header), nobody ? "-" : snapshot.slice(*holding.slice).name,
                 nobody ? "-" : std::string{text(holding.access)},
                 nobody ? "" : snapshot.rule(holding.rule).name + "  " + snapshot.rule(holding.rule).position});
      for (const ofmsg::Match& match : holding.except)
        table.row({ports, "  except " + header_text(match), " ", " ", " "});
    }
  }
  out << (table.empty() ? "nothing\n" : table.text());
}

Json json_of(const Snapshot& snapshot, SwitchId id, const std::vector<PortTerritory>& territory) {
  Json ports = Json::array();
  for (const PortTerritory& here : territory) {
    Json holdings = Json::array();
    for (const Holding& holding : here.holdings) {
      Json row{{"match", header_text(holding.header)},
               {"except", Json::array()},
               {"slice", nullptr},
               {"access", nullptr},
               {"rule", nullptr}};
      for (const ofmsg::Match& match : holding.except) row["except"].push_back(header_text(match));
      if (holding.slice) {
        row["slice"] = snapshot.slice(*holding.slice).name;
        row["access"] = text(holding.access);
        row["rule"] = snapshot.rule(holding.rule).name;
        row["at"] = snapshot.rule(holding.rule).position;
      }
      holdings.push_back(std::move(row));
    }
    ports.push_back({{"ports", here.ports}, {"holdings", std::move(holdings)}});
  }
  return {{"name", snapshot.switch_(id).name},
          {"dpid", ofmsg::text(snapshot.switch_(id).dpid)},
          {"ports", std::move(ports)}};
}

std::vector<PortTerritory> look(const Snapshot& snapshot, SwitchId id, const Question& question) {
  if (question.free) return policy::free_territory(snapshot, id);
  if (question.overlaps) return policy::shared_territory(snapshot, id);
  return policy::territory(snapshot, id);
}

// Only what the slice has, or shares with others.
void keep_slice(std::vector<PortTerritory>& territory, policy::SliceId slice, bool with_others) {
  for (PortTerritory& here : territory) {
    const auto is_its = [slice](const Holding& holding) { return holding.slice == slice; };
    if (with_others && std::any_of(here.holdings.begin(), here.holdings.end(), is_its)) continue;
    std::erase_if(here.holdings, [&](const Holding& holding) { return !is_its(holding); });
  }
  std::erase_if(territory, [](const PortTerritory& here) { return here.holdings.empty(); });
}

constexpr std::string_view example = "sluicectl flowspace -c slices.json";

}  // namespace

ExitCode flowspace(const Settings& settings, Io& io) {
  if (!settings.config) return wrong_usage(io, "flowspace needs a slice file", example);
  if (settings.words.size() > 1) return wrong_usage(io, "one slice at a time", example);
  if (settings.free && (settings.overlaps || !settings.words.empty())) {
    return wrong_usage(io, "what is free belongs to no slice", example);
  }
  const PolicyFile file = read_policy(*settings.config, settings, io);
  if (!file.snapshot) return file.verdict;
  const Snapshot& snapshot = *file.snapshot;
  Question question{{}, {}, settings.overlaps, settings.free};
  if (settings.switch_name) {
    question.only = find_switch(snapshot, *settings.switch_name, *settings.config, io);
    if (!question.only) return ExitCode::usage;
  }
  if (!settings.words.empty()) {
    question.slice = snapshot.find_slice(settings.words.front());
    if (!question.slice) {
      std::vector<std::string_view> names;
      for (const policy::Slice& slice : snapshot.slices()) names.push_back(slice.name);
      const std::string hint = ofmsg::did_you_mean(settings.words.front(), names);
      return wrong_usage(io,
                         fmt::format("{} has no slice \"{}\"{}{}", *settings.config, settings.words.front(),
                                     hint.empty() ? "" : "; ", hint),
                         example);
    }
  }
  Json switches = Json::array();
  bool any = false;
  for (std::size_t i = 0; i < snapshot.switches().size(); ++i) {
    const SwitchId id{static_cast<std::uint16_t>(i)};
    if (question.only && *question.only != id) continue;
    std::vector<PortTerritory> found = look(snapshot, id, question);
    if (question.slice) keep_slice(found, *question.slice, question.overlaps);
    if (found.empty() && question.slice) continue;
    any = any || !found.empty();
    if (settings.json) {
      switches.push_back(json_of(snapshot, id, found));
    } else {
      print(snapshot, id, found, io.out);
    }
  }
  if (settings.json) {
    const Json answer{{"kind", "sluicectl.flowspace"}, {"v", 1}, {"switches", std::move(switches)}};
    io.out << answer.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return any ? ExitCode::good : ExitCode::no;
}

}  // namespace sluice::ctl
