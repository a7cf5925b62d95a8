// Where a packet goes, step by step, as plain values: whose it is, which flow of the switch it meets, what its actions
// make of it, and who gets it. Made by trace_of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/action.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/port.hpp"
#include "ofmsg/version.hpp"
#include "slicing/status.hpp"

namespace sluice::slicing {

// A slice, and the rule by which it has the packet.
struct TraceClaim {
  std::string slice;
  RuleName rule;
};

// One controller that gets a packet_in.
struct TraceListener {
  std::string slice;
  std::string controller;  // "tcp:127.0.0.1:7001"; empty: none of the slice is connected, and nobody hears of it
  bool copy = false;       // the slice may only read the packet
};

// What becomes of the packet where an action sends it.
struct TraceOutput {
  enum class Where : std::uint8_t { port, controller, nowhere } where = Where::nowhere;
  ofmsg::PortNo port;     // that it leaves, IN_PORT being the one where it came in; not for the controller
  std::string port_name;  // that the switch reports; may be empty
  std::string why;        // nowhere: a sentence
  bool as_miss = false;   // controller: the reason of the packet_in is no_match
  std::vector<TraceListener> listeners;
};

struct TraceStep {
  ofmsg::Action action;
  ofmsg::Match header;  // of the packet behind it, without in_port; a field that is missing here is not in the packet …
  std::vector<ofmsg::Field> unknown;  // … or is one of these, of which nothing can be said
  ofmsg::Match changed;               // what of the header it has changed
  std::optional<TraceOutput> output;  // if it sends the packet somewhere
  std::string remark;                 // what cannot be told; usually empty
};

struct Trace {
  std::string switch_name;
  ofmsg::Version version{};
  std::string state;  // of the switch: "up", "setup", "down"; of one that is not up it is not known what it has
  ofmsg::PortNo in_port;
  std::string in_port_name;
  ofmsg::Match packet;  // as it came in, without in_port
  std::optional<TraceClaim> owner;
  std::vector<TraceClaim> readers;
  std::string not_received;       // why the switch does not even look at it; usually empty
  std::optional<FlowState> flow;  // that it meets, with the one piece that stands in the switch
  std::vector<TraceStep> steps;
  // It meets no flow: who would hear of it. In 1.3 that takes a flow of priority 0, else the switch drops it.
  std::vector<TraceListener> miss;
  bool discovery = false;  // LLDP, which no slice's flow meets: `miss` hears of it unless it is a probe (discovery.hpp)
  std::vector<std::string> warnings;

  [[nodiscard]] bool miss_is_dropped() const { return version > ofmsg::v1_2 && !discovery; }

  // The header as the last action has left it.
  [[nodiscard]] const ofmsg::Match& final() const { return steps.empty() ? packet : steps.back().header; }

  // Does any of it leave a port, or reach a controller?
  [[nodiscard]] bool leaves() const;
};

}  // namespace sluice::slicing
