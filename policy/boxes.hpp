// Work on sets of headers given as lists of matches, each within a budget. Private to this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ofmsg/match.hpp"
#include "ofmsg/version.hpp"

namespace sluice::policy {

// `a` less all of `taken`, as disjoint matches; nothing when an intermediate result has more than `budget` of them.
[[nodiscard]] std::optional<std::vector<ofmsg::Match>> subtract_all(const ofmsg::Match& a,
                                                                    const std::vector<ofmsg::Match>& taken,
                                                                    std::size_t budget);

// Do these matches together cover every header? An answer that takes more than a fixed amount of work is "no".
[[nodiscard]] bool cover_everything(const std::vector<ofmsg::Match>& boxes);

// The match as disjoint matches that the version can say: masks that it has no room for are split into values. Nothing
// when it cannot be done within `budget` matches.
[[nodiscard]] std::optional<std::vector<ofmsg::Match>> expressible(const ofmsg::Match& match, ofmsg::Version version,
                                                                   std::size_t budget);

}  // namespace sluice::policy
