// What could have been written wrongly in a slice file: small changes of its meaning, one at a time.
//
// They are made on the document as it was read, never on its text.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ofmsg/port.hpp"
#include "policy/document.hpp"

namespace sluice::ctl {

struct Mutation {
  struct Way {
    std::string what;  // "without nw_dst"
    std::function<void(policy::Document&)> change;
  };

  std::string position;   // of the rule or the slice: "campus.json:11:9"
  std::string subject;    // "rule films of video"
  std::vector<Way> ways;  // the first that compiles is taken; several only where it does not matter which
};

// The ports of a switch that cases know, by the switch's name.
using KnownPorts = std::map<std::string, std::vector<ofmsg::Port>>;

// Of each rule: dropped; without one of its fields; with one bit less of a masked field or an address; at one port
// more; read in the place of write, and the other way round. Of each slice: a controller standby or not, another
// controller first; `outside`; `lldp` where it is not the usual one; and limits that are not, by one.
[[nodiscard]] std::vector<Mutation> mutations_of(const policy::Document& document, const KnownPorts& ports);

}  // namespace sluice::ctl
