// What controllers send: answered here, rewritten for the switch, or refused.
#include <algorithm>
#include <utility>
#include <variant>

#include "ofmsg/codec.hpp"
#include "slicing/handling.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Kind;
using ofmsg::Message;
using ofmsg::Reason;

Refuse malformed(const ofmsg::CodecError& error) { return Refuse{error.reason, RefusalCode::malformed, text(error)}; }

void set_config(Session& s, Turn& t, Leg& leg, ofmsg::FrameView frame, const ofmsg::SetConfig& config) {
  // The switch's fragment handling is shared by all slices; 0 (normal) is how Sluice has set it.
  if (config.flags != 0) {
    return refuse(
        s, t, leg, frame,
        {Reason::config_refused, RefusalCode::switch_config,
         "set_config flags " + std::to_string(config.flags) + ": only 0 (normal fragment handling) is possible"});
  }
  leg.config_flags = config.flags;
  leg.miss_send_len = config.miss_send_len;
}

// Messages that need no switch.
void answer(Session& s, Turn& t, Leg& leg, ofmsg::FrameView frame, Kind kind) {
  const ofmsg::Result<Message> message = ofmsg::decode(frame);
  if (!message) return refuse(s, t, leg, frame, malformed(message.error()));
  const TheirXid xid{frame.xid().value};
  switch (kind) {
    case Kind::features_request: return send_to_leg(s, t, leg, Message{features_for(s, leg.slice)}, xid);
    case Kind::get_config_request:
      return send_to_leg(s, t, leg, Message{ofmsg::GetConfigReply{leg.config_flags, leg.miss_send_len}}, xid);
    case Kind::set_config: return set_config(s, t, leg, frame, std::get<ofmsg::SetConfig>(*message));
    case Kind::desc_request: return send_to_leg(s, t, leg, Message{desc_for(s, leg.slice)}, xid);
    case Kind::port_desc_request: {
      const auto done = ofmsg::encode_in_parts<ofmsg::PortDescReply>(
          t.out.to(leg.link), ports_of(s, leg.slice), &ofmsg::PortDescReply::ports, s.version(), frame.xid());
      if (done) ++leg.messages_out;
      return;
    }
    default: return;  // an error message: nothing to do but to have counted it
  }
}

// A slice has no groups and no meters: none can be added, none changed, and to delete what is not there is no error
// [OF 1.3.5 §6.7, §7.3.4.2].

void group_mod(Session& s, Turn& t, Leg& leg, ofmsg::FrameView frame, const ofmsg::GroupMod& mod) {
  if (mod.command == ofmsg::GroupModCommand::delete_) return;
  const bool adds = mod.command == ofmsg::GroupModCommand::add;
  refuse(s, t, leg, frame,
         {adds ? Reason::out_of_groups : Reason::unknown_group, RefusalCode::no_groups, "the slice has no groups"});
}

void meter_mod(Session& s, Turn& t, Leg& leg, ofmsg::FrameView frame, const ofmsg::MeterMod& mod) {
  if (mod.command == ofmsg::MeterModCommand::delete_) return;
  const bool adds = mod.command == ofmsg::MeterModCommand::add;
  refuse(s, t, leg, frame,
         {adds ? Reason::out_of_meters : Reason::unknown_meter, RefusalCode::no_meters, "the slice has no meters"});
}

// Messages for the switch. No other kinds get here: see handling.hpp.
struct Rewriter {
  Session& s;
  Turn& t;
  std::size_t leg;
  ofmsg::FrameView frame;

  void operator()(ofmsg::FlowMod& m) const { apply_flow_mod(s, t, leg, frame, std::move(m)); }

  void operator()(ofmsg::PacketOut& m) const { apply_packet_out(s, t, leg, frame, std::move(m)); }

  void operator()(ofmsg::RoleRequest& m) const { role_asked(s, t, leg, frame, m); }

  void operator()(ofmsg::Experimenter& m) const { vendor_asked(s, t, leg, frame, std::move(m)); }

  void operator()(ofmsg::PortMod& m) const { apply_port_mod(s, t, leg, frame, m); }

  void operator()(ofmsg::GroupMod& m) const { group_mod(s, t, s.legs[leg], frame, m); }

  void operator()(ofmsg::MeterMod& m) const { meter_mod(s, t, s.legs[leg], frame, m); }

  void operator()(ofmsg::BarrierRequest&) const { barrier_from_controller(s, t, leg, frame); }

  void operator()(ofmsg::FlowStatsRequest& m) const { ask_stats(s, t, leg, frame, m.kind, m.filter, ofmsg::port::any); }

  void operator()(ofmsg::AggregateRequest& m) const { ask_stats(s, t, leg, frame, m.kind, m.filter, ofmsg::port::any); }

  void operator()(ofmsg::TableStatsRequest& m) const { ask_stats(s, t, leg, frame, m.kind, {}, ofmsg::port::any); }

  void operator()(ofmsg::PortStatsRequest& m) const { ask_stats(s, t, leg, frame, m.kind, {}, m.port_no); }

  void operator()(ofmsg::QueueStatsRequest& m) const { ask_queues(s, t, leg, frame, m.kind, m.port_no, m.queue_id); }

  void operator()(ofmsg::QueueGetConfigRequest& m) const {
    ask_queues(s, t, leg, frame, m.kind, m.port, ofmsg::all_queues);
  }

  template <class Other>
  void operator()(Other&) const {}
};

void rewrite(Session& s, Turn& t, std::size_t index, ofmsg::FrameView frame) {
  ofmsg::Result<Message> message = ofmsg::decode(frame);
  if (!message) return refuse(s, t, s.legs[index], frame, malformed(message.error()));
  std::visit(Rewriter{s, t, index, frame}, *message);
}

// May this leg change anything? Statistics and barriers are for all.
bool writes(Kind kind) {
  return kind == Kind::flow_mod || kind == Kind::packet_out || kind == Kind::port_mod || kind == Kind::group_mod ||
         kind == Kind::meter_mod;
}

// The bucket that a message is taken from, and how fast it fills; null for what costs a switch nothing.
struct Paced {
  TokenBucket* bucket = nullptr;
  const policy::Rate* rate = nullptr;
};

Paced paced(Session& s, policy::SliceId slice, Kind kind) {
  if (!writes(kind)) return {};
  Pace& pace = s.paces[slice];
  const policy::Limits& limits = s.slice(slice).limits;
  if (kind == Kind::packet_out) return {&pace.packet_outs, &limits.packet_outs};
  return {&pace.flow_mods, &limits.flow_mods};
}

// What it has become is taken from the bucket; its controller is not read until there is something in it again.
void pay(Session& s, Turn& t, Leg& leg, const Paced& paced, std::uint64_t messages) {
  paced.bucket->take(*paced.rate, t.now, std::max<std::size_t>(1, messages));
  const Time ready = paced.bucket->ready(*paced.rate);
  if (ready <= t.now || s.slice(leg.slice).limits.on_excess != policy::Excess::delay || !leg.up()) return;
  if (!leg.held_until) {
    t.out.add(Hold{leg.link, true});
    ++leg.holds;
  }
  leg.held_until = ready;
}

}  // namespace

void from_controller(Session& s, Turn& t, std::size_t index, ofmsg::FrameView frame) {
  Leg& leg = s.legs[index];
  ++leg.messages_in;
  const ofmsg::Result<Kind> kind = kind_of(frame);
  if (!kind) return refuse(s, t, leg, frame, malformed(kind.error()));
  const Handling& how = handling(*kind);
  if (how.south == South::local) return answer(s, t, leg, frame, *kind);
  if (how.south == South::refuse) {
    return refuse(s, t, leg, frame, {how.reason, how.code, std::string{text(*kind)} + " is not supported in a slice"});
  }
  if (writes(*kind) && !s.may_write(index)) {
    return refuse(s, t, leg, frame,
                  {Reason::role_is_slave, RefusalCode::not_the_writer,
                   leg.controller.read_only ? "the slice file has this controller read-only"
                   : leg.role == ofmsg::Role::slave
                       ? "this controller is a slave"
                       : "another controller of slice " + s.slice(leg.slice).name + " is the one that writes"});
  }
  const OpTracker::Load load = s.ops.load(index);
  if (load.count >= Session::open_ops_limit || load.bytes >= Session::open_bytes_limit) {
    return refuse(s, t, leg, frame,
                  {Reason::too_many_requests, RefusalCode::too_many_requests,
                   "the switch has not yet answered for " + std::to_string(load.count) + " messages of " +
                       std::to_string(load.bytes) + " bytes"});
  }
  const Paced bucket = paced(s, leg.slice, *kind);
  if (bucket.bucket == nullptr) return rewrite(s, t, index, frame);
  if (s.slice(leg.slice).limits.on_excess == policy::Excess::error && bucket.bucket->ready(*bucket.rate) > t.now) {
    return refuse(s, t, leg, frame,
                  {Reason::too_many_requests, RefusalCode::too_fast,
                   std::string{text(*kind)} + "s of slice " + s.slice(leg.slice).name + " come faster than limits." +
                       (*kind == Kind::packet_out ? "packet_outs" : "flow_mods") + " allows"});
  }
  const std::uint64_t before = s.messages_out;
  rewrite(s, t, index, frame);
  // Of a port_mod every flow of the slice is judged anew.
  const std::size_t judged = *kind == Kind::port_mod ? s.ledger.size(leg.slice) : 0;
  pay(s, t, s.legs[index], bucket, std::max<std::size_t>(s.messages_out - before, judged));
}

}  // namespace sluice::slicing
