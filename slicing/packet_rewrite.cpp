// packet_out, judged by the bytes that would leave; packet_in, delivered to the slice that owns it.
#include <algorithm>
#include <utility>
#include <variant>

#include "ofmsg/codec.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/peek.hpp"
#include "slicing/audience.hpp"
#include "slicing/cookie.hpp"
#include "slicing/discovery.hpp"
#include "slicing/probe.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Reason;

// --- packet_out ----------------------------------------------------------------------------------------------------

// CONTROLLER, ANY (NONE in 1.0): the packet comes from no port.
bool names_no_port(ofmsg::PortNo port) { return port == ofmsg::port::controller || port == ofmsg::port::any; }

}  // namespace

ofmsg::Failure<Refuse> no_such_buffer(const BufferRing& ring, ofmsg::BufferId buffer) {
  const std::string name = "buffer " + std::to_string(buffer.value);
  if (ring.used(buffer)) return refuse(Reason::buffer_empty, RefusalCode::unknown_buffer, name + " was used already");
  return refuse(Reason::buffer_unknown, RefusalCode::unknown_buffer, name + " is not the slice's");
}

Judged<ofmsg::PacketOut> judge_packet_out(Session& s, const Turn& t, policy::SliceId slice, ofmsg::PacketOut message) {
  std::optional<ofmsg::PortNo> in_port;
  if (!names_no_port(message.in_port)) {
    if (s.view.at(slice, message.in_port).empty()) {
      return refuse(Reason::bad_port, RefusalCode::foreign_in_port,
                    "packet_out in_port " + text(message.in_port) + " is not the slice's");
    }
    in_port = message.in_port;
  }
  if (message.buffer_id.value != ofmsg::BufferId::none) {
    const HeldPacket* held = s.buffers[slice].find(message.buffer_id);
    if (held == nullptr) return no_such_buffer(s.buffers[slice], message.buffer_id);
    message.data = held->data;
    message.buffer_id = {};
  }
  const ofmsg::ByteView data = message.data;
  const std::optional<ofmsg::PacketKey> key = ofmsg::packet_key(data, in_port.value_or(ofmsg::port::any));
  if (!key) {
    return refuse(Reason::bad_packet, RefusalCode::unreadable_packet,
                  "packet_out of " + std::to_string(data.size()) + " bytes is no Ethernet packet");
  }
  std::optional<ofmsg::Match> tag;
  if (is_discovery(data, key)) {
    if (auto refusal = refuse_probe(s.slice(slice), message)) return ofmsg::Failure<Refuse>{*std::move(refusal)};
    tag = tag_of(*key);
  }
  const OutputContext context{.view = s.view,
                              .ports = s.ports,
                              .virtual_ports = s.virtual_ports,
                              .slice = slice,
                              .allowed = s.slice(slice).allowed,
                              .in_port = in_port,
                              .packet_out = true,
                              .cookie_in_packet_in = false,
                              .meets = tag ? &*tag : nullptr,
                              .queue_in_output = ofmsg::only(ofmsg::v1_0).has(s.version()),
                              .illegal = OutputContext::Illegal::refuse};
  OutputVerdict verdict = judge_actions(context, SymbolicPacket::of(*key), message.actions);
  if (auto* refusal = std::get_if<Refuse>(&verdict)) return ofmsg::Failure<Refuse>{std::move(*refusal)};
  if (std::holds_alternative<Split>(verdict)) {
    // A field that decides is not in the bytes: the packet is cut short.
    return refuse(Reason::bad_packet, RefusalCode::unreadable_packet,
                  "the packet is too short to tell whether it may leave every port of the slice");
  }
  message.actions = std::get<ofmsg::Actions>(std::move(verdict));
  // FLOOD written out takes more room than the word itself.
  constexpr std::size_t largest_action = 40;
  constexpr std::size_t fixed_part = 64;
  if (fixed_part + message.data.size() + message.actions.size() * largest_action > ofmsg::max_frame_size) {
    return refuse(Reason::too_many_actions, RefusalCode::too_many_actions,
                  "the packet and its " + std::to_string(message.actions.size()) + " actions do not fit one message");
  }
  if (tag) message.data = marked(message.data, {s.slice(slice).number, second_of(t.now)}, t.seed.secret);
  return message;
}

namespace {

// --- packet_in -----------------------------------------------------------------------------------------------------

// The bytes that a controller asked to see of a packet that the switch keeps.
std::size_t wanted_size(const Leg& leg, const ofmsg::PacketInView& view, const Flow* flow) {
  if (view.reason == ofmsg::PacketInReason::no_match || flow == nullptr) return leg.miss_send_len;
  for (const ofmsg::Instruction& instruction : *flow->instructions) {
    const auto* apply = std::get_if<ofmsg::ApplyActions>(&instruction);
    if (apply == nullptr) continue;
    for (const ofmsg::Action& action : apply->actions) {
      const auto* output = std::get_if<ofmsg::Output>(&action);
      if (output != nullptr && output->port == ofmsg::port::controller) return output->max_len;
    }
  }
  return view.data.size();
}

// One copy of the message, patched in place.
void send_packet_in(Session& s, Turn& t, Leg& leg, ofmsg::FrameView frame, const ofmsg::PacketInView& view,
                    const Flow* flow, bool owns, std::optional<ofmsg::BufferId>& held) {
  if (leg.congested) {
    ++leg.packet_ins_dropped;
    return;
  }
  // A packet that the switch did not give whole cannot be sent for it. One buffer for all who may use it.
  const bool holds = owns && !leg.controller.read_only && view.buffer_id.value != ofmsg::BufferId::none &&
                     view.data.size() >= view.total_len;
  if (holds && !held) held = s.buffers[leg.slice].put({view.in_port, {view.data.begin(), view.data.end()}});
  const ofmsg::BufferId buffer = holds ? *held : ofmsg::BufferId{};
  // Cut to the slice's regions, a table-miss entry is an ordinary one to the switch [OF 1.3.5 §5.4].
  const bool miss =
      flow != nullptr && flow->is_table_miss() && asks_directly(*flow) && view.reason == ofmsg::PacketInReason::action;
  const ofmsg::PacketInReason reason = miss ? ofmsg::PacketInReason::no_match : view.reason;
  std::optional<std::uint64_t> cookie;
  if (view.cookie) cookie = flow != nullptr && owns ? flow->cookie : no_cookie;

  ofmsg::Bytes& out = t.out.to(leg.link);
  const std::size_t at = out.size();
  ofmsg::append(out, frame.bytes());
  ofmsg::patch_packet_in(std::span{out}.subspan(at), s.version(), buffer, reason, cookie);
  if (holds) ofmsg::truncate_packet_in(out, at, view.data_offset, wanted_size(leg, view, flow));
  ++leg.messages_out;
  ++leg.packet_ins;
}

}  // namespace

void apply_packet_out(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original, ofmsg::PacketOut message) {
  Leg& leg = s.legs[index];
  const ofmsg::BufferId buffer = message.buffer_id;
  Judged<ofmsg::PacketOut> judged = judge_packet_out(s, t, leg.slice, std::move(message));
  if (!judged) return refuse(s, t, leg, original, judged.error());
  if (buffer.value != ofmsg::BufferId::none) s.buffers[leg.slice].release(buffer);
  Op op;
  op.what = Op::What::packet_out;
  op.from = s.ref(index);
  op.theirs = TheirXid{original.xid().value};
  op.original.emplace(original);
  const OpTracker::Number number = s.ops.open(std::move(op));
  send_to_switch(s, t, ofmsg::Message{*std::move(judged)}, s.ops.message(number));
  if (s.ops.unbarriered() >= Session::barrier_every) return send_own_barrier(s, t);
  if (!s.barrier_due) s.barrier_due = t.now + Session::barrier_after;
}

namespace {

// Is what comes for the slice to be dropped on the switch now, packet by packet?
bool drops_exactly(const Session& s, policy::SliceId slice) {
  const policy::Absence& absence = s.slice(slice).absence;
  const auto away = s.away.find(slice);
  if (away == s.away.end() || away->second.done == 0 || absence.drops != policy::Absence::Drops::exact) return false;
  return (away->second.done == 1 ? absence.first : absence.then) == policy::Absence::Do::drop;
}

void undelivered(Session& s, Undelivered why) { ++s.undelivered[static_cast<std::size_t>(why)]; }

}  // namespace

bool tell_packet_in(Session& s, Turn& t, ofmsg::FrameView frame, const ofmsg::PacketInView& view, policy::SliceId slice,
                    const Flow* flow, bool owns) {
  const bool miss = view.reason == ofmsg::PacketInReason::no_match ||
                    (flow != nullptr && flow->is_table_miss() && asks_directly(*flow));
  const bool told = miss ? s.virtual_ports.tells_miss(slice, view.in_port)
                         : s.virtual_ports.tells_action(slice, view.in_port, s.version());
  const std::vector<std::size_t> legs = s.listeners(slice);
  if (!told) {
    if (owns) undelivered(s, Undelivered::port_off);
  } else if (legs.empty()) {
    if (owns) undelivered(s, Undelivered::no_controller);
    return false;
  } else if (!s.paces[slice].packet_ins.try_take(s.slice(slice).limits.packet_ins, t.now)) {
    for (const std::size_t leg : legs) ++s.legs[leg].packet_ins_dropped;
    if (owns) undelivered(s, Undelivered::too_fast);
  } else {
    std::optional<ofmsg::BufferId> held;
    for (const std::size_t leg : legs) send_packet_in(s, t, s.legs[leg], frame, view, flow, owns, held);
  }
  return true;
}

void deliver_packet_in(Session& s, Turn& t, ofmsg::FrameView frame) {
  const ofmsg::Result<ofmsg::PacketInView> view = ofmsg::peek_packet_in(frame, s.version());
  if (!view) return note(s, t, NoteId::malformed_from_switch, text(view.error()));
  if (s.state != Session::State::up) return;  // no leg can be there to hear it
  // A TTL that has run out is told to those who ask for it, which no slice can; 1.0 does not know the word.
  if (view->reason > ofmsg::PacketInReason::action) return undelivered(s, Undelivered::reason);
  const std::optional<ofmsg::PacketKey> key = ofmsg::packet_key(view->data, view->in_port);
  if (is_discovery(view->data, key)) return deliver_discovery(s, t, frame, *view);
  const Audience all = audience(s, sender(s, view->cookie), key);
  const bool heard = !all.owner || tell_packet_in(s, t, frame, *view, *all.owner, all.flow, true);
  if (!heard && drops_exactly(s, *all.owner) && key) drop_like(s, t, *key, all.flow);
  for (const policy::SliceId reader : all.readers) tell_packet_in(s, t, frame, *view, reader, all.flow, false);
  if (!all.owner && all.readers.empty()) {
    undelivered(s, key ? Undelivered::no_owner : Undelivered::unreadable);
    note(s, t, NoteId::unclaimed_packet_in, "in_port=" + text(view->in_port));
    if (key && s.settings().unowned == policy::Unowned::drop) drop_like(s, t, *key, nullptr);
  }
}

}  // namespace sluice::slicing
