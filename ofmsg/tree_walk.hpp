// The walkers between layouts and trees. What is a leaf to the codec is one here too: each kind of leaf has a `to_leaf`
// and a `from_leaf`; structs, lists and lists of parts are walked. Included by the few files that instantiate them.
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ofmsg/action_layout.hpp"
#include "ofmsg/extension.hpp"
#include "ofmsg/property.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/tree.hpp"

namespace sluice::ofmsg {

class TreeWriter;
class TreeReader;

// message_tree.cpp.
void layout(TreeWriter& w, const SetField& a);
void layout(TreeReader& r, SetField& a);

template <class T>
[[nodiscard]] Tree tree_of(const T& value, Version version, Known known);

class TreeWriter {
 public:
  TreeWriter(Version version, Known known) : version_{version}, known_{known} {}

  template <class T>
  void operator()(std::string_view name, const T& value, Range range = always) {
    if (range.has(version_)) out_.put(name, tree_of(value, version_, known_));
  }

  template <class T>
  void operator()(std::string_view name, const std::optional<T>& value, Range range = always) {
    if (value) (*this)(name, *value, range);
  }

  void put(std::string_view name, Tree value) { out_.put(name, std::move(value)); }

  // Bytes that mean nothing, and lengths, which the values themselves have.
  void pad(std::size_t, Range = always) {}

  void align(std::size_t = 0) {}

  [[nodiscard]] std::size_t length(std::string_view) { return 0; }

  template <class Body>
  void within(std::size_t, Body body, Reason = Reason::bad_length) {
    body();
  }

  template <class Body>
  void framed(std::string_view, std::size_t, Body body, Reason = Reason::bad_length, std::size_t = 1) {
    body();
  }

  [[nodiscard]] bool more(bool given, std::size_t = 0) const { return given; }

  [[nodiscard]] Version version() const { return version_; }

  [[nodiscard]] Tree take() { return out_.as<Tree::Object>() == nullptr ? Tree{Tree::Object{}} : std::move(out_); }

 private:
  Version version_;
  Known known_;
  Tree out_;
};

// Collects the first error and then does nothing more. Reads from an object; remembers which members it used.
class TreeReader {
 public:
  TreeReader(const Tree::Object& object, Version version, Known known, std::string where)
      : object_{object}, used_(object.size()), version_{version}, known_{known}, where_{std::move(where)} {}

  template <class T>
  void operator()(std::string_view name, T& value, Range range = always);

  void pad(std::size_t, Range = always) {}

  void align(std::size_t = 0) {}

  [[nodiscard]] std::size_t length(std::string_view) { return 0; }

  template <class Body>
  void within(std::size_t, Body body, Reason = Reason::bad_length) {
    body();
  }

  template <class Body>
  void framed(std::string_view, std::size_t, Body body, Reason = Reason::bad_length, std::size_t = 1) {
    body();
  }

  [[nodiscard]] bool more(bool, std::size_t = 0) const { return true; }

  [[nodiscard]] Version version() const { return version_; }

  [[nodiscard]] Known known() const { return known_; }

  // The member, or null.
  [[nodiscard]] const Tree* find(std::string_view name) const;
  // As `find`, for a member that no line of a layout asks for.
  [[nodiscard]] const Tree* use(std::string_view name);
  // After the layout: members that nobody asked for are errors.
  void finish();

  void fail(std::string_view name, std::string message);
  void fail(TreeError error);

  [[nodiscard]] const std::optional<TreeError>& error() const { return error_; }

 private:
  const Tree::Object& object_;
  std::vector<bool> used_;
  Version version_;
  Known known_;
  std::string where_;
  std::optional<TreeError> error_;
};

// --- leaves --------------------------------------------------------------------------------------------------------

// A sentence about what the tree should have been, or nothing.
using Complaint = std::optional<std::string>;

[[nodiscard]] Tree to_leaf(PortNo port);
[[nodiscard]] Complaint from_leaf(const Tree& tree, PortNo& port);
[[nodiscard]] Tree to_leaf(MacAddress mac);
[[nodiscard]] Complaint from_leaf(const Tree& tree, MacAddress& mac);
[[nodiscard]] Tree to_leaf(DatapathId id);
[[nodiscard]] Complaint from_leaf(const Tree& tree, DatapathId& id);
[[nodiscard]] Tree to_leaf(BufferId id);
[[nodiscard]] Complaint from_leaf(const Tree& tree, BufferId& id);
[[nodiscard]] Tree to_leaf(GroupId id);
[[nodiscard]] Complaint from_leaf(const Tree& tree, GroupId& id);
[[nodiscard]] Tree to_leaf(MeterId id);
[[nodiscard]] Complaint from_leaf(const Tree& tree, MeterId& id);
[[nodiscard]] Tree to_leaf(const Bytes& bytes);
[[nodiscard]] Complaint from_leaf(const Tree& tree, Bytes& bytes);
[[nodiscard]] Tree to_leaf(OxmHeader header);
[[nodiscard]] Complaint from_leaf(const Tree& tree, OxmHeader& header);
[[nodiscard]] Tree to_leaf(FieldSet set);
[[nodiscard]] Complaint from_leaf(const Tree& tree, FieldSet& set);
[[nodiscard]] Tree to_leaf(const Match& match);
[[nodiscard]] Complaint from_leaf(const Tree& tree, Match& match);
[[nodiscard]] Tree to_leaf(const Stats& stats);
[[nodiscard]] Complaint from_leaf(const Tree& tree, Stats& stats);
[[nodiscard]] Tree text_leaf(const std::string& value);
[[nodiscard]] Complaint from_text_leaf(const Tree& tree, std::string& value, std::size_t size);

[[nodiscard]] Complaint from_number(const Tree& tree, std::uint64_t max, std::uint64_t& number);
// A name from the list, or a number.
[[nodiscard]] Tree name_or_number(std::span<const std::string_view> names, std::uint64_t number);
[[nodiscard]] Complaint from_name(const Tree& tree, std::span<const std::string_view> names, std::uint64_t max,
                                  std::uint64_t& number);

template <class T>
concept TreeLeaf = requires(const T& value) {
  to_leaf(value);
};

// --- values that need the version, and may hold what extensions know -------------------------------------------------

[[nodiscard]] Tree tree_of_actions(const Actions& actions, Version version, Known known);
void actions_from(TreeReader& r, std::string_view name, const Tree& tree, Actions& actions);
[[nodiscard]] Tree tree_of_instructions(const Instructions& instructions, Version version, Known known);
void instructions_from(TreeReader& r, std::string_view name, const Tree& tree, Instructions& instructions);
[[nodiscard]] Tree tree_of_nested(const NestedMessage& message, Known known);
void nested_from(TreeReader& r, std::string_view name, const Tree& tree, NestedMessage& message);

template <class T>
struct IsTlvList : std::false_type {};

template <Reason r, TailPadding p, class... Parts>
struct IsTlvList<TlvList<r, p, Parts...>> : std::true_type {};

template <class T>
struct IsText : std::false_type {};

template <std::size_t N>
struct IsText<Text<N>> : std::true_type {
  static constexpr std::size_t size = N;
};

template <class T>
struct IsList : std::false_type {};

template <class T>
struct IsList<std::vector<T>> : std::true_type {};

template <class T, std::size_t N>
struct IsList<std::array<T, N>> : std::true_type {
  static constexpr std::size_t fixed = N;
};

// {"type": "weight", …}; what has no name: {"type": 65535, "body": "…"}.
template <class Part>
[[nodiscard]] Tree tree_of_part(const Part& part, Version version, Known known) {
  Tree out;
  if constexpr (std::same_as<Part, UnknownProperty>) {
    out.put("type", std::uint64_t{part.type});
    out.put("body", to_leaf(part.body));
  } else {
    const Tlv* row = tlv_row<Part>(tlv_type(part), version);
    out.put("type", row != nullptr ? Tree{row->name} : Tree{std::uint64_t{tlv_type(part)}});
    TreeWriter w{version, known};
    layout(w, part);
    Tree fields = w.take();
    for (auto& [name, value] : *fields.as<Tree::Object>()) out.put(name, std::move(value));
  }
  return out;
}

template <class T>
Tree tree_of(const T& value, Version version, Known known) {
  if constexpr (std::is_integral_v<T>) {
    return std::uint64_t{value};
  } else if constexpr (std::is_enum_v<T>) {
    return name_or_number(enum_names<T>, static_cast<std::uint64_t>(value));
  } else if constexpr (TreeLeaf<T>) {
    return to_leaf(value);
  } else if constexpr (std::same_as<T, Actions>) {
    return tree_of_actions(value, version, known);
  } else if constexpr (std::same_as<T, Instructions>) {
    return tree_of_instructions(value, version, known);
  } else if constexpr (std::same_as<T, NestedMessage>) {
    return tree_of_nested(value, known);
  } else if constexpr (IsText<T>::value) {
    return text_leaf(value.value);
  } else if constexpr (IsTlvList<T>::value) {
    Tree::List list;
    for (const auto& item : value.items) {
      list.push_back(std::visit([&](const auto& part) { return tree_of_part(part, version, known); }, item));
    }
    return Tree::Value{std::move(list)};
  } else if constexpr (IsList<T>::value) {
    Tree::List list;
    for (const auto& item : value) list.push_back(tree_of(item, version, known));
    return Tree::Value{std::move(list)};
  } else {
    TreeWriter w{version, known};
    layout(w, value);
    return w.take();
  }
}

template <class T>
void from(TreeReader& r, std::string_view name, const Tree& tree, T& value);

// A struct with a layout, read from a member of `r`.
template <class T>
void struct_from(TreeReader& r, std::string_view name, const Tree& tree, T& value, std::string_view used = {}) {
  const auto* object = tree.as<Tree::Object>();
  if (object == nullptr) return r.fail(name, "an object is needed here");
  TreeReader inner{*object, r.version(), r.known(), std::string{name}};
  if (!used.empty()) static_cast<void>(inner.use(used));
  layout(inner, value);
  inner.finish();
  if (inner.error()) r.fail(*inner.error());
}

// The part with this name or number. False: none of them has it.
template <class Part, class List>
bool part_from(TreeReader& r, std::string_view name, const Tree& tree, const Tree& type, List& list) {
  if constexpr (std::same_as<Part, UnknownProperty>) {
    return false;
  } else {
    for (const Tlv& row : Part::tlvs) {
      const auto* said = type.as<std::string>();
      const auto* number = type.as<std::uint64_t>();
      if (!row.range.has(r.version()) || !((said && *said == row.name) || (number && *number == row.type))) continue;
      Part part;
      if constexpr (requires { part.type; }) part.type = row.type;
      struct_from(r, name, tree, part, "type");
      list.items.emplace_back(std::move(part));
      return true;
    }
    return false;
  }
}

struct NamedUnknown {
  std::uint16_t type = 0;
  Bytes body;
};

template <class W, of_type<NamedUnknown> P>
void layout(W& w, P& p) {
  w("type", p.type);
  w("body", p.body);
}

template <Reason reason, TailPadding padding, class... Parts>
void list_from(TreeReader& r, const std::string& name, const Tree& item, TlvList<reason, padding, Parts...>& list) {
  const Tree* type = item.find("type");
  if (type == nullptr) return r.fail(name, "an object with a \"type\" is needed here");
  if ((... || part_from<Parts>(r, name, item, *type, list))) return;
  if (type->as<std::uint64_t>() == nullptr) return r.fail(name, "no such type in this version");
  NamedUnknown unknown;
  struct_from(r, name, item, unknown);
  list.items.emplace_back(UnknownProperty{unknown.type, std::move(unknown.body)});
}

template <class T>
void from(TreeReader& r, std::string_view name, const Tree& tree, T& value) {
  const auto done = [&](const Complaint& complaint) {
    if (complaint) r.fail(name, *complaint);
  };
  if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    std::uint64_t number = 0;
    if constexpr (std::is_enum_v<T>) {
      done(from_name(tree, enum_names<T>, std::numeric_limits<std::underlying_type_t<T>>::max(), number));
    } else {
      done(from_number(tree, std::numeric_limits<T>::max(), number));
    }
    value = static_cast<T>(number);
  } else if constexpr (TreeLeaf<T>) {
    done(from_leaf(tree, value));
  } else if constexpr (std::same_as<T, Actions>) {
    actions_from(r, name, tree, value);
  } else if constexpr (std::same_as<T, Instructions>) {
    instructions_from(r, name, tree, value);
  } else if constexpr (std::same_as<T, NestedMessage>) {
    nested_from(r, name, tree, value);
  } else if constexpr (IsText<T>::value) {
    done(from_text_leaf(tree, value.value, IsText<T>::size));
  } else if constexpr (IsTlvList<T>::value || IsList<T>::value) {
    const auto* list = tree.as<Tree::List>();
    if (list == nullptr) return r.fail(name, "a list is needed here");
    if constexpr (requires { IsList<T>::fixed; }) {
      if (list->size() != IsList<T>::fixed)
        return r.fail(name, std::to_string(value.size()) + " values are needed here");
    }
    std::size_t at = 0;
    for (const Tree& item : *list) {
      const std::string path = std::string{name} + '[' + std::to_string(at) + ']';
      if constexpr (IsTlvList<T>::value) {
        list_from(r, path, item, value);
      } else if constexpr (requires { IsList<T>::fixed; }) {
        from(r, path, item, value[at]);
      } else {
        from(r, path, item, value.emplace_back());
      }
      ++at;
    }
  } else if constexpr (requires { value.emplace(); }) {
    from(r, name, tree, value.emplace());
  } else {
    struct_from(r, name, tree, value);
  }
}

template <class T>
void TreeReader::operator()(std::string_view name, T& value, Range range) {
  if (error_) return;
  // What the version does not have stays unused, and `finish` says so.
  if (!range.has(version_)) return;
  if (const Tree* tree = use(name)) from(*this, name, *tree, value);
}

}  // namespace sluice::ofmsg
