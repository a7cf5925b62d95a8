// What a slice file may say: every key with its type and its meaning, from the very tables that the reader goes by. The
// JSON Schema and the page about the slice file are made from this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::policy {

enum class Presence : std::uint8_t {
  optional,
  required,
  later,  // optional; read and checked, but using it is an error until it has its effect
};

// One key of an object. `type` names a simple type or another object: "count"; "[rule]" is a list of them, "{switch}"
// an object with one for each name, "rate|limit" one or the other.
struct KeyFacts {
  std::string_view key;
  std::string_view type;
  Presence presence = Presence::optional;
  std::string_view help;  // for people, without a full stop at its end
};

struct ObjectFacts {
  std::string_view name;  // as types name it: "switch"
  std::vector<KeyFacts> keys;
};

// The whole file first, then each object after the first that names it.
[[nodiscard]] std::vector<ObjectFacts> format_objects();

// A JSON Schema, draft 7, of the format.
[[nodiscard]] std::string json_schema();

// The objects and the simple types as tables in Markdown.
[[nodiscard]] std::string format_tables();

}  // namespace sluice::policy
