#include "examples/switch/flow_table.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace sluice::flow_switch {

using namespace ofmsg;

namespace {

// Does any action of the flow, applied or written, send to the port? [OF 1.0 §4.6, OF 1.3.5 §6.4]
bool outputs_to(const Flow& flow, PortNo port) {
  const auto sends = [port](const Action& action) {
    if (const auto* output = std::get_if<Output>(&action)) return output->port == port;
    if (const auto* enqueue = std::get_if<Enqueue>(&action)) return enqueue->port == port;
    return false;
  };
  for (const Instruction& instruction : flow.instructions) {
    const Actions* actions = nullptr;
    if (const auto* apply = std::get_if<ApplyActions>(&instruction)) actions = &apply->actions;
    if (const auto* write = std::get_if<WriteActions>(&instruction)) actions = &write->actions;
    if (actions != nullptr && std::any_of(actions->begin(), actions->end(), sends)) return true;
  }
  return false;
}

bool has_flag(const FlowMod& mod, std::uint16_t flag) { return (mod.flags & flag) != 0; }

}  // namespace

std::optional<Time> Flow::idles_out() const {
  if (idle_timeout == 0) return std::nullopt;
  return used + std::chrono::seconds{idle_timeout};
}

std::optional<Time> Flow::times_out() const {
  if (hard_timeout == 0) return std::nullopt;
  return created + std::chrono::seconds{hard_timeout};
}

std::optional<Time> Flow::ends() const {
  const auto idle = idles_out();
  const auto hard = times_out();
  if (!idle || !hard) return idle ? idle : hard;
  return std::min(*idle, *hard);
}

bool Selection::has(const Flow& flow) const {
  if (table != all_tables && flow.table != table) return false;
  if ((flow.cookie & cookie_mask) != (cookie & cookie_mask)) return false;
  if (out_port != port::any && !outputs_to(flow, out_port)) return false;
  if (out_group.value != GroupId::any) return false;  // there are no groups
  if (how == How::identical) return flow.priority == priority && flow.match == match;
  return covers(match, flow.match);
}

Result<void, Reason> FlowTables::apply(const FlowMod& mod, const Rules& rules, Time now,
                                       std::vector<Removed>& removed) {
  // The specification allows "all tables" for DELETE only; Open vSwitch takes it for MODIFY too,
  // and `ovs-ofctl mod-flows` relies on that.
  const bool adds = mod.command == FlowModCommand::add;
  const bool table_exists = mod.table_id < count() || (!adds && mod.table_id == all_tables);
  switch (mod.command) {
    case FlowModCommand::add:
    case FlowModCommand::modify:
    case FlowModCommand::modify_strict:
    case FlowModCommand::delete_:
    case FlowModCommand::delete_strict:
      if (!table_exists) return Failure<Reason>{Reason::bad_table_id};
      break;
  }
  switch (mod.command) {
    case FlowModCommand::add: return add(mod, rules, now);
    case FlowModCommand::modify: return modify(mod, Selection::How::contained, rules, now);
    case FlowModCommand::modify_strict: return modify(mod, Selection::How::identical, rules, now);
    case FlowModCommand::delete_: remove(mod, Selection::How::contained, now, removed); return {};
    case FlowModCommand::delete_strict: remove(mod, Selection::How::identical, now, removed); return {};
  }
  return Failure<Reason>{Reason::bad_command};
}

Result<void, Reason> FlowTables::add(const FlowMod& mod, const Rules& rules, Time now) {
  std::vector<Flow>& table = tables_[mod.table_id];
  const auto same_priority = [&](const Flow& flow) { return flow.priority == mod.priority; };
  const auto old = std::find_if(table.begin(), table.end(),
                                [&](const Flow& flow) { return same_priority(flow) && flow.match == mod.match; });

  // A flow with the very same match does not overlap, it is replaced [OF 1.3.5 §6.4].
  if (old == table.end()) {
    const bool overlaps = std::any_of(table.begin(), table.end(), [&](const Flow& flow) {
      return same_priority(flow) && !disjoint(flow.match, mod.match);
    });
    if (has_flag(mod, FlowMod::check_overlap) && overlaps) return Failure<Reason>{Reason::overlap};
    if (table.size() >= room_) return Failure<Reason>{Reason::table_full};
  }

  Flow flow{.table = mod.table_id,
            .match = mod.match,
            .priority = mod.priority,
            .cookie = mod.cookie,
            .idle_timeout = mod.idle_timeout,
            .hard_timeout = mod.hard_timeout,
            .flags = mod.flags,
            .instructions = mod.instructions,
            .created = now,
            .used = now,
            .packets = 0,
            .bytes = 0,
            .age = added_++};
  if (old != table.end()) {
    const bool resets = rules.add_resets_counters || (rules.reset_counts_flag && has_flag(mod, FlowMod::reset_counts));
    if (!resets) {
      flow.packets = old->packets;
      flow.bytes = old->bytes;
    }
    *old = std::move(flow);  // no flow_removed for it
    return {};
  }
  const auto place =
      std::find_if(table.begin(), table.end(), [&](const Flow& other) { return other.priority < mod.priority; });
  table.insert(place, std::move(flow));
  return {};
}

Result<void, Reason> FlowTables::modify(const FlowMod& mod, Selection::How how, const Rules& rules, Time now) {
  const Selection selection{.how = how,
                            .table = mod.table_id,
                            .match = mod.match,
                            .priority = mod.priority,
                            .cookie = mod.cookie,
                            .cookie_mask = mod.cookie_mask,
                            .out_port = port::any,  // is about DELETE only
                            .out_group = {}};
  bool found = false;
  for (std::vector<Flow>& table : tables_) {
    for (Flow& flow : table) {
      if (!selection.has(flow)) continue;
      found = true;
      flow.instructions = mod.instructions;
      if (rules.modify_sets_cookie) flow.cookie = mod.cookie;
      if (rules.reset_counts_flag && has_flag(mod, FlowMod::reset_counts)) {
        flow.packets = 0;
        flow.bytes = 0;
      }
    }
  }
  if (!found && rules.modify_adds) return add(mod, rules, now);
  return {};
}

void FlowTables::remove(const FlowMod& mod, Selection::How how, Time now, std::vector<Removed>& removed) {
  const Selection selection{.how = how,
                            .table = mod.table_id,
                            .match = mod.match,
                            .priority = mod.priority,
                            .cookie = mod.cookie,
                            .cookie_mask = mod.cookie_mask,
                            .out_port = mod.out_port,
                            .out_group = mod.out_group};
  for (std::vector<Flow>& table : tables_) {
    std::vector<Flow> kept;
    for (Flow& flow : table) {
      if (selection.has(flow)) {
        removed.push_back({std::move(flow), FlowRemovedReason::delete_, now});
      } else {
        kept.push_back(std::move(flow));
      }
    }
    table = std::move(kept);
  }
}

void FlowTables::expire(Time now, std::vector<Removed>& removed) {
  std::vector<Removed> ended;
  for (std::vector<Flow>& table : tables_) {
    std::vector<Flow> kept;
    for (Flow& flow : table) {
      const auto end = flow.ends();
      if (end && *end <= now) {
        const auto reason = flow.times_out() == end ? FlowRemovedReason::hard_timeout : FlowRemovedReason::idle_timeout;
        ended.push_back({std::move(flow), reason, *end});
      } else {
        kept.push_back(std::move(flow));
      }
    }
    table = std::move(kept);
  }
  std::stable_sort(ended.begin(), ended.end(), [](const Removed& a, const Removed& b) { return a.at < b.at; });
  std::move(ended.begin(), ended.end(), std::back_inserter(removed));
}

std::optional<Time> FlowTables::next_end() const {
  std::optional<Time> next;
  for (const std::vector<Flow>& table : tables_) {
    for (const Flow& flow : table) {
      const auto end = flow.ends();
      if (end && (!next || *end < *next)) next = end;
    }
  }
  return next;
}

const Flow* FlowTables::lookup(std::uint8_t table, const PacketKey& key, std::size_t packet_size, Time now) {
  TableCounters& counters = counters_[table];
  ++counters.lookups;
  for (Flow& flow : tables_[table]) {
    if (!matches(flow.match, key)) continue;
    ++counters.hits;
    ++flow.packets;
    flow.bytes += packet_size;
    flow.used = now;
    return &flow;
  }
  return nullptr;
}

std::vector<const Flow*> FlowTables::select(const Selection& selection) const {
  std::vector<const Flow*> found;
  for (const std::vector<Flow>& table : tables_) {
    for (const Flow& flow : table) {
      if (selection.has(flow)) found.push_back(&flow);
    }
  }
  return found;
}

}  // namespace sluice::flow_switch
