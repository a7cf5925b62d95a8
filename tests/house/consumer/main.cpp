// Writes a message, reads it again and prints it, with nothing but installed headers and libraries.

#include <cstdio>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

int main() {
  namespace ofmsg = sluice::ofmsg;
  ofmsg::Bytes bytes;
  if (!ofmsg::encode(bytes, ofmsg::BarrierRequest{}, ofmsg::v1_3, ofmsg::Xid{7})) return 1;
  const auto frame = ofmsg::FrameView::of(bytes);
  if (!frame) return 2;
  const auto message = ofmsg::decode(*frame);
  if (!message) return 3;
  std::printf("%s\n", ofmsg::text(*message, ofmsg::v1_3, frame->xid()).c_str());
  return 0;
}
