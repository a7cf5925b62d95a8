// Follows one packet through the flows that one switch has of all slices.
//
// The table is the one of the ledger: every piece of every slice, of which the one with the highest priority wins, just
// as in the switch. So that the winner is the packet's owner's own is seen here, and not assumed. Pure functions.
#pragma once

#include "ofmsg/packet_key.hpp"
#include "slicing/session.hpp"
#include "slicing/trace.hpp"

namespace sluice::slicing {

// `packet` comes in at the port of its key.
[[nodiscard]] Trace trace(const Session& s, const ofmsg::PacketKey& packet, Time now);

}  // namespace sluice::slicing
