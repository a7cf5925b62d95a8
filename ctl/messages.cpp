#include "ctl/messages.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>

#include <fmt/format.h>

#include "ctl/capture.hpp"
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

void add_content(Sources& sources, const std::string& name, std::string_view content) {
  if (is_capture(content)) {
    Sources captured = read_capture(content, name);
    std::move(captured.found.begin(), captured.found.end(), std::back_inserter(sources.found));
    std::move(captured.errors.begin(), captured.errors.end(), std::back_inserter(sources.errors));
    std::move(captured.notes.begin(), captured.notes.end(), std::back_inserter(sources.notes));
  } else if (Read<Bytes> bytes = from_content(content)) {
    sources.found.push_back({name, std::move(*bytes)});
  } else {
    sources.errors.push_back(fmt::format("{}: {}", name, bytes.error()));
  }
}

void add_file(Sources& sources, const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) {
    sources.errors.push_back(fmt::format("{} cannot be read", path.string()));
    return;
  }
  const std::string content{std::istreambuf_iterator<char>{in}, {}};
  if (in.bad()) {
    sources.errors.push_back(fmt::format("{} cannot be read to its end", path.string()));
  } else {
    add_content(sources, path.string(), content);
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
  for (const fs::path& file : files) add_file(sources, file);
  return sources;
}

// The piece that begins there; none at the end, but one that says so if there are no bytes at all.
std::optional<Piece> piece_at(ByteView bytes, std::size_t at) {
  if (bytes.empty()) return Piece{0, bytes, "no bytes at all"};
  if (at >= bytes.size()) return std::nullopt;
  const ByteView left = bytes.subspan(at);
  if (left.size() < ofmsg::header_size) {
    return Piece{at, left, fmt::format("{} bytes are left at byte {}, and a header has 8", left.size(), at)};
  }
  const std::size_t size = ofmsg::load<std::uint16_t>(left, 2);
  if (size < ofmsg::header_size) {
    return Piece{at, left, fmt::format("the header at byte {} gives a length of {}, less than its own 8", at, size)};
  }
  if (size > left.size()) {
    return Piece{
        at, left,
        fmt::format("the header at byte {} gives a length of {}, but {} bytes are there", at, size, left.size())};
  }
  return Piece{at, left.first(size), {}};
}

std::optional<Piece> piece_after(ByteView bytes, const Piece& piece) {
  if (!piece.fault.empty()) return std::nullopt;
  return piece_at(bytes, piece.offset + piece.bytes.size());
}

Item item(const Source& source, std::size_t number, Piece piece) {
  Item made{&source, number, std::move(piece), std::nullopt};
  if (source.arrivals.empty()) return made;
  // A message is complete with its last byte; where there is none, its header says why.
  const std::size_t size =
      made.piece.fault.empty() ? made.piece.bytes.size() : std::min(made.piece.bytes.size(), ofmsg::header_size);
  const auto after = std::upper_bound(source.arrivals.begin(), source.arrivals.end(), made.piece.offset + size - 1,
                                      [](std::size_t at, const Arrival& arrival) { return at < arrival.offset; });
  if (after != source.arrivals.begin()) made.captured = std::prev(after)->captured;
  return made;
}

// Sources are neighbours in one span.
bool comes_later(const Item& a, const Item& b) {
  const std::size_t packet_a = a.captured ? a.captured->packet : 0;
  const std::size_t packet_b = b.captured ? b.captured->packet : 0;
  return packet_a != packet_b ? packet_a > packet_b : a.source > b.source;
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
    add_content(sources, "standard input", std::string{std::istreambuf_iterator<char>{io.in}, {}});
  } else if (fs::is_directory(word, error)) {
    return read_folder(word);
  } else if (fs::exists(word, error)) {
    add_file(sources, word);
  } else if (Read<Bytes> bytes = from_hex(word)) {
    sources.found.push_back({"", std::move(*bytes)});
  } else {
    sources.errors.push_back(fmt::format("\"{}\" is neither a file nor hexadecimal digits: {}", word, bytes.error()));
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
    const std::string name = fmt::format("line {}", number);
    if (Read<Bytes> bytes = from_hex(said)) {
      sources.found.push_back({name, std::move(*bytes)});
    } else {
      sources.errors.push_back(name + ": " + bytes.error());
    }
  }
  return sources;
}

std::vector<Piece> cut(ByteView bytes) {
  std::vector<Piece> pieces;
  for (std::optional<Piece> piece = piece_at(bytes, 0); piece; piece = piece_after(bytes, *piece)) {
    pieces.push_back(*piece);
  }
  return pieces;
}

// One source, or all of a capture.
void Walk::begin_next() {
  std::size_t count = 1;
  if (!ahead_.front().capture.empty()) {
    while (count < ahead_.size() && ahead_[count].capture == ahead_.front().capture) ++count;
  }
  for (const Source& source : ahead_.first(count)) {
    if (std::optional<Piece> piece = piece_at(source.bytes, 0)) heads_.push_back(item(source, 1, std::move(*piece)));
  }
  std::make_heap(heads_.begin(), heads_.end(), comes_later);
  ahead_ = ahead_.subspan(count);
}

void Walk::skip_rest() { heads_.clear(); }

std::optional<Item> Walk::next() {
  while (heads_.empty() && !ahead_.empty()) begin_next();
  if (heads_.empty()) return std::nullopt;
  std::pop_heap(heads_.begin(), heads_.end(), comes_later);
  Item first = std::move(heads_.back());
  heads_.pop_back();
  if (std::optional<Piece> piece = piece_after(first.source->bytes, first.piece)) {
    heads_.push_back(item(*first.source, first.number + 1, std::move(*piece)));
    std::push_heap(heads_.begin(), heads_.end(), comes_later);
  }
  return first;
}

}  // namespace sluice::ctl
