// A whole OpenFlow switch: the datapath and its connection to a controller, by the channel that
// every party here uses.
//
// No sockets and no clock. Whoever owns it says when a connection is there and when it is gone,
// carries bytes both ways and calls `tick` no later than `deadline`. Flows outlive the connection;
// while there is none, nothing is sent to a controller and flows keep timing out.
#pragma once

#include <optional>
#include <utility>

#include "examples/switch/datapath.hpp"
#include "ofmsg/channel.hpp"

namespace sluice::flow_switch {

class Switch {
 public:
  explicit Switch(Settings settings) : datapath_{std::move(settings)} {}

  // A connection is there: HELLO goes out. It is gone, whoever ended it.
  void connect(Time now, Effects& effects);
  void disconnect();

  void receive(ofmsg::FrameView frame, Time now, Effects& effects);
  // The bytes of the controller are no OpenFlow (see ofmsg::Deframer).
  void garbled(const ofmsg::CodecError& error, ofmsg::ByteView offender, Effects& effects);

  void packet(ofmsg::PortNo in, ofmsg::ByteView bytes, Time now, Effects& effects) {
    datapath_.packet(in, bytes, now, effects);
  }

  void link(ofmsg::PortNo number, Link state, Time now, Effects& effects) {
    datapath_.link(number, state, now, effects);
  }

  void add_port(ofmsg::Port port, Time now, Effects& effects) { datapath_.add_port(std::move(port), now, effects); }

  void remove_port(ofmsg::PortNo number, Time now, Effects& effects) { datapath_.remove_port(number, now, effects); }

  void tick(Time now, Effects& effects);
  [[nodiscard]] std::optional<Time> deadline() const;

  [[nodiscard]] bool up() const { return channel_ && channel_->up(); }

  [[nodiscard]] ofmsg::Version version() const { return channel_ ? channel_->version() : ofmsg::v1_0; }

  [[nodiscard]] const Datapath& datapath() const { return datapath_; }

  // Why the last connection ended, as far as this side knows; may be empty.
  [[nodiscard]] const std::string& closed_because() const { return closed_because_; }

 private:
  void after(ofmsg::Channel::Event event, Effects& effects);

  Datapath datapath_;
  std::optional<ofmsg::Channel> channel_;
  std::string closed_because_;
};

}  // namespace sluice::flow_switch
