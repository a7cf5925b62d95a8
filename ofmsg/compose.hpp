// A packet of given headers: what packet_key reads, written.
#pragma once

#include "ofmsg/bytes.hpp"
#include "ofmsg/match.hpp"

namespace sluice::ofmsg {

// One Ethernet packet of the match: `witness` as bytes, with right lengths and checksums, and 60 bytes at least, as on
// a wire. Fields that a packet of this kind cannot have in its bytes (those of the pipeline, extension headers of IPv6,
// PBB) are not in it; packet_key says what is.
[[nodiscard]] Bytes compose_packet(const Match& match);

}  // namespace sluice::ofmsg
