// The two structs that a match is in 1.0 and 1.1 [OF 1.0 §5.2.3, 1.1 §A.2.3]. Internal to match_wire.cpp.
#pragma once

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

inline constexpr std::uint16_t match_type_struct = 0;
inline constexpr std::size_t match_size_1_0 = 40, match_size_1_1 = 88;

void read_match_1_0(Reader& r, Match& match);
void write_match_1_0(Writer& w, const Match& match);

// What is behind type and length; `whole` is the match from its type on.
void read_match_1_1(Reader& r, Match& match, ByteView whole);
// Type and length included.
void write_match_1_1(Writer& w, const Match& match);

}  // namespace sluice::ofmsg
