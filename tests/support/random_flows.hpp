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
  bool tidy = false;               // no action without what it needs in the match, no idle timeouts, few bad ideas
  bool queues = false;             // outputs to queues
};

class FlowMaker {
 public:
  FlowMaker(Dice& dice, FlowTaste taste) : dice_{dice}, taste_{std::move(taste)} {}

  [[nodiscard]] ofmsg::FlowMod flow_mod();
  [[nodiscard]] ofmsg::PacketOut packet_out();
  [[nodiscard]] ofmsg::FlowFilter filter();

 private:
  [[nodiscard]] bool since_1_2() const { return taste_.version >= ofmsg::v1_2; }

  [[nodiscard]] ofmsg::Match match();
  void match_ipv4(ofmsg::Match& m);
  void match_arp(ofmsg::Match& m);
  [[nodiscard]] ofmsg::Match known_match(bool wider);
  [[nodiscard]] ofmsg::PortNo port();
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
};

}  // namespace sluice::tests
