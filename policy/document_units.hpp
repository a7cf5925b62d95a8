// Numbers with units: counts, rates, sizes, durations, times of day. Private to the document reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/document_reader.hpp"

namespace sluice::policy {

using Milliseconds = std::chrono::milliseconds;

// Each reads a text as it stands in a file; nothing if it is not of the form. What is too large for the type is the
// largest number; a duration has at most a hundred years.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);    // "2k", "3M"
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);            // "500/s", "1.5k/min": per second
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);     // "64KiB", "4MB": bytes
[[nodiscard]] std::optional<Milliseconds> parse_duration(std::string_view text);  // "200ms", "5s", "2m", "1h"
// RFC 3339: "2027-01-31T18:00:00Z", "2027-01-31T19:00:00.5+01:00". Whole seconds since 1970.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_time(std::string_view text);

// The same of a value of the file; a bare number is of the base unit. Each adds a finding when the value is not good.
[[nodiscard]] std::optional<std::uint64_t> count_of(Findings& findings, const json::Value& value, std::string_view what,
                                                    std::uint64_t least, std::uint64_t most);
[[nodiscard]] std::optional<double> rate_of(Findings& findings, const json::Value& value, std::string_view what);
[[nodiscard]] std::optional<std::uint64_t> size_of(Findings& findings, const json::Value& value, std::string_view what);
[[nodiscard]] std::optional<Milliseconds> duration_of(Findings& findings, const json::Value& value,
                                                      std::string_view what);
[[nodiscard]] std::optional<std::chrono::sys_seconds> time_of(Findings& findings, const json::Value& value,
                                                              std::string_view what);

}  // namespace sluice::policy
