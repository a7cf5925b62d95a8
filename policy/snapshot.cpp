#include "policy/snapshot.hpp"

#include <algorithm>

#include "policy/box_list.hpp"
#include "policy/boxes.hpp"

namespace sluice::policy {
namespace {

ofmsg::PortNo port_of(const ofmsg::PacketKey& key) {
  return ofmsg::PortNo{static_cast<std::uint32_t>(key.get(ofmsg::Field::in_port).lo)};
}

}  // namespace

bool Queues::allows(std::uint32_t queue) const { return std::binary_search(allowed.begin(), allowed.end(), queue); }

std::optional<Owner> SwitchView::owner(const ofmsg::PacketKey& key) const {
  const auto at = at_port_.find(port_of(key));
  if (at == at_port_.end() || !at->second.written) return std::nullopt;
  const HeadersAtPort& headers = *at->second.written;
  const std::optional<std::uint32_t> found = headers.index.first(key);
  if (!found) return std::nullopt;
  return headers.owners[*found];
}

std::vector<SliceId> SwitchView::readers(const ofmsg::PacketKey& key) const {
  std::vector<SliceId> found;
  const auto at = at_port_.find(port_of(key));
  if (at == at_port_.end() || !at->second.read) return found;
  std::vector<std::uint32_t> numbers;
  at->second.read->index.all(key, numbers);
  for (const std::uint32_t n : numbers) found.push_back(at->second.read->owners[n].slice);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (const auto writer = owner(key)) std::erase(found, writer->slice);
  return found;
}

std::span<const ofmsg::PortNo> SwitchView::ports(SliceId slice) const {
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return {};
  return holding->second.ports;
}

bool SwitchView::has_port(SliceId slice, ofmsg::PortNo port) const {
  const auto all = ports(slice);
  return std::binary_search(all.begin(), all.end(), port);
}

std::span<const Box> SwitchView::at(SliceId slice, ofmsg::PortNo port) const {
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return {};
  const auto boxes = holding->second.writes.find(port);
  if (boxes == holding->second.writes.end()) return {};
  return boxes->second->boxes;
}

std::vector<const Box*> SwitchView::meeting(SliceId slice, ofmsg::PortNo port, const ofmsg::Match& header) const {
  std::vector<const Box*> met;
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return met;
  const auto list = holding->second.writes.find(port);
  if (list == holding->second.writes.end()) return met;
  const std::vector<Box>& boxes = list->second->boxes;
  // To ask the index takes longer than to look at a few.
  constexpr std::size_t few = 4;
  if (boxes.size() <= few) {
    for (const Box& box : boxes) {
      if (!ofmsg::disjoint(box.header, header)) met.push_back(&box);
    }
    return met;
  }
  std::vector<std::uint32_t> numbers;
  list->second->index.meeting(header, numbers);
  met.reserve(numbers.size());
  for (const std::uint32_t n : numbers) {
    if (!ofmsg::disjoint(boxes[n].header, header)) met.push_back(&boxes[n]);
  }
  return met;
}

bool SwitchView::shares(SliceId slice, ofmsg::PortNo port) const {
  return std::any_of(holdings_.begin(), holdings_.end(), [&](const auto& holding) {
    return holding.first != slice && holding.second.writes.contains(port);
  });
}

const Queues& SwitchView::queues(SliceId slice, ofmsg::PortNo port) const {
  static const Queues none{};
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return none;
  const auto here = holding->second.queues.find(port);
  return here == holding->second.queues.end() ? none : *here->second;
}

bool SwitchView::has_queues(SliceId slice) const {
  const auto holding = holdings_.find(slice);
  return holding != holdings_.end() && !holding->second.queues.empty();
}

bool SwitchView::has_queue(SliceId slice, std::uint32_t queue) const {
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return false;
  const auto& all = holding->second.queues;
  return std::any_of(all.begin(), all.end(), [queue](const auto& here) { return here.second->allows(queue); });
}

bool SwitchView::shares_queue(SliceId slice, ofmsg::PortNo port, std::uint32_t queue) const {
  return std::any_of(holdings_.begin(), holdings_.end(), [&](const auto& holding) {
    const SliceId other = holding.first;
    return other != slice && holding.second.writes.contains(port) && queues(other, port).allows(queue);
  });
}

namespace {

// No box covers another, but what a box is said as in a version may be covered by what another is said as: VLANs 2 and
// 3 one by one, and VLAN 2. Of equal ones the first stays.
std::vector<Box> said_in(const std::vector<Box>& parts, ofmsg::Version version, std::size_t limit, bool& too_many) {
  std::vector<Box> said;
  bool split = false;
  for (const Box& part : parts) {
    auto matches = said_as(part.header, version, limit - said.size());
    too_many = !matches;
    if (too_many) return {};
    split = split || matches->size() > 1;
    for (ofmsg::Match& match : *matches) said.push_back({std::move(match), part.rule});
  }
  return split ? maximal(std::move(said)) : said;
}

}  // namespace

std::optional<std::vector<Piece>> SwitchView::clip(SliceId slice, const ofmsg::Match& match, std::size_t limit) const {
  std::vector<Piece> pieces;
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return pieces;

  const ofmsg::Term* in_port = match.find(ofmsg::Field::in_port);
  ofmsg::Match header = match;
  header.erase(ofmsg::Field::in_port);
  const BoxList* last = nullptr;  // neighbouring ports mostly have the same boxes
  std::vector<Box> parts;
  for (const auto& [port, boxes] : holding->second.writes) {
    if (in_port != nullptr && (ofmsg::u128(port.value) & in_port->mask) != in_port->value) continue;
    if (boxes.get() != last) {
      bool too_many = false;
      parts = said_in(boxes->common(header), version_, limit - pieces.size(), too_many);
      if (too_many) return std::nullopt;
    }
    last = boxes.get();
    if (parts.size() > limit - pieces.size()) return std::nullopt;
    for (const Box& part : parts) {
      Piece& piece = pieces.emplace_back(Piece{port, part.header, part.rule});
      piece.match.set(ofmsg::Field::in_port, port.value);
    }
  }
  return pieces;
}

std::optional<SwitchId> Snapshot::find_switch(ofmsg::DatapathId dpid) const {
  const auto& all = parts_.switches;
  const auto found =
      std::find_if(all.begin(), all.end(), [dpid](const Switch& s) { return s.dpid == dpid && !s.gone; });
  if (found == all.end()) return std::nullopt;
  return SwitchId{static_cast<std::uint16_t>(found - all.begin())};
}

std::optional<SwitchId> Snapshot::find_switch(std::string_view name) const {
  const auto& all = parts_.switches;
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const Switch& s) { return s.name == name && !s.gone; });
  if (found == all.end()) return std::nullopt;
  return SwitchId{static_cast<std::uint16_t>(found - all.begin())};
}

std::optional<SliceId> Snapshot::find_slice(std::string_view name) const {
  const auto& all = parts_.slices;
  const auto found = std::find_if(all.begin(), all.end(), [name](const Slice& s) { return s.name == name && !s.gone; });
  if (found == all.end()) return std::nullopt;
  return SliceId{static_cast<std::uint16_t>(found - all.begin())};
}

std::optional<SliceId> Snapshot::slice_with_number(std::uint16_t number) const {
  std::optional<SliceId> found;
  for (std::size_t i = 0; i < parts_.slices.size(); ++i) {
    const Slice& slice = parts_.slices[i];
    // One that is gone only where nobody has its number now: its last flows are still reported.
    if (slice.number == number && (!found || !slice.gone)) found = SliceId{static_cast<std::uint16_t>(i)};
  }
  return found;
}

std::span<const Region> Snapshot::regions(SwitchId id) const {
  const auto found = parts_.regions.find(id);
  if (found == parts_.regions.end()) return {};
  return found->second;
}

}  // namespace sluice::policy
