// A recording: what went into a core and what came out of it, turn by turn, with the policy. The same core, given the
// same turns, says the same again, to the byte.
//
//   "sluice recording 1\n", then blocks: what it is (8 bits), its length (32 bits), its content. The first is the head;
//   all others are turns. Numbers are in network order, texts and bytes have their length (32 bits) before them.
//
// Writing appends to a buffer, reading takes bytes as they come: where both come from and go to is the caller's
// business. A recording that ends in the middle of a block, because whoever wrote it was killed, is good up to there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ofmsg/result.hpp"
#include "slicing/events.hpp"
#include "slicing/replay/policy_text.hpp"
#include "slicing/seed.hpp"
#include "slicing/standing.hpp"

namespace sluice::slicing::replay {

struct RecordingHead {
  std::string program;    // "sluiced 0.5.0"
  Seed seed;              // of the core
  Time at{};              // when it begins
  std::int64_t wall = 0;  // milliseconds since 1970 at that moment
  PolicyText policy;
  // Nothing: the core was new, so that replaying gives the same bytes. Else what stood when the recording began.
  std::optional<Standing> standing;
};

// One call of Domain::handle, and what had come into the outbox when it was done. Views are those of the input, and of
// the reader's buffer.
struct Turn {
  Time at{};
  Input input;                                           // read: a PolicyChanged has no snapshot, but see `policy`
  std::optional<PolicyText> policy;                      // of a PolicyChanged
  std::vector<std::pair<LinkId, ofmsg::ByteView>> said;  // whole messages, by link
  std::vector<Record> records;
};

// The outbox as a recorded turn has it. The views are of the outbox.
[[nodiscard]] Turn turn_of(Time at, Input input, Outbox& out);

// How a file of a folder is named that begins at `wall` (milliseconds since 1970): "2026-03-01T120000Z.slicerec"; if
// `taken` files of that second are there already, "2026-03-01T120000Z-2.slicerec" and so on.
[[nodiscard]] std::string recording_name(std::int64_t wall, unsigned taken);

void append_head(ofmsg::Bytes& out, const RecordingHead& head);
void append_turn(ofmsg::Bytes& out, const Turn& turn);

class RecordingReader {
 public:
  static constexpr std::size_t largest_block = std::size_t{256} << 20U;  // bytes
  static constexpr Time longest_silence = std::chrono::hours{24 * 30};   // between two turns; what is damaged says more

  using Block = std::variant<RecordingHead, Turn>;

  // Bytes that follow those given before.
  void feed(ofmsg::ByteView bytes);

  // The next block; nothing when more bytes are needed. The error is a sentence; nothing can be read after it. What is
  // given is valid until the next call of next() or feed().
  [[nodiscard]] ofmsg::Result<std::optional<Block>, std::string> next();

  // Bytes of a block that has not come to its end.
  [[nodiscard]] std::size_t pending() const { return buffer_.size() - at_; }

  // Bytes read so far, for "at byte N".
  [[nodiscard]] std::uint64_t position() const { return done_; }

 private:
  using Next = ofmsg::Result<std::optional<Block>, std::string>;

  [[nodiscard]] Next fail(const std::string& why);

  ofmsg::Bytes buffer_;
  std::size_t at_ = 0;
  std::uint64_t done_ = 0;
  bool begun_ = false;  // the first line has been read
  bool headed_ = false;
  Time last_{};
  std::string error_;
};

}  // namespace sluice::slicing::replay
