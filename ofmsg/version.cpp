#include "ofmsg/version.hpp"

#include <algorithm>

namespace sluice::ofmsg {

std::string_view text(Version v) {
  constexpr std::array<std::string_view, 6> names{"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"};
  return names[index(v)];
}

std::optional<Version> parse_version(std::string_view s) {
  for (const Version v : all_versions) {
    const std::string_view dotted = text(v);
    if (s == dotted) return v;
    if (s.size() == 10 && s.starts_with("OpenFlow1") && s[9] == dotted[2]) return v;
  }
  return std::nullopt;
}

std::optional<Version> VersionSet::highest() const {
  for (auto it = all_versions.rbegin(); it != all_versions.rend(); ++it) {
    if (has(*it)) return *it;
  }
  return std::nullopt;
}

std::string text(VersionSet set) {
  std::string out;
  for (const Version v : all_versions) {
    if (!set.has(v)) continue;
    if (!out.empty()) out += ',';
    out += text(v);
  }
  return out;
}

std::optional<Version> negotiate(VersionSet ours, const HelloOffer& theirs) {
  const std::optional<Version> highest = ours.highest();
  if (!highest) return std::nullopt;
  if (theirs.bitmap) return VersionSet::from_bits(ours.bits() & theirs.bitmap->bits()).highest();
  const std::uint8_t smaller = std::min(static_cast<std::uint8_t>(*highest), theirs.header_version);
  const std::optional<Version> chosen = version_of(smaller);
  if (chosen && ours.has(*chosen)) return chosen;
  return std::nullopt;
}

}  // namespace sluice::ofmsg
