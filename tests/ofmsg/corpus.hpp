// The collected OpenFlow messages that may lie beside the source tree, and what others say of them.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ofmsg/bytes.hpp"

namespace sluice::ofmsg::corpus {

inline std::filesystem::path folder() {
  return std::filesystem::path{SLUICE_SOURCE_DIR} / ".." / "shared" / "corpus" / "gathered";
}

// One line of comma-separated values; a field in quotes may hold commas and doubled quotes.
inline std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

using Row = std::map<std::string, std::string>;

inline bool next_line(std::istream& from, std::string& line) {
  if (!std::getline(from, line)) return false;
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

// The rows of the manifest; none where there is no corpus.
inline std::vector<Row> rows() {
  std::vector<Row> result;
  std::ifstream manifest{folder() / "manifest.csv"};
  std::string line;
  if (!next_line(manifest, line)) return result;
  const std::vector<std::string> names = split(line);
  while (next_line(manifest, line)) {
    const std::vector<std::string> cells = split(line);
    Row row;
    for (std::size_t i = 0; i < names.size() && i < cells.size(); ++i) row[names[i]] = cells[i];
    result.push_back(std::move(row));
  }
  return result;
}

inline Bytes read(const std::string& file) {
  std::ifstream in{folder() / file, std::ios::binary};
  const std::string all{std::istreambuf_iterator<char>{in}, {}};
  Bytes bytes;
  append(bytes, std::as_bytes(std::span{all.data(), all.size()}));
  return bytes;
}

}  // namespace sluice::ofmsg::corpus
