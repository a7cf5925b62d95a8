#include "ofmsg/fields.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace sluice::ofmsg {

namespace {

std::set<std::string> names_where(bool (*holds)(const FieldFacts&)) {
  std::set<std::string> names;
  for (const FieldFacts& row : all_fields()) {
    if (holds(row)) names.emplace(row.name);
  }
  return names;
}

}  // namespace

TEST_CASE("numbers and widths are those of table 12 of the specification") {
  // Copied from the specification's table, not from ours: name, OXM number, bits, bytes.
  struct Row {
    const char* name;
    unsigned oxm, bits, bytes;
  };

  const Row rows[] = {
      {"in_port", 0, 32, 4},        {"in_phy_port", 1, 32, 4},       {"metadata", 2, 64, 8},
      {"eth_dst", 3, 48, 6},        {"eth_src", 4, 48, 6},           {"eth_type", 5, 16, 2},
      {"vlan_vid", 6, 13, 2},       {"vlan_pcp", 7, 3, 1},           {"ip_dscp", 8, 6, 1},
      {"ip_ecn", 9, 2, 1},          {"ip_proto", 10, 8, 1},          {"ipv4_src", 11, 32, 4},
      {"ipv4_dst", 12, 32, 4},      {"tcp_src", 13, 16, 2},          {"tcp_dst", 14, 16, 2},
      {"udp_src", 15, 16, 2},       {"udp_dst", 16, 16, 2},          {"sctp_src", 17, 16, 2},
      {"sctp_dst", 18, 16, 2},      {"icmpv4_type", 19, 8, 1},       {"icmpv4_code", 20, 8, 1},
      {"arp_op", 21, 16, 2},        {"arp_spa", 22, 32, 4},          {"arp_tpa", 23, 32, 4},
      {"arp_sha", 24, 48, 6},       {"arp_tha", 25, 48, 6},          {"ipv6_src", 26, 128, 16},
      {"ipv6_dst", 27, 128, 16},    {"ipv6_flabel", 28, 20, 4},      {"icmpv6_type", 29, 8, 1},
      {"icmpv6_code", 30, 8, 1},    {"ipv6_nd_target", 31, 128, 16}, {"ipv6_nd_sll", 32, 48, 6},
      {"ipv6_nd_tll", 33, 48, 6},   {"mpls_label", 34, 20, 4},       {"mpls_tc", 35, 3, 1},
      {"mpls_bos", 36, 1, 1},       {"pbb_isid", 37, 24, 3},         {"tunnel_id", 38, 64, 8},
      {"ipv6_exthdr", 39, 9, 2},    {"pbb_uca", 41, 1, 1},           {"tcp_flags", 42, 12, 2},
      {"actset_output", 43, 32, 4}, {"packet_type", 44, 32, 4},
  };
  CHECK(std::size(rows) == field_count);
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::optional<Field> field = parse_field(row.name);
    REQUIRE(field);
    CHECK(facts(*field).field == *field);
    CHECK(facts(*field).oxm == row.oxm);
    CHECK(facts(*field).bits == row.bits);
    CHECK(facts(*field).bytes == row.bytes);
    CHECK(field_of_oxm(static_cast<std::uint8_t>(row.oxm)) == field);
    CHECK(text(*field) == row.name);
  }
}

TEST_CASE("numbers and names that no field has") {
  CHECK(!field_of_oxm(40));
  CHECK(!field_of_oxm(45));
  CHECK(!field_of_oxm(255));
  CHECK(!parse_field(""));
  CHECK(!parse_field("nw_src"));
  CHECK(!parse_field("IPV4_SRC"));
}

TEST_CASE("fields that may be masked") {
  const std::set<std::string> expected{"metadata", "eth_dst",   "eth_src",     "vlan_vid",    "ipv4_src", "ipv4_dst",
                                       "arp_spa",  "arp_tpa",   "arp_sha",     "arp_tha",     "ipv6_src", "ipv6_dst",
                                       "pbb_isid", "tunnel_id", "ipv6_flabel", "ipv6_exthdr", "tcp_flags"};
  CHECK(names_where([](const FieldFacts& row) { return row.maskable; }) == expected);
}

TEST_CASE("fields that set_field cannot set") {
  const std::set<std::string> expected{"in_port",     "in_phy_port",   "metadata",
                                       "ipv6_exthdr", "actset_output", "packet_type"};
  CHECK(names_where([](const FieldFacts& row) { return !row.settable; }) == expected);
}

TEST_CASE("fields that came after 1.2") {
  CHECK(names_where([](const FieldFacts& row) { return row.since == v1_3; }) ==
        std::set<std::string>{"mpls_bos", "pbb_isid", "tunnel_id", "ipv6_exthdr"});
  CHECK(names_where([](const FieldFacts& row) { return row.since == v1_4; }) == std::set<std::string>{"pbb_uca"});
  CHECK(names_where([](const FieldFacts& row) { return row.since == v1_5; }) ==
        std::set<std::string>{"tcp_flags", "actset_output", "packet_type"});
}

TEST_CASE("numbers of up to 128 bits") {
  CHECK(ones(0) == U128{0, 0});
  CHECK(ones(13) == U128{0, 0x1fff});
  CHECK(ones(64) == U128{0, ~std::uint64_t{0}});
  CHECK(ones(65) == U128{1, ~std::uint64_t{0}});
  CHECK(ones(128) == U128{~std::uint64_t{0}, ~std::uint64_t{0}});
  CHECK(bit(0) == u128(1));
  CHECK(bit(63) == U128{0, std::uint64_t{1} << 63U});
  CHECK(bit(64) == U128{1, 0});
  CHECK(bit(127) == U128{std::uint64_t{1} << 63U, 0});
  CHECK(U128{0, 5} < U128{1, 0});
  CHECK((~U128{}) == ones(128));
}

}  // namespace sluice::ofmsg
