#include "ofmsg/text_scan.hpp"

#include <algorithm>
#include <vector>

#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view separators = ", \t\r\n";

// Insertions, deletions, replacements and swaps of neighbours between two words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::size_t end_of_value(std::string_view text, std::size_t at, bool& balanced) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')') {
      if (depth == 0) {
        balanced = false;
        return at;
      }
      --depth;
    }
    if (depth == 0 && separators.find(text[at]) != std::string_view::npos) break;
  }
  balanced = depth == 0;
  return at;
}

}  // namespace

Read<std::optional<Pair>> Scanner::next() {
  const std::string_view text = text_.text;
  at_ = std::min(text.find_first_not_of(separators, at_), text.size());
  if (at_ == text.size()) return std::optional<Pair>{};
  const std::size_t start = at_;
  key_end_ = std::min(text.find_first_of(":=(), \t\r\n", start), text.size());
  Pair pair;
  pair.key = text_.part(start, key_end_ - start);
  bool balanced = true;
  at_ = end_of_value(text, key_end_, balanced);
  if (!balanced) {
    if (at_ < text.size()) {
      return unreadable(text_.part(at_, 1), "\")\" closes a parenthesis that was never opened");
    }
    const std::size_t open = text.find('(', start);
    return unreadable(text_.part(open, 1), "this parenthesis is never closed", "add \")\"");
  }
  if (key_end_ < at_ && text[key_end_] == '(') {
    const std::size_t close = text.rfind(')', at_ - 1);
    if (text.substr(close + 1, 2) == "->") {  // "key(value)->field"
      pair.value = text_.part(key_end_, at_ - key_end_);
      pair.whole = text_.part(start, at_ - start);
      return std::optional<Pair>{pair};
    }
    if (close + 1 != at_) {
      return unreadable(text_.part(close + 1, at_ - close - 1), "unexpected text after \")\"", "add a comma");
    }
    pair.value = text_.part(key_end_ + 1, close - key_end_ - 1);
  } else if (key_end_ < at_) {
    pair.value = text_.part(key_end_ + 1, at_ - key_end_ - 1);
  }
  pair.whole = text_.part(start, at_ - start);
  return std::optional<Pair>{pair};
}

Word Scanner::rest_after_key() const { return text_.part(std::min(key_end_ + 1, text_.text.size())); }

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  if (word.size() > 64) return {};
  for (const std::string_view candidate : words) {
    const std::size_t d = distance(word, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best.empty() ? "" : "did you mean " + quoted(best) + '?';
}

Word trimmed(Word word) {
  const std::size_t from = word.text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return word.part(word.text.size());
  const std::size_t to = word.text.find_last_not_of(blanks);
  return word.part(from, to - from + 1);
}

Read<bool> no_argument(const Pair& pair) {
  if (!pair.value || pair.value->text.empty()) return true;
  return unreadable(pair.whole, quoted(pair.key.text) + " takes no argument", "write just " + quoted(pair.key.text));
}

Read<std::uint64_t> read_number(const Pair& pair, std::uint64_t max) {
  const std::string name{pair.key.text};
  if (!pair.value || pair.value->text.empty()) {
    return unreadable(pair.whole, quoted(name) + " needs a number", "write " + quoted(name + "=…"));
  }
  const std::optional<std::uint64_t> value = parse_number(pair.value->text);
  if (!value) {
    return unreadable(*pair.value, quoted(pair.value->text) + " is not a number",
                      "numbers are decimal, or hexadecimal with 0x");
  }
  if (*value > max) {
    return unreadable(*pair.value, std::string{pair.value->text} + " is too large for " + name,
                      "at most " + std::to_string(max));
  }
  return *value;
}

}  // namespace sluice::ofmsg
