#include "slicing/replay/link_names.hpp"

#include <algorithm>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/kind.hpp"

namespace sluice::slicing::replay {

Party party_of(const FarEnd& end, const policy::Snapshot& policy) {
  Party party{end.switch_name, end.slice, 0};
  if (const auto slice = policy.find_slice(end.slice); slice && !end.is_switch()) {
    const auto& all = policy.slice(*slice).controllers;
    const auto found = std::find_if(all.begin(), all.end(), [&](const policy::Controller& controller) {
      return policy::text(controller.at) == end.address;
    });
    if (found != all.end()) party.controller = static_cast<std::size_t>(found - all.begin());
  }
  return party;
}

void LinkNames::begin(const Standing& standing) {
  for (const StandingSwitch& s : standing.switches) name(s.link, {s.name, {}, {}});
  for (const StandingLeg& leg : standing.legs) name(leg.link, {leg.switch_name, leg.slice, policy::text(leg.at)});
}

void LinkNames::follow(const Turn& turn) {
  for (const LinkId link : std::exchange(ended_, {})) forget(link);
  if (const auto* up = std::get_if<SwitchUp>(&turn.input)) name(up->link, {{}, {}, up->peer});
  if (const auto* lost = std::get_if<Lost>(&turn.input)) ended_.push_back(lost->link);
  if (const auto* in = std::get_if<Arrived>(&turn.input)) {
    const auto end = ends_.find(in->link);
    const auto kind = ofmsg::kind_of(in->frame);
    if (end != ends_.end() && end->second.switch_name.empty() && kind && *kind == ofmsg::Kind::features_reply) {
      const auto message = ofmsg::decode(in->frame);
      const auto* features = message ? std::get_if<ofmsg::FeaturesReply>(&*message) : nullptr;
      const auto id = features == nullptr ? std::nullopt : policy_->find_switch(features->datapath_id);
      if (id) name(in->link, {policy_->switch_(*id).name, {}, {}});
    }
  }
  for (const Record& record : turn.records) {
    if (const auto* dial = std::get_if<Dial>(&record)) {
      name(dial->link, {dial->switch_name, dial->slice, policy::text(dial->to)});
    } else if (const auto* hangup = std::get_if<Hangup>(&record)) {
      ended_.push_back(hangup->link);
    }
  }
}

void LinkNames::name(LinkId link, FarEnd end) {
  forget(link);
  if (end.is_switch()) switches_[end] = link;
  ends_[link] = std::move(end);
}

void LinkNames::forget(LinkId link) {
  const auto found = ends_.find(link);
  if (found == ends_.end()) return;
  // Somebody else may be called so by now.
  if (const auto named = switches_.find(found->second); named != switches_.end() && named->second == link) {
    switches_.erase(named);
  }
  ends_.erase(found);
}

std::optional<LinkId> LinkNames::find_switch(const FarEnd& end) const {
  const auto found = switches_.find(end);
  return found == switches_.end() ? std::nullopt : std::optional{found->second};
}

const FarEnd* LinkNames::find(LinkId link) const {
  const auto found = ends_.find(link);
  return found == ends_.end() ? nullptr : &found->second;
}

}  // namespace sluice::slicing::replay
