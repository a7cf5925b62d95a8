// Open vSwitch as a second reader of what Sluice sends to switches: `sluicectl test --oracle ovs`.
#pragma once

#include <string>
#include <vector>

#include "ctl/test.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ctl {

// What `ovs-ofctl` prints of each message, on one line; empty where it does not get to one. The error is a sentence.
[[nodiscard]] ofmsg::Result<std::vector<std::string>, std::string> ovs_prints(
    const std::vector<ofmsg::ByteView>& messages);

// Lets Open vSwitch read every message that a switch has heard in the cases, which were run as witnesses. A case fails
// when it cannot read one, or reads another message than Sluice does; handshakes, barriers and echoes are not shown.
// How many messages it has read; the error is a sentence.
[[nodiscard]] ofmsg::Result<std::size_t, std::string> judge_by_ovs(std::vector<Ran>& all);

}  // namespace sluice::ctl
