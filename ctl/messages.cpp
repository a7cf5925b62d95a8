#include "ctl/messages.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>

#include <fmt/format.h>

#include "ofmsg/frame.hpp"

namespace sluice::ctl {

namespace {

namespace fs = std::filesystem;
using ofmsg::Bytes;
using ofmsg::ByteView;

template <class T>
using Read = ofmsg::Result<T, std::string>;

ofmsg::Failure<std::string> fail(std::string why) { return ofmsg::Failure<std::string>{std::move(why)}; }

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

bool separates(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ':' || c == ','; }

Read<Bytes> read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return fail(fmt::format("{} cannot be read", path.string()));
  const std::string content{std::istreambuf_iterator<char>{in}, {}};
  if (in.bad()) return fail(fmt::format("{} cannot be read to its end", path.string()));
  Read<Bytes> bytes = from_content(content);
  if (!bytes) return fail(fmt::format("{}: {}", path.string(), bytes.error()));
  return bytes;
}

void add(Sources& sources, std::string name, Read<Bytes> bytes) {
  if (bytes) {
    sources.found.push_back({std::move(name), std::move(*bytes)});
  } else {
    sources.errors.push_back(bytes.error());
  }
}

Sources read_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error)) files.push_back(it->path());
  }
  Sources sources;
  if (error) sources.errors.push_back(fmt::format("{}: {}", folder.string(), error.message()));
  if (!error && files.empty()) sources.errors.push_back(fmt::format("{} has no files", folder.string()));
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) add(sources, file.string(), read_file(file));
  return sources;
}

}  // namespace

Read<Bytes> from_hex(std::string_view text) {
  Bytes bytes;
  std::optional<unsigned> high;
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
      continue;
    }
    if (!high && c == '0' && i + 1 < text.size() && (text[i + 1] == 'x' || text[i + 1] == 'X')) {
      ++i;
      continue;
    }
    const std::optional<unsigned> digit = digit_of(c);
    if (separates(c) && !high) continue;
    if (!digit) {
      const std::string where =
          line > 1 || text.find('\n') != std::string_view::npos ? fmt::format(" in line {}", line) : "";
      if (high) return fail(fmt::format("half a byte before character {}{}: digits come in pairs", i + 1, where));
      return fail(fmt::format("character {}{} is no hexadecimal digit", i + 1, where));
    }
    if (high) {
      bytes.push_back(static_cast<std::byte>(*high << 4U | *digit));
      high.reset();
    } else {
      high = digit;
    }
  }
  if (high) return fail("an odd number of hexadecimal digits: half a byte is left over");
  return bytes;
}

Read<Bytes> from_content(std::string_view content) {
  // An OpenFlow message begins with its version, 1 to 6, and text with no such byte.
  const bool text = std::all_of(content.begin(), content.end(),
                                [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; });
  if (text && !content.empty()) return from_hex(content);
  const auto* first = reinterpret_cast<const std::byte*>(content.data());
  return Bytes(first, first + content.size());
}

Sources sources_of(const std::string& word, Io& io) {
  Sources sources;
  std::error_code error;
  if (word == "-") {
    const std::string content{std::istreambuf_iterator<char>{io.in}, {}};
    Read<Bytes> bytes = from_content(content);
    add(sources, "standard input", bytes ? std::move(bytes) : fail("standard input: " + bytes.error()));
  } else if (fs::is_directory(word, error)) {
    return read_folder(word);
  } else if (fs::exists(word, error)) {
    add(sources, word, read_file(word));
  } else {
    Read<Bytes> bytes = from_hex(word);
    if (!bytes) {
      bytes = fail(fmt::format("\"{}\" is neither a file nor hexadecimal digits: {}", word, bytes.error()));
    }
    add(sources, "", std::move(bytes));
  }
  return sources;
}

Sources lines_of(const std::string& word, Io& io) {
  Sources sources;
  std::ifstream file;
  if (word != "-") {
    file.open(word);
    if (!file) sources.errors.push_back(fmt::format("{} cannot be read", word));
  }
  std::istream& in = word == "-" ? io.in : file;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const std::string_view said = std::string_view{line}.substr(0, std::min(line.find('#'), line.size()));
    if (said.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Read<Bytes> bytes = from_hex(said);
    const std::string name = fmt::format("line {}", number);
    add(sources, name, bytes ? std::move(bytes) : fail(name + ": " + bytes.error()));
  }
  return sources;
}

std::vector<Piece> cut(ByteView bytes) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ByteView left = bytes.subspan(at);
    if (left.size() < ofmsg::header_size) {
      pieces.push_back({at, left, fmt::format("{} bytes are left at byte {}, and a header has 8", left.size(), at)});
      break;
    }
    const std::size_t size = ofmsg::load<std::uint16_t>(left, 2);
    if (size < ofmsg::header_size) {
      pieces.push_back(
          {at, left, fmt::format("the header at byte {} gives a length of {}, less than its own 8", at, size)});
      break;
    }
    if (size > left.size()) {
      pieces.push_back(
          {at, left,
           fmt::format("the header at byte {} gives a length of {}, but {} bytes are there", at, size, left.size())});
      break;
    }
    pieces.push_back({at, left.first(size), {}});
    at += size;
  }
  if (bytes.empty()) pieces.push_back({0, bytes, "no bytes at all"});
  return pieces;
}

}  // namespace sluice::ctl
