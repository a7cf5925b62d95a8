// Bytes to messages and back, by the layouts.
#pragma once

#include "ofmsg/message.hpp"

namespace sluice::ofmsg {

// Reads a whole message; every byte must have its place. Errors: as `kind_of`, then what the fields say; `unsupported`
// for a kind that has no typed form (the caller decides what becomes of it, see slicing/handling.hpp).
[[nodiscard]] Result<Message> decode(FrameView frame);

// Appends the message in a version. Errors: `unsupported` with the field's name when the version cannot say a value
// that is not the default, bad_length when it would be too long; then `out` is as it was.
[[nodiscard]] Result<void> encode(Bytes& out, const Message& message, Version version, Xid xid);

// Has this kind a typed form in this version?
[[nodiscard]] bool is_typed(Kind kind, Version version);

}  // namespace sluice::ofmsg
