// A session goes over to another snapshot: what nobody has changed stays as it is, connections included.
//
// First the flows, while those are there who may be told at once of what is deleted; then the ports; then the
// controllers. Most flows are told of when the switch reports them; whoever has gone by then hears nothing.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "slicing/discovery.hpp"
#include "slicing/flow_changes.hpp"
#include "slicing/probe.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

using policy::SliceId;

bool may_have_flows(const policy::Snapshot& policy, SliceId slice) {
  const policy::Slice& settings = policy.slice(slice);
  return !settings.gone && !settings.down;
}

namespace {

// What becomes of the session's flows under a snapshot.
struct FlowPlan {
  std::vector<FlowId> leaving;  // nothing of them is the slice's any more
  std::vector<std::pair<FlowId, std::vector<mapping::PhysicalFlow>>> changed;
};

FlowPlan plan_flows(const Session& s, const policy::Snapshot& policy, const policy::SwitchView& view) {
  const std::set<SliceId> here{view.slices().begin(), view.slices().end()};
  FlowPlan plan;
  for (const auto& [id, flow] : s.ledger.flows()) {
    if (!here.contains(flow.slice) || !may_have_flows(policy, flow.slice)) {
      plan.leaving.push_back(id);
      continue;
    }
    std::vector<mapping::PhysicalFlow> pieces = pieces_under(s, policy, view, flow);
    if (pieces == flow.pieces) continue;
    // A flow that stood for nothing before waits for its ports, as it did.
    if (pieces.empty() && !(policy.slice(flow.slice).lldp != policy::Lldp::none && is_discovery(flow.key.match))) {
      plan.leaving.push_back(id);
    } else {
      plan.changed.emplace_back(id, std::move(pieces));
    }
  }
  return plan;
}

// The controllers that the slices of a switch are to have, in the order of the file.
std::map<SliceId, std::vector<policy::Controller>> wanted_controllers(const policy::Snapshot& policy,
                                                                      policy::SwitchId id) {
  std::map<SliceId, std::vector<policy::Controller>> wanted;
  for (const policy::Region& region : policy.regions(id)) {
    if (may_have_flows(policy, region.slice)) wanted[region.slice] = policy.slice(region.slice).controllers;
  }
  return wanted;
}

bool has_leg(const Session& s, SliceId slice, const policy::Endpoint& at) {
  return std::any_of(s.legs.begin(), s.legs.end(),
                     [&](const Leg& leg) { return !leg.retired && leg.slice == slice && leg.controller.at == at; });
}

using Changes = std::map<SliceId, SliceChange>;

void count_ports(const policy::SwitchView& before, const policy::SwitchView& after, Changes& changes) {
  const auto missing = [](const policy::SwitchView& there, const policy::SwitchView& here, SliceId slice) {
    const auto ports = there.ports(slice);
    return static_cast<std::size_t>(
        std::count_if(ports.begin(), ports.end(), [&](ofmsg::PortNo port) { return !here.has_port(slice, port); }));
  };
  for (const SliceId slice : before.slices()) changes[slice].ports_removed = missing(before, after, slice);
  for (const SliceId slice : after.slices()) changes[slice].ports_added = missing(after, before, slice);
}

void count_controllers(const Session& s, const policy::Snapshot& policy, Changes& changes) {
  const auto wanted = wanted_controllers(policy, s.id);
  for (const auto& [slice, controllers] : wanted) {
    for (const policy::Controller& controller : controllers) {
      if (!has_leg(s, slice, controller.at)) ++changes[slice].controllers_added;
    }
  }
  for (const Leg& leg : s.legs) {
    if (leg.retired) continue;
    const auto found = wanted.find(leg.slice);
    const bool stays =
        found != wanted.end() && std::any_of(found->second.begin(), found->second.end(),
                                             [&leg](const policy::Controller& c) { return c.at == leg.controller.at; });
    if (!stays) ++changes[leg.slice].controllers_removed;
  }
}

Changes count_changes(const Session& s, const policy::Snapshot& policy, const policy::SwitchView& view,
                      const FlowPlan& plan) {
  Changes changes;
  count_ports(s.view, view, changes);
  count_controllers(s, policy, changes);
  for (const FlowId id : plan.leaving) ++changes[s.ledger.find(id)->slice].flows_removed;
  for (const auto& [id, pieces] : plan.changed) ++changes[s.ledger.find(id)->slice].flows_changed;
  return changes;
}

void tell(const Session& s, const policy::Snapshot& policy, Changes&& changes, ReloadReport& report) {
  for (auto& [slice, change] : changes) {
    if (!change.any()) continue;
    change.switch_name = s.name();
    change.slice = policy.slice(slice).name;
    report.changes.push_back(std::move(change));
  }
}

void carry_out(Session& s, Turn& t, FlowPlan&& plan) {
  Edit edit;
  for (auto& [id, pieces] : plan.changed) set_pieces(s, id, std::move(pieces), edit);
  for (const FlowId id : plan.leaving) s.ledger.erase(id, edit);
  const std::size_t count = plan.leaving.size();
  static_cast<void>(send_own(s, t, edit));
  s.fence_due = s.fence_due || count > 0 || !edit.steps.empty();
  depart_removed(s, t, std::move(edit), ofmsg::FlowRemovedReason::delete_);
  if (count > 0) note(s, t, NoteId::flows_left, "count=" + std::to_string(count));
}

// While the switch is away: a slice that has gone begins anew if it ever comes back. What stands of it on the switch is
// deleted when that is there again.
void forget_flows(Session& s) {
  std::vector<FlowId> gone;
  for (const auto& [id, flow] : s.ledger.flows()) {
    if (!may_have_flows(*s.policy, flow.slice)) gone.push_back(id);
  }
  Edit edit;
  for (const FlowId id : gone) s.ledger.erase(id, edit);
}

}  // namespace

ReloadReport foresee(const Session& s, const policy::Snapshot& next) {
  ReloadReport report;
  if (s.state != Session::State::up) return report;
  const policy::SwitchView view = next.bind(s.id, s.ports.all(), s.version());
  tell(s, next, count_changes(s, next, view, plan_flows(s, next, view)), report);
  return report;
}

void judge_flows(Session& s, Turn& t) {
  if (!std::exchange(s.flows_unjudged, false)) return;
  carry_out(s, t, plan_flows(s, *s.policy, s.view));
}

ReloadReport change_policy(Session& s, Turn& t, std::shared_ptr<const policy::Snapshot> next) {
  ReloadReport report;
  if (s.state == Session::State::up) {
    const policy::SwitchView view = next->bind(s.id, s.ports.all(), s.version());
    FlowPlan plan = plan_flows(s, *next, view);
    tell(s, *next, count_changes(s, *next, view, plan), report);
    s.policy = std::move(next);
    const policy::SwitchView before = std::exchange(s.view, view);
    for (const std::string& warning : s.view.warnings()) note(s, t, NoteId::view_warning, warning);
    keep_own_flows(s, t);
    carry_out(s, t, std::move(plan));
    tell_ports(s, t, before);
  } else {
    s.policy = std::move(next);
    s.flows_unjudged = true;
    forget_flows(s);
  }
  arrange_legs(s, t);
  look_after_absent(s, t);
  return report;
}

void arrange_legs(Session& s, Turn& t) {
  auto wanted = wanted_controllers(*s.policy, s.id);
  for (std::size_t i = 0; i < s.legs.size(); ++i) {
    Leg& leg = s.legs[i];
    if (leg.retired) continue;
    std::vector<policy::Controller>& controllers = wanted[leg.slice];
    const auto found = std::find_if(controllers.begin(), controllers.end(),
                                    [&leg](const policy::Controller& c) { return c.at == leg.controller.at; });
    if (found == controllers.end()) retire(s, t, i);
  }
  for (const auto& [slice, controllers] : wanted) {
    for (std::size_t rank = 0; rank < controllers.size(); ++rank) {
      Leg& leg = leg_for(s, t, slice, controllers[rank]);
      leg.controller = controllers[rank];
      leg.rank = rank;
      bound_queue(s, t, leg);
    }
  }
  s.legs_of.clear();
  for (std::size_t i = 0; i < s.legs.size(); ++i) {
    if (!s.legs[i].retired) s.legs_of[s.legs[i].slice].push_back(i);
  }
}

}  // namespace sluice::slicing
