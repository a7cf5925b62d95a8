// Any bytes as one message: decoding does not crash, strictly and leniently; what decodes comes back the same from its
// own encoding, from its tree and from JSON; it prints as text and can be judged.
#include <cstdint>
#include <cstdlib>

#include "ofmsg/codec.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/peek.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/validate.hpp"

using namespace sluice::ofmsg;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

// What was encoded is the same message, in any mode.
void comes_back(const Message& message, Version version, Xid xid) {
  Bytes bytes;
  // A switch may say in one version what the standard has in a later one only; such a message is not said back.
  if (!encode(bytes, message, version, xid)) return;
  const Result<Lenient> again = decode_lenient(*FrameView::of(bytes));
  must(again && again->message == message);
  const Result<Envelope, TreeError> tree = from_tree(to_tree(message, version, xid), version);
  must(tree && tree->message == message && tree->version == version && tree->xid == xid);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < header_size || size > max_frame_size) return 0;
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(data[i]);
  store<std::uint16_t>(bytes, 2, static_cast<std::uint16_t>(size));
  const FrameView frame = *FrameView::of(bytes);
  const std::optional<Version> version = version_of(frame.wire_version());
  if (version) static_cast<void>(peek_packet_in(frame, *version));
  const Result<Message> strict = decode(frame);
  const Result<Lenient> lenient = decode_lenient(frame);
  if (!strict) static_cast<void>(text(strict.error()));
  if (!lenient) {
    must(!strict);
    static_cast<void>(text(lenient.error()));
    return 0;
  }
  // Strict differs in nothing but that the first fault stops it; what a field needs beside it is for `validate` there.
  for (const CodecError& fault : lenient->faults) must(!strict || fault.reason == Reason::bad_match_prereq);
  if (strict) must(*strict == lenient->message);
  if (!version) return 0;
  comes_back(lenient->message, *version, frame.xid());
  static_cast<void>(text(lenient->message, *version, frame.xid()));
  for (const Fault& fault : validate(lenient->message, *version)) static_cast<void>(wire_error(fault.reason, *version));
  static_cast<void>(
      to_json(lenient->message, *version, frame.xid()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return 0;
}
