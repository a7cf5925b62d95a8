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

class Checker {
 public:
  Checker(ofmsg::Version version, const std::vector<ofmsg::Port>& ports, std::uint8_t tables)
      : version_{version}, rules_{rules(version)}, ports_{ports}, tables_{tables} {}

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

  ofmsg::Version version_;
  Rules rules_;
  const std::vector<ofmsg::Port>& ports_;
  std::uint8_t tables_;
};

}  // namespace sluice::flow_switch
