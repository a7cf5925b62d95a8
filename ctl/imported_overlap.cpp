// Which rules of different slices may write the same packets, and so need the priorities that they had.
//
// Most rules differ in one thing, such as the port or an address. Those with the same value in it are compared with
// each other, and those that leave it open with all.
#include <algorithm>

#include <fmt/format.h>

#include "ctl/imported.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/text.hpp"

namespace sluice::ctl {

namespace {

// A rule that may write, as far as it can be compared.
struct Writer {
  std::size_t slice;
  ImportedRule* rule;
  std::vector<ofmsg::Match> match;  // beside `rule->match`, without the VLAN
};

ofmsg::Match without_vlan(const ImportedMatch& match) {
  std::string text = match.protocol;
  for (const auto& [name, value] : match.fields) {
    if (name == "dl_vlan_pcp") text += ",vlan_tci=0x1000/0x1000";  // the field needs a tag
    text += fmt::format(",{}={}", name, value);
  }
  // What cannot be read is anything here; the check of the file says what is wrong with it.
  return ofmsg::parse_match(text.starts_with(',') ? text.substr(1) : text).value_or(ofmsg::Match{});
}

bool share_a_port(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto has = [](const std::vector<std::string>& ports, std::string_view port) {
    return std::find(ports.begin(), ports.end(), port) != ports.end();
  };
  const auto meets = [&](const std::string& port) { return has(b, port) || (has(b, "*") && port != "LOCAL"); };
  return std::any_of(a.begin(), a.end(), [&](const std::string& port) {
    if (port != "*") return meets(port);
    return has(b, "*") || std::any_of(b.begin(), b.end(), [](const std::string& other) { return other != "LOCAL"; });
  });
}

bool share_a_place(const ImportedPlaces& a, const ImportedPlaces& b) {
  if (b.everywhere && !a.everywhere) return share_a_place(b, a);
  const std::vector<std::string> all{"*"};
  if (a.everywhere) {
    return b.everywhere || std::any_of(b.ports.begin(), b.ports.end(),
                                       [&](const auto& entry) { return share_a_port(all, entry.second); });
  }
  return std::any_of(a.ports.begin(), a.ports.end(), [&](const auto& entry) {
    const auto found = b.ports.find(entry.first);
    return found != b.ports.end() && share_a_port(entry.second, found->second);
  });
}

bool share_a_packet(const Writer& a, const Writer& b) {
  for (std::size_t i = 0; i < a.match.size(); ++i) {
    for (std::size_t j = 0; j < b.match.size(); ++j) {
      const auto& x = a.rule->match[i].vlans;
      const auto& y = b.rule->match[j].vlans;
      if (x && y && (*x & *y).none()) continue;
      if (!ofmsg::disjoint(a.match[i], b.match[j])) return true;
    }
  }
  return false;
}

std::vector<Writer> writers_of(Imported& imported) {
  std::vector<Writer> writers;
  for (std::size_t i = 0; i < imported.slices.size(); ++i) {
    for (ImportedRule& rule : imported.slices[i].rules) {
      if (rule.read_only) continue;
      Writer writer{i, &rule, {}};
      for (const ImportedMatch& match : rule.match) writer.match.push_back(without_vlan(match));
      writers.push_back(std::move(writer));
    }
  }
  return writers;
}

// --- what to compare -------------------------------------------------------------------------------------------------

using Facts = std::map<std::string, std::string>;

// What all of a rule's packets have in common, by the name of a field. Rules with different values of one are disjoint.
Facts facts_of(const ImportedRule& rule) {
  Facts facts;
  if (rule.on.ports.size() == 1 && rule.on.ports.begin()->second.size() == 1) {
    const auto& [name, ports] = *rule.on.ports.begin();
    if (ports.front() != "*") facts["place"] = fmt::format("{} {}", name, ports.front());
  }
  if (rule.match.size() != 1) return facts;
  const ImportedMatch& match = rule.match.front();
  if (match.vlans && match.vlans->count() == 1) facts["vlan"] = match.vlans->to_string();
  for (const auto& [name, value] : match.fields) {
    if (value.find('/') == std::string::npos) facts[name] = value;
  }
  return facts;
}

// The field by which the fewest comparisons are left.
std::string most_telling(const std::vector<Facts>& all) {
  std::map<std::string, std::map<std::string, std::size_t>> counts;
  for (const Facts& facts : all) {
    for (const auto& [name, value] : facts) ++counts[name][value];
  }
  std::string best;
  std::size_t fewest = all.size() * all.size();
  for (const auto& [name, values] : counts) {
    std::size_t with_value = 0;
    std::size_t pairs = 0;
    for (const auto& [value, count] : values) {
      with_value += count;
      pairs += count * count;
    }
    pairs += (all.size() - with_value) * all.size();
    if (pairs >= fewest) continue;
    fewest = pairs;
    best = name;
  }
  return best;
}

class Comparison {
 public:
  explicit Comparison(Imported& imported) : imported_{imported}, writers_{writers_of(imported)} {}

  void run() {
    std::vector<Facts> facts;
    for (const Writer& writer : writers_) facts.push_back(facts_of(*writer.rule));
    const std::string field = most_telling(facts);
    std::map<std::string, std::vector<std::size_t>> with_value;
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      const auto found = facts[i].find(field);
      (found == facts[i].end() ? open : with_value[found->second]).push_back(i);
    }
    among(open);
    for (const auto& [value, group] : with_value) {
      among(group);
      for (const std::size_t i : open) between(i, group, 0);
    }
    if (steps_ <= most_steps) return;
    imported_.notes.unsure("there are too many rules to see which of them overlap, so all keep their priorities");
    for (const Writer& writer : writers_) writer.rule->keep_priority = true;
  }

 private:
  static constexpr std::size_t most_steps = 20000000;  // some seconds

  void among(const std::vector<std::size_t>& group) {
    for (std::size_t i = 0; i < group.size(); ++i) between(group[i], group, i + 1);
  }

  void between(std::size_t one, const std::vector<std::size_t>& others, std::size_t from) {
    for (std::size_t i = from; i < others.size() && steps_ <= most_steps; ++i) {
      compare(writers_[std::min(one, others[i])], writers_[std::max(one, others[i])]);
    }
  }

  void compare(const Writer& a, const Writer& b) {
    const bool tie = a.rule->priority == b.rule->priority;
    if (a.slice == b.slice || (a.rule->keep_priority && b.rule->keep_priority && !tie)) return;
    ++steps_;
    if (!share_a_place(a.rule->on, b.rule->on) || !share_a_packet(a, b)) return;
    a.rule->keep_priority = b.rule->keep_priority = true;
    if (!tie) return;
    imported_.notes.unsure("two slices may write the same packets with the same priority; only one can have them",
                           fmt::format("{} of {} and {} of {}", a.rule->comment, imported_.slices[a.slice].name,
                                       b.rule->comment, imported_.slices[b.slice].name));
  }

  Imported& imported_;
  std::vector<Writer> writers_;
  std::size_t steps_ = 0;
};

// The slice file counts priorities from 0.
void lift_priorities(Imported& imported) {
  std::int64_t lowest = 0;
  for (const ImportedSlice& slice : imported.slices) {
    for (const ImportedRule& rule : slice.rules) {
      if (rule.keep_priority) lowest = std::min(lowest, rule.priority);
    }
  }
  if (lowest == 0) return;
  imported.notes.unsure(fmt::format("priorities began at {}; all of them are written {} higher", lowest, -lowest));
  for (ImportedSlice& slice : imported.slices) {
    for (ImportedRule& rule : slice.rules) rule.priority -= lowest;
  }
}

}  // namespace

void keep_priorities(Imported& imported) {
  Comparison{imported}.run();
  lift_priorities(imported);
}

}  // namespace sluice::ctl
