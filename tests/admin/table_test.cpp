#include "admin/table.hpp"

#include <doctest/doctest.h>

using namespace sluice::admin;

TEST_CASE("columns are aligned, numbers to the right, nothing is a dash, no space at the end of a line") {
  Table table{"NAME", ">FLOWS", "NOTE"};
  table.row({"s1", "5", "fine"});
  table.row({"a longer name", "12345678", ""});
  table.row({"x"});
  CHECK(table.text() ==
        "NAME              FLOWS  NOTE\n"
        "s1                    5  fine\n"
        "a longer name  12345678  -\n"
        "x                     -  -\n");
}

TEST_CASE("a table without rows is nothing") { CHECK(Table{"A", "B"}.text().empty()); }

TEST_CASE("names in UTF-8 count as characters, and control characters do not reach the terminal") {
  Table table{"N", "X"};
  table.row({"zürich", "1"});
  table.row({"a\x1b[2Jb", "2"});
  CHECK(table.text() ==
        "N       X\n"
        "zürich  1\n"
        "a?[2Jb  2\n");
}
