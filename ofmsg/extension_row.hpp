// Makes the row of a table of extensions from a type (extension.hpp). Included where tables are made.
#pragma once

#include "ofmsg/extension.hpp"
#include "ofmsg/tree_walk.hpp"

namespace sluice::ofmsg {

template <ExtensionType T>
[[nodiscard]] ExtensionRow extension_row() {
  return {&T::extension,
          [](ByteView body, Version version, Known known) -> Result<Tree, CodecError> {
            const Result<T> value = read_extension_body<T>(body, version);
            if (!value) return Failure<CodecError>{value.error()};
            return tree_of(*value, version, known);
          },
          [](const Tree& tree, Version version, Known known) -> Result<Bytes, TreeError> {
            const auto* object = tree.as<Tree::Object>();
            if (object == nullptr) return Failure<TreeError>{TreeError{{}, "an object is needed here"}};
            TreeReader reader{*object, version, known, {}};
            T value;
            layout(reader, value);
            reader.finish();
            if (reader.error()) return Failure<TreeError>{*reader.error()};
            Result<Bytes> bytes = write_extension_body(value, version);
            if (!bytes) return Failure<TreeError>{TreeError{std::string{bytes.error().field}, text(bytes.error())}};
            return std::move(*bytes);
          }};
}

}  // namespace sluice::ofmsg
