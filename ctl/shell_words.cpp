#include "ctl/shell_words.hpp"

#include <map>
#include <optional>
#include <utility>

namespace sluice::ctl {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_name(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_{text} {}

  std::vector<ShellCommand> run() {
    while (at_ < text_.size()) step();
    end_command();
    return std::move(commands_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\\' && continues()) {
      end_word();
    } else if (c == '\n' || c == ';' || c == '&' || c == '|') {
      end_command();
      take();
    } else if (is_blank(c)) {
      end_word();
      take();
    } else if (c == '#' && !word_) {
      while (at_ < text_.size() && text_[at_] != '\n') take();
    } else {
      take_part();
    }
  }

  void take_part() {
    if (!word_) begin_word();
    const char c = text_[at_];
    if (c == '\'' || c == '"') {
      take_quoted(c);
    } else if (c == '$' || c == '`') {
      take_variable(false);
    } else {
      if (c == '\\' && at_ + 1 < text_.size()) take();
      *word_ += text_[at_];
      take();
    }
  }

  void take_quoted(char quote) {
    quoted_ = true;
    take();
    while (at_ < text_.size() && text_[at_] != quote) {
      if (quote == '"' && text_[at_] == '\\' && continues()) continue;
      if (quote == '"' && (text_[at_] == '$' || text_[at_] == '`')) {
        take_variable(true);
        continue;
      }
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) take();
      *word_ += text_[at_];
      take();
    }
    if (at_ < text_.size()) {
      take();
    } else {
      remember_unknown("a quote that is not closed");
    }
  }

  void take_variable(bool in_quotes) {
    const std::size_t from = at_;
    take();
    const bool braces = at_ < text_.size() && text_[at_] == '{' && text_[from] == '$';
    if (braces) take();
    const std::size_t name_at = at_;
    while (at_ < text_.size() && is_name(text_[at_])) take();
    const std::string name{text_.substr(name_at, at_ - name_at)};
    if (braces && at_ < text_.size() && text_[at_] == '}') take();
    const auto found = variables_.find(name);
    if (found == variables_.end() || text_[from] == '`') {
      const std::string written{text_.substr(from, at_ - from)};
      *word_ += written;
      return remember_unknown(written);
    }
    if (in_quotes) {
      *word_ += found->second;
    } else {
      append_split(found->second);
    }
  }

  // A value without quotes may be several words: FV="fvctl -n".
  void append_split(const std::string& value) {
    for (const char c : value) {
      if (is_blank(c)) {
        end_word();
      } else {
        if (!word_) begin_word();
        *word_ += c;
      }
    }
    if (!word_) begin_word();
  }

  void begin_word() {
    word_.emplace();
    quoted_ = false;
    if (command_.words.empty()) command_.line = line_;
  }

  void end_word() {
    if (!word_) return;
    std::string word = *std::exchange(word_, std::nullopt);
    if (word.empty() && !quoted_) return;
    if (command_.words.empty() && assign(word)) return;
    command_.words.push_back(std::move(word));
  }

  bool assign(const std::string& word) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos || (word[0] >= '0' && word[0] <= '9')) return false;
    for (std::size_t i = 0; i < equals; ++i) {
      if (!is_name(word[i])) return false;
    }
    if (command_.unknown.empty()) {
      variables_[word.substr(0, equals)] = word.substr(equals + 1);
    } else {
      variables_.erase(word.substr(0, equals));
      command_.unknown.clear();
    }
    return true;
  }

  void end_command() {
    end_word();
    if (!command_.words.empty()) commands_.push_back(std::move(command_));
    command_ = {};
  }

  // At a backslash: is it one that joins two lines? Then both are passed.
  bool continues() {
    std::size_t end = at_ + 1;
    if (end < text_.size() && text_[end] == '\r') ++end;
    if (end >= text_.size() || text_[end] != '\n') return false;
    while (at_ <= end) take();
    return true;
  }

  void remember_unknown(std::string what) {
    if (command_.unknown.empty()) command_.unknown = std::move(what);
  }

  void take() {
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::optional<std::string> word_;
  bool quoted_ = false;
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
  std::map<std::string, std::string> variables_;
};

}  // namespace

std::vector<ShellCommand> shell_commands(std::string_view text) { return Reader{text}.run(); }

}  // namespace sluice::ctl
