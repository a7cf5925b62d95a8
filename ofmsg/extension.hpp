// What experimenters (vendors, in 1.0) put into the places that OpenFlow leaves to them, as typed values.
//
// The message layer keeps such parts as bytes: `Experimenter`, `ExperimenterStats`, `UnknownAction`. A typed view is a
// struct with a layout like any other, and two lines that say where it belongs:
//
//   struct NxRole {
//     static constexpr Extension extension{"nx_role_request", ExtensionPlace::message, nicira, 10};
//     Role role = Role::equal;
//   };
//   template <class W, of_type<NxRole> M>
//   void layout(W& w, M& m) { w("role", m.role); }
//
// `read_extension<NxRole>(message, version)` and `write_extension(value, version)` convert. A table, `Extensions`, made
// of such types lets trees, JSON, text and `validate` see inside; `standard_extensions()` has the ones that this
// library knows, and `with` adds more from outside. Nothing registers itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ofmsg/message.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ofmsg {

class Tree;
struct TreeError;
class Extensions;
class Known;

inline constexpr std::uint32_t nicira = 0x00002320;  // Open vSwitch's extensions
inline constexpr std::uint32_t onf = 0x4f4e4600;     // the Open Networking Foundation's

enum class ExtensionPlace : std::uint8_t { message, stats_request, stats_reply, action };

// The fields of an action's layout may have any name but "type".
struct Extension {
  std::string_view name;
  ExtensionPlace place;
  std::uint32_t experimenter;
  std::uint32_t type;  // 16 bits wide in actions of Nicira and the ONF, 32 bits everywhere else
  Range range = always;
};

// Where a part says its experimenter's type, and what is behind it.
struct ExtensionBody {
  ExtensionPlace place;
  std::uint32_t experimenter = 0;
  std::uint32_t type = 0;
  ByteView body;
};

// In 1.0 the type is the first word of the body. Nothing where there is no room for one.
[[nodiscard]] std::optional<ExtensionBody> extension_body(const Experimenter& message, Version version);
[[nodiscard]] std::optional<ExtensionBody> extension_body(const ExperimenterStatsRequest& message, Version version);
[[nodiscard]] std::optional<ExtensionBody> extension_body(const ExperimenterStatsReply& message, Version version);
[[nodiscard]] std::optional<ExtensionBody> extension_body(const UnknownAction& action, Version version);

template <class T>
concept ExtensionType = requires {
  { T::extension } -> std::convertible_to<const Extension&>;
};

template <ExtensionType T>
[[nodiscard]] Result<T> read_extension_body(ByteView body, Version version) {
  Reader reader{body, 0, version, Kind::experimenter, ReadMode::strict};
  Result<T> value{};
  layout(reader, *value);
  if (!reader.failed() && reader.left() > 0) reader.fail(Reason::bad_length, reader.offset(), body.size());
  if (reader.failed()) return Failure<CodecError>{reader.error()};
  return value;
}

// The part as a T. Errors: bad_experimenter if it is another experimenter's or another type, else as `decode`; offsets
// count from behind the type.
template <ExtensionType T, class Part>
[[nodiscard]] Result<T> read_extension(const Part& part, Version version) {
  const std::optional<ExtensionBody> found = extension_body(part, version);
  if (!found || found->place != T::extension.place || found->experimenter != T::extension.experimenter ||
      found->type != T::extension.type || !T::extension.range.has(version)) {
    return Failure<CodecError>{
        CodecError{.reason = Reason::bad_experimenter, .kind = Kind::experimenter, .version = version}};
  }
  return read_extension_body<T>(found->body, version);
}

template <ExtensionType T>
[[nodiscard]] Result<Bytes> write_extension_body(const T& value, Version version) {
  Result<Bytes> bytes{};
  Writer writer{*bytes, version, Kind::experimenter};
  layout(writer, value);
  if (const Result<void> done = writer.finish(); !done) return Failure<CodecError>{done.error()};
  return bytes;
}

// Puts a body into a message, or a statistics message, whose flags stay; the other way of `extension_body`.
void put_extension(Experimenter& message, const Extension& extension, Version version, Bytes body);
void put_extension(ExperimenterStatsRequest& message, const Extension& extension, Version version, Bytes body);
void put_extension(ExperimenterStatsReply& message, const Extension& extension, Version version, Bytes body);
[[nodiscard]] Experimenter experimenter_message(const Extension& extension, Version version, Bytes body);
// An action with this body; zeros behind it up to a multiple of 8.
[[nodiscard]] UnknownAction experimenter_action(const Extension& extension, Bytes body);

// One type in a table.
struct ExtensionRow {
  const Extension* extension;
  Result<Tree, CodecError> (*to_tree)(ByteView body, Version version, Known known);
  Result<Bytes, TreeError> (*from_tree)(const Tree& tree, Version version, Known known);
};

template <ExtensionType T>
[[nodiscard]] ExtensionRow extension_row();  // in ofmsg/extension_row.hpp

class Extensions {
 public:
  Extensions() = default;

  explicit Extensions(std::vector<ExtensionRow> rows) : rows_{std::move(rows)} {}

  [[nodiscard]] Extensions with(const ExtensionRow& row) const;

  [[nodiscard]] const ExtensionRow* find(const ExtensionBody& part, Version version) const;
  [[nodiscard]] const ExtensionRow* find(std::string_view name, ExtensionPlace place, Version version) const;

  [[nodiscard]] const std::vector<ExtensionRow>& rows() const { return rows_; }

 private:
  std::vector<ExtensionRow> rows_;
};

// The table that a walk uses, and how deep inside of extensions the walk is. Actions and messages of experimenters may
// hold others without end; what lies too deep is left as bytes, so that nobody can exhaust our stack.
class Known {
 public:
  static constexpr unsigned max_depth = 8;

  Known(const Extensions& table) : table_{&table} {}

  [[nodiscard]] Known inside() const {
    Known deeper = *this;
    ++deeper.depth_;
    return deeper;
  }

  template <class Part>
  [[nodiscard]] const ExtensionRow* find(const Part& part, Version version) const {
    const std::optional<ExtensionBody> body = extension_body(part, version);
    return body && depth_ < max_depth ? table_->find(*body, version) : nullptr;
  }

  [[nodiscard]] const ExtensionRow* find(std::string_view name, ExtensionPlace place, Version version) const {
    return depth_ < max_depth ? table_->find(name, place, version) : nullptr;
  }

 private:
  const Extensions* table_;
  unsigned depth_ = 0;
};

// Nicira's and the ONF's, as far as they are known here.
[[nodiscard]] const Extensions& standard_extensions();

}  // namespace sluice::ofmsg
