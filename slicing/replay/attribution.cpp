#include "slicing/replay/attribution.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "ofmsg/codec.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/packet_key.hpp"
#include "policy/imagined_ports.hpp"
#include "slicing/cookie.hpp"
#include "slicing/symbolic_packet.hpp"

namespace sluice::slicing::replay {

namespace {

using ofmsg::Field;
using ofmsg::PortNo;

// What actions make of a header, as far as the choice of a rule needs it.
void apply(SymbolicPacket& packet, const ofmsg::Action& action) {
  if (const auto* set = std::get_if<ofmsg::SetField>(&action)) return assign(packet, set->field, set->value, set->mask);
  if (const auto* set = std::get_if<ofmsg::SetVlanVid>(&action)) return set_vlan_vid(packet, set->vid);
  if (const auto* set = std::get_if<ofmsg::SetVlanPcp>(&action)) return set_vlan_pcp(packet, set->pcp);
  if (std::holds_alternative<ofmsg::PopVlan>(action)) return pop_vlan(packet);
  if (std::holds_alternative<ofmsg::PushVlan>(action)) return push_vlan(packet);
  if (const auto* set = std::get_if<ofmsg::SetNwSrc>(&action)) return assign(packet, Field::ipv4_src, set->ip);
  if (const auto* set = std::get_if<ofmsg::SetNwDst>(&action)) return assign(packet, Field::ipv4_dst, set->ip);
  if (const auto* set = std::get_if<ofmsg::SetTpSrc>(&action)) return set_tp_src(packet, set->port);
  if (const auto* set = std::get_if<ofmsg::SetTpDst>(&action)) return set_tp_dst(packet, set->port);
  if (std::holds_alternative<ofmsg::SetDlSrc>(action)) return forget(packet, Field::eth_src);
  if (std::holds_alternative<ofmsg::SetDlDst>(action)) return forget(packet, Field::eth_dst);
}

}  // namespace

// Collects the rules of one answer.
class Attribution::Asker {
 public:
  explicit Asker(const Attribution& of) : of_{of} {}

  std::vector<RuleUse> take() { return std::move(found_); }

  void flow(const ofmsg::FlowMod& mod) {
    const auto cookie = Cookie::parse(mod.cookie);
    const auto slice = cookie ? of_.policy_.slice_with_number(cookie->slice) : std::nullopt;
    const auto in_port = mod.match.in_port();
    if (!slice || !in_port || !mod.match.unknown().empty()) return;
    ofmsg::Match header = mod.match;
    header.erase(Field::in_port);
    at(*slice, *in_port, header);
    SymbolicPacket packet = SymbolicPacket::of(header);
    for (const ofmsg::Action& action : ofmsg::applied(mod.instructions)) {
      if (const auto* output = std::get_if<ofmsg::Output>(&action)) {
        at(*slice, output->port == ofmsg::port::in_port ? *in_port : output->port, packet.header);
      }
      apply(packet, action);
    }
  }

  void packet_out(const ofmsg::PacketOut& message) {
    const auto key = ofmsg::packet_key(message.data, message.in_port);
    if (!key) return;
    const auto in = of_.view_.owner(*key);
    if (in) add(in->rule);
    SymbolicPacket packet = SymbolicPacket::of(*key);
    for (const ofmsg::Action& action : message.actions) {
      if (const auto* output = std::get_if<ofmsg::Output>(&action)) {
        // Nobody but the owner of what leaves can have sent it.
        for (const policy::SliceId slice : of_.view_.slices()) at(slice, output->port, packet.header, true);
      }
      apply(packet, action);
    }
  }

  // With a slice: the rule by which that one was told.
  void packet_in(const ofmsg::PacketKey& key, std::optional<policy::SliceId> slice) {
    const auto owner = of_.view_.owner(key);
    if (owner && (!slice || *slice == owner->slice)) add(owner->rule);
    const ofmsg::Port* port = nullptr;
    for (const ofmsg::Port& candidate : of_.ports_) {
      if (ofmsg::u128(candidate.number.value) == key.get(Field::in_port)) port = &candidate;
    }
    if (port == nullptr) return;
    for (const policy::Region& region : of_.policy_.regions(of_.id_)) {
      if (region.access != policy::Access::read || (slice && *slice != region.slice)) continue;
      if (owner && owner->slice == region.slice) continue;
      if (policy::has_port(region.ports, *port) && ofmsg::matches(region.header, key)) add(region.rule);
    }
  }

 private:
  // The rule that has all of the header at the port, else those that have a part of it.
  void at(policy::SliceId slice, PortNo port, const ofmsg::Match& header, bool whole_only = false) {
    const auto boxes = of_.view_.at(slice, port);
    const auto whole = std::find_if(boxes.begin(), boxes.end(),
                                    [&](const policy::Box& box) { return ofmsg::covers(box.header, header); });
    if (whole != boxes.end()) return add(whole->rule);
    if (whole_only) return;
    for (const policy::Box& box : boxes) {
      if (!ofmsg::disjoint(box.header, header)) add(box.rule);
    }
  }

  void add(policy::RuleId id) {
    const policy::Rule& rule = of_.policy_.rule(id);
    RuleUse use{of_.policy_.slice(rule.slice).name, rule.name, rule.position};
    if (std::find(found_.begin(), found_.end(), use) == found_.end()) found_.push_back(std::move(use));
  }

  const Attribution& of_;
  std::vector<RuleUse> found_;
};

Attribution::Attribution(const policy::Snapshot& policy, policy::SwitchId id, std::span<const ofmsg::Port> ports,
                         ofmsg::Version version)
    : policy_{policy}, id_{id}, ports_{ports.begin(), ports.end()}, view_{policy.bind(id, ports, version)} {}

std::vector<RuleUse> Attribution::rules(const Party& party, ofmsg::FrameView frame) const {
  const auto message = ofmsg::decode(frame);
  if (!message) return {};
  Asker asker{*this};
  const bool at_switch = party.slice.empty();
  if (const auto* mod = std::get_if<ofmsg::FlowMod>(&*message)) {
    if (at_switch) asker.flow(*mod);
  } else if (const auto* out = std::get_if<ofmsg::PacketOut>(&*message)) {
    if (at_switch) asker.packet_out(*out);
  } else if (const auto* in = std::get_if<ofmsg::PacketIn>(&*message)) {
    const auto slice = at_switch ? std::nullopt : policy_.find_slice(party.slice);
    const auto key = ofmsg::packet_key(in->data, in->ingress());
    if (key && (at_switch || slice)) asker.packet_in(*key, slice);
  }
  return asker.take();
}

}  // namespace sluice::slicing::replay
