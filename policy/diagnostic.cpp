// Findings as text: the line of the file with a caret under what is meant.

#include <algorithm>

#include "policy/document.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t widest = 120;  // bytes of a line that are shown

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view yellow = "\x1b[1;33m";
constexpr std::string_view plain = "\x1b[0m";

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// Lines of one text, found once.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_{text}, starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  [[nodiscard]] std::string_view line(std::uint32_t number) const {
    if (number == 0 || number > starts_.size()) return {};
    const std::size_t start = starts_[number - 1];
    std::string_view rest = text_.substr(start);
    rest = rest.substr(0, rest.find('\n'));
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest;
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

// A part of a line around a column, in whole characters, and the column in it.
struct Excerpt {
  std::string text;
  std::size_t column;  // from 0, in bytes of `text`
};

Excerpt excerpt(std::string_view line, std::size_t column) {
  column = std::min(column, line.size());
  std::size_t from = 0, to = line.size();
  if (line.size() > widest) {
    from = column > widest / 2 ? column - widest / 2 : 0;
    to = std::min(line.size(), from + widest);
    while (from > 0 && continues_character(line[from])) --from;
    while (to < line.size() && continues_character(line[to])) ++to;
  }
  Excerpt out{from > 0 ? "…" : "", 0};
  out.column = out.text.size() + column - from;
  for (const char c : line.substr(from, to - from)) {
    // Nothing that could move the cursor of a terminal.
    out.text += c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
  }
  if (to < line.size()) out.text += "…";
  return out;
}

std::string caret_line(const Excerpt& shown, std::size_t length) {
  std::string out;
  for (const char c : std::string_view{shown.text}.substr(0, shown.column)) {
    if (!continues_character(c)) out += c == '\t' ? '\t' : ' ';
  }
  out += '^';
  // The first character has the caret.
  const std::string_view under = std::string_view{shown.text}.substr(std::min(shown.column, shown.text.size()), length);
  for (std::size_t i = 1; i < under.size(); ++i) {
    if (!continues_character(under[i])) out += '~';
  }
  return out;
}

void render_one(std::string& out, const Diagnostic& finding, const Lines* lines, bool colour) {
  const bool error = finding.severity == Diagnostic::Severity::error;
  const std::string_view strong = colour ? (error ? red : yellow) : "";
  const std::string_view head = colour ? bold : "";
  const std::string_view end = colour ? plain : "";
  out.append(head).append(text(finding.at)).append(": ").append(end);
  out.append(strong).append(error ? "error[" : "warning[").append(finding.code).append("]: ").append(end);
  out.append(head).append(finding.message).append(end).append("\n");

  const bool placed = lines != nullptr && finding.at.line != 0;
  if (placed) {
    const Excerpt shown = excerpt(lines->line(finding.at.line), finding.at.column - 1);
    const std::string number = std::to_string(finding.at.line);
    out.append(number.size() < 5 ? 5 - number.size() : 0, ' ')
        .append(number)
        .append(" | ")
        .append(shown.text)
        .append("\n");
    out.append("      | ").append(strong).append(caret_line(shown, finding.length)).append(end);
    if (!finding.label.empty()) out.append(" ").append(finding.label);
    out.append("\n");
  } else if (!finding.label.empty()) {
    out.append("      = ").append(finding.label).append("\n");
  }
  for (const std::string& note : finding.notes) out.append("      = ").append(note).append("\n");
}

}  // namespace

std::string text(const Position& position) {
  if (position.line == 0) return position.file;
  return position.file + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

std::string render(const std::vector<Diagnostic>& findings, const std::map<std::string, std::string>& texts,
                   bool colour) {
  std::map<std::string_view, Lines> lines;
  for (const auto& [file, content] : texts) lines.emplace(file, Lines{content});
  std::string out;
  for (const Diagnostic& finding : findings) {
    const auto of_file = lines.find(finding.at.file);
    render_one(out, finding, of_file == lines.end() ? nullptr : &of_file->second, colour);
  }
  return out;
}

}  // namespace sluice::policy
