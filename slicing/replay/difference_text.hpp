// Differences between two cores, for people.
#pragma once

#include <string>

#include "slicing/replay/comparison.hpp"

namespace sluice::slicing::replay {

// "video@s1", "video/2@s1"; an address for who has no name.
[[nodiscard]] std::string text(const FarEnd& end, const policy::Snapshot& policy);

// A message as a case would spell it, with its sender: "video@s1 > flow_mod priority=5,…".
[[nodiscard]] std::string said_by(const FarEnd& from, ofmsg::FrameView frame, const policy::Snapshot& policy);
// The same of one that is heard: "s1 < flow_mod …".
[[nodiscard]] std::string heard_by(const FarEnd& to, ofmsg::FrameView frame, const policy::Snapshot& policy);

// "#12 3.204s video@s1 > …", then a line for each message that only the first ("-") or only the second ("+") has said,
// and why it was refused. `begin`: the time to count from. Ends with a newline.
[[nodiscard]] std::string text(const Difference& difference, const policy::Snapshot& policy, Time begin);

}  // namespace sluice::slicing::replay
