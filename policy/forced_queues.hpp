// Rules of one slice that force different queues at one port. Private to the compiler.
#pragma once

#include <string>
#include <vector>

#include "policy/overlap.hpp"

namespace sluice::policy {

struct ForcedTwice {
  std::size_t first, second;  // indexes of rules; first < second
  std::size_t switch_index;
  std::string port;  // "2", "\"eth24\"", "LOCAL"
};

// At most one for each rule, in the order of `second`. As everywhere before the switch is there, two names, or a name
// and a number, are not taken for one port; a name may be any physical port.
[[nodiscard]] std::vector<ForcedTwice> forced_twice(const std::vector<PlacedRule>& rules);

}  // namespace sluice::policy
