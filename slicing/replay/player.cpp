#include "slicing/replay/player.hpp"

#include <algorithm>
#include <utility>

namespace sluice::slicing::replay {

ofmsg::Result<Player, std::string> Player::begin(const RecordingHead& head) {
  if (head.standing) return ofmsg::Failure<std::string>{"it does not begin with a new core"};
  auto policy = compile(head.policy);
  if (!policy) return ofmsg::Failure<std::string>{"its slice file has errors:\n" + policy.error()};
  return Player{*std::move(policy), head.seed};
}

ofmsg::Result<Outbox, std::string> Player::play(const Turn& turn) {
  Outbox out;
  if (!turn.policy) {
    domain_.handle(turn.input, turn.at, out);
    return out;
  }
  auto policy = compile(*turn.policy, policy_.get());
  if (!policy) return ofmsg::Failure<std::string>{"its slice file has errors:\n" + policy.error()};
  policy_ = *std::move(policy);
  domain_.handle(PolicyChanged{policy_}, turn.at, out);
  return out;
}

bool same(const Record& a, const Record& b) {
  if (a.index() != b.index()) return false;
  if (const auto* dial = std::get_if<Dial>(&a)) {
    const auto& other = std::get<Dial>(b);
    return dial->link == other.link && dial->to == other.to && dial->switch_name == other.switch_name &&
           dial->slice == other.slice;
  }
  if (const auto* hangup = std::get_if<Hangup>(&a)) {
    const auto& other = std::get<Hangup>(b);
    return hangup->link == other.link && hangup->why == other.why;
  }
  if (const auto* hold = std::get_if<Hold>(&a)) {
    const auto& other = std::get<Hold>(b);
    return hold->link == other.link && hold->hold == other.hold;
  }
  if (const auto* bound = std::get_if<QueueBound>(&a)) {
    const auto& other = std::get<QueueBound>(b);
    return bound->link == other.link && bound->bytes == other.bytes;
  }
  const auto& note = std::get<Note>(a);
  const auto& other = std::get<Note>(b);
  return note.id == other.id && note.switch_name == other.switch_name && note.slice == other.slice &&
         note.detail == other.detail;
}

bool same(const Turn& recorded, Outbox& now) {
  const Turn turn = turn_of(recorded.at, Tick{}, now);
  const auto same_bytes = [](const auto& a, const auto& b) {
    return a.first == b.first && std::equal(a.second.begin(), a.second.end(), b.second.begin(), b.second.end());
  };
  return std::equal(recorded.said.begin(), recorded.said.end(), turn.said.begin(), turn.said.end(), same_bytes) &&
         std::equal(recorded.records.begin(), recorded.records.end(), turn.records.begin(), turn.records.end(),
                    [](const Record& a, const Record& b) { return same(a, b); });
}

}  // namespace sluice::slicing::replay
