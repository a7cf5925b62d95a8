// Puts one direction of a TCP connection together from the segments of a capture, whatever their order, as often as
// they were sent, and however they overlap.
//
// A capture is read to its end before the stream is put together, so nothing has to be guessed while reading: a segment
// that is late is no hole, and a hole is one that nothing has filled. Of bytes that came twice the first ones count, as
// for the receiver. Sequence numbers become positions of 64 bits, counted on from the segment before.
//
//     position   0        400                 1900    2300
//     kept       [ first  ][ second           ]        [ third  ]
//     runs       [ 1                          ]  hole  [ 2      ]
//
// Kept are the bytes of the segments, each once, and for each segment about a hundred bytes more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ctl/messages.hpp"
#include "ofmsg/bytes.hpp"

namespace sluice::ctl {

// Bytes without a hole.
struct Run {
  std::uint64_t missing = 0;  // bytes before it that the capture does not have
  std::uint64_t from = 0;     // the stream's bytes before it, from where its beginning is known or believed to be
  ofmsg::Bytes bytes;
  // One for each segment: when its bytes could be delivered, that is, when all before them were there too.
  std::vector<Arrival> arrivals;
};

class TcpStream {
 public:
  // Whether a SYN before this sequence number can be the one that opened the stream, and not that of a later connection
  // between the same ports.
  [[nodiscard]] bool opened_by(std::uint32_t sequence) const;
  // The stream begins with this sequence number.
  void open(std::uint32_t sequence);
  void add(std::uint32_t sequence, ofmsg::ByteView bytes, const Captured& captured);

  // Whether the beginning was in the capture.
  [[nodiscard]] bool opened() const { return start_.has_value(); }

  [[nodiscard]] bool empty() const { return chunks_.empty(); }

  // The first bytes, up to a hole and to this size.
  [[nodiscard]] ofmsg::Bytes beginning(std::size_t size) const;

  [[nodiscard]] std::vector<Run> runs() const;

 private:
  // Bytes that no other chunk has.
  struct Chunk {
    std::size_t at = 0;  // in kept_
    std::size_t size = 0;
    Captured captured;
  };

  [[nodiscard]] std::int64_t position(std::uint32_t sequence) const;

  std::optional<std::int64_t> start_;
  std::uint32_t last_sequence_ = 0;  // the segment that was added last, and its position
  std::int64_t last_position_ = 0;
  bool any_ = false;
  ofmsg::Bytes kept_;
  std::map<std::int64_t, Chunk> chunks_;
};

}  // namespace sluice::ctl
