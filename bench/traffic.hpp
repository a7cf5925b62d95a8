// What the parties of benchmarks say, and slice files of many rules for it. A slice has a VLAN; its rules are the VLAN
// alone, or IPv4 source prefixes in it, /20 to /26, none within another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/message.hpp"
#include "ofmsg/port.hpp"

namespace sluice::bench {

// An address in the n-th source prefix of any slice. Hosts of one prefix have different ones up to 64.
[[nodiscard]] std::uint32_t source_address(std::size_t n, std::size_t host = 1);

// JSON: the first so many prefixes of a VLAN as rules, or the VLAN alone for 0. `on` is JSON too.
[[nodiscard]] std::string rules_of(std::size_t vlan, std::size_t prefixes, const std::string& on);

// A flow of a VLAN; with a source address its flow_mods name it, and IP.
struct Traffic {
  std::size_t vlan = 1;
  std::uint16_t number = 0;
  std::optional<std::uint32_t> source = std::nullopt;
};

inline constexpr std::size_t packet_size = 64;
inline constexpr std::size_t number_offset = 10;  // of the traffic's number in its packets

// In at port 1, and not buffered.
[[nodiscard]] ofmsg::Message packet_in(const Traffic& traffic, ofmsg::Version version);
// Adds a flow for just that, from port 1 to port 2.
[[nodiscard]] ofmsg::FlowMod flow_mod(const Traffic& traffic, ofmsg::Version version);

[[nodiscard]] std::vector<ofmsg::Port> ports(std::uint32_t count);
// What a switch with these ports and no flows says to a question; nothing for messages that want no answer.
[[nodiscard]] std::optional<ofmsg::Message> reply_to(const ofmsg::Message& question, std::uint64_t dpid,
                                                     ofmsg::Version version, std::uint32_t port_count);

// Throws for what the version cannot say.
[[nodiscard]] ofmsg::Bytes encoded(const ofmsg::Message& message, ofmsg::Version version, ofmsg::Xid xid = {});

}  // namespace sluice::bench
