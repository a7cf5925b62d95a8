#include "admin/answer_text.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "admin/table.hpp"
#include "admin/verbs.hpp"
#include "ofmsg/text.hpp"

namespace sluice::admin {

using namespace slicing;

namespace {

std::string since(const Daemon& daemon, const std::optional<Time>& time) {
  return time ? age(daemon.now - *time) : std::string{};
}

// "DOWN" in a column of "up"s is seen at once.
std::string shown(const std::string& state) { return state == "down" ? "DOWN" : state; }

std::string of_version(const SwitchState& s) {
  return s.version ? std::string{ofmsg::text(*s.version)} : std::string{};
}

Table switch_table(const DomainState& state, const Daemon& daemon) {
  Table table{"SWITCH", "DPID", "STATE", "OF", "PEER", ">FLOWS", ">MSGS IN", ">MSGS OUT", ">REFUSED", ">SINCE"};
  for (const SwitchState& s : state.switches) {
    table.row({s.name, ofmsg::text(s.dpid), shown(s.state), of_version(s), s.peer, std::to_string(s.physical_flows),
               std::to_string(s.messages_in), std::to_string(s.messages_out), std::to_string(s.refused),
               since(daemon, s.since)});
  }
  return table;
}

// One controller of a slice, over all switches: "up" when it is connected for each of them.
struct ControllerRow {
  std::string controller;
  std::string role;
  std::string state;
  std::size_t up = 0, all = 0;
};

std::vector<ControllerRow> controllers(const SliceState& slice, const DomainState& state) {
  std::vector<ControllerRow> rows;
  for (const LegState& leg : state.legs) {
    if (leg.slice != slice.name) continue;
    auto row = std::find_if(rows.begin(), rows.end(), [&leg](const auto& r) { return r.controller == leg.controller; });
    if (row == rows.end()) row = rows.insert(rows.end(), ControllerRow{leg.controller, leg.role, leg.state, 0, 0});
    ++row->all;
    if (leg.state == "up") ++row->up;
    if (leg.state != row->state) row->state = "partly";
    if (leg.role != row->role) row->role = "mixed";
  }
  return rows;
}

std::string rules_text(const SliceState& slice) {
  std::string out;
  for (const std::string& rule : slice.rules) out += fmt::format("  {}\n", printable(rule));
  return out;
}

template <class Chosen>
Table leg_table(const DomainState& state, const Daemon& daemon, Chosen chosen) {
  Table table{"SLICE",     "SWITCH",      "CONTROLLER", "STATE",    "ROLE",   ">MSGS IN",
              ">MSGS OUT", ">PACKET INS", ">DROPPED",   ">REFUSED", ">SINCE", "LAST ERROR"};
  for (const LegState& l : state.legs) {
    if (!chosen(l)) continue;
    std::string trouble = l.last_error;
    if (l.next_try) trouble += fmt::format(" (next try in {})", age(std::max(Time{}, *l.next_try - daemon.now)));
    table.row({l.slice, l.switch_name, l.controller, l.state, l.role, std::to_string(l.messages_in),
               std::to_string(l.messages_out), std::to_string(l.packet_ins), std::to_string(l.packet_ins_dropped),
               std::to_string(l.refused), since(daemon, l.since), trouble});
  }
  return table;
}

std::string any_of(const ofmsg::Match& match) {
  const std::string text = ofmsg::text(match);
  return text.empty() ? "any" : text;
}

// Two lines for the flow on the left, two for each piece on the right.
void append_flow(Table& table, const FlowState& flow) {
  std::string head = fmt::format("prio={} {}", flow.priority, any_of(flow.match));
  if (flow.cookie != 0) head += fmt::format(" cookie=0x{:x}", flow.cookie);
  if (flow.idle_timeout != 0) head += fmt::format(" idle={}", flow.idle_timeout);
  if (flow.hard_timeout != 0) head += fmt::format(" hard={}", flow.hard_timeout);
  const std::vector<std::string> left{std::move(head), "   " + ofmsg::text(flow.instructions)};
  std::vector<std::string> right;
  for (const PieceState& piece : flow.pieces) {
    std::string line = fmt::format("prio={} {}", piece.priority, any_of(piece.match));
    if (piece.narrowed) line += " [narrowed]";
    if (piece.state != "installed") line += fmt::format(" [{}]", piece.state);
    right.push_back(std::move(line));
    right.push_back("   " + ofmsg::text(piece.instructions));
  }
  if (right.empty()) right.push_back("nothing");
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    table.row({i < left.size() ? left[i] : " ", i < right.size() ? right[i] : " ", i == 0 ? age(flow.age) : " "});
  }
}

std::string list_of(const std::vector<std::string>& names) {
  return names.empty() ? std::string{"none"} : fmt::format("\"{}\"", fmt::join(names, "\", \""));
}

}  // namespace

std::string age(Time time) {
  using namespace std::chrono;
  const auto total = std::max<std::int64_t>(0, duration_cast<std::chrono::seconds>(time).count());
  if (total < 60) return fmt::format("{}s", total);
  if (total < 3600) return fmt::format("{}m", total / 60);
  if (total < 86400) return fmt::format("{}h{:02}m", total / 3600, total / 60 % 60);
  return fmt::format("{}d{:02}h", total / 86400, total / 3600 % 24);
}

std::string timestamp(const Daemon& daemon, Time time) {
  using namespace std::chrono;
  const milliseconds wall = daemon.wall - floor<milliseconds>(daemon.now - time);
  const auto day = floor<days>(wall);
  const year_month_day date{sys_days{day}};
  const hh_mm_ss clock{wall - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::vector<std::string> warnings(const DomainState& state, const Daemon& daemon) {
  std::vector<std::string> found;
  if (daemon.reload && !daemon.reload->taken) {
    found.push_back(fmt::format("the slice file was not taken {} ago, and the one before is in force: {}",
                                age(daemon.now - daemon.reload->at), daemon.reload->summary));
  }
  for (const SwitchState& s : state.switches) {
    if (!s.configured) {
      found.push_back(fmt::format("switch {} ({}) is connected but not in the slice file", s.name, s.peer));
    } else if (s.state == "down") {
      found.push_back(fmt::format("switch {} is down{}", s.name,
                                  s.since ? fmt::format(" ({})", age(daemon.now - *s.since)) : std::string{}));
    }
    for (const std::string& warning : s.warnings) found.push_back(fmt::format("{}: {}", s.name, warning));
  }
  for (const LegState& l : state.legs) {
    if (l.state == "up" || l.last_error.empty()) continue;
    std::string text =
        fmt::format("{}'s controller {} is not there for {}: {}", l.slice, l.controller, l.switch_name, l.last_error);
    if (l.next_try) text += fmt::format(" (next try in {})", age(std::max(Time{}, *l.next_try - daemon.now)));
    found.push_back(std::move(text));
  }
  return found;
}

namespace {

std::string reload_text(const Daemon& daemon) {
  if (!daemon.reload || !daemon.reload->taken) return {};
  return fmt::format(", reloaded {} ago", age(daemon.now - daemon.reload->at));
}

// What is not nothing, as "2 flows removed, 1 port added".
std::string counts_text(const SliceChange& change) {
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view what, std::string_view verb) {
    if (count == 0) return;
    text += fmt::format("{}{} {}{} {}", text.empty() ? "" : ", ", count, what, count == 1 ? "" : "s", verb);
  };
  add(change.flows_removed, "flow", "removed");
  add(change.flows_changed, "flow", "changed");
  add(change.ports_added, "port", "added");
  add(change.ports_removed, "port", "removed");
  add(change.controllers_added, "controller", "added");
  add(change.controllers_removed, "controller", "removed");
  return text;
}

}  // namespace

std::string reloaded_text(const ReloadReport& report, bool dry_run) {
  std::string out = dry_run ? "the slice file is good; taking it would change" : "the slice file was taken; it changed";
  if (report.changes.empty() && report.switches_gone.empty() && report.switches_refused.empty() &&
      report.switches_known.empty()) {
    return out + " nothing for those who are connected\n";
  }
  Table table{"SWITCH", "SLICE", "CHANGE"};
  for (const SliceChange& change : report.changes) table.row({change.switch_name, change.slice, counts_text(change)});
  for (const std::string& name : report.switches_gone) table.row({name, "", "is in the file no more: disconnected"});
  for (const std::string& name : report.switches_refused) {
    table.row({name, "", "its OpenFlow version is no longer allowed: disconnected"});
  }
  for (const std::string& name : report.switches_known) table.row({name, "", "is in the file now"});
  return out + '\n' + table.text();
}

std::string status_text(const DomainState& state, const Daemon& daemon) {
  const std::vector<std::string> worries = warnings(state, daemon);
  std::string out = fmt::format("{}  running {}  config {:07x} ({}{})  listening on {}",
                                state.name.empty() ? "sluiced" : printable(state.name),
                                age(daemon.now - daemon.started), state.fingerprint >> 36U,
                                printable(daemon.slice_file), reload_text(daemon), fmt::join(daemon.listening, ", "));
  if (!worries.empty()) out += fmt::format("  {} warning{}", worries.size(), worries.size() == 1 ? "" : "s");
  out += '\n';
  const Table switch_rows = switch_table(state, daemon);
  out += switch_rows.empty() ? "no switch in the slice file, none connected\n" : switch_rows.text();
  out += slices_text(state);
  for (const std::string& worry : worries) out += fmt::format("warning: {}\n", printable(worry));
  return out;
}

std::string slices_text(const DomainState& state) {
  Table table{"SLICE", "STATE", "CONTROLLER", "ROLE", "CONNECTED", "SWITCHES", ">FLOWS", ">PHYSICAL", ">REFUSED"};
  for (const SliceState& s : state.slices) {
    std::vector<ControllerRow> rows = controllers(s, state);
    if (rows.empty()) rows.push_back({"", "", s.switches_up == 0 ? "idle" : "no controller", 0, 0});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const ControllerRow& c = rows[i];
      const std::string connected = c.all == 0 ? std::string{} : fmt::format("{}/{}", c.up, c.all);
      if (i > 0) {
        table.row({" ", c.state, c.controller, c.role, connected, " ", " ", " ", " "});
        continue;
      }
      table.row({s.name, c.state, c.controller, c.role, connected,
                 fmt::format("{}/{}", s.switches_up, s.switches_configured), std::to_string(s.virtual_flows),
                 std::to_string(s.physical_flows), std::to_string(s.refused)});
    }
  }
  return table.empty() ? "no slices in the slice file\n" : table.text();
}

std::string slice_text(const SliceState& slice, const DomainState& state, const Daemon& daemon) {
  std::string out = fmt::format("slice {}", printable(slice.name));
  if (!slice.owner.empty()) out += fmt::format("  owner {}", printable(slice.owner));
  out += fmt::format("\nswitches {}/{} up  flows {} -> {} physical  refused {}\nflowspace\n{}", slice.switches_up,
                     slice.switches_configured, slice.virtual_flows, slice.physical_flows, slice.refused,
                     rules_text(slice));
  const Table legs = leg_table(state, daemon, [&slice](const LegState& l) { return l.slice == slice.name; });
  return out + (legs.empty() ? "no controller is dialled: none of its switches is up\n" : legs.text());
}

std::string switches_text(const DomainState& state, const Daemon& daemon) {
  const Table table = switch_table(state, daemon);
  return table.empty() ? "no switch in the slice file, none connected\n" : table.text();
}

std::string switch_text(const SwitchState& found, const DomainState& state, const Daemon& daemon) {
  std::string out = fmt::format("switch {}  dpid {}  {}", printable(found.name), ofmsg::text(found.dpid),
                                printable(shown(found.state)));
  if (found.since) out += fmt::format(" for {}", age(daemon.now - *found.since));
  if (found.version) out += fmt::format("  OpenFlow {}", ofmsg::text(*found.version));
  if (!found.peer.empty()) out += fmt::format("  from {}", printable(found.peer));
  out += fmt::format("\nflows {} -> {} physical  messages {} in, {} out  refused {}\n", found.virtual_flows,
                     found.physical_flows, found.messages_in, found.messages_out, found.refused);
  std::string undelivered;
  for (std::size_t i = 0; i < found.undelivered.size(); ++i) {
    if (found.undelivered[i] == 0) continue;
    undelivered += fmt::format("  {} {}", slicing::undelivered_names[i], found.undelivered[i]);
  }
  if (!undelivered.empty()) out += fmt::format("packet_ins not delivered:{}\n", undelivered);
  Table ports{">PORT", "NAME", "LINK", "SLICES"};
  for (const PortState& port : found.ports) {
    ports.row({ofmsg::text(port.number), port.name, port.link_up ? "up" : "DOWN",
               fmt::format("{}", fmt::join(port.slices, ","))});
  }
  out += ports.text();
  out += leg_table(state, daemon, [&found](const LegState& l) { return l.switch_name == found.name; }).text();
  for (const std::string& warning : found.warnings) out += fmt::format("warning: {}\n", printable(warning));
  return out;
}

std::string rejects_text(const std::vector<Refusal>& refusals, const Daemon& daemon) {
  if (refusals.empty()) return "nothing was refused\n";
  Table table{">AGO", "SLICE", "SWITCH", "TYPE", ">XID", "CODE", "ERROR", "RULE", "WHY"};
  for (const Refusal& r : refusals) {
    table.row({age(daemon.now - r.at), r.slice, r.switch_name, r.kind, fmt::format("0x{:x}", r.xid), r.code, r.error,
               r.rule ? r.rule->name : std::string{}, r.why});
  }
  return table.text();
}

std::string flows_text(const std::vector<FlowState>& flows) {
  if (flows.empty()) return "no flows\n";
  std::string out;
  std::size_t pieces = 0;
  // Flows come in order of switch and slice; each such group gets its own headed table.
  for (auto from = flows.begin(); from != flows.end();) {
    const auto to = std::find_if(from, flows.end(), [from](const FlowState& f) {
      return f.slice != from->slice || f.switch_name != from->switch_name;
    });
    Table table{"VIRTUAL (what the controller asked)", "PHYSICAL (what the switch has)", ">AGE"};
    for (const FlowState& f : std::vector<FlowState>(from, to)) {
      append_flow(table, f);
      pieces += f.pieces.size();
    }
    out += fmt::format("{}{} on {}\n{}", from == flows.begin() ? "" : "\n", printable(from->slice),
                       printable(from->switch_name), table.text());
    from = to;
  }
  return out + fmt::format("{} virtual -> {} physical\n", flows.size(), pieces);
}

std::string commands_text() {
  std::string out = "The available commands are:\n";
  std::size_t width = 0;
  for (const Verb& verb : verbs()) width = std::max(width, verb.name.size() + 1 + verb.usage.size());
  for (const Verb& verb : verbs()) {
    const std::string call = fmt::format("{} {}", verb.name, verb.usage);
    out += fmt::format("  {:<{}}  {}\n", call, width, verb.help);
  }
  return out;
}

// --- names ---------------------------------------------------------------------------------------------------------

std::optional<std::string> unknown_slice(const DomainState& state, std::string_view name) {
  std::vector<std::string> names;
  for (const SliceState& s : state.slices) {
    if (s.name == name) return std::nullopt;
    names.push_back(s.name);
  }
  return fmt::format("no slice \"{}\"; there are: {}", printable(name), list_of(names));
}

const SwitchState* find_switch(const DomainState& state, std::string_view name) {
  const auto found = std::find_if(state.switches.begin(), state.switches.end(), [name](const SwitchState& s) {
    return s.name == name || ofmsg::text(s.dpid) == name;
  });
  return found == state.switches.end() ? nullptr : &*found;
}

std::string unknown_switch(const DomainState& state, std::string_view name) {
  std::vector<std::string> names;
  for (const SwitchState& s : state.switches) names.push_back(printable(s.name));
  return fmt::format("no switch \"{}\"; there are: {}", printable(name), list_of(names));
}

}  // namespace sluice::admin
