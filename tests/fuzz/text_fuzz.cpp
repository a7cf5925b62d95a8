// Any text as a match, an action list, a flow, a group, a meter, a packet to send: readers do not crash, errors point
// into the text, and what is read prints as something that is read as the same again.
//
// The first byte says which of them and in which version.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/text_parts.hpp"

using namespace sluice::ofmsg;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void points_into(const TextError& error, std::string_view input) {
  must(error.offset <= input.size() && error.length <= input.size() - error.offset);
  must(!error.message.empty());
}

// Encodes what was read: the readers let nothing through that the version cannot say.
void can_be_said(const Message& message, Version version) {
  Bytes bytes;
  const Result<void> done = encode(bytes, message, version, Xid{});
  must(done.has_value() || done.error().reason == Reason::bad_length || done.error().reason == Reason::unsupported);
  if (!done) return;
  must(decode(*FrameView::of(bytes)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::string_view, 4> kinds{"flow_mod", "group_mod", "meter_mod", "packet_out"};
  if (size < 1 || size > 4096) return 0;
  const Version version = all_versions[data[0] % all_versions.size()];
  const std::size_t what = data[0] / all_versions.size() % 6;
  const std::string input{reinterpret_cast<const char*>(data) + 1, size - 1};
  if (what == 0) {
    const Result<Match, TextError> match = parse_match(input);
    if (!match) return points_into(match.error(), input), 0;
    const std::string said = text(*match, version);
    const Result<Match, TextError> again = parse_match(said);
    must(again.has_value() && text(*again, version) == said);
  } else if (what == 1) {
    const Result<Actions, TextError> actions = parse_actions(input, version);
    if (!actions) return points_into(actions.error(), input), 0;
    const std::string said = text(*actions, version);
    const Result<Actions, TextError> again = parse_actions(said, version);
    must(again.has_value() && text(*again, version) == said);
  } else {
    const Result<Message, TextError> message = parse_message(kinds[what - 2], input, version);
    if (!message) return points_into(message.error(), input), 0;
    can_be_said(*message, version);
    static_cast<void>(text(*message, version, Xid{}));
  }
  return 0;
}
