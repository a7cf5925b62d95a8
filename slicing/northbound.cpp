// What the switch sends: given to the slice that it belongs to, in the slice's terms, or used here.
#include <utility>
#include <variant>

#include "ofmsg/codec.hpp"
#include "ofmsg/error.hpp"
#include "slicing/discovery.hpp"
#include "slicing/handling.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Kind;
using ofmsg::Message;

void switch_error(Session& s, Turn& t, OurXid xid, const ofmsg::Error& message) {
  if (s.setup_waits.contains(xid.value)) {
    static_cast<void>(stats_failed(s, t, xid, message.error));
    return setup_answered(s, t, xid.value);
  }
  if (op_failed(s, t, xid, message.error)) return;
  if (stats_failed(s, t, xid, message.error)) return;
  own_flow_refused(s, t, xid);
  note(s, t, NoteId::switch_error, "error=" + text(message.error, s.version()) + " xid=" + std::to_string(xid.value));
}

// An answer that cannot be read will not come again: whoever waits for it is told, and setup goes on without it.
void unreadable_answer(Session& s, Turn& t, OurXid xid) {
  static_cast<void>(stats_failed(s, t, xid, wire_error(ofmsg::Reason::not_permitted, s.version())));
  setup_answered(s, t, xid.value);
}

struct Receiver {
  Session& s;
  Turn& t;
  OurXid xid;

  void operator()(ofmsg::Error& m) const { switch_error(s, t, xid, m); }

  void operator()(ofmsg::FlowRemoved& m) const { flow_removed(s, t, m); }

  void operator()(ofmsg::PortStatus& m) const { port_changed(s, t, m); }

  void operator()(ofmsg::BarrierReply&) const {
    barrier_replied(s, t, xid);
    setup_answered(s, t, xid.value);
  }

  void operator()(ofmsg::DescReply& m) const {
    if (!s.setup_waits.contains(xid.value)) return;
    s.desc = std::move(m);
    setup_answered(s, t, xid.value);
  }

  void operator()(ofmsg::PortDescReply& m) const {
    if (!s.setup_waits.contains(xid.value)) return;
    const bool last = (m.flags & ofmsg::multipart_more) == 0;
    for (ofmsg::Port& port : m.ports) s.ports.put(std::move(port));
    if (last) setup_answered(s, t, xid.value);
  }

  void operator()(ofmsg::Experimenter& m) const { vendor_answered(s, t, xid, std::move(m)); }

  void operator()(ofmsg::FlowStatsReply& m) const { stats_replied(s, t, xid, Message{std::move(m)}); }

  void operator()(ofmsg::PortStatsReply& m) const { stats_replied(s, t, xid, Message{std::move(m)}); }

  void operator()(ofmsg::QueueStatsReply& m) const { stats_replied(s, t, xid, Message{std::move(m)}); }

  void operator()(ofmsg::QueueGetConfigReply& m) const { stats_replied(s, t, xid, Message{std::move(m)}); }

  template <class Other>
  void operator()(Other&) const {}  // see handling.hpp
};

}  // namespace

void from_switch(Session& s, Turn& t, ofmsg::FrameView frame) {
  ++s.messages_in;
  const ofmsg::Result<Kind> kind = kind_of(frame);
  if (!kind) return note(s, t, NoteId::malformed_from_switch, text(kind.error()));
  const North how = handling(*kind).north;
  if (how == North::drop) return;
  if (how == North::peek) return deliver_packet_in(s, t, frame);
  ofmsg::Result<Message> message = ofmsg::decode(frame);
  if (!message) {
    note(s, t, NoteId::malformed_from_switch, text(message.error()));
    return unreadable_answer(s, t, OurXid{frame.xid().value});
  }
  std::visit(Receiver{s, t, OurXid{frame.xid().value}}, *message);
}

}  // namespace sluice::slicing
