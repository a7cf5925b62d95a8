// What a controller is told, as lines that can be compared: of two switches that tell the same, the lines are equal.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/channel.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/version.hpp"

namespace sluice::tests {

struct Line {
  std::string text;
  // Of a flow that has ended by a timeout: how long it was there, and how much later somebody else may say so.
  std::optional<ofmsg::Time> lived;
  ofmsg::Time slack{};
};

using Lines = std::vector<Line>;

// What is told of a port's counters: as the message has it, or something else that is expected of it.
using PortText = std::function<std::string(const ofmsg::PortStats&)>;

struct Telling {
  ofmsg::Version version = ofmsg::v1_3;
  bool cookies = true;             // are told; see `cookies_known` of slicing_fidelity_test
  bool first_use_unknown = false;  // flows may have been put on the switch again, for the whole of their idle timeout
  // In 1.0 a packet_in does not say which action has sent it, and so how much of the packet was asked for.
  bool lengths_of_actions = true;
  PortText port;

  [[nodiscard]] Line operator()(const ofmsg::Message& message) const;
};

[[nodiscard]] std::string port_text(const ofmsg::PortStats& stats);
[[nodiscard]] bool counts_nothing(const ofmsg::PortStats& stats);

// Both say the same, in whatever order, and ends by timeout at the times that are allowed for them.
[[nodiscard]] bool same(Lines actual, Lines expected);
[[nodiscard]] std::string listed(const Lines& lines);

}  // namespace sluice::tests
