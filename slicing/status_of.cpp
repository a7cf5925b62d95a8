#include "slicing/status_of.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "ofmsg/text.hpp"
#include "slicing/cookie.hpp"

namespace sluice::slicing {

std::string text(const policy::PortSet& ports) {
  const auto* listed = std::get_if<std::vector<policy::PortRef>>(&ports);
  if (listed == nullptr) return "*";
  std::string out;
  for (const policy::PortRef& port : *listed) {
    if (!out.empty()) out += ',';
    const auto* number = std::get_if<ofmsg::PortNo>(&port);
    out += number != nullptr ? ofmsg::text(*number) : std::get<std::string>(port);
  }
  return out;
}

namespace {

std::string_view text(Leg::State state) {
  constexpr std::array<std::string_view, 5> names{"idle", "waiting", "dialling", "handshake", "up"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view text(Session::State state) {
  constexpr std::array<std::string_view, 3> names{"down", "setup", "up"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view role(const Session& s, std::size_t index) {
  const policy::SliceId slice = s.legs[index].slice;
  const auto regions = s.policy->regions(s.id);
  const bool writes = std::any_of(regions.begin(), regions.end(), [slice](const policy::Region& r) {
    return r.slice == slice && r.access == policy::Access::write;
  });
  if (!writes) return "reader";
  const Leg& leg = s.legs[index];
  if (leg.controller.read_only) return "read-only";
  if (leg.role != ofmsg::Role::nochange) return ofmsg::enum_names<ofmsg::Role>[static_cast<std::size_t>(leg.role)];
  const std::optional<std::size_t> writer = s.writer(slice);
  if (writer == index || (!writer && !leg.controller.standby)) return "writer";
  return "standby";
}

}  // namespace

SwitchState switch_state(const Session& s) {
  SwitchState state;
  state.name = s.name();
  state.dpid = s.settings().dpid;
  state.configured = true;
  state.state = text(s.state);
  state.peer = s.peer;
  if (s.channel) state.version = s.version();
  if (s.state != Session::State::down || s.since != Time{}) state.since = s.since;
  for (const policy::SliceId slice : s.view.slices()) state.physical_flows += s.ledger.standing_count(slice);
  state.virtual_flows = s.ledger.flows().size();
  state.messages_in = s.messages_in;
  state.messages_out = s.messages_out;
  state.refused = s.refused;
  state.undelivered = s.undelivered;
  state.warnings = s.view.warnings();
  if (!s.foreign.empty() && s.settings().foreign == policy::Foreign::report) {
    state.warnings.push_back(std::to_string(s.foreign.size()) + " flows carry our mark but belong to nobody");
  }
  for (const ofmsg::Port& port : s.ports.all()) {
    PortState p{port.number, port.name.value, (port.state & ofmsg::Port::state_link_down) == 0, {}};
    for (const policy::SliceId slice : s.view.slices()) {
      if (s.view.has_port(slice, port.number)) p.slices.push_back(s.slice(slice).name);
    }
    state.ports.push_back(std::move(p));
  }
  return state;
}

SliceState slice_state(const policy::Snapshot& policy, policy::SliceId slice,
                       const std::vector<std::unique_ptr<Session>>& sessions) {
  SliceState state;
  state.name = policy.slice(slice).name;
  state.owner = policy.slice(slice).owner;
  for (const auto& session : sessions) {
    const Session& s = *session;
    bool here = false;
    for (const policy::Region& region : policy.regions(s.id)) {
      if (region.slice != slice) continue;
      here = true;
      const std::string match = ofmsg::text(region.header);
      state.rules.push_back(s.name() + " ports " + text(region.ports) + ": " + (match.empty() ? "any" : match) +
                            (region.access == policy::Access::read ? " (read)" : ""));
    }
    if (!here) continue;
    ++state.switches_configured;
    if (s.state == Session::State::up) ++state.switches_up;
    state.virtual_flows += s.ledger.size(slice);
    state.physical_flows += s.ledger.standing_count(slice);
    if (const auto refused = s.refused_by_slice.find(slice); refused != s.refused_by_slice.end()) {
      state.refused += refused->second;
    }
  }
  return state;
}

void append_leg_states(const Session& s, std::vector<LegState>& legs) {
  for (std::size_t i = 0; i < s.legs.size(); ++i) {
    const Leg& leg = s.legs[i];
    if (leg.retired) continue;
    LegState state;
    state.slice = s.slice(leg.slice).name;
    state.switch_name = s.name();
    state.controller = text(leg.controller.at);
    state.state = text(leg.state);
    state.role = role(s, i);
    if (leg.state != Leg::State::idle) state.since = leg.since;
    if (leg.state == Leg::State::waiting) state.next_try = leg.next_try;
    state.last_error = leg.last_error;
    state.messages_in = leg.messages_in;
    state.messages_out = leg.messages_out;
    state.refused = leg.refused;
    state.packet_ins = leg.packet_ins;
    state.packet_ins_dropped = leg.packet_ins_dropped;
    state.holds = leg.holds;
    legs.push_back(std::move(state));
  }
}

FlowState flow_state(const Session& s, const Flow& flow, Time now) {
  const policy::Slice& owner = s.slice(flow.slice);
  FlowState state;
  state.slice = owner.name;
  state.switch_name = s.name();
  state.version = s.channel ? s.version() : ofmsg::v1_3;
  state.priority = flow.key.priority;
  state.match = flow.key.match;
  state.cookie = flow.cookie;
  state.idle_timeout = flow.idle_timeout;
  state.hard_timeout = flow.hard_timeout;
  state.instructions = *flow.instructions;
  state.age = now - flow.since;
  for (const mapping::PhysicalFlow& piece : flow.pieces) {
    const bool stands = s.ledger.stands(flow, piece);
    state.pieces.push_back({piece.match, Cookie{owner.number, s.epoch, flow.id.value}.value(), *piece.instructions,
                            stands                          ? "installed"
                            : s.state == Session::State::up ? "shadowed"
                                                            : "unknown",
                            place_of(flow, piece).priority, piece.narrowed});
  }
  return state;
}

void append_flow_states(const Session& s, std::string_view slice, Time now, std::vector<FlowState>& flows) {
  for (const auto& [id, flow] : s.ledger.flows()) {
    if (slice.empty() || s.slice(flow.slice).name == slice) flows.push_back(flow_state(s, flow, now));
  }
}

namespace {

ofmsg::FlowMod asked(const Flow& flow) {
  ofmsg::FlowMod mod;
  mod.match = flow.key.match;
  mod.cookie = flow.cookie;
  mod.priority = flow.key.priority;
  mod.idle_timeout = flow.idle_timeout;
  mod.hard_timeout = flow.hard_timeout;
  mod.flags = flow.flags;
  mod.instructions = *flow.instructions;
  return mod;
}

}  // namespace

void append_standing(const Session& s, Standing& standing) {
  if (s.state == Session::State::setup) ++standing.on_their_way;
  if (s.state != Session::State::up) return;
  std::vector<ofmsg::Port> ports{s.ports.all().begin(), s.ports.all().end()};
  ofmsg::FeaturesReply features = s.channel->features();
  if (ofmsg::until(ofmsg::v1_2).has(s.version())) features.ports = ports;
  standing.switches.push_back({s.link, s.name(), s.peer, s.version(), std::move(features), s.desc, std::move(ports)});
  for (const Leg& leg : s.legs) {
    if (leg.retired || leg.state < Leg::State::dialling) continue;
    using How = StandingLeg::How;
    const How how = leg.up() ? How::up : leg.state == Leg::State::handshake ? How::handshake : How::dialling;
    standing.legs.push_back({leg.link, s.name(), s.slice(leg.slice).name, leg.controller.at, how});
  }
  for (const auto& [id, flow] : s.ledger.flows()) {
    const policy::Slice& owner = s.slice(flow.slice);
    standing.flows.push_back(
        {s.name(), owner.name, Cookie{owner.number, s.epoch, id.value}.value(), flow.since, asked(flow)});
  }
}

}  // namespace sluice::slicing
