// JSON with the place of everything: values, keys and characters inside strings. For readers that tell where something
// is wrong: of slice files here, of case files in sluicectl.
//
// nlohmann's parser judges the syntax and unpacks the tokens; their places are found by walking the text beside it. The
// parser keeps no recursion, and neither does the builder; nesting is limited because what reads the tree recurses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::policy::json {

struct Span {
  std::size_t offset = 0;  // bytes into the text
  std::size_t length = 1;
};

struct Member;
struct Value;
using Array = std::vector<Value>;
using Object = std::vector<Member>;  // in the order of the text; keys differ

struct Value {
  // Integers that fit into neither 64-bit type are doubles, as in every JSON reader.
  std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> is;
  Span at;  // the token; for arrays and objects the opening bracket

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&is);
  }
};

struct Member {
  std::string key;
  Span at;
  Value value;
};

[[nodiscard]] std::string_view kind_of(const Value& value);  // "a number", "a list", …
[[nodiscard]] const Value* find(const Object& object, std::string_view key);

struct Fault {
  enum class Kind : std::uint8_t { syntax, duplicate_key, too_big };

  Kind kind = Kind::syntax;
  Span at;
  std::string message;
  std::string label;
  std::optional<std::size_t> other;  // where the first of two keys stands
};

struct Parsed {
  std::optional<Value> value;  // nothing when the text is not JSON or too big
  std::vector<Fault> faults;
};

inline constexpr std::size_t largest_text = std::size_t{8} << 20U;  // bytes
inline constexpr std::size_t most_values = 2000000;
inline constexpr std::size_t deepest = 32;

[[nodiscard]] Parsed parse(std::string_view text);

// Where byte `n` of a string value stands in the text, for the string's token at `at`: escapes are longer than what
// they stand for.
[[nodiscard]] std::size_t offset_in_string(std::string_view text, Span at, std::size_t n);

}  // namespace sluice::policy::json
