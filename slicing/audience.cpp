#include "slicing/audience.hpp"

#include <algorithm>
#include <variant>

#include "slicing/cookie.hpp"

namespace sluice::slicing {

std::optional<Sender> sender(const Session& s, std::optional<std::uint64_t> cookie) {
  const std::optional<Cookie> ours = cookie ? Cookie::parse(*cookie) : std::nullopt;
  if (!ours || ours->slice == Cookie::nobody) return std::nullopt;
  Sender found{s.policy->slice_with_number(ours->slice), nullptr};
  const Flow* flow = ours->epoch == s.epoch ? s.ledger.find(FlowId{ours->entry}) : nullptr;
  if (flow != nullptr && flow->slice == found.slice) found.flow = flow;
  return found;
}

Audience audience(const Session& s, const std::optional<Sender>& sender, const std::optional<ofmsg::PacketKey>& key) {
  const std::optional<policy::Owner> by_header = key ? s.view.owner(*key) : std::nullopt;
  // A header that a slice's flow has written is no evidence for another slice: such a packet is the sender's or
  // nobody's; nor is it a packet that others have asked to see.
  const bool written = sender && !(by_header && sender->slice == by_header->slice);
  Audience all;
  if (sender && sender->flow != nullptr) {
    all.owner = sender->flow->slice;
    all.flow = sender->flow;
  } else if (by_header && !written) {
    all.owner = by_header->slice;
  }
  if (key && !written) all.readers = s.view.readers(*key);
  if (all.owner) std::erase(all.readers, *all.owner);
  return all;
}

bool asks_directly(const Flow& flow) {
  const ofmsg::Actions& actions = ofmsg::applied(*flow.instructions);
  return std::any_of(actions.begin(), actions.end(), [](const ofmsg::Action& action) {
    const auto* output = std::get_if<ofmsg::Output>(&action);
    return output != nullptr && output->port == ofmsg::port::controller;
  });
}

}  // namespace sluice::slicing
