// Who has what at the ports of a switch, as a snapshot alone can tell: without the switch, with imagined ports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ofmsg/match.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

struct Holding {
  ofmsg::Match header;
  std::vector<ofmsg::Match> except;  // what of it is not meant
  std::optional<SliceId> slice;      // nothing: nobody may write it
  Access access = Access::write;
  RuleId rule;
};

// Ports where the same holds.
struct PortTerritory {
  std::vector<std::string> ports;  // as ImaginedPorts::text says them
  std::vector<Holding> holdings;
};

// What slices may write and read; what a rule leaves to rules of higher priority is excepted.
[[nodiscard]] std::vector<PortTerritory> territory(const Snapshot& snapshot, SwitchId id);

// What rules of more than one slice are about: each with the part that it has in common with others. Of two that may
// write, the one with the higher priority has it.
[[nodiscard]] std::vector<PortTerritory> shared_territory(const Snapshot& snapshot, SwitchId id);

// What nobody may write: a few matches where that is enough, else everything with exceptions.
[[nodiscard]] std::vector<PortTerritory> free_territory(const Snapshot& snapshot, SwitchId id);

}  // namespace sluice::policy
