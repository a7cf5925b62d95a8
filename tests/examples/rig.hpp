// A switch with a controller attached and nothing in between: messages and packets in, messages and
// packets out.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "examples/switch/datapath.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

namespace sluice::testing {

using namespace std::chrono_literals;
using flow_switch::Time;

struct Said {
  ofmsg::Message message;
  ofmsg::Xid xid;
};

// The messages in a stream of bytes.
inline std::vector<Said> messages_in(ofmsg::ByteView bytes) {
  std::vector<Said> said;
  while (!bytes.empty()) {
    REQUIRE(bytes.size() >= ofmsg::header_size);
    const auto frame = ofmsg::FrameView::of(bytes.first(ofmsg::load<std::uint16_t>(bytes, 2)));
    REQUIRE(frame);
    auto message = ofmsg::decode(*frame);
    REQUIRE_MESSAGE(message, ofmsg::text(message.error()));
    said.push_back({std::move(*message), frame->xid()});
    bytes = bytes.subspan(frame->size());
  }
  return said;
}

class Rig {
 public:
  explicit Rig(ofmsg::Version of, flow_switch::Settings settings = four_ports())
      : version{of}, datapath{std::move(settings)} {
    datapath.attach(version);
  }

  static flow_switch::Settings four_ports() {
    flow_switch::Settings settings;
    settings.datapath_id.value = 1;
    for (std::uint8_t n = 1; n <= 4; ++n) {
      settings.ports.push_back(flow_switch::make_port(ofmsg::PortNo{n}, "p" + std::to_string(n), {{2, 0, 0, 0, 9, n}}));
    }
    return settings;
  }

  static flow_switch::Settings with_buffers(std::uint32_t count) {
    flow_switch::Settings settings = four_ports();
    settings.buffers = count;
    return settings;
  }

  // Sends a message; the switch's messages since the last call land in `said`, its packets in
  // `sent`.
  void send(const ofmsg::Message& message) {
    ofmsg::Bytes bytes;
    const auto done = ofmsg::encode(bytes, message, version, ofmsg::Xid{++xid});
    REQUIRE_MESSAGE(done, ofmsg::text(done.error()));
    send_bytes(bytes);
  }

  void send_bytes(ofmsg::ByteView bytes) {
    const auto frame = ofmsg::FrameView::of(bytes);
    REQUIRE(frame);
    flow_switch::Effects effects;
    datapath.message(*frame, now, effects);
    keep(std::move(effects));
  }

  // flow("add", "priority=5,ip,actions=output:2"); commands as in the specification,
  // "delete_strict" and so on.
  static ofmsg::FlowMod flow_mod(ofmsg::Version version, std::string_view command, std::string_view text) {
    using enum ofmsg::FlowModCommand;
    const std::vector<std::pair<std::string_view, ofmsg::FlowModCommand>> names{{"add", add},
                                                                                {"modify", modify},
                                                                                {"modify_strict", modify_strict},
                                                                                {"delete", delete_},
                                                                                {"delete_strict", delete_strict}};
    for (const auto& [name, value] : names) {
      if (name != command) continue;
      auto mod = ofmsg::parse_flow(text, version, value);
      REQUIRE_MESSAGE(mod, std::string{text} << ": " << mod.error().message);
      return std::move(*mod);
    }
    FAIL("unknown command " << command);
    return {};
  }

  void flow(std::string_view command, std::string_view text) { send(ofmsg::Message{flow_mod(version, command, text)}); }

  void packet(std::uint32_t port, ofmsg::ByteView bytes) {
    flow_switch::Effects effects;
    datapath.packet(ofmsg::PortNo{port}, bytes, now, effects);
    keep(std::move(effects));
  }

  void wait(Time time) {
    now += time;
    flow_switch::Effects effects;
    datapath.tick(now, effects);
    keep(std::move(effects));
  }

  // The ports on which a packet leaves when it comes in on a port, in order; nothing else may
  // happen.
  std::vector<std::uint32_t> leaves(std::uint32_t port, ofmsg::ByteView bytes) {
    packet(port, bytes);
    std::vector<std::uint32_t> ports;
    for (const auto& out : take_sent()) ports.push_back(out.port.value);
    return ports;
  }

  std::vector<Said> take_said() { return std::exchange(said_, {}); }

  std::vector<flow_switch::Effects::Sent> take_sent() { return std::exchange(sent_, {}); }

  // The one message that came, which must be an M.
  template <class M>
  M only() {
    std::vector<Said> all = take_said();
    REQUIRE(all.size() == 1);
    REQUIRE(std::holds_alternative<M>(all[0].message));
    last = all[0].xid;
    return std::get<M>(std::move(all[0].message));
  }

  // The one packet that left, which must have done so on this port.
  ofmsg::Bytes only_packet(std::uint32_t port) {
    auto all = take_sent();
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].port.value == port);
    return std::move(all[0].packet);
  }

  // "ok", or the error that came, as "FLOW_MOD_FAILED/OVERLAP"; a barrier makes sure that nothing
  // else comes.
  std::string verdict() {
    std::vector<Said> all = take_said();
    if (all.empty()) return "ok";
    REQUIRE(all.size() == 1);
    const auto* error = std::get_if<ofmsg::Error>(&all[0].message);
    REQUIRE(error != nullptr);
    CHECK(all[0].xid.value == xid);
    return ofmsg::text(error->error, version);
  }

  std::string try_flow(std::string_view command, std::string_view text) {
    flow(command, text);
    return verdict();
  }

  std::string try_message(const ofmsg::Message& message) {
    send(message);
    return verdict();
  }

  // The flows of a table, highest priority first: "priority match actions", as text.
  std::vector<std::string> flows(std::uint8_t table = 0) const {
    std::vector<std::string> lines;
    for (const flow_switch::Flow& flow : datapath.tables().flows(table)) {
      lines.push_back(std::to_string(flow.priority) + " " + ofmsg::text(flow.match) + " " +
                      ofmsg::text(flow.instructions));
    }
    return lines;
  }

  ofmsg::Version version;
  flow_switch::Datapath datapath;
  Time now = 100s;
  std::uint32_t xid = 0;
  ofmsg::Xid last;

 private:
  void keep(flow_switch::Effects effects) {
    for (Said& message : messages_in(effects.to_controller)) said_.push_back(std::move(message));
    for (auto& out : effects.packets) sent_.push_back(std::move(out));
  }

  std::vector<Said> said_;
  std::vector<flow_switch::Effects::Sent> sent_;
};

}  // namespace sluice::testing
