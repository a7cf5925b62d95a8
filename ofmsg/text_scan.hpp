// Cuts the comma-separated texts of ovs-ofctl into words and builds the errors that point at them.
//
// Internal to the readers of this folder.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ofmsg/text.hpp"

namespace sluice::ofmsg {

template <class T>
using Read = Result<T, TextError>;

using Unreadable = Failure<TextError>;

// A piece of the text, and where it lies.
struct Word {
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] Word part(std::size_t from, std::size_t count = std::string_view::npos) const {
    return {text.substr(from, count), at + from};
  }
};

[[nodiscard]] inline Unreadable unreadable(Word where, std::string message, std::string hint = {}) {
  return Unreadable{TextError{where.at, where.text.size(), std::move(message), std::move(hint)}};
}

// An error of a part, seen from the whole.
[[nodiscard]] inline Unreadable moved(TextError error, std::size_t by) {
  error.offset += by;
  return Unreadable{std::move(error)};
}

[[nodiscard]] inline std::string quoted(std::string_view text) { return '"' + std::string{text} + '"'; }

// "key", "key=value", "key:value", "key(value)" or "key(value)->field".
struct Pair {
  Word key;
  std::optional<Word> value;  // without the parentheses of key(value); all of "(value)->field"
  Word whole;
};

class Scanner {
 public:
  explicit Scanner(Word text) : text_{text} {}

  // The next pair; nothing at the end. An error is a parenthesis that is never closed, or closed and never opened.
  [[nodiscard]] Read<std::optional<Pair>> next();
  // Everything after the key of the last pair and one '=' or ':'.
  [[nodiscard]] Word rest_after_key() const;

 private:
  Word text_;
  std::size_t at_ = 0;
  std::size_t key_end_ = 0;
};

// `did you mean "nw_src"?` if one of the words is near enough; empty otherwise.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

// Without the blanks at both ends.
[[nodiscard]] Word trimmed(Word word);

// True: the word stands alone, as it must.
[[nodiscard]] Read<bool> no_argument(const Pair& pair);

// A number of at most `max`, decimal or with 0x. `name` is what the number is for, in the error.
[[nodiscard]] Read<std::uint64_t> read_number(const Pair& pair, std::uint64_t max);

}  // namespace sluice::ofmsg
