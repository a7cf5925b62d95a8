// Where OpenFlow messages come from on the command line, and how they are cut apart.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/program.hpp"
#include "ofmsg/bytes.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ctl {

// A packet of a capture: its number, from 1, and the time since 1970 at which it was captured.
struct Captured {
  std::size_t packet = 0;
  std::chrono::nanoseconds time{};
};

// The bytes from this offset on came with that packet.
struct Arrival {
  std::size_t offset = 0;
  Captured captured;
};

// Bytes to decode, and what to call them.
struct Source {
  std::string name;
  ofmsg::Bytes bytes;
  // Of a capture only: its file, "10.0.0.1:40000 > 10.0.0.2:6653", and when the bytes came, in the order of both offset
  // and packet.
  std::string capture{};
  std::string stream{};
  std::vector<Arrival> arrivals{};
};

// Hexadecimal text: digits in pairs, with blanks, ':', ',', line breaks and 0x between them, '#' to the end of the line
// a comment. The error is a sentence.
[[nodiscard]] ofmsg::Result<ofmsg::Bytes, std::string> from_hex(std::string_view text);
// What a file holds that is no capture: hexadecimal text if it is nothing else, bytes otherwise.
[[nodiscard]] ofmsg::Result<ofmsg::Bytes, std::string> from_content(std::string_view content);

struct Sources {
  std::vector<Source> found;
  std::vector<std::string> errors;   // sentences about what could not be read
  std::vector<std::string> notes{};  // sentences about what was passed over
};

// The sources that a word of the command line stands for: hexadecimal digits, a file, the files of a folder (sorted),
// or "-" for standard input. A file that is a packet capture has many.
[[nodiscard]] Sources sources_of(const std::string& word, Io& io);

// The same, but every line of hexadecimal digits is a source of its own: "line 1", "line 2" …; empty lines and comments
// are none. A line that is no hexadecimal digits is an error.
[[nodiscard]] Sources lines_of(const std::string& word, Io& io);

// One message of a source, or why there is none from here on.
struct Piece {
  std::size_t offset = 0;
  ofmsg::ByteView bytes;
  std::string fault;  // empty for a message; otherwise nothing follows
};

[[nodiscard]] std::vector<Piece> cut(ofmsg::ByteView bytes);

// One piece of one of several sources.
struct Item {
  const Source* source = nullptr;
  std::size_t number = 0;  // in its source, from 1
  Piece piece;
  std::optional<Captured> captured;  // of a capture: the packet that made the message complete
};

// Goes through the pieces of several sources: source after source, but those of one capture together, in the order in
// which they were complete. Only one piece of each source exists at a time, because a large capture has millions. The
// sources must stay.
class Walk {
 public:
  explicit Walk(std::span<const Source> sources) : ahead_{sources} {}

  [[nodiscard]] std::optional<Item> next();
  // Leaves out what is left of the sources that have been begun.
  void skip_rest();

 private:
  void begin_next();

  std::span<const Source> ahead_;  // sources that have not been begun
  std::vector<Item> heads_;        // a heap: the next piece of every source that has been begun and not ended
};

}  // namespace sluice::ctl
