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

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::Match;

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
  Linter(const Document& document, const Snapshot& snapshot) : document_{document}, snapshot_{snapshot} {}

  std::vector<Diagnostic> run() {
    for (const DocumentSlice& slice : document_.slices) {
      for (const DocumentSwitch& s : document_.switches) look_at(slice, s, written(slice, s.name));
    }
    for (const DocumentSwitch& s : document_.switches) look_at_expansion(s);
    return std::move(findings_);
  }

 private:
  // Once for each slice.
  Diagnostic* add(Code code, const DocumentSlice& slice, const Position& at, std::string message) {
    if (!told_.emplace(code, slice.name).second) return nullptr;
    Diagnostic& finding = findings_.emplace_back();
    finding.severity = Diagnostic::Severity::warning;
    finding.code = facts(code).name;
    finding.at = at;
    finding.message = std::move(message);
    return &finding;
  }

  static std::vector<Written> written(const DocumentSlice& slice, const std::string& switch_name) {
    std::vector<Written> all;
    for (const DocumentRule& rule : slice.flowspace) {
      if (rule.access == Access::read || !rule.on.contains(switch_name)) continue;
      for (const Match& match : rule.match) all.push_back({&rule, &match});
    }
    return all;
  }

  void look_at(const DocumentSlice& slice, const DocumentSwitch& s, const std::vector<Written>& all) {
    look_for_arp(slice, s, all);
    look_for_neighbours(slice, s, all);
    look_for_fragments(slice, s, all);
  }

  void look_for_arp(const DocumentSlice& slice, const DocumentSwitch& s, const std::vector<Written>& all) {
    const auto ip = std::find_if(all.begin(), all.end(), [](const Written& w) {
      return asks_for(*w.match, Field::eth_type, ofmsg::eth_type::ipv4);
    });
    if (ip == all.end() || meets(all, Match{}.set(Field::eth_type, ofmsg::eth_type::arp))) return;
    Diagnostic* finding = add(Code::no_arp, slice, ip->rule->at,
                              "slice " + quoted(slice.name) + " has IP on switch " + quoted(s.name) +
                                  ", but no ARP: hosts cannot find each other");
    if (finding != nullptr) finding->label = "add a rule with \"arp\"";
  }

  void look_for_neighbours(const DocumentSlice& slice, const DocumentSwitch& s, const std::vector<Written>& all) {
    const auto ip = std::find_if(all.begin(), all.end(), [](const Written& w) {
      return asks_for(*w.match, Field::eth_type, ofmsg::eth_type::ipv6);
    });
    const Match discovery =
        Match{}.set(Field::eth_type, ofmsg::eth_type::ipv6).set(Field::ip_proto, ofmsg::ip_proto::icmpv6);
    if (ip == all.end() || meets(all, discovery)) return;
    Diagnostic* finding = add(Code::no_arp, slice, ip->rule->at,
                              "slice " + quoted(slice.name) + " has IPv6 on switch " + quoted(s.name) +
                                  ", but no ICMPv6: hosts cannot find each other");
    if (finding != nullptr) finding->label = "add a rule with \"icmp6\"";
  }

  void look_for_fragments(const DocumentSlice& slice, const DocumentSwitch& s, const std::vector<Written>& all) {
    for (const Written& w : all) {
      const std::optional<Match> rest = without_ports(*w.match);
      if (!rest) continue;
      // Is there a rule about such packets that asks for no ports?
      const bool had = std::any_of(all.begin(), all.end(), [&rest](const Written& other) {
        return !without_ports(*other.match) && !ofmsg::disjoint(*other.match, *rest);
      });
      if (had) continue;
      Diagnostic* finding =
          add(Code::no_fragments, slice, w.rule->at,
              "rule " + quoted(w.rule->name) + " has no fragment of a packet but the first on switch " +
                  quoted(s.name) + ", because the others have no ports");
      if (finding != nullptr) finding->label = "packets that are too long for a link on their way will not arrive";
      return;
    }
  }

  // How many flows does one that matches everything become?
  void look_at_expansion(const DocumentSwitch& s) {
    const auto id = snapshot_.find_switch(s.dpid);
    if (!id) return;
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
    constexpr std::size_t most = 65536;  // as many as limits.expand can be
    const auto pieces = view.clip(*id, Match{}, most);
    Diagnostic* finding =
        add(Code::wide_expansion, slice, slice.at,
            "a flow of slice " + quoted(slice.name) + " that matches everything becomes " +
                (pieces ? std::to_string(pieces->size()) : "more than " + std::to_string(most)) + " flows on switch " +
                quoted(s.name) + " in OpenFlow " + std::string{ofmsg::text(version)} + ", and is refused");
    if (finding == nullptr) return;
    finding->label = "limits.expand is " + std::to_string(slice.limits.expand);
    finding->notes.push_back("with \"*\", each port of the switch that no rule names counts as well");
    finding->notes.push_back("raise limits.expand, or use fewer ports, or ranges that begin at round numbers");
  }

  const Document& document_;
  const Snapshot& snapshot_;
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
