#include "policy/document_json.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace sluice::policy::json {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks the text from token to token. It only ever moves over what the parser has accepted already.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_{text} {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  // Moves to the next token, over commas and colons.
  std::size_t next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_space(c) || c == ',' || c == ':') {
        ++at_;
      } else if (!skip_comment()) {
        break;
      }
    }
    return at_;
  }

  // Takes the token that comes next.
  Span take() {
    const std::size_t start = next();
    if (at_ >= text_.size()) return {text_.size(), 1};
    if (text_[at_] == '"') {
      skip_string();
    } else if (std::string_view{"{}[]"}.find(text_[at_]) != std::string_view::npos) {
      ++at_;
    } else {
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    }
    return {start, std::max<std::size_t>(at_ - start, 1)};
  }

 private:
  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' ||
           c == '.';
  }

  bool skip_comment() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return true;
    }
    if (rest.starts_with("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
      return true;
    }
    return false;
  }

  void skip_string() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// nlohmann's message without its own prefix and position.
std::string plain_reason(std::string_view what) {
  const std::size_t start = what.find("syntax error");
  if (start == std::string_view::npos) {
    const std::size_t bracket = what.find("] ");
    return std::string{bracket == std::string_view::npos ? what : what.substr(bracket + 2)};
  }
  std::string reason{what.substr(start)};
  const std::size_t last_read = reason.find("; last read: ");
  if (last_read != std::string::npos) {
    const std::size_t close = reason.find('\'', last_read + 14);
    const std::size_t more = reason.find("; expected", last_read + 1);
    reason.erase(last_read, more != std::string::npos
                                ? more - last_read
                                : (close == std::string::npos ? std::string::npos : reason.size() - last_read));
  }
  return reason;
}

// The handler of the parser's events. The names of its public functions are nlohmann's.
class Builder {
 public:
  explicit Builder(std::string_view text, Parsed& out) : text_{text}, cursor_{text}, out_{out} {}

  bool null() { return add({nullptr, cursor_.take()}); }

  bool boolean(bool v) { return add({v, cursor_.take()}); }

  bool number_integer(std::int64_t v) { return add({v, cursor_.take()}); }

  bool number_unsigned(std::uint64_t v) { return add({v, cursor_.take()}); }

  bool number_float(double v, const std::string&) { return add({v, cursor_.take()}); }

  bool string(std::string& v) { return add({std::move(v), cursor_.take()}); }

  bool binary(std::vector<std::uint8_t>&) { return false; }  // JSON text has none

  bool start_object(std::size_t) { return open({Object{}, cursor_.take()}); }

  bool start_array(std::size_t) { return open({Array{}, cursor_.take()}); }

  bool end_object() { return close(); }

  bool end_array() { return close(); }

  bool key(std::string& name) {
    const Span at = cursor_.take();
    Frame& frame = open_.back();
    const auto [first, fresh] = frame.keys.emplace(name, at.offset);
    if (!fresh) {
      out_.faults.push_back(
          {Fault::Kind::duplicate_key, at, "the key \"" + name + "\" is given twice", "", first->second});
    }
    frame.duplicate = !fresh;
    frame.key = std::move(name);
    frame.key_at = at;
    return true;
  }

  template <class Exception>
  bool parse_error(std::size_t position, const std::string& token, const Exception& error) {
    const std::size_t next = cursor_.next();
    // The parser has read the bad token; its text may be printed with escapes and so longer than it is.
    std::size_t at = std::max(next, position - std::min(position, std::max<std::size_t>(token.size(), 1)));
    at = std::min(at, text_.size());
    std::string label;
    if (text_.substr(next).starts_with('}') || text_.substr(next).starts_with(']')) {
      if (comma_before(next)) label = "no comma after the last entry";
    }
    std::string reason = plain_reason(error.what());
    const bool goes_on = next < text_.size() && (reason.ends_with("expected '}'") || reason.ends_with("expected ']'"));
    if (goes_on && label.empty()) label = "is a comma missing before it?";
    const std::size_t length = at < text_.size() ? std::max<std::size_t>(std::min(position, text_.size()) - at, 1) : 1;
    out_.faults.push_back({Fault::Kind::syntax, {at, length}, std::move(reason), std::move(label), {}});
    return false;
  }

  [[nodiscard]] std::optional<Value> take_root() { return std::move(root_); }

 private:
  struct Frame {
    Value value;
    std::map<std::string, std::size_t> keys;  // and where each stands
    std::string key;
    Span key_at;
    bool duplicate = false;
  };

  bool comma_before(std::size_t at) const {
    while (at > 0 && is_space(text_[at - 1])) --at;
    return at > 0 && text_[at - 1] == ',';
  }

  bool refuse(Span at, std::string message) {
    out_.faults.push_back({Fault::Kind::too_big, at, std::move(message), "", {}});
    return false;
  }

  bool add(Value value) {
    if (++count_ > most_values) return refuse(value.at, "more than " + std::to_string(most_values) + " values");
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Frame& frame = open_.back();
    if (auto* array = std::get_if<Array>(&frame.value.is)) {
      array->push_back(std::move(value));
    } else if (!frame.duplicate) {
      std::get<Object>(frame.value.is).push_back({std::move(frame.key), frame.key_at, std::move(value)});
    }
    return true;
  }

  bool open(Value value) {
    if (open_.size() == deepest) {
      return refuse(value.at, "nested more than " + std::to_string(deepest) + " deep");
    }
    open_.push_back({std::move(value), {}, {}, {}, false});
    return true;
  }

  bool close() {
    cursor_.take();
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::string_view text_;
  Cursor cursor_;
  Parsed& out_;
  std::vector<Frame> open_;
  std::optional<Value> root_;
  std::size_t count_ = 0;
};

}  // namespace

std::string_view kind_of(const Value& value) {
  constexpr std::string_view names[] = {"null",     "a truth value", "a number", "a number",
                                        "a number", "a string",      "a list",   "an object"};
  static_assert(std::size(names) == std::variant_size_v<decltype(Value::is)>);
  return names[value.is.index()];
}

const Value* find(const Object& object, std::string_view key) {
  const auto found = std::find_if(object.begin(), object.end(), [key](const Member& m) { return m.key == key; });
  return found == object.end() ? nullptr : &found->value;
}

Parsed parse(std::string_view text) {
  Parsed out;
  if (text.size() > largest_text) {
    out.faults.push_back(
        {Fault::Kind::too_big, {0, 1}, "larger than " + std::to_string(largest_text >> 20U) + " MiB", "", {}});
    return out;
  }
  Builder builder{text, out};
  const bool good =
      nlohmann::json::sax_parse(text.begin(), text.end(), &builder, nlohmann::json::input_format_t::json, true, true);
  if (good) out.value = builder.take_root();
  return out;
}

std::size_t offset_in_string(std::string_view text, Span at, std::size_t n) {
  std::size_t i = at.offset + 1;  // after the quote
  const std::size_t end = std::min(at.offset + at.length, text.size());
  const auto hex4 = [&](std::size_t from) {
    unsigned value = 0;
    for (std::size_t k = from; k < std::min(from + 4, text.size()); ++k) {
      const char c = text[k];
      value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
  };
  while (n > 0 && i < end) {
    if (text[i] != '\\') {
      ++i;
      --n;
      continue;
    }
    std::size_t width = 2, bytes = 1;
    if (i + 1 < end && text[i + 1] == 'u') {
      const unsigned unit = hex4(i + 2);
      const bool pair = unit >= 0xd800 && unit < 0xdc00;
      width = pair ? 12 : 6;
      bytes = pair ? 4 : (unit < 0x80 ? 1 : (unit < 0x800 ? 2 : 3));
    }
    if (n < bytes) break;
    i += width;
    n -= bytes;
  }
  return std::min(i, end);
}

}  // namespace sluice::policy::json
