// Packets that are kept for a slice: the buffer ids that a controller sees are ours, one ring for each slice.
//
// The bytes are kept here, and a packet_out that names a buffer is judged by them and sends them. The switch's own
// buffer id is never used: a switch gives it to another packet when it likes, perhaps to one of another slice, and
// whoever named it then would send that one. The switch lets its buffers go by itself. A ring has `capacity` entries;
// the oldest is forgotten when it is full.
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
    return entry && entry->id == id && entry->packet ? &*entry->packet : nullptr;
  }

  // The buffer is used up; its id is remembered as long as its place in the ring is not taken.
  void release(ofmsg::BufferId id) {
    std::optional<Entry>& entry = ring_[id.value % capacity];
    if (entry && entry->id == id) entry->packet.reset();
  }

  [[nodiscard]] bool used(ofmsg::BufferId id) const {
    const std::optional<Entry>& entry = ring_[id.value % capacity];
    return entry && entry->id == id && !entry->packet;
  }

 private:
  struct Entry {
    ofmsg::BufferId id;
    std::optional<HeldPacket> packet;  // nothing: it was used
  };

  std::array<std::optional<Entry>, capacity> ring_;
  std::uint32_t next_ = 1;
};

}  // namespace sluice::slicing
