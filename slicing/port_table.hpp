// The ports that a switch has now, sorted by number.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "ofmsg/messages/port.hpp"

namespace sluice::slicing {

class PortTable {
 public:
  PortTable() = default;

  explicit PortTable(std::vector<ofmsg::Port> ports) {
    for (ofmsg::Port& port : ports) put(std::move(port));
  }

  // Adds the port or replaces the one with its number; true if there was none.
  bool put(ofmsg::Port port) {
    const auto at = position(port.number);
    if (at != ports_.end() && at->number == port.number) {
      *at = std::move(port);
      return false;
    }
    ports_.insert(at, std::move(port));
    return true;
  }

  bool remove(ofmsg::PortNo number) {
    const auto at = position(number);
    if (at == ports_.end() || at->number != number) return false;
    ports_.erase(at);
    return true;
  }

  [[nodiscard]] const ofmsg::Port* find(ofmsg::PortNo number) const {
    const auto at = std::lower_bound(ports_.begin(), ports_.end(), number,
                                     [](const ofmsg::Port& p, ofmsg::PortNo n) { return p.number < n; });
    return at != ports_.end() && at->number == number ? &*at : nullptr;
  }

  [[nodiscard]] std::span<const ofmsg::Port> all() const { return ports_; }

 private:
  [[nodiscard]] std::vector<ofmsg::Port>::iterator position(ofmsg::PortNo number) {
    return std::lower_bound(ports_.begin(), ports_.end(), number,
                            [](const ofmsg::Port& p, ofmsg::PortNo n) { return p.number < n; });
  }

  std::vector<ofmsg::Port> ports_;
};

}  // namespace sluice::slicing
