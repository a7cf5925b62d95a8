#include "slicing/flow_changes.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "slicing/cookie.hpp"

namespace sluice::slicing {

using ofmsg::FlowMod;
using ofmsg::FlowModCommand;
using ofmsg::Message;

mapping::Context mapping_context(const Session& s, policy::SliceId slice) {
  return {s.view, s.ports, s.virtual_ports, slice, s.slice(slice), s.version()};
}

std::vector<mapping::PhysicalFlow> pieces_under(const Session& s, const policy::Snapshot& policy,
                                                const policy::SwitchView& view, const Flow& flow) {
  const mapping::Context context{
      view, s.ports, s.virtual_ports, flow.slice, policy.slice(flow.slice), s.version(), OutputContext::Illegal::omit};
  auto pieces = mapping::intersect(context, flow.key.match, *flow.instructions);
  return pieces ? std::move(*pieces) : std::vector<mapping::PhysicalFlow>{};
}

void set_pieces(Session& s, FlowId id, std::vector<mapping::PhysicalFlow> pieces, Edit& edit) {
  s.ledger.change(id, s.ledger.find(id)->instructions, std::move(pieces), Counts::keep, edit);
}

std::optional<std::pair<policy::SliceId, FlowId>> flow_of(const Session& s, std::uint64_t cookie) {
  const std::optional<Cookie> parts = Cookie::parse(cookie);
  if (!parts || parts->epoch != s.epoch) return std::nullopt;
  const std::optional<policy::SliceId> slice = s.policy->slice_with_number(parts->slice);
  if (!slice) return std::nullopt;
  return std::pair{*slice, FlowId{parts->entry}};
}

namespace {

std::uint64_t cookie_of(const Session& s, policy::SliceId slice, FlowId flow) {
  return Cookie{s.slice(slice).number, s.epoch, flow.value}.value();
}

FlowMod physical_flow_mod(const Session& s, const Turn& t, const PhysicalChange& change) {
  FlowMod mod;
  mod.match = change.key.match;
  mod.instructions = *change.instructions;
  mod.priority = change.key.priority;
  mod.cookie = cookie_of(s, change.slice, change.flow);
  const bool guarded = s.version() != ofmsg::v1_0;
  switch (change.what) {
    case PhysicalChange::What::remove:
      mod.command = FlowModCommand::delete_strict;
      if (guarded) mod.cookie_mask = ~std::uint64_t{0};
      return mod;
    case PhysicalChange::What::modify:
      mod.command = FlowModCommand::modify_strict;
      if (guarded) mod.cookie_mask = ~std::uint64_t{0};
      break;
    case PhysicalChange::What::add: mod.command = FlowModCommand::add; break;
  }
  const Flow& flow = *s.ledger.find(change.flow);
  constexpr std::uint16_t passed = FlowMod::no_pkt_counts | FlowMod::no_byt_counts;
  // We must know when a piece goes, whether or not the controller wants to.
  mod.flags = static_cast<std::uint16_t>(FlowMod::send_flow_rem | (flow.flags & passed));
  const bool reset = change.counts == Counts::reset;
  if (reset && s.version() >= ofmsg::v1_2) mod.flags |= FlowMod::reset_counts;
  mod.idle_timeout = flow.idle_by_polling() ? std::uint16_t{0} : flow.idle_timeout;
  if (flow.hard_timeout > 0) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(t.now - flow.since).count();
    mod.hard_timeout = static_cast<std::uint16_t>(std::max<std::int64_t>(1, flow.hard_timeout - age));
  }
  return mod;
}

void send_change(Session& s, Turn& t, OpTracker::Number op, PhysicalChange change) {
  if (change.what == PhysicalChange::What::add) s.foreign.erase(change.key);  // the switch puts ours in its place
  send_to_switch(s, t, Message{physical_flow_mod(s, t, change)}, s.ops.message(op));
  s.ops.keep(op, std::move(change));
}

}  // namespace

void barrier_soon(Session& s, Turn& t) {
  if (s.ops.unbarriered() >= Session::barrier_every) return send_own_barrier(s, t);
  if (s.ops.unbarriered() > 0 && !s.barrier_due) s.barrier_due = t.now + Session::barrier_after;
}

void send_changes(Session& s, Turn& t, OpTracker::Number op, std::vector<PhysicalChange> changes) {
  for (PhysicalChange& change : changes) {
    schedule_idle_poll(s, t, change.slice);
    send_change(s, t, op, std::move(change));
  }
  barrier_soon(s, t);
}

namespace {

using Changes = std::vector<PhysicalChange>;

// Would the change catch packets, or take the place, of a flow of another slice that is still to be removed?
bool waits_for(const PhysicalChange& change, const Changes& removals) {
  return std::any_of(removals.begin(), removals.end(), [&change](const PhysicalChange& removal) {
    return removal.slice != change.slice && !ofmsg::disjoint(removal.key.match, change.key.match);
  });
}

// The changes that have to wait, taken out of the list.
Changes take_late(Changes& changes, const Changes& removals) {
  constexpr std::size_t most_looked_at = 1'000'000;  // pairs; above that, all of them wait
  const bool few = changes.size() * removals.size() <= most_looked_at;
  const auto late = std::stable_partition(changes.begin(), changes.end(), [&](const PhysicalChange& change) {
    return few && !waits_for(change, removals);
  });
  Changes taken{std::make_move_iterator(late), std::make_move_iterator(changes.end())};
  changes.erase(late, changes.end());
  return taken;
}

void send_phase(Session& s, Turn& t, Changes changes) {
  if (!changes.empty()) send_changes(s, t, s.ops.open(Op{}), std::move(changes));
}

}  // namespace

std::size_t send_own(Session& s, Turn& t, const Edit& edit) {
  Changes changes = s.ledger.sync(edit, t.now);
  const std::size_t count = changes.size();
  const auto first = std::find_if(changes.begin(), changes.end(), [](const PhysicalChange& change) {
    return change.what != PhysicalChange::What::remove;
  });
  Changes removals{std::make_move_iterator(changes.begin()), std::make_move_iterator(first)};
  changes.erase(changes.begin(), first);
  Changes late = take_late(changes, removals);
  const auto phase = [&](Changes next) {
    if (!next.empty()) send_own_barrier(s, t);  // behind whatever has been sent
    send_phase(s, t, std::move(next));
  };
  send_phase(s, t, std::move(changes));
  phase(std::move(removals));
  phase(std::move(late));
  return count;
}

void delete_physical(Session& s, Turn& t, FlowKey key, std::uint64_t cookie) {
  FlowMod mod;
  mod.command = FlowModCommand::delete_strict;
  mod.priority = key.priority;
  mod.match = std::move(key.match);
  mod.cookie = cookie;
  if (s.version() != ofmsg::v1_0) mod.cookie_mask = ~std::uint64_t{0};
  send_to_switch(s, t, Message{std::move(mod)}, s.ops.message(s.ops.open(Op{})));
  barrier_soon(s, t);
}

void send_own_barrier(Session& s, Turn& t) {
  s.barrier_due.reset();
  if (s.ops.unbarriered() == 0) return;
  send_to_switch(s, t, Message{ofmsg::BarrierRequest{}}, s.ops.barrier());
}

void report(Session& s, Turn& t, const Departure& d) {
  const Flow& flow = d.flow;
  if ((flow.flags & FlowMod::send_flow_rem) == 0) return;
  const std::vector<std::size_t> listeners = s.listeners(flow.slice);
  if (listeners.empty()) return;
  ofmsg::FlowRemoved message;
  message.match = flow.key.match;
  message.cookie = flow.cookie;
  message.priority = flow.key.priority;
  message.reason = d.reason;
  const Time reported = std::chrono::seconds{d.duration_sec} + std::chrono::nanoseconds{d.duration_nsec};
  const Time age = std::max(reported, Time{t.now - flow.since});
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age);
  message.duration_sec = static_cast<std::uint32_t>(seconds.count());
  message.duration_nsec = static_cast<std::uint32_t>((age - seconds).count());
  message.idle_timeout = flow.idle_timeout;
  if (s.version() != ofmsg::v1_0) message.hard_timeout = flow.hard_timeout;
  message.packet_count = d.counters.packets;
  message.byte_count = d.counters.bytes;
  const Message news{std::move(message)};
  for (const std::size_t leg : listeners) send_to_leg(s, t, s.legs[leg], news, TheirXid{0});
}

void depart_removed(Session& s, Turn& t, Edit&& edit, ofmsg::FlowRemovedReason reason) {
  for (Edit::Step& step : edit.steps) {
    if (step.what != Edit::Step::What::removed) continue;
    if (const std::optional<Departure> done = s.ledger.depart(*std::move(step.before), reason)) report(s, t, *done);
  }
}

void withdraw(Session& s, Turn& t, FlowId id, ofmsg::FlowRemovedReason reason) {
  Edit edit;
  s.ledger.erase(id, edit);
  static_cast<void>(send_own(s, t, edit));
  depart_removed(s, t, std::move(edit), reason);
}

}  // namespace sluice::slicing
