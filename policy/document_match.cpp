// An object of fields becomes texts in the spelling of ovs-ofctl, one for each combination of its values, so that both
// forms have one meaning. What they add to that spelling are lists, ranges, names of protocols and "untagged".

#include "policy/document_match.hpp"

#include <array>
#include <bit>

#include "ofmsg/text.hpp"
#include "ofmsg/text_parts.hpp"
#include "policy/document_fields.hpp"

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::Match;

constexpr std::size_t longest_text = 4096;
constexpr std::size_t most_matches = 4096;     // in one rule
constexpr std::uint64_t most_in_a_list = 256;  // values of a range that can be no mask

// A way to say one field, and where it was said.
struct Fragment {
  std::string text;  // "tp_dst=80"
  json::Span at;
};

// --- text ------------------------------------------------------------------------------------------------------------

// Where one of the names stands in the text as a whole word.
std::optional<json::Span> find_word(std::string_view text, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
      const std::size_t end = at + name.size();
      const bool begins = at == 0 || text[at - 1] == ',' || text[at - 1] == ' ';
      if (begins && (end == text.size() || text[end] == '=' || text[end] == ':')) return json::Span{at, name.size()};
    }
  }
  return std::nullopt;
}

void report_in_port(Findings& findings, json::Span at) {
  findings.add(Code::in_port_in_match, at, "the match of a rule names a port").label =
      "say it with \"on\": { \"s1\": [1, 2] }";
}

void report_no_header(Findings& findings, json::Span at, Field field) {
  findings.add(Code::not_a_header, at,
               std::string{ofmsg::text(field)} + " is no header of a packet, so no packet can belong to a slice by it");
}

void read_text(Findings& findings, const std::string& text, json::Span at, std::vector<Match>& into) {
  if (text.size() > longest_text) {
    findings.add(Code::bad_match, at, "a match of more than " + std::to_string(longest_text) + " bytes");
    return;
  }
  const auto within = [&](std::size_t offset, std::size_t length) {
    const std::size_t from = json::offset_in_string(findings.text(), at, offset);
    const std::size_t to = json::offset_in_string(findings.text(), at, offset + length);
    return json::Span{from, std::max<std::size_t>(to - from, 1)};
  };
  const auto match = ofmsg::parse_match(text);
  if (!match) {
    const ofmsg::TextError& error = match.error();
    const Code code = is_prerequisite_hint(error.hint) ? Code::incomplete_match : Code::bad_match;
    findings.add(code, within(error.offset, error.length), error.message).label = error.hint;
    return;
  }
  if (match->matches_all() && text != "any") {
    findings.add(Code::bad_match, at, "an empty match").label = "write \"any\" if every packet is meant";
    return;
  }
  if (match->find(Field::in_port) != nullptr) {
    const auto word = find_word(text, {"in_port"});
    report_in_port(findings, word ? within(word->offset, word->length) : at);
    return;
  }
  for (const ofmsg::Term& term : match->terms()) {
    if (is_header(term.field)) continue;
    const auto word = find_word(text, {ofmsg::facts(term.field).name, ofmsg::facts(term.field).ovs_name});
    report_no_header(findings, word ? within(word->offset, word->length) : at, term.field);
    return;
  }
  into.push_back(*match);
}

// --- ranges ----------------------------------------------------------------------------------------------------------

struct Bounds {
  std::uint64_t first, last;
  bool ipv4;
};

// "100-119", "0x10-0x1f", "10.0.0.1-10.0.0.9"; nothing if the text has not this form.
std::optional<Bounds> bounds_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view a = text.substr(0, dash), b = text.substr(dash + 1);
  const auto x = ofmsg::parse_number(a), y = ofmsg::parse_number(b);
  if (x && y) return Bounds{*x, *y, false};
  const auto p = ofmsg::parse_ipv4(a), q = ofmsg::parse_ipv4(b);
  if (p && q) return Bounds{*p, *q, true};
  return std::nullopt;
}

// The fewest aligned blocks of values that make up the range.
struct Block {
  std::uint64_t value;
  unsigned open;  // low bits that may be anything
};

std::vector<Block> blocks_of(std::uint64_t first, std::uint64_t last) {
  std::vector<Block> blocks;
  while (true) {
    auto open = static_cast<unsigned>(std::countr_zero(first | std::uint64_t{1} << 63U));
    while (((std::uint64_t{1} << open) - 1) > last - first) --open;
    blocks.push_back({first, open});
    const std::uint64_t end = first + ((std::uint64_t{1} << open) - 1);
    if (end >= last) return blocks;
    first = end + 1;
  }
}

std::string masked(std::uint64_t value, unsigned open, std::uint64_t all) {
  const std::uint64_t low = (std::uint64_t{1} << open) - 1;
  if (open == 0) return std::to_string(value);
  return ofmsg::hex(value) + "/" + ofmsg::hex(all & ~low);
}

// --- objects ---------------------------------------------------------------------------------------------------------

class ObjectReader {
 public:
  ObjectReader(Findings& findings, json::Span at, std::vector<Match>& into)
      : findings_{findings}, at_{at}, into_{into} {}

  void read(const json::Object& object) {
    const std::size_t before = findings_.errors();
    for (const json::Member& member : object) {
      const Findings::Step step{findings_, member.key};
      if (!member.key.starts_with("x-")) take(member);
    }
    if (findings_.errors() != before) return;
    if (fields_.empty()) {
      findings_.add(Code::bad_match, at_, "a match without a field").label = "write \"any\" if every packet is meant";
      return;
    }
    std::size_t count = 1;
    for (const auto& alternatives : fields_) {
      count *= std::max<std::size_t>(alternatives.size(), 1);
      if (count > most_matches) {
        findings_.add(
            Code::too_many_terms, at_,
            "the lists and ranges of this match stand for more than " + std::to_string(most_matches) + " matches");
        return;
      }
    }
    std::vector<const Fragment*> chosen;
    combine(chosen);
  }

 private:
  void take(const json::Member& member) {
    const MatchKey* key = find_match_key(member.key);
    if (key == nullptr) {
      report_unknown_key(findings_, member, "a match", match_key_names());
    } else if (key->use == MatchKey::Use::port) {
      report_in_port(findings_, member.at);
    } else if (key->use == MatchKey::Use::no_header) {
      findings_.add(Code::not_a_header, member.at,
                    member.key + " is no header of a packet, so no packet can belong to a slice by it");
    } else if (key->use == MatchKey::Use::vlan && vlan_said_) {
      findings_.add(Code::bad_match, member.at, "the VLAN is given by two keys").label = "keep one";
    } else {
      vlan_said_ = vlan_said_ || key->use == MatchKey::Use::vlan;
      fields_.emplace_back();
      key_at_.push_back(member.at);
      take_values(*key, member.value);
    }
  }

  void take_values(const MatchKey& key, const json::Value& value) {
    const auto* list = value.as<json::Array>();
    if (list == nullptr) return take_value(key, value);
    if (list->empty()) findings_.add(Code::nowhere, value.at, "an empty list of values: no packet can meet it");
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Findings::Step step{findings_, std::to_string(i)};
      take_value(key, (*list)[i]);
      if (fields_.back().size() <= most_matches) continue;
      findings_.add(Code::too_many_terms, value.at,
                    "this list stands for more than " + std::to_string(most_matches) + " values and masks");
      return;
    }
  }

  void take_value(const MatchKey& key, const json::Value& value) {
    if (const auto* number = value.as<std::uint64_t>()) return take_word(key, std::to_string(*number), value.at);
    if (const auto* text = value.as<std::string>()) return take_word(key, *text, value.at);
    if (value.as<std::int64_t>() != nullptr || value.as<double>() != nullptr) {
      findings_.add(Code::out_of_range, value.at, "a header has whole numbers from 0 up");
      return;
    }
    findings_.add(
        Code::wrong_type, value.at,
        "a header's value must be a number, a string or a list of these, not " + std::string{json::kind_of(value)});
  }

  void add(const MatchKey& key, std::string_view value, json::Span at) {
    const std::string_view name = key.text_name.empty() ? key.name : key.text_name;
    fields_.back().push_back({std::string{name} + "=" + std::string{value}, at});
  }

  // Every VLAN is said as the 16 bits of a tag, in which a mask can be written.
  void add_vlan(std::uint64_t value, unsigned open, json::Span at) {
    const std::uint64_t low = (std::uint64_t{1} << open) - 1;
    fields_.back().push_back({"vlan_tci=" + ofmsg::hex(0x1000 | value) + "/" + ofmsg::hex(0x1fff & ~low), at});
  }

  void take_word(const MatchKey& key, const std::string& word, json::Span at) {
    if (word.empty() || word.size() > 128 || word.find_first_of(", =()\t\r\n") != std::string::npos) {
      Diagnostic& finding =
          findings_.add(Code::bad_match, at, quoted(word) + " is not a value of " + std::string{key.name});
      if (word.find(',') != std::string::npos) finding.label = "write several values as a list: [ , ]";
      return;
    }
    if (const auto number = key.words == nullptr ? std::nullopt : key.words(word)) {
      return add(key, std::to_string(*number), at);
    }
    const auto bounds = key.use == MatchKey::Use::address ? std::nullopt : bounds_of(word);
    if (bounds) return take_range(key, *bounds, word, at);
    if (key.use == MatchKey::Use::vlan) return take_vlan(key, word, at);
    if (key.words != nullptr && !ofmsg::parse_number(word)) {
      findings_.add(Code::bad_match, at, quoted(word) + " is not a value of " + std::string{key.name}).label =
          key.some_words;
      return;
    }
    add(key, word, at);
  }

  void take_vlan(const MatchKey& key, const std::string& word, json::Span at) {
    // 0xffff is the "no tag" of OpenFlow 1.0, which dl_vlan comes from.
    if (word == "untagged" || (key.name == "dl_vlan" && ofmsg::parse_number(word) == 0xffffU)) {
      fields_.back().push_back({"vlan_tci=0/0x1fff", at});
      return;
    }
    if (word == "tagged") return add_vlan(0, 12, at);
    const std::size_t slash = std::min(word.find('/'), word.size());
    const auto value = ofmsg::parse_number(std::string_view{word}.substr(0, slash));
    const auto mask = slash == word.size() ? std::optional<std::uint64_t>{0xfff}
                                           : ofmsg::parse_number(std::string_view{word}.substr(slash + 1));
    if (!value || !mask || *value > 0xfff || *mask > 0xfff) {
      findings_.add(Code::bad_match, at, quoted(word) + " is not a VLAN").label =
          "0 to 4095, a range such as \"100-119\", value/mask, \"untagged\" or \"tagged\"";
      return;
    }
    fields_.back().push_back(
        {"vlan_tci=" + ofmsg::hex(0x1000 | (*value & *mask)) + "/" + ofmsg::hex(0x1000 | *mask), at});
  }

  void take_range(const MatchKey& key, Bounds bounds, const std::string& word, json::Span at) {
    const std::uint64_t most = ofmsg::ones(key.bits).lo;
    if (bounds.first > bounds.last) {
      findings_.add(Code::bad_match, at, "the range " + quoted(word) + " ends before it begins");
    } else if (bounds.last > most || bounds.ipv4 != (key.use == MatchKey::Use::ipv4) || key.bits > 32) {
      findings_.add(Code::bad_match, at, quoted(word) + " is not a range of " + std::string{key.name});
    } else if (key.use == MatchKey::Use::exact) {
      if (bounds.last - bounds.first >= most_in_a_list) {
        findings_.add(Code::too_many_terms, at,
                      quoted(word) + " has more than " + std::to_string(most_in_a_list) +
                          " values, and no mask can say " + std::string{key.name});
        return;
      }
      for (std::uint64_t v = bounds.first; v <= bounds.last; ++v) add(key, std::to_string(v), at);
    } else {
      for (const Block& block : blocks_of(bounds.first, bounds.last)) {
        if (key.use == MatchKey::Use::vlan) {
          add_vlan(block.value, block.open, at);
        } else if (key.use == MatchKey::Use::ipv4) {
          add(key, ofmsg::ipv4_text(static_cast<std::uint32_t>(block.value)) + "/" + std::to_string(32 - block.open),
              at);
        } else {
          add(key, masked(block.value, block.open, most), at);
        }
      }
    }
  }

  // Depth first over all choices of one fragment for each field. False after the first finding: the others would say
  // the same again.
  bool combine(std::vector<const Fragment*>& chosen) {
    if (chosen.size() == fields_.size()) return finish(chosen);
    for (const Fragment& fragment : fields_[chosen.size()]) {
      chosen.push_back(&fragment);
      const bool good = combine(chosen);
      chosen.pop_back();
      if (!good) return false;
    }
    return true;
  }

  bool finish(const std::vector<const Fragment*>& chosen) {
    std::string text;
    std::vector<std::size_t> ends;
    for (const Fragment* fragment : chosen) {
      text += (text.empty() ? "" : ",") + fragment->text;
      ends.push_back(text.size());
    }
    const auto match = ofmsg::parse_match(text);
    if (match) {
      into_.push_back(*match);
      return true;
    }
    const ofmsg::TextError& error = match.error();
    std::size_t i = 0;
    while (i + 1 < ends.size() && error.offset >= ends[i]) ++i;
    if (is_prerequisite_hint(error.hint)) {
      findings_.add(Code::incomplete_match, key_at_[i], error.message).label = object_hint(error.hint);
    } else {
      findings_.add(Code::bad_match, chosen[i]->at, error.message).label = error.hint;
    }
    return false;
  }

  Findings& findings_;
  json::Span at_;
  std::vector<Match>& into_;
  std::vector<std::vector<Fragment>> fields_;
  std::vector<json::Span> key_at_;
  bool vlan_said_ = false;
};

void read_one(Findings& findings, const json::Value& value, std::vector<Match>& into) {
  if (const auto* text = value.as<std::string>()) {
    read_text(findings, *text, value.at, into);
  } else if (const auto* object = value.as<json::Object>()) {
    ObjectReader{findings, value.at, into}.read(*object);
  } else {
    findings.add(Code::wrong_type, value.at,
                 "a match must be a string such as \"ip,nw_dst=10.0.0.0/8\", an object of fields, a list of these, or "
                 "\"any\", not " +
                     std::string{json::kind_of(value)});
  }
}

}  // namespace

void read_match(Findings& findings, const json::Value& value, std::vector<Match>& into) {
  const auto* list = value.as<json::Array>();
  if (list == nullptr) return read_one(findings, value, into);
  if (list->empty()) findings.add(Code::nowhere, value.at, "an empty list of matches: no packet can meet it");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Findings::Step step{findings, std::to_string(i)};
    read_one(findings, (*list)[i], into);
    if (into.size() > most_matches) {
      findings.add(Code::too_many_terms, value.at,
                   "the match of this rule stands for more than " + std::to_string(most_matches) + " matches");
      return;
    }
  }
}

}  // namespace sluice::policy
