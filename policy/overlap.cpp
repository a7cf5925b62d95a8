#include "policy/overlap.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::Match;

constexpr std::size_t most_steps = 10000000;  // about a second

bool holds(const AllPhysical& all, const PortRef& ref) {
  const auto* number = std::get_if<ofmsg::PortNo>(&ref);
  return number != nullptr && (ofmsg::is_physical(*number) || (all.local && *number == ofmsg::port::local));
}

std::string port_text(const PortRef& ref) {
  if (const auto* number = std::get_if<ofmsg::PortNo>(&ref)) return ofmsg::text(*number);
  return "\"" + std::get<std::string>(ref) + "\"";
}

// A port that is in both sets. A name may turn out to be any physical port, so it meets "all physical ports"; that two
// names, or a name and a number, are one port is not assumed: `bind` sees it.
std::optional<std::string> common_port(const PortSet& a, const PortSet& b) {
  const auto* all_a = std::get_if<AllPhysical>(&a);
  const auto* all_b = std::get_if<AllPhysical>(&b);
  if (all_a != nullptr && all_b != nullptr) return "1";
  if (all_b != nullptr) return common_port(b, a);
  const auto& refs_b = std::get<std::vector<PortRef>>(b);
  if (all_a != nullptr) {
    for (const PortRef& ref : refs_b) {
      if (holds(*all_a, ref) || std::holds_alternative<std::string>(ref)) return port_text(ref);
    }
    return std::nullopt;
  }
  const auto& refs_a = std::get<std::vector<PortRef>>(a);
  for (const PortRef& ref : refs_b) {
    if (std::find(refs_a.begin(), refs_a.end(), ref) != refs_a.end()) return port_text(ref);
  }
  return std::nullopt;
}

std::size_t port_count(const PortSet& ports) {
  const auto* refs = std::get_if<std::vector<PortRef>>(&ports);
  return refs == nullptr ? 1 : refs->size();
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
  Comparison(const std::vector<PlacedRule>& rules, std::size_t most) : rules_{rules}, most_{most} {
    for (std::size_t r = 0; r < rules.size(); ++r) {
      for (const Match& match : rules[r].rule->match) entries_.push_back({r, &match});
    }
  }

  Conflicts run() {
    const Field field = busiest_field();
    // Only what has the same value in this field, or any value, can meet.
    std::map<ofmsg::U128, std::vector<Entry>> with_value;
    std::vector<Entry> open;
    for (const Entry& entry : entries_) {
      if (const auto value = entry.match->exact(field)) {
        with_value[*value].push_back(entry);
      } else {
        open.push_back(entry);
      }
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

  // The field in which most matches are exact.
  Field busiest_field() const {
    std::array<std::size_t, ofmsg::field_count> counts{};
    for (const Entry& entry : entries_) {
      for (const ofmsg::Term& term : entry.match->terms()) {
        if (term.mask == ofmsg::ones(ofmsg::facts(term.field).bits)) ++counts[static_cast<std::size_t>(term.field)];
      }
    }
    return static_cast<Field>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  }

  // These return false when there is no point in going on.
  bool among(const std::vector<Entry>& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!compare(entries[j], entries[i])) return false;
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
    if (x.slice_index == y.slice_index || ofmsg::disjoint(*a.match, *b.match)) return true;
    const auto pair = std::minmax(a.rule, b.rule);
    if (reported_.contains({pair.first, pair.second})) return true;

    auto p = x.places.begin(), q = y.places.begin();
    while (p != x.places.end() && q != y.places.end()) {
      if (p->switch_index < q->switch_index) {
        ++p;
      } else if (q->switch_index < p->switch_index) {
        ++q;
      } else {
        if (!spend(1 + port_count(*p->ports) * port_count(*q->ports) / 8)) return false;
        if (const auto port = common_port(*p->ports, *q->ports)) {
          if (out_.found.size() == most_) {
            out_.more = true;
            return false;
          }
          reported_.insert({pair.first, pair.second});
          out_.found.push_back({pair.first, pair.second, p->switch_index, *port, common_packet(*a.match, *b.match)});
          return true;
        }
        ++p, ++q;
      }
      if (!spend(1)) return false;
    }
    return true;
  }

  bool spend(std::size_t steps) {
    if (steps_ < steps) out_.exhausted = true;
    steps_ -= std::min(steps, steps_);
    return !out_.exhausted;
  }

  const std::vector<PlacedRule>& rules_;
  std::size_t most_;
  std::vector<Entry> entries_;
  std::set<std::pair<std::size_t, std::size_t>> reported_;
  std::size_t steps_ = most_steps;
  Conflicts out_;
};

}  // namespace

Conflicts find_conflicts(const std::vector<PlacedRule>& rules, std::size_t most) {
  return Comparison{rules, most}.run();
}

bool covers(const PortSet& a, const PortSet& b) {
  const auto* all_a = std::get_if<AllPhysical>(&a);
  const auto* all_b = std::get_if<AllPhysical>(&b);
  if (all_b != nullptr) return all_a != nullptr && (all_a->local || !all_b->local);
  const auto& refs_b = std::get<std::vector<PortRef>>(b);
  return std::all_of(refs_b.begin(), refs_b.end(), [&](const PortRef& ref) {
    if (all_a != nullptr) return holds(*all_a, ref);
    const auto& refs_a = std::get<std::vector<PortRef>>(a);
    return std::find(refs_a.begin(), refs_a.end(), ref) != refs_a.end();
  });
}

}  // namespace sluice::policy
