#include "tests/support/private_switch.hpp"

#include <algorithm>
#include <variant>

namespace sluice::tests {

namespace {

flow_switch::Settings settings_of(std::vector<ofmsg::Port> ports, ofmsg::Version version, std::uint32_t buffers,
                                  ofmsg::Time now) {
  flow_switch::Settings settings;
  settings.datapath_id.value = 1;
  settings.tables = 1;
  settings.started = now;
  settings.ports = std::move(ports);
  // Later versions can ask for whole packets that are not kept, and slices get those.
  if (version == ofmsg::v1_0) settings.buffers = buffers;
  return settings;
}

template <class Take>
void each(ofmsg::ByteView bytes, Take take) {
  ofmsg::for_each_frame(bytes, [&](ofmsg::FrameView frame) { take(ofmsg::decode(frame).value()); });
}

}  // namespace

PrivateSwitch::PrivateSwitch(std::vector<ofmsg::Port> ports, std::vector<std::uint32_t> all, ofmsg::Version version,
                             std::uint32_t buffer_count, ofmsg::Time now)
    : datapath{settings_of(std::move(ports), version, buffer_count, now)}, all_{std::move(all)} {
  datapath.attach(version);
}

PrivateSwitch PrivateSwitch::copy() const {
  PrivateSwitch other = *this;
  other.effects = {};
  return other;
}

void PrivateSwitch::send(ofmsg::ByteView message, ofmsg::Time now) {
  datapath.message(ofmsg::FrameView::of(message).value(), now, effects);
}

void PrivateSwitch::packet(std::uint32_t port, ofmsg::ByteView bytes, ofmsg::Time now) {
  datapath.packet(ofmsg::PortNo{port}, bytes, now, effects);
}

void PrivateSwitch::tick(ofmsg::Time now) { datapath.tick(now, effects); }

bool PrivateSwitch::may_have(std::uint32_t port) const {
  return std::find(all_.begin(), all_.end(), port) != all_.end();
}

std::vector<ofmsg::Message> PrivateSwitch::take_said() {
  std::vector<ofmsg::Message> said;
  each(std::exchange(effects.to_controller, {}), [&](ofmsg::Message message) {
    const auto* in = std::get_if<ofmsg::PacketIn>(&message);
    if (in != nullptr && in->buffer_id.value != ofmsg::BufferId::none) {
      buffers.push_back(in->buffer_id);
      buffer_ports.push_back(in->ingress());
    }
    said.push_back(std::move(message));
  });
  return said;
}

std::optional<ofmsg::WireError> PrivateSwitch::error() const {
  std::optional<ofmsg::WireError> found;
  each(effects.to_controller, [&](const ofmsg::Message& message) {
    if (const auto* error = std::get_if<ofmsg::Error>(&message)) found = error->error;
  });
  return found;
}

}  // namespace sluice::tests
