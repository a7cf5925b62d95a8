#include "policy/compile.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "ofmsg/text.hpp"
#include "policy/assemble.hpp"
#include "policy/codes.hpp"
#include "policy/document_reader.hpp"
#include "policy/forced_queues.hpp"
#include "policy/overlap.hpp"
#include "policy/priorities.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t most_regions = 1000000;  // and ports in them, on all switches

// FNV-1a in 32 bits, folded to 15 as its authors advise. Zero is nobody's number.
std::uint16_t number_of_name(std::string_view name) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
  const auto folded = static_cast<std::uint16_t>((hash >> 15U ^ hash) & 0x7fffU);
  return folded == 0 ? 0x7fff : folded;
}

std::size_t port_count(const PortSet& ports) {
  const auto* refs = std::get_if<std::vector<PortRef>>(&ports);
  return refs == nullptr ? 1 : refs->size();
}

class Compiler {
 public:
  Compiler(const Document& document, const Snapshot* previous, Effort effort)
      : document_{document}, previous_{previous}, effort_{effort} {
    out_.findings = document.findings;
  }

  Compiled run() {
    number_slices();
    rules_ = placed_rules(document_);
    check_queues();
    if (weigh()) check_overlap();
    if (!any_errors()) build();
    out_.findings = sorted(std::move(out_.findings));
    return std::move(out_);
  }

 private:
  bool any_errors() const {
    return std::any_of(out_.findings.begin(), out_.findings.end(),
                       [](const Diagnostic& finding) { return finding.severity == Diagnostic::Severity::error; });
  }

  void build() {
    Snapshot::Parts parts = assemble({document_, numbers_, rules_, yields_, previous_});
    const std::size_t most = std::max(parts.slices.size(), parts.switches.size());
    if (most > std::numeric_limits<std::uint16_t>::max()) {
      add(Code::too_big, Position{document_.texts.begin()->first, 1, 1},
          "the proxy has seen " + std::to_string(most) +
              " slices or switches since it was started, and must be restarted");
      return;
    }
    out_.snapshot = std::make_shared<const Snapshot>(std::move(parts));
  }

  Diagnostic& add(Code code, const Position& at, std::string message) {
    Diagnostic finding;
    finding.code = facts(code).name;
    finding.severity = finding.code.starts_with('E') ? Diagnostic::Severity::error : Diagnostic::Severity::warning;
    finding.at = at;
    finding.message = std::move(message);
    out_.findings.push_back(std::move(finding));
    return out_.findings.back();
  }

  void number_slices() {
    std::map<std::uint16_t, const DocumentSlice*> taken;
    for (const DocumentSlice& slice : document_.slices) {
      const std::uint16_t number = slice.number.value_or(number_of_name(slice.name));
      numbers_.push_back(number);
      const auto [first, fresh] = taken.emplace(number, &slice);
      if (fresh || first->second->name == slice.name) continue;  // one name twice was told already
      Diagnostic& finding = add(Code::same_number, slice.at,
                                "slices " + quoted(first->second->name) + " and " + quoted(slice.name) +
                                    " have the same number in cookies, " + std::to_string(number));
      finding.label = "the other is at " + text(first->second->at);
      finding.notes.push_back("give one of them an \"id\" from 1 to 32767 that no slice has");
    }
  }

  void check_queues() {
    for (const ForcedTwice& twice : forced_twice(rules_)) {
      const DocumentRule& first = *rules_[twice.first].rule;
      const DocumentRule& second = *rules_[twice.second].rule;
      add(Code::two_forced_queues, second.at,
          "rules " + quoted(first.name) + " and " + quoted(second.name) + " force different queues, " +
              std::to_string(*first.queues.forced) + " and " + std::to_string(*second.queues.forced) + ", at port " +
              twice.port + " of switch " + quoted(document_.switches[twice.switch_index].name))
          .label = "the other is at " + text(first.at);
    }
  }

  // Is the whole small enough to be built?
  bool weigh() {
    std::size_t weight = 0;
    for (const PlacedRule& placed : rules_) {
      std::size_t ports = 0;
      for (const Place& place : placed.places) ports += port_count(*place.ports);
      weight += ports * placed.rule->match.size();
      if (weight <= most_regions) continue;
      Diagnostic& finding = add(Code::too_complex, placed.rule->at,
                                "the rules up to " + quoted(placed.rule->name) + " stand for more than " +
                                    std::to_string(most_regions) + " matches at ports");
      finding.label = "this rule has " + std::to_string(placed.rule->match.size()) + " matches at " +
                      std::to_string(ports) + " ports";
      finding.notes.push_back("use \"*\" for all physical ports, and masks or ranges that begin at round numbers");
      return false;
    }
    return true;
  }

  void check_overlap() {
    const Conflicts conflicts = find_conflicts(rules_, document_.overlap, effort_);
    for (const Conflict& conflict : conflicts.found) report(conflict, rules_[conflict.first], rules_[conflict.second]);
    if (conflicts.more) {
      out_.findings.back().notes.push_back("there are more overlaps, which are not shown");
    }
    if (conflicts.exhausted) return report_exhausted();
    yields_ = yields_of(conflicts.settled);
    for (const Leftover& leftover : judge_leftovers(rules_, yields_, effort_.pieces)) report(leftover);
  }

  void report(const Leftover& leftover) {
    const DocumentRule& rule = *rules_[leftover.rule].rule;
    if (leftover.what == Leftover::What::nothing) {
      add(Code::hidden, rule.at, "rules of higher priority have all the traffic of rule " + quoted(rule.name));
      return;
    }
    Diagnostic& finding = add(Code::too_complex, rule.at,
                              "what rules of higher priority leave of " + quoted(rule.name) + " takes more than " +
                                  std::to_string(effort_.pieces) + " matches to say");
    std::set<std::size_t> named;
    for (const Yield::Part& high : leftover.above) {
      if (named.size() == 3) break;
      if (!named.insert(high.rule).second) continue;
      const DocumentRule& other = *rules_[high.rule].rule;
      finding.notes.push_back(quoted(other.name) + " at " + text(other.at) + " has a part of it");
    }
    finding.notes.push_back("make the rules disjoint, or use matches on fewer fields");
  }

  void report(const Conflict& conflict, const PlacedRule& first, const PlacedRule& second) {
    Diagnostic& finding =
        add(Code::overlap, first.rule->at,
            "slices " + quoted(document_.slices[first.slice_index].name) + " and " +
                quoted(document_.slices[second.slice_index].name) + " may both write the same traffic");
    finding.label = "overlaps " + text(second.rule->at);
    const std::string packet = ofmsg::text(conflict.packet);
    finding.notes.push_back("example: " + document_.switches[conflict.switch_index].name + " in_port=" + conflict.port +
                            " " + (packet.empty() ? "any packet" : packet));
    finding.notes.push_back(
        document_.overlap == Overlap::priority
            ? "make the rules disjoint, or give them different priorities"
            : "make the rules disjoint, give one of them \"access\": \"read\", or let priorities decide "
              "(\"proxy\": { \"overlap\": \"priority\" })");
  }

  // Names the two rules of different slices that are the most work.
  void report_exhausted() {
    std::vector<const PlacedRule*> by_size;
    by_size.reserve(rules_.size());
    for (const PlacedRule& placed : rules_) {
      if (placed.rule->access == Access::write) by_size.push_back(&placed);
    }
    std::stable_sort(by_size.begin(), by_size.end(), [](const PlacedRule* a, const PlacedRule* b) {
      return a->rule->match.size() > b->rule->match.size();
    });
    const PlacedRule* largest = by_size.front();
    Diagnostic& finding = add(Code::too_complex, largest->rule->at,
                              "the rules meet in too many ways to be compared; " + quoted(largest->rule->name) +
                                  " has " + std::to_string(largest->rule->match.size()) + " matches");
    for (const PlacedRule* other : by_size) {
      if (other->slice_index == largest->slice_index) continue;
      finding.notes.push_back("the next is " + quoted(other->rule->name) + " at " + text(other->rule->at) + " with " +
                              std::to_string(other->rule->match.size()));
      break;
    }
    finding.notes.push_back("use fewer and wider matches");
  }

  const Document& document_;
  const Snapshot* previous_;
  Effort effort_;
  Compiled out_;
  std::vector<std::uint16_t> numbers_;
  std::vector<PlacedRule> rules_;
  Yields yields_;
};

}  // namespace

Compiled compile(const Document& document, const Snapshot* previous) {
  return Compiler{document, previous, Effort{}}.run();
}

Compiled compile_within(const Document& document, Effort effort) { return Compiler{document, nullptr, effort}.run(); }

}  // namespace sluice::policy
