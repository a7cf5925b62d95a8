#include "slicing/replay/case_file.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "ofmsg/text_parts.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::slicing::replay {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// A line without its comment; "#" inside of a text or a packet is none.
std::string_view without_comment(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (line[i] == '#' && !quoted && (i == 0 || is_space(line[i - 1]))) return line.substr(0, i);
  }
  return line;
}

// Connections are probed every few seconds, so a longer time takes a while even here.
constexpr Time longest_wait = std::chrono::hours{24};

}  // namespace

std::optional<Time> parse_wait(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto number = ofmsg::parse_number(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  if (!number || *number > 100000000) return std::nullopt;
  const auto count = static_cast<std::int64_t>(*number);
  Time time{};
  if (unit == "ms") {
    time = std::chrono::milliseconds{count};
  } else if (unit == "s" || unit.empty()) {
    time = std::chrono::seconds{count};
  } else if (unit == "m") {
    time = std::chrono::minutes{std::min<std::int64_t>(count, 10000)};
  } else if (unit == "h") {
    time = std::chrono::hours{std::min<std::int64_t>(count, 10000)};
  } else {
    return std::nullopt;
  }
  return time <= longest_wait ? std::optional{time} : std::nullopt;
}

ofmsg::Port case_port(std::uint32_t number, std::string_view name) {
  ofmsg::Port port;
  port.number = ofmsg::PortNo{number};
  port.name.value = name;
  port.hw_addr = ofmsg::mac_of(0x020000000000 + number);
  return port;
}

namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_{text} {}

  CaseFile run() {
    while (next_line()) {
      const std::string_view line = trimmed(without_comment(line_));
      if (line.empty()) continue;
      if (in_case_) {
        if (line == "}") {
          in_case_ = false;
        } else {
          read_step(line);
        }
      } else {
        read_top(line);
      }
    }
    if (in_case_) error(file_.cases.back().at, "the case has no end", "close it with \"}\"");
    if (!file_.policy) error({0, 0, 1, 1}, "there is no slice file", "write: config slices.json");
    check_references();
    return std::move(file_);
  }

 private:
  bool next_line() {
    if (next_ >= text_.size()) return false;
    begin_ = next_;
    const std::size_t end = std::min(text_.find('\n', begin_), text_.size());
    line_ = text_.substr(begin_, end - begin_);
    next_ = end + 1;
    ++number_;
    return true;
  }

  [[nodiscard]] Place place(std::string_view part) const {
    const auto offset = static_cast<std::size_t>(part.data() - text_.data());
    return {offset, part.size(), number_, offset - begin_ + 1};
  }

  void error(Place at, std::string message, std::string hint = {}) {
    file_.errors.push_back({at, std::move(message), std::move(hint)});
  }

  // The first word, taken from the front.
  static std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view word = line.substr(0, end);
    line = trimmed(line.substr(end));
    return word;
  }

  // "text" in quotes, taken from the front.
  std::optional<std::string> take_quoted(std::string_view& line) {
    const std::size_t end = line.starts_with('"') ? line.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      error(place(line), "a name in quotes is missing");
      return std::nullopt;
    }
    std::string inside{line.substr(1, end - 1)};
    line = trimmed(line.substr(end + 1));
    return inside;
  }

  // The same, with nothing behind it.
  std::optional<std::string> take_last_quoted(std::string_view rest) {
    auto inside = take_quoted(rest);
    if (inside && !rest.empty()) error(place(rest), "nothing can stand behind the name");
    return inside;
  }

  void read_top(std::string_view line) {
    std::string_view rest = line;
    const std::string_view word = take_word(rest);
    if (word == "config") {
      if (file_.policy) error(place(line), "the file has a slice file already");
      file_.policy = read_policy(rest);
    } else if (word == "version") {
      if (const auto version = read_version(rest)) file_.version = *version;
    } else if (word == "switch") {
      read_switch(rest);
    } else if (word == "test") {
      read_case(rest, line);
    } else {
      error(place(word), "\"" + std::string{word} + "\" means nothing here",
            "there are config, version, switch and test");
    }
  }

  std::optional<ofmsg::Version> read_version(std::string_view text) {
    const auto version = ofmsg::parse_version(text);
    if (version && (*version == ofmsg::v1_0 || *version == ofmsg::v1_3)) return version;
    error(place(text), "this is no version that slices can speak", "there are 1.0 and 1.3");
    return std::nullopt;
  }

  // A name, or text in braces that may go over several lines.
  PolicySource read_policy(std::string_view rest) {
    PolicySource source;
    source.at = place(rest);
    if (!rest.starts_with('{')) {
      source.text = rest;
      if (rest.empty()) error(source.at, "which slice file?", "write: config slices.json");
      return source;
    }
    source.inline_text = true;
    const auto begin = static_cast<std::size_t>(rest.data() - text_.data());
    const std::size_t end = end_of_braces(text_, begin);
    if (end == std::string_view::npos) {
      error(source.at, "the slice file has no end", "a \"}\" is missing");
      next_ = text_.size();
      return source;
    }
    source.text = text_.substr(begin, end - begin);
    while (next_ <= end && next_line()) {
    }
    const std::string_view behind = text_.substr(end, std::min(text_.find('\n', end), text_.size()) - end);
    if (const std::string_view more = trimmed(without_comment(behind)); !more.empty()) {
      error(place(more), "nothing can stand behind the slice file");
    }
    return source;
  }

  // "s1 ports 1=h1 2=h2 24"
  void read_switch(std::string_view rest) {
    CaseSwitch s;
    s.at = place(rest);
    s.name = take_word(rest);
    if (s.name.empty() || take_word(rest) != "ports" || rest.empty()) {
      return error(s.at, "a switch has a name and ports", "write: switch s1 ports 1=h1 2=h2");
    }
    while (!rest.empty()) {
      const std::string_view word = take_word(rest);
      const std::size_t equals = word.find('=');
      const auto number = word.substr(0, equals) == "LOCAL" ? std::optional<std::uint64_t>{ofmsg::port::local.value}
                                                            : ofmsg::parse_number(word.substr(0, equals));
      if (!number || *number > 0xfffffffe) {
        error(place(word), "a port is a number", "write 1, or 1=name for one that reports a name");
        continue;
      }
      const std::string name =
          equals == std::string_view::npos ? "p" + std::to_string(*number) : std::string{word.substr(equals + 1)};
      s.ports.push_back(case_port(static_cast<std::uint32_t>(*number), name));
    }
    const bool again = std::any_of(file_.switches.begin(), file_.switches.end(),
                                   [&s](const CaseSwitch& other) { return other.name == s.name; });
    if (again) return error(s.at, "there is a switch " + s.name + " already");
    file_.switches.push_back(std::move(s));
  }

  void read_case(std::string_view rest, std::string_view line) {
    Case c;
    c.at = place(line);
    auto name = take_quoted(rest);
    if (!name) return skip_to_brace();
    c.name = *std::move(name);
    if (rest != "{") error(place(rest), "a case begins with \"{\"");
    file_.cases.push_back(std::move(c));
    in_case_ = true;
  }

  void skip_to_brace() {
    while (next_line() && trimmed(line_) != "}") {
    }
  }

  void read_step(std::string_view line) {
    Case& c = file_.cases.back();
    std::string_view rest = line;
    const std::string_view word = take_word(rest);
    Step step;
    step.at = place(line);
    if (word == "after") {
      if (auto name = take_last_quoted(rest)) c.after = *std::move(name);
    } else if (word == "skip") {
      if (auto why = take_last_quoted(rest)) c.skip = *std::move(why);
    } else if (word == "openflow") {
      c.version = read_version(rest);
    } else if (line == "nothing else") {
      step.what = Step::What::nothing_else;
      c.steps.push_back(std::move(step));
    } else if (word == "wait") {
      const auto time = parse_wait(rest);
      if (!time) return error(place(rest), "how long?", "write it as in 200ms, 5s, 2m; 24h are the most");
      step.what = Step::What::wait;
      step.time = *time;
      c.steps.push_back(std::move(step));
    } else if (word == "config") {
      step.what = Step::What::policy;
      step.policy = read_policy(rest);
      c.steps.push_back(std::move(step));
    } else if (word == "connect" || word == "disconnect") {
      step.what = word == "connect" ? Step::What::connect : Step::What::disconnect;
      if (read_party(rest, step)) c.steps.push_back(std::move(step));
    } else {
      read_message(line, std::move(step));
    }
  }

  bool read_party(std::string_view word, Step& step) {
    const auto party = parse_party(word);
    if (!party) {
      error(place(word), "\"" + std::string{word} + "\" is nobody",
            "write s1 for a switch, video@s1 for the controller of a slice");
      return false;
    }
    step.party = *party;
    return true;
  }

  // "[hex] party > message", "[hex] party < message", "party < nothing"
  void read_message(std::string_view line, Step step) {
    std::string_view rest = line;
    std::string_view word = take_word(rest);
    if (word == "hex") {
      step.hex = true;
      word = take_word(rest);
    }
    const std::string_view arrow = take_word(rest);
    if (arrow != ">" && arrow != "<") {
      return error(place(line), "this is no step",
                   "write: s1 > message, s1 < message, nothing else, wait, connect, disconnect or config");
    }
    if (!read_party(word, step)) return;
    step.what = arrow == ">" ? Step::What::say : Step::What::hear;
    step.message = rest;
    step.message_at = place(rest);
    if (step.what == Step::What::hear && rest == "nothing") step.what = Step::What::hear_nothing;
    if (rest.empty()) return error(step.at, "a message is missing");
    Case& c = file_.cases.back();
    read_said(step, c.version.value_or(file_.version));
    c.steps.push_back(std::move(step));
  }

  void read_said(Step& step, ofmsg::Version version) {
    if (step.what == Step::What::hear_nothing) return;
    step.version = version;
    if (step.hex) {
      auto bytes = parse_hex(step.message);
      if (!bytes) return error(step.message_at, "these are no bytes", "write two hexadecimal digits for each");
      step.bytes = *std::move(bytes);
      return;
    }
    auto spelling = parse_spelling(step.message, version);
    if (spelling) {
      step.spelling = *std::move(spelling);
      if (step.what != Step::What::say || !step.spelling->at_least) return;
      return error(step.message_at, "who says something says all of it", "\"~\" is for what is expected");
    }
    const ofmsg::TextError& wrong = spelling.error();
    Place at = step.message_at;
    at.offset += wrong.offset;
    at.column += wrong.offset;
    at.length = std::max<std::size_t>(1, wrong.length);
    error(at, wrong.message, wrong.hint);
  }

  // Switches, and the cases that others come after.
  void check_references() {
    std::set<std::string_view> before, switches;
    for (const CaseSwitch& s : file_.switches) switches.insert(s.name);
    for (const Case& c : file_.cases) {
      if (before.contains(c.name)) error(c.at, "there is a case \"" + c.name + "\" already");
      if (c.after && !before.contains(*c.after)) {
        error(c.at, "no case before this one is called \"" + *c.after + "\"");
      }
      before.insert(c.name);
      for (const Step& step : c.steps) {
        const std::string& name = step.party.switch_name;
        if (name.empty() || switches.contains(name)) continue;
        error(step.at, "there is no switch " + name, "write: switch " + name + " ports 1 2");
      }
    }
  }

  std::string_view text_;
  std::size_t next_ = 0, begin_ = 0, number_ = 0;
  std::string_view line_;
  bool in_case_ = false;
  CaseFile file_;
};

}  // namespace

CaseFile parse_cases(std::string_view text) { return Parser{text}.run(); }

std::optional<Party> parse_party(std::string_view text) {
  if (text.empty() || text.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return Party{std::string{text}, {}, 0};
  std::string_view slice = text.substr(0, at);
  Party party{std::string{text.substr(at + 1)}, {}, 0};
  if (const std::size_t slash = slice.find('/'); slash != std::string_view::npos) {
    const auto number = ofmsg::parse_number(slice.substr(slash + 1));
    if (!number || *number == 0 || *number > 1000) return std::nullopt;
    party.controller = static_cast<std::size_t>(*number - 1);
    slice = slice.substr(0, slash);
  }
  party.slice = slice;
  if (party.slice.empty() || party.switch_name.empty()) return std::nullopt;
  return party;
}

std::size_t end_of_braces(std::string_view text, std::size_t begin) {
  int depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
      }
    } else if (text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i, 2) == "/*") {
      i = std::min(text.find("*/", i), text.size());
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::string text(const Party& party) {
  if (party.slice.empty()) return party.switch_name;
  const std::string number = party.controller == 0 ? "" : "/" + std::to_string(party.controller + 1);
  return party.slice + number + "@" + party.switch_name;
}

}  // namespace sluice::slicing::replay
