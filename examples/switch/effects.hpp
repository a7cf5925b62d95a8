// What a switch wants to happen after an input: bytes for its controller and packets on its ports,
// in order.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ofmsg/bytes.hpp"
#include "ofmsg/port.hpp"

namespace sluice::flow_switch {

struct Effects {
  struct Sent {
    ofmsg::PortNo port;
    ofmsg::Bytes packet;
    std::optional<std::uint32_t> queue = {};  // that it was sent to, whether the port has it or not
  };

  ofmsg::Bytes to_controller;  // whole OpenFlow messages
  std::vector<Sent> packets;
  bool hang_up = false;  // the connection to the controller is over
};

}  // namespace sluice::flow_switch
