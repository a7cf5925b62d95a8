// What all documents share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "slicing/status.hpp"

namespace sluice::admin {

using Json = nlohmann::ordered_json;

// {"kind": kind, "v": 1}
[[nodiscard]] Json document(std::string_view kind);
// Names that a switch reports need not be UTF-8; a document must be.
[[nodiscard]] std::string dump(const Json& document, int indent = 2);
// "0x2a"
[[nodiscard]] std::string hex(std::uint64_t value);
// {"name": …, "at": position}, or null.
[[nodiscard]] Json json_of(const std::optional<slicing::RuleName>& rule);

[[nodiscard]] Json json_of(const slicing::NearRule& near);

}  // namespace sluice::admin
