// Arbitrary bytes as a recording: it is read, played, followed by a second policy, and made into cases. What must hold
// beyond "no crash": whatever is read says the same when it is written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "slicing/replay/player.hpp"
#include "slicing/replay/recorded_cases.hpp"
#include "slicing/replay/shadow.hpp"

namespace {

using namespace sluice;
using namespace sluice::slicing::replay;

void demand(bool good) {
  if (!good) std::abort();
}

// Time may go anywhere in what others have made; a core is told it in order, and not for ages.
class Clock {
 public:
  [[nodiscard]] bool fits(slicing::Time at) {
    if (!last_) last_ = at;
    const bool good = at >= *last_ && at - *last_ < std::chrono::minutes{10};
    if (good) last_ = at;
    return good;
  }

 private:
  std::optional<slicing::Time> last_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RecordingReader reader;
  reader.feed({reinterpret_cast<const std::byte*>(data), size});
  std::optional<Player> player;
  std::unique_ptr<Shadow> shadow;
  RecordedCases cases{{}};
  Clock clock;
  while (true) {
    const auto block = reader.next();
    if (!block || !*block) break;
    ofmsg::Bytes again;
    if (const auto* head = std::get_if<RecordingHead>(&**block)) {
      append_head(again, *head);
      const auto policy = compile(head->policy);
      if (!policy || !clock.fits(head->at)) break;
      if (auto begun = Player::begin(*head)) player.emplace(*std::move(begun));
      shadow = std::make_unique<Shadow>(*policy, *policy, head->seed);
      bool in_order = true;
      if (head->standing) {
        for (const auto& flow : head->standing->flows) {
          in_order = in_order && flow.since <= head->at && head->at - flow.since < std::chrono::minutes{10};
        }
        if (!in_order) break;
        shadow->join(*head->standing, head->at);
      }
    } else {
      const auto& turn = std::get<Turn>(**block);
      append_turn(again, turn);
      if (!clock.fits(turn.at) || !shadow) break;
      if (player) static_cast<void>(player->play(turn));
      shadow->follow(turn);
      static_cast<void>(shadow->take());
    }
    if (!cases.take(**block)) break;
    RecordingReader second;
    second.feed(again);
    if (std::holds_alternative<RecordingHead>(**block)) {
      const auto same = second.next();
      demand(same && *same);
      ofmsg::Bytes third;
      append_head(third, std::get<RecordingHead>(**same));
      demand(third == again);
    }
  }
  static_cast<void>(cases.text({}));
  return 0;
}
