#include "examples/switch/switch.hpp"

#include <algorithm>
#include <utility>

namespace sluice::flow_switch {

using namespace ofmsg;

void Switch::connect(Time now, Effects& effects) {
  disconnect();
  closed_because_.clear();
  const ChannelSettings settings{.end = End::switch_, .versions = datapath_.settings().versions};
  channel_.emplace(settings, now, effects.to_controller);
}

void Switch::disconnect() {
  channel_.reset();
  datapath_.detach();
}

void Switch::receive(FrameView frame, Time now, Effects& effects) {
  if (!channel_) return;
  const Channel::Event event = channel_->receive(frame, now, effects.to_controller);
  if (event == Channel::Event::message) return datapath_.message(frame, now, effects);
  after(event, effects);
}

void Switch::garbled(const CodecError& error, ByteView offender, Effects& effects) {
  if (!channel_) return;
  channel_->garbled(error, offender, effects.to_controller);
  after(Channel::Event::closed, effects);
}

void Switch::tick(Time now, Effects& effects) {
  datapath_.tick(now, effects);
  if (channel_) after(channel_->tick(now, effects.to_controller), effects);
}

std::optional<Time> Switch::deadline() const {
  const auto flows = datapath_.deadline();
  const auto connection = channel_ ? channel_->deadline() : std::nullopt;
  if (!flows || !connection) return flows ? flows : connection;
  return std::min(*flows, *connection);
}

void Switch::after(Channel::Event event, Effects& effects) {
  if (event == Channel::Event::up) datapath_.attach(channel_->version());
  if (event == Channel::Event::closed) {
    closed_because_ = channel_->closed_because();
    effects.hang_up = true;
    disconnect();
  }
}

}  // namespace sluice::flow_switch
