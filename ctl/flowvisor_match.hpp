// What FlowVisor's rules match, and how that is said in a slice file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/imported.hpp"

namespace sluice::ctl {

[[nodiscard]] std::string lower(std::string_view text);

// Hexadecimal digits alone, of at most 64 bits.
[[nodiscard]] std::optional<std::uint64_t> hexadecimal(std::string_view digits);

// A whole number, also below zero, decimal or with 0x.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text);

// The match of a flowspace rule. Unlike OpenFlow's, it may ask for addresses without saying that it means IP.
struct FlowVisorMatch {
  std::optional<std::uint16_t> in_port;
  std::optional<Vlans> vlans;
  std::optional<std::string> dl_src, dl_dst, nw_src, nw_dst;
  std::optional<std::uint16_t> dl_type, tp_src, tp_dst;
  std::optional<std::uint8_t> dl_vpcp, nw_proto, nw_tos;
};

// Takes a value as fvctl has it or, signed, as a dump has it. Returns what is wrong with it, or nothing.
[[nodiscard]] std::string set_field(FlowVisorMatch& match, std::string_view field, const std::string& value);

// The same for a slice file; empty when no packet can meet it.
[[nodiscard]] std::vector<ImportedMatch> imported_match(const FlowVisorMatch& match, const std::string& place,
                                                        ImportNotes& notes);

}  // namespace sluice::ctl
