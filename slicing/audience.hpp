// Who hears of a packet that the switch sends to the controller. Pure functions; no state.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ofmsg/packet_key.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

// The slice whose flow sent the packet, if the switch says so; it may have rewritten the header first.
struct Sender {
  std::optional<policy::SliceId> slice;  // nothing: a slice that is no more
  const Flow* flow = nullptr;            // nothing: a flow that is gone already, or of an earlier run
};

// By the cookie of a packet_in.
[[nodiscard]] std::optional<Sender> sender(const Session& s, std::optional<std::uint64_t> cookie);

struct Audience {
  std::optional<policy::SliceId> owner;
  const Flow* flow = nullptr;            // the flow that sent it, if the switch says so
  std::vector<policy::SliceId> readers;  // in order, without the owner
};

// The owner is whose flow sent it if the switch names one that is there, else whoever the header, as it is in the
// packet_in, belongs to; without a key it cannot be read.
[[nodiscard]] Audience audience(const Session& s, const std::optional<Sender>& sender,
                                const std::optional<ofmsg::PacketKey>& key);

// Does the flow send to the controller itself, not by the action set? [OF 1.3.5 §5.4]
[[nodiscard]] bool asks_directly(const Flow& flow);

}  // namespace sluice::slicing
