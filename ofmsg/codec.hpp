// Bytes to messages and back, by the layouts.
#pragma once

#include <vector>

#include "ofmsg/message.hpp"

namespace sluice::ofmsg {

// Reads a whole message; every byte must have its place. Errors: as `kind_of`, then what the fields say. What breaks a
// rule only with values that go together badly is for `validate`.
[[nodiscard]] Result<Message> decode(FrameView frame);

// A message as it came, for tools that look at what others send.
struct Lenient {
  Message message;
  std::vector<CodecError> faults;  // where `decode` would have stopped, although the structure is sound
  Deviations deviations;           // why `encode` may give other bytes
};

// As `decode`, but only a broken structure is an error. Matches remember how they were written (`Match::written`).
[[nodiscard]] Result<Lenient> decode_lenient(FrameView frame);

// Appends the message in a version. Errors: `unsupported` with the field's name when the version cannot say a value
// that is not the default, bad_length when it would be too long; then `out` is as it was.
[[nodiscard]] Result<void> encode(Bytes& out, const Message& message, Version version, Xid xid);

// The size of the message in bytes, header included. Errors as `encode`.
[[nodiscard]] Result<std::size_t> encoded_size(const Message& message, Version version);

}  // namespace sluice::ofmsg
