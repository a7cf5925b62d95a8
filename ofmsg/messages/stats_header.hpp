// What every statistics (multipart) message begins with behind its type. One message is one part: a reply in several
// parts is put together by ofmsg/multipart.
#pragma once

#include <cstdint>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

inline constexpr std::uint16_t multipart_more = 1;

template <class W, class M>
void multipart_header(W& w, M& m) {
  w("flags", m.flags);
  w.pad(4, since(v1_1));
}

}  // namespace sluice::ofmsg
