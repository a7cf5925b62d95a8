// flow_mods of controllers: judged, put into the ledger, sent as what has to change on the switch.
//
// A flow_mod is judged whole before anything changes: either all of its pieces go down or none, and the controller gets
// one error. If the switch refuses a piece later, flow_events.cpp takes the edit back.
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "ofmsg/peek.hpp"
#include "slicing/flow_changes.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::FlowMod;
using ofmsg::FlowModCommand;
using ofmsg::Message;
using ofmsg::Reason;

// --- judging -------------------------------------------------------------------------------------------------------

// Flows times actions that one modify may change.
constexpr std::size_t modify_limit = 200'000;

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
  const std::uint16_t known = version == ofmsg::v1_0 ? 0x3 : version < ofmsg::v1_3 ? 0x7 : 0x1f;
  if ((mod.flags & ~known) != 0) {
    return Refuse{Reason::bad_flags, RefusalCode::malformed,
                  "flow_mod flags " + std::to_string(mod.flags) + " are unknown"};
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

// Does the command leave the counters of what it replaces or changes [OF 1.3.5 §6.4]? In 1.0 an ADD clears them, a
// MODIFY leaves them.
Counts counts_of(const Session& s, const FlowMod& mod) {
  const bool reset =
      s.version() < ofmsg::v1_2 ? mod.command == FlowModCommand::add : (mod.flags & FlowMod::reset_counts) != 0;
  return reset ? Counts::reset : Counts::keep;
}

// Why the slice's flows may not become so many entries more.
std::optional<std::string> no_room_for(const Session& s, policy::SliceId slice, std::size_t more, std::size_t fewer) {
  const std::size_t limit = s.slice(slice).limits.entries_per_switch;
  const std::size_t now = s.ledger.pieces(slice);
  if (more <= fewer || now - fewer + more <= limit) return std::nullopt;
  return "the slice's flows are " + std::to_string(now) + " entries in the table of " + s.name() + ", and would be " +
         std::to_string(now - fewer + more) + " (limits.entries_per_switch)";
}

// Why the slice may not have one more flow.
std::optional<std::string> no_room(const Session& s, policy::SliceId slice) {
  const policy::Limits& limits = s.slice(slice).limits;
  if (s.ledger.size(slice) >= limits.flows_per_switch) {
    return "the slice has " + std::to_string(s.ledger.size(slice)) + " flows on " + s.name() +
           " (limits.flows_per_switch)";
  }
  if (s.ledger.total(slice) >= limits.flows) {
    return "the slice has " + std::to_string(s.ledger.total(slice)) + " flows on all switches (limits.flows)";
  }
  return std::nullopt;
}

Judged<Edit> add(Session& s, Turn& t, policy::SliceId slice, FlowMod&& mod) {
  FlowKey key{mod.priority, std::move(mod.match)};
  if ((mod.flags & FlowMod::check_overlap) != 0 && s.ledger.overlaps(slice, key)) {
    return refuse(Reason::overlap, RefusalCode::overlapping_flow, "a flow of the same priority overlaps");
  }
  if (auto why = no_room(s, slice); why && s.ledger.find(slice, key) == nullptr) {
    return refuse(Reason::table_full, RefusalCode::flow_quota, *std::move(why));
  }
  auto pieces = mapping::intersect(mapping_context(s, slice), key.match, mod.instructions);
  if (!pieces) return ofmsg::Failure<Refuse>{std::move(pieces.error())};
  const Flow* old = s.ledger.find(slice, key);
  if (auto why = no_room_for(s, slice, pieces->size(), old == nullptr ? 0 : old->pieces.size())) {
    return refuse(Reason::table_full, RefusalCode::flow_quota, *std::move(why));
  }
  const Counts counts = counts_of(s, mod);
  Flow flow;
  flow.slice = slice;
  flow.key = std::move(key);
  flow.cookie = mod.cookie;
  flow.idle_timeout = mod.idle_timeout;
  flow.hard_timeout = mod.hard_timeout;
  flow.flags = mod.flags;
  flow.instructions = std::move(mod.instructions);
  flow.pieces = std::move(*pieces);
  flow.since = t.now;
  flow.active = t.now;
  Edit edit;
  for (const FlowId adopted : s.ledger.adopted_at(slice, flow.key.priority, flow.pieces)) {
    const Flow* same = s.ledger.find(slice, flow.key);
    if (same == nullptr || same->id != adopted) s.ledger.erase(adopted, edit);
  }
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
  // One message must not keep everybody else waiting while thousands of flows are judged anew.
  if (found.size() * action_count(mod.instructions) > modify_limit) {
    return refuse(
        Reason::too_many_actions, RefusalCode::too_many_actions,
        "the command changes " + std::to_string(found.size()) + " flows, too many for so long a list of actions");
  }
  std::vector<std::vector<mapping::PhysicalFlow>> pieces;
  std::size_t more = 0;
  std::size_t fewer = 0;
  for (const FlowId id : found) {
    auto judged = mapping::intersect(mapping_context(s, slice), s.ledger.find(id)->key.match, mod.instructions);
    // A flow whose ports have gone waits for them, and is changed all the same.
    const bool waits =
        !judged && judged.error().code == RefusalCode::outside_flowspace && s.ledger.find(id)->pieces.empty();
    if (waits) judged = std::vector<mapping::PhysicalFlow>{};
    if (!judged) return ofmsg::Failure<Refuse>{std::move(judged.error())};
    more += judged->size();
    fewer += s.ledger.find(id)->pieces.size();
    pieces.push_back(std::move(*judged));
  }
  if (auto why = no_room_for(s, slice, more, fewer)) {
    return refuse(Reason::table_full, RefusalCode::flow_quota, *std::move(why));
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
    // What stands for it from an earlier run, as far as that is known.
    if (edit.steps.empty() && s.ledger.has_adopted()) {
      const auto pieces = mapping::intersect(mapping_context(s, slice), mod.match, {});
      if (!pieces) return edit;
      for (const FlowId old : s.ledger.adopted_at(slice, mod.priority, *pieces)) s.ledger.erase(old, edit);
    }
  } else {
    for (const FlowId id : s.ledger.select(slice, filter)) s.ledger.erase(id, edit);
  }
  return edit;
}

// --- applying ------------------------------------------------------------------------------------------------------

// The packet that is held for this flow_mod goes through the table, once the flow is there [OF 1.0 §5.3.3].
void release_buffer(Session& s, Turn& t, OpTracker::Number op, policy::SliceId slice, ofmsg::BufferId buffer) {
  BufferRing& ring = s.buffers[slice];
  const HeldPacket* held = ring.find(buffer);
  ofmsg::PacketOut out;
  out.buffer_id = buffer;
  out.in_port = held->in_port;
  out.actions.emplace_back(ofmsg::Output{ofmsg::port::table, 0});
  Judged<ofmsg::PacketOut> judged = judge_packet_out(s, t, slice, std::move(out));
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
  // Which fields mean nothing for this packet is no matter: nothing is left open [OF 1.0 §3.4].
  if (s.version() == ofmsg::v1_0 && ofmsg::has_no_wildcards_1_0(original)) mod.priority = 0xffff;
  const ofmsg::BufferId buffer = mod.buffer_id;
  const FlowModCommand command = mod.command;
  const bool deletes = command == FlowModCommand::delete_ || command == FlowModCommand::delete_strict;
  const bool buffered = !deletes && buffer.value != ofmsg::BufferId::none;
  if (buffered && s.buffers[slice].find(buffer) == nullptr) {
    return refuse(s, t, leg, original, no_such_buffer(s.buffers[slice], buffer).value());
  }
  Judged<Edit> edit = deletes                          ? Judged<Edit>{remove(s, slice, mod)}
                      : command == FlowModCommand::add ? add(s, t, slice, std::move(mod))
                                                       : modify(s, t, slice, std::move(mod));
  if (!edit) return refuse(s, t, leg, original, edit.error());
  if (edit->steps.empty() && !buffered) return;  // nothing to modify or to delete

  Op op;
  op.what = Op::What::flow_mod;
  op.from = s.ref(index);
  op.theirs = TheirXid{original.xid().value};
  op.original.emplace(original);
  std::vector<PhysicalChange> changes = s.ledger.sync(*edit, t.now);
  // A deletion is not taken back; see FlowLedger::undo.
  if (!deletes) op.edit = std::move(*edit);
  // What the switch need not be told has happened, and no answer to wait for would ever close it.
  if (!changes.empty() && std::exchange(s.fence_due, false)) send_own_barrier(s, t);
  const bool told = !changes.empty() || buffered;
  const OpTracker::Number number = told ? s.ops.open(std::move(op)) : OpTracker::Number{0};
  if (told) send_changes(s, t, number, std::move(changes));
  if (deletes) depart_removed(s, t, std::move(*edit), ofmsg::FlowRemovedReason::delete_);
  if (buffered) release_buffer(s, t, number, slice, buffer);
}

}  // namespace sluice::slicing
