// What stands at one moment, in OpenFlow's own terms: enough for another core to be brought to where this one is, and
// to say whose a link is. What is on its way (requests without their answers, buffered packets) is not part of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ofmsg/message.hpp"
#include "policy/endpoint.hpp"
#include "slicing/events.hpp"

namespace sluice::slicing {

struct StandingSwitch {
  LinkId link;
  std::string name;  // of the slice file
  std::string peer;
  ofmsg::Version version = ofmsg::v1_3;
  ofmsg::FeaturesReply features;
  ofmsg::DescReply desc;
  std::vector<ofmsg::Port> ports;
};

// A controller that has been dialled.
struct StandingLeg {
  enum class How : std::uint8_t { dialling, handshake, up };

  LinkId link;
  std::string switch_name, slice;
  policy::Endpoint at;
  How how = How::dialling;
};

struct StandingFlow {
  std::string switch_name, slice;
  std::uint64_t cookie = 0;  // ours, on the switch
  Time since{};
  ofmsg::FlowMod asked;  // what its controller would ask for to have it
};

struct Standing {
  std::vector<StandingSwitch> switches;  // those that are up
  std::vector<StandingLeg> legs;
  std::vector<StandingFlow> flows;
  // Switches that are connected and not up yet: whoever begins here knows them from their next connection on. Not
  // recorded.
  std::size_t on_their_way = 0;
};

}  // namespace sluice::slicing
