// What a new snapshot changes for those who are connected: done, or only foreseen.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::slicing {

// One slice on one switch that is up.
struct SliceChange {
  std::string switch_name;
  std::string slice;
  std::size_t flows_removed = 0;  // left the flowspace: deleted, and reported to the controller
  std::size_t flows_changed = 0;  // are other flows on the switch now
  std::size_t ports_added = 0, ports_removed = 0;
  std::size_t controllers_added = 0, controllers_removed = 0;

  [[nodiscard]] bool any() const {
    return flows_removed + flows_changed + ports_added + ports_removed + controllers_added + controllers_removed > 0;
  }
};

struct ReloadReport {
  std::vector<SliceChange> changes;           // only where something changes
  std::vector<std::string> switches_gone;     // connected ones that are hung up: the file no longer has them
  std::vector<std::string> switches_refused;  // likewise: their OpenFlow version is no longer allowed
  std::vector<std::string> switches_known;    // connected ones that were strangers until now
};

}  // namespace sluice::slicing
