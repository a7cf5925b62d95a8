// How a shadow that comes later is brought to where the first core is: its switches and controllers connect as those of
// the first have, and ask for the flows that stand, each at its time.
#include <algorithm>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/multipart.hpp"
#include "slicing/replay/shadow.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::FrameView;
using ofmsg::Kind;
using ofmsg::Message;
using ofmsg::Xid;

namespace {

// A peer's hello, as its own channel would say it.
Bytes hello(ofmsg::End end, ofmsg::Version version, Time now) {
  ofmsg::ChannelSettings settings;
  settings.end = end;
  settings.versions = {version};
  Bytes bytes;
  const ofmsg::Channel channel{settings, now, bytes};
  return bytes;
}

}  // namespace

void Shadow::join(const Standing& standing, Time now) {
  // Flows are as old as they are there: it begins when the oldest did.
  std::vector<const StandingFlow*> flows;
  for (const StandingFlow& flow : standing.flows) flows.push_back(&flow);
  std::stable_sort(flows.begin(), flows.end(),
                   [](const StandingFlow* a, const StandingFlow* b) { return a->since < b->since; });
  now_ = flows.empty() ? now : std::min(now, flows.front()->since);
  joining_ = &standing;
  first_.begin(standing);
  Standing switches;
  switches.switches = standing.switches;
  second_.begin(switches);
  for (const StandingSwitch& s : standing.switches) join_switch(s);
  handle(Tick{});
  run_answers();
  // Flows whose controllers are away have been asked for, too: for the moment everybody is there.
  for (const StandingLeg& leg : standing.legs) join_leg(leg, true);
  for (const StandingFlow* flow : flows) join_flow(*flow);
  now_ = now;
  handle(Tick{});
  run_answers();
  for (const StandingLeg& leg : standing.legs) join_leg(leg, false);
  joining_ = nullptr;
}

void Shadow::join_switch(const StandingSwitch& s) {
  wires_[s.link];
  handle(SwitchUp{s.link, s.peer});
  answers_.emplace_back(s.link, hello(ofmsg::End::switch_, s.version, now_));
  run_answers();
}

void Shadow::join_leg(const StandingLeg& standing, bool up) {
  Leg& leg = legs_[{standing.switch_name, standing.slice, policy::text(standing.at)}];
  if (up) {
    for (const StandingSwitch& s : joining_->switches) {
      if (s.name != standing.switch_name) continue;
      const Bytes bytes = hello(ofmsg::End::controller, s.version, now_);
      leg.hello.emplace(*FrameView::of(bytes));
    }
    leg.there = true;
    return run_answers();
  }
  if (standing.how == StandingLeg::How::up) return;
  leg.there = standing.how == StandingLeg::How::handshake;
  leg.hello.reset();
  leg.connected = false;
  if (const auto second = std::exchange(leg.second, std::nullopt)) handle(Lost{*second, "it was not there"});
  run_answers();
}

void Shadow::join_flow(const StandingFlow& flow) {
  joining_cookie_ = flow.cookie;
  now_ = std::max(now_, flow.since);
  const auto s = std::find_if(joining_->switches.begin(), joining_->switches.end(),
                              [&flow](const StandingSwitch& standing) { return standing.name == flow.switch_name; });
  if (s == joining_->switches.end()) return;
  Bytes bytes;
  if (!ofmsg::encode(bytes, Message{flow.asked}, s->version, Xid{0})) return;
  // Whoever of the slice may write does.
  const auto& policy = second_.policy();
  const auto slice = policy.find_slice(flow.slice);
  if (!slice) {
    ++refused_at_join_;
    return;
  }
  const policy::Controller* writer = nullptr;
  for (const policy::Controller& controller : policy.slice(*slice).controllers) {
    const auto leg = legs_.find({flow.switch_name, flow.slice, policy::text(controller.at)});
    if (leg == legs_.end() || !leg->second.connected) continue;
    if (writer == nullptr || (writer->standby && !controller.standby)) writer = &controller;
  }
  if (writer == nullptr) {
    ++refused_at_join_;
    return;
  }
  const Leg& leg = legs_.at({flow.switch_name, flow.slice, policy::text(writer->at)});
  handle(Arrived{*leg.second, *FrameView::of(bytes)});
  run_answers();
}

// What a switch says to the second core while that is being brought up.
void Shadow::while_joining(LinkId link, Wire& wire, FrameView frame) {
  const auto s = std::find_if(joining_->switches.begin(), joining_->switches.end(),
                              [link](const StandingSwitch& standing) { return standing.link == link; });
  const auto kind = kind_if_any(frame);
  if (s == joining_->switches.end() || !kind) return;
  switch (*kind) {
    case Kind::features_request: return answer(link, Message{s->features}, s->version, frame.xid());
    case Kind::desc_request: return answer(link, Message{s->desc}, s->version, frame.xid());
    case Kind::flow_stats_request: return answer(link, Message{ofmsg::FlowStatsReply{}}, s->version, frame.xid());
    case Kind::port_desc_request: {
      Bytes parts;
      static_cast<void>(ofmsg::encode_in_parts<ofmsg::PortDescReply>(parts, s->ports, &ofmsg::PortDescReply::ports,
                                                                     s->version, frame.xid()));
      ofmsg::for_each_frame(parts, [&](FrameView part) {
        answers_.emplace_back(link, Bytes{part.bytes().begin(), part.bytes().end()});
      });
      return;
    }
    case Kind::flow_mod: {
      const auto cookie = cookie_offset(frame);
      if (cookie) learn_cookie(wire, joining_cookie_, ofmsg::load<std::uint64_t>(frame.bytes(), *cookie));
      return;
    }
    default: return;
  }
}

}  // namespace sluice::slicing::replay
