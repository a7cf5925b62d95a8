// The names of match fields, for people: those of the standard by which actions call them ("NXM_OF_ETH_SRC"), and those
// that Open vSwitch has beside it ("reg0", "ct_state").
//
// The second sort has no row in the table of fields (fields.hpp), and no term in a match: such fields stay among
// `Match::unknown`, where the algebra refuses to judge them. This file only knows how they are said.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/match.hpp"

namespace sluice::ofmsg {

// How a value is written.
enum class OxmFormat : std::uint8_t {
  decimal,
  hexadecimal,
  ipv4,
  ipv6,
  mac,
  port,
  flags,
  ct_state,
  tun_flags,
  fragment
};

struct OxmField {
  OxmHeader header;         // without mask; length 0 where that may be any
  std::string header_name;  // "NXM_NX_REG0", as actions call it
  std::string name;         // "reg0", as matches and set_field do
  unsigned bits = 0;        // 0 where the length may be any
  bool maskable = false;
  OxmFormat format = OxmFormat::hexadecimal;
  std::optional<Field> alias;  // the standard's field whose values are the same

  // In bytes, of this header's field.
  [[nodiscard]] std::size_t size() const;

  [[nodiscard]] OxmHeader with(bool mask, std::size_t bytes) const;
};

// By class and number (and experimenter); the length and the mask bit do not matter.
[[nodiscard]] std::optional<OxmField> oxm_field(OxmHeader header);
// By the name of the header, of NXM or OXM: "NXM_OF_ETH_SRC", "OXM_OF_ETH_SRC"; or by the name that matches use, which
// for a field of the standard gives the standard's header.
[[nodiscard]] std::optional<OxmField> oxm_field_named(std::string_view name);
// As actions name their fields: the header of NXM where there is one, which is what Open vSwitch writes there.
[[nodiscard]] std::optional<OxmField> action_field_named(std::string_view name);
// This very header, not what is the same field: "NXM_OF_ETH_SRC". Without mask; empty for those of the standard's
// class, for other lengths and where the length may be any.
[[nodiscard]] std::string header_name(OxmHeader header);
[[nodiscard]] std::optional<OxmField> field_of_header_name(std::string_view name);
// Every name that is not the standard's, for "did you mean".
[[nodiscard]] std::vector<std::string> oxm_names();

// An entry of `Match::unknown`, taken apart. Nothing if the field has no name, or the lengths are not its own.
struct OxmEntry {
  OxmField field;
  Bytes value;
  Bytes mask;  // empty: none
};

[[nodiscard]] std::optional<OxmEntry> oxm_entry(ByteView oxm);
[[nodiscard]] Bytes oxm_bytes(const OxmEntry& entry);
// What is wrong with an entry whose field is known: a length, a mask where there can be none, bits outside the mask.
enum class OxmFault : std::uint8_t { none, length, mask, wildcards, value };

[[nodiscard]] OxmFault oxm_fault(ByteView oxm);

[[nodiscard]] U128 number_of(ByteView bytes);  // the last 16 bytes
[[nodiscard]] Bytes bytes_of(U128 value, std::size_t size);

}  // namespace sluice::ofmsg
