// What the switch says to flow_mods and of flows: barriers, errors, flow_removed.
//
// An op whose message the switch refuses is taken back whole: its siblings are withdrawn, what it had replaced comes
// back, and the controller gets that one error with its own xid and bytes.
#include <utility>

#include "slicing/cookie.hpp"
#include "slicing/discovery.hpp"
#include "slicing/flow_changes.hpp"

namespace sluice::slicing {

using ofmsg::Message;

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
    for (const Op::Sent& sent : op.sent) {
      if (sent.change.what != PhysicalChange::What::remove) continue;
      if (const auto done = s.ledger.stop_waiting(sent.change.flow, sent.change.key)) report(s, t, *done);
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
    repair.touched.push_back({found->change->slice, found->change->key});
  }
  // What we change by ourselves the slice may have lost, or never have got: where the switch does not change it, it
  // does not stay as it was.
  const bool ours = !op.from || (!first && found->sequence > op.repaired_after);
  // What is new is tried twice: the table may have been full until something else had gone.
  const bool last = found->change && (found->change->before || found->sequence > op.repaired_after);
  if (ours && last && s.ledger.find(found->change->flow) != nullptr) {
    note(s, t, NoteId::flow_withdrawn, "error=" + text(error, s.version()), found->change->slice);
    withdraw(s, t, found->change->flow, ofmsg::FlowRemovedReason::delete_);
    return true;
  }
  if (!first) {  // one error for one message; what its other pieces have left behind goes too
    if (found->change && found->sequence <= op.repaired_after) {
      send_changes(s, t, found->number, s.ledger.sync(repair, t.now));
    }
    return true;
  }
  if (found->change) {
    s.ledger.undo(op.edit, repair, s.ops.newest());
    recut_flows(s, repair);
    send_changes(s, t, found->number, s.ledger.sync(repair, t.now));
    note(s, t, NoteId::flow_withdrawn, "error=" + text(error, s.version()), found->change->slice);
    send_own_barrier(s, t);  // somebody's barrier may wait for the repair
  }
  if (op.from && op.original) {
    if (Leg* leg = s.find(*op.from)) forward_error(s, t, *leg, *op.original, op.theirs, error);
  }
  return true;
}

void flow_removed(Session& s, Turn& t, const ofmsg::FlowRemoved& message) {
  if (is_discovery_cookie(message.cookie)) return own_flow_removed(s, t, message);
  const auto gone = s.foreign.find({message.priority, message.match});
  if (gone != s.foreign.end() && gone->second == message.cookie) s.foreign.erase(gone);
  const auto whose = flow_of(s, message.cookie);
  if (!whose) return;  // an operator's own flow, or one of an earlier run
  const auto [slice, id] = *whose;
  FlowLedger::Removal removal = s.ledger.piece_removed(id, slice, message, t.now);
  if (removal.departed) return report(s, t, *removal.departed);
  if (!removal.flow) return;
  const Flow* flow = s.ledger.find(*removal.flow);
  if (message.reason == ofmsg::FlowRemovedReason::idle_timeout && flow->idle_by_polling()) {
    // It went there when it was the flow's only piece, with a timeout that is ours to watch since there are others.
    s.ledger.not_standing(slice, removal.key);
    Edit again;
    again.touched.push_back({slice, removal.key});
    static_cast<void>(send_own(s, t, again));
    return;
  }
  // What has crossed the report may have put it there again: in 1.0 a MODIFY adds where there is nothing.
  if (!s.ops.changing(slice, removal.key)) s.ledger.not_standing(slice, removal.key);
  // The switch removed it: a timeout, or somebody else's doing. All pieces of a flow live and die together.
  withdraw(s, t, *removal.flow, message.reason);
}

}  // namespace sluice::slicing
