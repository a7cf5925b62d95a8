// The headers that slices have at ports, with the indexes that make asking fast. Private to this folder; made once by
// `bind`, and shared by all ports that have the same.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/box_index.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

// What one slice may write at a port, none within another.
struct BoxList {
  explicit BoxList(std::vector<Box> boxes);

  // The parts of a header that lie in the boxes, in the order of the boxes, none within another.
  [[nodiscard]] std::vector<Box> common(const ofmsg::Match& header) const;

  std::vector<Box> boxes;
  BoxIndex index;
  // For each box the others that it meets; empty when no two of them do, as is usual.
  std::vector<std::vector<std::uint32_t>> neighbours;
};

// What all slices together have at a port, slice after slice.
struct HeadersAtPort {
  explicit HeadersAtPort(const std::vector<std::pair<SliceId, const std::vector<Box>*>>& lists);

  BoxIndex index;
  std::vector<Owner> owners;  // of each header of the index
};

}  // namespace sluice::policy
