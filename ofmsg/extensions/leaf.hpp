// The small parts that Open vSwitch's extensions are made of and OpenFlow is not: 16-bit ports in every version, ranges
// of bits, headers of match fields without a match, matches without a header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

class Tree;

// A port in the 16 bits of OpenFlow 1.0, whatever the version of the message.
struct PortNo16 {
  PortNo port;
  friend bool operator==(const PortNo16&, const PortNo16&) = default;
};

void wire(Reader& r, PortNo16& value);
void wire(Writer& w, const PortNo16& value);
[[nodiscard]] Tree to_leaf(const PortNo16& value);
[[nodiscard]] std::optional<std::string> from_leaf(const Tree& tree, PortNo16& value);

// The header of a field in 32 bits, for the structs that have no room for an experimenter's id. Zero: no field.
struct ShortHeader {
  std::uint32_t value = 0;

  [[nodiscard]] OxmHeader header() const { return {value, 0}; }

  friend bool operator==(const ShortHeader&, const ShortHeader&) = default;
};

void wire(Reader& r, ShortHeader& value);
void wire(Writer& w, const ShortHeader& value);
[[nodiscard]] Tree to_leaf(const ShortHeader& value);
[[nodiscard]] std::optional<std::string> from_leaf(const Tree& tree, ShortHeader& value);

// Some bits of a field: the offset of the lowest in the upper ten bits, their number less one in the lower six.
struct BitRange {
  static constexpr std::uint16_t max_offset = 0x3ff, max_count = 64;

  std::uint16_t offset = 0;
  std::uint16_t count = 1;

  [[nodiscard]] static BitRange of(std::uint16_t packed) {
    return {static_cast<std::uint16_t>(packed >> 6U), static_cast<std::uint16_t>((packed & 0x3fU) + 1)};
  }

  [[nodiscard]] std::uint16_t packed() const {
    return static_cast<std::uint16_t>(std::uint32_t{offset} << 6U | (std::uint32_t{count} - 1));
  }

  friend bool operator==(const BitRange&, const BitRange&) = default;
};

void wire(Reader& r, BitRange& value);
void wire(Writer& w, const BitRange& value);

// For walkers that write for people.
template <class W, of_type<BitRange> B>
void layout(W& w, B& b) {
  w("offset", b.offset);
  w("n_bits", b.count);
}

// A field with a value, and a mask where the header says so. Both in bytes of the field's own width.
struct FieldEntry {
  OxmHeader field;
  Bytes value;
  Bytes mask;
  friend bool operator==(const FieldEntry&, const FieldEntry&) = default;
};

void wire(Reader& r, FieldEntry& entry);
void wire(Writer& w, const FieldEntry& entry);

template <class W, of_type<FieldEntry> E>
void layout(W& w, E& e) {
  w("field", e.field);
  w("value", e.value);
  w("mask", e.mask);
}

// The fields of a match, one behind the other, and nothing else; takes all that is left.
struct BareMatch {
  Match match;
  friend bool operator==(const BareMatch&, const BareMatch&) = default;
};

void wire(Reader& r, BareMatch& value);
void wire(Writer& w, const BareMatch& value);
[[nodiscard]] Tree to_leaf(const BareMatch& value);
[[nodiscard]] std::optional<std::string> from_leaf(const Tree& tree, BareMatch& value);

// An OXM match with its header, in every version, without the padding behind.
struct OxmMatch {
  Match match;
  friend bool operator==(const OxmMatch&, const OxmMatch&) = default;
};

void wire(Reader& r, OxmMatch& value);
void wire(Writer& w, const OxmMatch& value);
[[nodiscard]] Tree to_leaf(const OxmMatch& value);
[[nodiscard]] std::optional<std::string> from_leaf(const Tree& tree, OxmMatch& value);

}  // namespace sluice::ofmsg
