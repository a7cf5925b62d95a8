// Link discovery of each slice over wires that all share: LLDP and BDDP.
//
// A *probe* is a packet_out with such a frame and nothing but outputs. It leaves any port where the slice may write,
// whatever else the flowspace says of the frame, because it is nobody else's: it bears a mark (probe.hpp) with which it
// comes to this slice only, clean, where it comes in. No slice sends such a frame otherwise. What bears no mark, of a
// real host or another network, goes to whom its header belongs. What bears one that is not genuine, or is too old, or
// comes in at a port that is not the slice's, goes nowhere.
//
// Frames of discovery come here by flows of our own, one for each type and each port where somebody wants them: above
// all flows of slices, which must neither catch a neighbour's probes nor flood them. Whatever a slice would do with
// LLDP in its flow table therefore has no effect; its flows for nothing else are kept in the ledger and stand nowhere.
#pragma once

#include <cstdint>
#include <optional>

#include "slicing/audience.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

// --- packets ---

// Does the slice take part at this port?
[[nodiscard]] bool discovers(const Session& s, policy::SliceId slice, ofmsg::PortNo port);

// Why the packet_out, of a frame of discovery that is whole, is no probe that the slice may send; the output rule says
// the rest.
[[nodiscard]] std::optional<Refuse> refuse_probe(const policy::Slice& slice, const ofmsg::PacketOut& message);
// What a probe must meet of a slice at a port to leave there: a tag leads to where the slice may have nothing to do.
[[nodiscard]] ofmsg::Match tag_of(const ofmsg::PacketKey& probe);
// The moment in a mark.
[[nodiscard]] std::uint32_t second_of(Time now);

// Who hears of a frame of discovery without a mark.
[[nodiscard]] Audience discovery_audience(const Session& s, const std::optional<Sender>& sender,
                                          const std::optional<ofmsg::PacketKey>& key, ofmsg::PortNo in_port);
void deliver_discovery(Session& s, Turn& t, ofmsg::FrameView frame, const ofmsg::PacketInView& view);

// --- flows ---

// Does one of them take this packet, or should?
[[nodiscard]] bool taken_for_discovery(const Session& s, const ofmsg::PacketKey& key);
// Brings the switch up to date.
void keep_own_flows(Session& s, Turn& t);
// The switch has it; false if it is not as it should be.
bool own_flow_found(Session& s, const ofmsg::FlowStats& flow);
// The switch, or somebody else, has removed it.
void own_flow_removed(Session& s, const Turn& t, const ofmsg::FlowRemoved& report);
// The switch did not take it, if the message was one of them.
void own_flow_refused(Session& s, const Turn& t, OurXid xid);

}  // namespace sluice::slicing
