#include "policy/spelling.hpp"

#include <algorithm>
#include <vector>

namespace sluice::policy {
namespace {

constexpr std::size_t longest = 64;  // no word of ours is longer, and the work grows with the square
constexpr std::size_t most_candidates = 500;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > longest) return {};
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 1;  // one slip in a short word, more in a long one
  for (const std::string_view candidate : candidates.first(std::min(candidates.size(), most_candidates))) {
    if (candidate.size() > longest) continue;
    const std::size_t d = distance(word, candidate);
    if (d < candidate.size() && (d < best_distance || (best.empty() && d == best_distance))) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view best = nearest(word, candidates);
  return best.empty() ? std::string{} : "did you mean \"" + std::string{best} + "\"?";
}

}  // namespace sluice::policy
