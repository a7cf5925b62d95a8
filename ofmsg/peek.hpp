// Reads and patches single fields in a frame without decoding it, at offsets that the layouts give.
//
// For messages that are passed on almost untouched, packet_in above all: nothing is allocated, and every byte that is
// not named here leaves as it came.
#pragma once

#include <optional>
#include <span>

#include "ofmsg/frame.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ofmsg {

// A packet_in as far as a proxy has to know it. Offsets count from the first byte of the message.
struct PacketInView {
  BufferId buffer_id;
  std::uint16_t total_len = 0;
  PortNo in_port;
  PacketInReason reason = PacketInReason::no_match;
  std::uint8_t table_id = 0;            // 0 in 1.0
  std::optional<std::uint64_t> cookie;  // since 1.3
  ByteView data;                        // lies in the frame
  std::uint32_t data_offset = 0;
};

// Errors: bad_match_* for a broken match, `truncated`, bad_match_prereq when in_port is missing.
[[nodiscard]] Result<PacketInView> peek_packet_in(FrameView frame, Version version);

// A flow_mod of 1.0 without any wildcard, also in fields that mean nothing for its packets.
[[nodiscard]] bool has_no_wildcards_1_0(FrameView flow_mod);

// Patching: the bytes are one whole message of the version named.
void patch_xid(std::span<std::byte> message, Xid xid);
void patch_packet_in(std::span<std::byte> message, Version version, BufferId buffer_id, PacketInReason reason,
                     std::optional<std::uint64_t> cookie);

// Cuts the data of a packet_in to `size` bytes by shortening the message; total_len stays.
void truncate_packet_in(Bytes& out, std::size_t message_at, std::uint32_t data_offset, std::size_t size);

// The message with other data, all of them there and in no buffer.
[[nodiscard]] Bytes with_packet_in_data(FrameView frame, Version version, const PacketInView& view, ByteView data);

}  // namespace sluice::ofmsg
