// Where the meaning of a message, not its form, differs between the OpenFlow versions that the
// switch speaks.
#pragma once

#include "ofmsg/version.hpp"

namespace sluice::flow_switch {

struct Rules {
  bool modify_adds;              // MODIFY without a matching flow is an ADD
  bool modify_sets_cookie;       // MODIFY replaces the cookie
  bool add_resets_counters;      // ADD over an identical flow starts counting anew; else only if the
                                 // flag says so
  bool reset_counts_flag;        // the flag exists
  bool count_flags;              // NO_PKT_COUNTS and NO_BYT_COUNTS exist
  bool emergency_flows;          // the 1.0 flag that we refuse
  bool exact_flows_come_first;   // a flow without wildcards has priority 65535, whatever it says
  bool stp_bits;                 // ports have NO_STP, NO_RECV_STP and NO_FLOOD, and spanning tree packets are a case of
                                 // their own
  bool no_packet_in_at_all;      // NO_PACKET_IN is about every packet_in of the port; else about misses only
  bool bad_table_is_empty;       // a request about a table that is not there is no error
  bool miss_to_controller;       // a packet without a flow goes to the controller; else it is dropped
  bool table_miss_entries;       // the flow of everything with priority 0 counts as "no match" in
                                 // packet_in
  bool whole_packet_by_max_len;  // max_len 0xffff also means "do not buffer"
  bool several_tables;
  bool consistent_actions;  // a set_field without its prerequisite in the match is an error
};

// [OF 1.0 §3.4, §4.6, §5.2.1, §5.3.3, §5.3.5; OF 1.3.5 §5.4, §6.4, §7.2.1, §7.3.4.1]. 1.0's cookie and
// exact flows: as Open vSwitch does.
[[nodiscard]] constexpr Rules rules(ofmsg::Version version) {
  using namespace ofmsg;
  return {
      .modify_adds = version == v1_0,
      .modify_sets_cookie = version == v1_0,
      .add_resets_counters = version <= v1_1,
      .reset_counts_flag = version >= v1_2,
      .count_flags = version >= v1_3,
      .emergency_flows = version == v1_0,
      .exact_flows_come_first = version == v1_0,
      .stp_bits = version == v1_0,
      .no_packet_in_at_all = version == v1_0,
      .bad_table_is_empty = version == v1_0,
      .miss_to_controller = version <= v1_2,
      .table_miss_entries = version >= v1_3,
      .whole_packet_by_max_len = version >= v1_2,
      .several_tables = version >= v1_1,
      .consistent_actions = version >= v1_1,
  };
}

}  // namespace sluice::flow_switch
