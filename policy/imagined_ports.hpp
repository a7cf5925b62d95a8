// The ports of a switch as far as slice files tell, for questions that are asked without the switch.
//
// Numbers are themselves. A name that the switch would report gets a number of its own that no file uses; so does
// "others", one port that stands for all that no file names; LOCAL is there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/messages/session.hpp"
#include "ofmsg/port.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

class ImaginedPorts {
 public:
  explicit ImaginedPorts(const std::vector<PortRef>& refs);

  // One that is there.
  [[nodiscard]] ofmsg::Port port(ofmsg::PortNo number) const;
  // All of them, for `bind`.
  [[nodiscard]] std::vector<ofmsg::Port> list() const;
  // In order of number, then of name, then LOCAL, then the others.
  [[nodiscard]] std::vector<ofmsg::PortNo> numbers() const;

  [[nodiscard]] bool has(ofmsg::PortNo port) const { return ports_.contains(port); }

  // The port with this reported name.
  [[nodiscard]] std::optional<ofmsg::PortNo> find(std::string_view name) const;
  // "1", "eth24", "LOCAL", "others".
  [[nodiscard]] std::string text(ofmsg::PortNo port) const;

  // The same of several; every port but LOCAL is "*".
  [[nodiscard]] std::vector<std::string> texts(const std::vector<ofmsg::PortNo>& ports) const;

  static constexpr ofmsg::PortNo others{0xefffffff};

 private:
  std::map<ofmsg::PortNo, std::string> ports_;  // the name that it reports
};

// Every port that the snapshot names of the switch.
[[nodiscard]] std::vector<PortRef> port_refs(const Snapshot& snapshot, SwitchId id);

// Is the port one of the set? By its number, or by the name that it reports.
[[nodiscard]] bool has_port(const PortSet& set, const ofmsg::Port& port);

}  // namespace sluice::policy
