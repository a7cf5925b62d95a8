// Rule sets for measuring, the same for the same seed. Their statistics are stated here, not taken from real networks:
//
//   tenant   what slice files are made of: a VLAN and an IPv4 source prefix (/16 to /26); every VLAN has 16 of them
//   acl      filters of servers: exact protocol (TCP 75 %, UDP 20 %, any), destination /32 60 %, /24 25 %, source any
//            30 %, /8 to /32 otherwise, exact destination port 70 %
//   fw       filters of firewalls: source any 50 %, destination any 40 %, prefixes /16 to /32 otherwise, exact source
//            port 15 %, exact destination port 50 %, protocol any 20 %
//   ipc      long chains: source and destination prefixes of every length from /0 to /32, protocol exact 60 %, ports
//            10 %
//
// Some rules of fw and ipc have nearly every packet, so these two are in the order in which people write such lists,
// the narrower before the wider; in the order of making, the first hundred would answer for all the others.
//
// Addresses lie in 64 networks of /12, so that prefixes nest as they do where people number by building and room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"

namespace sluice::bench {

enum class RuleKind { tenant, acl, fw, ipc };

[[nodiscard]] std::string_view text(RuleKind kind);

// Different headers, as many as asked for.
[[nodiscard]] std::vector<ofmsg::Match> rule_set(RuleKind kind, std::size_t count);

// Puts rules in the place of the last ones that together name every field of OpenFlow 1.3 but in_port, one more each.
void name_every_field(std::vector<ofmsg::Match>& rules);

// Packets: nine of ten are in one of the rules, each as likely as the other.
[[nodiscard]] std::vector<ofmsg::PacketKey> packets_for(const std::vector<ofmsg::Match>& rules, std::size_t count);

}  // namespace sluice::bench
