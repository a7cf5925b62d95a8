// Values and fields as test cases spell them, and as trees: for this folder, and for who writes cases in another form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ofmsg/kind.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/result.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/tree.hpp"

namespace sluice::slicing::replay {

[[nodiscard]] inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// Kinds that are spelt as ovs-ofctl takes them.
[[nodiscard]] constexpr bool is_text_kind(ofmsg::Kind kind) {
  using enum ofmsg::Kind;
  return kind == flow_mod || kind == group_mod || kind == meter_mod || kind == packet_out;
}

// An error at bytes of a text.
[[nodiscard]] ofmsg::Failure<ofmsg::TextError> wrong(std::size_t at, std::size_t length, std::string message,
                                                     std::string hint = {});

// "name=value, name=value": a value is a number, a word, "text", [a, b] or {name=value, name=value}.
class ValueReader {
 public:
  explicit ValueReader(std::string_view text) : text_{text} {}

  [[nodiscard]] bool done();

  [[nodiscard]] std::size_t at() const { return at_; }

  // The next "name=value"; the name alone if there is no "=".
  [[nodiscard]] ofmsg::Result<std::pair<std::string, std::optional<ofmsg::Tree>>, ofmsg::TextError> member();

 private:
  static constexpr int deepest = 16;

  using Value = ofmsg::Result<ofmsg::Tree, ofmsg::TextError>;

  void skip_space();
  // Takes what is before one of these characters, or blanks.
  std::string_view take_until(std::string_view ends);
  Value value(int depth);
  Value quoted();
  Value word();
  Value list(int depth);
  Value object(int depth);

  std::string_view text_;
  std::size_t at_ = 0;
};

// A value as ValueReader reads it.
[[nodiscard]] std::string spelt(const ofmsg::Tree& tree);

// The fields of a message: without what its header says, and without what is there for people only.
[[nodiscard]] ofmsg::Tree fields_of(const ofmsg::Message& message, ofmsg::Version version);
// All fields at their defaults; the error is a sentence.
[[nodiscard]] ofmsg::Result<ofmsg::Tree, std::string> defaults_of(ofmsg::Kind kind, ofmsg::Version version);
// The message that the fields say.
[[nodiscard]] ofmsg::Result<ofmsg::Message, ofmsg::TreeError> message_of(ofmsg::Tree fields, ofmsg::Kind kind,
                                                                         ofmsg::Version version);
void replace(ofmsg::Tree& tree, std::string_view name, ofmsg::Tree value);

// A place within fields: "cookie", "flows[0].cookie". The field that it is in, and whether it is more than that.
[[nodiscard]] inline std::string_view field_of(std::string_view place) {
  return place.substr(0, place.find_first_of("[."));
}

[[nodiscard]] inline bool is_nested(std::string_view place) { return field_of(place).size() < place.size(); }

// What is there; null if there is no such place.
[[nodiscard]] ofmsg::Tree* find_place(ofmsg::Tree& fields, std::string_view place);

// Calls `take` with the place of everything in the tree that is neither a list nor an object, and with what is there.
template <class Take>
void for_each_leaf(ofmsg::Tree& tree, const std::string& place, Take& take) {
  if (auto* list = tree.as<ofmsg::Tree::List>()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      std::string here = place;
      here.append("[").append(std::to_string(i)).append("]");
      for_each_leaf((*list)[i], here, take);
    }
  } else if (auto* object = tree.as<ofmsg::Tree::Object>()) {
    for (auto& [name, value] : *object) {
      std::string here = place;
      here.append(".").append(name);
      for_each_leaf(value, here, take);
    }
  } else {
    take(place, tree);
  }
}

}  // namespace sluice::slicing::replay
