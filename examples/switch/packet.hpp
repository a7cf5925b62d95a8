// Changes the headers of an Ethernet packet in its bytes.
//
// IPv4, TCP, UDP and ICMP checksums are carried along by the difference of what changes [RFC 1624],
// so that they stay right for packets that are cut or fragmented, and stay wrong for packets that
// came wrong. An action on a header that the packet does not have changes nothing.
#pragma once

#include "ofmsg/action.hpp"
#include "ofmsg/bytes.hpp"

namespace sluice::flow_switch {

enum class Fate : bool { dropped, alive };

// Carries out one action on the bytes. Actions that are not about headers (outputs, queues, groups)
// and those that `check_actions` refuses do nothing. Dropped: the time to live ran out.
[[nodiscard]] Fate rewrite(ofmsg::Bytes& packet, const ofmsg::Action& action);

// Can `rewrite` set this field?
[[nodiscard]] bool can_set(ofmsg::Field field);

}  // namespace sluice::flow_switch
