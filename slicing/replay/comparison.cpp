#include "slicing/replay/comparison.hpp"

#include <algorithm>
#include <iterator>

#include "ofmsg/kind.hpp"
#include "slicing/cookie.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::FrameView;
using ofmsg::Kind;

namespace {

constexpr std::uint8_t wire_1_0 = 1;

// For one party. Whoever is so far behind will not say the same any more.
constexpr std::size_t most_waiting = 1024;

// Not worth a word: what keeps connections alive.
bool is_sign_of_life(FrameView frame) {
  const auto kind = kind_if_any(frame);
  return kind && (*kind == Kind::hello || *kind == Kind::echo_request || *kind == Kind::echo_reply);
}

// To a switch: what changes nothing there and that no tenant sees.
bool is_own(FrameView frame) {
  const auto kind = kind_if_any(frame);
  return kind && *kind != Kind::flow_mod && *kind != Kind::packet_out && *kind != Kind::group_mod &&
         *kind != Kind::meter_mod && *kind != Kind::port_mod && *kind != Kind::table_mod;
}

std::optional<std::size_t> within(FrameView frame, std::size_t offset, std::size_t size) {
  return offset + size <= frame.size() ? std::optional{offset} : std::nullopt;
}

}  // namespace

std::optional<Kind> kind_if_any(FrameView frame) {
  const auto kind = ofmsg::kind_of(frame);
  return kind ? std::optional{*kind} : std::nullopt;
}

std::optional<std::size_t> buffer_offset(FrameView frame) {
  const auto kind = kind_if_any(frame);
  if (!kind) return std::nullopt;
  // [OF 1.0 §5.3.3, §5.3.6, §5.4.1] [OF 1.3.5 §7.3.4.1, §7.3.7, §7.4.1]
  if (*kind == Kind::packet_in || *kind == Kind::packet_out) return within(frame, 8, 4);
  if (*kind == Kind::flow_mod) return within(frame, frame.wire_version() == wire_1_0 ? 64 : 32, 4);
  return std::nullopt;
}

std::optional<std::size_t> cookie_offset(FrameView frame) {
  const auto kind = kind_if_any(frame);
  if (!kind) return std::nullopt;
  const bool old = frame.wire_version() == wire_1_0;
  if (*kind == Kind::flow_mod || *kind == Kind::flow_removed) return within(frame, old ? 48 : 8, 8);
  constexpr std::uint8_t wire_1_3 = 4;
  if (*kind == Kind::packet_in && frame.wire_version() >= wire_1_3) return within(frame, 16, 8);
  return std::nullopt;
}

Bytes normal_form(FrameView frame, bool to_switch) {
  Bytes bytes{frame.bytes().begin(), frame.bytes().end()};
  if (const auto buffer = buffer_offset(frame); buffer && ofmsg::load<std::uint32_t>(bytes, *buffer) != ~0U) {
    ofmsg::store<std::uint32_t>(bytes, *buffer, 0);
  }
  if (!to_switch) return bytes;
  ofmsg::store<std::uint32_t>(bytes, 4, 0);  // the xid
  if (const auto cookie = cookie_offset(frame)) {
    const auto value = ofmsg::load<std::uint64_t>(bytes, *cookie);
    if (Cookie::parse(value)) ofmsg::store<std::uint64_t>(bytes, *cookie, value & Cookie::slice_mask);
  }
  return bytes;
}

void Comparison::begin_turn(std::uint64_t number, const Turn& turn, const FarEnd* from) {
  ++turn_;
  now_ = turn.at;
  Open open;
  open.difference.turn = number;
  open.difference.at = turn.at;
  if (const auto* in = std::get_if<Arrived>(&turn.input)) {
    if (from != nullptr) open.difference.from = *from;
    open.difference.cause.emplace(in->frame);
  }
  open_.emplace(turn_, std::move(open));
}

void Comparison::said(Side side, const FarEnd& to, FrameView frame) {
  if (is_sign_of_life(frame)) return;
  fresh_.push_back(
      {turn_, side, to, ofmsg::Frame{frame}, normal_form(frame, to.is_switch()), to.is_switch() && is_own(frame)});
  ++open_.at(turn_).items;
}

void Comparison::refused(Side side, std::string why) {
  Difference& difference = open_.at(turn_).difference;
  (side == Side::first ? difference.first_why : difference.second_why).push_back(std::move(why));
}

std::deque<Comparison::Item>::iterator Comparison::partner(std::deque<Item>& among, const Item& item) const {
  return std::find_if(among.begin(), among.end(),
                      [&item](const Item& other) { return other.side != item.side && other.normal == item.normal; });
}

void Comparison::settle(const Item& item) {
  const auto open = open_.find(item.turn);
  if (open == open_.end()) return;
  const Difference& difference = open->second.difference;
  if (--open->second.items > 0) return;
  if (!difference.first.empty() || !difference.second.empty()) certain_.push_back(std::move(open->second.difference));
  open_.erase(open);
}

void Comparison::end_turn(const Paired& paired) {
  const auto in_order = [&paired](const Item& a, const Item& b) {
    const Item& first = a.side == Side::first ? a : b;
    const Item& second = a.side == Side::first ? b : a;
    paired(first.to, first.frame.view(), second.frame.view());
  };
  for (Item& item : fresh_) {
    std::deque<Item>& waiting = waiting_[item.to];
    const auto other = partner(waiting, item);
    if (other == waiting.end()) {
      waiting.push_back(std::move(item));
      continue;
    }
    in_order(*other, item);
    if (!item.own) ++same_;
    settle(*other);
    settle(item);
    waiting.erase(other);
  }
  fresh_.clear();
  // What is left of this turn: one of a kind stands for the other.
  for (auto& [to, waiting] : waiting_) {
    std::vector<const Item*> first;
    std::vector<const Item*> second;
    for (const Item& item : waiting) {
      if (item.turn == turn_) (item.side == Side::first ? first : second).push_back(&item);
    }
    for (const Item* a : first) {
      const auto b = std::find_if(second.begin(), second.end(), [a](const Item* other) {
        return kind_if_any(other->frame.view()) == kind_if_any(a->frame.view());
      });
      if (b == second.end()) continue;
      in_order(*a, **b);
      second.erase(b);
    }
  }
  if (const auto open = open_.find(turn_); open != open_.end() && open->second.items == 0) open_.erase(open);
  expire(now_ - patience);
}

void Comparison::tell(Item item) {
  const auto open = open_.find(item.turn);
  if (open == open_.end()) return;
  if (!item.own) {
    Difference& difference = open->second.difference;
    (item.side == Side::first ? difference.first : difference.second)
        .push_back({std::move(item.to), std::move(item.frame)});
  }
  settle(item);
}

void Comparison::expire(Time before) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    std::deque<Item>& waiting = at->second;
    while (!waiting.empty() &&
           (waiting.size() > most_waiting || open_.at(waiting.front().turn).difference.at < before)) {
      Item item = std::move(waiting.front());
      waiting.pop_front();
      tell(std::move(item));
    }
    at = waiting.empty() ? waiting_.erase(at) : std::next(at);
  }
}

void Comparison::finish() {
  for (auto& [to, waiting] : waiting_) {
    for (Item& item : waiting) tell(std::move(item));
  }
  waiting_.clear();
}

std::vector<Difference> Comparison::take() {
  std::sort(certain_.begin(), certain_.end(), [](const Difference& a, const Difference& b) { return a.turn < b.turn; });
  return std::exchange(certain_, {});
}

}  // namespace sluice::slicing::replay
