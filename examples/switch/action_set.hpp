// The action set that a packet gathers on its way through the tables [OF 1.3.5 §5.10].
#pragma once

#include <map>

#include "ofmsg/action.hpp"

namespace sluice::flow_switch {

class ActionSet {
 public:
  // At most one action of each type, for set_field one of each field; the later one stays.
  void write(const ofmsg::Actions& actions);

  void clear() { actions_.clear(); }

  // In the order in which they are carried out, whatever the order in which they came.
  [[nodiscard]] ofmsg::Actions in_order() const;

 private:
  struct Slot {
    int step;  // of the order
    int part;  // set_field: which field
    friend auto operator<=>(const Slot&, const Slot&) = default;
  };

  static Slot slot_of(const ofmsg::Action& action);

  std::map<Slot, ofmsg::Action> actions_;
};

}  // namespace sluice::flow_switch
