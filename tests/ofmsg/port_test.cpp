#include "ofmsg/port.hpp"

#include <doctest/doctest.h>

namespace sluice::ofmsg {

TEST_CASE("1.0's reserved ports are the 32-bit ones") {
  CHECK(from_1_0(0xfff8) == port::in_port);
  CHECK(from_1_0(0xfff9) == port::table);
  CHECK(from_1_0(0xfffa) == port::normal);
  CHECK(from_1_0(0xfffb) == port::flood);
  CHECK(from_1_0(0xfffc) == port::all);
  CHECK(from_1_0(0xfffd) == port::controller);
  CHECK(from_1_0(0xfffe) == port::local);
  CHECK(from_1_0(0xffff) == port::any);
  CHECK(from_1_0(0xff00) == PortNo{0xff00});
  CHECK(from_1_0(0xfff7) == PortNo{0xfff7});
}

TEST_CASE("every 16-bit number comes back as it was") {
  for (std::uint32_t n = 0; n <= 0xffff; ++n) {
    const auto wire = static_cast<std::uint16_t>(n);
    REQUIRE(to_1_0(from_1_0(wire)) == wire);
  }
}

TEST_CASE("1.0 cannot say ports that need more than 16 bits") {
  CHECK(!to_1_0(PortNo{0x10000}));
  // The 32-bit port 0xfffd is an ordinary port; 1.0 would take the number for CONTROLLER.
  CHECK(!to_1_0(PortNo{0xfffd}));
  CHECK(!to_1_0(PortNo{0xfff8}));
  CHECK(!to_1_0(port::max));
  CHECK(!to_1_0(port::unset));
  CHECK(to_1_0(PortNo{0xfff7}) == std::uint16_t{0xfff7});
}

TEST_CASE("physical ports") {
  CHECK(is_physical(PortNo{1}));
  CHECK(is_physical(PortNo{0}));
  CHECK(is_physical(port::max));
  CHECK(!is_physical(port::local));
  CHECK(!is_physical(port::unset));
  CHECK(!is_physical(port::in_port));
}

TEST_CASE("ports as text, and back") {
  CHECK(text(PortNo{3}) == "3");
  CHECK(text(port::local) == "LOCAL");
  CHECK(text(port::any) == "ANY");
  for (const PortNo p : {port::in_port, port::table, port::normal, port::flood, port::all, port::controller,
                         port::local, port::any, port::unset, port::max, PortNo{0}, PortNo{77}}) {
    CHECK(parse_port(text(p)) == p);
  }
  CHECK(parse_port("local") == port::local);
  CHECK(parse_port("Controller") == port::controller);
  CHECK(parse_port("NONE") == port::any);
  CHECK(parse_port("0x10") == PortNo{16});
  CHECK(parse_port("4294967294") == port::local);
}

TEST_CASE("what is no port") {
  for (const char* const s :
       {"", "x", "-1", "+1", " 1", "1 ", "1x", "0x", "4294967296", "LOCALS", "LOC", "99999999999"}) {
    CAPTURE(s);
    CHECK(!parse_port(s));
  }
}

TEST_CASE("MAC addresses as text") {
  CHECK(text(MacAddress{}) == "00:00:00:00:00:00");
  CHECK(text(MacAddress{{0x02, 0xab, 0xcd, 0xef, 0x10, 0xff}}) == "02:ab:cd:ef:10:ff");
}

}  // namespace sluice::ofmsg
