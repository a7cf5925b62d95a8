#include "slicing/explain.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "ofmsg/codec.hpp"
#include "ofmsg/packet_key.hpp"
#include "policy/imagined_ports.hpp"
#include "slicing/status_of.hpp"
#include "slicing/symbolic_packet.hpp"

namespace sluice::slicing {

namespace {

// The packets that the message is about.
std::optional<ofmsg::Match> asked(const Refusal& refusal) {
  if (!refusal.whole()) return std::nullopt;
  const auto frame = ofmsg::FrameView::of(refusal.request);
  if (!frame) return std::nullopt;
  const auto message = ofmsg::decode(*frame);
  if (!message) return std::nullopt;
  if (const auto* mod = std::get_if<ofmsg::FlowMod>(&*message)) {
    return mod->match.unknown().empty() ? std::optional{mod->match} : std::nullopt;
  }
  if (const auto* out = std::get_if<ofmsg::PacketOut>(&*message)) {
    if (const auto key = ofmsg::packet_key(out->data, out->in_port)) return ofmsg::exact_match(*key);
  }
  return std::nullopt;
}

// The terms of `match` that exclude the header, whatever else the two say.
ofmsg::Match excluding(const ofmsg::Match& match, const ofmsg::Match& header) {
  ofmsg::Match found;
  for (const ofmsg::Term& term : match.terms()) {
    const ofmsg::Term* own = header.find(term.field);
    if (own == nullptr) continue;
    const ofmsg::U128 both = term.mask & own->mask;
    if (!((term.value & both) == (own->value & both))) found.set(term.field, term.value, term.mask);
  }
  return found;
}

bool excludes_port(const Session& s, const policy::PortSet& ports, ofmsg::PortNo number) {
  const ofmsg::Port* port = s.ports.find(number);
  ofmsg::Port unknown;
  unknown.number = number;
  return !policy::has_port(ports, port != nullptr ? *port : unknown);
}

// Refusals that are about whose packets these are; for others no rule of the slice file would make a difference.
bool is_about_match(const std::string& code) {
  return code == text(RefusalCode::outside_flowspace) || code == text(RefusalCode::foreign_in_port) ||
         code == text(RefusalCode::header_leaves_slice);
}

}  // namespace

std::vector<NearRule> nearest_rules(const Session& s, policy::SliceId slice, const ofmsg::Match& asked) {
  std::vector<NearRule> all;
  for (const policy::Region& region : s.policy->regions(s.id)) {
    if (region.slice != slice) continue;
    const policy::Rule& rule = s.policy->rule(region.rule);
    NearRule near{
        {rule.name, rule.position},     region.access == policy::Access::read, text(region.ports), region.header, 0,
        excluding(asked, region.header)};
    if (const auto port = asked.in_port(); port && excludes_port(s, region.ports, *port)) {
      near.asked.set(ofmsg::Field::in_port, port->value);
    }
    const auto same = std::find_if(all.begin(), all.end(), [&](const NearRule& n) { return n.rule == near.rule; });
    if (same == all.end()) {
      all.push_back(std::move(near));
      continue;
    }
    near.more = same->more + 1;
    if (near.asked.terms().size() < same->asked.terms().size()) {
      *same = std::move(near);
    } else {
      same->more = near.more;
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const NearRule& a, const NearRule& b) {
    return std::pair{a.reads, a.asked.terms().size()} < std::pair{b.reads, b.asked.terms().size()};
  });
  constexpr std::size_t shown = 3;
  if (all.size() > shown) all.erase(all.begin() + shown, all.end());
  return all;
}

namespace {

// The rule that gives the slice all of these headers at a port.
std::optional<RuleName> rule_at(const Session& s, policy::SliceId slice, ofmsg::PortNo port,
                                const ofmsg::Match& header) {
  const auto boxes = s.view.at(slice, port);
  const auto box = std::find_if(boxes.begin(), boxes.end(), [&](const auto& b) { return covers(b.header, header); });
  if (box == boxes.end()) return std::nullopt;
  const policy::Rule& rule = s.policy->rule(box->rule);
  return RuleName{rule.name, rule.position};
}

std::optional<RuleName> rule_behind(const Session& s, policy::SliceId slice, const ofmsg::PacketOut& out) {
  const auto key = ofmsg::packet_key(out.data, out.in_port);
  if (!key) return std::nullopt;
  SymbolicPacket packet = SymbolicPacket::of(*key);
  if (auto rule = rule_at(s, slice, out.in_port, packet.header)) return rule;
  for (const ofmsg::Action& action : out.actions) {
    rewrite(packet, action);
    const auto* output = std::get_if<ofmsg::Output>(&action);
    if (output == nullptr) continue;
    if (auto rule = rule_at(s, slice, output->port, packet.header)) return rule;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RuleName> rule_behind(const Session& s, policy::SliceId slice, const ofmsg::Message& message) {
  if (const auto* out = std::get_if<ofmsg::PacketOut>(&message)) return rule_behind(s, slice, *out);
  const auto* mod = std::get_if<ofmsg::FlowMod>(&message);
  const auto port = mod != nullptr ? mod->match.in_port() : std::nullopt;
  return port ? rule_at(s, slice, *port, mod->match) : std::nullopt;
}

Explanation explain(const Session& s, Refusal refusal) {
  Explanation found{std::move(refusal), {}, {}};
  const auto slice = s.policy->find_slice(found.refusal.slice);
  if (!slice) return found;
  const auto ports = s.view.ports(*slice);
  found.ports.assign(ports.begin(), ports.end());
  if (!is_about_match(found.refusal.code)) return found;
  if (const auto match = asked(found.refusal)) found.nearest = nearest_rules(s, *slice, *match);
  return found;
}

}  // namespace sluice::slicing
