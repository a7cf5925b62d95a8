#include "examples/switch/action_set.hpp"

#include <type_traits>

namespace sluice::flow_switch {

using namespace ofmsg;

ActionSet::Slot ActionSet::slot_of(const Action& action) {
  // The steps of the specification that this switch has actions for.
  enum Step : int { pop, push_vlan, decrement_ttl, set, queue, output };

  enum Part : int { ttl = -1, other = 0 };

  return std::visit(
      [](const auto& a) -> Slot {
        using A = std::remove_cvref_t<decltype(a)>;
        if constexpr (std::is_same_v<A, PopVlan>) return {pop, other};
        if constexpr (std::is_same_v<A, PushVlan>) return {push_vlan, other};
        if constexpr (std::is_same_v<A, DecNwTtl>) return {decrement_ttl, other};
        if constexpr (std::is_same_v<A, SetNwTtl>) return {set, ttl};
        if constexpr (std::is_same_v<A, SetField>) return {set, static_cast<int>(a.field)};
        if constexpr (std::is_same_v<A, SetQueue>) return {queue, other};
        return {output, other};
      },
      action);
}

void ActionSet::write(const Actions& actions) {
  for (const Action& action : actions) actions_.insert_or_assign(slot_of(action), action);
}

Actions ActionSet::in_order() const {
  Actions list;
  for (const auto& [slot, action] : actions_) list.push_back(action);
  return list;
}

}  // namespace sluice::flow_switch
