// The ports that the switches of tests have.
#pragma once

#include <cstdint>
#include <string>

#include "examples/switch/datapath.hpp"
#include "ofmsg/port.hpp"

namespace sluice::tests {

[[nodiscard]] inline ofmsg::Port port_of(const std::string& switch_name, std::uint64_t dpid, std::uint32_t number) {
  const ofmsg::MacAddress mac{{2, 0, 0, 0, static_cast<std::uint8_t>(dpid), static_cast<std::uint8_t>(number)}};
  const bool local = ofmsg::PortNo{number} == ofmsg::port::local;
  return flow_switch::make_port(ofmsg::PortNo{number}, switch_name + (local ? "" : "-p" + std::to_string(number)), mac);
}

}  // namespace sluice::tests
