// Packets that a switch keeps for a slice: the buffer ids that a controller sees are ours, one ring for each slice.
//
// The whole packet is kept beside the switch's id, because a packet_out that names a buffer has to be judged by the bytes
// that will leave. A ring has `capacity` entries; the oldest is forgotten when it is full, and the switch lets its own
// buffer go by itself.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "ofmsg/bytes.hpp"
#include "ofmsg/messages/flow.hpp"
#include "ofmsg/port.hpp"

namespace sluice::slicing {

struct HeldPacket {
  ofmsg::BufferId physical;
  ofmsg::PortNo in_port;
  ofmsg::Bytes data;
};

class BufferRing {
 public:
  static constexpr std::uint32_t capacity = 256;

  [[nodiscard]] ofmsg::BufferId put(HeldPacket packet) {
    const ofmsg::BufferId id{next_};
    ring_[next_ % capacity] = Entry{id, std::move(packet)};
    next_ = (next_ + 1) & 0x7fffffffU;
    return id;
  }

  [[nodiscard]] const HeldPacket* find(ofmsg::BufferId id) const {
    const std::optional<Entry>& entry = ring_[id.value % capacity];
    return entry && entry->id == id ? &entry->packet : nullptr;
  }

  // The switch's buffer is used up.
  void release(ofmsg::BufferId id) {
    std::optional<Entry>& entry = ring_[id.value % capacity];
    if (entry && entry->id == id) entry.reset();
  }

 private:
  struct Entry {
    ofmsg::BufferId id;
    HeldPacket packet;
  };

  std::array<std::optional<Entry>, capacity> ring_;
  std::uint32_t next_ = 1;
};

}  // namespace sluice::slicing
