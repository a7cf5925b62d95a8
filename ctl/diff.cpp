// `sluicectl diff`: what one slice file says that another does not, in the terms of those who live by them.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "admin/table.hpp"
#include "ctl/policy_file.hpp"
#include "ctl/program.hpp"
#include "policy/compare.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;
using policy::Difference;
using policy::SettingChange;
using policy::SliceDifference;
using policy::TrafficChange;

std::string_view text(SliceDifference::What what) {
  constexpr std::string_view words[] = {"unchanged", "", "NEW", "GONE"};
  return words[static_cast<std::size_t>(what)];
}

std::string_view mark(TrafficChange::What what) { return what == TrafficChange::What::gained ? "+" : "-"; }

std::vector<std::string> texts(const std::vector<ofmsg::Match>& headers) {
  std::vector<std::string> all;
  all.reserve(headers.size());
  for (const ofmsg::Match& header : headers) all.push_back(header_text(header));
  return all;
}

// More are told by the rules that they lie in.
constexpr std::size_t few_headers = 8;

std::string shown(const std::string& value) { return value.empty() ? "-" : value; }

void print(const SettingChange& change, std::ostream& out) {
  out << fmt::format("  ~ {}: {} -> {}\n", change.key, shown(change.before), shown(change.after));
}

void print(const SliceDifference& slice, std::ostream& out) {
  const std::string_view state = text(slice.what);
  out << "slice " << slice.slice << (state.empty() ? "" : "  ") << state << '\n';
  for (const TrafficChange& change : slice.traffic) {
    const std::string where = fmt::format("{}:{}", change.switch_name, fmt::join(change.ports, ","));
    const std::string_view access = change.access == policy::Access::read ? "  (read)" : "";
    const bool few = change.headers.size() <= std::max(few_headers, change.within.size());
    for (const std::string& header : texts(few ? change.headers : change.within)) {
      out << fmt::format("  {} {}  {}{}{}\n", mark(change.what), where, header, access, few ? "" : "  (in part)");
    }
  }
  for (const SettingChange& change : slice.settings) print(change, out);
}

void print(const Difference& difference, std::ostream& out) {
  for (const SliceDifference& slice : difference.slices) print(slice, out);
  if (difference.settings.empty()) return;
  out << "proxy and switches\n";
  for (const SettingChange& change : difference.settings) print(change, out);
}

Json json_of(const std::vector<SettingChange>& changes) {
  Json all = Json::array();
  for (const SettingChange& c : changes) all.push_back({{"key", c.key}, {"before", c.before}, {"after", c.after}});
  return all;
}

Json json_of(const Difference& difference) {
  constexpr std::string_view states[] = {"same", "changed", "added", "removed"};
  Json slices = Json::array();
  for (const SliceDifference& slice : difference.slices) {
    Json traffic = Json::array();
    for (const TrafficChange& change : slice.traffic) {
      traffic.push_back({{"change", change.what == TrafficChange::What::gained ? "gained" : "lost"},
                         {"access", change.access == policy::Access::write ? "write" : "read"},
                         {"switch", change.switch_name},
                         {"ports", change.ports},
                         {"matches", texts(change.headers)},
                         {"within", texts(change.within)}});
    }
    slices.push_back({{"slice", slice.slice},
                      {"state", states[static_cast<std::size_t>(slice.what)]},
                      {"traffic", std::move(traffic)},
                      {"settings", json_of(slice.settings)}});
  }
  return {
      {"kind", "sluicectl.diff"}, {"v", 1}, {"slices", std::move(slices)}, {"settings", json_of(difference.settings)}};
}

}  // namespace

ExitCode diff(const Settings& settings, Io& io) {
  if (settings.words.size() != 2) {
    io.err << "sluicectl: diff needs two files\ntry: sluicectl diff old.json new.json\n"
              "     sluicectl reload --dry-run       what the daemon's file would change now\n";
    return ExitCode::usage;
  }
  const PolicyFile before = read_policy(settings.words[0], settings, io);
  const PolicyFile after = read_policy(settings.words[1], settings, io);
  if (!before.snapshot || !after.snapshot) return ExitCode::usage;
  const Difference difference = policy::compare(*before.snapshot, *after.snapshot);
  if (settings.json) {
    io.out << json_of(difference).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else if (!settings.quiet) {
    print(difference, io.out);
  }
  return difference.none() ? ExitCode::good : ExitCode::no;
}

}  // namespace sluice::ctl
