// Any JSON document as a message: the reader does not crash, and what it takes is said back in JSON as the same
// message.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ofmsg/codec.hpp"
#include "ofmsg/json.hpp"

using namespace sluice::ofmsg;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  const auto json = nlohmann::ordered_json::parse(data, data + size, nullptr, false);
  if (json.is_discarded()) return 0;
  const Result<Envelope, TreeError> read = from_json(json);
  if (!read) return must(!read.error().message.empty()), 0;
  const Result<Envelope, TreeError> again = from_json(to_json(read->message, read->version, read->xid));
  must(again && again->message == read->message && again->version == read->version && again->xid == read->xid);
  Bytes bytes;
  const Result<void> done = encode(bytes, read->message, read->version, read->xid);
  if (!done) return 0;
  // JSON can say values that belong to no message of these bytes (fields of other kinds of an entry), so only that it
  // decodes is asked.
  static_cast<void>(decode_lenient(*FrameView::of(bytes)));
  return 0;
}
