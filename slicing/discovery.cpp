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

bool takes_part(const policy::Snapshot& policy, policy::SliceId slice) {
  return policy.slice(slice).lldp != policy::Lldp::none && may_have_flows(policy, slice);
}

}  // namespace

// --- packets ---------------------------------------------------------------------------------------------------------

bool discovers(const Session& s, policy::SliceId slice, PortNo port) {
  return takes_part(*s.policy, slice) && !s.view.at(slice, port).empty();
}

std::uint32_t second_of(Time now) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

std::optional<Refuse> refuse_probe(const policy::Slice& slice, const ofmsg::PacketOut& message) {
  const auto no = [](Reason reason, std::string why) { return Refuse{reason, RefusalCode::discovery, std::move(why)}; };
  if (slice.lldp == policy::Lldp::none) {
    return no(Reason::action_outside, "the slice sends no LLDP (\"lldp\": \"none\")");
  }
  constexpr std::size_t untagged = 14, tag = 4, longest = 1514;
  const auto payload = discovery_payload(message.data);
  if (!payload || *payload > untagged + tag) {
    return no(Reason::bad_packet, "a frame of LLDP has its type behind its addresses, or behind one VLAN tag");
  }
  if ((message.data.front() & std::byte{1}) == std::byte{0}) {
    return no(Reason::bad_packet, "a frame of LLDP goes to a group address");
  }
  const auto is_output = [](const ofmsg::Action& action) {
    const auto* output = std::get_if<ofmsg::Output>(&action);
    if (output == nullptr) return false;
    return is_physical(output->port) || output->port == ofmsg::port::local || output->port == ofmsg::port::in_port ||
           output->port == ofmsg::port::flood || output->port == ofmsg::port::all;
  };
  if (!std::all_of(message.actions.begin(), message.actions.end(), is_output)) {
    return no(Reason::action_outside, "LLDP is sent by outputs to ports, and by nothing else");
  }
  if (message.data.size() + probe_mark_size > longest + (*payload - untagged)) {
    return no(Reason::bad_packet,
              "the frame of " + std::to_string(message.data.size()) + " bytes leaves no room for Sluice's mark");
  }
  return std::nullopt;
}

ofmsg::Match tag_of(const ofmsg::PacketKey& probe) {
  ofmsg::Match tag;
  for (const Field field : {Field::vlan_vid, Field::vlan_pcp}) {
    if (probe.has(field) && !probe.get(Field::vlan_vid).zero()) tag.set(field, probe.get(field));
  }
  return tag;
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

bool contains(const OwnFlowList& all, const OwnFlow& flow) { return std::binary_search(all.begin(), all.end(), flow); }

void insert(OwnFlowList& all, const OwnFlow& flow) {
  if (!contains(all, flow)) all.insert(std::upper_bound(all.begin(), all.end(), flow), flow);
}

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

// The xid that it has.
std::uint32_t send_own_flow(Session& s, Turn& t, const OwnFlow& flow, bool stands) {
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
  send_to_switch(s, t, Message{std::move(mod)}, xid);
  return xid.value;
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
  const OwnFlowList wanted = wanted_flows(s);
  std::erase_if(own.standing, [&](const OwnFlow& flow) {
    const bool stays = contains(wanted, flow);
    if (!stays) static_cast<void>(send_own_flow(s, t, flow, false));
    return !stays;
  });
  for (OwnFlow flow : wanted) {
    if (contains(own.standing, flow)) continue;
    flow.xid = send_own_flow(s, t, flow, true);
    insert(own.standing, flow);
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
  if (own && std::erase(s.own_flows.standing, *own) > 0) again(s, t.now + restored_after);
}

void own_flow_refused(Session& s, const Turn& t, OurXid xid) {
  const auto is_it = [xid](const OwnFlow& flow) { return flow.xid == xid.value; };
  if (xid.value != 0 && std::erase_if(s.own_flows.standing, is_it) > 0) again(s, t.now + tried_again_after);
}

}  // namespace sluice::slicing
