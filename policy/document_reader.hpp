// What every part of the document reader needs: findings with places, and values of the expected kind. Private to the
// document reader.
//
// An object of the file is read by a table with one row for each key (`Field`), which is also what the schema and the
// page about the format are made from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/codes.hpp"
#include "policy/document.hpp"
#include "policy/document_format.hpp"
#include "policy/document_json.hpp"
#include "policy/spelling.hpp"

namespace sluice::policy {

class Findings {
 public:
  // Begins another text, which must live as long as this, and goes to it. Returns its number.
  std::size_t begin(std::string_view text, const std::string& file);

  // From now on, places are in this text.
  void go_to(std::size_t number) { current_ = number; }

  [[nodiscard]] std::size_t current() const { return current_; }

  // Adds a finding; what is returned may be filled up and is valid until the next is added.
  Diagnostic& add(Code code, json::Span at, std::string message);
  Diagnostic& unsupported(json::Span at, const std::string& what);

  [[nodiscard]] Position position(std::size_t offset) const;

  [[nodiscard]] std::string_view text() const { return sources_[current_].text; }

  [[nodiscard]] const std::string& file() const { return sources_[current_].file; }

  [[nodiscard]] std::size_t errors() const { return errors_; }

  [[nodiscard]] bool full() const;  // more findings are counted, but not kept

  [[nodiscard]] std::vector<Diagnostic> take() { return std::move(findings_); }

  // The place in the tree that is being read, as a JSON pointer; a note of every finding.
  class Step {
   public:
    Step(Findings& findings, std::string_view part);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Findings& findings_;
    std::size_t length_;
  };

 private:
  struct Source {
    std::string_view text;
    std::string file;
    std::vector<std::size_t> lines;  // where each begins
  };

  std::vector<Source> sources_;
  std::size_t current_ = 0;
  std::string pointer_;
  std::vector<Diagnostic> findings_;
  Diagnostic surplus_;  // stands for findings beyond the limit
  std::size_t errors_ = 0;
};

// In order of position.
[[nodiscard]] std::vector<Diagnostic> sorted(std::vector<Diagnostic> findings);

[[nodiscard]] std::string quoted(std::string_view s);  // in quotes, cut when long, control characters replaced

// --- values ----------------------------------------------------------------------------------------------------------

// Each of these adds a finding when the value is not of the kind.
[[nodiscard]] const json::Object* object_of(Findings& findings, const json::Value& value, std::string_view what);
[[nodiscard]] const json::Array* list_of(Findings& findings, const json::Value& value, std::string_view what);
[[nodiscard]] const std::string* string_of(Findings& findings, const json::Value& value, std::string_view what);
[[nodiscard]] std::optional<bool> truth_of(Findings& findings, const json::Value& value, std::string_view what);
[[nodiscard]] std::optional<std::uint64_t> number_of(Findings& findings, const json::Value& value,
                                                     std::string_view what, std::uint64_t least, std::uint64_t most);
// The number, if it is between the two.
[[nodiscard]] std::optional<std::uint64_t> in_range(Findings& findings, json::Span at, std::string_view what,
                                                    std::optional<std::uint64_t> number, std::uint64_t least,
                                                    std::uint64_t most);
[[nodiscard]] bool check_name(Findings& findings, std::string_view name, json::Span at, std::string_view what);
// The index of the string among the words; a finding if it is none of them.
[[nodiscard]] std::optional<std::size_t> word_of(Findings& findings, const json::Value& value, std::string_view what,
                                                 std::span<const std::string_view> words);

// --- objects ---------------------------------------------------------------------------------------------------------

// One key of an object that is read into a T with a Context at hand.
template <class T, class Context>
struct Field : KeyFacts {
  void (*read)(Context&, const json::Value&, T&) = nullptr;
};

template <class T, class Context>
[[nodiscard]] ObjectFacts facts_of(std::string_view name, std::span<const Field<T, Context>> table) {
  return {name, {table.begin(), table.end()}};
}

// Returns the key that was probably meant; empty if none is near.
std::string_view report_unknown_key(Findings& findings, const json::Member& member, std::string_view where,
                                    std::span<const std::string_view> keys);

// Reads the members of an object by the table; `where` is for messages: `slice "video"`.
template <class T, class Context>
void read_object(Context& context, const json::Object& object, json::Span at, const std::string& where,
                 std::span<const Field<T, Context>> table, T& into) {
  Findings& findings = context.findings;
  std::vector<std::string_view> misspelt;  // missing, but for a reason that was told already
  for (const json::Member& member : object) {
    if (member.key.starts_with("x-")) continue;
    const Findings::Step step{findings, member.key};
    const auto row =
        std::find_if(table.begin(), table.end(), [&member](const auto& field) { return field.key == member.key; });
    if (row == table.end()) {
      std::vector<std::string_view> keys;
      for (const auto& field : table) keys.push_back(field.key);
      misspelt.push_back(report_unknown_key(findings, member, where, keys));
    } else {
      row->read(context, member.value, into);
      if (row->presence == Presence::later) findings.unsupported(member.at, "the key " + quoted(member.key));
    }
  }
  for (const auto& field : table) {
    const bool told = std::find(misspelt.begin(), misspelt.end(), field.key) != misspelt.end();
    if (field.presence == Presence::required && !told && json::find(object, field.key) == nullptr) {
      findings.add(Code::missing_key, at, where + " has no \"" + std::string{field.key} + "\"");
    }
  }
}

}  // namespace sluice::policy
