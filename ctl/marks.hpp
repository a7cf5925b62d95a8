// Two texts of one kind, one below the other, with what differs marked; two messages, byte beside byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/bytes.hpp"

namespace sluice::ctl {

struct Mark {
  std::size_t begin = 0, length = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Marks {
  std::vector<Mark> expected, got;
};

// Where the messages differ, as cases spell them: in the words between commas and blanks, whose order does not count
// but behind "actions=". `differing`: names of fields that are known to differ although a name stands for their value.
// `at_least`: what only `got` has is no difference.
[[nodiscard]] Marks marks_of(std::string_view expected, std::string_view got,
                             const std::vector<std::string>& differing = {}, bool at_least = false);

// The text with its marks in colour.
[[nodiscard]] std::string coloured(std::string_view text, const std::vector<Mark>& marks, std::string_view colour);
// "    ^^^^   ^^", to stand below the text; empty without marks.
[[nodiscard]] std::string underline(const std::vector<Mark>& marks);

// Sixteen bytes on a line, the expected ones on the left, with "|" between the lines that differ. Every line ends with
// a newline. Either may be empty.
[[nodiscard]] std::string beside(ofmsg::ByteView expected, ofmsg::ByteView got);

}  // namespace sluice::ctl
