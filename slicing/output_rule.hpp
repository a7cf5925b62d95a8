// The output rule: may this action list run, given every header that can be in the packet?
//
// An output is legal if and only if for every header h that the packet can have at that point, the pair (output port,
// h) belongs to the slice; not "the port is mine", not "the rewritten field is somewhere in my space". The list is
// therefore walked with a symbolic packet: a box of headers, which set-actions make exact, and pushes and pops make
// unknown where nothing is known of what comes to light.
//
// Outputs to FLOOD and ALL become outputs to the ports where the whole box is legal. Where only a part of it is, the
// answer is `Split`: the caller cuts the flow along that match and asks again for each part, so that a flood as such is
// never refused for where it goes.
//
// Each output goes to the queue that the list has chosen, which must be one of the slice's at that port, or to the one
// that the slice file forces there. What is sent says so at each output where that matters: as ENQUEUE in 1.0, with
// SET_QUEUE before it later. Pure functions; no state.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "ofmsg/action.hpp"
#include "ofmsg/match.hpp"
#include "policy/snapshot.hpp"
#include "slicing/port_table.hpp"
#include "slicing/refusal.hpp"
#include "slicing/symbolic_packet.hpp"
#include "slicing/virtual_ports.hpp"

namespace sluice::slicing {

// Actions that a rewritten list may have: what fits one message with room for a match.
inline constexpr std::size_t actions_limit = 1000;

// What the rule has to know besides the packet.
struct OutputContext {
  const policy::SwitchView& view;
  const PortTable& ports;
  const VirtualPorts& virtual_ports;
  policy::SliceId slice;
  const policy::Allowed& allowed;
  std::optional<ofmsg::PortNo> in_port;  // nothing: a packet_out without one
  bool packet_out = false;               // TABLE is allowed, CONTROLLER is judged by header
  bool cookie_in_packet_in = false;      // 1.3: a packet_in tells the flow that sent it
  // Instead of the packet's header: a port is legal where the slice has anything that this meets.
  const ofmsg::Match* meets = nullptr;
  bool queue_in_output = false;  // 1.0: ENQUEUE names port and queue; later SET_QUEUE holds for what follows it
  // What becomes of an output that is not legal: the list is refused, or goes without it. The latter is for flows that
  // were legal when they were installed and lost a port since.
  enum class Illegal : std::uint8_t { refuse, omit } illegal = Illegal::refuse;
  // Is a flow cut where a part of its packets may not leave a port of a flood, or of an output that could be omitted?
  // Else such ports are left out.
  bool cuts = true;
};

// Cut along this match and ask again.
struct Split {
  ofmsg::Match along;
};

// The list to send to the switch, or a cut, or a refusal.
using OutputVerdict = std::variant<ofmsg::Actions, Split, Refuse>;

[[nodiscard]] OutputVerdict judge_actions(const OutputContext& context, SymbolicPacket packet,
                                          const ofmsg::Actions& actions);

}  // namespace sluice::slicing
