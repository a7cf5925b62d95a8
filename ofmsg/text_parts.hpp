// The parts that text is made of, for the printers and readers of this folder and for programs that print what has no
// typed form. `text.hpp` is what most code wants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ofmsg/bytes.hpp"
#include "ofmsg/text.hpp"

namespace sluice::ofmsg {

// As the two functions of text.hpp without a version, in the spelling that ovs-ofctl uses for messages of that version:
// "strip_vlan" in 1.0 and "pop_vlan" after, "vlan_tci=0x0000" in 1.0 and "vlan_tci=0x0000/0x1fff" after.
[[nodiscard]] std::string text(const Match& match, Version version);
[[nodiscard]] std::string text(const Actions& actions, Version version);
[[nodiscard]] std::string text(const Instructions& instructions, Version version);

// What a message begins with, for kinds with and without a typed form: "OFPT_FLOW_MOD (OF1.3) (xid=0x5):".
[[nodiscard]] std::string headline(Kind kind, Version version, Xid xid);

[[nodiscard]] std::string hex(std::uint64_t value, unsigned digits = 1);  // "0x1f"; at least so many digits
[[nodiscard]] std::string hex(U128 value);
[[nodiscard]] std::string hex_digits(ByteView bytes);  // "04000008…"
// Sixteen bytes on a line, with offset and characters; every line ends with a newline.
[[nodiscard]] std::string hex_dump(ByteView bytes);

// What a peer sent as text, safe for terminals and JSON: bytes that are no printable ASCII become "\\x1b".
[[nodiscard]] std::string printable(std::string_view text);

[[nodiscard]] std::string ipv4_text(std::uint32_t address);
[[nodiscard]] std::string ipv6_text(U128 address);
// One value of a field as the readers take it: "10.0.0.1", "0x0800", "80".
[[nodiscard]] std::string value_text(Field field, U128 value);
// The name in "set_field:1->name".
[[nodiscard]] std::string_view set_field_name(Field field);

// The number that `text` is, decimal or with 0x; nothing if it is none or needs more than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);
// The bytes that hexadecimal digits say, two for each; nothing for anything else.
[[nodiscard]] std::optional<Bytes> parse_bytes(std::string_view hex);
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text);
[[nodiscard]] std::optional<std::uint32_t> parse_ipv4(std::string_view text);
[[nodiscard]] std::optional<U128> parse_ipv6(std::string_view text);

// The number of leading one bits if the mask of `bits` bits is a prefix.
[[nodiscard]] std::optional<unsigned> prefix_length(U128 mask, unsigned bits);

}  // namespace sluice::ofmsg
