#include "admin/table.hpp"

#include <algorithm>
#include <utility>

namespace sluice::admin {

namespace {

// Characters, not bytes, so that names in UTF-8 do not bend the columns.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean{text};
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return clean;
}

Table::Table(std::initializer_list<std::string_view> headings) {
  for (std::string_view heading : headings) {
    const bool right = heading.substr(0, 1) == ">";
    if (right) heading.remove_prefix(1);
    columns_.push_back({std::string{heading}, right});
  }
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = cell.empty() ? "-" : printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  if (rows_.empty()) return {};
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = width(columns_[i].heading);
    for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
    widths.push_back(widest);
  }
  std::string out;
  const auto cell = [&](std::size_t i, const std::string& value) {
    const std::string padding(widths[i] - width(value), ' ');
    if (i > 0) out += "  ";
    out += columns_[i].right ? padding + value : value + padding;
  };
  const auto end_line = [&out] {
    while (out.back() == ' ') out.pop_back();
    out += '\n';
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) cell(i, columns_[i].heading);
  end_line();
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) cell(i, row[i]);
    end_line();
  }
  return out;
}

}  // namespace sluice::admin
