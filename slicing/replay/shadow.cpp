#include "slicing/replay/shadow.hpp"

#include <algorithm>

#include "ofmsg/codec.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/text.hpp"
#include "slicing/cookie.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::FrameView;
using ofmsg::Kind;
using ofmsg::Message;
using ofmsg::Xid;

namespace {

// The first core's clock may be late by so much before the second is told the time on its own.
constexpr Time slack = std::chrono::milliseconds{100};
// Messages to a switch after which nobody waits for the answer to an earlier one.
constexpr std::uint64_t answers_awaited = 4096;

bool is(FrameView frame, Kind wanted) { return kind_if_any(frame) == wanted; }

// What a barrier answers for.
bool changes_something(FrameView frame) {
  const auto kind = kind_if_any(frame);
  return kind && (*kind == Kind::flow_mod || *kind == Kind::packet_out || *kind == Kind::barrier_request);
}

bool is_answer(FrameView frame) {
  const auto kind = kind_if_any(frame);
  if (!kind) return false;
  if (ofmsg::facts(*kind).is_multipart()) return true;
  return *kind == Kind::error || *kind == Kind::features_reply || *kind == Kind::get_config_reply ||
         *kind == Kind::role_reply || *kind == Kind::get_async_reply || *kind == Kind::queue_get_config_reply;
}

Bytes copy(FrameView frame) { return {frame.bytes().begin(), frame.bytes().end()}; }

std::string place(std::uint16_t priority, const ofmsg::Match& match) {
  return std::to_string(priority) + ',' + ofmsg::text(match);
}

// Where a message deletes a flow, strictly.
std::optional<std::string> deleted_place(FrameView frame) {
  const auto message = ofmsg::decode(frame);
  const auto* mod = message ? std::get_if<ofmsg::FlowMod>(&*message) : nullptr;
  if (mod == nullptr || mod->command != ofmsg::FlowModCommand::delete_strict) return std::nullopt;
  return place(mod->priority, mod->match);
}

}  // namespace

Shadow::Shadow(std::shared_ptr<const policy::Snapshot> first, std::shared_ptr<const policy::Snapshot> second,
               const Seed& seed)
    : domain_{second, seed}, first_{std::move(first)}, second_{std::move(second)} {}

Shadow::~Shadow() = default;

void Shadow::first_policy(std::shared_ptr<const policy::Snapshot> policy) { first_.change_policy(std::move(policy)); }

void Shadow::change_policy(std::shared_ptr<const policy::Snapshot> policy, Time now, PolicyText text) {
  now_ = std::max(now_, now);
  policy_text_ = std::move(text);
  second_.change_policy(policy);
  by_itself([&] { handle(PolicyChanged{std::move(policy)}); });
}

// --- the second core -------------------------------------------------------------------------------------------------

void Shadow::handle(const Input& input) {
  Outbox out;
  domain_.handle(input, now_, out);
  Turn said = turn_of(now_, input, out);
  if (std::holds_alternative<PolicyChanged>(input)) said.policy = policy_text_;
  if (recording_) append_turn(recorded_, said);
  absorb(said);
}

// What it says, and whom it dials.
void Shadow::absorb(const Turn& said) {
  second_.follow(said);
  for (const Record& record : said.records) {
    if (const auto* dial = std::get_if<Dial>(&record)) dialled(*dial);
    if (const auto* note = std::get_if<Note>(&record); note != nullptr && note->id == NoteId::refused) {
      if (joining_ == nullptr) comparison_.refused(Side::second, note->detail);
      if (joining_ != nullptr) ++refused_at_join_;
    }
  }
  for (const auto& [link, bytes] : said.said) {
    const LinkId to = link;
    ofmsg::for_each_frame(bytes, [&](FrameView frame) { heard(to, frame); });
  }
  for (const Record& record : said.records) {
    if (const auto* hangup = std::get_if<Hangup>(&record)) {
      const FarEnd* end = second_.find(hangup->link);
      if (end == nullptr || end->is_switch()) continue;
      Leg& leg = legs_[*end];
      if (leg.second == hangup->link) {
        leg.second.reset();
        leg.connected = false;
      }
    }
  }
}

void Shadow::heard(LinkId link, FrameView frame) {
  const auto wire = wires_.find(link);
  if (is(frame, Kind::echo_request)) {
    Bytes reply = copy(frame);
    reply[1] = std::byte{3};  // OFPT_ECHO_REPLY
    answers_.emplace_back(link, std::move(reply));
    return;
  }
  if (wire != wires_.end()) return to_switch(link, frame);
  const FarEnd* end = second_.find(link);
  if (end != nullptr && joining_ == nullptr) comparison_.said(Side::second, *end, frame);
}

void Shadow::to_switch(LinkId link, FrameView frame) {
  Wire& wire = wires_.at(link);
  if (is(frame, Kind::barrier_request)) {
    wire.own_barriers.push_back({joining_ == nullptr ? wire.awaited : 0, ofmsg::Frame{frame}});
    return release_barriers(link, wire);
  }
  const FarEnd* end = second_.find(link);
  if (joining_ == nullptr) {
    if (is(frame, Kind::flow_mod)) {
      if (const auto deleted = deleted_place(frame)) ++wire.deleted[*deleted];
    }
    // A switch of which nobody knows yet who it is: only the handshake's xid counts.
    comparison_.said(Side::second, end == nullptr ? FarEnd{} : *end, frame);
    return;
  }
  while_joining(link, wire, frame);
}

void Shadow::dialled(const Dial& dial) {
  Leg& leg = legs_[{dial.switch_name, dial.slice, policy::text(dial.to)}];
  leg.second = dial.link;
  leg.connected = false;
  leg.greeted = false;
}

void Shadow::connect(Leg& leg) {
  leg.connected = true;
  const LinkId link = *leg.second;
  handle(ControllerUp{link});
  leg.greeted = leg.hello.has_value();
  if (leg.hello) answers_.emplace_back(link, copy(leg.hello->view()));
}

void Shadow::answer(LinkId link, const Message& message, ofmsg::Version version, Xid xid) {
  Bytes bytes;
  // What a switch has said once in a version can be said in it again.
  if (ofmsg::encode(bytes, message, version, xid)) answers_.emplace_back(link, std::move(bytes));
}

// Answers may lead to more questions.
void Shadow::run_answers() {
  if (std::exchange(running_answers_, true)) return;
  for (bool moved = true; moved;) {
    moved = false;
    for (auto& [end, leg] : legs_) {
      if (!leg.there || leg.connected || !leg.second) continue;
      connect(leg);
      moved = true;
      break;
    }
    while (!answers_.empty()) {
      const auto [link, bytes] = std::move(answers_.front());
      answers_.pop_front();
      if (const auto frame = FrameView::of(bytes)) handle(Arrived{link, *frame});
      moved = true;
    }
  }
  running_answers_ = false;
}

// --- the first core --------------------------------------------------------------------------------------------------

void Shadow::follow(const Turn& turn, Hearing hearing) {
  ++turn_;
  first_.follow(turn);
  catch_up(turn.at - slack);
  now_ = std::max(now_, turn.at);
  const auto* in = std::get_if<Arrived>(&turn.input);
  comparison_.begin_turn(turn_, turn, in == nullptr ? nullptr : first_.find(in->link));
  watch_first(turn);
  if (hearing == Hearing::hears) pass_on(turn);
  run_answers();
  compare();
}

void Shadow::compare() {
  for (const Comparison::Pair& pair : comparison_.end_turn()) paired(pair);
}

// What it says then belongs to no turn of the first.
template <class What>
void Shadow::by_itself(What what) {
  Turn own;
  own.at = now_;
  comparison_.begin_turn(turn_, own, nullptr);
  what();
  run_answers();
  compare();
}

void Shadow::catch_up(Time until) {
  for (auto due = domain_.deadline(); due && *due <= until; due = domain_.deadline()) {
    now_ = std::max(now_, *due);
    by_itself([this] { handle(Tick{}); });
    if (domain_.deadline() == due) return;
  }
}

// What it has said: to be compared, and to know what the switches will answer.
void Shadow::watch_first(const Turn& turn) {
  for (const Record& record : turn.records) {
    if (const auto* note = std::get_if<Note>(&record); note != nullptr && note->id == NoteId::refused) {
      comparison_.refused(Side::first, note->detail);
    }
  }
  for (const auto& [link, bytes] : turn.said) {
    const FarEnd* end = first_.find(link);
    if (end == nullptr) continue;
    const LinkId to = link;
    ofmsg::for_each_frame(bytes, [&](FrameView frame) {
      if (end->is_switch()) {
        Wire& wire = wires_[to];
        ++wire.sent;
        if (changes_something(frame)) wire.awaited = wire.sent;
        if (is(frame, Kind::barrier_request)) {
          wire.barriers.push_back({wire.sent, frame.xid().value});
          return;
        }
      }
      comparison_.said(Side::first, *end, frame);
    });
  }
}

void Shadow::paired(const Comparison::Pair& pair) {
  const FrameView first = pair.first.view();
  const FrameView second = pair.second.view();
  Wire* wire = wire_of(pair.to);
  if (wire == nullptr) return;
  if (!pair.to.is_switch()) {
    const auto a = buffer_offset(first);
    const auto b = buffer_offset(second);
    if (a && b && is(first, Kind::packet_in)) {
      wire->buffers[{pair.to.slice, ofmsg::load<std::uint32_t>(first.bytes(), *a)}] =
          ofmsg::load<std::uint32_t>(second.bytes(), *b);
    }
    return;
  }
  wire->xids[first.xid().value] = {second.xid().value, wire->sent};
  wire->xid_order.emplace_back(wire->sent, first.xid().value);
  // Each goes when enough has been sent after it; what one turn sends stays together.
  while (wire->xid_order.front().first + answers_awaited < wire->sent) {
    const auto [index, xid] = wire->xid_order.front();
    wire->xid_order.pop_front();
    const auto old = wire->xids.find(xid);
    if (old != wire->xids.end() && old->second.index == index) wire->xids.erase(old);
  }
  const auto a = cookie_offset(first);
  const auto b = cookie_offset(second);
  if (a && b && is(first, Kind::flow_mod)) {
    learn_cookie(*wire, ofmsg::load<std::uint64_t>(first.bytes(), *a), ofmsg::load<std::uint64_t>(second.bytes(), *b));
  }
}

Shadow::Wire* Shadow::wire_of(const FarEnd& end) {
  const auto link = first_.find_switch({end.switch_name, {}, end.is_switch() ? end.address : std::string{}});
  const auto wire = link ? wires_.find(*link) : wires_.end();
  return wire == wires_.end() ? nullptr : &wire->second;
}

Shadow::Leg* Shadow::connected(const FarEnd& end) {
  const auto leg = legs_.find(end);
  return leg == legs_.end() || !leg->second.connected ? nullptr : &leg->second;
}

void Shadow::learn_cookie(Wire& wire, std::uint64_t first, std::uint64_t second) {
  if (!Cookie::parse(first) || !Cookie::parse(second)) return;
  wire.cookies[first] = second;
}

// --- what the world says ---------------------------------------------------------------------------------------------

void Shadow::pass_on(const Turn& turn) {
  std::visit(
      [this](const auto& in) {
        using In = std::decay_t<decltype(in)>;
        if constexpr (std::is_same_v<In, SwitchUp>) {
          wires_[in.link];
          handle(in);
        } else if constexpr (std::is_same_v<In, ControllerUp>) {
          if (const FarEnd* end = first_.find(in.link)) legs_[*end].there = true;
        } else if constexpr (std::is_same_v<In, Arrived>) {
          pass_on(in);
        } else if constexpr (std::is_same_v<In, Garbled>) {
          if (const auto link = ours(in.link)) handle(Garbled{*link, in.error, in.offender});
        } else if constexpr (std::is_same_v<In, Congested>) {
          if (const auto link = ours(in.link)) handle(Congested{*link, in.congested});
        } else if constexpr (std::is_same_v<In, Paused>) {
          if (const auto link = ours(in.link)) handle(Paused{*link, in.paused});
        } else if constexpr (std::is_same_v<In, Lost>) {
          lost(in.link, in.why);
        } else if constexpr (std::is_same_v<In, Tick> || std::is_same_v<In, Shutdown>) {
          handle(in);
        }
        // Its policy is the first core's affair.
      },
      turn.input);
  // Whom the first core has hung up on is gone.
  for (const Record& record : turn.records) {
    if (const auto* hangup = std::get_if<Hangup>(&record)) lost(hangup->link, hangup->why);
  }
}

// The link that stands for one of the first core's.
std::optional<LinkId> Shadow::ours(LinkId link) {
  if (wires_.contains(link)) return link;
  const FarEnd* end = first_.find(link);
  const Leg* leg = end == nullptr ? nullptr : connected(*end);
  return leg == nullptr ? std::nullopt : leg->second;
}

void Shadow::lost(LinkId link, const std::string& why) {
  const FarEnd* end = first_.find(link);
  if (end == nullptr) return;
  if (end->is_switch()) {
    if (wires_.erase(link) > 0) handle(Lost{link, why});
    return;
  }
  Leg& leg = legs_[*end];
  leg.there = false;
  leg.hello.reset();
  const auto second = std::exchange(leg.second, std::nullopt);
  leg.connected = false;
  if (second) handle(Lost{*second, why});
}

void Shadow::pass_on(const Arrived& in) {
  const FarEnd* end = first_.find(in.link);
  if (end == nullptr || is(in.frame, Kind::echo_reply)) return;
  const auto wire = wires_.find(in.link);
  if (wire != wires_.end()) return from_switch(in.link, wire->second, in.frame);
  from_controller(*end, in.frame);
}

void Shadow::from_switch(LinkId link, Wire& wire, FrameView frame) {
  if (is(frame, Kind::barrier_reply)) return barrier_answered(link, wire, frame.xid().value);
  if (is(frame, Kind::flow_removed) && !concerns(wire, frame)) return;
  Bytes bytes = copy(frame);
  if (is_answer(frame)) {
    const auto xid = wire.xids.find(frame.xid().value);
    if (xid == wire.xids.end()) return;
    ofmsg::store<std::uint32_t>(bytes, 4, xid->second.second);
  }
  if (const auto offset = cookie_offset(frame)) {
    const auto cookie = ofmsg::load<std::uint64_t>(frame.bytes(), *offset);
    if (Cookie::parse(cookie)) {
      const std::uint64_t* known = wire.cookies.find(cookie);
      if (known == nullptr && is(frame, Kind::flow_removed)) return;
      ofmsg::store<std::uint64_t>(bytes, *offset, known == nullptr ? no_cookie : *known);
    }
  } else if (is(frame, Kind::flow_stats_reply)) {
    auto message = ofmsg::decode(frame);
    auto* reply = message ? std::get_if<ofmsg::FlowStatsReply>(&*message) : nullptr;
    if (reply == nullptr) return;
    std::erase_if(reply->flows, [&wire](ofmsg::FlowStats& flow) {
      const std::uint64_t* known = wire.cookies.find(flow.cookie);
      if (known == nullptr) return Cookie::parse(flow.cookie).has_value();
      flow.cookie = *known;
      return false;
    });
    const auto version = ofmsg::version_of(frame.wire_version());
    const Xid xid{ofmsg::load<std::uint32_t>(bytes, 4)};
    bytes.clear();
    if (!version || !ofmsg::encode(bytes, *message, *version, xid)) return;
  }
  if (const auto translated = FrameView::of(bytes)) handle(Arrived{link, *translated});
}

// Has the second core lost this flow, too?
bool Shadow::concerns(Wire& wire, FrameView removal) {
  const auto message = ofmsg::decode(removal);
  const auto* removed = message ? std::get_if<ofmsg::FlowRemoved>(&*message) : nullptr;
  if (removed == nullptr) return false;
  if (removed->reason != ofmsg::FlowRemovedReason::delete_) return true;
  const std::string where = place(removed->priority, removed->match);
  std::size_t* deleted = wire.deleted.find(where);
  if (deleted == nullptr) return false;
  if (--*deleted == 0) wire.deleted.erase(where);
  return true;
}

void Shadow::barrier_answered(LinkId link, Wire& wire, std::uint32_t xid) {
  const auto found = std::find_if(wire.barriers.begin(), wire.barriers.end(),
                                  [xid](const Wire::Barrier& barrier) { return barrier.xid == xid; });
  if (found == wire.barriers.end()) return;
  wire.answered = found->index;
  wire.barriers.erase(wire.barriers.begin(), found + 1);
  release_barriers(link, wire);
}

void Shadow::release_barriers(LinkId link, Wire& wire) {
  while (!wire.own_barriers.empty() && wire.own_barriers.front().waits_for <= wire.answered) {
    const FrameView request = wire.own_barriers.front().request.view();
    const auto version = ofmsg::version_of(request.wire_version());
    if (version) answer(link, Message{ofmsg::BarrierReply{}}, *version, request.xid());
    wire.own_barriers.pop_front();
  }
}

void Shadow::from_controller(const FarEnd& end, FrameView frame) {
  Leg& leg = legs_[end];
  if (!leg.hello && is(frame, Kind::hello)) leg.hello.emplace(frame);
  if (!leg.connected || (is(frame, Kind::hello) && std::exchange(leg.greeted, true))) return;
  Bytes bytes = copy(frame);
  if (const auto offset = buffer_offset(frame)) {
    if (Wire* wire = wire_of(end)) {
      const std::uint32_t* known = wire->buffers.find({end.slice, ofmsg::load<std::uint32_t>(bytes, *offset)});
      if (known != nullptr) ofmsg::store<std::uint32_t>(bytes, *offset, *known);
    }
  }
  if (const auto translated = FrameView::of(bytes)) handle(Arrived{*leg.second, *translated});
}

}  // namespace sluice::slicing::replay
