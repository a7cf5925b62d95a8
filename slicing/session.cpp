// The session's connection and setup, its legs, its ports, its clock.
#include "slicing/session.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"
#include "slicing/discovery.hpp"

namespace sluice::slicing {

using ofmsg::Message;

namespace {

// Out of step with those of other legs, and the same for the same leg, seed and pause whatever else happens: a
// recording can be replayed under another policy, and dials at the times at which it dialled.
std::uint64_t dice(const Session& s, const Leg& leg, std::uint64_t seed) {
  std::uint64_t z = seed + static_cast<std::uint64_t>(leg.pause.count());
  const auto stir = [&z] {  // splitmix64
    z += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    z ^= z >> 31U;
  };
  for (const std::string& part : {s.name(), s.slice(leg.slice).name, text(leg.controller.at)}) {
    for (const char c : part + '\n') {
      z += static_cast<unsigned char>(c);
      stir();
    }
  }
  return z;
}

}  // namespace

Session::Session(std::shared_ptr<const policy::Snapshot> snapshot, policy::SwitchId switch_id, std::uint64_t seed,
                 std::shared_ptr<FlowTotals> totals)
    : policy{std::move(snapshot)},
      id{switch_id},
      epoch{static_cast<std::uint8_t>(seed & 0xffU)},
      ledger{seed, std::move(totals)},
      ops{seed} {}

Leg* Session::find(LegRef ref) {
  if (ref.leg >= legs.size() || legs[ref.leg].incarnation != ref.incarnation || !legs[ref.leg].up()) return nullptr;
  return &legs[ref.leg];
}

// --- telling -------------------------------------------------------------------------------------------------------

void note(Session& s, Turn& t, NoteId id, std::string detail, std::optional<policy::SliceId> slice) {
  t.out.add(Note{id, s.name(), slice ? s.slice(*slice).name : std::string{}, std::move(detail)});
}

void send_to_switch(Session& s, Turn& t, const Message& message, OurXid xid) {
  const auto done = encode(t.out.to(s.link), message, s.version(), ofmsg::Xid{xid.value});
  assert(done && "what was judged for a version can be said in it");
  static_cast<void>(done);
  ++s.messages_out;
}

void send_to_leg(Session& s, Turn& t, Leg& leg, const Message& message, TheirXid xid) {
  const auto done = encode(t.out.to(leg.link), message, s.version(), ofmsg::Xid{xid.value});
  assert(done && "what a version said can be said back in it");
  static_cast<void>(done);
  ++leg.messages_out;
}

namespace {

void remember(Session& s, Turn& t, Leg& leg, ofmsg::FrameView original, ofmsg::WireError error, RefusalCode code,
              std::string why, std::optional<RuleName> rule = std::nullopt) {
  ++s.refused;
  ++leg.refused;
  ++s.refused_by_slice[leg.slice];
  const ofmsg::Result<ofmsg::Kind> kind = kind_of(original);
  Refusal refusal{t.now,
                  s.slice(leg.slice).name,
                  s.name(),
                  kind ? std::string{text(*kind)} : "message type " + std::to_string(original.type()),
                  original.xid().value,
                  text(code),
                  text(error, s.version()),
                  std::move(why),
                  std::move(rule),
                  text(leg.controller.at),
                  s.version(),
                  error,
                  {},
                  original.size()};
  ofmsg::append(refusal.request, original.bytes().first(std::min(original.size(), Refusal::request_kept)));
  note(s, t, NoteId::refused,
       "kind=" + refusal.kind + " xid=" + std::to_string(refusal.xid) + " code=" + refusal.code +
           " error=" + refusal.error + " why=\"" + refusal.why + "\"",
       leg.slice);
  t.refusals.push_front(std::move(refusal));
  if (t.refusals.size() > Refusal::kept) t.refusals.pop_back();
}

void answer_with_error(Session& s, Turn& t, Leg& leg, ofmsg::FrameView original, ofmsg::WireError error) {
  append_error(t.out.to(leg.link), s.version(), original, error);
  ++leg.messages_out;
}

}  // namespace

void refuse(Session& s, Turn& t, Leg& leg, ofmsg::FrameView original, const Refuse& refusal) {
  const ofmsg::WireError error = wire_error(refusal.reason, s.version());
  answer_with_error(s, t, leg, original, error);
  std::string why = refusal.why;
  std::optional<RuleName> rule;
  if (refusal.rule) {
    const policy::Rule& nearest = s.policy->rule(*refusal.rule);
    rule = RuleName{nearest.name, nearest.position};
    why += " (nearest rule: " + rule->name + ")";
  }
  remember(s, t, leg, original, error, refusal.code, std::move(why), std::move(rule));
}

void forward_error(Session& s, Turn& t, Leg& leg, const ofmsg::Frame& original, TheirXid xid, ofmsg::WireError error) {
  assert(original.view().xid().value == xid.value);
  static_cast<void>(xid);
  answer_with_error(s, t, leg, original.view(), error);
  remember(s, t, leg, original.view(), error, RefusalCode::switch_refused, "the switch refused it");
}

// --- connection ----------------------------------------------------------------------------------------------------

namespace {

void request_for_setup(Session& s, Turn& t, const Message& message) {
  const OurXid xid = s.ops.request();
  s.setup_waits.insert(xid.value);
  send_to_switch(s, t, message, xid);
}

void start_legs(Session& s, Turn& t) {
  for (Leg& leg : s.legs) {
    if (!leg.retired) leg.dial_soon(t.now);
  }
}

void bind_view(Session& s, Turn& t) {
  s.view = s.policy->bind(s.id, s.ports.all(), s.version());
  for (const std::string& warning : s.view.warnings()) note(s, t, NoteId::view_warning, warning);
}

void hang_up(Turn& t, LinkId link, std::string_view why) {
  t.links.release(link);
  t.out.add(Hangup{link, std::string{why}});
}

}  // namespace

void attach(Session& s, Turn& t, LinkId link, ofmsg::Channel channel, std::string peer) {
  s.state = Session::State::setup;
  s.since = t.now;
  s.link = link;
  s.peer = std::move(peer);
  s.channel.emplace(std::move(channel));
  s.setup_waits.clear();
  // Flows of another version may not be sayable in this one; their controllers begin anew.
  if (std::exchange(s.ledger_version, s.version()) != s.version()) s.ledger.clear();
  s.desc = {};
  s.ports = PortTable{s.channel->take_ports()};
  // Whole packets, never buffered where the version can say so [OF 1.3.5 §7.3.2]: a slice's view of a packet must not
  // depend on what another slice asked for.
  send_to_switch(s, t, Message{ofmsg::SetConfig{0, 0xffff}}, s.ops.request());
  request_for_setup(s, t, Message{ofmsg::DescRequest{}});
  if (ofmsg::since(ofmsg::v1_3).has(s.version())) request_for_setup(s, t, Message{ofmsg::PortDescRequest{}});
  StatsQuery query;
  query.purpose = StatsQuery::Purpose::reconcile;
  query.asked = t.now;
  s.setup_waits.insert(ask_flows(s, t, std::move(query)));
  const OurXid barrier = s.ops.barrier();
  s.setup_waits.insert(barrier.value);
  send_to_switch(s, t, Message{ofmsg::BarrierRequest{}}, barrier);
}

void setup_answered(Session& s, Turn& t, std::uint32_t xid) {
  if (s.state != Session::State::setup || s.setup_waits.erase(xid) == 0 || !s.setup_waits.empty()) return;
  s.state = Session::State::up;
  s.since = t.now;
  forget_guards(s);
  bind_view(s, t);
  keep_own_flows(s, t);
  judge_flows(s, t);
  adopt_flows(s, t);
  refresh_flows(s, t);
  note(s, t, NoteId::switch_up,
       "dpid=" + text(s.settings().dpid) + " version=" + std::string{text(s.version())} + " peer=" + s.peer +
           " ports=" + std::to_string(s.ports.all().size()));
  start_legs(s, t);
  look_after_absent(s, t);
}

void detach(Session& s, Turn& t, std::string_view why) {
  note(s, t, NoteId::switch_lost, "why=\"" + std::string{why} + "\"");
  s.state = Session::State::down;
  s.since = t.now;
  s.channel.reset();
  s.setup_waits.clear();
  s.ops.clear();
  s.queries.clear();
  s.buffers.clear();
  s.ledger.forget_standing();
  s.own_flows = {};
  s.barrier_due.reset();
  s.idle_polls.clear();
  s.idle_polling = false;
  s.congested = false;
  for (Leg& leg : s.legs) {
    if (leg.state >= Leg::State::dialling) hang_up(t, leg.link, "the switch is gone");
    leg.channel.reset();
    leg.held_until.reset();
    leg.enter(Leg::State::idle, t.now);
  }
}

// --- legs ----------------------------------------------------------------------------------------------------------

namespace {

void dial(Session& s, Turn& t, Leg& leg, std::size_t self, std::size_t index) {
  leg.link = t.links.fresh();
  t.links.bind(leg.link, {self, index});
  leg.enter(Leg::State::dialling, t.now);
  t.out.add(Dial{leg.link, leg.controller.at, s.name(), s.slice(leg.slice).name});
  note(s, t, NoteId::leg_dialling, "controller=" + text(leg.controller.at), leg.slice);
}

}  // namespace

void bound_queue(const Session& s, Turn& t, Leg& leg) {
  const std::uint32_t bytes = s.slice(leg.slice).limits.queue_bytes;
  if (leg.state < Leg::State::handshake || leg.queue_bytes == bytes) return;
  leg.queue_bytes = bytes;
  t.out.add(QueueBound{leg.link, bytes});
}

void leg_connected(Session& s, Turn& t, std::size_t index) {
  Leg& leg = s.legs[index];
  ++leg.incarnation;
  leg.queue_bytes = policy::Limits::usual_queue;
  leg.congested = false;
  leg.paused = false;
  leg.judged_from = {};
  leg.role = ofmsg::Role::nochange;
  leg.miss_send_len = 128;
  leg.config_flags = 0;
  ofmsg::ChannelSettings settings;
  settings.end = ofmsg::End::switch_;
  settings.versions = {s.version()};
  leg.channel.emplace(settings, t.now, t.out.to(leg.link));
  leg.enter(Leg::State::handshake, t.now);
  bound_queue(s, t, leg);
}

void leg_lost(Session& s, Turn& t, std::size_t index, std::string_view why) {
  Leg& leg = s.legs[index];
  // A controller that is not there is news once, not at every try.
  const bool news = leg.last_error != why || leg.up();
  leg.last_error = why;
  if (news) {
    note(s, t, NoteId::leg_lost, "controller=" + text(leg.controller.at) + " why=\"" + leg.last_error + "\"",
         leg.slice);
  }
  leg.wait(t.now, dice(s, leg, t.seed.number));
  look_after_absent(s, t);
}

void drop_leg(Session& s, Turn& t, std::size_t index, std::string_view why) {
  hang_up(t, s.legs[index].link, why);
  leg_lost(s, t, index, why);
}

void retire(Session& s, Turn& t, std::size_t index) {
  Leg& leg = s.legs[index];
  if (leg.state >= Leg::State::dialling) hang_up(t, leg.link, "the slice file no longer names this controller");
  leg.channel.reset();
  leg.held_until.reset();
  leg.enter(Leg::State::idle, t.now);
  leg.retired = true;
}

namespace {

// Has the switch answered all that was asked for by those who had this place?
bool owes_nothing(const Session& s, const Leg& leg) {
  const auto index = static_cast<std::size_t>(&leg - s.legs.data());
  const auto asked = [index](const auto& entry) { return entry.second.from && entry.second.from->leg == index; };
  return s.ops.load(index).count == 0 && std::none_of(s.queries.begin(), s.queries.end(), asked);
}

}  // namespace

Leg& leg_for(Session& s, Turn& t, policy::SliceId slice, const policy::Controller& controller) {
  const auto known = std::find_if(s.legs.begin(), s.legs.end(), [&](const Leg& leg) {
    return !leg.retired && leg.slice == slice && leg.controller.at == controller.at;
  });
  if (known != s.legs.end()) return *known;
  const auto free =
      std::find_if(s.legs.begin(), s.legs.end(), [&s](const Leg& leg) { return leg.retired && owes_nothing(s, leg); });
  Leg& leg = free != s.legs.end() ? *free : s.legs.emplace_back();
  const std::uint32_t incarnation = leg.incarnation;  // answers to the one that was here before must not come here
  leg = Leg{};
  leg.incarnation = incarnation;
  leg.slice = slice;
  leg.controller = controller;
  if (s.state == Session::State::up) leg.dial_soon(t.now);
  return leg;
}

// --- the clock -----------------------------------------------------------------------------------------------------

void tick(Session& s, Turn& t, std::size_t self) {
  if (s.state == Session::State::down) return;
  const bool late = s.state == Session::State::setup && t.now >= s.since + Session::setup_within;
  const bool dead = s.channel->tick(t.now, t.out.to(s.link)) == ofmsg::Channel::Event::closed;
  if (late || dead) {
    const std::string why = late ? "the switch did not answer during setup" : s.channel->closed_because();
    hang_up(t, s.link, why);
    return detach(s, t, why);
  }
  for (std::size_t i = 0; i < s.legs.size(); ++i) {
    Leg& leg = s.legs[i];
    if (leg.state == Leg::State::waiting && t.now >= leg.next_try) dial(s, t, leg, self, i);
    if (leg.held_until && t.now >= *leg.held_until) {
      leg.held_until.reset();
      t.out.add(Hold{leg.link, false});
    }
    if (leg.may_be_judged(t.now) && leg.channel->tick(t.now, t.out.to(leg.link)) == ofmsg::Channel::Event::closed) {
      drop_leg(s, t, i, leg.channel->closed_because());
    }
  }
  if (s.barrier_due && t.now >= *s.barrier_due) send_own_barrier(s, t);
  if (s.own_flows.again && t.now >= *s.own_flows.again) keep_own_flows(s, t);
  if (const auto due = next_idle_poll(s); due && t.now >= *due) poll_idle(s, t);
  if (s.state == Session::State::up) expire_flows(s, t);
  if (const auto due = next_absence(s); due && t.now >= *due) look_after_absent(s, t);
  stats_timed_out(s, t);
}

std::optional<Time> deadline(const Session& s) {
  if (s.state == Session::State::down) return std::nullopt;
  std::optional<Time> first = s.channel->deadline();
  const auto consider = [&first](std::optional<Time> time) {
    if (time && (!first || *time < *first)) first = time;
  };
  if (s.state == Session::State::setup) consider(s.since + Session::setup_within);
  for (const Leg& leg : s.legs) consider(leg.deadline());
  consider(s.barrier_due);
  consider(s.own_flows.again);
  consider(next_idle_poll(s));
  if (s.state == Session::State::up) {
    consider(s.ledger.next_expiry());
    consider(next_absence(s));
  }
  for (const auto& [xid, query] : s.queries) consider(query.asked + StatsQuery::patience);
  return first;
}

}  // namespace sluice::slicing
