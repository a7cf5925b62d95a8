// The keys of a match in object form: one row each. Private to the document reader.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ofmsg/fields.hpp"

namespace sluice::policy {

struct MatchKey {
  enum class Use : std::uint8_t {
    number,  // ranges become masks
    exact,   // ranges become lists, because other fields depend on the very value
    ipv4,
    vlan,
    address,    // Ethernet and IPv6 addresses, flags: no ranges
    port,       // belongs to "on"
    no_header,  // comes with a packet without lying in it
  };

  std::string_view name;
  Use use = Use::number;
  std::uint8_t bits = 0;
  std::optional<std::uint64_t> (*words)(std::string_view) = nullptr;  // names for values
  std::string_view some_words = {};                                   // for a hint
  std::string_view text_name = {};                                    // what ovs-ofctl calls it, if not `name`
};

[[nodiscard]] const MatchKey* find_match_key(std::string_view name);
[[nodiscard]] std::span<const std::string_view> match_key_names();

// Is the field part of a packet?
[[nodiscard]] bool is_header(ofmsg::Field field);

// Does the hint of ofmsg::parse_match tell of a field that is missing?
[[nodiscard]] bool is_prerequisite_hint(std::string_view hint);
// The same hint for somebody who writes an object: `add "eth_type": "ip"`.
[[nodiscard]] std::string object_hint(std::string_view hint);

}  // namespace sluice::policy
