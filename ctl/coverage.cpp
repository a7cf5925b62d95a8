#include "ctl/coverage.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/tree.hpp"
#include "slicing/handling.hpp"
#include "slicing/refusal.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;
using ofmsg::Tree;
using replay::Witness;

// Actions that slices can use.
struct ActionFacts {
  std::string_view name;
  ofmsg::Range in;
};

constexpr std::array usable_actions{
    ActionFacts{"output", ofmsg::since(ofmsg::v1_0)},       ActionFacts{"set_vlan_vid", ofmsg::until(ofmsg::v1_1)},
    ActionFacts{"set_vlan_pcp", ofmsg::until(ofmsg::v1_1)}, ActionFacts{"set_dl_src", ofmsg::until(ofmsg::v1_1)},
    ActionFacts{"set_dl_dst", ofmsg::until(ofmsg::v1_1)},   ActionFacts{"set_nw_src", ofmsg::until(ofmsg::v1_1)},
    ActionFacts{"set_nw_dst", ofmsg::until(ofmsg::v1_1)},   ActionFacts{"set_nw_tos", ofmsg::until(ofmsg::v1_1)},
    ActionFacts{"set_tp_src", ofmsg::until(ofmsg::v1_1)},   ActionFacts{"set_tp_dst", ofmsg::until(ofmsg::v1_1)},
    ActionFacts{"set_field", ofmsg::since(ofmsg::v1_2)},    ActionFacts{"pop_vlan", ofmsg::since(ofmsg::v1_0)},
    ActionFacts{"push_vlan", ofmsg::since(ofmsg::v1_1)},    ActionFacts{"push_mpls", ofmsg::since(ofmsg::v1_1)},
    ActionFacts{"pop_mpls", ofmsg::since(ofmsg::v1_1)},     ActionFacts{"push_pbb", ofmsg::since(ofmsg::v1_3)},
    ActionFacts{"pop_pbb", ofmsg::since(ofmsg::v1_3)},      ActionFacts{"set_nw_ttl", ofmsg::since(ofmsg::v1_1)},
    ActionFacts{"dec_nw_ttl", ofmsg::since(ofmsg::v1_1)},   ActionFacts{"set_mpls_ttl", ofmsg::since(ofmsg::v1_1)},
    ActionFacts{"dec_mpls_ttl", ofmsg::since(ofmsg::v1_1)}, ActionFacts{"copy_ttl_out", ofmsg::since(ofmsg::v1_1)},
    ActionFacts{"copy_ttl_in", ofmsg::since(ofmsg::v1_1)},
};

bool from_controllers(ofmsg::Kind kind) {
  // The driver answers hellos and echoes by itself.
  if (kind == ofmsg::Kind::hello || kind == ofmsg::Kind::echo_reply) return false;
  return slicing::handling(kind).south != slicing::South::refuse;
}

bool from_switches(ofmsg::Kind kind) {
  const slicing::North north = slicing::handling(kind).north;
  return north == slicing::North::peek || north == slicing::North::rewrite;
}

// The names of all actions in a message's tree.
void find_actions(const Tree& tree, std::set<std::string>& into) {
  if (const auto* list = tree.as<Tree::List>()) {
    for (const Tree& item : *list) find_actions(item, into);
  }
  const auto* members = tree.as<Tree::Object>();
  if (members == nullptr) return;
  for (const auto& [name, value] : *members) {
    const auto* type = value.as<std::string>();
    if (name == "type" && type != nullptr) into.insert(*type);
    find_actions(value, into);
  }
}

struct Found {
  std::set<std::string> rules, kinds, actions, codes;  // rules by their places
  std::set<ofmsg::Version> versions;
  std::map<std::string, std::string> all_rules;  // place → how it is told
};

void look_at(const Witness::Heard& said, Found& found) {
  const auto frame = ofmsg::FrameView::of(said.bytes);
  const auto kind = frame ? ofmsg::kind_of(*frame) : ofmsg::Result<ofmsg::Kind>{ofmsg::Kind::hello};
  if (!frame || !kind) return;
  const bool controller = !said.party.slice.empty();
  if (controller ? from_controllers(*kind) : from_switches(*kind)) found.kinds.emplace(ofmsg::text(*kind));
  if (!controller || (*kind != ofmsg::Kind::flow_mod && *kind != ofmsg::Kind::packet_out)) return;
  const auto message = ofmsg::decode(*frame);
  const auto version = ofmsg::version_of(frame->wire_version());
  if (!message || !version) return;
  const Tree tree = ofmsg::to_tree(*message, *version, frame->xid());
  const char* where = *kind == ofmsg::Kind::flow_mod ? "instructions" : "actions";
  if (const Tree* list = tree.find(where)) find_actions(*list, found.actions);
}

void add_rules(const policy::Document* document, Found& found) {
  if (document == nullptr) return;
  for (const policy::DocumentSlice& slice : document->slices) {
    if (slice.down) continue;
    for (const policy::DocumentRule& rule : slice.flowspace) {
      const std::string place = policy::text(rule.at);
      found.all_rules[place] = fmt::format("{} of {} ({})", rule.name, slice.name, place);
    }
  }
}

// A share of a list of names that can be met.
template <class Names>
Share share(std::string what, const Names& all, const std::set<std::string>& met) {
  Share out;
  out.what = std::move(what);
  for (const std::string& name : all) {
    ++out.all;
    if (met.contains(name)) {
      ++out.covered;
    } else {
      out.missing.push_back(name);
    }
  }
  return out;
}

}  // namespace

std::vector<Share> coverage_of(const std::vector<Ran>& all, Policies& policies) {
  Found found;
  for (const Ran& ran : all) {
    const Witness& witness = ran.outcome.witness;
    if (ran.outcome.skipped) continue;
    add_rules(policies.document(*ran.text, *ran.text->file.policy), found);
    for (const replay::Step& step : ran.test->steps) {
      const bool file = step.what == replay::Step::What::policy && !step.policy.inline_text;
      if (file) add_rules(policies.document(*ran.text, step.policy), found);
    }
    found.versions.insert(ran.test->version.value_or(ran.text->file.version));
    for (const replay::RuleUse& rule : witness.rules) found.rules.insert(rule.position);
    found.codes.insert(witness.codes.begin(), witness.codes.end());
    for (const Witness::Heard& said : witness.said) look_at(said, found);
  }
  const auto spoken = [&found](const auto& has) {
    return std::any_of(found.versions.begin(), found.versions.end(), has);
  };
  std::vector<std::string> rules, kinds, actions, codes;
  for (const auto& [place, told] : found.all_rules) rules.push_back(place);
  for (std::size_t i = 0; i < ofmsg::kind_count; ++i) {
    const auto kind = static_cast<ofmsg::Kind>(i);
    const bool usable = from_controllers(kind) || from_switches(kind);
    if (usable && spoken([kind](ofmsg::Version v) { return ofmsg::facts(kind).in(v); })) {
      kinds.emplace_back(ofmsg::text(kind));
    }
  }
  for (const ActionFacts& action : usable_actions) {
    if (spoken([&action](ofmsg::Version v) { return action.in.has(v); })) actions.emplace_back(action.name);
  }
  for (const slicing::RefusalFacts& facts : slicing::refusal_table) codes.push_back(slicing::text(facts.code));
  std::vector<Share> shares{share("flowspace rules", rules, found.rules), share("message types", kinds, found.kinds),
                            share("action kinds", actions, found.actions), share("refusal codes", codes, found.codes)};
  for (std::string& place : shares.front().missing) place = found.all_rules.at(place);
  return shares;
}

std::string text(const std::vector<Share>& shares) {
  std::string out = "coverage";
  for (const Share& share : shares) {
    out += fmt::format("  {} {}/{} ({}%)", share.what, share.covered, share.all, share.percent());
  }
  out += '\n';
  for (const Share& share : shares) {
    if (share.missing.empty()) continue;
    out += fmt::format("  not covered: {}: {}\n", share.what, fmt::join(share.missing, ", "));
  }
  return out;
}

}  // namespace sluice::ctl
