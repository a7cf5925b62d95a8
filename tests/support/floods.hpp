// What makes floods hard to compare with those of a private switch.
#pragma once

#include "ofmsg/action.hpp"
#include "ofmsg/packet_key.hpp"
#include "tests/support/private_switch.hpp"

namespace sluice::tests {

// Is a header flooded after something that may be sliced has been changed in it? What it then is may be known in part
// only, and a flood goes where all of it is known to be legal.
[[nodiscard]] bool floods_changed(const ofmsg::Actions& actions);
// By a flow of the switch.
[[nodiscard]] bool floods_changed(const PrivateSwitch& own);

// Does the packet lack a field that its types promise: a later fragment, a header cut short?
[[nodiscard]] bool hollow(const ofmsg::PacketKey& key);

// Floods are cut where a part of them is legal only, and matches have no words for packets without the field along
// which they are cut: such packets then meet no part of the flow.
[[nodiscard]] bool has_floods(const PrivateSwitch& own);

}  // namespace sluice::tests
