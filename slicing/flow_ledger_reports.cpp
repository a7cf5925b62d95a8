// The ledger's other half: what the switch tells of flows, and what ends without it.
#include <algorithm>
#include <utility>

#include "slicing/flow_ledger.hpp"

namespace sluice::slicing {

std::optional<Departure> FlowLedger::depart(Flow flow, ofmsg::FlowRemovedReason reason) {
  Departure departure;
  departure.reason = reason;
  departure.counters = flow.carried;
  for (const mapping::PhysicalFlow& p : flow.pieces) {
    FlowKey key = place_of(flow, p);
    if (expected_.contains({flow.id, key})) departure.waiting.insert(std::move(key));
  }
  const FlowId id = flow.id;
  departure.flow = std::move(flow);
  if (departure.waiting.empty()) return departure;
  departures_.insert_or_assign(id, std::move(departure));
  return std::nullopt;
}

FlowLedger::Removal FlowLedger::piece_removed(FlowId id, policy::SliceId slice, const ofmsg::FlowRemoved& report,
                                              Time now) {
  Removal removal;
  const auto flow = flows_.find(id);
  FlowKey key{report.priority, report.match};
  // A switch may say a match in other words than we did; with one piece of that port there is no doubt which one it
  // means.
  if (flow != flows_.end() && flow->second.pieces.size() == 1 && !expected_.contains({id, key}) &&
      flow->second.pieces.front().match.in_port() == key.match.in_port()) {
    key.match = flow->second.pieces.front().match;
  }
  removal.expected = expected_.erase({id, key}) > 0;
  if (const auto at = departures_.find(id); at != departures_.end()) {
    Departure& d = at->second;
    d.counters.add(report.packet_count, report.byte_count);
    if (std::pair{report.duration_sec, report.duration_nsec} > std::pair{d.duration_sec, d.duration_nsec}) {
      d.duration_sec = report.duration_sec;
      d.duration_nsec = report.duration_nsec;
    }
    removal.expected = true;
    removal.departed = stop_waiting(id, key);
    return removal;
  }
  if (flow == flows_.end()) {
    // What it was replaced by has another shape, and counts on for it.
    const auto heir = heirs_.find(id);
    if (heir != heirs_.end()) flows_.at(heir->second).carried.add(report.packet_count, report.byte_count);
    return removal;
  }
  const bool counts = uncounted_.erase({id, key}) == 0;
  if (counts) {
    flow->second.carried.add(report.packet_count, report.byte_count);
    note_use(flow->second, now);
  }
  if (removal.expected) return removal;
  const auto place = places_.find({slice, key});
  if (place == places_.end() || !place->second.standing || place->second.standing->flow != id) return removal;
  removal.flow = id;
  removal.key = std::move(key);
  return removal;
}

std::optional<Departure> FlowLedger::stop_waiting(FlowId id, const FlowKey& key) {
  expected_.erase({id, key});
  const auto at = departures_.find(id);
  if (at == departures_.end()) return std::nullopt;
  at->second.waiting.erase(key);
  if (!at->second.waiting.empty()) return std::nullopt;
  Departure complete = std::move(at->second);
  departures_.erase(at);
  return complete;
}

// --- flows that stand nowhere ----------------------------------------------------------------------------------------

void FlowLedger::stop_timing(FlowId id) {
  const auto at = expiry_of_.find(id);
  if (at == expiry_of_.end()) return;
  expiries_.erase({at->second, id});
  expiry_of_.erase(at);
}

void FlowLedger::time(FlowId id, Time now) {
  const auto at = flows_.find(id);
  if (at == flows_.end()) return;
  Flow& flow = at->second;
  if (std::exchange(flow.use_unknown, false)) flow.active = now;
  if (flow.hard_timeout == 0 && flow.idle_timeout == 0) return;
  const bool stands = std::any_of(flow.pieces.begin(), flow.pieces.end(), [&](const mapping::PhysicalFlow& p) {
    const auto place = places_.find({flow.slice, place_of(flow, p)});
    return place != places_.end() && !place->second.owners.empty() && place->second.owners.back() == id;
  });
  if (stands) return stop_timing(id);
  if (expiry_of_.contains(id)) return;
  // Nothing reaches it from now on.
  if (!flow.idle_by_polling()) flow.active = now;
  Time due = Time::max();
  if (flow.hard_timeout > 0) due = flow.since + std::chrono::seconds{flow.hard_timeout};
  if (flow.idle_timeout > 0) due = std::min(due, flow.active + std::chrono::seconds{flow.idle_timeout});
  expiries_.emplace(due, id);
  expiry_of_.emplace(id, due);
}

void FlowLedger::note_use(Flow& flow, Time now) {
  const bool used = flow.carried.packets > flow.seen_packets;
  if (!used || !flow.idle_by_polling() || !expiry_of_.contains(flow.id)) return;
  flow.seen_packets = flow.carried.packets;
  flow.active = now;
  stop_timing(flow.id);
  time(flow.id, now);
}

std::optional<Time> FlowLedger::next_expiry() const {
  return expiries_.empty() ? std::nullopt : std::optional{expiries_.begin()->first};
}

std::optional<FlowLedger::Expiry> FlowLedger::expired(Time now) const {
  if (expiries_.empty() || expiries_.begin()->first > now) return std::nullopt;
  const auto& [due, id] = *expiries_.begin();
  const Flow& flow = flows_.at(id);
  const bool hard = flow.hard_timeout > 0 && flow.since + std::chrono::seconds{flow.hard_timeout} <= due;
  return Expiry{id, hard ? ofmsg::FlowRemovedReason::hard_timeout : ofmsg::FlowRemovedReason::idle_timeout};
}

std::vector<FlowId> FlowLedger::note_activity(policy::SliceId slice, const std::map<FlowId, Counters>& sums, Time now) {
  std::vector<FlowId> idle;
  const auto watched = watched_.find(slice);
  if (watched == watched_.end()) return idle;
  for (const auto& [timeout, id] : watched->second) {
    Flow& flow = flows_.at(id);
    const auto sum = sums.find(id);
    // With what pieces had counted that are no more.
    Counters total = flow.carried;
    if (sum != sums.end()) total.add(sum->second.packets, sum->second.bytes);
    const std::uint64_t before = std::exchange(flow.seen_packets, total.packets);
    if (total.packets > before) {
      flow.active = now;
    } else if (now - flow.active >= std::chrono::seconds{timeout}) {
      idle.push_back(id);
    }
  }
  return idle;
}

void FlowLedger::forget_standing() {
  for (auto& [id, place] : places_) place.standing.reset();
  expected_.clear();
  departures_.clear();
  withdrawn_.clear();
  withdrawn_tags_.clear();
}

bool FlowLedger::confirm(policy::SliceId slice, const FlowKey& key, FlowId flow,
                         const ofmsg::Instructions& instructions) {
  const auto at = places_.find({slice, key});
  if (at == places_.end() || at->second.owners.empty() || at->second.owners.back() != flow) return false;
  const mapping::PhysicalFlow* wanted = piece(flow, key.match);
  const bool same = wanted != nullptr && *wanted->instructions == instructions;
  at->second.standing = PhysicalChange::Standing{flow, same ? wanted->instructions : Shared{instructions}};
  return true;
}

}  // namespace sluice::slicing
