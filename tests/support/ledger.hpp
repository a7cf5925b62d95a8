// What the core believes to stand on a switch, beside what stands there.
#pragma once

#include <optional>
#include <string>

#include "tests/support/world.hpp"

namespace sluice::tests {

// What the ledger holds to be installed is what the switch has, and no more; if not, both lists.
[[nodiscard]] std::optional<std::string> ledger_differs(const World& world, const SwitchEnd& device,
                                                        const std::string& name);

}  // namespace sluice::tests
