#include "tests/support/random_reloads.hpp"

#include <algorithm>
#include <utility>

#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "tests/support/random_slices.hpp"

namespace sluice::tests {

namespace {

template <class T>
void shuffle(Dice& dice, std::vector<T>& list) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[dice.below(i)]);
}

// A slice file to be changed a little.
struct Draft {
  struct Slice {
    std::string name;
    std::vector<std::string> rules;
    std::string more;  // other keys
    std::uint16_t controller = 0;
    int number = 0;  // 0: by its name
    bool down = false;
  };

  std::vector<Slice> slices;
  std::vector<std::uint32_t> ports;
  std::size_t switches = 3;  // 1: s1, 2: s2, 3: both

  [[nodiscard]] std::string text(bool for_s1_only = false) const {
    const std::size_t which = for_s1_only ? 1 : switches;
    std::string out = "{\n  \"version\": 1, \"proxy\": {\"listen\": [\"ptcp:6653:127.0.0.1\"]},\n  \"switches\": {";
    out += which == 1   ? R"("s1": {"dpid": 1})"
           : which == 2 ? R"("s2": {"dpid": 2})"
                        : R"("s1": {"dpid": 1}, "s2": {"dpid": 2})";
    out += "},\n  \"slices\": {";
    for (const Slice& slice : slices) {
      out += (&slice == slices.data() ? "\n    \"" : ",\n    \"") + slice.name + "\": {";
      if (slice.number > 0) out += "\"id\": " + std::to_string(slice.number) + ", ";
      if (slice.down) out += R"("state": "down", )";
      out += "\"controllers\": [\"tcp:127.0.0.1:" + std::to_string(slice.controller) + "\"]" + slice.more +
             ", \"flowspace\": [";
      for (const std::string& rule : slice.rules) {
        // "{"on": {"s1": [1]}, …"
        const std::size_t from = rule.find('[');
        const std::string ports_text = rule.substr(from, rule.find(']') + 1 - from);
        out += (&rule == slice.rules.data() ? "\n      " : ",\n      ") + std::string{R"({"on": {)"};
        if (which != 2) out += "\"s1\": " + ports_text;
        if (which == 3) out += ", ";
        if (which != 1) out += "\"s2\": " + ports_text;
        out += rule.substr(from + ports_text.size());
      }
      out += "]}";
    }
    return out + "\n  }\n}\n";
  }

  [[nodiscard]] bool compiles() const {
    return policy::compile(policy::parse(text(), "random.json")).snapshot != nullptr;
  }
};

Draft draft_of(const RandomSlices& file) {
  Draft draft;
  draft.ports = file.ports;
  for (std::size_t i = 0; i < file.names.size(); ++i) {
    Draft::Slice slice;
    slice.name = file.names[i];
    slice.controller = controller_port(i);
    const std::size_t from = file.text.find("\"" + slice.name + "\": {");
    const std::string section = file.text.substr(from, file.text.find("\n    \"", from) - from);
    for (std::size_t at = section.find(R"({"on")"); at != std::string::npos; at = section.find(R"({"on")", at + 1)) {
      std::string rule = section.substr(at, section.find('\n', at) - at);
      while (rule.back() != '}') rule.pop_back();  // a comma
      while (std::count(rule.begin(), rule.end(), '{') < std::count(rule.begin(), rule.end(), '}')) {
        rule.pop_back();  // the ends of the list and of the slice
        while (rule.back() != '}') rule.pop_back();
      }
      slice.rules.push_back(std::move(rule));
    }
    if (section.find("reject") != std::string::npos) slice.more += R"(, "outside": "reject")";
    for (const char* lldp : {R"("lldp": "all")", R"("lldp": "none")"}) {
      if (section.find(lldp) != std::string::npos) slice.more += std::string{", "} + lldp;
    }
    if (section.find("expand") != std::string::npos) slice.more += R"(, "limits": {"expand": 3})";
    draft.slices.push_back(std::move(slice));
  }
  return draft;
}

Draft random_draft(Dice& dice) {
  while (true) {
    Draft draft = draft_of(random_slices(dice, {.readers = true, .refusing = dice.chance(30)}));
    if (draft.compiles()) return draft;
  }
}

// A rule goes, or goes to another slice, or means another port; a slice goes, is put down or comes up.
void change_rights(Dice& dice, Draft& draft) {
  Draft::Slice& slice = draft.slices[dice.below(draft.slices.size())];
  const std::size_t rule = dice.below(slice.rules.size());
  const auto place = slice.rules.begin() + static_cast<std::ptrdiff_t>(rule);
  switch (dice.below(8)) {
    case 0:
      if (slice.rules.size() > 1) slice.rules.erase(place);
      break;
    case 1: slice.down = !slice.down; break;
    case 2:
      if (draft.slices.size() > 1) draft.slices.erase(draft.slices.begin() + (&slice - draft.slices.data()));
      break;
    case 3: {
      const std::size_t from = place->find('[') + 1;
      place->replace(from, place->find(']') - from, std::to_string(1 + dice.below(5)));
      break;
    }
    default:
      if (slice.rules.size() > 1) {
        draft.slices[dice.below(draft.slices.size())].rules.push_back(*place);
        slice.rules.erase(slice.rules.begin() + static_cast<std::ptrdiff_t>(rule));
      }
      break;
  }
}

// Numbers, controllers and switches.
void change_names(Dice& dice, Draft& draft) {
  if (dice.chance(25)) draft.switches = 1 + dice.below(3);
  if (dice.chance(20)) {
    std::vector<int> numbers{1, 2, 3};
    shuffle(dice, numbers);
    for (std::size_t i = 0; i < draft.slices.size(); ++i) draft.slices[i].number = dice.chance(90) ? numbers[i] : 0;
  }
  if (dice.chance(15)) std::swap(draft.slices.front().controller, draft.slices.back().controller);
  if (dice.chance(10)) shuffle(dice, draft.slices);
}

Draft changed(Dice& dice, const Draft& draft) {
  while (true) {
    Draft other = draft;
    for (std::size_t count = 1 + dice.below(3); count > 0; --count) change_rights(dice, other);
    change_names(dice, other);
    if (other.compiles()) return other;
  }
}

}  // namespace

Story random_story(Dice& dice, ofmsg::Version version) {
  Story story;
  story.version = version;
  story.table_size = dice.chance(15) ? 20 : 65536;
  Draft draft = random_draft(dice);
  for (std::size_t count = 2 + dice.below(4); count > 0; --count) {
    if (!story.episodes.empty()) draft = dice.chance(25) ? random_draft(dice) : changed(dice, draft);
    ScriptTaste taste;
    taste.garbage = dice.chance(20);
    taste.length = 24;
    Episode e;
    e.moment = static_cast<Moment>(dice.below(moment_names.size()));
    e.file = draft.text();
    for (const Draft::Slice& slice : draft.slices) {
      e.names.push_back(slice.name);
      e.controllers.push_back(slice.controller);
    }
    for (Step& step : random_steps(dice, {draft.text(true), e.names, draft.ports}, version, taste)) {
      const std::size_t nth = draft.switches == 3 ? dice.below(2) : draft.switches - 1;
      e.moves.push_back({std::move(step), nth, dice.chance(70)});
    }
    // What a switch refuses, and had been said before the next file: TTLs of packets that may have none.
    if (version != ofmsg::v1_0 && dice.chance(50)) {
      for (std::size_t i = 0; i < e.names.size(); ++i) {
        Step step;
        step.slice = i;
        step.message = *ofmsg::parse_flow("actions=dec_ttl,output:1", version, ofmsg::FlowModCommand::modify);
        e.moves.push_back({std::move(step), draft.switches == 3 ? dice.below(2) : draft.switches - 1, true});
      }
    }
    story.episodes.push_back(std::move(e));
  }
  return story;
}

std::string text(const Story& story) {
  std::string out = "tables of " + std::to_string(story.table_size) + " flows\n";
  for (const Episode& e : story.episodes) {
    if (&e != story.episodes.data()) {
      out += "--- " + std::string{moment_names[static_cast<std::size_t>(e.moment)]} + "; then:\n";
    }
    out += e.file;
    for (const Move& move : e.moves) {
      const Script one{{"", e.names, {}}, story.version, {move.step}};
      std::string line = text(one);
      line.pop_back();
      out += "s" + std::to_string(move.nth_switch + 1) + ": " + line + (move.answered ? "\n" : " (no answer yet)\n");
    }
  }
  return out;
}

}  // namespace sluice::tests
