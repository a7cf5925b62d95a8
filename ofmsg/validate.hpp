// What the specification says of the values in a message, apart from the structure that decoding checks.
//
// A message may be sound and still make no sense: a flow_mod with an unknown command, an action that sets a VLAN of 13
// bits, a match on a TCP port of nothing known to be TCP. Only what the message itself tells is judged; whether a port,
// table or group is there is for the switch to say.
#pragma once

#include <string>
#include <vector>

#include "ofmsg/extension.hpp"
#include "ofmsg/message.hpp"

namespace sluice::ofmsg {

struct Fault {
  Reason reason;
  std::string where;  // path as in "buckets[1].actions[0]"; empty: the message itself
  std::string what;   // "mod_vlan_vid:5000: a VLAN has 12 bits"

  friend bool operator==(const Fault&, const Fault&) = default;
};

// All faults, the first one first. Experimenters' parts that `known` has a type for are judged by its layout; whether a
// receiver knows the others is not the message's fault.
[[nodiscard]] std::vector<Fault> validate(const Message& message, Version version,
                                          const Extensions& known = standard_extensions());

}  // namespace sluice::ofmsg
