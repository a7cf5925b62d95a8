// P4: a slice's controller sees a switch of its own.
//
// Beside the shared switch behind Sluice, each slice has a private one with only its ports, which gets exactly the
// messages of that slice that Sluice did not refuse. What the slice sees must be equal through both: where its packets
// go and with which bytes, packet_ins with reason, cookie and buffer, flow_removed, statistics, its ports and what
// becomes of them, its configuration, and the refusals of what no switch would take. What Sluice refuses besides must
// have one of a few reasons, and happen seldom (tests/support/refusals.hpp).
//
// What is left out, because the specification leaves it open or a slice cannot have it:
//   - LLDP and BDDP, which flows of slices do not see (slicing/discovery.hpp)
//   - two flows of one priority that share packets: flow_mods that would make such flows are not sent
//   - what a flood sends where the slice does not own the packet, or where that is known in part only
//   - cookies after a MODIFY in 1.0
//   - how much of a packet that an action of 1.0 has sent to the controller comes with its buffer
//   - flows that send a packet to the controller by applied and by written actions: see `misses_twice`
//   - which flow comes first where the slice completes one in 1.0 to a flow without wildcards: see `ambiguous`
//   - that a flow of several entries ends a little later than its idle timeout says, and one that had to be put on the
//     switch again within a second of its timeout (tests/support/told.cpp)
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "ofmsg/packet_key.hpp"
#include "policy/compile.hpp"
#include "slicing/probe.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/act.hpp"
#include "tests/support/floods.hpp"
#include "tests/support/naive_policy.hpp"
#include "tests/support/private_switch.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/told.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

using Fault = std::optional<std::string>;

// --- what is left out ------------------------------------------------------------------------------------------------

// Has the table two flows of which the specification does not say which one a packet takes? Or, in 1.0, one of which
// the slice makes a flow without wildcards, which a switch puts before all others (docs/semantics-1.0.md).
bool ambiguous(const PrivateSwitch& own, const policy::SwitchView& view, policy::SliceId slice, Version version) {
  const auto completed = [&](const flow_switch::Flow& flow) {
    constexpr std::size_t most_that_a_slice_adds = 4;
    if (version != v1_0 || flow.match.terms().size() + most_that_a_slice_adds < 11) return false;
    if (has_no_wildcards_1_0(flow.match)) return false;
    const auto pieces = view.clip(slice, flow.match, 64);
    return pieces && std::any_of(pieces->begin(), pieces->end(),
                                 [](const policy::Piece& piece) { return has_no_wildcards_1_0(piece.match); });
  };
  const auto& flows = own.flows();
  for (std::size_t i = 0; i < flows.size(); ++i) {
    for (std::size_t j = i + 1; j < flows.size(); ++j) {
      const bool either = flows[j].priority == flows[i].priority || completed(flows[j]);
      if (either && !disjoint(flows[i].match, flows[j].match)) return true;
    }
  }
  return false;
}

// Does a table-miss entry send packets to the controller by applied and by written actions? Those of a slice are told
// apart by which of them has the output.
bool misses_twice(const Message& message) {
  const auto* mod = std::get_if<FlowMod>(&message);
  if (mod == nullptr) return false;
  const auto asks = [](const Actions& actions) {
    return std::any_of(actions.begin(), actions.end(), [](const Action& a) {
      const auto* output = std::get_if<Output>(&a);
      return output != nullptr && output->port == port::controller;
    });
  };
  bool written = false;
  for (const Instruction& i : mod->instructions) {
    const auto* write = std::get_if<WriteActions>(&i);
    written = written || (write != nullptr && asks(write->actions));
  }
  return written && asks(applied(mod->instructions));
}

// In 1.0 nobody says whether MODIFY changes the cookie; Open vSwitch and the example switch do it. So after one,
// cookies are left out.
bool cookies_known(const Script& script) {
  return script.version != v1_0 || std::none_of(script.steps.begin(), script.steps.end(), [](const Step& s) {
           const auto* mod = std::get_if<FlowMod>(&s.message);
           return mod != nullptr &&
                  (mod->command == FlowModCommand::modify || mod->command == FlowModCommand::modify_strict);
         });
}

// --- a run ---------------------------------------------------------------------------------------------------------

// How much has happened: a test in which nothing does shows nothing.
struct Tally {
  std::size_t sent = 0, taken = 0, packets = 0, forwarded = 0, told = 0, buffered = 0, ended = 0, ports = 0;
  RefusalTally refusals;
};

struct PortCount {
  std::uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0;
};

class Run {
 public:
  Run(const Script& script, Tally& tally)
      : script_{script},
        tally_{tally},
        document_{policy::parse(script.file.text, "test.json")},
        world_{script.file.text},
        s1_{world_.plug("s1", 1, script.file.ports, script.version, script.buffers)},
        naive_{document_, "s1", s1_.device.datapath().ports()},
        view_{world_.policy->bind(policy::SwitchId{0}, s1_.device.datapath().ports(), script.version)},
        refusals_{document_, naive_, script.file.ports} {
    told_.version = script.version;
    told_.cookies = cookies_known(script);
    told_.lengths_of_actions = script.version != v1_0;
    for (std::size_t i = 0; i < script.file.names.size(); ++i) {
      std::vector<std::uint32_t> numbers;
      std::vector<Port> ports;
      for (const Port& port : s1_.device.datapath().ports()) {
        if (!may_have(script.file.names[i], port.number)) continue;
        numbers.push_back(port.number.value);
        ports.push_back(port);
        ++holders_[port.number];
      }
      own_.emplace_back(std::move(ports), std::move(numbers), script.version, script.buffers, world_.now);
      tenant(i).inbox.clear();
    }
  }

  Fault go() {
    for (const Step& step : script_.steps) {
      s1_.emitted.clear();
      Fault fault = take(step);
      if (!fault) fault = compare_told();
      if (fault) return fault;
    }
    return std::nullopt;
  }

 private:
  Tenant& tenant(std::size_t slice) { return world_.tenant(controller_port(slice)); }

  [[nodiscard]] const std::string& name(std::size_t slice) const { return script_.file.names[slice]; }

  [[nodiscard]] bool may_have(const std::string& slice, PortNo port) const {
    for (const policy::DocumentSlice& s : document_.slices) {
      if (s.name != slice) continue;
      for (const policy::DocumentRule& rule : s.flowspace) {
        for (const auto& [on, set] : rule.on) {
          const auto& refs = std::get<std::vector<policy::PortRef>>(set);
          if (std::find(refs.begin(), refs.end(), policy::PortRef{port}) != refs.end()) return true;
        }
      }
    }
    return false;
  }

  Fault take(const Step& step) {
    switch (step.what) {
      case Step::What::packet: return take_packet(step);
      case Step::What::wait: return wait(step.by);
      case Step::What::message: return take_message(step);
      case Step::What::cut:
      case Step::What::join:
      case Step::What::unplug:
      case Step::What::plug: take_port(step); return std::nullopt;
      case Step::What::bytes:
      case Step::What::hang_up: return std::nullopt;
    }
    return std::nullopt;
  }

  // --- time ---

  Fault wait(Time by) {
    // Flows that Sluice has to watch itself end a little later; nothing is compared before they have.
    constexpr std::size_t most_pauses = 100;
    for (std::size_t pauses = 0; pauses < most_pauses; ++pauses) {
      world_.advance(pauses == 0 ? by : 250ms);
      for (PrivateSwitch& own : own_) own.tick(world_.now);
      Fault fault = compare_flows();
      if (!fault || *fault != too_many) return fault;
    }
    return "a flow that has ended on its own switch does not end through Sluice\n" + table(s1_);
  }

  // The flows that each slice has: more than its own switch has there may be for a while only.
  Fault compare_flows() const {
    using Keys = std::set<std::pair<std::uint16_t, Match>>;
    Fault more;
    for (std::size_t i = 0; i < own_.size(); ++i) {
      Keys actual, expected;
      for (const auto& flow : world_.domain.flows(name(i), "s1", world_.now)) actual.emplace(flow.priority, flow.match);
      for (const auto& flow : own_[i].flows()) expected.emplace(flow.priority, flow.match);
      if (!std::includes(actual.begin(), actual.end(), expected.begin(), expected.end())) {
        return name(i) + " has lost a flow that its own switch has\n" + table(s1_);
      }
      if (actual.size() > expected.size()) more = too_many;
    }
    return more;
  }

  // --- ports ---

  void take_port(const Step& step) {
    act(world_, s1_, step, script_.version);
    told_.first_use_unknown = true;
    ++tally_.ports;
    const PortNo number{step.port};
    const auto is_it = [&](const Port& p) { return p.number == number; };
    const auto& all = s1_.device.datapath().ports();
    const auto now = std::find_if(all.begin(), all.end(), is_it);
    if (now == all.end()) count_.erase(number);
    for (PrivateSwitch& own : own_) {
      if (!own.may_have(step.port)) continue;
      const auto& ports = own.datapath.ports();
      const bool there = std::any_of(ports.begin(), ports.end(), is_it);
      const bool is_cut = step.what == Step::What::cut;
      if (now == all.end()) {
        own.datapath.remove_port(number, world_.now, own.effects);
      } else if (!there) {
        own.datapath.add_port(*now, world_.now, own.effects);
      } else if (is_cut || step.what == Step::What::join) {
        own.datapath.link(number, is_cut ? flow_switch::Link::down : flow_switch::Link::up, world_.now, own.effects);
      }
    }
  }

  // Has the slice a flow that floods to fewer ports than it might?
  [[nodiscard]] bool has_narrowed(std::size_t slice) const {
    const auto flows = world_.domain.flows(name(slice), "s1", world_.now);
    return std::any_of(flows.begin(), flows.end(), [](const slicing::FlowState& flow) {
      return std::any_of(flow.pieces.begin(), flow.pieces.end(), [](const auto& piece) { return piece.narrowed; });
    });
  }

  // Counters of a port that others use too are not told; those of others count what passes the port, whoever has
  // turned it off.
  [[nodiscard]] std::string expected_of(const PortStats& stats) const {
    const auto holders = holders_.find(stats.port_no);
    if (holders != holders_.end() && holders->second > 1) return "not counted";
    const auto at = count_.find(stats.port_no);
    const PortCount count = at == count_.end() ? PortCount{} : at->second;
    PortStats expected;
    expected.rx_packets = count.rx_packets;
    expected.rx_bytes = count.rx_bytes;
    expected.tx_packets = count.tx_packets;
    expected.tx_bytes = count.tx_bytes;
    return port_text(expected);
  }

  void count_sent() {
    for (const auto& sent : s1_.emitted) {
      ++count_[sent.port].tx_packets;
      count_[sent.port].tx_bytes += sent.packet.size();
    }
  }

  // --- packets ---

  Fault take_packet(const Step& step) {
    const auto key = packet_key(step.bytes, PortNo{step.port});
    if (!key || slicing::is_discovery(*key)) return std::nullopt;
    for (std::size_t i = 0; i < own_.size(); ++i) {
      if (!naive_.may_write(name(i), *key)) continue;
      if (hollow(*key) && has_floods(own_[i])) return std::nullopt;
      const auto& ports = s1_.device.datapath().ports();
      const auto port =
          std::find_if(ports.begin(), ports.end(), [&](const Port& p) { return p.number == PortNo{step.port}; });
      if (port != ports.end() && (port->state & Port::state_link_down) == 0) {
        ++count_[port->number].rx_packets;
        count_[port->number].rx_bytes += step.bytes.size();
      }
      world_.inject(s1_, step.port, step.bytes);
      ++tally_.packets;
      if (!s1_.emitted.empty()) ++tally_.forwarded;
      own_[i].packet(step.port, step.bytes, world_.now);
      return compare_emitted(i);
    }
    return std::nullopt;
  }

  // Packets out of the shared switch = packets out of the private one, where the slice owns them.
  Fault compare_emitted(std::size_t slice, const Message& message = Message{BarrierRequest{}}) {
    count_sent();
    const auto line = [](const flow_switch::Effects::Sent& sent) {
      return "port " + text(sent.port) + ": " + hexadecimal(sent.packet);
    };
    std::vector<std::string> actual, expected;
    for (const auto& sent : s1_.emitted) actual.push_back(line(sent));
    for (const auto& sent : std::exchange(own_[slice].effects.packets, {})) {
      const auto key = packet_key(sent.packet, sent.port);
      if (key && naive_.may_write(name(slice), *key)) expected.push_back(line(sent));
    }
    std::sort(actual.begin(), actual.end());
    std::sort(expected.begin(), expected.end());
    if (actual == expected) return std::nullopt;
    const bool less = std::includes(expected.begin(), expected.end(), actual.begin(), actual.end());
    const auto* out = std::get_if<PacketOut>(&message);
    const bool flooded =
        (out != nullptr && floods_changed(out->actions)) || floods_changed(own_[slice]) || has_narrowed(slice);
    if (less && flooded) return std::nullopt;
    std::string what = "packets of " + name(slice) + ":\n  through Sluice\n";
    for (const std::string& l : actual) what += "    " + l + "\n";
    what += "  on its own switch\n";
    for (const std::string& l : expected) what += "    " + l + "\n";
    return what + "  shared table\n" + table(s1_);
  }

  // --- messages ---

  Fault take_message(const Step& step) {
    const auto* out = std::get_if<PacketOut>(&step.message);
    if (out != nullptr && slicing::is_discovery(out->data, packet_key(out->data, out->in_port))) return std::nullopt;
    PrivateSwitch& own = own_[step.slice];
    const Xid xid{tenant(step.slice).next_xid};
    PrivateSwitch tried = own.copy();
    tried.send(encoded(step, script_.version, xid, own.buffers), world_.now);
    const std::optional<WireError> refused = tried.error();
    const bool flow_mod = std::holds_alternative<FlowMod>(step.message);
    // The private switch sees less in a match than the shared one, where it is cut to the slice.
    const bool inconsistent = refused == wire_error(Reason::action_inconsistent, script_.version);
    if (flow_mod && (inconsistent || misses_twice(step.message) || is_ambiguous(step.slice, tried)))
      return std::nullopt;
    if (refused && changes_waiting(step, own)) return std::nullopt;
    if (!refused && comes_from_dead_port(step, own)) return std::nullopt;

    const Bytes bytes = encoded(step, script_.version, xid, tenant(step.slice).buffers);
    act(world_, s1_, step, script_.version);
    world_.settle();
    const std::optional<Error> by_sluice = take_error(step.slice, xid);
    if (!refused) ++tally_.refusals.taken_by_own_switch;
    if (flow_mod && !refused) ++tally_.sent;
    if (refused && !by_sluice)
      return "the private switch says " + text(*refused, script_.version) + ", Sluice takes it";
    if (by_sluice) return compare_refusals(step, bytes, *by_sluice, refused);
    if (flow_mod) ++tally_.taken;
    if (step.buffer) ++tally_.buffered;
    if (std::holds_alternative<PortMod>(step.message)) {
      told_.first_use_unknown = true;
      ++tally_.ports;
    }
    for (auto& sent : tried.effects.packets) own.effects.packets.push_back(sent);
    append(own.effects.to_controller, tried.effects.to_controller);
    own.datapath = std::move(tried.datapath);
    return compare_emitted(step.slice, step.message);
  }

  // A packet_out, or a buffered packet, of a port that has gone, which may be another slice's by now, or that its slice
  // has turned off: nobody says what becomes of it in the tables. Open vSwitch drops it.
  static bool comes_from_dead_port(const Step& step, const PrivateSwitch& own) {
    std::optional<PortNo> from;
    if (const auto* out = std::get_if<PacketOut>(&step.message)) from = out->in_port;
    const bool flow_mod = std::holds_alternative<FlowMod>(step.message);
    if (flow_mod && step.buffer && *step.buffer < own.buffer_ports.size()) {
      from = own.buffer_ports[own.buffer_ports.size() - 1 - *step.buffer];
    }
    if (!from || *from == port::any || *from == port::controller) return false;
    constexpr std::uint32_t off = Port::config_down | Port::config_no_recv;
    const auto& ports = own.datapath.ports();
    return std::none_of(ports.begin(), ports.end(),
                        [from](const Port& port) { return port.number == *from && (port.config & off) == 0; });
  }

  // What a MODIFY makes of a flow whose ports have gone is judged when they come back.
  static bool changes_waiting(const Step& step, const PrivateSwitch& own) {
    const auto* mod = std::get_if<FlowMod>(&step.message);
    return mod != nullptr && mod->command != FlowModCommand::add && own.lacks_a_port();
  }

  [[nodiscard]] bool is_ambiguous(std::size_t slice, const PrivateSwitch& own) const {
    return ambiguous(own, view_, world_.policy->find_slice(name(slice)).value(), script_.version);
  }

  std::optional<Error> take_error(std::size_t slice, Xid xid) {
    std::optional<Error> found;
    std::erase_if(tenant(slice).inbox, [&](const Received& r) {
      const auto* error = std::get_if<Error>(&r.message);
      if (error == nullptr || r.xid != xid) return false;
      found = *error;
      return true;
    });
    return found;
  }

  Fault compare_refusals(const Step& step, const Bytes& bytes, const Error& by_sluice,
                         const std::optional<WireError>& refused) {
    if (!s1_.emitted.empty()) return "a packet left although the message was refused";
    if (by_sluice.data != bytes) return "an error does not have the bytes of its message";
    const std::string said = text(by_sluice.error, script_.version);
    if (!refused) {
      const slicing::Refusal latest = world_.domain.refusals().front();
      ++tally_.refusals.refused[latest.code];
      // As Sluice reads it, with what the bytes say and the test has not.
      const Message message = decode(FrameView::of(bytes).value()).value();
      const Fault fault = refusals_.judge(name(step.slice), message, latest.code, s1_.device.datapath().ports());
      if (!fault) return std::nullopt;
      return "Sluice refuses (" + latest.code + " " + said + ", " + latest.why + ") what is in order: " + *fault +
             "\n" + text(message, script_.version, Xid{});
    }
    // Which of several reasons is named is free for what has many parts.
    const bool many_parts =
        std::holds_alternative<FlowMod>(step.message) || std::holds_alternative<PacketOut>(step.message);
    if (many_parts || by_sluice.error == *refused || tolerated(step, by_sluice.error)) return std::nullopt;
    return "Sluice says " + said + ", the private switch " + text(*refused, script_.version);
  }

  // Port features are the shared switch's, and a slice may not change them even where they are possible.
  [[nodiscard]] bool tolerated(const Step& step, WireError error) const {
    const auto* mod = std::get_if<PortMod>(&step.message);
    return mod != nullptr && mod->advertise != 0 && error == wire_error(Reason::port_mod_refused, script_.version);
  }

  // --- what controllers are told ---

  Fault compare_told() {
    for (std::size_t i = 0; i < own_.size(); ++i) {
      Lines actual, expected;
      told_.port = [](const PortStats& stats) { return counts_nothing(stats) ? "not counted" : port_text(stats); };
      for (const Received& r : std::exchange(tenant(i).inbox, {})) actual.push_back(told_(r.message));
      told_.port = [this](const PortStats& stats) { return expected_of(stats); };
      for (const Message& m : own_[i].take_said()) expected.push_back(told_(m));
      tally_.told += actual.size();
      tally_.ended += static_cast<std::size_t>(
          std::count_if(actual.begin(), actual.end(), [](const Line& line) { return line.lived.has_value(); }));
      if (same(actual, expected)) continue;
      return name(i) + " is told:\n  through Sluice\n" + listed(actual) + "  by its own switch\n" + listed(expected) +
             "  shared table\n" + table(s1_);
    }
    return std::nullopt;
  }

  static constexpr std::string_view too_many = "there is a flow too many";

  const Script& script_;
  Tally& tally_;
  policy::Document document_;
  World world_;
  SwitchEnd& s1_;
  NaivePolicy naive_;
  policy::SwitchView view_;  // with all ports
  RefusalJudge refusals_;
  Telling told_;
  std::vector<PrivateSwitch> own_;
  std::map<PortNo, std::size_t> holders_;  // how many slices have a port
  std::map<PortNo, PortCount> count_;
};

}  // namespace

TEST_CASE("P4: through Sluice a slice sees what it would see of a switch of its own") {
  for (const Version version : {v1_0, v1_3}) {
    ScriptTaste taste;
    taste.tidy = true;
    taste.rich = true;
    taste.ports = true;
    taste.slices.local = true;
    Tally tally;
    const auto judge = [&tally](const Script& script) { return Run{script, tally}.go(); };
    const std::string fault = first_fault(version, taste, property_runs(1500), judge);
    CHECK_MESSAGE(fault.empty(), fault);
    CAPTURE(tally.sent);
    CAPTURE(tally.packets);
    CHECK(tally.taken * 2 > tally.sent);
    CHECK(tally.forwarded * 15 > tally.packets);
    CHECK(tally.told > 0);
    CHECK(tally.ended > 0);
    CHECK(tally.ports > 0);
    CHECK((tally.buffered > 0 || version != v1_0));
    CHECK_MESSAGE(tally.refusals.too_often().empty(), tally.refusals.too_often() << ": " << tally.refusals.text());
    MESSAGE("OpenFlow " << text(version) << ": " << tally.refusals.text());
  }
}

TEST_CASE("what the action set of a table-miss entry sends to the controller is no miss") {
  World world{by_port};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3, 4}, v1_3);
  Tenant& red = world.tenant(7001);
  red.send(flow("priority=0,actions=write_actions(CONTROLLER:65535)", v1_3));
  world.settle();
  world.inject(s1, 1, packet({}));
  CHECK(red.take<PacketIn>().value().reason == PacketInReason::action);
}
