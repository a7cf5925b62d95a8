// Which rules of a slice file decided about a message: asked from outside, of what was said and heard, so that the core
// has nothing to remember for it.
//
// A flow or a packet that went to the switch was decided by the rules that it came in by and goes out by; a packet_in
// by the rule of who owns it, and by those of who reads it. What other messages tell of ports is no rule's decision.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ofmsg/frame.hpp"
#include "ofmsg/messages/session.hpp"
#include "policy/snapshot.hpp"
#include "slicing/replay/driver.hpp"

namespace sluice::slicing::replay {

// A rule of a slice file.
struct RuleUse {
  std::string slice, name;
  std::string position;  // "campus.json:11:9"

  friend auto operator<=>(const RuleUse&, const RuleUse&) = default;
};

// One switch under one policy, with the ports that it has.
class Attribution {
 public:
  Attribution(const policy::Snapshot& policy, policy::SwitchId id, std::span<const ofmsg::Port> ports,
              ofmsg::Version version);

  // In the order in which they are met, each once; none for most messages. `party` has heard the message, or said it.
  [[nodiscard]] std::vector<RuleUse> rules(const Party& party, ofmsg::FrameView frame) const;

 private:
  class Asker;

  const policy::Snapshot& policy_;
  policy::SwitchId id_;
  std::vector<ofmsg::Port> ports_;
  policy::SwitchView view_;
};

}  // namespace sluice::slicing::replay
