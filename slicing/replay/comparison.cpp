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
constexpr std::size_t most_waiting_bytes = std::size_t{1} << 20U;

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

std::size_t Comparison::size_of(const Item& item) { return item.frame.view().size() + item.normal.size(); }

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

std::vector<Comparison::Pair> Comparison::end_turn() {
  std::vector<Pair> pairs;
  std::set<FarEnd> touched;
  for (Item& item : fresh_) {
    Waiting& waiting = waiting_[item.to];
    touched.insert(item.to);
    const auto other = partner(waiting.items, item);
    if (other == waiting.items.end()) {
      oldest_ = std::min(oldest_, now_);
      waiting.bytes += size_of(item);
      waiting.items.push_back(std::move(item));
      continue;
    }
    if (!item.own) ++same_;
    settle(*other);
    settle(item);
    waiting.bytes -= size_of(*other);
    Item& first = item.side == Side::first ? item : *other;
    Item& second = item.side == Side::first ? *other : item;
    pairs.push_back({std::move(item.to), std::move(first.frame), std::move(second.frame)});
    waiting.items.erase(other);
  }
  fresh_.clear();
  for (const FarEnd& to : touched) {
    Waiting& waiting = waiting_.at(to);
    pair_by_kind(waiting, pairs);
    while (waiting.items.size() > most_waiting || waiting.bytes > most_waiting_bytes) tell_first(waiting);
    if (waiting.items.empty()) waiting_.erase(to);
  }
  if (const auto open = open_.find(turn_); open != open_.end() && open->second.items == 0) open_.erase(open);
  expire(now_ - patience);
  return pairs;
}

void Comparison::pair_by_kind(const Waiting& waiting, std::vector<Pair>& pairs) const {
  std::vector<const Item*> first;
  std::vector<const Item*> second;
  for (auto item = waiting.items.rbegin(); item != waiting.items.rend() && item->turn == turn_; ++item) {
    (item->side == Side::first ? first : second).push_back(&*item);
  }
  for (auto a = first.rbegin(); a != first.rend() && !second.empty(); ++a) {
    const auto kind = kind_if_any((*a)->frame.view());
    const auto b = std::find_if(second.rbegin(), second.rend(),
                                [kind](const Item* other) { return kind_if_any(other->frame.view()) == kind; });
    if (b == second.rend()) continue;
    pairs.push_back({(*a)->to, (*a)->frame.clone(), (*b)->frame.clone()});
    second.erase(std::next(b).base());
  }
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

void Comparison::tell_first(Waiting& waiting) {
  Item item = std::move(waiting.items.front());
  waiting.items.pop_front();
  waiting.bytes -= size_of(item);
  tell(std::move(item));
}

void Comparison::expire(Time before) {
  if (oldest_ >= before) return;
  oldest_ = Time::max();
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    Waiting& waiting = at->second;
    const auto since = [&] { return open_.at(waiting.items.front().turn).difference.at; };
    while (!waiting.items.empty() && since() < before) tell_first(waiting);
    if (!waiting.items.empty()) oldest_ = std::min(oldest_, since());
    at = waiting.items.empty() ? waiting_.erase(at) : std::next(at);
  }
}

void Comparison::finish() {
  for (auto& [to, waiting] : waiting_) {
    for (Item& item : waiting.items) tell(std::move(item));
  }
  waiting_.clear();
}

std::vector<Difference> Comparison::take() {
  std::sort(certain_.begin(), certain_.end(), [](const Difference& a, const Difference& b) { return a.turn < b.turn; });
  return std::exchange(certain_, {});
}

}  // namespace sluice::slicing::replay
