// A learning bridge as an OpenFlow controller: the connection to one switch, OpenFlow 1.0 or 1.3,
// without sockets.
//
// It learns behind which port an address lives, per VLAN, from the packets that the switch sends
// it. A packet to an address that it knows gets a flow and goes out there; any other is flooded.
// Flows go by themselves when they are idle. What it sees and what goes wrong, it says in `notes`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ofmsg/channel.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/packet_key.hpp"

namespace sluice::controller {

using ofmsg::Bytes;
using ofmsg::Time;

struct Settings {
  ofmsg::VersionSet versions{ofmsg::v1_0, ofmsg::v1_3};
  std::uint16_t idle_timeout = 30;  // seconds, of the flows
  std::uint16_t priority = 100;     // of the flows
  // Ports that it tries to write to, though they are none of its business, once the connection is
  // up. What comes of it is told in the notes.
  std::vector<ofmsg::PortNo> trespass;
};

class Bridge {
 public:
  Bridge(Settings settings, Time now, Bytes& out);

  void receive(ofmsg::FrameView frame, Time now, Bytes& out);
  void garbled(const ofmsg::CodecError& error, ofmsg::ByteView offender, Bytes& out);
  void tick(Time now, Bytes& out);

  [[nodiscard]] std::optional<Time> deadline() const { return channel_.deadline(); }

  [[nodiscard]] bool closed() const { return channel_.state() == ofmsg::Channel::State::closed; }

  [[nodiscard]] bool up() const { return channel_.up(); }

  // Sentences since the last call.
  [[nodiscard]] std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

  // Attempts to trespass that the switch did not refuse.
  [[nodiscard]] std::size_t trespasses() const { return trespasses_; }

 private:
  // One attempt to write where we may not.
  struct Attempt {
    ofmsg::Xid xid;
    std::string what;
    std::string answer;  // the error; empty: none came
  };

  struct Address {
    std::uint64_t vlan;  // vlan_vid, 0 without a tag
    std::uint64_t mac;
    friend auto operator<=>(const Address&, const Address&) = default;
  };

  void on_event(ofmsg::Channel::Event event, ofmsg::FrameView frame, Bytes& out);
  void on_up(Bytes& out);
  void on_message(ofmsg::FrameView frame, Bytes& out);
  void on_packet_in(const ofmsg::PacketIn& message, Bytes& out);
  void on_error(const ofmsg::Error& error, ofmsg::Xid xid);
  void on_ports(const std::vector<ofmsg::Port>& ports);
  void send_packet(const ofmsg::PacketIn& from, ofmsg::PortNo to, Bytes& out);
  void trespass(ofmsg::PortNo port, Bytes& out);
  void judge_trespasses();
  ofmsg::Xid say(const ofmsg::Message& message, Bytes& out);
  void note(std::string sentence);

  Settings settings_;
  ofmsg::Channel channel_;
  std::map<Address, ofmsg::PortNo> where_;
  std::vector<std::string> notes_;
  std::vector<Attempt> attempts_;
  std::optional<ofmsg::Xid> verdict_;  // the barrier after the attempts
  std::size_t trespasses_ = 0;
};

}  // namespace sluice::controller
