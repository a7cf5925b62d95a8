// A message as names and values: the neutral form between the layouts and JSON, or text for people.
//
// `Tree` is what JSON can say: an object's members keep their order. `to_tree` and `from_tree` walk the same layouts as
// the codec, so that whatever has a layout can be said in JSON and read back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ofmsg/extension.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ofmsg {

class Tree {
 public:
  using List = std::vector<Tree>;
  using Member = std::pair<std::string, Tree>;
  using Object = std::vector<Member>;
  using Value = std::variant<std::nullptr_t, bool, std::uint64_t, std::string, List, Object>;

  Tree() = default;

  Tree(Value value) : value_{std::move(value)} {}

  Tree(std::uint64_t number) : value_{number} {}

  Tree(std::string text) : value_{std::move(text)} {}

  Tree(std::string_view text) : value_{std::string{text}} {}

  Tree(const char* text) : value_{std::string{text}} {}

  [[nodiscard]] const Value& value() const { return value_; }

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&value_);
  }

  template <class T>
  [[nodiscard]] T* as() {
    return std::get_if<T>(&value_);
  }

  // Of an object: the member, or null.
  [[nodiscard]] const Tree* find(std::string_view name) const;
  // Appends to an object; anything else becomes one first.
  void put(std::string_view name, Tree value);

  friend bool operator==(const Tree&, const Tree&) = default;

 private:
  Value value_ = nullptr;
};

// Why a tree is not a message: `where` is a path as in "buckets[1].actions[0].port".
struct TreeError {
  std::string where;
  std::string message;
};

// A message and what its header says.
struct Envelope {
  Message message;
  Version version = v1_0;
  Xid xid;
};

// {"type": "flow_mod", "version": "1.3", "xid": 5, …the fields in wire order, under the names of the layout}. Ports,
// groups and enumerations by name where they have one; a match is an object of OXM names; actions and instructions are
// lists of objects that say their type; bytes are hexadecimal text. Values that other fields imply (what an error is
// called, which packet `data` is) stand at the end for people and are ignored when read. So does "extension", what is
// inside of an experimenter's message; where the "body" is missing, that is read in its place.
[[nodiscard]] Tree to_tree(const Message& message, Version version, Xid xid, Known known = standard_extensions());

// The other way. Members that are missing have their default; unknown ones, and those that the version does not have,
// are errors. Matches, action lists and instructions may also be text as ovs-ofctl writes it. "version" may be missing
// if `version` is given.
[[nodiscard]] Result<Envelope, TreeError> from_tree(const Tree& tree, Version version = v1_3,
                                                    Known known = standard_extensions());

// One line: "name=value name=[…] name={…}".
[[nodiscard]] std::string text(const Tree& tree);

}  // namespace sluice::ofmsg
