#include "slicing/guard_flows.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "slicing/cookie.hpp"
#include "slicing/flow_changes.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Field;
using ofmsg::FlowMod;
using ofmsg::FlowModCommand;
using ofmsg::Match;
using ofmsg::Message;

std::uint64_t guard_cookie(const Session& s) { return Cookie{Cookie::nobody, s.epoch, 0}.value(); }

void send(Session& s, Turn& t, FlowMod mod) {
  mod.cookie = guard_cookie(s);
  send_to_switch(s, t, Message{std::move(mod)}, s.ops.message(s.ops.open(Op{})));
  barrier_soon(s, t);
}

// Fields that the version has, and never all of 1.0's twelve, which would put the flow above all others.
Match like(const ofmsg::PacketKey& packet, ofmsg::Version version) {
  Match match = ofmsg::exact_match(packet);
  while (const auto field = first_inexpressible(match, version)) {
    match.erase(*field);
    match = without_open_fields(std::move(match));
  }
  if (version == ofmsg::v1_0) match.erase(Field::ip_dscp);
  return match;
}

// A flow without actions for each thing that the slice owns, below all of its flows.
void guard_rules(Session& s, Turn& t, policy::SliceId slice) {
  std::vector<FlowKey>& guards = s.guards.rules[slice];
  for (const ofmsg::PortNo port : s.view.ports(slice)) {
    for (const policy::Box& box : s.view.at(slice, port)) {
      Match match = box.header;
      match.set(Field::in_port, port.value);
      FlowKey key{0, std::move(match)};
      if (first_inexpressible(key.match, s.version()) || s.ledger.has_place(slice, key)) continue;
      FlowMod mod;
      mod.priority = key.priority;
      mod.match = key.match;
      guards.push_back(std::move(key));
      send(s, t, std::move(mod));
    }
  }
}

void unguard_rules(Session& s, Turn& t, policy::SliceId slice) {
  const auto found = s.guards.rules.find(slice);
  if (found == s.guards.rules.end()) return;
  for (FlowKey& key : found->second) delete_physical(s, t, std::move(key), guard_cookie(s));
  s.guards.rules.erase(found);
  s.fence_due = true;  // what its controllers write now may be in the same places
}

void flush(Session& s, Turn& t, policy::SliceId slice) {
  std::vector<FlowId> all;
  for (const auto& [id, flow] : s.ledger.flows()) {
    if (flow.slice == slice) all.push_back(id);
  }
  if (all.empty()) return;
  Edit edit;
  for (const FlowId id : all) s.ledger.erase(id, edit);
  static_cast<void>(send_own(s, t, edit));
  depart_removed(s, t, std::move(edit), ofmsg::FlowRemovedReason::delete_);
}

void do_it(Session& s, Turn& t, policy::SliceId slice, policy::Absence::Do what) {
  using Do = policy::Absence::Do;
  constexpr std::array<std::string_view, 3> words{"keep", "drop", "flush"};
  note(s, t, NoteId::controllers_away, "do=" + std::string{words[static_cast<std::size_t>(what)]}, slice);
  const bool by_rule = what == Do::drop && s.slice(slice).absence.drops == policy::Absence::Drops::rule;
  if (!by_rule) unguard_rules(s, t, slice);
  if (by_rule) guard_rules(s, t, slice);
  if (what == Do::flush) flush(s, t, slice);
}

}  // namespace

void drop_like(Session& s, Turn& t, const ofmsg::PacketKey& packet, const Flow* flow) {
  if (!s.guards.bucket.try_take(GuardFlows::pace, t.now)) return;
  FlowMod mod;
  mod.match = like(packet, s.version());
  mod.hard_timeout = GuardFlows::seconds;
  // Above the flow that sends it here; nothing above that takes it, or it would not have come.
  const std::uint16_t below = flow == nullptr ? std::uint16_t{0} : flow->key.priority;
  mod.priority = flow == nullptr ? std::uint16_t{0} : static_cast<std::uint16_t>(std::min(below + 1, 0xffff));
  ++s.guards.sent;
  send(s, t, std::move(mod));
}

void look_after_absent(Session& s, Turn& t) {
  if (s.state != Session::State::up) return;
  const auto cares = [&s](const Leg& leg) { return !(s.slice(leg.slice).absence == policy::Absence{}); };
  if (s.away.empty() && std::none_of(s.legs.begin(), s.legs.end(), cares)) return;
  std::set<policy::SliceId> slices;
  std::set<policy::SliceId> here;
  for (const Leg& leg : s.legs) {
    if (leg.retired) continue;
    slices.insert(leg.slice);
    if (leg.up()) here.insert(leg.slice);
  }
  for (auto at = s.away.begin(); at != s.away.end();) {
    const policy::SliceId slice = at->first;
    if (slices.contains(slice) && !here.contains(slice)) {
      ++at;
      continue;
    }
    unguard_rules(s, t, slice);
    at = s.away.erase(at);
  }
  for (const policy::SliceId slice : slices) {
    const policy::Absence& absence = s.slice(slice).absence;
    if (here.contains(slice) || absence == policy::Absence{}) continue;
    const auto [at, fresh] = s.away.try_emplace(slice);
    // Controllers that have been there since the switch came are gone now; others are still on their way.
    const bool arriving = std::none_of(s.legs.begin(), s.legs.end(), [&](const Leg& leg) {
      return leg.slice == slice && leg.was_up_since >= s.since && leg.was_up_since != Time{};
    });
    if (fresh) at->second = {t.now, arriving ? t.now + Away::grace : t.now, 0};
    for (auto due = at->second.next(absence); due && *due <= t.now; due = at->second.next(absence)) {
      do_it(s, t, slice, at->second.done++ == 0 ? absence.first : absence.then);
    }
  }
}

std::optional<Time> next_absence(const Session& s) {
  std::optional<Time> first;
  for (const auto& [slice, away] : s.away) {
    const auto next = away.next(s.slice(slice).absence);
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

void forget_guards(Session& s) {
  s.guards.rules.clear();
  s.away.clear();
}

}  // namespace sluice::slicing
