// How messages are found in hexadecimal text and files, and cut apart.
#include "ctl/messages.hpp"

#include <sstream>

#include <doctest/doctest.h>

#include "ofmsg/text_parts.hpp"

using namespace sluice;
using namespace sluice::ctl;

namespace {

std::string digits(std::string_view text) {
  const auto bytes = from_hex(text);
  INFO(std::string{text}, ": ", bytes ? "" : bytes.error());
  REQUIRE(bytes.has_value());
  return ofmsg::hex_digits(*bytes);
}

std::string complaint(std::string_view text) {
  const auto bytes = from_hex(text);
  REQUIRE_FALSE(bytes.has_value());
  return bytes.error();
}

}  // namespace

TEST_CASE("hexadecimal digits in the forms in which people have them") {
  CHECK(digits("0102000b") == "0102000b");
  CHECK(digits("0x0102000B") == "0102000b");
  CHECK(digits("01 02 00:0b\n") == "0102000b");
  CHECK(digits("0x01, 0x02, 0x00, 0x0b") == "0102000b");
  CHECK(digits("# an echo\n0102 # header\n000b") == "0102000b");
  CHECK(digits("") == "");
  CHECK(digits("00") == "00");
  CHECK(complaint("0102g0") == "character 5 is no hexadecimal digit");
  CHECK(complaint("01\n0z") == "half a byte before character 5 in line 2: digits come in pairs");
  CHECK(complaint("012") == "an odd number of hexadecimal digits: half a byte is left over");
  CHECK(complaint("0 1") == "half a byte before character 2: digits come in pairs");
}

TEST_CASE("a file is text with digits or bytes") {
  CHECK(ofmsg::hex_digits(*from_content("0102 000b")) == "0102000b");
  CHECK(ofmsg::hex_digits(*from_content(std::string_view{"\x01\x02\x00\x0b", 4})) == "0102000b");
  CHECK_FALSE(from_content("not a message").has_value());
  CHECK(from_content("")->empty());
}

TEST_CASE("messages back to back") {
  const auto bytes = *from_hex("0102000812345678 0100000900000001ff 0105");
  const std::vector<Piece> pieces = cut(bytes);
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[0].offset == 0);
  CHECK(pieces[0].bytes.size() == 8);
  CHECK(pieces[0].fault.empty());
  CHECK(pieces[1].offset == 8);
  CHECK(pieces[1].bytes.size() == 9);
  CHECK(pieces[2].fault == "2 bytes are left at byte 17, and a header has 8");

  CHECK(cut(*from_hex("0102000700000000"))[0].fault == "the header at byte 0 gives a length of 7, less than its own 8");
  CHECK(cut(*from_hex("0102000900000000"))[0].fault ==
        "the header at byte 0 gives a length of 9, but 8 bytes are there");
  CHECK(cut({})[0].fault == "no bytes at all");
}

TEST_CASE("a word of the command line is digits, a file, or standard input") {
  std::istringstream in{"0102000812345678"};
  std::ostringstream out;
  std::ostringstream err;
  Io io{in, out, err};
  const Sources piped = sources_of("-", io);
  REQUIRE(piped.found.size() == 1);
  CHECK(piped.found[0].name == "standard input");
  CHECK(piped.found[0].bytes.size() == 8);
  CHECK(sources_of("0102000812345678", io).found.size() == 1);
  CHECK(sources_of("no/such/file", io).errors ==
        std::vector<std::string>{"\"no/such/file\" is neither a file nor hexadecimal digits: character 1 is no "
                                 "hexadecimal digit"});
}
