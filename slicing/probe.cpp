#include "slicing/probe.hpp"

#include <algorithm>

namespace sluice::slicing {

namespace {

using ofmsg::Bytes;
using ofmsg::ByteView;

constexpr std::size_t addresses = 12;  // bytes of a frame before its type, or its tags
// Type 127 and the length; an identifier that nobody has been given (bit 0x02: administered locally); the subtype.
constexpr std::array mark_begins{std::byte{0xfe}, std::byte{0x14}, std::byte{0x02},
                                 std::byte{0x73}, std::byte{0x6c}, std::byte{0x01}};
constexpr std::size_t told_size = 8;  // what stands between that and the hash
static_assert(mark_begins.size() + told_size + sizeof(std::uint64_t) == probe_mark_size);
static_assert((std::to_integer<std::size_t>(mark_begins[0]) << 8U & 0x1ffU) + 0x14 + 2 == probe_mark_size);

// Where the End TLV of a well-formed payload is, and the one before it.
struct Tlvs {
  std::size_t end = 0;
  std::optional<std::size_t> last;
};

std::optional<Tlvs> walk(ByteView frame, std::size_t payload) {
  Tlvs found{payload, std::nullopt};
  while (found.end + 2 <= frame.size()) {
    const auto head = ofmsg::load<std::uint16_t>(frame, found.end);
    if (head == 0) return found;
    if (head >> 9U == 0) return std::nullopt;
    found.last = found.end;
    found.end += 2 + (head & 0x1ffU);
  }
  return std::nullopt;
}

void append_told(Bytes& out, const Probe& probe, std::size_t size) {
  ofmsg::append<std::uint16_t>(out, probe.slice);
  ofmsg::append<std::uint32_t>(out, probe.second);
  ofmsg::append<std::uint16_t>(out, static_cast<std::uint16_t>(size));
}

// Of what a mark tells, and of a frame without one.
std::uint64_t hash(ByteView told, ByteView frame, std::size_t payload, const SipKey& secret) {
  Bytes all{told.begin(), told.end()};
  ofmsg::append(all, frame.first(addresses));
  ofmsg::append(all, frame.subspan(payload - 2));
  return sip_hash(secret, ByteView{all});
}

std::optional<Unmarked> unmarked_at(ByteView frame, std::size_t payload, std::size_t at, const SipKey& secret) {
  const ByteView mark = frame.subspan(at, probe_mark_size);
  if (!std::equal(mark_begins.begin(), mark_begins.end(), mark.begin())) return std::nullopt;
  const ByteView told = mark.subspan(mark_begins.size(), told_size);
  Unmarked found;
  found.probe = {ofmsg::load<std::uint16_t>(told), ofmsg::load<std::uint32_t>(told, 2)};
  const std::size_t size = payload + ofmsg::load<std::uint16_t>(told, 6);
  found.frame.assign(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(at));
  ofmsg::append(found.frame, frame.subspan(at + probe_mark_size));
  if (found.frame.size() < size) return std::nullopt;
  found.frame.resize(size);
  if (hash(told, found.frame, payload, secret) != ofmsg::load<std::uint64_t>(mark, probe_mark_size - 8)) {
    return std::nullopt;
  }
  return found;
}

}  // namespace

bool is_discovery(const ofmsg::PacketKey& packet) {
  return packet.has(ofmsg::Field::eth_type) && is_discovery_type(packet.get(ofmsg::Field::eth_type).lo);
}

bool is_discovery(ByteView frame, const std::optional<ofmsg::PacketKey>& packet) {
  return discovery_payload(frame).has_value() || (packet && is_discovery(*packet));
}

bool is_discovery(const ofmsg::Match& match) {
  const auto type = match.exact(ofmsg::Field::eth_type);
  return type && is_discovery_type(type->lo);
}

bool meets_discovery(const ofmsg::Match& match) {
  return match.find(ofmsg::Field::eth_type) == nullptr || is_discovery(match);
}

std::optional<std::size_t> discovery_payload(ByteView frame) {
  for (std::size_t at = addresses; at + 2 <= frame.size(); at += 4) {
    const auto type = ofmsg::load<std::uint16_t>(frame, at);
    if (type == ofmsg::eth_type::vlan || type == ofmsg::eth_type::qinq) continue;
    return is_discovery_type(type) ? std::optional{at + 2} : std::nullopt;
  }
  return std::nullopt;
}

Bytes marked(ByteView frame, const Probe& probe, const SipKey& secret) {
  const std::size_t payload = *discovery_payload(frame);
  Bytes mark{mark_begins.begin(), mark_begins.end()};
  append_told(mark, probe, frame.size() - payload);
  ofmsg::append<std::uint64_t>(mark, hash(ByteView{mark}.subspan(mark_begins.size()), frame, payload, secret));
  Bytes out{frame.begin(), frame.end()};
  if (const auto tlvs = walk(frame, payload)) {
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(tlvs->end), mark.begin(), mark.end());
    return out;
  }
  // So long that no wire adds anything behind it, even if a tag is taken off on the way.
  constexpr std::size_t long_enough = 64;
  out.resize(std::max(out.size(), long_enough - mark.size()));
  ofmsg::append(out, mark);
  return out;
}

std::optional<Unmarked> unmarked(ByteView frame, const SipKey& secret) {
  const auto payload = discovery_payload(frame);
  if (!payload) return std::nullopt;
  const auto tlvs = walk(frame, *payload);
  if (tlvs && tlvs->last && *tlvs->last + probe_mark_size == tlvs->end) {
    if (auto found = unmarked_at(frame, *payload, *tlvs->last, secret)) return found;
  }
  if (frame.size() < *payload + probe_mark_size) return std::nullopt;
  return unmarked_at(frame, *payload, frame.size() - probe_mark_size, secret);
}

bool bears_mark(ByteView frame) {
  return std::search(frame.begin(), frame.end(), mark_begins.begin(), mark_begins.end()) != frame.end();
}

}  // namespace sluice::slicing
