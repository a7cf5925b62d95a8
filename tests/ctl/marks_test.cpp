// What is marked of two texts, and how bytes stand beside each other.
#include "ctl/marks.hpp"

#include <doctest/doctest.h>

using namespace sluice::ctl;

namespace {

std::string got(std::string_view expected, std::string_view came, bool at_least = false,
                const std::vector<std::string>& differing = {}) {
  const Marks marks = marks_of(expected, came, differing, at_least);
  std::string out;
  for (const Mark& mark : marks.got) out += "[" + std::string{came.substr(mark.begin, mark.length)} + "]";
  out += " / ";
  for (const Mark& mark : marks.expected) out += "[" + std::string{expected.substr(mark.begin, mark.length)} + "]";
  return out;
}

sluice::ofmsg::Bytes bytes(std::size_t count, unsigned last) {
  sluice::ofmsg::Bytes all(count);
  all.back() = std::byte{static_cast<unsigned char>(last)};
  return all;
}

}  // namespace

TEST_CASE("words that differ are marked, and only they") {
  CHECK(got("flow_mod priority=5,ip", "flow_mod priority=5,ip") == " / ");
  CHECK(got("flow_mod priority=5,ip", "flow_mod priority=6,ip") == "[6] / [5]");
  CHECK(got("flow_mod ip,in_port=1", "flow_mod in_port=1,ip") == " / ");
  CHECK(got("flow_mod xid=0x10", "flow_mod xid=16") == " / ");
  CHECK(got("flow_mod ip", "group_mod ip") == "[group_mod] / [flow_mod]");
  CHECK(got("flow_mod actions=set_queue:1,output:2", "flow_mod actions=output:2") == " / [set_queue:1]");
  CHECK(got("flow_mod actions=drop", "flow_mod ip,actions=drop") == "[ip] / ");
  CHECK(got("port_status port={port_no=3, name=a}", "port_status port={port_no=4, name=a}") == "[4] / [3]");
}

TEST_CASE("at least: what is said beyond is no difference") {
  CHECK(got("~flow_mod priority=5", "flow_mod priority=5,ip,actions=output:2") == " / ");
  CHECK(got("~flow_mod priority=5", "flow_mod priority=6,ip,actions=output:2") == "[6] / [5]");
  CHECK(got("~flow_mod priority=5", "group_mod group_id=1") == "[group_mod] / [flow_mod][priority=5]");
}

TEST_CASE("names are taken for what they stand for, unless that differs") {
  CHECK(got("flow_mod cookie=$c", "flow_mod cookie=5") == " / ");
  CHECK(got("flow_mod cookie=$c", "flow_mod cookie=5", false, {"cookie"}) == "[5] / [$c]");
}

TEST_CASE("marks are a line below, or colour") {
  CHECK(underline({{2, 3}, {7, 1}}) == "  ^^^  ^");
  CHECK(underline({}).empty());
  CHECK(coloured("abcdef", {{2, 2}}, "<") == "ab<cd\x1b[0mef");
}

TEST_CASE("bytes stand beside each other, and lines that differ are marked") {
  CHECK(beside(bytes(20, 1), bytes(20, 2)) ==
        "0000  00000000 00000000 00000000 00000000   00000000 00000000 00000000 00000000\n"
        "0010  00000001                            | 00000002\n");
  CHECK(beside(bytes(2, 1), {}) == "0000  0001\n");
}
