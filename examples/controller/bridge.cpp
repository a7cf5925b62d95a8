#include "examples/controller/bridge.hpp"

#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

namespace sluice::controller {

using namespace ofmsg;

namespace {

constexpr std::uint16_t whole_packet = 0xffff;
// Addresses that are remembered; a switch that invents more makes us forget all and learn again.
constexpr std::size_t most_addresses = 100'000;

ChannelSettings channel_settings(const Settings& settings) {
  return {.end = End::controller, .versions = settings.versions};
}

bool is_group_address(std::uint64_t mac) { return ((mac >> 40U) & 1U) != 0; }

std::string port_list(const std::vector<Port>& ports) {
  std::string list;
  for (const Port& port : ports) {
    if (!list.empty()) list += ", ";
    list += text(port.number) + (port.name.value.empty() ? "" : " (" + port.name.value + ")");
  }
  return list.empty() ? "none" : list;
}

// An Ethernet packet that nobody waits for.
Bytes probe() {
  Bytes packet;
  append<std::uint32_t>(packet, 0x02ffffffU);
  append<std::uint32_t>(packet, 0xffff02eeU);
  append<std::uint32_t>(packet, 0xeeeeeeeeU);
  append<std::uint16_t>(packet, std::uint16_t{0x88b5});  // for local experiments
  packet.resize(60);
  return packet;
}

}  // namespace

Bridge::Bridge(Settings settings, Time now, Bytes& out)
    : settings_{std::move(settings)}, channel_{channel_settings(settings_), now, out} {}

void Bridge::receive(FrameView frame, Time now, Bytes& out) { on_event(channel_.receive(frame, now, out), frame, out); }

void Bridge::garbled(const CodecError& error, ByteView offender, Bytes& out) {
  channel_.garbled(error, offender, out);
  note("connection ends: " + channel_.closed_because());
}

void Bridge::tick(Time now, Bytes& out) {
  if (channel_.tick(now, out) == Channel::Event::closed) note("connection ends: " + channel_.closed_because());
}

void Bridge::on_event(Channel::Event event, FrameView frame, Bytes& out) {
  switch (event) {
    case Channel::Event::none: break;
    case Channel::Event::up: on_up(out); break;
    case Channel::Event::message: on_message(frame, out); break;
    case Channel::Event::closed: note("connection ends: " + channel_.closed_because()); break;
  }
}

void Bridge::note(std::string sentence) {
  const bool known = channel_.state() == Channel::State::up || channel_.features().datapath_id.value != 0;
  notes_.push_back((known ? "switch " + text(channel_.features().datapath_id) : std::string{"new connection"}) + ": " +
                   std::move(sentence));
}

Xid Bridge::say(const Message& message, Bytes& out) {
  const Xid xid = channel_.fresh_xid();
  const auto done = encode(out, message, channel_.version(), xid);
  if (!done) note("cannot say: " + text(done.error()));
  return xid;
}

// --- the connection ------------------------------------------------------------------------------------------------

void Bridge::on_up(Bytes& out) {
  const FeaturesReply& features = channel_.features();
  note("connected, OpenFlow " + std::string{text(channel_.version())});
  say(Message{SetConfig{.flags = 0, .miss_send_len = whole_packet}}, out);
  if (channel_.version() == v1_0) {
    on_ports(features.ports);
  } else {
    say(Message{PortDescRequest{}}, out);
    FlowMod miss;  // without it, 1.3 drops what it has no flow for
    miss.priority = 0;
    miss.instructions = {ApplyActions{{Output{port::controller, whole_packet}}}};
    say(Message{std::move(miss)}, out);
  }
  if (settings_.trespass.empty()) return;
  for (const PortNo port : settings_.trespass) trespass(port, out);
  verdict_ = say(Message{BarrierRequest{}}, out);
}

void Bridge::on_ports(const std::vector<Port>& ports) { note("its ports: " + port_list(ports)); }

void Bridge::on_message(FrameView frame, Bytes& out) {
  const Result<Message> message = decode(frame);
  if (!message) return note("a message that cannot be read: " + text(message.error()));
  if (const auto* packet_in = std::get_if<PacketIn>(&*message)) {
    on_packet_in(*packet_in, out);
  } else if (const auto* error = std::get_if<Error>(&*message)) {
    on_error(*error, frame.xid());
  } else if (const auto* ports = std::get_if<PortDescReply>(&*message)) {
    on_ports(ports->ports);
  } else if (const auto* status = std::get_if<PortStatus>(&*message)) {
    const bool down = (status->port.state & Port::state_link_down) != 0;
    note("port " + text(status->port.number) + (down ? " is down" : " is up"));
  } else if (std::holds_alternative<BarrierReply>(*message) && verdict_ == frame.xid()) {
    judge_trespasses();
  }
}

void Bridge::on_error(const Error& error, Xid xid) {
  const std::string name = text(error.error, channel_.version());
  for (Attempt& attempt : attempts_) {
    if (attempt.xid != xid) continue;
    attempt.answer = name;
    return;
  }
  note("error " + name + " for our message " + std::to_string(xid.value));
}

// --- bridging ------------------------------------------------------------------------------------------------------

void Bridge::on_packet_in(const PacketIn& message, Bytes& out) {
  const PortNo in = message.ingress();
  const std::optional<PacketKey> key = packet_key(message.data, in);
  if (!key || key->get(Field::eth_type).lo == eth_type::lldp) return;  // link discovery stays on its link
  const std::uint64_t vlan = key->get(Field::vlan_vid).lo;
  const Address source{vlan, key->get(Field::eth_src).lo};
  const Address target{vlan, key->get(Field::eth_dst).lo};
  if (where_.size() >= most_addresses) where_.clear();
  if (!is_group_address(source.mac)) where_[source] = in;

  const auto known = where_.find(target);
  if (is_group_address(target.mac) || known == where_.end()) return send_packet(message, port::flood, out);
  if (known->second == in) return send_packet(message, port::any, out);  // it is where it wants to go
  FlowMod flow;
  flow.match.set(Field::in_port, in.value)
      .set(Field::eth_dst, target.mac)
      .set(Field::eth_src, source.mac)
      .set(Field::vlan_vid, vlan);
  flow.priority = settings_.priority;
  flow.idle_timeout = settings_.idle_timeout;
  flow.instructions = {ApplyActions{{Output{known->second, 0}}}};
  say(Message{std::move(flow)}, out);
  send_packet(message, known->second, out);
}

// Sends the packet of a packet_in to a port; to `any`: nowhere, but a buffer is given back.
void Bridge::send_packet(const PacketIn& from, PortNo to, Bytes& out) {
  const bool buffered = from.buffer_id.value != BufferId::none;
  if (to == port::any && !buffered) return;
  PacketOut packet;
  packet.buffer_id = from.buffer_id;
  packet.in_port = from.ingress();
  if (to != port::any) packet.actions = {Output{to, 0}};
  if (!buffered) packet.data = from.data;
  say(Message{std::move(packet)}, out);
}

// --- trespassing ---------------------------------------------------------------------------------------------------

void Bridge::trespass(PortNo port, Bytes& out) {
  const std::string name = "port " + text(port);
  FlowMod capture;
  capture.match.set(Field::in_port, port.value);
  capture.priority = 60000;
  attempts_.push_back({say(Message{capture}, out), "a flow that drops all packets of " + name, {}});

  FlowMod inject;
  inject.match.set(Field::eth_dst, 0x02ffffffffff);
  inject.instructions = {ApplyActions{{Output{port, 0}}}};
  attempts_.push_back({say(Message{inject}, out), "a flow that sends packets to " + name, {}});

  PacketOut packet;
  packet.in_port = channel_.version() == v1_0 ? port::any : port::controller;
  packet.actions = {Output{port, 0}};
  packet.data = probe();
  attempts_.push_back({say(Message{packet}, out), "a packet sent out of " + name, {}});
}

void Bridge::judge_trespasses() {
  for (const Attempt& attempt : attempts_) {
    if (attempt.answer.empty()) ++trespasses_;
    note("trespass: " + attempt.what + ": " + (attempt.answer.empty() ? "ACCEPTED" : "refused with " + attempt.answer));
  }
  attempts_.clear();
  verdict_.reset();
}

}  // namespace sluice::controller
