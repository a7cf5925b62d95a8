#include "ofmsg/peek.hpp"

#include <array>

namespace sluice::ofmsg {

namespace {

// Where the fixed fields of a packet_in lie in each version, asked of the layout once.
struct PacketInOffsets {
  std::size_t buffer_id = 0, total_len = 0, reason = 0, data = 0;
  std::optional<std::size_t> in_port, table_id, cookie, match;
};

std::optional<std::size_t> locate(Version version, std::string_view field) {
  Bytes scratch;
  Locator locator{scratch, version, Kind::packet_in, field};
  const PacketIn message;
  layout(locator, message);
  if (!locator.found()) return std::nullopt;
  return header_size + *locator.found();
}

PacketInOffsets offsets_of(Version version) {
  PacketInOffsets o;
  o.buffer_id = *locate(version, "buffer_id");
  o.total_len = *locate(version, "total_len");
  o.reason = *locate(version, "reason");
  o.data = *locate(version, "data");
  o.in_port = locate(version, "in_port");
  o.table_id = locate(version, "table_id");
  o.cookie = locate(version, "cookie");
  o.match = locate(version, "match");
  return o;
}

const PacketInOffsets& packet_in_offsets(Version version) {
  static const std::array table{offsets_of(v1_0), PacketInOffsets{}, offsets_of(v1_2),
                                offsets_of(v1_3), offsets_of(v1_4),  offsets_of(v1_5)};
  return table[index(version)];
}

// The ingress port of an OXM match and where the match ends, padding included; the other fields are only stepped over.
struct OxmInPort {
  std::optional<PortNo> in_port;
  std::size_t end = 0;
};

constexpr std::uint32_t oxm_in_port = 0x80000004;  // class, field, no mask, 4 bytes [OF 1.3.5 §7.2.3.2]

Result<OxmInPort, Reason> find_in_port(ByteView bytes, std::size_t at) {
  constexpr std::uint16_t oxm = 1;
  if (load<std::uint16_t>(bytes, at) != oxm) return Failure<Reason>{Reason::bad_match_type};
  const std::size_t length = load<std::uint16_t>(bytes, at + 2);
  OxmInPort found;
  found.end = at + (length + 7) / 8 * 8;
  if (length < 4 || found.end > bytes.size()) return Failure<Reason>{Reason::bad_match_length};
  const std::size_t stop = at + length;
  for (std::size_t field = at + 4; field < stop;) {
    if (stop - field < 4) return Failure<Reason>{Reason::bad_match_length};
    const auto header = load<std::uint32_t>(bytes, field);
    const std::size_t size = header & 0xffU;
    if (stop - field - 4 < size) return Failure<Reason>{Reason::bad_match_length};
    if (header == oxm_in_port) found.in_port = PortNo{load<std::uint32_t>(bytes, field + 4)};
    field += 4 + size;
  }
  return found;
}

}  // namespace

Result<PacketInView> peek_packet_in(FrameView frame, Version version) {
  const ByteView bytes = frame.bytes();
  const auto fail = [&](Reason reason, std::size_t offset) {
    return Failure<CodecError>{CodecError{.reason = reason,
                                          .kind = Kind::packet_in,
                                          .version = version,
                                          .offset = static_cast<std::uint32_t>(offset),
                                          .field = "match"}};
  };
  if (version == v1_1) return fail(Reason::unsupported, 0);
  const PacketInOffsets& at = packet_in_offsets(version);
  // The smallest packet_in has an empty match of 8 bytes, so that every fixed field is there.
  if (bytes.size() < at.data) return fail(Reason::truncated, bytes.size());
  PacketInView view;
  view.buffer_id = BufferId{load<std::uint32_t>(bytes, at.buffer_id)};
  view.total_len = load<std::uint16_t>(bytes, at.total_len);
  view.reason = static_cast<PacketInReason>(std::to_integer<std::uint8_t>(bytes[at.reason]));
  if (at.table_id) view.table_id = std::to_integer<std::uint8_t>(bytes[*at.table_id]);
  if (at.cookie) view.cookie = load<std::uint64_t>(bytes, *at.cookie);
  std::size_t data_at = at.data;
  if (at.match) {
    const Result<OxmInPort, Reason> match = find_in_port(bytes, *at.match);
    if (!match) return fail(match.error(), *at.match);
    if (!match->in_port) return fail(Reason::bad_match_prereq, *at.match);
    constexpr std::size_t pad = 2;
    data_at = match->end + pad;
    if (data_at > bytes.size()) return fail(Reason::truncated, bytes.size());
    view.in_port = *match->in_port;
  } else {
    view.in_port = from_1_0(load<std::uint16_t>(bytes, *at.in_port));
  }
  view.data = bytes.subspan(data_at);
  view.data_offset = static_cast<std::uint32_t>(data_at);
  return view;
}

bool has_no_wildcards_1_0(FrameView flow_mod) {
  constexpr std::uint32_t all = (1U << 22U) - 1;  // OFPFW_ALL [OF 1.0 §5.2.3]
  return flow_mod.size() >= header_size + 4 && (load<std::uint32_t>(flow_mod.bytes(), header_size) & all) == 0;
}

void patch_xid(std::span<std::byte> message, Xid xid) { store<std::uint32_t>(message, 4, xid.value); }

void patch_packet_in(std::span<std::byte> message, Version version, BufferId buffer_id, PacketInReason reason,
                     std::optional<std::uint64_t> cookie) {
  const PacketInOffsets& at = packet_in_offsets(version);
  store<std::uint32_t>(message, at.buffer_id, buffer_id.value);
  message[at.reason] = static_cast<std::byte>(reason);
  if (at.cookie && cookie) store<std::uint64_t>(message, *at.cookie, *cookie);
}

void truncate_packet_in(Bytes& out, std::size_t message_at, std::uint32_t data_offset, std::size_t size) {
  const std::size_t end = message_at + data_offset + size;
  if (end >= out.size()) return;
  out.resize(end);
  store<std::uint16_t>(out, message_at + 2, static_cast<std::uint16_t>(end - message_at));
}

Bytes with_packet_in_data(FrameView frame, Version version, const PacketInView& view, ByteView data) {
  const PacketInOffsets& at = packet_in_offsets(version);
  const ByteView head = frame.bytes().first(view.data_offset);
  Bytes out{head.begin(), head.end()};
  append(out, data);
  store<std::uint16_t>(out, 2, static_cast<std::uint16_t>(out.size()));
  store<std::uint16_t>(out, at.total_len, static_cast<std::uint16_t>(data.size()));
  store<std::uint32_t>(out, at.buffer_id, BufferId::none);
  return out;
}

}  // namespace sluice::ofmsg
