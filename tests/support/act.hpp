// What a step of a random script does to a World.
#pragma once

#include "tests/support/random_script.hpp"
#include "tests/support/world.hpp"

namespace sluice::tests {

// The controller that a step is about, of the world's only switch; null while it is not there.
[[nodiscard]] Tenant* controller(World& world, const Step& step);

// Carries nothing but what the step itself must carry: see World::settle. The xid of a message that was sent.
std::optional<Xid> act(World& world, SwitchEnd& device, const Step& step, Version version);

}  // namespace sluice::tests
