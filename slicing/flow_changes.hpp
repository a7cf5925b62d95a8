// Changes of the ledger on their way to the switch, and the news of flows on their way to controllers: what the files
// that work on a slice's flow table share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "slicing/session.hpp"

namespace sluice::slicing {

[[nodiscard]] mapping::Context mapping_context(const Session& s, policy::SliceId slice);
// What is to stand in the switch for a flow under a policy and the view that it gives of the switch. An output to a
// port that is not the slice's any more goes nowhere, as on a switch whose port has gone; it must not wait there for
// the port's next owner. Nothing where nothing of the flow is inside.
[[nodiscard]] std::vector<mapping::PhysicalFlow> pieces_under(const Session& s, const policy::Snapshot& policy,
                                                              const policy::SwitchView& view, const Flow& flow);
// The flow stands as these from now on, with its counters.
void set_pieces(Session& s, FlowId id, std::vector<mapping::PhysicalFlow> pieces, Edit& edit);
// The flow that a cookie of ours names, if it is one of this run.
[[nodiscard]] std::optional<std::pair<policy::SliceId, FlowId>> flow_of(const Session& s, std::uint64_t cookie);

// Sends the changes as messages of an op.
void send_changes(Session& s, Turn& t, OpTracker::Number op, std::vector<PhysicalChange> changes);
// An edit of our own, for which no controller waits: what is new stands before what is old goes, but for what would
// stand in the place of another slice's flow until that is gone. The number of flow_mods that it took.
std::size_t send_own(Session& s, Turn& t, const Edit& edit);
// Takes an entry off the switch that is no flow's.
void delete_physical(Session& s, Turn& t, FlowKey key, std::uint64_t cookie);
// A barrier now, if much has been sent since the last one, or when its time comes.
void barrier_soon(Session& s, Turn& t);

// Tells the slice's controller that a flow is gone, if it asked for that.
void report(Session& s, Turn& t, const Departure& d);
// The edit's removed flows are gone for their controllers.
void depart_removed(Session& s, Turn& t, Edit&& edit, ofmsg::FlowRemovedReason reason);
// Removes a live flow for a reason of the switch's: its other pieces go too, and its controller is told once.
void withdraw(Session& s, Turn& t, FlowId id, ofmsg::FlowRemovedReason reason);

}  // namespace sluice::slicing
