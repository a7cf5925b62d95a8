// Who can say and hear something: a switch, or the controller of a slice for one switch.
#pragma once

#include <compare>
#include <cstddef>
#include <string>

namespace sluice::slicing::replay {

struct Party {
  std::string switch_name;
  std::string slice;           // empty: the switch itself
  std::size_t controller = 0;  // the slice's, in the order of the file

  friend auto operator<=>(const Party&, const Party&) = default;
};

}  // namespace sluice::slicing::replay
