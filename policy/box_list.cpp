#include "policy/box_list.hpp"

#include <algorithm>

#include "policy/boxes.hpp"

namespace sluice::policy {
namespace {

BoxIndex index_of(const std::vector<Box>& boxes) {
  std::vector<const ofmsg::Match*> headers;
  headers.reserve(boxes.size());
  for (const Box& box : boxes) headers.push_back(&box.header);
  return BoxIndex{headers, BoxIndex::Use::matches};
}

// Does the header ask for nothing that the box does not already say, bit for bit? Then the box is the intersection.
bool says_all_of(const ofmsg::Match& box, const ofmsg::Match& header) {
  return std::all_of(header.terms().begin(), header.terms().end(), [&](const ofmsg::Term& asked) {
    const ofmsg::Term* said = box.find(asked.field);
    return said != nullptr && (said->mask & asked.mask) == asked.mask && (said->value & asked.mask) == asked.value;
  });
}

}  // namespace

BoxList::BoxList(std::vector<Box> all) : boxes{std::move(all)}, index{index_of(boxes)} {
  std::vector<std::vector<std::uint32_t>> met(boxes.size());
  bool any = false;
  for (std::uint32_t i = 0; i < boxes.size(); ++i) {
    index.meeting(boxes[i].header, met[i]);
    std::erase(met[i], i);
    any = any || !met[i].empty();
  }
  if (any) neighbours = std::move(met);
}

std::vector<Box> BoxList::common(const ofmsg::Match& header) const {
  std::vector<std::uint32_t> numbers;
  index.meeting(header, numbers);
  std::vector<Box> parts;
  parts.reserve(numbers.size());
  std::vector<bool> cut;  // parts that are not a whole box
  std::size_t met = 0;    // numbers of the parts are kept in place
  for (const std::uint32_t n : numbers) {
    const bool whole_box = says_all_of(boxes[n].header, header);
    if (whole_box) {
      parts.push_back(boxes[n]);
    } else {
      auto part = ofmsg::intersect(header, boxes[n].header);
      if (!part) continue;
      parts.push_back(Box{*std::move(part), boxes[n].rule});
    }
    cut.push_back(!whole_box);
    numbers[met++] = n;
  }
  numbers.resize(met);
  if (neighbours.empty() || parts.size() < 2) return parts;

  // A part can only lie within that of a neighbour, and only if it is less than its box, as no box lies in another.
  const auto within = [&](std::size_t i, std::uint32_t neighbour) {
    const auto at = std::lower_bound(numbers.begin(), numbers.end(), neighbour);
    if (at == numbers.end() || *at != neighbour) return false;
    const auto j = static_cast<std::size_t>(at - numbers.begin());
    return gives_way(parts[i].header, i, parts[j].header, j);
  };
  std::vector<bool> dropped(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::vector<std::uint32_t>& near = neighbours[numbers[i]];
    dropped[i] = cut[i] && std::any_of(near.begin(), near.end(), [&](std::uint32_t other) { return within(i, other); });
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (dropped[i]) continue;
    if (kept != i) parts[kept] = std::move(parts[i]);
    ++kept;
  }
  parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(kept), parts.end());
  return parts;
}

HeadersAtPort::HeadersAtPort(const std::vector<std::pair<SliceId, const std::vector<Box>*>>& lists) {
  std::vector<const ofmsg::Match*> headers;
  for (const auto& [slice, boxes] : lists) {
    for (const Box& box : *boxes) {
      headers.push_back(&box.header);
      owners.push_back({slice, box.rule});
    }
  }
  index = BoxIndex{headers};
}

}  // namespace sluice::policy
