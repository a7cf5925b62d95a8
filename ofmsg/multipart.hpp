// Replies in several parts: putting them together and taking them apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "ofmsg/codec.hpp"

namespace sluice::ofmsg {

// Collects the entries of a reply until its last part. Bounded: past `limit` entries the rest is counted, not kept.
template <class Entry>
class Assembler {
 public:
  explicit Assembler(std::size_t limit) : limit_{limit} {}

  // Takes one part; true when it was the last.
  bool add(std::uint16_t flags, std::vector<Entry>&& part) {
    const std::size_t room = limit_ - entries_.size();
    if (part.size() > room) {
      dropped_ += part.size() - room;
      part.resize(room);
    }
    std::move(part.begin(), part.end(), std::back_inserter(entries_));
    return (flags & multipart_more) == 0;
  }

  [[nodiscard]] std::vector<Entry>& entries() { return entries_; }

  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  std::size_t limit_;
  std::size_t dropped_ = 0;
  std::vector<Entry> entries_;
};

// Appends a reply as one or more messages of at most `part_entries` entries each, fewer where they would not fit; all
// but the last carry the more flag. `list` names the member that holds the entries. Errors as `encode`; then `out` is
// as it was.
template <class Reply, class Entry>
[[nodiscard]] Result<void> encode_in_parts(Bytes& out, const std::vector<Entry>& entries,
                                           std::vector<Entry> Reply::*list, Version version, Xid xid,
                                           std::size_t part_entries = 200) {
  const std::size_t start = out.size();
  std::size_t at = 0;
  std::size_t count = part_entries;
  do {
    count = std::min(count, entries.size() - at);
    Reply part;
    (part.*list)
        .assign(entries.begin() + static_cast<std::ptrdiff_t>(at),
                entries.begin() + static_cast<std::ptrdiff_t>(at + count));
    part.flags = at + count < entries.size() ? multipart_more : std::uint16_t{0};
    const Result<void> done = encode(out, Message{std::move(part)}, version, xid);
    if (!done) {
      if (done.error().reason == Reason::bad_length && count > 1) {
        count /= 2;  // entries too large for one message: fewer of them
        continue;
      }
      out.resize(start);
      return done;
    }
    at += count;
    count = part_entries;
  } while (at < entries.size());
  return {};
}

}  // namespace sluice::ofmsg
