// A trace foretells what happens: of random slices, flows and packets, it names the ports that the packet leaves on the
// example switch, in their order, the header that it leaves with, and the controllers that hear of it.
#include <algorithm>
#include <string>

#include "ofmsg/packet_key.hpp"
#include "slicing/trace.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"

using namespace sluice;
using namespace sluice::tests;
using slicing::Trace;
using slicing::TraceOutput;

namespace {

using Fault = std::optional<std::string>;

struct Tally {
  std::size_t packets = 0, met = 0, left = 0, rewritten = 0, told = 0;
};

class Run {
 public:
  Run(const Script& script, Tally& tally)
      : script_{script},
        tally_{tally},
        world_{script.file.text},
        s1_{world_.plug("s1", 1, script.file.ports, script.version)} {}

  Fault go() {
    for (const Step& step : script_.steps) {
      if (step.what == Step::What::wait) world_.advance(step.by);
      if (step.what == Step::What::message) {
        tenant(step.slice).send(step.message);
        world_.settle();
      }
      if (step.what != Step::What::packet) continue;
      if (Fault fault = foretell(step)) return fault;
    }
    return std::nullopt;
  }

 private:
  Tenant& tenant(std::size_t slice) { return world_.tenant(controller_port(slice)); }

  Fault foretell(const Step& step) {
    const auto key = packet_key(step.bytes, PortNo{step.port});
    if (!key) return std::nullopt;
    const Trace trace = world_.domain.trace("s1", *key, world_.now).value();
    // Nobody can foretell which of two flows of one priority a switch takes.
    if (!trace.warnings.empty()) return std::nullopt;
    // A trace does not know the time to live.
    const bool counts = std::any_of(trace.steps.begin(), trace.steps.end(),
                                    [](const slicing::TraceStep& s) { return !s.remark.empty(); });
    if (counts) return std::nullopt;
    s1_.emitted.clear();
    for (std::size_t i = 0; i < script_.file.names.size(); ++i) tenant(i).inbox.clear();
    world_.inject(s1_, step.port, step.bytes);
    ++tally_.packets;
    if (trace.flow) ++tally_.met;
    if (trace.flow && (!trace.owner || trace.owner->slice != trace.flow->slice)) return "another slice's flow";
    Fault fault = compare_ports(trace);
    if (!fault) fault = compare_listeners(trace);
    if (fault) *fault += "\n  packet " + hexadecimal(step.bytes) + "\n" + table(s1_);
    return fault;
  }

  Fault compare_ports(const Trace& trace) {
    std::string expected;
    std::size_t at = 0;
    for (const auto& trace_step : trace.steps) {
      if (!trace_step.output || trace_step.output->where != TraceOutput::Where::port) continue;
      expected += " " + text(trace_step.output->port);
      if (at == s1_.emitted.size()) break;
      const auto& sent = s1_.emitted[at++];
      if (sent.port != trace_step.output->port) break;
      ++tally_.left;
      if (!(trace_step.header == trace.packet)) ++tally_.rewritten;
      if (Fault fault = compare_header(trace_step, sent.packet)) return fault;
    }
    std::string actual;
    for (const auto& sent : s1_.emitted) actual += " " + text(sent.port);
    if (actual == expected) return std::nullopt;
    return "ports: foretold" + expected + ", actual" + actual;
  }

  static Fault compare_header(const slicing::TraceStep& step, const Bytes& packet) {
    const auto key = packet_key(packet, PortNo{0});
    if (!key) return "what left is no packet";
    if (!matches(step.header, *key)) return "header: foretold " + text(step.header) + ", actual " + text(*key);
    // What is not foretold is said to be unknown; what comes to light behind a header that was taken off, or was put
    // on, is behind an EtherType that is.
    const auto unknown = [&step](Field field) {
      return std::find(step.unknown.begin(), step.unknown.end(), field) != step.unknown.end();
    };
    for (std::size_t f = 0; f < field_count; ++f) {
      const auto field = static_cast<Field>(f);
      if (field == Field::in_port || !key->has(field) || step.header.find(field) != nullptr) continue;
      if (unknown(field) || unknown(Field::eth_type) || unknown(Field::vlan_vid) || unknown(Field::ip_proto)) continue;
      return std::string{text(field)} + " is not foretold: " + text(step.header) + ", actual " + text(*key);
    }
    return std::nullopt;
  }

  Fault compare_listeners(const Trace& trace) {
    std::map<std::string, std::size_t> expected;
    if (!trace.miss_is_dropped()) {
      for (const auto& listener : trace.miss) ++expected[listener.slice];
    }
    for (const auto& step : trace.steps) {
      if (!step.output) continue;
      for (const auto& listener : step.output->listeners) ++expected[listener.slice];
    }
    for (std::size_t i = 0; i < script_.file.names.size(); ++i) {
      const auto& inbox = tenant(i).inbox;
      const auto heard = static_cast<std::size_t>(std::count_if(
          inbox.begin(), inbox.end(), [](const Received& r) { return std::holds_alternative<PacketIn>(r.message); }));
      tally_.told += heard;
      const std::string& name = script_.file.names[i];
      if (heard == expected[name]) continue;
      return name + " hears of it " + std::to_string(heard) + " times, foretold " + std::to_string(expected[name]);
    }
    return std::nullopt;
  }

  const Script& script_;
  Tally& tally_;
  World world_;
  SwitchEnd& s1_;
};

}  // namespace

TEST_CASE("a trace foretells where a packet leaves, with which header, and who hears of it") {
  for (const Version version : {v1_0, v1_3}) {
    CAPTURE(text(version));
    ScriptTaste taste;
    taste.tidy = true;
    taste.statistics = false;
    taste.slices.readers = true;
    Tally tally;
    const auto judge = [&tally](const Script& script) { return Run{script, tally}.go(); };
    const std::string fault = first_fault(version, taste, property_runs(500), judge);
    CHECK_MESSAGE(fault.empty(), fault);
    CAPTURE(tally.packets);
    CAPTURE(tally.met);
    CHECK(tally.met * 10 > tally.packets);
    CHECK(tally.left > 100);
    CHECK(tally.rewritten > 20);
    CHECK(tally.told > 20);
  }
}
