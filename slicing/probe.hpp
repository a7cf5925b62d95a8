// The mark that says whose a frame of LLDP or BDDP is.
//
// A tenant's controller finds links by sending such frames, *probes*, out of its ports and watching where they come in.
// Between its ports they are on wires that others use, too. So each bears a mark, as an organisationally specific TLV
// [IEEE 802.1AB 8.6.1]: which slice has sent it, when, and a hash of this and of the frame that only who knows the
// core's secret can make.
//
//   FE 14  02 73 6C  01  slice (16 bits)  second (32)  size of the frame's payload (16)  hash (64)
//
// It stands before the End TLV of a well-formed frame and at the end of any other. The hash is of all but VLAN tags,
// which change on the way; the size tells what wires have added to frames that were too short for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ofmsg/bytes.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"
#include "slicing/sip_hash.hpp"

namespace sluice::slicing {

struct Probe {
  std::uint16_t slice = 0;   // its number
  std::uint32_t second = 0;  // when it left, on the core's clock

  friend bool operator==(const Probe&, const Probe&) = default;
};

inline constexpr std::size_t probe_mark_size = 22;
inline constexpr std::array<std::uint64_t, 2> discovery_types{0x88cc, 0x8942};  // LLDP, BDDP

[[nodiscard]] constexpr bool is_discovery_type(std::uint64_t type) {
  return type == discovery_types[0] || type == discovery_types[1];
}

[[nodiscard]] bool is_discovery(const ofmsg::PacketKey& packet);
// The same of one that may be too short to be read, or have its type in an LLC header, where no mark is looked for.
[[nodiscard]] bool is_discovery(ofmsg::ByteView frame, const std::optional<ofmsg::PacketKey>& packet);
// Are all packets of the match frames of discovery? Can one be?
[[nodiscard]] bool is_discovery(const ofmsg::Match& match);
[[nodiscard]] bool meets_discovery(const ofmsg::Match& match);

// Where the payload of a frame of discovery begins, behind its EtherType and any VLAN tags; nothing for other packets.
[[nodiscard]] std::optional<std::size_t> discovery_payload(ofmsg::ByteView frame);

// The frame, which is one of discovery, with its mark.
[[nodiscard]] ofmsg::Bytes marked(ofmsg::ByteView frame, const Probe& probe, const SipKey& secret);

struct Unmarked {
  Probe probe;
  ofmsg::Bytes frame;  // as it was sent, but for VLAN tags
};

// Nothing if there is no mark, or one that is not genuine.
[[nodiscard]] std::optional<Unmarked> unmarked(ofmsg::ByteView frame, const SipKey& secret);

// Does a frame of discovery bear anything that begins as a mark does?
[[nodiscard]] bool bears_mark(ofmsg::ByteView frame);

}  // namespace sluice::slicing
