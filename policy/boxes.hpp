// Work on sets of headers given as lists of matches, each bounded. Private to this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ofmsg/match.hpp"
#include "ofmsg/version.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

// Of several headers, those that lie within another are not needed, and of equal ones the first stays: does the one
// with this number give way to the other?
[[nodiscard]] bool gives_way(const ofmsg::Match& header, std::size_t number, const ofmsg::Match& other,
                             std::size_t other_number);

// Without the boxes that lie within another; of equal ones the first stays. The order is kept.
[[nodiscard]] std::vector<Box> maximal(std::vector<Box> boxes);

// What of the header is in none of the others, as disjoint matches; nothing when there would be more than `limit`.
[[nodiscard]] std::optional<std::vector<ofmsg::Match>> without(const ofmsg::Match& header,
                                                               const std::vector<const ofmsg::Match*>& others,
                                                               std::size_t limit);

// The match without the fields that the version has no words for: at least the packets of it.
[[nodiscard]] ofmsg::Match widened(ofmsg::Match match, ofmsg::Version version);

// Can the version say every packet of the match, be it one by one? If not, the field that it has no words for.
[[nodiscard]] std::optional<ofmsg::Field> first_unsayable(const ofmsg::Match& match, ofmsg::Version version);

// The match as disjoint matches that the version can say: masks that it has no room for are split, as far as needed. A
// match with a field that it cannot say at all comes back as it is. Nothing when there would be more than `limit`.
[[nodiscard]] std::optional<std::vector<ofmsg::Match>> said_as(const ofmsg::Match& match, ofmsg::Version version,
                                                               std::size_t limit);

}  // namespace sluice::policy
