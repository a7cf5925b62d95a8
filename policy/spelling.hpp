// What somebody may have meant by a word that is none. Private to this folder.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::policy {

// The candidate nearest to the word by edit distance, if it is near enough to be a slip; empty otherwise.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// "did you mean \"controllers\"?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace sluice::policy
