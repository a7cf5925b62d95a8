#include "ofmsg/deframer.hpp"

#include <algorithm>

namespace sluice::ofmsg {

namespace {

// 0 while the header's length field has not arrived.
std::size_t announced_size(ByteView bytes) { return bytes.size() < 4 ? 0 : load<std::uint16_t>(bytes, 2); }

}  // namespace

void Deframer::feed(ByteView bytes) {
  assert(rest_.empty() || error_);
  rest_ = bytes;
}

Result<std::optional<FrameView>> Deframer::fail(CodecError error, ByteView at) {
  error_ = error;
  const ByteView head = at.first(std::min(at.size(), header_size));
  offender_.assign(head.begin(), head.end());
  rest_ = {};
  kept_.clear();
  return Failure<CodecError>{error};
}

Result<std::optional<FrameView>> Deframer::next() {
  if (error_) return Failure<CodecError>{*error_};
  if (kept_whole_) {
    kept_.clear();
    kept_whole_ = false;
  }
  const auto take = [this](std::size_t count) {
    const std::size_t n = std::min(count, rest_.size());
    kept_.insert(kept_.end(), rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(n));
    rest_ = rest_.subspan(n);
  };
  if (!kept_.empty() && kept_.size() < 4) take(4 - kept_.size());
  const ByteView head = kept_.empty() ? rest_ : ByteView{kept_};
  if (head.empty()) return std::nullopt;
  const std::size_t size = announced_size(head);
  if (head.size() >= 4 && size < header_size) {
    return fail(CodecError{.reason = Reason::bad_length,
                           .version = version_of(std::to_integer<std::uint8_t>(head[0])).value_or(v1_0),
                           .offset = 2,
                           .need = header_size,
                           .have = static_cast<std::uint32_t>(size),
                           .field = "length"},
                head);
  }
  if (kept_.empty()) {
    if (head.size() >= 4 && rest_.size() >= size) {
      const ByteView whole = rest_.first(size);
      rest_ = rest_.subspan(size);
      return FrameView::of(whole);
    }
    take(rest_.size());
    return std::nullopt;
  }
  if (kept_.size() < 4) return std::nullopt;
  take(size - kept_.size());
  if (kept_.size() < size) return std::nullopt;
  kept_whole_ = true;
  return FrameView::of(kept_);
}

}  // namespace sluice::ofmsg
