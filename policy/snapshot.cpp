#include "policy/snapshot.hpp"

#include <algorithm>

#include "policy/boxes.hpp"

namespace sluice::policy {
namespace {

ofmsg::PortNo port_of(const ofmsg::PacketKey& key) {
  return ofmsg::PortNo{static_cast<std::uint32_t>(key.get(ofmsg::Field::in_port).lo)};
}

// The first of the boxes that has the packet.
const Box* find_box(const std::map<ofmsg::PortNo, std::vector<Box>>& boxes, const ofmsg::PacketKey& key) {
  const auto at = boxes.find(port_of(key));
  if (at == boxes.end()) return nullptr;
  for (const Box& box : at->second) {
    if (ofmsg::matches(box.header, key)) return &box;
  }
  return nullptr;
}

// What the boxes have in common with the header.
std::vector<Box> common(const std::vector<Box>& boxes, const ofmsg::Match& header) {
  std::vector<Box> parts;
  for (const Box& box : boxes) {
    if (auto part = ofmsg::intersect(header, box.header)) parts.push_back(Box{*std::move(part), box.rule});
  }
  return maximal(std::move(parts));
}

}  // namespace

std::optional<Owner> SwitchView::owner(const ofmsg::PacketKey& key) const {
  for (const auto& [slice, holding] : holdings_) {
    if (const Box* box = find_box(holding.writes, key)) return Owner{slice, box->rule};
  }
  return std::nullopt;
}

std::vector<SliceId> SwitchView::readers(const ofmsg::PacketKey& key) const {
  std::vector<SliceId> found;
  for (const auto& [slice, holding] : holdings_) {
    if (find_box(holding.reads, key) != nullptr && find_box(holding.writes, key) == nullptr) found.push_back(slice);
  }
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
  return boxes->second;
}

bool SwitchView::wholly_owns(SliceId slice, ofmsg::PortNo port) const {
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return false;
  return std::binary_search(holding->second.whole.begin(), holding->second.whole.end(), port);
}

namespace {

// No box covers another, but what a box is said as in a version may be covered by what another is said as: VLANs 2 and
// 3 one by one, and VLAN 2. Of equal pieces the first stays.
void drop_covered(std::vector<Piece>& pieces, std::size_t first) {
  for (std::size_t i = first; i < pieces.size();) {
    bool covered = false;
    for (std::size_t j = first; j < pieces.size() && !covered; ++j) {
      if (i == j || !ofmsg::covers(pieces[j].match, pieces[i].match)) continue;
      covered = j < i || !ofmsg::covers(pieces[i].match, pieces[j].match);
    }
    if (covered) {
      pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

}  // namespace

std::optional<std::vector<Piece>> SwitchView::clip(SliceId slice, const ofmsg::Match& match, std::size_t limit) const {
  std::vector<Piece> pieces;
  const auto holding = holdings_.find(slice);
  if (holding == holdings_.end()) return pieces;

  const ofmsg::Term* in_port = match.find(ofmsg::Field::in_port);
  ofmsg::Match header = match;
  header.erase(ofmsg::Field::in_port);
  const std::vector<Box>* last = nullptr;  // neighbouring ports mostly have the same boxes
  std::vector<Box> parts;
  for (const auto& [port, boxes] : holding->second.writes) {
    if (in_port != nullptr && (ofmsg::u128(port.value) & in_port->mask) != in_port->value) continue;
    if (last == nullptr || boxes != *last) parts = common(boxes, header);
    last = &boxes;
    const std::size_t first = pieces.size();
    bool split = false;
    for (const Box& part : parts) {
      const auto said = said_as(part.header, version_, limit - pieces.size());
      if (!said) return std::nullopt;
      split = split || said->size() > 1;
      for (const ofmsg::Match& m : *said) {
        Piece piece{port, m, part.rule};
        piece.match.set(ofmsg::Field::in_port, port.value);
        pieces.push_back(std::move(piece));
      }
    }
    if (split) drop_covered(pieces, first);
  }
  return pieces;
}

std::optional<SwitchId> Snapshot::find_switch(ofmsg::DatapathId dpid) const {
  const auto& all = parts_.switches;
  const auto found = std::find_if(all.begin(), all.end(), [dpid](const Switch& s) { return s.dpid == dpid; });
  if (found == all.end()) return std::nullopt;
  return SwitchId{static_cast<std::uint16_t>(found - all.begin())};
}

std::optional<SliceId> Snapshot::find_slice(std::string_view name) const {
  const auto& all = parts_.slices;
  const auto found = std::find_if(all.begin(), all.end(), [name](const Slice& s) { return s.name == name; });
  if (found == all.end()) return std::nullopt;
  return SliceId{static_cast<std::uint16_t>(found - all.begin())};
}

std::optional<SliceId> Snapshot::slice_with_number(std::uint16_t number) const {
  const auto& all = parts_.slices;
  const auto found = std::find_if(all.begin(), all.end(), [number](const Slice& s) { return s.number == number; });
  if (found == all.end()) return std::nullopt;
  return SliceId{static_cast<std::uint16_t>(found - all.begin())};
}

std::span<const Region> Snapshot::regions(SwitchId id) const {
  const auto found = parts_.regions.find(id);
  if (found == parts_.regions.end()) return {};
  return found->second;
}

}  // namespace sluice::policy
