// Which matches, instructions and action lists the switch takes, and the OpenFlow error for those
// that it does not.
#pragma once

#include <optional>

#include "examples/switch/rules.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/message.hpp"

namespace sluice::flow_switch {

// Nothing: all is well.
using Refusal = std::optional<ofmsg::WireError>;

enum class Place : std::uint8_t { flow, packet_out };

// A queue of a port. Nothing is scheduled in this switch: what goes to a queue is counted.
struct Queue {
  ofmsg::PortNo port;
  std::uint32_t id = 0;
  std::uint16_t min_rate = 0;  // 1/10 of a percent of what the port can

  friend auto operator<=>(const Queue&, const Queue&) = default;
};

class Checker {
 public:
  Checker(ofmsg::Version version, const std::vector<ofmsg::Port>& ports, const std::vector<Queue>& queues,
          std::uint8_t tables)
      : version_{version}, rules_{rules(version)}, ports_{ports}, queues_{queues}, tables_{tables} {}

  // A match that came in a flow_mod or a request about flows.
  [[nodiscard]] Refusal check(const ofmsg::Match& match) const;
  // The instructions of a flow with this match, in this table.
  [[nodiscard]] Refusal check(const ofmsg::Instructions& instructions, const ofmsg::Match& match,
                              std::uint8_t table) const;
  // An action list for packets of this match.
  [[nodiscard]] Refusal check(const ofmsg::Actions& actions, ofmsg::Match match, Place place) const;

  [[nodiscard]] Refusal because(ofmsg::Reason reason) const { return wire_error(reason, version_); }

 private:
  class ActionCheck;

  [[nodiscard]] bool has_port(ofmsg::PortNo number) const;
  // At this port, or at any.
  [[nodiscard]] bool has_queue(std::uint32_t id, std::optional<ofmsg::PortNo> number) const;

  ofmsg::Version version_;
  Rules rules_;
  const std::vector<ofmsg::Port>& ports_;
  const std::vector<Queue>& queues_;
  std::uint8_t tables_;
};

}  // namespace sluice::flow_switch
