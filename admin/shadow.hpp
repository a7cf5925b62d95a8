// What the daemon answers about a second policy that judges its traffic without effect.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "admin/answer.hpp"

namespace sluice::admin {

struct ShadowDifference {
  slicing::Time at{};
  std::string text;  // as slicing/replay/difference_text writes it
};

struct ShadowState {
  std::string file;
  std::uint64_t fingerprint = 0;
  slicing::Time since{};
  std::uint64_t turns = 0;                        // things that happened
  std::uint64_t same = 0;                         // messages that both policies say
  std::uint64_t differences = 0;                  // things that happened of which they do not say the same
  std::size_t refused_at_start = 0;               // flows that stood then, and that it does not allow
  std::size_t on_their_way_at_start = 0;          // switches that are judged from their next connection on
  std::map<std::string, std::uint64_t> by_slice;  // differences
  std::deque<ShadowDifference> last;              // newest first
};

// `state`: nothing if there is no second policy.
[[nodiscard]] std::string shadow(const std::optional<ShadowState>& state, const Daemon& daemon, Form form);

}  // namespace sluice::admin
