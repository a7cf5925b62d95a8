#include "policy/forced_queues.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "ofmsg/port.hpp"

namespace sluice::policy {
namespace {

struct Forcing {
  std::size_t rule;
  PortRef port;
};

// The first one of each queue.
using First = std::map<std::uint32_t, Forcing>;

const Forcing* other_than(const First& first, std::uint32_t queue) {
  for (const auto& [forced, forcing] : first) {
    if (forced != queue) return &forcing;
  }
  return nullptr;
}

// What the rules of a slice so far force on one switch.
class Forced {
 public:
  // One that forces another queue at a port of this place, and the port.
  [[nodiscard]] std::optional<Forcing> clash(const Place& place, std::uint32_t queue) const {
    if (const auto* all = std::get_if<AllPhysical>(place.ports)) {
      const Forcing* other = other_than(physical_, queue);
      if (other == nullptr && all->local) other = other_at(ofmsg::port::local, queue);
      return other == nullptr ? std::nullopt : std::optional{*other};
    }
    for (const PortRef& ref : place.sorted) {
      const Forcing* other = other_at(ref, queue);
      if (other == nullptr && !is_local(ref)) other = other_than(everywhere_, queue);
      if (other != nullptr) return Forcing{other->rule, ref};
    }
    return std::nullopt;
  }

  void add(const Place& place, std::uint32_t queue, std::size_t rule) {
    if (const auto* all = std::get_if<AllPhysical>(place.ports)) {
      everywhere_.emplace(queue, Forcing{rule, ofmsg::PortNo{1}});
      physical_.emplace(queue, Forcing{rule, ofmsg::PortNo{1}});
      if (all->local) add(ofmsg::port::local, queue, rule);
    }
    for (const PortRef& ref : place.sorted) {
      add(ref, queue, rule);
      if (!is_local(ref)) physical_.emplace(queue, Forcing{rule, ref});
    }
  }

 private:
  static bool is_local(const PortRef& ref) { return ref == PortRef{ofmsg::port::local}; }

  [[nodiscard]] const Forcing* other_at(const PortRef& ref, std::uint32_t queue) const {
    const auto here = at_.find(ref);
    return here == at_.end() ? nullptr : other_than(here->second, queue);
  }

  void add(const PortRef& ref, std::uint32_t queue, std::size_t rule) { at_[ref].emplace(queue, Forcing{rule, ref}); }

  First everywhere_;  // by rules for every physical port
  First physical_;    // by these and by those for one of them
  std::map<PortRef, First> at_;
};

std::string text(const PortRef& ref) {
  if (const auto* number = std::get_if<ofmsg::PortNo>(&ref)) return ofmsg::text(*number);
  return "\"" + std::get<std::string>(ref) + "\"";
}

}  // namespace

std::vector<ForcedTwice> forced_twice(const std::vector<PlacedRule>& rules) {
  std::vector<ForcedTwice> found;
  std::map<std::pair<std::size_t, std::size_t>, Forced> of_slice_on_switch;
  for (std::size_t r = 0; r < rules.size(); ++r) {
    const std::optional<std::uint32_t> queue = rules[r].rule->queues.forced;
    if (!queue) continue;
    bool told = false;
    for (const Place& place : rules[r].places) {
      Forced& forced = of_slice_on_switch[{rules[r].slice_index, place.switch_index}];
      const std::optional<Forcing> other = told ? std::nullopt : forced.clash(place, *queue);
      if (other) found.push_back({other->rule, r, place.switch_index, text(other->port)});
      told = told || other;
      forced.add(place, *queue, r);
    }
  }
  return found;
}

}  // namespace sluice::policy
