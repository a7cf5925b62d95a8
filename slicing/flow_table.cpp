// A slice's flow table: flow_mods applied to the ledger and to the switch, what the switch answers, and what it reports.
//
// A flow_mod is judged whole before anything changes: either all of its pieces go down or none, and the controller gets
// one error. If the switch refuses a piece later, the edit is taken back, its siblings are withdrawn, and the controller
// gets that one error with its own xid and bytes.
#include <algorithm>
#include <chrono>
#include <set>
#include <utility>
#include <variant>

#include "ofmsg/codec.hpp"
#include "slicing/cookie.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::FlowMod;
using ofmsg::FlowModCommand;
using ofmsg::Message;
using ofmsg::Reason;

mapping::Context mapping_context(const Session& s, policy::SliceId slice,
                                 OutputContext::Illegal illegal = OutputContext::Illegal::refuse) {
  return {s.view, s.ports, slice, s.slice(slice), s.version(), illegal};
}

std::uint64_t cookie_of(const Session& s, policy::SliceId slice, FlowId flow) {
  return Cookie{s.slice(slice).number, s.epoch, flow.value}.value();
}

// The flow that a cookie of ours names, if it is one of this run.
std::optional<std::pair<policy::SliceId, FlowId>> flow_of(const Session& s, std::uint64_t cookie) {
  const std::optional<Cookie> parts = Cookie::parse(cookie);
  if (!parts || parts->epoch != s.epoch) return std::nullopt;
  const std::optional<policy::SliceId> slice = s.policy->slice_with_number(parts->slice);
  if (!slice) return std::nullopt;
  return std::pair{*slice, FlowId{parts->entry}};
}

// --- judging ----------------------------------------------------------------------------------------------------------

// As they are given, also those that an action set would not keep.
std::size_t action_count(const ofmsg::Instructions& instructions) {
  std::size_t count = 0;
  for (const ofmsg::Instruction& instruction : instructions) {
    if (const auto* apply = std::get_if<ofmsg::ApplyActions>(&instruction)) count += apply->actions.size();
    if (const auto* write = std::get_if<ofmsg::WriteActions>(&instruction)) count += write->actions.size();
    ++count;
  }
  return count;
}

std::optional<Refuse> check(const Session& s, const FlowMod& mod) {
  const ofmsg::Version version = s.version();
  if (mod.command > FlowModCommand::delete_strict) {
    return Refuse{Reason::bad_command, RefusalCode::malformed,
                  "flow_mod command " + std::to_string(static_cast<unsigned>(mod.command)) + " does not exist"};
  }
  // The standard has OFPTT_ALL for deleting only; Open vSwitch takes it for modifying too, and ovs-ofctl sends it.
  const bool any_table = mod.table_id == ofmsg::all_tables && mod.command != FlowModCommand::add;
  if (mod.table_id != 0 && !any_table) {
    return Refuse{Reason::bad_table_id, RefusalCode::no_such_table,
                  "table " + std::to_string(mod.table_id) + ": the slice has table 0 only"};
  }
  if (action_count(mod.instructions) > actions_limit) {
    return Refuse{Reason::too_many_actions, RefusalCode::too_many_actions,
                  "the flow has more than " + std::to_string(actions_limit) + " actions"};
  }
  if (version == ofmsg::v1_0 && (mod.flags & FlowMod::emerg_1_0) != 0) {
    return Refuse{Reason::emergency_refused, RefusalCode::not_supported, "emergency flows are not supported"};
  }
  const std::uint16_t known =
      version == ofmsg::v1_0 ? 0x3 : version < ofmsg::v1_3 ? 0x7 : 0x1f;
  if ((mod.flags & ~known) != 0) {
    return Refuse{Reason::bad_flags, RefusalCode::malformed, "flow_mod flags " + std::to_string(mod.flags) + " are unknown"};
  }
  if (!mod.match.unknown().empty()) {
    return Refuse{Reason::bad_match_field, RefusalCode::not_supported, "the match has a field that is not known here"};
  }
  if (const auto open = first_open_field(mod.match)) {
    return Refuse{Reason::bad_match_prereq, RefusalCode::malformed,
                  "match on " + std::string{text(*open)} + " lacks its prerequisite"};
  }
  return std::nullopt;
}

// The deleting commands' filters; modify has the cookie only.
ofmsg::FlowFilter filter_of(const Session& s, const FlowMod& mod) {
  ofmsg::FlowFilter filter;
  filter.match = mod.match;
  filter.table_id = mod.table_id;
  if (s.version() != ofmsg::v1_0) {
    filter.cookie = mod.cookie;
    filter.cookie_mask = mod.cookie_mask;
  }
  if (mod.command == FlowModCommand::delete_ || mod.command == FlowModCommand::delete_strict) {
    filter.out_port = mod.out_port;
    filter.out_group = mod.out_group;
  }
  return filter;
}

// Does the command leave the counters of what it replaces or changes [OF 1.3.5 §6.4]? In 1.0 an ADD clears them, a MODIFY
// leaves them.
Counts counts_of(const Session& s, const FlowMod& mod) {
  const bool reset = s.version() < ofmsg::v1_2 ? mod.command == FlowModCommand::add
                                               : (mod.flags & FlowMod::reset_counts) != 0;
  return reset ? Counts::reset : Counts::keep;
}

Judged<Edit> add(Session& s, Turn& t, policy::SliceId slice, FlowMod&& mod) {
  const FlowKey key{mod.priority, mod.match};
  if ((mod.flags & FlowMod::check_overlap) != 0 && s.ledger.overlaps(slice, key)) {
    return refuse(Reason::overlap, RefusalCode::overlapping_flow, "a flow of the same priority overlaps");
  }
  if (s.ledger.find(slice, key) == nullptr && s.ledger.size(slice) >= s.slice(slice).limits.flows) {
    return refuse(Reason::table_full, RefusalCode::flow_quota,
                  "the slice has " + std::to_string(s.ledger.size(slice)) + " flows on " + s.name() + " (limits.flows)");
  }
  auto pieces = mapping::intersect(mapping_context(s, slice), mod.match, mod.instructions);
  if (!pieces) return ofmsg::Failure<Refuse>{std::move(pieces.error())};
  const Counts counts = counts_of(s, mod);
  Flow flow;
  flow.slice = slice;
  flow.key = key;
  flow.cookie = mod.cookie;
  flow.idle_timeout = mod.idle_timeout;
  flow.hard_timeout = mod.hard_timeout;
  flow.flags = mod.flags;
  flow.instructions = std::move(mod.instructions);
  flow.pieces = std::move(*pieces);
  flow.since = t.now;
  flow.active = t.now;
  Edit edit;
  static_cast<void>(s.ledger.insert(std::move(flow), counts, edit));
  return edit;
}

Judged<Edit> modify(Session& s, Turn& t, policy::SliceId slice, FlowMod&& mod) {
  const ofmsg::FlowFilter filter = filter_of(s, mod);
  std::vector<FlowId> found;
  if (mod.command == FlowModCommand::modify_strict) {
    if (const auto one = s.ledger.select_strict(slice, {mod.priority, mod.match}, filter)) found.push_back(*one);
  } else {
    found = s.ledger.select(slice, filter);
  }
  // 1.0 adds the flow if there is none [OF 1.0 §4.6]; 1.2 and later do nothing then, but what would not be legal is
  // refused all the same.
  if (found.empty()) {
    if (s.version() == ofmsg::v1_0) return add(s, t, slice, std::move(mod));
    const auto judged = mapping::intersect(mapping_context(s, slice), mod.match, mod.instructions);
    if (!judged) return ofmsg::Failure<Refuse>{judged.error()};
    return Edit{};
  }
  std::vector<std::vector<mapping::PhysicalFlow>> pieces;
  for (const FlowId id : found) {
    auto judged = mapping::intersect(mapping_context(s, slice), s.ledger.find(id)->key.match, mod.instructions);
    if (!judged) return ofmsg::Failure<Refuse>{std::move(judged.error())};
    pieces.push_back(std::move(*judged));
  }
  Edit edit;
  const auto counts = counts_of(s, mod);
  for (std::size_t i = 0; i < found.size(); ++i) {
    s.ledger.change(found[i], mod.instructions, std::move(pieces[i]), counts, edit);
  }
  return edit;
}

Edit remove(Session& s, policy::SliceId slice, const FlowMod& mod) {
  const ofmsg::FlowFilter filter = filter_of(s, mod);
  Edit edit;
  if (mod.command == FlowModCommand::delete_strict) {
    if (const auto one = s.ledger.select_strict(slice, {mod.priority, mod.match}, filter)) s.ledger.erase(*one, edit);
  } else {
    for (const FlowId id : s.ledger.select(slice, filter)) s.ledger.erase(id, edit);
  }
  return edit;
}

// --- sending ----------------------------------------------------------------------------------------------------------

FlowMod physical_flow_mod(const Session& s, const Turn& t, const PhysicalChange& change) {
  FlowMod mod;
  mod.match = change.key.match;
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
    case PhysicalChange::What::add:
      mod.command = FlowModCommand::add;
      break;
  }
  mod.instructions = change.instructions;
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

void schedule_idle_poll(Session& s, const Turn& t) {
  if (s.idle_poll_due) return;
  const std::optional<std::uint16_t> shortest = s.ledger.shortest_watched_idle();
  if (shortest) s.idle_poll_due = t.now + std::max<Time>(std::chrono::seconds{*shortest} / 4, std::chrono::milliseconds{250});
}

void send_change(Session& s, Turn& t, OpTracker::Number op, PhysicalChange change) {
  if (change.what == PhysicalChange::What::add) s.foreign.erase(change.key);  // the switch puts ours in its place
  const Message message{physical_flow_mod(s, t, change)};
  send_to_switch(s, t, message, s.ops.message(op, std::move(change)));
}

void barrier_soon(Session& s, Turn& t) {
  if (s.ops.unbarriered() >= Session::barrier_every) return send_own_barrier(s, t);
  if (s.ops.unbarriered() > 0 && !s.barrier_due) s.barrier_due = t.now + Session::barrier_after;
}

void send_changes(Session& s, Turn& t, OpTracker::Number op, std::vector<PhysicalChange> changes) {
  for (PhysicalChange& change : changes) send_change(s, t, op, std::move(change));
  schedule_idle_poll(s, t);
  barrier_soon(s, t);
}

// An edit of our own, for which no controller waits. The number of flow_mods that it took.
std::size_t send_own(Session& s, Turn& t, const Edit& edit) {
  std::vector<PhysicalChange> changes = s.ledger.sync(edit);
  const std::size_t count = changes.size();
  if (count > 0) send_changes(s, t, s.ops.open(Op{}), std::move(changes));
  return count;
}

// --- reporting --------------------------------------------------------------------------------------------------------

void report(Session& s, Turn& t, const Departure& d) {
  const Flow& flow = d.flow;
  if ((flow.flags & FlowMod::send_flow_rem) == 0) return;
  const std::optional<std::size_t> writer = s.writer(flow.slice);
  if (!writer) return;
  ofmsg::FlowRemoved message;
  message.match = flow.key.match;
  message.cookie = flow.cookie;
  message.priority = flow.key.priority;
  message.reason = d.reason;
  const Time age = t.now - flow.since;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age);
  message.duration_sec = std::max(d.duration_sec, static_cast<std::uint32_t>(seconds.count()));
  message.duration_nsec =
      d.duration_sec >= seconds.count() ? d.duration_nsec : static_cast<std::uint32_t>((age - seconds).count());
  message.idle_timeout = flow.idle_timeout;
  if (s.version() != ofmsg::v1_0) message.hard_timeout = flow.hard_timeout;
  message.packet_count = d.counters.packets;
  message.byte_count = d.counters.bytes;
  send_to_leg(s, t, s.legs[*writer], Message{std::move(message)}, TheirXid{0});
}

// The edit's flows are gone for their controllers.
void depart_removed(Session& s, Turn& t, Edit&& edit, ofmsg::FlowRemovedReason reason) {
  for (Edit::Step& step : edit.steps) {
    if (step.what != Edit::Step::What::removed) continue;
    if (const std::optional<Departure> done = s.ledger.depart(*std::move(step.before), reason)) report(s, t, *done);
  }
}

// Removes a live flow for a reason of the switch's: its other pieces go too, and its controller is told once.
void withdraw(Session& s, Turn& t, FlowId id, ofmsg::FlowRemovedReason reason) {
  Edit edit;
  s.ledger.erase(id, edit);
  static_cast<void>(send_own(s, t, edit));
  depart_removed(s, t, std::move(edit), reason);
}

// The packet that is held for this flow_mod goes through the table, once the flow is there [OF 1.0 §5.3.3].
void release_buffer(Session& s, Turn& t, OpTracker::Number op, policy::SliceId slice, ofmsg::BufferId buffer) {
  BufferRing& ring = s.buffers[slice];
  const HeldPacket* held = ring.find(buffer);
  ofmsg::PacketOut out;
  out.buffer_id = buffer;
  out.in_port = held->in_port;
  out.actions.emplace_back(ofmsg::Output{ofmsg::port::table, 0});
  Judged<ofmsg::PacketOut> judged = judge_packet_out(s, slice, std::move(out));
  ring.release(buffer);
  // It was the slice's when it came. Where a port has changed hands since, or a flow has rewritten it, it goes nowhere.
  if (!judged) return note(s, t, NoteId::refused, "kind=packet_out why=\"" + judged.error().why + "\"", slice);
  send_own_barrier(s, t);  // the order of a flow_mod and a packet_out is guaranteed by nothing else
  send_to_switch(s, t, Message{*std::move(judged)}, s.ops.message(op));
}

}  // namespace

void apply_flow_mod(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original, FlowMod mod) {
  Leg& leg = s.legs[index];
  const policy::SliceId slice = leg.slice;
  if (const std::optional<Refuse> refusal = check(s, mod)) return refuse(s, t, leg, original, *refusal);
  const ofmsg::BufferId buffer = mod.buffer_id;
  const FlowModCommand command = mod.command;
  const bool deletes = command == FlowModCommand::delete_ || command == FlowModCommand::delete_strict;
  const bool buffered = !deletes && buffer.value != ofmsg::BufferId::none;
  if (buffered && s.buffers[slice].find(buffer) == nullptr) {
    return refuse(s, t, leg, original,
                  {Reason::buffer_unknown, RefusalCode::unknown_buffer, "buffer " + std::to_string(buffer.value) + " is not the slice's"});
  }
  Judged<Edit> edit = deletes                          ? Judged<Edit>{remove(s, slice, mod)}
                      : command == FlowModCommand::add ? add(s, t, slice, std::move(mod))
                                                       : modify(s, t, slice, std::move(mod));
  if (!edit) return refuse(s, t, leg, original, edit.error());
  if (edit->touched.empty() && !buffered) return;  // nothing to modify or to delete

  Op op;
  op.what = Op::What::flow_mod;
  op.from = s.ref(index);
  op.theirs = TheirXid{original.xid().value};
  op.original.emplace(original);
  op.edit = *edit;
  std::vector<PhysicalChange> changes = s.ledger.sync(*edit);
  // What the switch need not be told has happened, and no answer to wait for would ever close it.
  const bool told = !changes.empty() || buffered;
  const OpTracker::Number number = told ? s.ops.open(std::move(op)) : OpTracker::Number{0};
  if (told) send_changes(s, t, number, std::move(changes));
  if (deletes) depart_removed(s, t, *std::move(edit), ofmsg::FlowRemovedReason::delete_);
  if (buffered) release_buffer(s, t, number, slice, buffer);
}

void send_own_barrier(Session& s, Turn& t) {
  s.barrier_due.reset();
  if (s.ops.unbarriered() == 0) return;
  send_to_switch(s, t, Message{ofmsg::BarrierRequest{}}, s.ops.barrier());
}

void barrier_from_controller(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original) {
  Op op;
  op.what = Op::What::barrier;
  op.from = s.ref(index);
  op.theirs = TheirXid{original.xid().value};
  const OpTracker::Number number = s.ops.open(std::move(op));
  if (const std::optional<OurXid> xid = s.ops.wait_for_barrier(number)) {
    s.barrier_due.reset();
    send_to_switch(s, t, Message{ofmsg::BarrierRequest{}}, *xid);
  }
}

void barrier_replied(Session& s, Turn& t, OurXid xid) {
  for (const Op& op : s.ops.barrier_replied(xid)) {
    for (const auto& [sequence, change] : op.sent) {
      if (change.what != PhysicalChange::What::remove) continue;
      if (const auto done = s.ledger.stop_waiting(change.flow, change.key)) report(s, t, *done);
    }
    if (op.what != Op::What::barrier) continue;
    if (Leg* leg = s.find(*op.from)) send_to_leg(s, t, *leg, Message{ofmsg::BarrierReply{}}, op.theirs);
  }
  s.ledger.settled(s.ops.oldest());
  barrier_soon(s, t);
}

bool op_failed(Session& s, Turn& t, OurXid xid, ofmsg::WireError error) {
  const std::optional<OpTracker::Found> found = s.ops.find(xid);
  if (!found) return false;
  Op& op = s.ops.op(found->number);
  const bool first = !std::exchange(op.failed, true);
  if (first) op.repaired_after = s.ops.latest();
  Edit repair;
  if (found->change) {
    s.ledger.failed(*found->change, s.ops.sent_after(xid, *found->change), s.version() != ofmsg::v1_0);
    repair.touched.insert({found->change->slice, found->change->key});
  }
  if (!first) {  // one error for one message; what its other pieces have left behind goes too
    if (found->change && found->sequence <= op.repaired_after) {
      send_changes(s, t, found->number, s.ledger.sync(repair));
    }
    return true;
  }
  if (found->change) {
    s.ledger.undo(op.edit, repair, s.ops.newest());
    send_changes(s, t, found->number, s.ledger.sync(repair));
    note(s, t, NoteId::flow_withdrawn, "error=" + text(error, s.version()), found->change->slice);
    send_own_barrier(s, t);  // somebody's barrier may wait for the repair
  }
  if (op.from && op.original) {
    if (Leg* leg = s.find(*op.from)) forward_error(s, t, *leg, *op.original, op.theirs, error);
  }
  return true;
}

void flow_removed(Session& s, Turn& t, const ofmsg::FlowRemoved& message) {
  const auto gone = s.foreign.find({message.priority, message.match});
  if (gone != s.foreign.end() && gone->second == message.cookie) s.foreign.erase(gone);
  const auto whose = flow_of(s, message.cookie);
  if (!whose) return;  // an operator's own flow, or one of an earlier run
  const auto [slice, id] = *whose;
  FlowLedger::Removal removal = s.ledger.piece_removed(id, slice, message);
  if (removal.departed) return report(s, t, *removal.departed);
  if (!removal.flow) return;
  // The switch removed it: a timeout, or somebody else's doing. All pieces of a flow live and die together.
  withdraw(s, t, *removal.flow, message.reason);
}

void refresh_flows(Session& s, Turn& t) {
  Edit edit = s.ledger.everything();
  std::vector<std::pair<FlowId, std::vector<mapping::PhysicalFlow>>> changed;
  for (const auto& [id, flow] : s.ledger.flows()) {
    // An output to a port that has gone goes nowhere, as on a switch; it must not wait there for the port's next owner.
    auto pieces = mapping::intersect(mapping_context(s, flow.slice, OutputContext::Illegal::omit), flow.key.match,
                                     flow.instructions);
    if (!pieces) pieces = std::vector<mapping::PhysicalFlow>{};
    if (*pieces != flow.pieces) changed.emplace_back(id, std::move(*pieces));
  }
  for (auto& [id, pieces] : changed) {
    ofmsg::Instructions instructions = s.ledger.find(id)->instructions;
    s.ledger.change(id, std::move(instructions), std::move(pieces), Counts::keep, edit);
  }
  static_cast<void>(send_own(s, t, edit));
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
  std::size_t confirmed = 0;
  for (const ofmsg::FlowStats& stats : physical) {
    if (!Cookie::parse(stats.cookie)) continue;
    const auto whose = flow_of(s, stats.cookie);
    if (whose && s.ledger.confirm(whose->first, {stats.priority, stats.match}, whose->second, stats.instructions)) {
      ++confirmed;
    } else {
      s.foreign.emplace(FlowKey{stats.priority, stats.match}, stats.cookie);
    }
  }
  if (s.ledger.flows().empty()) s.epoch = free_epoch(s);
  if (!s.foreign.empty()) {
    note(s, t, NoteId::foreign_flow, "count=" + std::to_string(s.foreign.size()));
  }
  // A switch that has none of our flows has started anew, and so do its slices: a virtual switch forgets as a real one.
  if (confirmed == 0) return s.ledger.clear();
  // A flow with a timeout that is not there any more has ended while we were away.
  std::vector<FlowId> ended;
  for (const auto& [id, flow] : s.ledger.flows()) {
    const bool timed = flow.idle_timeout > 0 || flow.hard_timeout > 0;
    const bool gone = std::any_of(flow.pieces.begin(), flow.pieces.end(), [&s, &f = flow](const mapping::PhysicalFlow& p) {
      return !s.ledger.stands(f, p.match);
    });
    if (timed && gone) ended.push_back(id);
  }
  Edit edit = s.ledger.everything();
  for (const FlowId id : ended) s.ledger.erase(id, edit);
  const std::size_t count = send_own(s, t, edit);
  if (count > 0) note(s, t, NoteId::flow_reinstalled, "count=" + std::to_string(count));
}

void poll_idle(Session& s, Turn& t) {
  s.idle_poll_due.reset();
  if (!s.ledger.shortest_watched_idle()) return;
  StatsQuery query;
  query.purpose = StatsQuery::Purpose::idle_poll;
  query.asked = t.now;
  static_cast<void>(ask_flows(s, t, std::move(query), std::nullopt));
}

void idle_polled(Session& s, Turn& t, const std::vector<ofmsg::FlowStats>& physical) {
  std::map<FlowId, Counters> sums;
  for (const ofmsg::FlowStats& stats : physical) {
    if (const auto whose = flow_of(s, stats.cookie)) sums[whose->second].add(stats.packet_count, stats.byte_count);
  }
  for (const FlowId id : s.ledger.note_activity(sums, t.now)) withdraw(s, t, id, ofmsg::FlowRemovedReason::idle_timeout);
  schedule_idle_poll(s, t);
}

}  // namespace sluice::slicing
