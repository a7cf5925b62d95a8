// A slice's private switch: an example switch with the slice's ports only, whose controller it is alone with.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "examples/switch/datapath.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/frame.hpp"
#include "ofmsg/message.hpp"

namespace sluice::tests {

class PrivateSwitch {
 public:
  // The ports are those of the shared switch that the slice has; `all` are their numbers.
  PrivateSwitch(std::vector<ofmsg::Port> ports, std::vector<std::uint32_t> all, ofmsg::Version version,
                std::uint32_t buffer_count, ofmsg::Time now);

  // The same, with nothing said yet.
  [[nodiscard]] PrivateSwitch copy() const;

  void send(ofmsg::ByteView message, ofmsg::Time now);
  void packet(std::uint32_t port, ofmsg::ByteView bytes, ofmsg::Time now);
  void tick(ofmsg::Time now);

  // Is it one of the slice's, if it is there?
  [[nodiscard]] bool may_have(std::uint32_t port) const;

  [[nodiscard]] bool lacks_a_port() const { return datapath.ports().size() < all_.size(); }

  flow_switch::Datapath datapath;
  flow_switch::Effects effects;             // what it has said and sent since they were taken
  std::vector<ofmsg::BufferId> buffers;     // that packet_ins have named, oldest first
  std::vector<ofmsg::PortNo> buffer_ports;  // and where their packets came in

  // What it has said, taken; buffers are noted.
  [[nodiscard]] std::vector<ofmsg::Message> take_said();
  [[nodiscard]] std::optional<ofmsg::WireError> error() const;

  [[nodiscard]] const std::vector<flow_switch::Flow>& flows() const { return datapath.tables().flows(0); }

 private:
  std::vector<std::uint32_t> all_;
};

}  // namespace sluice::tests
