#include "examples/net/network.hpp"

#include <algorithm>

namespace sluice::net {

using namespace ofmsg;
using flow_switch::Effects;
using flow_switch::Link;
using flow_switch::Switch;

namespace {

constexpr PortNo of_host{0};
// Deliveries for one input; a network without loops needs a handful.
constexpr std::size_t most_deliveries = 20000;

Failure<std::string> fail(std::string sentence) { return Failure<std::string>{std::move(sentence)}; }

std::string where(const Socket& at) { return at.device + ":" + text(at.port); }

}  // namespace

// --- building ------------------------------------------------------------------------------------------------------

Network::Done Network::check_new(const std::string& name) const {
  if (devices_.count(name) != 0 || hosts_.count(name) != 0) return fail("the name " + name + " is taken");
  return {};
}

Network::Done Network::check_free(const Socket& at) const {
  const Switch* device = find_switch(at.device);
  if (device == nullptr) return fail("there is no switch " + at.device);
  const auto& ports = device->datapath().ports();
  const bool exists = std::any_of(ports.begin(), ports.end(), [&](const Port& p) { return p.number == at.port; });
  if (!exists) return fail("switch " + at.device + " has no port " + text(at.port));
  if (wires_.count({at.device, at.port}) != 0) return fail(where(at) + " has a wire already");
  return {};
}

void Network::join(const End& a, const End& b) {
  wires_[a] = b;
  wires_[b] = a;
}

Network::Done Network::add_switch(std::string name, flow_switch::Settings settings) {
  if (Done done = check_new(name); !done) return done;
  switch_names_.push_back(name);
  devices_.emplace(std::move(name), Device{Switch{std::move(settings)}, {}, false});
  return {};
}

Network::Done Network::add_host(HostSettings settings, const Socket& at) {
  if (Done done = check_new(settings.name); !done) return done;
  if (Done done = check_free(at); !done) return done;
  const std::string name = settings.name;
  host_names_.push_back(name);
  hosts_.emplace(name, Host{std::move(settings)});
  join({name, of_host}, {at.device, at.port});
  return {};
}

Network::Done Network::add_wire(const Socket& a, const Socket& b) {
  if (Done done = check_free(a); !done) return done;
  if (Done done = check_free(b); !done) return done;
  if (a.device == b.device && a.port == b.port) return fail("a wire needs two ends, not " + where(a) + " twice");
  join({a.device, a.port}, {b.device, b.port});
  return {};
}

// --- controllers ---------------------------------------------------------------------------------------------------

void Network::connect(const std::string& device, Time now) {
  Device& d = devices_.at(device);
  d.said.clear();
  d.hang_up = false;
  Effects effects;
  d.device.connect(now, effects);
  take(device, std::move(effects));
}

void Network::disconnect(const std::string& device) {
  Device& d = devices_.at(device);
  d.said.clear();
  d.device.disconnect();
}

void Network::receive(const std::string& device, FrameView frame, Time now) {
  Effects effects;
  devices_.at(device).device.receive(frame, now, effects);
  take(device, std::move(effects));
  settle(now);
}

void Network::garbled(const std::string& device, const CodecError& error, ByteView offender) {
  Effects effects;
  devices_.at(device).device.garbled(error, offender, effects);
  take(device, std::move(effects));
}

Bytes Network::take_said(const std::string& device) { return std::exchange(devices_.at(device).said, {}); }

bool Network::take_hang_up(const std::string& device) { return std::exchange(devices_.at(device).hang_up, false); }

// --- hosts and wires -----------------------------------------------------------------------------------------------

std::uint16_t Network::ping(const std::string& host, Ipv4 to, Time now) {
  std::vector<Bytes> packets;
  const std::uint16_t number = hosts_.at(host).ping(to, now, packets);
  launch_all(host, std::move(packets));
  settle(now);
  return number;
}

void Network::spoof(const std::string& host, Ipv4 about, std::optional<std::uint16_t> vlan, Time now) {
  std::vector<Bytes> packets;
  hosts_.at(host).spoof(about, vlan, packets);
  launch_all(host, std::move(packets));
  settle(now);
}

Network::Done Network::link(const Socket& at, Link state, Time now) {
  const End near{at.device, at.port};
  const auto wire = wires_.find(near);
  if (wire == wires_.end()) return fail("there is no wire at " + where(at));
  for (const End& end : {near, wire->second}) {
    cut_[end] = state == Link::down;
    const auto device = devices_.find(end.name);
    if (device == devices_.end()) continue;
    Effects effects;
    device->second.device.link(end.port, state, now, effects);
    take(end.name, std::move(effects));
  }
  settle(now);
  return {};
}

void Network::tick(Time now) {
  for (const std::string& name : switch_names_) {
    Effects effects;
    devices_.at(name).device.tick(now, effects);
    take(name, std::move(effects));
  }
  settle(now);
}

std::optional<Time> Network::deadline() const {
  std::optional<Time> next;
  for (const auto& [name, device] : devices_) {
    const auto one = device.device.deadline();
    if (one && (!next || *one < *next)) next = one;
  }
  return next;
}

// --- packets on their way ------------------------------------------------------------------------------------------

void Network::take(const std::string& device, Effects effects) {
  Device& d = devices_.at(device);
  append(d.said, effects.to_controller);
  d.hang_up = d.hang_up || effects.hang_up;
  for (Effects::Sent& sent : effects.packets) launch({device, sent.port}, std::move(sent.packet));
}

void Network::launch(const End& from, Bytes packet) {
  const auto wire = wires_.find(from);
  if (wire == wires_.end()) return;  // nothing is plugged in
  const auto cut = cut_.find(from);
  if (cut != cut_.end() && cut->second) return;
  in_flight_.push_back({wire->second, std::move(packet)});
}

void Network::launch_all(const std::string& host, std::vector<Bytes> packets) {
  for (Bytes& packet : packets) launch({host, of_host}, std::move(packet));
}

void Network::settle(Time now) {
  for (std::size_t count = 0; !in_flight_.empty(); ++count) {
    if (count == most_deliveries) {
      storms_ += in_flight_.size();
      in_flight_.clear();
      return;
    }
    const InFlight next = std::move(in_flight_.front());
    in_flight_.pop_front();
    if (const auto host = hosts_.find(next.to.name); host != hosts_.end()) {
      std::vector<Bytes> packets;
      host->second.receive(next.packet, now, packets);
      launch_all(next.to.name, std::move(packets));
    } else {
      Effects effects;
      devices_.at(next.to.name).device.packet(next.to.port, next.packet, now, effects);
      take(next.to.name, std::move(effects));
    }
  }
}

// --- looking -------------------------------------------------------------------------------------------------------

const Switch* Network::find_switch(const std::string& name) const {
  const auto found = devices_.find(name);
  return found == devices_.end() ? nullptr : &found->second.device;
}

const Host* Network::find_host(const std::string& name) const {
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? nullptr : &found->second;
}

std::string Network::name_of(MacAddress mac) const {
  for (const auto& [name, host] : hosts_) {
    if (host.settings().mac == mac) return name;
  }
  return text(mac);
}

}  // namespace sluice::net
