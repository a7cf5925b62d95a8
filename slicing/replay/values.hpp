// Values and fields as test cases spell them, and as trees. Private to this folder.
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

}  // namespace sluice::slicing::replay
