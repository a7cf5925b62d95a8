// Random Ethernet packets from a small universe, so that flows and regions of the same universe meet them often: tagged
// once, twice or not at all, IP with its fragments, cut and broken headers, ARP, and what nobody expects.
#pragma once

#include <cstdint>
#include <string>

#include "ofmsg/bytes.hpp"
#include "tests/support/random_dice.hpp"

namespace sluice::tests {

// The values that packets, flows and regions are made of.
namespace universe {

inline const std::vector<std::uint64_t> macs{0x020000000001, 0x020000000002, 0x020000000003, 0xffffffffffff};
inline const std::vector<std::uint16_t> vlans{10, 20, 30};
inline const std::vector<std::uint8_t> pcps{0, 5};
inline const std::vector<std::uint32_t> addresses{0x0a000001, 0x0a000002, 0x0a000101, 0x0a000181,
                                                  0x0a000201, 0x0a000301, 0x0b000001};
inline const std::vector<std::uint8_t> protocols{6, 6, 6, 17, 17, 1, 1, 47};
inline const std::vector<std::uint16_t> transport_ports{53, 80, 443, 1000};
inline const std::vector<std::uint8_t> icmp_types{0, 3, 8};
inline const std::vector<std::uint8_t> tos{0, 32};
inline const std::vector<std::uint16_t> other_types{0x88cc, 0x86dd, 0x8847, 0x1234};

}  // namespace universe

[[nodiscard]] ofmsg::Bytes random_packet(Dice& dice);

[[nodiscard]] std::string hexadecimal(ofmsg::ByteView bytes);

}  // namespace sluice::tests
