#include "ctl/reassembly.hpp"

#include <algorithm>
#include <utility>

namespace sluice::ctl {

namespace {

using ofmsg::ByteView;

// A SYN that was captured after the data that it opened: by no more than a window of those days.
constexpr std::int64_t late_syn = 1 << 20;

}  // namespace

// The difference to the segment before is less than half of all sequence numbers [RFC 9293 §3.4].
std::int64_t TcpStream::position(std::uint32_t sequence) const {
  if (!any_) return 0;
  return last_position_ + static_cast<std::int32_t>(sequence - last_sequence_);
}

bool TcpStream::opened_by(std::uint32_t sequence) const {
  const std::int64_t at = position(sequence);
  if (start_) return at == *start_;
  if (chunks_.empty()) return true;
  const std::int64_t first = chunks_.begin()->first;
  return at <= first && first - at <= late_syn;
}

void TcpStream::open(std::uint32_t sequence) {
  start_ = position(sequence);
  if (!any_) last_sequence_ = sequence;
  any_ = true;
}

void TcpStream::add(std::uint32_t sequence, ByteView bytes, const Captured& captured) {
  if (bytes.empty()) return;
  std::int64_t at = position(sequence);
  last_sequence_ = sequence;
  last_position_ = at;
  any_ = true;
  const auto skip = [&](std::int64_t count) {
    const auto n = std::min(bytes.size(), static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
    bytes = bytes.subspan(n);
    at += static_cast<std::int64_t>(n);
  };
  const auto end_of = [](const auto& entry) { return entry.first + static_cast<std::int64_t>(entry.second.size); };

  if (start_) skip(*start_ - at);
  auto next = chunks_.upper_bound(at);
  if (next != chunks_.begin()) skip(end_of(*std::prev(next)) - at);
  while (!bytes.empty()) {
    std::size_t fits = bytes.size();
    if (next != chunks_.end()) fits = std::min(fits, static_cast<std::size_t>(next->first - at));
    if (fits > 0) {
      chunks_.emplace_hint(next, at, Chunk{kept_.size(), fits, captured});
      ofmsg::append(kept_, bytes.first(fits));
      skip(static_cast<std::int64_t>(fits));
    }
    if (next == chunks_.end()) break;
    skip(end_of(*next) - at);
    ++next;
  }
}

ofmsg::Bytes TcpStream::beginning(std::size_t size) const {
  ofmsg::Bytes bytes;
  std::int64_t end = chunks_.empty() ? 0 : chunks_.begin()->first;
  for (const auto& [position, chunk] : chunks_) {
    if (position != end || bytes.size() == size) break;
    ofmsg::append(bytes, ByteView{kept_}.subspan(chunk.at, std::min(chunk.size, size - bytes.size())));
    end += static_cast<std::int64_t>(chunk.size);
  }
  return bytes;
}

std::vector<Run> TcpStream::runs() const {
  std::vector<Run> runs;
  if (chunks_.empty()) return runs;
  const std::int64_t start = start_.value_or(chunks_.begin()->first);
  std::int64_t end = start;
  Captured latest;
  for (const auto& [position, chunk] : chunks_) {
    if (runs.empty() || position != end) {
      runs.push_back(
          {static_cast<std::uint64_t>(position - end), static_cast<std::uint64_t>(position - start), {}, {}});
    }
    Run& run = runs.back();
    if (chunk.captured.packet > latest.packet) latest = chunk.captured;
    run.arrivals.push_back({run.bytes.size(), latest});
    ofmsg::append(run.bytes, ByteView{kept_}.subspan(chunk.at, chunk.size));
    end = position + static_cast<std::int64_t>(chunk.size);
  }
  return runs;
}

}  // namespace sluice::ctl
