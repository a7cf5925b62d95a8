// Cuts a stream of bytes into JSON objects, as ovs-appctl sends them: one behind the other, with or
// without white space.
//
// Only the nesting is looked at; whether an object is good JSON is the parser's business. Memory is
// bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::admin {

class JsonCutter {
 public:
  explicit JsonCutter(std::size_t limit) : limit_{limit} {}

  void feed(std::string_view bytes) { waiting_ += bytes; }

  // The next complete object; nothing when more bytes are needed, or when the stream is broken.
  [[nodiscard]] std::optional<std::string> next() {
    while (!broken_ && at_ < waiting_.size()) {
      if (!step(waiting_[at_++])) continue;
      std::string object = waiting_.substr(start_, at_ - start_);
      waiting_.erase(0, at_);
      at_ = 0;
      return object;
    }
    if (depth_ > 0 && at_ - start_ > limit_) broken_ = true;
    if (depth_ == 0 && !broken_) {
      waiting_.clear();  // white space
      at_ = 0;
    }
    return std::nullopt;
  }

  // Something other than an object came, or one longer than the limit; nothing can follow.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  // True at the last character of an object.
  [[nodiscard]] bool step(char c) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      return false;
    }
    if (depth_ == 0) {
      start_ = at_ - 1;
      broken_ = c != '{' && c != ' ' && c != '\n' && c != '\r' && c != '\t';
      if (c != '{') return false;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if (c == '}' || c == ']') return --depth_ == 0;
    return false;
  }

  std::size_t limit_;
  std::string waiting_;
  std::size_t at_ = 0;     // what lies before it has been looked at
  std::size_t start_ = 0;  // of the object
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool broken_ = false;
};

}  // namespace sluice::admin
