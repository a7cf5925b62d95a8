#include "slicing/discovery.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include "ofmsg/codec.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/peek.hpp"
#include "ofmsg/text.hpp"
#include "slicing/cookie.hpp"
#include "slicing/output_rule.hpp"
#include "slicing/probe.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Field;
using ofmsg::FlowMod;
using ofmsg::Message;
using ofmsg::PortNo;
using ofmsg::Reason;

// A probe is worth nothing after that: what somebody has copied from a wire cannot pretend for ever that there is one.
constexpr std::uint32_t probe_lives = 10;  // seconds

constexpr Time restored_after = std::chrono::seconds{1};
constexpr Time tried_again_after = std::chrono::minutes{1};

std::uint32_t second_of(Time now) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

bool takes_part(const policy::Snapshot& policy, policy::SliceId slice) {
  return policy.slice(slice).lldp != policy::Lldp::none && may_have_flows(policy, slice);
}

}  // namespace

// --- packets ---------------------------------------------------------------------------------------------------------

bool discovers(const Session& s, policy::SliceId slice, PortNo port) {
  return takes_part(*s.policy, slice) && !s.view.at(slice, port).empty();
}

bool is_probe(const ofmsg::PacketOut& message) {
  constexpr std::size_t untagged = 14, tag = 4;
  const auto payload = discovery_payload(message.data);
  const auto outputs = [](const ofmsg::Action& action) {
    const auto* output = std::get_if<ofmsg::Output>(&action);
    if (output == nullptr) return false;
    return is_physical(output->port) || output->port == ofmsg::port::local || output->port == ofmsg::port::in_port ||
           output->port == ofmsg::port::flood || output->port == ofmsg::port::all;
  };
  return payload && *payload <= untagged + tag && !message.actions.empty() &&
         std::all_of(message.actions.begin(), message.actions.end(), outputs);
}

namespace {

// The judgement of one probe.
class Probing {
 public:
  Probing(const Session& s, const Turn& t, policy::SliceId slice, const ofmsg::PacketOut& message)
      : s_{s}, t_{t}, slice_{slice}, message_{message} {
    if (s_.ports.find(message.in_port) != nullptr) in_port_ = message.in_port;
    const ofmsg::PacketKey key = *ofmsg::packet_key(message.data, message.in_port);
    tag_.set(Field::vlan_vid, key.get(Field::vlan_vid));
    tagged_ = !key.get(Field::vlan_vid).zero();
  }

  Judged<std::vector<ofmsg::PacketOut>> run() {
    const std::size_t most = 1514U + (tagged_ ? 4U : 0U);
    if (message_.data.size() + probe_mark_size > most) {
      fail(Reason::bad_packet, RefusalCode::discovery,
           "the frame of " + std::to_string(message_.data.size()) + " bytes leaves no room for Sluice's mark");
    }
    for (const ofmsg::Action& action : message_.actions) {
      output(std::get<ofmsg::Output>(action).port);
      if (out_.size() > actions_limit) {
        fail(Reason::too_many_actions, RefusalCode::too_many_actions,
             "the probe leaves more than " + std::to_string(actions_limit) + " ports");
      }
      if (refusal_) return ofmsg::Failure<Refuse>{*std::move(refusal_)};
    }
    return std::move(out_);
  }

 private:
  void output(PortNo port) {
    if (port == ofmsg::port::flood || port == ofmsg::port::all) return flood(port);
    if (port == ofmsg::port::in_port && !in_port_) {
      return fail(Reason::bad_out_port, RefusalCode::output_to_foreign_port,
                  "output to " + text(port) + ": the packet has no ingress port");
    }
    const PortNo number = port == ofmsg::port::in_port ? *in_port_ : port;
    if (s_.view.at(slice_, number).empty()) {
      return fail(Reason::bad_out_port, RefusalCode::output_to_foreign_port,
                  "output to " + text(number) + ": it is not in the slice");
    }
    if (!may_leave(number)) {
      return fail(
          Reason::action_outside, RefusalCode::header_leaves_slice,
          "the slice has nothing at port " + text(number) + " with the probe's VLAN (" + ofmsg::text(tag_) + ")");
    }
    send(port, number);
  }

  void flood(PortNo port) {
    for (const PortNo number : s_.view.ports(slice_)) {
      const ofmsg::Port* there = s_.ports.find(number);
      if (number == in_port_ || there == nullptr || !may_leave(number)) continue;
      if (port == ofmsg::port::all || s_.virtual_ports.floods(slice_, *there)) send(number, number);
    }
  }

  // A tag leads to where the slice may have nothing to do.
  [[nodiscard]] bool may_leave(PortNo port) const {
    const auto boxes = s_.view.at(slice_, port);
    return std::any_of(boxes.begin(), boxes.end(),
                       [this](const policy::Box& box) { return !tagged_ || !disjoint(box.header, tag_); });
  }

  void send(PortNo port, PortNo number) {
    if (!s_.virtual_ports.sends(slice_, number)) return;
    const Probe probe{s_.slice(slice_).number, s_.settings().dpid, number, second_of(t_.now)};
    ofmsg::PacketOut& out = out_.emplace_back();
    out.in_port = message_.in_port;
    out.actions.emplace_back(ofmsg::Output{port, 0});
    out.data = marked(message_.data, probe, t_.seed.secret);
  }

  void fail(Reason reason, RefusalCode code, std::string why) {
    if (!refusal_) refusal_ = Refuse{reason, code, std::move(why)};
  }

  const Session& s_;
  const Turn& t_;
  policy::SliceId slice_;
  const ofmsg::PacketOut& message_;
  std::optional<PortNo> in_port_;
  ofmsg::Match tag_;
  bool tagged_ = false;
  std::vector<ofmsg::PacketOut> out_;
  std::optional<Refuse> refusal_;
};

}  // namespace

Judged<std::vector<ofmsg::PacketOut>> judge_probe(const Session& s, const Turn& t, policy::SliceId slice,
                                                  const ofmsg::PacketOut& message) {
  return Probing{s, t, slice, message}.run();
}

Audience discovery_audience(const Session& s, const std::optional<Sender>& sender,
                            const std::optional<ofmsg::PacketKey>& key, PortNo in_port) {
  Audience all = audience(s, sender, key);
  // What a slice's flow has sent it may have made.
  if (!sender) {
    for (const policy::SliceId slice : s.view.slices()) {
      const bool wants = s.slice(slice).lldp == policy::Lldp::all && s.view.has_port(slice, in_port);
      if (wants && slice != all.owner) all.readers.push_back(slice);
    }
    std::sort(all.readers.begin(), all.readers.end());
    all.readers.erase(std::unique(all.readers.begin(), all.readers.end()), all.readers.end());
  }
  const auto refuses = [&s](policy::SliceId slice) { return s.slice(slice).lldp == policy::Lldp::none; };
  if (all.owner && refuses(*all.owner)) all.owner.reset();
  std::erase_if(all.readers, refuses);
  return all;
}

namespace {

void lost(Session& s, Turn& t, const ofmsg::PacketInView& view, Undelivered why) {
  ++s.undelivered[static_cast<std::size_t>(why)];
  note(s, t, NoteId::unclaimed_packet_in, "in_port=" + text(view.in_port));
}

void deliver_probe(Session& s, Turn& t, ofmsg::FrameView frame, const ofmsg::PacketInView& view) {
  const std::optional<Unmarked> found = unmarked(view.data, t.seed.secret);
  const auto slice = found ? s.policy->slice_with_number(found->probe.slice) : std::nullopt;
  const bool lives = found && second_of(t.now) - found->probe.second <= probe_lives;
  if (!slice || !lives || !takes_part(*s.policy, *slice) || !s.view.has_port(*slice, view.in_port)) {
    return lost(s, t, view, Undelivered::probe);
  }
  const ofmsg::Bytes clean = ofmsg::with_packet_in_data(frame, s.version(), view, found->frame);
  const ofmsg::FrameView as_sent = *ofmsg::FrameView::of(clean);
  tell_packet_in(s, t, as_sent, *ofmsg::peek_packet_in(as_sent, s.version()), *slice, nullptr, true);
}

}  // namespace

void deliver_discovery(Session& s, Turn& t, ofmsg::FrameView frame, const ofmsg::PacketInView& view) {
  if (bears_mark(view.data)) return deliver_probe(s, t, frame, view);
  // A mark would be at its end, which the switch has kept.
  if (view.data.size() < view.total_len) return lost(s, t, view, Undelivered::probe);
  const auto key = ofmsg::packet_key(view.data, view.in_port);
  const Audience all = discovery_audience(s, sender(s, view.cookie), key, view.in_port);
  if (all.owner) tell_packet_in(s, t, frame, view, *all.owner, all.flow, true);
  for (const policy::SliceId reader : all.readers) tell_packet_in(s, t, frame, view, reader, all.flow, false);
  if (!all.owner && all.readers.empty()) lost(s, t, view, Undelivered::no_owner);
}

// --- flows -----------------------------------------------------------------------------------------------------------

namespace {

constexpr std::uint16_t top = 0xffff;  // their priority

FlowKey key_of(OwnFlow flow) {
  FlowKey key{top, {}};
  key.match.set(Field::in_port, flow.port.value).set(Field::eth_type, flow.type);
  return key;
}

std::optional<OwnFlow> own_flow(std::uint16_t priority, const ofmsg::Match& match) {
  const auto port = match.in_port();
  const auto type = match.exact(Field::eth_type);
  if (!port || !type) return std::nullopt;
  const OwnFlow flow{*port, static_cast<std::uint16_t>(type->lo)};
  return FlowKey{priority, match} == key_of(flow) ? std::optional{flow} : std::nullopt;
}

using OwnFlowList = std::vector<OwnFlow>;  // sorted

bool contains(const OwnFlowList& all, OwnFlow flow) { return std::binary_search(all.begin(), all.end(), flow); }

bool insert(OwnFlowList& all, OwnFlow flow) {
  if (contains(all, flow)) return false;
  all.insert(std::upper_bound(all.begin(), all.end(), flow), flow);
  return true;
}

bool erase(OwnFlowList& all, OwnFlow flow) { return std::erase(all, flow) > 0; }

OwnFlowList wanted_flows(const Session& s) {
  OwnFlowList wanted;
  for (const policy::SliceId slice : s.view.slices()) {
    for (const PortNo port : s.view.ports(slice)) {
      if (!discovers(s, slice, port)) continue;
      for (const std::uint64_t type : discovery_types) wanted.push_back({port, static_cast<std::uint16_t>(type)});
    }
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return wanted;
}

ofmsg::Instructions to_controller() {
  return {ofmsg::ApplyActions{{ofmsg::Output{ofmsg::port::controller, ofmsg::Output::no_buffer}}}};
}

void send_own_flow(Session& s, Turn& t, OwnFlow flow, bool stands) {
  FlowKey key = key_of(flow);
  FlowMod mod;
  mod.match = std::move(key.match);
  mod.priority = key.priority;
  mod.cookie = Cookie{Cookie::nobody, s.epoch, Cookie::discovery}.value();
  if (stands) {
    mod.flags = FlowMod::send_flow_rem;
    mod.instructions = to_controller();
  } else {
    mod.command = ofmsg::FlowModCommand::delete_strict;
    if (s.version() != ofmsg::v1_0) mod.cookie_mask = Cookie::slice_mask;
  }
  const OurXid xid = s.ops.request();
  if (stands) s.own_flows.asked.emplace_back(xid.value, flow);
  send_to_switch(s, t, Message{std::move(mod)}, xid);
}

// Soon, but not before: whoever removes it may do so again at once.
void again(Session& s, Time at) {
  if (!s.own_flows.again || at < *s.own_flows.again) s.own_flows.again = at;
}

}  // namespace

bool taken_for_discovery(const Session& s, const ofmsg::PacketKey& key) {
  const PortNo port{static_cast<std::uint32_t>(key.get(Field::in_port).lo)};
  const auto& slices = s.view.slices();
  return is_discovery(key) &&
         std::any_of(slices.begin(), slices.end(), [&](policy::SliceId slice) { return discovers(s, slice, port); });
}

void keep_own_flows(Session& s, Turn& t) {
  OwnFlows& own = s.own_flows;
  own.again.reset();
  own.asked.clear();
  const OwnFlowList wanted = wanted_flows(s);
  std::erase_if(own.standing, [&](OwnFlow flow) {
    const bool stays = contains(wanted, flow);
    if (!stays) send_own_flow(s, t, flow, false);
    return !stays;
  });
  for (const OwnFlow flow : wanted) {
    if (insert(own.standing, flow)) send_own_flow(s, t, flow, true);
  }
}

bool own_flow_found(Session& s, const ofmsg::FlowStats& flow) {
  const auto own = own_flow(flow.priority, flow.match);
  if (!own || !(flow.instructions == to_controller())) return false;
  insert(s.own_flows.standing, *own);
  return true;
}

void own_flow_removed(Session& s, const Turn& t, const ofmsg::FlowRemoved& report) {
  const auto own = own_flow(report.priority, report.match);
  if (own && erase(s.own_flows.standing, *own)) again(s, t.now + restored_after);
}

void own_flow_refused(Session& s, const Turn& t, OurXid xid) {
  auto& all = s.own_flows.asked;
  const auto asked = std::find_if(all.begin(), all.end(), [xid](const auto& one) { return one.first == xid.value; });
  if (asked == all.end()) return;
  erase(s.own_flows.standing, asked->second);
  all.erase(asked);
  again(s, t.now + tried_again_after);
}

}  // namespace sluice::slicing
