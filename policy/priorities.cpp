#include "policy/priorities.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "policy/boxes.hpp"

namespace sluice::policy {
namespace {

using Meeting = std::pair<const Place*, const ofmsg::Match*>;

// Ports of the place that differ in whom they meet; nothing stands for those that nobody names.
std::set<std::optional<PortRef>> telling_ports(const Place& place, const std::vector<Meeting>& others) {
  std::set<std::optional<PortRef>> ports{place.sorted.begin(), place.sorted.end()};
  if (!std::holds_alternative<AllPhysical>(*place.ports)) return ports;
  for (const auto& [other, header] : others) ports.insert(other->sorted.begin(), other->sorted.end());
  ports.insert(std::nullopt);
  return ports;
}

bool is_there(const Place& place, const std::optional<PortRef>& port) {
  return std::holds_alternative<AllPhysical>(*place.ports) ||
         (port && std::binary_search(place.sorted.begin(), place.sorted.end(), *port));
}

class Judge {
 public:
  Judge(const std::vector<PlacedRule>& rules, const Yields& yields, std::size_t most)
      : rules_{rules}, yields_{yields}, most_{most} {}

  std::vector<Leftover> run() const {
    std::vector<Leftover> found;
    std::map<std::size_t, bool> anything_left;  // of rules that give way
    for (const auto& [part, above] : yields_) {
      bool& left = anything_left[part.first];
      left = left || some_match_is_untouched(part.first);
      for (const Place& place : rules_[part.first].places) {
        const auto rest = most_left(part.first, part.second, place, above);
        if (!rest) return {{Leftover::What::too_much, part.first, above}};
        left = left || *rest > 0;
      }
    }
    for (const auto& [rule, left] : anything_left) {
      if (!left) found.push_back({Leftover::What::nothing, rule, {}});
    }
    return found;
  }

 private:
  bool some_match_is_untouched(std::size_t rule) const {
    for (std::size_t m = 0; m < rules_[rule].rule->match.size(); ++m) {
      if (!yields_.contains({rule, m})) return true;
    }
    return false;
  }

  // The largest number of matches that are left of one match at a port of the place; nothing when it is too large.
  std::optional<std::size_t> most_left(std::size_t rule, std::size_t match, const Place& place,
                                       const std::vector<Yield::Part>& above) const {
    std::vector<Meeting> others;
    for (const Yield::Part& high : above) {
      for (const Place& there : rules_[high.rule].places) {
        if (there.switch_index != place.switch_index || !may_meet(place, there)) continue;
        others.emplace_back(&there, &rules_[high.rule].rule->match[high.match]);
      }
    }
    std::set<std::vector<const ofmsg::Match*>> seen;
    std::size_t most = 0;
    for (const std::optional<PortRef>& port : telling_ports(place, others)) {
      std::vector<const ofmsg::Match*> headers;
      for (const auto& [other, header] : others) {
        if (is_there(*other, port)) headers.push_back(header);
      }
      if (!seen.insert(headers).second) continue;
      const auto rest = without(rules_[rule].rule->match[match], headers, most_);
      if (!rest) return std::nullopt;
      most = std::max(most, rest->size());
    }
    return most;
  }

  const std::vector<PlacedRule>& rules_;
  const Yields& yields_;
  std::size_t most_;
};

}  // namespace

Yields yields_of(const std::vector<Yield>& settled) {
  Yields yields;
  for (const Yield& yield : settled) yields[{yield.low.rule, yield.low.match}].push_back(yield.high);
  return yields;
}

std::vector<Leftover> judge_leftovers(const std::vector<PlacedRule>& rules, const Yields& yields, std::size_t most) {
  return Judge{rules, yields, most}.run();
}

}  // namespace sluice::policy
