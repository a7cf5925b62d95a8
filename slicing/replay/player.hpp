// Plays a recording that began with a new core: gives the same turns to a core of now, and says whether that says the
// same, to the byte.
#pragma once

#include <memory>
#include <string>

#include "ofmsg/result.hpp"
#include "slicing/domain.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::slicing::replay {

class Player {
 public:
  // The error is a sentence: the policy does not compile, or the recording began in the middle (Shadow can follow such
  // a one).
  [[nodiscard]] static ofmsg::Result<Player, std::string> begin(const RecordingHead& head);

  // What the core of now says in this turn. The error is a sentence: a policy that does not compile.
  [[nodiscard]] ofmsg::Result<Outbox, std::string> play(const Turn& turn);

  [[nodiscard]] const policy::Snapshot& policy() const { return *policy_; }

  [[nodiscard]] const Domain& domain() const { return domain_; }

 private:
  Player(const std::shared_ptr<const policy::Snapshot>& policy, const Seed& seed)
      : policy_{policy}, domain_{policy, seed} {}

  std::shared_ptr<const policy::Snapshot> policy_;
  Domain domain_;
};

// Is this what was recorded?
[[nodiscard]] bool same(const Turn& recorded, Outbox& now);
[[nodiscard]] bool same(const Record& a, const Record& b);

}  // namespace sluice::slicing::replay
