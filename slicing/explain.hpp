// Why a message was refused, for people: the rules of the slice that came nearest to what it asked for.
//
// Worked out when somebody asks, not when it is refused: a controller may be refused as often as it likes. So it is the
// slice file as it is now that is compared with. Pure functions; no state.
#pragma once

#include <optional>
#include <vector>

#include "slicing/session.hpp"
#include "slicing/status.hpp"

namespace sluice::slicing {

// The slice's rules on the session's switch beside a match, those first that differ from it in the fewest fields.
[[nodiscard]] std::vector<NearRule> nearest_rules(const Session& s, policy::SliceId slice, const ofmsg::Match& asked);

// The rule by which the slice may have this message on the switch, as it goes there: the one whose headers a flow lies
// in, or from which the packet of a packet_out comes or leaves. Nothing for messages that are of no rule.
[[nodiscard]] std::optional<RuleName> rule_behind(const Session& s, policy::SliceId slice,
                                                  const ofmsg::Message& message);

[[nodiscard]] Explanation explain(const Session& s, Refusal refusal);

}  // namespace sluice::slicing
