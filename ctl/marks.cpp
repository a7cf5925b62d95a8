#include "ctl/marks.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

namespace {

constexpr std::string_view plain = "\x1b[0m";

// A word of a text: between commas and blanks that are not inside of brackets.
struct Item {
  std::size_t at = 0;
  std::string_view text;
  bool action = false;

  [[nodiscard]] std::string_view name() const { return text.substr(0, std::min(text.find('='), text.size())); }

  [[nodiscard]] std::size_t value_at() const {
    const std::size_t equals = text.find('=');
    return equals == std::string_view::npos ? 0 : equals + 1;
  }

  [[nodiscard]] std::string_view value() const { return text.substr(value_at()); }
};

std::vector<Item> items_of(std::string_view text) {
  constexpr std::string_view actions = "actions=";
  std::vector<Item> items;
  std::size_t begin = 0;
  int depth = 0;
  bool quoted = false, acting = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '(' || c == '[' || c == '{' || c == '<')) ++depth;
    if (!quoted && (c == ')' || c == ']' || c == '}' || c == '>')) --depth;
    if (depth <= 0 && text.substr(begin, i - begin) == actions) {
      begin = i;
      acting = true;
    }
    if (i < text.size() && (quoted || depth > 0 || (c != ',' && c != ' '))) continue;
    // Behind the actions only an xid can follow.
    const std::string_view item = text.substr(begin, i - begin);
    if (!item.empty()) items.push_back({begin, item, acting && !item.starts_with("xid=")});
    begin = i + 1;
  }
  return items;
}

bool same(const Item& a, const Item& b, const std::vector<std::string>& differing) {
  if (a.action != b.action) return false;
  if (a.text == b.text) return true;
  if (a.name() != b.name() || a.value_at() == 0 || b.value_at() == 0) return false;
  const bool stands_for = a.value() == "*" || a.value().starts_with('$');
  if (stands_for) return std::find(differing.begin(), differing.end(), a.name()) == differing.end();
  const auto left = ofmsg::parse_number(a.value());
  return left && left == ofmsg::parse_number(b.value());
}

bool is_edge(char c) { return std::string_view{" ,{}[]()<>=:/"}.find(c) != std::string_view::npos; }

// What differs of two values, in whole words.
std::pair<Mark, Mark> middle(std::string_view a, std::string_view b) {
  std::size_t front = 0, back = 0;
  const std::size_t least = std::min(a.size(), b.size());
  while (front < least && a[front] == b[front]) ++front;
  while (back < least - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  // Of long rows of digits only those that differ.
  constexpr std::size_t longest_word = 32;
  if (std::max(a.size(), b.size()) <= longest_word || a.find_first_of(" ,{}[]()") != std::string_view::npos) {
    while (front > 0 && !is_edge(a[front - 1])) --front;
    while (back > 0 && !is_edge(a[a.size() - back])) --back;
  }
  if (front + back >= a.size() || front + back >= b.size()) return {{0, a.size()}, {0, b.size()}};
  return {{front, a.size() - front - back}, {front, b.size() - front - back}};
}

// Pairs the items of both sides, and keeps what found no partner.
void pair_off(std::vector<Item>& left, std::vector<Item>& right, const std::vector<std::string>& differing) {
  std::vector<Item> alone;
  for (const Item& item : left) {
    const auto partner =
        std::find_if(right.begin(), right.end(), [&](const Item& other) { return same(item, other, differing); });
    if (partner == right.end()) {
      alone.push_back(item);
    } else {
      right.erase(partner);
    }
  }
  left = std::move(alone);
}

Mark whole(const Item& item) { return {item.at, item.text.size()}; }

}  // namespace

Marks marks_of(std::string_view expected, std::string_view got, const std::vector<std::string>& differing,
               bool at_least) {
  if (expected.starts_with('~')) {
    // The rest is marked as it stands behind it.
    Marks marks = marks_of(expected.substr(1), got, differing, true);
    for (Mark& mark : marks.expected) ++mark.begin;
    return marks;
  }
  std::vector<Item> left = items_of(expected), right = items_of(got);
  const std::size_t first = right.empty() ? 0 : right.front().at;
  const bool acts = std::any_of(left.begin(), left.end(), [](const Item& item) { return item.action; });
  pair_off(left, right, differing);
  Marks marks;
  for (const Item& item : left) {
    const auto partner = std::find_if(right.begin(), right.end(), [&](const Item& other) {
      return item.action == other.action && item.value_at() != 0 && item.name() == other.name();
    });
    if (partner == right.end()) {
      marks.expected.push_back(whole(item));
      continue;
    }
    const auto [mine, theirs] = middle(item.value(), partner->value());
    marks.expected.push_back({item.at + item.value_at() + mine.begin, mine.length});
    marks.got.push_back({partner->at + partner->value_at() + theirs.begin, theirs.length});
    right.erase(partner);
  }
  for (const Item& item : right) {
    if (!at_least || item.at == first || (item.action && acts)) marks.got.push_back(whole(item));
  }
  std::sort(marks.got.begin(), marks.got.end(), [](const Mark& a, const Mark& b) { return a.begin < b.begin; });
  return marks;
}

std::string coloured(std::string_view text, const std::vector<Mark>& marks, std::string_view colour) {
  std::string out;
  std::size_t at = 0;
  for (const Mark& mark : marks) {
    out +=
        fmt::format("{}{}{}{}", text.substr(at, mark.begin - at), colour, text.substr(mark.begin, mark.length), plain);
    at = mark.begin + mark.length;
  }
  return out + std::string{text.substr(at)};
}

std::string underline(const std::vector<Mark>& marks) {
  std::string out;
  for (const Mark& mark : marks) {
    out.resize(std::max(out.size(), mark.begin), ' ');
    out.append(mark.length, '^');
  }
  return out;
}

std::string beside(ofmsg::ByteView expected, ofmsg::ByteView got) {
  constexpr std::size_t row = 16;
  const auto digits = [](ofmsg::ByteView bytes, std::size_t at) {
    std::string out;
    for (std::size_t i = at; i < std::min(at + row, bytes.size()); ++i) {
      if (i > at && i % 4 == 0) out += ' ';
      out += ofmsg::hex_digits(bytes.subspan(i, 1));
    }
    return out;
  };
  std::string out;
  for (std::size_t at = 0; at < std::max(expected.size(), got.size()); at += row) {
    const std::string left = digits(expected, at), right = digits(got, at);
    const bool both = !expected.empty() && !got.empty();
    std::string line = fmt::format("{:04x}  {:35} {} {}", at, left, both && left != right ? '|' : ' ', right);
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace sluice::ctl
