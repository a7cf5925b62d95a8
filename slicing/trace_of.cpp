#include "slicing/trace_of.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "ofmsg/text.hpp"
#include "policy/imagined_ports.hpp"
#include "slicing/audience.hpp"
#include "slicing/discovery.hpp"
#include "slicing/probe.hpp"
#include "slicing/status_of.hpp"
#include "slicing/symbolic_packet.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Field;
using ofmsg::Match;
using ofmsg::PacketKey;
using ofmsg::Port;
using ofmsg::PortNo;

// The flow that a packet meets, and which of its pieces.
struct Met {
  const Flow* flow = nullptr;
  const mapping::PhysicalFlow* piece = nullptr;
};

class Tracer {
 public:
  Tracer(const Session& s, const PacketKey& packet, Time now) : s_{s}, packet_{packet}, now_{now} {
    out_.switch_name = s.name();
    out_.version = s.channel ? s.version() : s.ledger_version.value_or(ofmsg::v1_3);
    out_.state = switch_state(s).state;
    out_.in_port = PortNo{static_cast<std::uint32_t>(packet.get(Field::in_port).lo)};
    out_.packet = SymbolicPacket::of(packet).header;
    out_.warnings = s.view.warnings();
  }

  Trace run() {
    classify();
    if (!arrives()) return std::move(out_);
    out_.discovery = taken_for_discovery(s_, packet_);
    if (const Met met = out_.discovery ? Met{} : meet(); met.flow != nullptr) {
      take(met);
    } else {
      out_.miss = listeners(told(std::nullopt, packet_));
    }
    return std::move(out_);
  }

 private:
  // --- whose it is ---

  void classify() {
    if (const auto owner = s_.view.owner(packet_)) {
      out_.owner = TraceClaim{s_.slice(owner->slice).name, name(owner->rule)};
    }
    for (const policy::SliceId reader : s_.view.readers(packet_)) {
      out_.readers.push_back({s_.slice(reader).name, reading_rule(reader)});
    }
  }

  [[nodiscard]] RuleName name(policy::RuleId rule) const {
    return {s_.policy->rule(rule).name, s_.policy->rule(rule).position};
  }

  [[nodiscard]] RuleName reading_rule(policy::SliceId reader) const {
    const Port* port = s_.ports.find(out_.in_port);
    for (const policy::Region& region : s_.policy->regions(s_.id)) {
      if (region.slice != reader || port == nullptr || !policy::has_port(region.ports, *port)) continue;
      if (ofmsg::matches(region.header, packet_)) return name(region.rule);
    }
    return {};
  }

  bool arrives() {
    const Port* port = s_.ports.find(out_.in_port);
    if (port == nullptr) {
      if (s_.state == Session::State::up) out_.not_received = "the switch has no port " + text(out_.in_port);
      return s_.state != Session::State::up;
    }
    out_.in_port_name = port->name.value;
    if ((port->config & Port::config_down) != 0) out_.not_received = "port " + text(out_.in_port) + " is down";
    if ((port->config & Port::config_no_recv) != 0) {
      out_.not_received = "port " + text(out_.in_port) + " drops what it receives (NO_RECV)";
    }
    return out_.not_received.empty();
  }

  // --- the table ---

  Met meet() {
    Met best;
    std::vector<Met> rivals;  // of the same priority as the best
    for (const auto& [id, flow] : s_.ledger.flows()) {
      if (best.flow != nullptr && flow.key.priority < best.flow->key.priority) continue;
      const mapping::PhysicalFlow* piece = piece_for(flow);
      if (piece == nullptr) continue;
      if (best.flow != nullptr && flow.key.priority > best.flow->key.priority) rivals.clear();
      // In one place only one flow stands; while the switch is away, nobody does yet, and the newest will.
      else if (best.flow != nullptr && !(best.piece->match == piece->match))
        rivals.push_back(best);
      best = {&flow, piece};
    }
    for (const Met& rival : rivals) {
      out_.warnings.push_back("a flow of " + s_.slice(rival.flow->slice).name +
                              " with the same priority matches, too (" + shown(rival.flow->key.match) +
                              "): which of them a switch takes is not defined");
    }
    return best;
  }

  [[nodiscard]] const mapping::PhysicalFlow* piece_for(const Flow& flow) const {
    for (const mapping::PhysicalFlow& piece : flow.pieces) {
      if (!ofmsg::matches(piece.match, packet_)) continue;
      if (s_.state != Session::State::up || s_.ledger.stands(flow, piece)) return &piece;
    }
    return nullptr;
  }

  static std::string shown(const Match& match) { return match.matches_all() ? "any" : ofmsg::text(match); }

  // --- the actions ---

  void take(const Met& met) {
    FlowState state = flow_state(s_, *met.flow, now_);
    std::erase_if(state.pieces, [&](const PieceState& piece) { return !(piece.match == met.piece->match); });
    if (!out_.owner || state.slice != out_.owner->slice) {
      out_.warnings.push_back("the flow is of " + state.slice + ", which does not own this packet");
    }
    out_.flow = std::move(state);
    SymbolicPacket packet = SymbolicPacket::of(packet_);
    for (const ofmsg::Action& action : ofmsg::applied(*met.piece->instructions)) {
      const Match before = packet.header;
      rewrite(packet, action);
      TraceStep step{action, packet.header, unknown(packet), changes(before, packet.header), std::nullopt, {}};
      if (const auto* output = std::get_if<ofmsg::Output>(&action)) step.output = send(*output, *met.flow, packet);
      if (const auto* enqueue = std::get_if<ofmsg::Enqueue>(&action)) {
        step.output = send(ofmsg::Output{enqueue->port, 0}, *met.flow, packet);
      }
      if (std::holds_alternative<ofmsg::DecNwTtl>(action) || std::holds_alternative<ofmsg::DecMplsTtl>(action)) {
        step.remark = "a packet with a TTL of 1 goes no further";
      } else if (step.output && step.output->where == TraceOutput::Where::controller && !step.unknown.empty()) {
        step.remark = "whether slices that may read it get a copy cannot be told";
      }
      out_.steps.push_back(std::move(step));
    }
  }

  // Fields that the packet had, or that it could have got, and that cannot be told any more.
  [[nodiscard]] std::vector<Field> unknown(const SymbolicPacket& packet) const {
    std::vector<Field> all;
    for (std::size_t f = 0; f < ofmsg::field_count; ++f) {
      const auto field = static_cast<Field>(f);
      if (!packet.changed[f] || packet.header.find(field) != nullptr) continue;
      if (packet_.has(field)) all.push_back(field);
    }
    return all;
  }

  static Match changes(const Match& before, const Match& after) {
    Match changed;
    for (const ofmsg::Term& term : after.terms()) {
      const ofmsg::Term* old = before.find(term.field);
      if (old == nullptr || !(*old == term)) changed.set(term.field, term.value, term.mask);
    }
    return changed;
  }

  TraceOutput send(const ofmsg::Output& output, const Flow& flow, const SymbolicPacket& packet) const {
    TraceOutput to;
    if (output.port == ofmsg::port::controller) {
      to.where = TraceOutput::Where::controller;
      to.port = output.port;
      to.as_miss = flow.is_table_miss() && asks_directly(flow);
      // Since 1.3 the switch says which flow has sent the packet.
      const auto from =
          ofmsg::since(ofmsg::v1_3).has(out_.version) ? std::optional{Sender{flow.slice, &flow}} : std::nullopt;
      to.listeners = listeners(told(from, key_of(packet)));
      return to;
    }
    to.port = output.port == ofmsg::port::in_port ? out_.in_port : output.port;
    const Port* port = s_.ports.find(to.port);
    if (port != nullptr) to.port_name = port->name.value;
    if (output.port == out_.in_port) {
      to.why = "it came in there, and goes back by IN_PORT only";
    } else if (port == nullptr && s_.state == Session::State::up) {
      to.why = "the switch has no such port";
    } else if (port != nullptr && (port->config & (Port::config_down | Port::config_no_fwd)) != 0) {
      to.why = (port->config & Port::config_down) != 0 ? "the port is down" : "the port sends nothing (NO_FWD)";
    } else if (port != nullptr && (port->state & Port::state_link_down) != 0) {
      to.why = "its link is down";
    } else {
      to.where = TraceOutput::Where::port;
    }
    return to;
  }

  [[nodiscard]] PacketKey key_of(const SymbolicPacket& packet) const {
    PacketKey key;
    key.put(Field::in_port, out_.in_port.value);
    key.put(Field::vlan_vid, 0);
    for (const ofmsg::Term& term : packet.header.terms()) key.put(term.field, term.value);
    return key;
  }

  [[nodiscard]] Audience told(const std::optional<Sender>& from, const PacketKey& key) const {
    return is_discovery(key) ? discovery_audience(s_, from, key, out_.in_port) : audience(s_, from, key);
  }

  [[nodiscard]] std::vector<TraceListener> listeners(const Audience& audience) const {
    std::vector<TraceListener> all;
    const auto add = [&](policy::SliceId slice, bool copy) {
      const std::optional<std::size_t> leg = s_.writer(slice);
      all.push_back({s_.slice(slice).name, leg ? text(s_.legs[*leg].controller.at) : std::string{}, copy});
    };
    if (audience.owner) add(*audience.owner, false);
    for (const policy::SliceId reader : audience.readers) add(reader, true);
    return all;
  }

  const Session& s_;
  const PacketKey& packet_;
  Time now_;
  Trace out_;
};

}  // namespace

bool Trace::leaves() const {
  const auto heard = [](const std::vector<TraceListener>& listeners) {
    return std::any_of(listeners.begin(), listeners.end(), [](const auto& l) { return !l.controller.empty(); });
  };
  if (!miss_is_dropped() && heard(miss)) return true;
  return std::any_of(steps.begin(), steps.end(), [&](const TraceStep& step) {
    if (!step.output) return false;
    return step.output->where == TraceOutput::Where::port || heard(step.output->listeners);
  });
}

Trace trace(const Session& s, const PacketKey& packet, Time now) { return Tracer{s, packet, now}.run(); }

}  // namespace sluice::slicing
