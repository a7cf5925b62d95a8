// OpenFlow versions as data: the wire numbers 1 to 6, ranges of them for layouts and tables, sets of them for the
// choice that HELLO makes [OF 1.3.5 §6.3.1].
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::ofmsg {

enum class Version : std::uint8_t { v1_0 = 1, v1_1 = 2, v1_2 = 3, v1_3 = 4, v1_4 = 5, v1_5 = 6 };
using enum Version;

inline constexpr std::array all_versions{v1_0, v1_1, v1_2, v1_3, v1_4, v1_5};

// The version with this wire number; nothing for 0 and for versions after 1.5.
[[nodiscard]] constexpr std::optional<Version> version_of(std::uint8_t wire) {
  if (wire < 1 || wire > 6) return std::nullopt;
  return static_cast<Version>(wire);
}

// Index 0 to 5, for tables with one column for each version.
[[nodiscard]] constexpr std::size_t index(Version v) { return static_cast<std::size_t>(v) - 1; }

[[nodiscard]] std::string_view text(Version v);                        // "1.3"
[[nodiscard]] std::optional<Version> parse_version(std::string_view);  // "1.3", "OpenFlow13"

struct Range {
  Version from;
  Version to;

  [[nodiscard]] constexpr bool has(Version v) const { return from <= v && v <= to; }

  friend constexpr bool operator==(const Range&, const Range&) = default;
};

inline constexpr Range always{v1_0, v1_5};

[[nodiscard]] constexpr Range since(Version v) { return {v, v1_5}; }

[[nodiscard]] constexpr Range until(Version v) { return {v1_0, v}; }

[[nodiscard]] constexpr Range between(Version a, Version b) { return {a, b}; }

[[nodiscard]] constexpr Range only(Version v) { return {v, v}; }

// A set of versions. Bit n of `bits` stands for wire number n, as in the first word of a hello bitmap; bits of versions
// that we do not know survive, because a peer may offer them.
class VersionSet {
 public:
  constexpr VersionSet() = default;

  constexpr VersionSet(std::initializer_list<Version> versions) {
    for (const Version v : versions) bits_ |= bit(v);
  }

  [[nodiscard]] static constexpr VersionSet from_bits(std::uint32_t bits) {
    VersionSet set;
    set.bits_ = bits;
    return set;
  }

  [[nodiscard]] constexpr bool has(Version v) const { return (bits_ & bit(v)) != 0; }

  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }

  constexpr void add(Version v) { bits_ |= bit(v); }

  [[nodiscard]] std::optional<Version> highest() const;

  friend constexpr bool operator==(const VersionSet&, const VersionSet&) = default;

 private:
  [[nodiscard]] static constexpr std::uint32_t bit(Version v) { return std::uint32_t{1} << static_cast<unsigned>(v); }

  std::uint32_t bits_ = 0;
};

[[nodiscard]] std::string text(VersionSet set);  // "1.0,1.3"

// What a peer said in its HELLO: the version of the header, and the bitmap if there was one.
struct HelloOffer {
  std::uint8_t header_version;
  std::optional<VersionSet> bitmap;
};

// The version that both sides will speak, or nothing if there is none [OF 1.3.5 §6.3.1]: with bitmaps from both sides,
// the highest common bit; otherwise the smaller of the two header versions, if we speak it. Our header version is our
// highest; we send a bitmap always.
[[nodiscard]] std::optional<Version> negotiate(VersionSet ours, const HelloOffer& theirs);

}  // namespace sluice::ofmsg
