// Random flow_mods, packet_outs and filters of one controller, in the universe of random_packets.hpp.
//
// The maker remembers the matches that it gave, so that modifying, deleting and replacing commands meet flows that are
// there, and keeps to a few priorities, so that flows meet each other.
#pragma once

#include <cstdint>
#include <vector>

#include "ofmsg/message.hpp"
#include "tests/support/random_dice.hpp"

namespace sluice::tests {

struct FlowTaste {
  ofmsg::Version version = ofmsg::v1_3;
  std::vector<std::uint32_t> own;  // ports of the slice
  std::vector<std::uint32_t> all;  // ports of the switch
  bool tidy = false;               // no action without what it needs in the match, few bad ideas
  bool idle = true;                // idle timeouts
  // 1.0's flows without wildcards, of packets that are remembered; packet_ins that are cut.
  bool exact = false;
  bool queues = false;  // outputs to queues
};

struct PortPacket {
  std::uint32_t port = 0;
  ofmsg::Bytes bytes;
};

class FlowMaker {
 public:
  FlowMaker(Dice& dice, FlowTaste taste) : dice_{dice}, taste_{std::move(taste)} {}

  [[nodiscard]] ofmsg::FlowMod flow_mod();
  [[nodiscard]] ofmsg::PacketOut packet_out();
  [[nodiscard]] ofmsg::FlowFilter filter();
  [[nodiscard]] ofmsg::PortMod port_mod();
  [[nodiscard]] ofmsg::PortNo port();

  // That flows without wildcards, or with few, were made for.
  [[nodiscard]] const std::vector<PortPacket>& packets() const { return packets_; }

 private:
  [[nodiscard]] bool since_1_2() const { return taste_.version >= ofmsg::v1_2; }

  [[nodiscard]] ofmsg::Match match();
  void match_ipv4(ofmsg::Match& m);
  void match_arp(ofmsg::Match& m);
  // Of all fields that 1.0 has of a packet, but one now and then.
  [[nodiscard]] ofmsg::Match match_of_packet();
  [[nodiscard]] ofmsg::Match known_match(bool wider);
  [[nodiscard]] ofmsg::Instructions instructions(ofmsg::Match header);
  // Changes `header` as the actions do.
  [[nodiscard]] ofmsg::Actions actions(ofmsg::Match& header, bool in_set);
  [[nodiscard]] ofmsg::Action output();
  void queue_of(ofmsg::Actions& list);  // of the output at its end
  [[nodiscard]] ofmsg::Action bad_idea();
  void change_1_0(ofmsg::Actions& list, ofmsg::Match& header);
  void change_oxm(ofmsg::Actions& list, ofmsg::Match& header);
  void set_field(ofmsg::Actions& list, ofmsg::Match& header, ofmsg::Field field, std::uint64_t value);

  Dice& dice_;
  FlowTaste taste_;
  std::vector<std::pair<std::uint16_t, ofmsg::Match>> known_;  // priority and match
  std::vector<PortPacket> packets_;
};

}  // namespace sluice::tests
