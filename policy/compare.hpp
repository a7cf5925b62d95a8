// Two snapshots, in the terms of those who live by them: which traffic came and went for whom, and what else changed.
//
// A slice is the same if its name is, a switch if its datapath id is. Headers are compared as sets: two ways to write
// the same traffic are no difference.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ofmsg/match.hpp"
#include "policy/imagined_ports.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

struct TrafficChange {
  enum class What : std::uint8_t { gained, lost };

  What what = What::gained;
  Access access = Access::write;
  std::string switch_name;
  std::vector<std::string> ports;     // as ImaginedPorts::text says them
  std::vector<ofmsg::Match> headers;  // may be many
  std::vector<ofmsg::Match> within;   // the headers of rules that these lie in
};

// "limits.flows": "100" became "200".
struct SettingChange {
  std::string key, before, after;
};

struct SliceDifference {
  enum class What : std::uint8_t { same, changed, added, removed };

  std::string slice;
  What what = What::same;
  std::vector<TrafficChange> traffic;
  std::vector<SettingChange> settings;
};

struct Difference {
  std::vector<SliceDifference> slices;  // of the new file in its order, then those that are gone
  std::vector<SettingChange> settings;  // of the proxy and the switches

  [[nodiscard]] bool none() const;
};

[[nodiscard]] Difference compare(const Snapshot& before, const Snapshot& after);

}  // namespace sluice::policy
