// Cuts a stream of bytes into complete OpenFlow messages.
//
// Bytes come in as they arrive; views of complete messages come out, straight from the caller's buffer where a message
// lies whole in it, from a small buffer of our own where it was cut. Only what breaks the framing is judged here: a
// length below 8, and a first message that no OpenFlow peer would send. Everything else is the business of whoever
// reads the message.
#pragma once

#include <optional>

#include "ofmsg/bytes.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/frame.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ofmsg {

class Deframer {
 public:
  // Gives bytes to cut. The previous bytes must have been used up: `next()` answered nothing or an error. The bytes
  // must stay where they are until then.
  void feed(ByteView bytes);

  // The next complete message; nothing when more bytes are needed; an error once the framing is lost, after which the
  // connection cannot be used any more (the same error is repeated). The view is valid until the next call of next()
  // or feed().
  [[nodiscard]] Result<std::optional<FrameView>> next();

  // Bytes of an incomplete message kept back.
  [[nodiscard]] std::size_t pending() const { return kept_.size() + rest_.size(); }

  // The header bytes at which the framing was lost; empty before an error.
  [[nodiscard]] ByteView offender() const { return offender_; }

 private:
  [[nodiscard]] Result<std::optional<FrameView>> fail(CodecError error, ByteView at);

  Bytes kept_;               // the beginning of a message that was cut
  bool kept_whole_ = false;  // kept_ holds a message that was handed out and can go
  ByteView rest_;            // what is left of the bytes given last
  Bytes offender_;
  std::optional<CodecError> error_;
};

}  // namespace sluice::ofmsg
