// What the tests of the core share: two slice files, and short ways to say flows.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "ofmsg/text.hpp"
#include "tests/support/world.hpp"

namespace sluice::tests {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): tests speak OpenFlow all the time
using namespace std::chrono_literals;

// Two slices of one switch, cut by port. Controllers: red 7001, blue 7002.
inline constexpr std::string_view by_port = R"({
  "version": 1,
  "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
  "switches": {"s1": {"dpid": 1}},
  "slices": {
    "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": [1, 2]}, "match": "any"}]},
    "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [{"on": {"s1": [3, 4]}, "match": "any"}]}
  }
})";

// Two slices of the same ports, cut by VLAN; a third only watches.
inline constexpr std::string_view by_vlan = R"({
  "version": 1,
  "proxy": {"listen": ["ptcp:6653:127.0.0.1"]},
  "switches": {"s1": {"dpid": 1}},
  "slices": {
    "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": [1, 2, 3]}, "match": "dl_vlan=10"}]},
    "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [{"on": {"s1": [1, 2]}, "match": "dl_vlan=20"}]},
    "eye":  {"controllers": ["tcp:127.0.0.1:7003"],
             "flowspace": [{"on": {"s1": [1, 2]}, "match": "dl_vlan=20", "access": "read"}]}
  }
})";

inline FlowMod flow(std::string_view text, Version version, FlowModCommand command = FlowModCommand::add) {
  auto parsed = parse_flow(text, version, command);
  if (!parsed) FAIL(text << ": " << parsed.error().message);
  return *std::move(parsed);
}

// The flows of slices in a switch, as ovs-ofctl would list them, one a line: "priority=5,in_port=1 actions=output:2".
inline std::string table(const SwitchEnd& device) {
  std::string lines;
  for (const flow_switch::Flow& f : flows_of_slices(device)) {
    lines += "priority=" + std::to_string(f.priority);
    const std::string match = text(f.match);
    if (!match.empty()) lines += "," + match;
    lines += " " + text(f.instructions) + "\n";
  }
  return lines;
}

// The error that answers a message: the only one, with the message's own xid and bytes.
inline WireError expect_error(Tenant& tenant, Xid xid) {
  const auto error = tenant.take<Error>();
  REQUIRE(error.has_value());
  CHECK(tenant.last_xid == xid);
  REQUIRE(error->data.size() >= 8);
  CHECK(load<std::uint32_t>(error->data, 4) == xid.value);
  CHECK_FALSE(tenant.take<Error>().has_value());
  return error->error;
}

}  // namespace sluice::tests
