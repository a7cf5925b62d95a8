// Keeping flows right when the world around them changes: ports that come and go, a switch that comes back, idle
// timeouts of flows with several pieces.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "slicing/cookie.hpp"
#include "slicing/discovery.hpp"
#include "slicing/flow_changes.hpp"

namespace sluice::slicing {

namespace {

void recut(Session& s, const std::vector<FlowId>& flows, Edit& edit) {
  for (const FlowId id : flows) {
    const Flow* flow = s.ledger.find(id);
    if (flow == nullptr) continue;
    std::vector<mapping::PhysicalFlow> pieces = pieces_under(s, *s.policy, s.view, *flow);
    if (pieces != flow->pieces) set_pieces(s, id, std::move(pieces), edit);
  }
}

}  // namespace

void refresh_flows(Session& s, Turn& t) {
  Edit edit = s.ledger.everything();
  std::vector<FlowId> all;
  for (const auto& [id, flow] : s.ledger.flows()) all.push_back(id);
  recut(s, all, edit);
  static_cast<void>(send_own(s, t, edit));
}

void refresh_flows(Session& s, Turn& t, policy::SliceId slice) {
  std::vector<FlowId> all;
  for (const auto& [id, flow] : s.ledger.flows()) {
    if (flow.slice == slice) all.push_back(id);
  }
  Edit edit;
  recut(s, all, edit);
  static_cast<void>(send_own(s, t, edit));
}

void recut_flows(Session& s, Edit& edit) {
  std::vector<FlowId> back;
  for (const Edit::Step& step : edit.steps) back.push_back(step.flow);
  recut(s, back, edit);
}

namespace {

// An earlier run may have drawn the same epoch: one that none of the foreign flows bears, if there is one.
std::uint8_t free_epoch(const Session& s) {
  std::set<std::uint8_t> taken;
  for (const auto& [key, cookie] : s.foreign) taken.insert(Cookie::parse(cookie)->epoch);
  std::uint8_t epoch = s.epoch;
  while (taken.contains(epoch) && ++epoch != s.epoch) {
  }
  return epoch;
}

}  // namespace

void reconcile(Session& s, Turn& t, const std::vector<ofmsg::FlowStats>& physical) {
  s.foreign.clear();
  s.orphans.clear();
  std::size_t confirmed = 0;
  std::vector<std::pair<FlowKey, std::uint64_t>> ours;  // to be deleted, with their cookies
  std::vector<PhysicalChange> leftover;                 // removed while the switch was away, or when it went
  for (const ofmsg::FlowStats& stats : physical) {
    const std::optional<Cookie> cookie = Cookie::parse(stats.cookie);
    if (!cookie) continue;
    const FlowKey key{stats.priority, stats.match};
    if (is_discovery_cookie(stats.cookie) && own_flow_found(s, stats)) {
      if (cookie->epoch == s.epoch) ++confirmed;
      continue;
    }
    // Of our own. Those for single packets end by themselves; those for rules are made anew if they are still wanted.
    if (cookie->slice == Cookie::nobody) {
      if (stats.hard_timeout == 0) ours.emplace_back(key, stats.cookie);
      continue;
    }
    const auto whose = flow_of(s, stats.cookie);
    if (whose && s.ledger.confirm(whose->first, key, whose->second, stats.instructions)) {
      ++confirmed;
    } else if (whose && s.ledger.issued(whose->second)) {
      s.ledger.expect_removal(whose->second, key);
      leftover.push_back(
          {PhysicalChange::What::remove, whose->first, key, whose->second, {}, Counts::keep, std::nullopt});
    } else {
      s.foreign.emplace(key, stats.cookie);
      if (s.policy->slice_with_number(cookie->slice)) s.orphans.push_back(stats);
    }
  }
  const policy::Foreign foreign = s.settings().foreign;
  if (foreign == policy::Foreign::delete_) {
    ours.insert(ours.end(), s.foreign.begin(), s.foreign.end());
    if (!s.foreign.empty()) note(s, t, NoteId::foreign_flow, "deleted=" + std::to_string(s.foreign.size()));
    s.foreign.clear();
  }
  for (const auto& [key, cookie] : ours) delete_physical(s, t, key, cookie);
  if (s.ledger.flows().empty() && leftover.empty()) s.epoch = free_epoch(s);
  // A switch that has none of our flows has started anew, and so do its slices: a virtual switch forgets as a real one.
  const bool anew = confirmed == 0 && leftover.empty();
  if (!leftover.empty()) send_changes(s, t, s.ops.open(Op{}), std::move(leftover));
  if (anew) return s.ledger.clear();
  // A flow with a timeout that is not there any more has ended while we were away.
  std::vector<FlowId> ended;
  for (const auto& [id, flow] : s.ledger.flows()) {
    const bool timed = flow.idle_timeout > 0 || flow.hard_timeout > 0;
    if (timed && s.ledger.lacks_a_piece(flow)) ended.push_back(id);
  }
  Edit edit = s.ledger.everything();
  for (const FlowId id : ended) s.ledger.erase(id, edit);
  // What is to be judged first comes back after that; see setup_answered.
  const std::size_t count = s.flows_unjudged ? 0 : send_own(s, t, edit);
  if (count > 0) note(s, t, NoteId::flow_reinstalled, "count=" + std::to_string(count));
}

void expire_flows(Session& s, Turn& t) {
  while (const auto due = s.ledger.expired(t.now)) withdraw(s, t, due->flow, due->reason);
}

void adopt_flows(Session& s, Turn& t) {
  std::vector<ofmsg::FlowStats> orphans = std::exchange(s.orphans, {});
  if (s.settings().foreign != policy::Foreign::report) return;
  Edit edit;
  std::size_t count = 0;
  for (ofmsg::FlowStats& stats : orphans) {
    const policy::SliceId slice = *s.policy->slice_with_number(Cookie::parse(stats.cookie)->slice);
    Flow flow;
    flow.slice = slice;
    flow.key = {stats.priority, std::move(stats.match)};
    flow.idle_timeout = stats.idle_timeout;
    flow.hard_timeout = stats.hard_timeout;
    flow.instructions = std::move(stats.instructions);
    flow.since = t.now - std::chrono::seconds{stats.duration_sec};
    flow.active = t.now;
    flow.adopted = true;
    // Installed anew with our cookie, its entry counts from zero.
    flow.carried = {stats.packet_count, stats.byte_count};
    flow.pieces = pieces_under(s, *s.policy, s.view, flow);
    // Nobody's any more, or cut otherwise now: what it stood for cannot be told.
    const bool same = flow.pieces.size() == 1 && place_of(flow, flow.pieces.front()) == flow.key;
    if (!same || !may_have_flows(*s.policy, slice) || s.ledger.has_place(slice, flow.key)) continue;
    s.foreign.erase(flow.key);
    static_cast<void>(s.ledger.insert(std::move(flow), Counts::keep, edit));
    ++count;
  }
  static_cast<void>(send_own(s, t, edit));
  if (count > 0) note(s, t, NoteId::flows_adopted, "count=" + std::to_string(count));
  if (!s.foreign.empty()) note(s, t, NoteId::foreign_flow, "count=" + std::to_string(s.foreign.size()));
}

void schedule_idle_poll(Session& s, const Turn& t, policy::SliceId slice) {
  const auto watched = s.ledger.watched().find(slice);
  if (watched == s.ledger.watched().end()) return;
  const std::uint16_t shortest = watched->second.begin()->first;
  const Time soon = t.now + std::max<Time>(std::chrono::seconds{shortest} / 4, IdlePoll::shortest_pause);
  IdlePoll& poll = s.idle_polls.try_emplace(slice, IdlePoll{soon, {}}).first->second;
  poll.due = std::max(poll.not_before, std::min(poll.due, soon));
}

std::optional<Time> next_idle_poll(const Session& s) {
  if (s.idle_polling) return std::nullopt;
  std::optional<Time> first;
  for (const auto& [slice, poll] : s.idle_polls) {
    if (!first || poll.due < *first) first = poll.due;
  }
  return first;
}

void poll_idle(Session& s, Turn& t) {
  const auto first = std::min_element(s.idle_polls.begin(), s.idle_polls.end(),
                                      [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
  if (!s.ledger.watched().contains(first->first)) {
    s.idle_polls.erase(first);
    return;
  }
  StatsQuery query;
  query.purpose = StatsQuery::Purpose::idle_poll;
  query.slice = first->first;
  query.asked = t.now;
  s.idle_polling = true;
  static_cast<void>(ask_flows(s, t, std::move(query)));
}

void idle_polled(Session& s, Turn& t, const StatsQuery& query, bool answered) {
  s.idle_polling = false;
  const policy::SliceId slice = *query.slice;
  const Time rest = t.now + (t.now - query.asked) * IdlePoll::rest;
  s.idle_polls[slice] = {Time::max(), rest};
  if (answered) {
    for (const FlowId id : s.ledger.note_activity(slice, query.sums, t.now)) {
      withdraw(s, t, id, ofmsg::FlowRemovedReason::idle_timeout);
    }
  }
  schedule_idle_poll(s, t, slice);
  // Kept so long: whoever removes his flow and adds it again has to rest all the same.
  if (!s.ledger.watched().contains(slice)) s.idle_polls[slice].due = rest;
}

}  // namespace sluice::slicing
