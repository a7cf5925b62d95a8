// Text → tokens with the line breaks before them → lines → text.
//
// That formatting twice changes nothing rests on two habits. What decides about the layout (line breaks between tokens,
// columns of comments) is written such that reading it again leads to the same decision; and columns are counted by
// one function, in code points, whether they are of the source or of the output.
#include "policy/formatted.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "policy/codes.hpp"
#include "policy/document_json.hpp"
#include "policy/document_reader.hpp"

namespace sluice::policy {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t";

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

std::size_t width(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

std::string_view without_blanks_at_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// --- tokens ----------------------------------------------------------------------------------------------------------

struct Token {
  enum class Kind : std::uint8_t { open, close, comma, colon, scalar, line_comment, block_comment, end };

  Kind kind = Kind::end;
  std::string_view text;
  std::size_t newlines = 0;  // between the token before and this one
  std::size_t line = 0, column = 0;
  std::size_t partner = 0;  // the index of the other bracket

  [[nodiscard]] bool is_comment() const { return kind == Kind::line_comment || kind == Kind::block_comment; }

  [[nodiscard]] bool has_lines() const { return kind == Kind::block_comment && text.find('\n') != text.npos; }
};

using Tokens = std::vector<Token>;
using Kind = Token::Kind;

// Cuts a text that the parser has accepted.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_{text} {}

  Tokens all() {
    Tokens tokens;
    std::vector<std::size_t> open;
    do {
      tokens.push_back(next());
      if (tokens.back().kind == Kind::open) open.push_back(tokens.size() - 1);
      if (tokens.back().kind != Kind::close) continue;
      tokens.back().partner = open.back();
      tokens[open.back()].partner = tokens.size() - 1;
      open.pop_back();
    } while (tokens.back().kind != Kind::end);
    return tokens;
  }

 private:
  Token next() {
    const std::size_t line_before = line_;
    advance(std::min(text_.find_first_not_of(" \t\n", at_), text_.size()) - at_);
    Token token;
    token.newlines = line_ - line_before;
    token.line = line_;
    token.column = column_;
    if (at_ == text_.size()) return token;
    const auto [kind, length] = measure(text_.substr(at_));
    token.kind = kind;
    token.text = text_.substr(at_, length);
    advance(length);
    if (kind == Kind::line_comment) token.text = without_blanks_at_end(token.text);
    return token;
  }

  static std::pair<Kind, std::size_t> measure(std::string_view rest) {
    switch (rest.front()) {
      case '{':
      case '[': return {Kind::open, 1};
      case '}':
      case ']': return {Kind::close, 1};
      case ',': return {Kind::comma, 1};
      case ':': return {Kind::colon, 1};
      case '"': return {Kind::scalar, string_length(rest)};
      default: break;
    }
    if (rest.starts_with("//")) return {Kind::line_comment, std::min(rest.find('\n'), rest.size())};
    if (rest.starts_with("/*")) return {Kind::block_comment, std::min(rest.find("*/", 2), rest.size() - 2) + 2};
    return {Kind::scalar, std::min(rest.find_first_of(" \t\n,:[]{}\"/"), rest.size())};
  }

  static std::size_t string_length(std::string_view rest) {
    std::size_t at = 1;
    while (at < rest.size() && rest[at] != '"') at += rest[at] == '\\' ? 2U : 1U;
    return std::min(at + 1, rest.size());
  }

  void advance(std::size_t count) {
    for (const std::size_t to = at_ + count; at_ < to; ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        column_ = 0;
      } else if (!continues_character(text_[at_])) {
        ++column_;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 0, column_ = 0;
};

// Puts commas and colons directly behind what they follow, and behind block comments that stand in between in the same
// line. Other comments in between then come after the comma, as if they had been written there.
void settle_punctuation(Tokens& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != Kind::comma && tokens[i].kind != Kind::colon) continue;
    std::size_t to = i;
    while (tokens[to - 1].is_comment()) --to;
    while (to < i && tokens[to].kind == Kind::block_comment && tokens[to].newlines == 0) ++to;
    if (to < i) tokens[i + 1].newlines = std::max(tokens[i].newlines, tokens[i + 1].newlines);
    tokens[i].newlines = 0;
    const auto at = [&tokens](std::size_t n) { return tokens.begin() + static_cast<std::ptrdiff_t>(n); };
    std::rotate(at(to), at(i), at(i + 1));
  }
}

// --- lines -----------------------------------------------------------------------------------------------------------

struct Line {
  std::string code;
  std::string end = {};    // comments at the end of the line
  std::size_t column = 0;  // of these in the source
};

// Comments at ends of lines that were aligned, with no empty line and no other comment between them, are aligned again.
class Aligner {
 public:
  explicit Aligner(std::vector<Line>& lines) : lines_{lines} {}

  void run() {
    for (Line& line : lines_) {
      const bool empty = line.code.empty() && line.end.empty();
      const bool other = !line.end.empty() && !group_.empty() && group_.front()->column != line.column;
      if (empty || other) finish_group();
      if (!line.end.empty()) group_.push_back(&line);
    }
    finish_group();
  }

 private:
  void finish_group() {
    std::size_t column = 0;
    for (const Line* line : group_) column = std::max(column, width(line->code) + 2);
    for (Line* line : group_) line->code.append(column - width(line->code), ' ').append(line->end);
    group_.clear();
  }

  std::vector<Line>& lines_;
  std::vector<Line*> group_;
};

class Printer {
 public:
  explicit Printer(const Tokens& tokens) : tokens_{tokens} {}

  std::vector<Line> lines() {
    between(0, true);
    value();
    between(0, false);
    return std::move(lines_);
  }

 private:
  static constexpr std::size_t step = 2;

  // --- values

  void value() {
    if (tokens_[at_].kind != Kind::open) {
      put(tokens_[at_++].text);
    } else if (const std::optional<std::string> line = on_one_line(at_)) {
      put(*line);
      at_ = tokens_[at_].partner + 1;
    } else {
      on_several_lines();
    }
  }

  void on_several_lines() {
    const std::size_t inside = indent_ + step;
    const std::size_t close = tokens_[at_].partner;
    const bool object = tokens_[at_].text == "{";
    put(tokens_[at_++].text);
    between(inside, true);
    while (at_ != close) {
      if (object) key();
      value();
      if (comma_follows(at_)) through_punctuation();
      between(inside, false);
    }
    put(tokens_[at_++].text);
  }

  void key() {
    put(tokens_[at_++].text);
    through_punctuation();
    before_value();
  }

  // Block comments, and the comma or colon after them.
  void through_punctuation() {
    for (; tokens_[at_].is_comment(); ++at_) {
      put(" ");
      put_comment(tokens_[at_]);
    }
    put(tokens_[at_++].text);
  }

  // After a colon. A value begins a line of its own only where a comment before it does or ends one.
  void before_value() {
    const std::size_t deeper = indent_ + step;
    bool break_allowed = false;
    for (; tokens_[at_].is_comment(); ++at_) {
      const Token& comment = tokens_[at_];
      const bool line = comment.kind == Kind::line_comment;
      break_allowed = line || comment.newlines > 0;
      if (comment.newlines > 0) {
        begin_line_with(comment, deeper, false);
      } else if (line) {
        end_line_with(at_, at_ + 1);
      } else {
        put(" ");
        put_comment(comment);
      }
    }
    if (break_allowed && tokens_[at_].newlines > 0) {
      new_line(deeper, false);
    } else {
      put(" ");
    }
  }

  // --- on one line

  // The list or object that opens at `open`, if it was on one line and has room.
  [[nodiscard]] std::optional<std::string> on_one_line(std::size_t open) const {
    const std::size_t close = tokens_[open].partner;
    const bool empty = close == open + 1;
    if (!empty && tokens_[close].line != tokens_[open].line) return std::nullopt;
    const std::size_t taken = width(lines_.back().code) + (comma_follows(close + 1) ? 1U : 0U);
    std::string out;
    for (std::size_t i = open; i <= close; ++i) {
      if (i > open && space_between(tokens_[i - 1], tokens_[i])) out += ' ';
      out += tokens_[i].text;
      // Asked each time, so that a very long line is not put together once for each level of it.
      if (!empty && taken + width(out) > widest_formatted) return std::nullopt;
    }
    return out;
  }

  static bool space_between(const Token& before, const Token& after) {
    if (after.kind == Kind::comma || after.kind == Kind::colon) return false;
    if (before.text == "[" || after.text == "]") return false;
    return before.text != "{" || after.text != "}";
  }

  // --- between values

  [[nodiscard]] std::size_t after_comments(std::size_t at) const {
    while (tokens_[at].is_comment()) ++at;
    return at;
  }

  [[nodiscard]] bool comma_follows(std::size_t at) const { return tokens_[after_comments(at)].kind == Kind::comma; }

  // Comments from here to `next` that belong to the line before: those in it, unless `next` is in it too, which then is
  // what they are about.
  [[nodiscard]] std::size_t end_of_trailing(std::size_t next) const {
    if (lines_.empty()) return at_;
    std::size_t end = at_;
    while (end < next && tokens_[end].newlines == 0) ++end;
    const bool ends_here = tokens_[next].kind == Kind::close || tokens_[next].kind == Kind::end;
    return end == next && tokens_[next].newlines == 0 && !ends_here ? at_ : end;
  }

  // Writes the comments that come next and begins the line of what follows them. Directly after a bracket, which is
  // `opening`, there is no empty line.
  void between(std::size_t indent, bool opening) {
    const std::size_t next = after_comments(at_);
    const std::size_t own = end_of_trailing(next);
    end_line_with(at_, own);
    for (at_ = own; at_ < next; ++at_) {
      if (at_ == own || tokens_[at_].newlines > 0) {
        begin_line_with(tokens_[at_], indent, !opening || at_ > own);
      } else {
        put(" ");
        put_comment(tokens_[at_]);
      }
    }
    const Token& token = tokens_[next];
    if (token.kind == Kind::end) return;
    if (token.kind == Kind::close) return new_line(indent - step, false);
    if (own < next && token.newlines == 0) return put(" ");
    new_line(indent, token.newlines > 1 && (!opening || own < next));
  }

  void begin_line_with(const Token& comment, std::size_t indent, bool blank_allowed) {
    if (goes_on_with(comment)) {
      lines_.push_back({"", std::string{comment.text}, comment.column});
      return;
    }
    new_line(indent, blank_allowed && comment.newlines > 1);
    put_comment(comment);
  }

  // Does a comment at the end of the line before go on in this one, aligned with it?
  [[nodiscard]] bool goes_on_with(const Token& comment) const {
    if (comment.kind != Kind::line_comment || comment.newlines != 1 || lines_.empty()) return false;
    return !lines_.back().end.empty() && lines_.back().column == comment.column;
  }

  // The comments from `first` to before `last`.
  void end_line_with(std::size_t first, std::size_t last) {
    const auto begin = tokens_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(last);
    if (std::none_of(begin, end, [](const Token& token) { return token.has_lines(); })) {
      for (auto token = begin; token != end; ++token) {
        lines_.back().end.append(token == begin ? "" : " ").append(token->text);
      }
      if (begin != end) lines_.back().column = begin->column;
      return;
    }
    for (auto token = begin; token != end; ++token) {
      put(token == begin ? "  " : " ");
      put_comment(*token);
    }
  }

  // --- output

  void new_line(std::size_t indent, bool blank) {
    if (blank) lines_.emplace_back();
    lines_.push_back({std::string(indent, ' ')});
    indent_ = indent;
  }

  void put(std::string_view text) { lines_.back().code += text; }

  // The lines of a comment move together.
  void put_comment(const Token& comment) {
    const std::size_t column = width(lines_.back().code);
    std::string_view rest = comment.text;
    std::size_t end = std::min(rest.find('\n'), rest.size());
    put(without_blanks_at_end(rest.substr(0, end)));
    while (end < rest.size()) {
      rest.remove_prefix(end + 1);
      end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = without_blanks_at_end(rest.substr(0, end));
      const std::size_t lead = std::min(line.find_first_not_of(blanks), line.size());
      const std::size_t to = lead + column - std::min(lead + column, comment.column);
      lines_.push_back({});
      if (!line.empty()) lines_.back().code.append(to, ' ').append(line.substr(lead));
    }
  }

  const Tokens& tokens_;
  std::size_t at_ = 0;
  std::vector<Line> lines_;
  std::size_t indent_ = 0;  // of the last line
};

// --- the text --------------------------------------------------------------------------------------------------------

// A lone carriage return is the end of a line too: it ends `//` comments.
std::string with_plain_line_ends(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (!text.substr(i + 1).starts_with('\n')) {
      out += '\n';
    }
  }
  return out;
}

Diagnostic finding(std::string_view text, const std::string& file, const json::Fault& fault) {
  Findings findings;
  findings.begin(text, file);
  const Code code = fault.kind == json::Fault::Kind::too_big ? Code::too_big : Code::syntax;
  findings.add(code, fault.at, fault.message).label = fault.label;
  return std::move(findings.take().front());
}

// The fault for which there is nothing to format. A key that is given twice is none.
std::optional<json::Fault> obstacle(std::string_view text) {
  json::Parsed parsed = json::parse(text);
  if (!parsed.value) return std::move(parsed.faults.back());
  // The parser takes it for the end of the text or of a comment; what follows would be lost.
  const std::size_t zero = text.find('\0');
  if (zero == text.npos) return std::nullopt;
  return json::Fault{json::Fault::Kind::syntax, {zero, 1}, "a byte that is zero", "", {}};
}

}  // namespace

ofmsg::Result<std::string, Diagnostic> formatted(std::string_view text, const std::string& file) {
  if (const std::optional<json::Fault> fault = obstacle(text)) {
    return ofmsg::Failure<Diagnostic>{finding(text, file, *fault)};
  }
  const bool marked = text.starts_with(byte_order_mark);
  const std::string source = with_plain_line_ends(text.substr(marked ? byte_order_mark.size() : 0));
  Tokens tokens = Tokenizer{source}.all();
  settle_punctuation(tokens);
  std::vector<Line> lines = Printer{tokens}.lines();
  Aligner{lines}.run();
  std::string out{marked ? byte_order_mark : ""};
  for (const Line& line : lines) out.append(line.code).append("\n");
  return out;
}

}  // namespace sluice::policy
