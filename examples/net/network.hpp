// Switches and hosts joined by virtual wires, all in one process, in no time: what a switch or host
// sends arrives before the call that made it send returns. No sockets, no clock; time is an
// argument.
//
// Each switch has one connection to a controller, whose bytes the owner of the network carries:
// `receive` for what the controller says, `take_said` for what the switch says.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "examples/net/host.hpp"
#include "examples/switch/switch.hpp"
#include "ofmsg/result.hpp"

namespace sluice::net {

// A port of a switch, by name.
struct Socket {
  std::string device;
  ofmsg::PortNo port;
};

class Network {
 public:
  using Done = ofmsg::Result<void, std::string>;  // the error is a sentence

  // Building. Names are unique among switches and hosts; a port takes one wire.
  [[nodiscard]] Done add_switch(std::string name, flow_switch::Settings settings);
  [[nodiscard]] Done add_host(HostSettings settings, const Socket& at);
  [[nodiscard]] Done add_wire(const Socket& a, const Socket& b);

  // The controller of a switch.
  void connect(const std::string& device, Time now);
  void disconnect(const std::string& device);
  void receive(const std::string& device, ofmsg::FrameView frame, Time now);
  void garbled(const std::string& device, const ofmsg::CodecError& error, ByteView offender);
  // What the switch has said since the last call.
  [[nodiscard]] Bytes take_said(const std::string& device);
  // Does the switch want its connection closed? Once.
  [[nodiscard]] bool take_hang_up(const std::string& device);

  // The hosts. The names must exist.
  [[nodiscard]] std::uint16_t ping(const std::string& host, Ipv4 to, Time now);
  void spoof(const std::string& host, Ipv4 about, std::optional<std::uint16_t> vlan, Time now);
  // Cuts the wire at a port, or joins it again; both ends notice.
  [[nodiscard]] Done link(const Socket& at, flow_switch::Link state, Time now);

  void tick(Time now);
  [[nodiscard]] std::optional<Time> deadline() const;

  [[nodiscard]] const flow_switch::Switch* find_switch(const std::string& name) const;
  [[nodiscard]] const Host* find_host(const std::string& name) const;

  [[nodiscard]] const std::vector<std::string>& switches() const { return switch_names_; }

  [[nodiscard]] const std::vector<std::string>& hosts() const { return host_names_; }

  // The host with an address, or the address itself.
  [[nodiscard]] std::string name_of(ofmsg::MacAddress mac) const;

  // Packets given up because they went round in circles.
  [[nodiscard]] std::uint64_t storms() const { return storms_; }

 private:
  struct Device {
    flow_switch::Switch device;
    Bytes said;
    bool hang_up = false;
  };

  // One end of a wire: a port of a switch, or a host, which has one port.
  struct End {
    std::string name;
    ofmsg::PortNo port;
    friend auto operator<=>(const End&, const End&) = default;
  };

  struct InFlight {
    End to;
    Bytes packet;
  };

  [[nodiscard]] Done check_free(const Socket& at) const;
  [[nodiscard]] Done check_new(const std::string& name) const;
  void join(const End& a, const End& b);
  // What a switch, a host did: notes it down and sends its packets on their way.
  void take(const std::string& device, flow_switch::Effects effects);
  void launch(const End& from, Bytes packet);
  void launch_all(const std::string& host, std::vector<Bytes> packets);
  // Delivers packets until none is in flight.
  void settle(Time now);

  std::map<std::string, Device> devices_;
  std::map<std::string, Host> hosts_;
  std::vector<std::string> switch_names_, host_names_;  // in the order in which they came
  std::map<End, End> wires_;                            // both directions
  std::map<End, bool> cut_;                             // both ends of a cut wire
  std::deque<InFlight> in_flight_;
  std::uint64_t storms_ = 0;
};

}  // namespace sluice::net
