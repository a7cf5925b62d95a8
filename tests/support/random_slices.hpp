// Random slice files: two or three slices on one switch.
//
// A port is cut along one dimension (by port, VLAN, address, service …) whose values are given to slices, or to nobody,
// so that most files are sound. Half of the files cut all ports alike, as operators do; the others give each port a cut
// of its own. A few have one more rule that may clash, to be refused by the compiler.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/random_dice.hpp"

namespace sluice::tests {

struct RandomSlices {
  std::string text;                  // the slice file; controllers listen on 7001, 7002, …
  std::vector<std::string> names;    // of the slices
  std::vector<std::uint32_t> ports;  // of the switch "s1", dpid 1
};

struct SliceTaste {
  bool readers = false;  // rules with "access": "read"
  bool refusing = true;  // "outside": "reject", and small limits.expand, now and then
  bool queues = false;   // of rules, 1 to 3, now and then
  bool local = false;    // LOCAL is one of the ports, now and then
};

[[nodiscard]] RandomSlices random_slices(Dice& dice, const SliceTaste& taste);

[[nodiscard]] inline std::uint16_t controller_port(std::size_t slice) {
  return static_cast<std::uint16_t>(7001 + slice);
}

}  // namespace sluice::tests
