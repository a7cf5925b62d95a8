// Any bytes as one message: decoding does not crash, and what decodes comes back the same from its own encoding, prints
// as text, and prints as JSON.
#include <cstdint>
#include <cstdlib>

#include "ofmsg/codec.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/peek.hpp"
#include "ofmsg/text.hpp"

using namespace sluice::ofmsg;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < header_size || size > max_frame_size) return 0;
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(data[i]);
  store<std::uint16_t>(bytes, 2, static_cast<std::uint16_t>(size));
  const FrameView frame = *FrameView::of(bytes);
  const std::optional<Version> version = version_of(frame.wire_version());
  if (version) static_cast<void>(peek_packet_in(frame, *version));
  const Result<Message> message = decode(frame);
  if (!message) {
    static_cast<void>(text(message.error()));
    return 0;
  }
  if (!version) return 0;
  static_cast<void>(text(*message, *version, frame.xid()));
  static_cast<void>(
      to_json(*message, *version, frame.xid()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  Bytes again;
  // A switch may say in one version what the standard has in a later one only; such a message is not said back.
  if (!encode(again, *message, *version, frame.xid())) return 0;
  const Result<Message> second = decode(*FrameView::of(again));
  if (!second || !(*second == *message)) std::abort();
  return 0;
}
