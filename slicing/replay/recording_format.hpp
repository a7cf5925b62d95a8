// What the writer and the reader of recordings agree on. Private to this folder.
#pragma once

#include <cstdint>
#include <string_view>

#include "ofmsg/bytes.hpp"

namespace sluice::slicing::replay {

inline constexpr std::string_view recording_first_line = "sluice recording 1\n";
inline constexpr std::size_t recording_block_header = 5;  // bytes: kind and length

enum class BlockKind : std::uint8_t { head = 1, turn = 2 };

[[nodiscard]] inline ofmsg::ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace sluice::slicing::replay
