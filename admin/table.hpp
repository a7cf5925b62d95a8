// Text tables: headings in capitals, columns aligned, numbers to the right, "-" for nothing.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::admin {

class Table {
 public:
  // A heading that begins with '>' stands for a column aligned to the right.
  explicit Table(std::initializer_list<std::string_view> headings);

  // Missing and empty cells are shown as "-".
  void row(std::vector<std::string> cells);

  [[nodiscard]] bool empty() const { return rows_.empty(); }

  // With a newline at the end of every line; nothing at all without rows.
  [[nodiscard]] std::string text() const;

 private:
  struct Column {
    std::string heading;
    bool right = false;
  };

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// What a switch or a controller called something may hold anything; a terminal must not obey it.
// Control characters become '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sluice::admin
