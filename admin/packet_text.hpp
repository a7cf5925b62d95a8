// The packet that `trace` is asked about, as people write it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ofmsg/packet_key.hpp"
#include "ofmsg/port.hpp"
#include "ofmsg/result.hpp"

namespace sluice::admin {

using FindPort = std::function<std::optional<ofmsg::PortNo>(std::string_view name)>;

// "in_port=1,dl_vlan=105,tcp,nw_dst=10.1.2.3", a match as ovs-ofctl writes it, of which what it leaves open is zero; or
// "in_port=1 0180c200…", the port and the packet's bytes in hexadecimal digits. in_port is a number, a reserved name or
// one that `find_port` knows. The error is a sentence.
[[nodiscard]] ofmsg::Result<ofmsg::PacketKey, std::string> parse_packet(std::string_view text,
                                                                        const FindPort& find_port);

}  // namespace sluice::admin
