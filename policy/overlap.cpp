#include "policy/overlap.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::Match;

bool holds(const AllPhysical& all, const PortRef& ref) {
  const auto* number = std::get_if<ofmsg::PortNo>(&ref);
  return number != nullptr && all.has(*number);
}

std::string port_text(const PortRef& ref) {
  if (const auto* number = std::get_if<ofmsg::PortNo>(&ref)) return ofmsg::text(*number);
  return "\"" + std::get<std::string>(ref) + "\"";
}

// A port that is in both sets. A name may turn out to be any physical port, so it meets "all physical ports"; that two
// names, or a name and a number, are one port is not assumed: `bind` sees it.
std::optional<std::string> common_port(const Place& a, const Place& b) {
  const auto* all_a = std::get_if<AllPhysical>(a.ports);
  const auto* all_b = std::get_if<AllPhysical>(b.ports);
  if (all_a != nullptr && all_b != nullptr) return "1";
  if (all_b != nullptr) return common_port(b, a);
  if (all_a != nullptr) {
    for (const PortRef& ref : b.sorted) {
      if (holds(*all_a, ref) || std::holds_alternative<std::string>(ref)) return port_text(ref);
    }
    return std::nullopt;
  }
  std::vector<PortRef> both;
  std::set_intersection(a.sorted.begin(), a.sorted.end(), b.sorted.begin(), b.sorted.end(), std::back_inserter(both));
  if (both.empty()) return std::nullopt;
  return port_text(both.front());
}

// A packet of both, exact in the fields that either asks for.
Match common_packet(const Match& a, const Match& b) {
  const Match both = ofmsg::intersect(a, b).value_or(Match{});
  const Match packet = ofmsg::witness(both);
  Match shown;
  for (const ofmsg::Term& term : both.terms()) {
    if (const auto value = packet.exact(term.field)) shown.set(term.field, *value);
  }
  return shown;
}

class Comparison {
 public:
  Comparison(const std::vector<PlacedRule>& rules, Overlap overlap, Effort effort)
      : rules_{rules}, overlap_{overlap}, effort_{effort} {
    for (std::size_t r = 0; r < rules.size(); ++r) {
      if (rules[r].rule->access == Access::read) continue;
      for (const Match& match : rules[r].rule->match) entries_.push_back({r, &match});
    }
  }

  Conflicts run() {
    const Field field = most_telling_field();
    // Only what has the same value in this field, or any value, can meet.
    std::map<ofmsg::U128, Bucket> with_value;
    Bucket open;
    for (const Entry& entry : entries_) {
      const auto value = entry.match->exact(field);
      (value ? with_value[*value] : open)[rules_[entry.rule].slice_index].push_back(entry);
    }
    bool go_on = among(open);
    for (const auto& [value, bucket] : with_value) {
      go_on = go_on && among(bucket) && between(open, bucket);
    }
    std::sort(out_.found.begin(), out_.found.end(), [](const Conflict& a, const Conflict& b) {
      return a.first != b.first ? a.first < b.first : a.second < b.second;
    });
    return std::move(out_);
  }

 private:
  struct Entry {
    std::size_t rule;
    const Match* match;
  };

  using Bucket = std::map<std::size_t, std::vector<Entry>>;  // by slice

  // The field by which the matches fall into the smallest parts that must be compared.
  Field most_telling_field() const {
    std::map<Field, std::map<ofmsg::U128, std::size_t>> sizes;
    for (const Entry& entry : entries_) {
      for (const ofmsg::Term& term : entry.match->terms()) {
        if (term.mask == ofmsg::ones(ofmsg::facts(term.field).bits)) ++sizes[term.field][term.value];
      }
    }
    Field best = Field::vlan_vid;
    std::size_t least = entries_.size() * entries_.size();
    for (const auto& [field, values] : sizes) {
      std::size_t exact = 0, cost = 0;
      for (const auto& [value, size] : values) {
        exact += size;
        cost += size * size;
      }
      cost += (entries_.size() - exact) * entries_.size();
      if (cost < least) {
        best = field;
        least = cost;
      }
    }
    return best;
  }

  // These return false when there is no point in going on.
  bool among(const Bucket& bucket) {
    for (auto x = bucket.begin(); x != bucket.end(); ++x) {
      for (auto y = bucket.begin(); y != x; ++y) {
        if (!between(y->second, x->second)) return false;
      }
    }
    return true;
  }

  bool between(const Bucket& a, const Bucket& b) {
    for (const auto& [slice_a, entries_a] : a) {
      for (const auto& [slice_b, entries_b] : b) {
        if (slice_a != slice_b && !between(entries_a, entries_b)) return false;
      }
    }
    return true;
  }

  bool between(const std::vector<Entry>& a, const std::vector<Entry>& b) {
    for (const Entry& x : a) {
      for (const Entry& y : b) {
        if (!compare(x, y)) return false;
      }
    }
    return true;
  }

  bool compare(const Entry& a, const Entry& b) {
    if (!spend(1)) return false;
    const PlacedRule& x = rules_[a.rule];
    const PlacedRule& y = rules_[b.rule];
    if (ofmsg::disjoint(*a.match, *b.match)) return true;
    const auto pair = std::minmax(a.rule, b.rule);
    const bool settled = overlap_ == Overlap::priority && x.rule->priority.value_or(0) != y.rule->priority.value_or(0);
    if (reported_.contains({pair.first, pair.second})) return true;

    auto p = x.places.begin(), q = y.places.begin();
    while (p != x.places.end() && q != y.places.end()) {
      if (p->switch_index < q->switch_index) {
        ++p;
      } else if (q->switch_index < p->switch_index) {
        ++q;
      } else {
        if (!spend((p->sorted.size() + q->sorted.size()) / 8)) return false;
        const auto port = common_port(*p, *q);
        if (port && settled) return settle(a, b);
        if (port) {
          if (out_.found.size() == effort_.conflicts) {
            out_.more = true;
            return false;
          }
          reported_.insert({pair.first, pair.second});
          out_.found.push_back({pair.first, pair.second, p->switch_index, *port, common_packet(*a.match, *b.match)});
          return true;
        }
        ++p, ++q;
        continue;
      }
      if (!spend(1)) return false;
    }
    return true;
  }

  bool settle(const Entry& a, const Entry& b) {
    const bool a_yields = rules_[a.rule].rule->priority.value_or(0) < rules_[b.rule].rule->priority.value_or(0);
    out_.settled.push_back({part(a_yields ? a : b), part(a_yields ? b : a)});
    return spend(10);  // it takes memory as well
  }

  Yield::Part part(const Entry& entry) const {
    return {entry.rule, static_cast<std::size_t>(entry.match - rules_[entry.rule].rule->match.data())};
  }

  bool spend(std::size_t steps) {
    if (effort_.steps < steps) out_.exhausted = true;
    effort_.steps -= std::min(steps, effort_.steps);
    return !out_.exhausted;
  }

  const std::vector<PlacedRule>& rules_;
  Overlap overlap_;
  Effort effort_;
  std::vector<Entry> entries_;
  std::set<std::pair<std::size_t, std::size_t>> reported_;
  Conflicts out_;
};

}  // namespace

Place place_at(std::size_t switch_index, const PortSet& ports) {
  Place place{switch_index, &ports, {}};
  if (const auto* refs = std::get_if<std::vector<PortRef>>(&ports)) place.sorted = *refs;
  std::sort(place.sorted.begin(), place.sorted.end());
  return place;
}

std::vector<PlacedRule> placed_rules(const Document& document) {
  std::map<std::string_view, std::size_t> switches;
  for (const DocumentSwitch& s : document.switches) switches.emplace(s.name, switches.size());
  std::vector<PlacedRule> rules;
  for (std::size_t i = 0; i < document.slices.size(); ++i) {
    for (const DocumentRule& rule : document.slices[i].flowspace) {
      PlacedRule placed{i, &rule, {}};
      for (const auto& [name, ports] : rule.on) {
        const auto found = switches.find(name);
        if (found != switches.end()) placed.places.push_back(place_at(found->second, ports));
      }
      std::sort(placed.places.begin(), placed.places.end(),
                [](const Place& a, const Place& b) { return a.switch_index < b.switch_index; });
      rules.push_back(std::move(placed));
    }
  }
  return rules;
}

Conflicts find_conflicts(const std::vector<PlacedRule>& rules, Overlap overlap, Effort effort) {
  return Comparison{rules, overlap, effort}.run();
}

bool may_meet(const Place& a, const Place& b) { return common_port(a, b).has_value(); }

bool covers(const Place& a, const Place& b) {
  const auto* all_a = std::get_if<AllPhysical>(a.ports);
  const auto* all_b = std::get_if<AllPhysical>(b.ports);
  if (all_b != nullptr) return all_a != nullptr && (all_a->local || !all_b->local);
  if (all_a == nullptr) return std::includes(a.sorted.begin(), a.sorted.end(), b.sorted.begin(), b.sorted.end());
  return std::all_of(b.sorted.begin(), b.sorted.end(), [&](const PortRef& ref) { return holds(*all_a, ref); });
}

}  // namespace sluice::policy
