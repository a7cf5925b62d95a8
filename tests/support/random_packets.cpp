#include "tests/support/random_packets.hpp"

namespace sluice::tests {

namespace {

using ofmsg::append;
using ofmsg::Bytes;

void append_mac(Bytes& out, std::uint64_t mac) {
  append<std::uint16_t>(out, static_cast<std::uint16_t>(mac >> 32U));
  append<std::uint32_t>(out, static_cast<std::uint32_t>(mac & 0xffffffffU));
}

void append_tag(Dice& dice, Bytes& out) {
  append<std::uint16_t>(out, dice.chance(85) ? std::uint16_t{0x8100} : std::uint16_t{0x88a8});
  append<std::uint16_t>(out, static_cast<std::uint16_t>(dice.pick(universe::vlans) | dice.pick(universe::pcps) << 13U));
}

Bytes transport(Dice& dice, std::uint8_t protocol) {
  Bytes out;
  if (protocol == 1 || protocol == 58) {
    append<std::uint8_t>(out, dice.pick(universe::icmp_types));
    append<std::uint8_t>(out, std::uint8_t{0});
  } else {
    append<std::uint16_t>(out, dice.pick(universe::transport_ports));
    append<std::uint16_t>(out, dice.pick(universe::transport_ports));
  }
  out.resize(protocol == 6 ? 20 : 8);
  out.resize(out.size() + 4 + dice.below(8));
  if (dice.chance(5)) out.resize(dice.below(6));  // a header cut short
  return out;
}

Bytes ipv4(Dice& dice) {
  const std::uint8_t protocol = dice.pick(universe::protocols);
  Bytes payload = transport(dice, protocol);
  const bool options = dice.chance(3);
  Bytes out;
  append<std::uint8_t>(out, options ? std::uint8_t{0x46} : std::uint8_t{0x45});
  append<std::uint8_t>(out, dice.pick(universe::tos));
  append<std::uint16_t>(out, static_cast<std::uint16_t>((options ? 24 : 20) + payload.size()));
  append<std::uint16_t>(out, std::uint16_t{7});
  const std::size_t part = dice.below(100);
  append<std::uint16_t>(out, static_cast<std::uint16_t>(part < 8    ? 185
                                                        : part < 12 ? 0x2000
                                                                    : 0));  // later, first, whole
  append<std::uint8_t>(out, dice.chance(5) ? std::uint8_t{1} : std::uint8_t{64});
  append<std::uint8_t>(out, protocol);
  append<std::uint16_t>(out, std::uint16_t{0});
  append<std::uint32_t>(out, dice.pick(universe::addresses));
  append<std::uint32_t>(out, dice.pick(universe::addresses));
  if (options) append<std::uint32_t>(out, std::uint32_t{0x01010101});
  append(out, payload);
  // Cut; but who reads the addresses of a header whose options are cut off, and who does not, is open.
  if (!options && dice.chance(3)) out.resize(dice.below(24));
  if (!out.empty() && dice.chance(2)) out[0] = std::byte{0x43};  // header length impossible
  return out;
}

Bytes ipv6(Dice& dice) {
  const std::uint8_t protocol = dice.pick(std::vector<std::uint8_t>{6, 17, 58, 44});
  Bytes payload;
  if (protocol == 44) {
    append<std::uint32_t>(payload, std::uint32_t{0x06000000} | (dice.chance(50) ? 8U : 0U));
    append<std::uint32_t>(payload, std::uint32_t{1});
    append(payload, transport(dice, 6));
  } else {
    payload = transport(dice, protocol);
  }
  Bytes out;
  append<std::uint32_t>(out, std::uint32_t{0x60000000} | std::uint32_t{dice.pick(universe::tos)} << 20U);
  append<std::uint16_t>(out, static_cast<std::uint16_t>(payload.size()));
  append<std::uint8_t>(out, protocol);
  append<std::uint8_t>(out, std::uint8_t{64});
  for (int side = 0; side < 2; ++side) {
    for (const std::uint32_t word : {0xfd000000U, 0U, 0U}) append<std::uint32_t>(out, word);
    append<std::uint32_t>(out, dice.pick(universe::addresses));
  }
  append(out, payload);
  return out;
}

Bytes arp(Dice& dice) {
  Bytes out;
  const std::uint16_t hardware = dice.chance(95) ? 1 : 6;
  for (const std::uint16_t word : {hardware, std::uint16_t{0x0800}, std::uint16_t{0x0604}})
    append<std::uint16_t>(out, word);
  append<std::uint16_t>(out, static_cast<std::uint16_t>(1 + dice.below(2)));
  append_mac(out, dice.pick(universe::macs));
  append<std::uint32_t>(out, dice.pick(universe::addresses));
  append_mac(out, 0);
  append<std::uint32_t>(out, dice.pick(universe::addresses));
  if (dice.chance(4)) out.resize(dice.below(28));
  return out;
}

}  // namespace

Bytes random_packet(Dice& dice) {
  Bytes out;
  append_mac(out, dice.pick(universe::macs));
  append_mac(out, dice.pick(universe::macs));
  const std::size_t tags = dice.below(100);
  if (tags >= 35) append_tag(dice, out);
  if (tags >= 92) append_tag(dice, out);
  const std::size_t kind = dice.below(100);
  if (kind < 70) {
    append<std::uint16_t>(out, std::uint16_t{0x0800});
    append(out, ipv4(dice));
  } else if (kind < 84) {
    append<std::uint16_t>(out, std::uint16_t{0x0806});
    append(out, arp(dice));
  } else if (kind < 92) {
    append<std::uint16_t>(out, std::uint16_t{0x86dd});
    append(out, ipv6(dice));
  } else if (kind < 98) {
    append<std::uint16_t>(out, dice.pick(universe::other_types));
    append<std::uint32_t>(out, std::uint32_t{0x00064140});
    out.resize(out.size() + dice.below(40));
  } else {
    append<std::uint16_t>(out, std::uint16_t{46});  // a length, not a type
    out.resize(out.size() + 46);
  }
  if (dice.chance(1)) out.resize(dice.below(18));
  return out;
}

std::string hexadecimal(ofmsg::ByteView bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::byte b : bytes) {
    out += digits[std::to_integer<unsigned>(b) >> 4U];
    out += digits[std::to_integer<unsigned>(b) & 15U];
  }
  return out;
}

}  // namespace sluice::tests
