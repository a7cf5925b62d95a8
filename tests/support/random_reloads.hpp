// Random stories of slice files that change: one file after the other, the moment when each comes into force, and what
// happens from then on.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/version.hpp"
#include "tests/support/random_dice.hpp"
#include "tests/support/random_script.hpp"

namespace sluice::tests {

// How things are when the file changes.
enum class Moment : std::uint8_t { quiet, unanswered, away, lost, setup };

inline constexpr std::array<std::string_view, 5> moment_names{
    "all is quiet", "the switches have not answered", "the switches are away",
    "the switches are away and have not got the last messages", "the switches are being set up"};

struct Move {
  Step step;
  std::size_t nth_switch = 0;
  bool answered = true;  // the switches answer before the next one
};

// A file that comes into force, and what happens from then on.
struct Episode {
  Moment moment = Moment::quiet;
  std::string file;
  std::vector<std::string> names;          // of the slices
  std::vector<std::uint16_t> controllers;  // of each slice
  std::vector<Move> moves;
};

struct Story {
  ofmsg::Version version = ofmsg::v1_3;
  std::size_t table_size = 0;
  std::vector<Episode> episodes;  // the first one's file is there from the start
};

[[nodiscard]] Story random_story(Dice& dice, ofmsg::Version version);
[[nodiscard]] std::string text(const Story& story);

}  // namespace sluice::tests
