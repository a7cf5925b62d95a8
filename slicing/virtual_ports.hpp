// What the controllers of each slice have set of their ports (OFPT_PORT_MOD). The ports themselves are shared, or may
// be one day: nothing of this is told to the switch, it is made true by what stands there for the slice.
//
//   PORT_DOWN    nothing comes in and nothing goes out     NO_RECV       flows see no packet of the port
//   NO_FWD       outputs to the port go nowhere            NO_PACKET_IN  no packet of the port is told of
//   NO_FLOOD     FLOOD leaves the port out (1.0)           NO_STP, NO_RECV_STP  remembered only
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "ofmsg/messages/port.hpp"
#include "policy/ids.hpp"

namespace sluice::slicing {

class VirtualPorts {
 public:
  // The port as the slice has it: the bits that a controller has set or cleared, all others as the switch says.
  [[nodiscard]] std::uint32_t config(policy::SliceId slice, const ofmsg::Port& port) const {
    const Set set = find(slice, port.number);
    return (port.config & ~set.mask) | set.config;
  }

  [[nodiscard]] ofmsg::Port seen_by(policy::SliceId slice, ofmsg::Port port) const {
    port.config = config(slice, port);
    if ((port.config & ofmsg::Port::config_down) != 0) port.state |= ofmsg::Port::state_link_down;
    return port;
  }

  // Of what is to be done here. What the switch has set itself it sees to itself.
  [[nodiscard]] bool receives(policy::SliceId slice, ofmsg::PortNo port) const {
    return !has(slice, port, ofmsg::Port::config_down | ofmsg::Port::config_no_recv);
  }

  [[nodiscard]] bool sends(policy::SliceId slice, ofmsg::PortNo port) const {
    return !has(slice, port, ofmsg::Port::config_down | ofmsg::Port::config_no_fwd);
  }

  // A packet_in of a table miss; of an action: since 1.1 NO_PACKET_IN is about misses only [OF 1.3.5 §7.2.1].
  [[nodiscard]] bool tells_miss(policy::SliceId slice, ofmsg::PortNo port) const {
    return receives(slice, port) && !has(slice, port, ofmsg::Port::config_no_packet_in);
  }

  [[nodiscard]] bool tells_action(policy::SliceId slice, ofmsg::PortNo port, ofmsg::Version version) const {
    return version == ofmsg::v1_0 ? tells_miss(slice, port) : receives(slice, port);
  }

  // FLOOD is written out as outputs, which the switch's own NO_FLOOD does not stop.
  [[nodiscard]] bool floods(policy::SliceId slice, const ofmsg::Port& port) const {
    return (config(slice, port) & ofmsg::Port::config_no_flood) == 0;
  }

  // True if the slice sees another port now.
  bool set(policy::SliceId slice, const ofmsg::Port& port, std::uint32_t config, std::uint32_t mask);

  // The slice has lost the port: whatever it gets by this number again is another one.
  void forget(policy::SliceId slice, ofmsg::PortNo port) { set_.erase({slice, port}); }

 private:
  struct Set {
    std::uint32_t config = 0, mask = 0;
  };

  [[nodiscard]] Set find(policy::SliceId slice, ofmsg::PortNo port) const {
    if (set_.empty()) return {};
    const auto at = set_.find({slice, port});
    return at == set_.end() ? Set{} : at->second;
  }

  [[nodiscard]] bool has(policy::SliceId slice, ofmsg::PortNo port, std::uint32_t bits) const {
    return (find(slice, port).config & bits) != 0;
  }

  std::map<std::pair<policy::SliceId, ofmsg::PortNo>, Set> set_;
};

inline bool VirtualPorts::set(policy::SliceId slice, const ofmsg::Port& port, std::uint32_t config,
                              std::uint32_t mask) {
  const std::uint32_t before = this->config(slice, port);
  Set& set = set_[{slice, port.number}];
  set.mask |= mask;
  set.config = (set.config & ~mask) | (config & mask);
  return this->config(slice, port) != before;
}

}  // namespace sluice::slicing
