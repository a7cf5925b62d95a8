// Flows of our own that let a switch drop what nobody would hear of: packets that no slice owns, and packets of slices
// whose controllers are away, where the slice file wants that.
//
// They carry our mark and the number of no slice. Those for single packets end by themselves after some seconds and
// are at hand for nobody; those for rules are listed, and deleted when a controller is back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ofmsg/packet_key.hpp"
#include "policy/ids.hpp"
#include "policy/snapshot.hpp"
#include "slicing/events.hpp"
#include "slicing/flow_ledger.hpp"
#include "slicing/token_bucket.hpp"

namespace sluice::slicing {

struct Session;
struct Turn;

struct GuardFlows {
  static constexpr std::uint16_t seconds = 10;  // that a flow for one packet stands
  static constexpr policy::Rate pace{std::chrono::milliseconds{10}, 100};

  TokenBucket bucket;
  std::uint64_t sent = 0;                                 // for single packets
  std::map<policy::SliceId, std::vector<FlowKey>> rules;  // that stand
};

// How long a slice has been without its controllers on a switch, and what has been done about it.
struct Away {
  // So long after the switch has come, controllers are still on their way.
  static constexpr Time grace = std::chrono::seconds{10};

  Time since{};
  Time due{};         // when the first thing is to be done
  unsigned done = 0;  // things

  [[nodiscard]] std::optional<Time> next(const policy::Absence& absence) const {
    if (done == 0) return due;
    if (done == 1 && absence.after) return since + *absence.after;
    return std::nullopt;
  }
};

// A packet of nobody, or of a slice without controllers whose `flow` had sent it here: its like is dropped for a while.
void drop_like(Session& s, Turn& t, const ofmsg::PacketKey& packet, const Flow* flow);
// Does what is due for slices whose controllers are away, and takes it back for those whose are here.
void look_after_absent(Session& s, Turn& t);
[[nodiscard]] std::optional<Time> next_absence(const Session& s);
// The switch is away, and what stood there will be found or not when it is back.
void forget_guards(Session& s);

}  // namespace sluice::slicing
