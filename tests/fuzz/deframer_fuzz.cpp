// The first byte says how the rest is cut into pieces: the same messages come out as from the whole.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "ofmsg/deframer.hpp"

using namespace sluice::ofmsg;

namespace {

struct Outcome {
  std::vector<Bytes> messages;
  bool lost = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome cut(ByteView stream, std::size_t piece) {
  Outcome outcome;
  Deframer deframer;
  while (!stream.empty() && !outcome.lost) {
    const std::size_t n = std::min(piece, stream.size());
    deframer.feed(stream.first(n));
    stream = stream.subspan(n);
    while (true) {
      const auto frame = deframer.next();
      outcome.lost = !frame;
      if (!frame || !*frame) break;
      outcome.messages.emplace_back((*frame)->bytes().begin(), (*frame)->bytes().end());
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Bytes stream(size - 1);
  for (std::size_t i = 0; i + 1 < size; ++i) stream[i] = static_cast<std::byte>(data[i + 1]);
  if (!(cut(stream, stream.size()) == cut(stream, data[0] % 97 + 1))) std::abort();
  return 0;
}
