#include "proxy/tap.hpp"

#include <vector>

namespace sluice::proxy {

void Tap::handle(const slicing::Input& input, slicing::Time now, slicing::Outbox& out) {
  if (listeners_.empty()) return domain_.handle(input, now, out);
  slicing::Outbox mine;
  domain_.handle(input, now, mine);
  slicing::replay::Turn turn = slicing::replay::turn_of(now, input, mine);
  if (std::holds_alternative<slicing::PolicyChanged>(input)) turn.policy = policy_;
  std::vector<Number> all;
  for (const auto& [number, listener] : listeners_) all.push_back(number);
  for (const Number number : all) {
    const auto found = listeners_.find(number);
    if (found == listeners_.end()) continue;
    const Listener listener = found->second;  // it may remove itself
    listener(turn);
  }
  for (const auto& [link, bytes] : mine.bytes()) {
    if (!bytes.empty()) ofmsg::append(out.to(link), bytes);
  }
  for (slicing::Record& record : mine.records()) out.add(std::move(record));
}

Tap::Number Tap::add(Listener listener) {
  listeners_.emplace(next_, std::move(listener));
  return next_++;
}

void Tap::remove(Number number) { listeners_.erase(number); }

}  // namespace sluice::proxy
