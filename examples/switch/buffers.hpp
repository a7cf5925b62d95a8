// Packets that the switch keeps while the controller thinks about them.
//
// A ring of fixed size: the newest packet takes the place of the oldest. Numbers are not reused
// before they wrap, so a number that is not here is either "empty" (it was used) or "unknown" (it
// is too old, or never was).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "ofmsg/error.hpp"
#include "ofmsg/message.hpp"

namespace sluice::flow_switch {

struct Buffered {
  ofmsg::PortNo in_port;
  ofmsg::Bytes packet;
};

class Buffers {
 public:
  explicit Buffers(std::size_t slots) : slots_{slots} {}

  // The number under which the packet is kept; nothing if there are no slots.
  [[nodiscard]] std::optional<ofmsg::BufferId> keep(ofmsg::PortNo in_port, ofmsg::ByteView packet) {
    if (slots_ == 0) return std::nullopt;
    if (ring_.size() == slots_) ring_.pop_front();
    if (next_ == ofmsg::BufferId::none) next_ = 0;
    const ofmsg::BufferId id{next_++};
    ring_.push_back({id, Buffered{in_port, {packet.begin(), packet.end()}}});
    return id;
  }

  // Hands the packet out, once.
  [[nodiscard]] ofmsg::Result<Buffered, ofmsg::Reason> take(ofmsg::BufferId id) {
    for (Slot& slot : ring_) {
      if (slot.id != id) continue;
      if (!slot.content) return ofmsg::Failure<ofmsg::Reason>{ofmsg::Reason::buffer_empty};
      Buffered content = std::move(*slot.content);
      slot.content.reset();
      return content;
    }
    return ofmsg::Failure<ofmsg::Reason>{ofmsg::Reason::buffer_unknown};
  }

 private:
  struct Slot {
    ofmsg::BufferId id;
    std::optional<Buffered> content;
  };

  std::size_t slots_;
  std::deque<Slot> ring_;
  std::uint32_t next_ = 1;
};

}  // namespace sluice::flow_switch
