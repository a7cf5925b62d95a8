// The `intersect` mapping: a slice's flow becomes one physical flow for each part of it that lies in the slice.
//
// Works on every switch, 1.0 included: nothing is asked of it but exact matches on the ingress port. Every physical
// flow names its ingress port, so that no packet of a foreign port is ever caught, and the regions of different slices
// are disjoint, so that the controller's priorities go down unchanged. Other mappings (`tag`, `range`) will have the
// same signature. Pure functions; no state.
#pragma once

#include <vector>

#include "ofmsg/action.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/version.hpp"
#include "policy/snapshot.hpp"
#include "slicing/output_rule.hpp"
#include "slicing/port_table.hpp"
#include "slicing/refusal.hpp"
#include "slicing/shared.hpp"
#include "slicing/virtual_ports.hpp"

namespace sluice::slicing::mapping {

struct Context {
  const policy::SwitchView& view;
  const PortTable& ports;
  const VirtualPorts& virtual_ports;
  policy::SliceId slice;
  const policy::Slice& settings;
  ofmsg::Version version;
  OutputContext::Illegal illegal = OutputContext::Illegal::refuse;
};

// What stands in the switch for a part of a slice's flow.
struct PhysicalFlow {
  ofmsg::Match match;
  Shared<ofmsg::Instructions> instructions;
  bool first = false;  // it has no wildcards: to a switch of 1.0 it is of the highest priority [OF 1.0 §3.4]
  // It goes to fewer ports than a part of its packets might leave, because it cannot be cut into so many parts.
  bool narrowed = false;

  friend bool operator==(const PhysicalFlow&, const PhysicalFlow&) = default;
};

// A flood is never refused, nor does a flow that stands go (Illegal::omit): where it cannot be cut as far as it would
// have to be, all pieces are narrowed.
//
// Nothing where all of it is at ports that the slice has turned off, or is for frames of discovery. Refusals:
// flow_outside when nothing of the match is the slice's, too_many_pieces, whatever the output rule refuses, and
// instructions that need more than one table.
[[nodiscard]] Judged<std::vector<PhysicalFlow>> intersect(const Context& context, const ofmsg::Match& match,
                                                          const ofmsg::Instructions& instructions);

}  // namespace sluice::slicing::mapping
