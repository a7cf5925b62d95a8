// One complete OpenFlow message as bytes: `FrameView` borrows it, `Frame` owns it.
//
// A view is made by the deframer and lives as long as the bytes below it, which on the message path means: during the
// call. What must be kept longer (queues, recordings, the original of a request whose error may still come) is copied
// into a Frame. Frames are moved, never shared; `clone()` says so where a second one is needed.
#pragma once

#include <compare>
#include <optional>

#include "ofmsg/bytes.hpp"
#include "ofmsg/version.hpp"

namespace sluice::ofmsg {

inline constexpr std::size_t header_size = 8;
inline constexpr std::size_t max_frame_size = 65535;

struct Xid {
  std::uint32_t value = 0;

  friend constexpr auto operator<=>(const Xid&, const Xid&) = default;
};

class FrameView {
 public:
  // The bytes as a message, if they are exactly one: at least a header, and the header's length is their number.
  [[nodiscard]] static std::optional<FrameView> of(ByteView bytes) {
    if (bytes.size() < header_size || bytes.size() != load<std::uint16_t>(bytes, 2)) {
      return std::nullopt;
    }
    return FrameView{bytes};
  }

  [[nodiscard]] std::uint8_t wire_version() const { return std::to_integer<std::uint8_t>(bytes_[0]); }

  [[nodiscard]] std::uint8_t type() const { return std::to_integer<std::uint8_t>(bytes_[1]); }

  [[nodiscard]] Xid xid() const { return Xid{load<std::uint32_t>(bytes_, 4)}; }

  [[nodiscard]] ByteView bytes() const { return bytes_; }

  [[nodiscard]] ByteView body() const { return bytes_.subspan(header_size); }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  friend class Frame;

  explicit FrameView(ByteView bytes) : bytes_{bytes} {}

  ByteView bytes_;
};

class Frame {
 public:
  explicit Frame(FrameView view) : bytes_{view.bytes().begin(), view.bytes().end()} {}

  Frame(Frame&&) noexcept = default;
  Frame& operator=(Frame&&) noexcept = default;
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() = default;

  [[nodiscard]] Frame clone() const { return Frame{view()}; }

  [[nodiscard]] FrameView view() const { return FrameView{bytes_}; }

 private:
  Bytes bytes_;
};

// Calls `take` with each message of bytes that hold nothing but whole ones, as everything does that is written here.
// What comes from others is cut by the deframer.
template <class Take>
void for_each_frame(ByteView bytes, Take take) {
  while (!bytes.empty()) {
    const FrameView frame = *FrameView::of(bytes.first(load<std::uint16_t>(bytes, 2)));
    bytes = bytes.subspan(frame.size());
    take(frame);
  }
}

}  // namespace sluice::ofmsg
