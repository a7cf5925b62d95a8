#include "policy/lint.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "ofmsg/text.hpp"
#include "policy/codes.hpp"
#include "policy/document_reader.hpp"
#include "policy/imagined_ports.hpp"
#include "policy/overlap.hpp"

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::Match;

// Warnings are worth a second, not more: what would take longer is left out.
constexpr std::size_t most_steps = 10000000;
constexpr std::size_t work_of_a_region = 100;

// A rule that may write, with one of its matches.
struct Written {
  const DocumentRule* rule;
  const Match* match;
};

bool asks_for(const Match& match, Field field, std::uint64_t value) {
  return match.exact(field) == std::optional{ofmsg::u128(value)};
}

bool meets(const std::vector<Written>& all, const Match& wanted) {
  return std::any_of(all.begin(), all.end(),
                     [&wanted](const Written& w) { return !ofmsg::disjoint(*w.match, wanted); });
}

// The first match about ports of TCP, UDP or SCTP, without those ports: what later fragments have.
std::optional<Match> without_ports(const Match& match) {
  constexpr Field ports[] = {Field::tcp_src, Field::tcp_dst,  Field::udp_src,
                             Field::udp_dst, Field::sctp_src, Field::sctp_dst};
  Match rest = match;
  for (const Field field : ports) rest.erase(field);
  return rest == match ? std::nullopt : std::optional{rest};
}

class Linter {
 public:
  Linter(const Document& document, const Snapshot& snapshot)
      : document_{document}, snapshot_{snapshot}, rules_{placed_rules(document)} {}

  std::vector<Diagnostic> run() {
    for (const DocumentSlice& slice : document_.slices) {
      for (const auto& [switch_name, all] : written(slice)) look_at(slice, switch_name, all);
    }
    for (const DocumentSwitch& s : document_.switches) look_at_expansion(s);
    warn_of_unused_switches();
    warn_of_idle_priorities();
    warn_of_redundant_rules();
    return std::move(findings_);
  }

 private:
  Diagnostic& add(Code code, const Position& at, std::string message) {
    Diagnostic& finding = findings_.emplace_back();
    finding.severity = Diagnostic::Severity::warning;
    finding.code = facts(code).name;
    finding.at = at;
    finding.message = std::move(message);
    return finding;
  }

  // Once for each slice.
  Diagnostic* add_once(Code code, const DocumentSlice& slice, const Position& at, std::string message) {
    if (!told_.emplace(code, slice.name).second) return nullptr;
    return &add(code, at, std::move(message));
  }

  // What the slice may write, by the name of the switch.
  static std::map<std::string, std::vector<Written>> written(const DocumentSlice& slice) {
    std::map<std::string, std::vector<Written>> all;
    for (const DocumentRule& rule : slice.flowspace) {
      if (rule.access == Access::read) continue;
      for (const auto& [switch_name, ports] : rule.on) {
        for (const Match& match : rule.match) all[switch_name].push_back({&rule, &match});
      }
    }
    return all;
  }

  void look_at(const DocumentSlice& slice, const std::string& switch_name, const std::vector<Written>& all) {
    const Match icmp6 =
        Match{}.set(Field::eth_type, ofmsg::eth_type::ipv6).set(Field::ip_proto, ofmsg::ip_proto::icmpv6);
    look_for({ofmsg::eth_type::ipv4, "IP", "ARP", "arp", Match{}.set(Field::eth_type, ofmsg::eth_type::arp)}, slice,
             switch_name, all);
    look_for({ofmsg::eth_type::ipv6, "IPv6", "ICMPv6", "icmp6", icmp6}, slice, switch_name, all);
    look_for_fragments(slice, switch_name, all);
  }

  // What hosts of a network find each other by.
  struct Discovery {
    std::uint16_t network;  // its EtherType
    std::string_view name, needed, word;
    Match packets;
  };

  void look_for(const Discovery& discovery, const DocumentSlice& slice, const std::string& switch_name,
                const std::vector<Written>& all) {
    const auto network = std::find_if(all.begin(), all.end(), [&discovery](const Written& w) {
      return asks_for(*w.match, Field::eth_type, discovery.network);
    });
    if (network == all.end() || meets(all, discovery.packets)) return;
    Diagnostic* finding = add_once(Code::no_arp, slice, network->rule->at,
                                   "slice " + quoted(slice.name) + " has " + std::string{discovery.name} +
                                       " on switch " + quoted(switch_name) + ", but no " +
                                       std::string{discovery.needed} + ": hosts cannot find each other");
    if (finding != nullptr) finding->label = "add a rule with " + quoted(discovery.word);
  }

  void look_for_fragments(const DocumentSlice& slice, const std::string& switch_name, const std::vector<Written>& all) {
    for (const Written& w : all) {
      const std::optional<Match> rest = without_ports(*w.match);
      if (!rest) continue;
      if (!spend(all.size())) return;
      // Is there a rule about such packets that asks for no ports?
      const bool had = std::any_of(all.begin(), all.end(), [&rest](const Written& other) {
        return !without_ports(*other.match) && !ofmsg::disjoint(*other.match, *rest);
      });
      if (had) continue;
      Diagnostic* finding =
          add_once(Code::no_fragments, slice, w.rule->at,
                   "rule " + quoted(w.rule->name) + " has no fragment of a packet but the first on switch " +
                       quoted(switch_name) + ", because the others have no ports");
      if (finding != nullptr) finding->label = "packets that are too long for a link on their way will not arrive";
      return;
    }
  }

  // How many flows does one that matches everything become?
  void look_at_expansion(const DocumentSwitch& s) {
    const auto id = snapshot_.find_switch(s.dpid);
    if (!id || !spend(snapshot_.regions(*id).size() * work_of_a_region)) return;
    const ImaginedPorts ports{port_refs(snapshot_, *id)};
    for (const ofmsg::Version version : ofmsg::all_versions) {
      if (!s.versions.has(version)) continue;
      const SwitchView view = snapshot_.bind(*id, ports.list(), version);
      for (const DocumentSlice& slice : document_.slices) look_at_expansion(slice, s, view, version);
    }
  }

  void look_at_expansion(const DocumentSlice& slice, const DocumentSwitch& s, const SwitchView& view,
                         ofmsg::Version version) {
    const auto id = snapshot_.find_slice(slice.name);
    if (!id || slice.outside == Outside::reject || view.clip(*id, Match{}, slice.limits.expand)) return;
    constexpr std::size_t most = 4096;  // who has more does not care how many
    if (!spend(most * 10)) return;
    const auto pieces = view.clip(*id, Match{}, most);
    Diagnostic* finding = add_once(Code::wide_expansion, slice, slice.at,
                                   "a flow of slice " + quoted(slice.name) + " that matches everything becomes " +
                                       (pieces ? std::to_string(pieces->size()) : "more than " + std::to_string(most)) +
                                       " flows on switch " + quoted(s.name) + " in OpenFlow " +
                                       std::string{ofmsg::text(version)} + ", and is refused");
    if (finding == nullptr) return;
    finding->label = "limits.expand is " + std::to_string(slice.limits.expand);
    finding->notes.push_back("with \"*\", each port of the switch that no rule names counts as well");
    finding->notes.push_back("raise limits.expand, or use fewer ports, or ranges that begin at round numbers");
  }

  void warn_of_unused_switches() {
    std::vector<bool> used(document_.switches.size());
    for (const PlacedRule& placed : rules_) {
      for (const Place& place : placed.places) used[place.switch_index] = true;
    }
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (used[i]) continue;
      add(Code::unused_switch, document_.switches[i].at,
          "no slice has anything on switch " + quoted(document_.switches[i].name));
    }
  }

  void warn_of_idle_priorities() {
    if (document_.overlap == Overlap::priority) return;
    for (const PlacedRule& placed : rules_) {
      if (!placed.rule->priority) continue;
      add(Code::idle_priority, placed.rule->at,
          "the priority of rule " + quoted(placed.rule->name) + " decides nothing")
          .label = R"(it needs "proxy": { "overlap": "priority" })";
      return;  // once is enough
    }
  }

  void warn_of_redundant_rules() {
    std::size_t first = 0;  // of the slice; its rules stand together
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const PlacedRule& rule = rules_[i];
      if (rule.slice_index != rules_[first].slice_index) first = i;
      if (rule.rule->access == Access::read || rule.places.empty()) continue;
      for (std::size_t j = first; j < i; ++j) {
        const PlacedRule& earlier = rules_[j];
        if (earlier.rule->access == Access::read) continue;
        const std::size_t work = rule.rule->match.size() * earlier.rule->match.size() + rule.places.size();
        if (!spend(work)) return;
        if (!within(rule, earlier) || adds_queues(rule.rule->queues, earlier.rule->queues)) continue;
        add(Code::adds_nothing, rule.rule->at,
            "rule " + quoted(rule.rule->name) + " adds nothing to rule " + quoted(earlier.rule->name))
            .label = "which is at " + text(earlier.rule->at);
        break;
      }
    }
  }

  // Is every part of `a` in one part of `b`?
  static bool within(const PlacedRule& a, const PlacedRule& b) {
    for (const Place& place : a.places) {
      const auto other = std::find_if(b.places.begin(), b.places.end(),
                                      [&](const Place& p) { return p.switch_index == place.switch_index; });
      if (other == b.places.end() || !covers(*other, place)) return false;
    }
    return std::all_of(a.rule->match.begin(), a.rule->match.end(), [&](const ofmsg::Match& x) {
      return std::any_of(b.rule->match.begin(), b.rule->match.end(),
                         [&](const ofmsg::Match& y) { return ofmsg::covers(y, x); });
    });
  }

  static bool adds_queues(const Queues& a, const Queues& b) {
    return (a.forced && a.forced != b.forced) ||
           !std::includes(b.allowed.begin(), b.allowed.end(), a.allowed.begin(), a.allowed.end());
  }

  bool spend(std::size_t steps) {
    if (steps_ < steps) return false;
    steps_ -= steps;
    return true;
  }

  const Document& document_;
  const Snapshot& snapshot_;
  std::vector<PlacedRule> rules_;
  std::size_t steps_ = most_steps;
  std::vector<Diagnostic> findings_;
  std::set<std::pair<Code, std::string>> told_;
};

}  // namespace

std::vector<Diagnostic> lint(const Document& document, const Snapshot& snapshot) {
  return Linter{document, snapshot}.run();
}

Compiled compile_and_lint(const Document& document, const Snapshot* previous) {
  Compiled compiled = compile(document, previous);
  if (!compiled.snapshot) return compiled;
  std::vector<Diagnostic> more = lint(document, *compiled.snapshot);
  compiled.findings.insert(compiled.findings.end(), std::make_move_iterator(more.begin()),
                           std::make_move_iterator(more.end()));
  compiled.findings = sorted(std::move(compiled.findings));
  return compiled;
}

}  // namespace sluice::policy
