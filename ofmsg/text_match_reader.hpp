// Gathers the words of a match; internal to the readers of this folder, which meet them alone and inside flows.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ofmsg/oxm_names.hpp"
#include "ofmsg/text_scan.hpp"

namespace sluice::ofmsg {

class MatchReader {
 public:
  explicit MatchReader(Vocabulary vocabulary) : vocabulary_{vocabulary} {}

  // Takes one word of the match. What it means may depend on the words after it.
  void add(const Pair& pair) { pairs_.push_back(pair); }

  // The match of all words. `others` are names that the caller understands besides, for "did you mean".
  [[nodiscard]] Read<Match> finish(std::span<const std::string_view> others = {});

 private:
  [[nodiscard]] Read<bool> take_type(const Pair& pair);
  [[nodiscard]] Read<bool> take_protocol(const Pair& pair);
  [[nodiscard]] Read<bool> take_field(const Pair& pair, std::span<const std::string_view> others);
  [[nodiscard]] Read<bool> take_vlan(const Pair& pair);
  [[nodiscard]] Read<bool> take_tci(const Pair& pair);
  [[nodiscard]] Read<bool> take_tos(const Pair& pair);
  [[nodiscard]] Read<bool> take_value(Field field, const Pair& pair);
  [[nodiscard]] Read<bool> take_other(const OxmField& field, const Pair& pair);
  [[nodiscard]] Read<bool> put(const Term& term, const Pair& pair);
  [[nodiscard]] Read<Field> by_protocol(const Pair& pair) const;
  [[nodiscard]] Unreadable unknown(const Pair& pair, std::span<const std::string_view> others) const;
  [[nodiscard]] Read<bool> check_prerequisites() const;

  std::vector<Pair> pairs_;
  Vocabulary vocabulary_;
  std::map<Field, Word> said_;  // where each field was given
  std::set<std::string> others_;
  Match match_;
};

// Fields by the names of ovs-ofctl and of OXM, but not those whose meaning depends on other fields.
[[nodiscard]] std::optional<Field> field_named(std::string_view name);

}  // namespace sluice::ofmsg
