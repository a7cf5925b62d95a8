#include "ctl/mutations.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "ofmsg/match.hpp"
#include "ofmsg/text.hpp"
#include "policy/imagined_ports.hpp"

namespace sluice::ctl {

namespace {

using ofmsg::Field;
using ofmsg::Match;
using policy::Document;
using policy::DocumentRule;
using policy::DocumentSlice;

bool is_address(Field field) {
  const ofmsg::Format format = ofmsg::facts(field).format;
  return format == ofmsg::Format::mac || format == ofmsg::Format::ipv4 || format == ofmsg::Format::ipv6;
}

// Without the lowest bit of the mask.
ofmsg::U128 one_bit_less(ofmsg::U128 mask) {
  if (mask.lo != 0) return {mask.hi, mask.lo & (mask.lo - 1)};
  return {mask.hi & (mask.hi - 1), 0};
}

std::string told(const Match& match) { return match.matches_all() ? "any" : ofmsg::text(match); }

std::string_view text(policy::Access access) { return access == policy::Access::write ? "write" : "read"; }

class Finder {
 public:
  Finder(const Document& document, const KnownPorts& ports) : document_{document}, ports_{ports} {}

  std::vector<Mutation> run() {
    for (slice_ = 0; slice_ < document_.slices.size(); ++slice_) {
      if (slice().down) continue;
      for (rule_ = 0; rule_ < slice().flowspace.size(); ++rule_) find_in_rule();
      find_in_slice();
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] const DocumentSlice& slice() const { return document_.slices[slice_]; }

  [[nodiscard]] const DocumentRule& rule() const { return slice().flowspace[rule_]; }

  // --- rules
  // ----------------------------------------------------------------------------------------------------------

  template <class Change>
  std::function<void(Document&)> on_rule(Change change) const {
    return [s = slice_, r = rule_, change](Document& document) { change(document.slices[s].flowspace[r]); };
  }

  void add(std::vector<Mutation::Way> ways) {
    if (ways.empty()) return;
    found_.push_back(
        {policy::text(rule().at), fmt::format("rule {} of {}", rule().name, slice().name), std::move(ways)});
  }

  void add(std::string what, std::function<void(Document&)> change) { add({{std::move(what), std::move(change)}}); }

  void find_in_rule() {
    add("dropped", [s = slice_, r = rule_](Document& document) {
      auto& rules = document.slices[s].flowspace;
      rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(r));
    });
    std::set<Field> fields;
    for (const Match& match : rule().match) {
      for (const ofmsg::Term& term : match.terms()) fields.insert(term.field);
    }
    for (const Field field : fields) find_without(field);
    for (std::size_t i = 0; i < rule().match.size(); ++i) find_wider(i);
    for (const auto& [name, set] : rule().on) find_more_ports(name, set);
    const policy::Access other = rule().access == policy::Access::write ? policy::Access::read : policy::Access::write;
    add(fmt::format("{} instead of {}", text(other), text(rule().access)),
        on_rule([other](DocumentRule& r) { r.access = other; }));
    find_other_queues();
  }

  void find_other_queues() {
    const policy::Queues& queues = rule().queues;
    for (const std::uint32_t queue : queues.allowed) {
      add(fmt::format("without queue {}", queue), on_rule([queue](DocumentRule& r) {
            std::erase(r.queues.allowed, queue);
            if (r.queues.forced == queue) r.queues.forced.reset();
          }));
    }
    if (queues.forced) {
      add(fmt::format("queue {} not forced", *queues.forced),
          on_rule([](DocumentRule& r) { r.queues.forced.reset(); }));
    }
  }

  // All matches of the rule without the field; not where others need it.
  void find_without(Field field) {
    std::vector<Match> wider = rule().match;
    for (Match& match : wider) {
      match.erase(field);
      if (ofmsg::first_open_field(match)) return;
    }
    add(fmt::format("without {}", ofmsg::facts(field).ovs_name),
        on_rule([wider](DocumentRule& r) { r.match = wider; }));
  }

  void find_wider(std::size_t index) {
    const Match& match = rule().match[index];
    for (const ofmsg::Term& term : match.terms()) {
      const bool masked = term.mask != ofmsg::ones(ofmsg::facts(term.field).bits);
      const ofmsg::U128 mask = one_bit_less(term.mask);
      if ((!masked && !is_address(term.field)) || mask.zero()) continue;
      Match wider = match;
      wider.set(term.field, term.value, mask);
      if (ofmsg::first_open_field(wider)) continue;
      add(fmt::format("{} instead of {}", told(wider), told(match)),
          on_rule([index, wider](DocumentRule& r) { r.match[index] = wider; }));
    }
  }

  void find_more_ports(const std::string& switch_name, const policy::PortSet& set) {
    const auto known = ports_.find(switch_name);
    if (known == ports_.end()) return;
    // Where one port belongs to somebody else already, another may not.
    std::vector<Mutation::Way> ways;
    for (const ofmsg::Port& port : known->second) {
      if (policy::has_port(set, port)) continue;
      ways.push_back({fmt::format("also at port {} of {}", ofmsg::text(port.number), switch_name),
                      on_rule([switch_name, number = port.number](DocumentRule& r) {
                        policy::PortSet& ports = r.on[switch_name];
                        if (auto* all = std::get_if<policy::AllPhysical>(&ports)) {
                          all->local = true;
                        } else {
                          std::get<std::vector<policy::PortRef>>(ports).emplace_back(number);
                        }
                      })});
    }
    add(std::move(ways));
  }

  // --- slices
  // ---------------------------------------------------------------------------------------------------------

  template <class Change>
  void add_to_slice(const std::string& what, Change change) {
    found_.push_back({policy::text(slice().at),
                      fmt::format("slice {}", slice().name),
                      {{what, [s = slice_, change](Document& document) { change(document.slices[s]); }}}});
  }

  void find_in_slice() {
    find_in_controllers();
    const bool rejects = slice().outside == policy::Outside::reject;
    add_to_slice(
        fmt::format("outside {}", rejects ? "intersect instead of reject" : "reject instead of intersect"),
        [rejects](DocumentSlice& s) { s.outside = rejects ? policy::Outside::intersect : policy::Outside::reject; });
    if (slice().lldp != policy::Lldp::own) {
      add_to_slice("lldp own", [](DocumentSlice& s) { s.lldp = policy::Lldp::own; });
    }
    find_limit("expand", &policy::Limits::expand);
    find_limit("flows", &policy::Limits::flows);
    find_limit("flows_per_switch", &policy::Limits::flows_per_switch);
  }

  void find_in_controllers() {
    const auto& all = slice().controllers;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].read_only) continue;  // it never writes, whenever it would be its turn
      add_to_slice(fmt::format("controller {} {}", policy::text(all[i].at), all[i].standby ? "not standby" : "standby"),
                   [i](DocumentSlice& s) { s.controllers[i].standby = !s.controllers[i].standby; });
    }
    const auto first = std::find_if(all.begin(), all.end(), [](const policy::Controller& c) { return !c.standby; });
    if (first == all.end()) return;
    const auto f = static_cast<std::size_t>(first - all.begin());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i == f || all[i].read_only) continue;
      add_to_slice(fmt::format("controller {} writes before {}", policy::text(all[i].at), policy::text(all[f].at)),
                   [i](DocumentSlice& s) {
                     for (policy::Controller& c : s.controllers) c.standby = true;
                     s.controllers[i].standby = false;
                   });
    }
  }

  void find_limit(std::string_view name, std::uint32_t policy::Limits::*limit) {
    const std::uint32_t value = slice().limits.*limit;
    if (value == policy::Limits{}.*limit) return;
    const auto change = [&](std::uint32_t other) {
      add_to_slice(fmt::format("limits.{} {} instead of {}", name, other, value),
                   [limit, other](DocumentSlice& s) { s.limits.*limit = other; });
    };
    if (value > 1) change(value - 1);
    if (value < std::numeric_limits<std::uint32_t>::max()) change(value + 1);
  }

  const Document& document_;
  const KnownPorts& ports_;
  std::size_t slice_ = 0, rule_ = 0;
  std::vector<Mutation> found_;
};

}  // namespace

std::vector<Mutation> mutations_of(const Document& document, const KnownPorts& ports) {
  return Finder{document, ports}.run();
}

}  // namespace sluice::ctl
