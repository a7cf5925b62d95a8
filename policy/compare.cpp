#include "policy/compare.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "ofmsg/text_parts.hpp"
#include "policy/boxes.hpp"

namespace sluice::policy {
namespace {

using ofmsg::Match;

// Above it, what is left of a header is not taken apart but shown as a whole.
constexpr std::size_t most_pieces = 256;

// What of these headers is in none of the others.
std::vector<Match> missing(const std::vector<Match>& headers, const std::vector<Match>& others) {
  const std::set<Match> same{others.begin(), others.end()};
  std::vector<Match> rest;
  for (const Match& header : headers) {
    if (same.contains(header)) continue;
    std::vector<const Match*> near;
    for (const Match& other : others) {
      if (!ofmsg::disjoint(header, other)) near.push_back(&other);
    }
    std::vector<Match> pieces = without(header, near, most_pieces).value_or(std::vector{header});
    rest.insert(rest.end(), std::make_move_iterator(pieces.begin()), std::make_move_iterator(pieces.end()));
  }
  std::sort(rest.begin(), rest.end());
  rest.erase(std::unique(rest.begin(), rest.end()), rest.end());
  return rest;
}

// One of the two sides, with a switch bound to ports that both sides know.
struct Side {
  const Snapshot& snapshot;
  std::optional<SwitchId> id;
  SwitchView view;

  Side(const Snapshot& s, std::optional<SwitchId> switch_id, const std::vector<ofmsg::Port>& ports)
      : snapshot{s}, id{switch_id} {
    // In the newest version, which has words for everything.
    if (id) view = snapshot.bind(*id, ports, ofmsg::v1_5);
  }

  // What a slice may write or read at a port.
  std::vector<Match> at(std::optional<SliceId> slice, Access access, const ofmsg::Port& port) const {
    if (!id || !slice) return {};
    if (access == Access::read) return rules_at(slice, access, port);
    std::vector<Match> headers;
    for (const Box& box : view.at(*slice, port.number)) headers.push_back(box.header);
    return headers;
  }

  // The headers of its rules there, whatever others have of them.
  std::vector<Match> rules_at(std::optional<SliceId> slice, Access access, const ofmsg::Port& port) const {
    std::vector<Match> headers;
    if (!id || !slice) return headers;
    for (const Region& region : snapshot.regions(*id)) {
      if (region.slice == *slice && region.access == access && has_port(region.ports, port)) {
        headers.push_back(region.header);
      }
    }
    return headers;
  }
};

class Comparer {
 public:
  Comparer(const Snapshot& before, const Snapshot& after) : before_{before}, after_{after} {}

  Difference run() {
    add_slices(after_, false);
    add_slices(before_, true);
    compare_switches();
    for (SliceDifference& slice : out_.slices) {
      if (slice.what == SliceDifference::What::same && !(slice.traffic.empty() && slice.settings.empty())) {
        slice.what = SliceDifference::What::changed;
      }
    }
    compare_proxies();
    return std::move(out_);
  }

 private:
  using What = SliceDifference::What;

  void add_slices(const Snapshot& side, bool old) {
    for (const Slice& slice : side.slices()) {
      if (slice.gone || place_.contains(slice.name)) continue;
      place_.emplace(slice.name, out_.slices.size());
      SliceDifference& difference = out_.slices.emplace_back();
      difference.slice = slice.name;
      const auto other = before_.find_slice(slice.name);
      difference.what = old ? What::removed : other ? What::same : What::added;
      if (difference.what == What::same) compare_settings(before_.slice(*other), slice, difference.settings);
    }
  }

  static void note(std::vector<SettingChange>& into, std::string key, std::string before, std::string after) {
    if (before != after) into.push_back({std::move(key), std::move(before), std::move(after)});
  }

  static std::string controllers(const Slice& slice) {
    std::string all;
    for (const Controller& controller : slice.controllers) {
      all += (all.empty() ? "" : ", ") + text(controller.at) + (controller.standby ? " (standby)" : "") +
             (controller.read_only ? " (read-only)" : "");
    }
    return all;
  }

  static std::string absence(const Absence& absence) {
    constexpr std::array<std::string_view, 3> words{"keep", "drop", "flush"};
    const auto word = [&words](Absence::Do what) { return std::string{words[static_cast<std::size_t>(what)]}; };
    std::string all = word(absence.first);
    if (absence.after)
      all += ", then " + word(absence.then) + " after " + std::to_string(absence.after->count()) + "ms";
    return all + (absence.drops == Absence::Drops::rule ? ", by rule" : "");
  }

  static std::string allowed(const Allowed& allowed) {
    std::string all = allowed.normal ? "normal" : "";
    for (const std::uint32_t vendor : allowed.vendors) {
      all += (all.empty() ? "vendor:" : ", vendor:") + ofmsg::hex(std::uint64_t{vendor});
    }
    return all;
  }

  static std::string rate_text(const Rate& rate) {
    constexpr std::chrono::nanoseconds second = std::chrono::seconds{1};
    const std::string pace = rate.interval > second ? "1/" + std::to_string(rate.interval / second) + "s"
                                                    : std::to_string(second / rate.interval) + "/s";
    return pace + ", " + std::to_string(rate.burst) + " at once";
  }

  static void compare_limits(const Limits& a, const Limits& b, std::vector<SettingChange>& into) {
    const auto number = [&](const char* key, std::uint32_t Limits::*limit) {
      note(into, std::string{"limits."} + key, std::to_string(a.*limit), std::to_string(b.*limit));
    };
    const auto rate = [&](const char* key, Rate Limits::*limit) {
      note(into, std::string{"limits."} + key, rate_text(a.*limit), rate_text(b.*limit));
    };
    number("expand", &Limits::expand);
    number("flows", &Limits::flows);
    number("flows_per_switch", &Limits::flows_per_switch);
    number("entries_per_switch", &Limits::entries_per_switch);
    rate("flow_mods", &Limits::flow_mods);
    rate("packet_ins", &Limits::packet_ins);
    rate("packet_outs", &Limits::packet_outs);
    const auto excess = [](const Limits& limits) { return limits.on_excess == Excess::delay ? "delay" : "error"; };
    note(into, "limits.on_excess", excess(a), excess(b));
    number("queue_bytes", &Limits::queue_bytes);
  }

  static void compare_settings(const Slice& a, const Slice& b, std::vector<SettingChange>& into) {
    note(into, "owner", a.owner, b.owner);
    note(into, "state", a.down ? "down" : "up", b.down ? "down" : "up");
    note(into, "controllers", controllers(a), controllers(b));
    compare_limits(a.limits, b.limits, into);
    note(into, "when_controller_down", absence(a.absence), absence(b.absence));
    note(into, "allow", allowed(a.allowed), allowed(b.allowed));
    constexpr const char* lldp[] = {"own", "all", "none"};
    note(into, "lldp", lldp[static_cast<std::size_t>(a.lldp)], lldp[static_cast<std::size_t>(b.lldp)]);
    note(into, "outside", a.outside == Outside::reject ? "reject" : "intersect",
         b.outside == Outside::reject ? "reject" : "intersect");
    note(into, "id", std::to_string(a.number), std::to_string(b.number));
  }

  void compare_switches() {
    for (const Switch& s : after_.switches()) {
      if (!s.gone) compare_switch(s, before_.find_switch(s.dpid), after_.find_switch(s.dpid));
    }
    for (const Switch& s : before_.switches()) {
      if (!s.gone && !after_.find_switch(s.dpid)) compare_switch(s, before_.find_switch(s.dpid), std::nullopt);
    }
  }

  static std::string versions(const Switch& s) {
    std::string all;
    for (const ofmsg::Version v : ofmsg::all_versions) {
      if (s.versions.has(v)) all += (all.empty() ? "" : ", ") + std::string{ofmsg::text(v)};
    }
    return all;
  }

  void compare_switch(const Switch& s, std::optional<SwitchId> old_id, std::optional<SwitchId> new_id) {
    const std::string where = "switches." + s.name;
    note(out_.settings, where, old_id ? before_.switch_(*old_id).name : "", new_id ? s.name : "");
    if (old_id && new_id) {
      const Switch& old = before_.switch_(*old_id);
      constexpr std::array<std::string_view, 2> unowned{"punt", "drop"};
      constexpr std::array<std::string_view, 3> foreign{"report", "keep", "delete"};
      note(out_.settings, where + ".openflow", versions(old), versions(s));
      note(out_.settings, where + ".unowned", std::string{unowned[static_cast<std::size_t>(old.unowned)]},
           std::string{unowned[static_cast<std::size_t>(s.unowned)]});
      note(out_.settings, where + ".foreign", std::string{foreign[static_cast<std::size_t>(old.foreign)]},
           std::string{foreign[static_cast<std::size_t>(s.foreign)]});
    }
    std::vector<PortRef> refs;
    if (old_id) refs = port_refs(before_, *old_id);
    if (new_id) {
      const std::vector<PortRef> more = port_refs(after_, *new_id);
      refs.insert(refs.end(), more.begin(), more.end());
    }
    const ImaginedPorts ports{refs};
    const Side old_side{before_, old_id, ports.list()};
    const Side new_side{after_, new_id, ports.list()};
    for (SliceDifference& slice : out_.slices) {
      for (const Access access : {Access::write, Access::read}) {
        compare_traffic(s.name, ports, old_side, new_side, access, slice);
      }
      compare_queues(s.name, ports, old_side, new_side, slice);
    }
  }

  // "1,2, forced 1"
  static std::string queues(const Side& side, std::optional<SliceId> slice, ofmsg::PortNo port) {
    std::string all;
    if (!slice) return all;
    const Queues& here = side.view.queues(*slice, port);
    for (const std::uint32_t queue : here.allowed) all += (all.empty() ? "" : ",") + std::to_string(queue);
    return all + (here.forced ? ", forced " + std::to_string(*here.forced) : "");
  }

  // Only of slices that were there: a new one has all that its rules say.
  void compare_queues(const std::string& switch_name, const ImaginedPorts& ports, const Side& old_side,
                      const Side& new_side, SliceDifference& into) const {
    if (into.what != What::same) return;
    // Ports with the same change stand together.
    std::map<std::pair<std::string, std::string>, std::vector<ofmsg::PortNo>> changes;
    for (const ofmsg::PortNo port : ports.numbers()) {
      std::string before = queues(old_side, before_.find_slice(into.slice), port);
      std::string after = queues(new_side, after_.find_slice(into.slice), port);
      if (before != after) changes[{std::move(before), std::move(after)}].push_back(port);
    }
    for (const auto& [change, where] : changes) {
      std::string key = "queues " + switch_name;
      char between = ':';
      for (const std::string& port : ports.texts(where)) key += std::exchange(between, ',') + port;
      note(into.settings, std::move(key), change.first, change.second);
    }
  }

  void compare_traffic(const std::string& switch_name, const ImaginedPorts& ports, const Side& old_side,
                       const Side& new_side, Access access, SliceDifference& into) const {
    const auto old_slice = before_.find_slice(into.slice);
    const auto new_slice = after_.find_slice(into.slice);
    // Ports with the same change stand together.
    std::vector<TrafficChange> changes;
    std::vector<std::vector<ofmsg::PortNo>> where;
    const auto add = [&](TrafficChange::What what, ofmsg::PortNo port, std::vector<Match> headers) {
      if (headers.empty()) return;
      const Side& side = what == TrafficChange::What::gained ? new_side : old_side;
      std::vector<Match> within = side.rules_at(&side == &new_side ? new_slice : old_slice, access, ports.port(port));
      std::erase_if(within, [&headers](const Match& rule) {
        return std::all_of(headers.begin(), headers.end(), [&](const Match& m) { return ofmsg::disjoint(rule, m); });
      });
      const auto same = std::find_if(changes.begin(), changes.end(), [&](const TrafficChange& change) {
        return change.what == what && change.headers == headers && change.within == within;
      });
      if (same != changes.end()) return where[static_cast<std::size_t>(same - changes.begin())].push_back(port);
      changes.push_back({what, access, switch_name, {}, std::move(headers), std::move(within)});
      where.push_back({port});
    };
    for (const ofmsg::PortNo number : ports.numbers()) {
      const ofmsg::Port port = ports.port(number);
      const std::vector<Match> before = old_side.at(old_slice, access, port);
      const std::vector<Match> after = new_side.at(new_slice, access, port);
      add(TrafficChange::What::gained, number, missing(after, before));
      add(TrafficChange::What::lost, number, missing(before, after));
    }
    for (std::size_t i = 0; i < changes.size(); ++i) changes[i].ports = ports.texts(where[i]);
    into.traffic.insert(into.traffic.end(), std::make_move_iterator(changes.begin()),
                        std::make_move_iterator(changes.end()));
  }

  static std::string listens(const Snapshot& side) {
    std::string all;
    for (const Endpoint& at : side.listen()) all += (all.empty() ? "" : ", ") + text(at);
    return all;
  }

  void compare_proxies() {
    note(out_.settings, "proxy.name", before_.name(), after_.name());
    note(out_.settings, "proxy.listen", listens(before_), listens(after_));
  }

  const Snapshot& before_;
  const Snapshot& after_;
  Difference out_;
  std::map<std::string, std::size_t> place_;  // of slices in the result
};

}  // namespace

bool Difference::none() const {
  return settings.empty() && std::all_of(slices.begin(), slices.end(), [](const SliceDifference& slice) {
           return slice.what == SliceDifference::What::same;
         });
}

Difference compare(const Snapshot& before, const Snapshot& after) { return Comparer{before, after}.run(); }

}  // namespace sluice::policy
