// Packet captures, pcap and pcapng, as sources of OpenFlow messages.
//
// libpcap reads the file, segment.hpp takes the packets apart, reassembly.hpp puts the streams together; here it is
// decided which of them are OpenFlow, and said what could not be used. This is the only place that knows libpcap.
//
// A capture is read from memory, and nothing in it is trusted. What is kept is about three times its size, and a dozen
// times if every packet opens a connection of its own.
#pragma once

#include <string>
#include <string_view>

#include "ctl/messages.hpp"

namespace sluice::ctl {

// By the first bytes, whatever the file is called.
[[nodiscard]] bool is_capture(std::string_view content);

// One source for each direction of each connection that speaks OpenFlow, in the order in which they appear; more than
// one where bytes in the middle were not captured. Connections of the ports 6633 and 6653 are taken for OpenFlow,
// others if the first bytes of a direction look like it.
[[nodiscard]] Sources read_capture(std::string_view content, const std::string& name);

}  // namespace sluice::ctl
