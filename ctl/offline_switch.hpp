// A switch of a slice file as it would stand before the core, for commands that ask without a daemon.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/policy_file.hpp"
#include "slicing/replay/driver.hpp"

namespace sluice::ctl {

struct OfflineSwitch {
  std::string name;
  slicing::replay::SwitchSettings settings;
  // Ports that the file only has names for, with the numbers that they are taken to have here.
  std::vector<std::pair<std::string, ofmsg::PortNo>> guessed;
  std::vector<std::pair<std::string, policy::PortRef>> named;  // by the file

  // The port that the file, or the switch, calls so.
  [[nodiscard]] std::optional<ofmsg::PortNo> find(std::string_view word) const;
};

// It has the ports that the file names, and `more`. A name whose number nobody knows here gets a free one.
[[nodiscard]] OfflineSwitch offline_switch(const PolicyFile& file, policy::SwitchId id, ofmsg::Version version,
                                           const std::vector<ofmsg::PortNo>& more = {});

}  // namespace sluice::ctl
