// Sessions as the plain values of status.hpp and standing.hpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slicing/session.hpp"
#include "slicing/standing.hpp"
#include "slicing/status.hpp"

namespace sluice::slicing {

// "1,24", "*".
[[nodiscard]] std::string text(const policy::PortSet& ports);
[[nodiscard]] SwitchState switch_state(const Session& s);
[[nodiscard]] SliceState slice_state(const policy::Snapshot& policy, policy::SliceId slice,
                                     const std::vector<std::unique_ptr<Session>>& sessions);
void append_leg_states(const Session& s, std::vector<LegState>& legs);
[[nodiscard]] FlowState flow_state(const Session& s, const Flow& flow, Time now);
// Of one slice, or of all if the name is empty.
void append_flow_states(const Session& s, std::string_view slice, Time now, std::vector<FlowState>& flows);
// Nothing of a session that is not up.
void append_standing(const Session& s, Standing& standing);

}  // namespace sluice::slicing
