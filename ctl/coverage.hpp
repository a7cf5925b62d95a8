// What cases have come upon of what there is: rules of the slice files, types of messages, kinds of actions, codes of
// refusals.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ctl/test.hpp"

namespace sluice::ctl {

struct Share {
  std::string what;  // "flowspace rules"
  std::size_t covered = 0, all = 0;
  std::vector<std::string> missing;

  // Of nothing, everything is covered.
  [[nodiscard]] bool under(unsigned percent) const { return covered * 100 < all * percent; }

  [[nodiscard]] std::size_t percent() const { return all == 0 ? 100 : covered * 100 / all; }
};

// Of cases that were run as witnesses. The slice files are those that they name, but for those inside of a step.
//
// A rule is covered when it decided about a flow, a packet_out, a packet_in or a refusal; see
// slicing/replay/attribution. A type of message, when a controller or a switch has said it that may; an action, when a
// controller has asked for it; a code, when something was refused with it. Messages and actions are those that slices
// can use in the versions that the cases speak.
[[nodiscard]] std::vector<Share> coverage_of(const std::vector<Ran>& all, Policies& policies);

// "coverage  flowspace rules 7/8 (87%)  …", and what is not covered, one line for each share.
[[nodiscard]] std::string text(const std::vector<Share>& shares);

}  // namespace sluice::ctl
