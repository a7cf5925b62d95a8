#include "slicing/op_tracker.hpp"

#include <algorithm>

namespace sluice::slicing {

namespace {

std::size_t kept_bytes(const Op& op) { return op.original ? op.original->view().size() : 0; }

}  // namespace

OpTracker::Number OpTracker::open(Op op) {
  if (op.from) {
    if (op.from->leg >= per_leg_.size()) per_leg_.resize(op.from->leg + 1);
    Load& load = per_leg_[op.from->leg];
    ++load.count;
    load.bytes += kept_bytes(op);
  }
  ops_.emplace_hint(ops_.end(), next_op_, std::move(op));
  return next_op_++;
}

std::uint64_t OpTracker::next() {
  ++sequence_;
  if ((sequence_ & 0xffffffffU) == 0) ++sequence_;
  return sequence_;
}

OurXid OpTracker::message(Number number) {
  Op& message_of = op(number);
  message_of.last = next();
  if (message_of.first == 0) message_of.first = message_of.last;
  if (owners_.empty()) first_owned_ = message_of.last;
  owners_.resize(message_of.last - first_owned_);  // requests and barriers since the last one are nobody's
  owners_.push_back(number);
  ++unbarriered_;
  return OurXid{static_cast<std::uint32_t>(message_of.last)};
}

void OpTracker::keep(Number number, PhysicalChange change) {
  Op& sender = op(number);
  const std::size_t place = place_hash_.of(change.slice, change.key);
  std::uint64_t& latest = places_[place];
  sender.sent.push_back({sender.last, place, latest, std::move(change)});
  latest = sender.last;
}

OurXid OpTracker::request() { return OurXid{static_cast<std::uint32_t>(next())}; }

OurXid OpTracker::barrier() {
  const std::uint64_t sequence = next();
  barriers_.insert(sequence);
  unbarriered_ = 0;
  return OurXid{static_cast<std::uint32_t>(sequence)};
}

std::optional<OurXid> OpTracker::wait_for_barrier(Number number) {
  // Nothing was sent since the last barrier: that one will do.
  std::optional<OurXid> xid;
  if (barriers_.empty() || *barriers_.rbegin() != sequence_) xid = barrier();
  op(number).first = op(number).last = sequence_;
  return xid;
}

std::optional<std::uint64_t> OpTracker::sequence(OurXid xid) const {
  std::uint64_t candidate = (sequence_ & ~std::uint64_t{0xffffffff}) | xid.value;
  if (candidate > sequence_) {
    if (candidate < (std::uint64_t{1} << 32U)) return std::nullopt;
    candidate -= std::uint64_t{1} << 32U;
  }
  return candidate;
}

OpTracker::Number OpTracker::owner(std::uint64_t sequence) const {
  return sequence < first_owned_ || sequence - first_owned_ >= owners_.size() ? 0 : owners_[sequence - first_owned_];
}

Op::Sent* OpTracker::sent(std::uint64_t sequence) {
  const Number number = owner(sequence);
  if (number == 0) return nullptr;
  std::vector<Op::Sent>& all = op(number).sent;
  const auto at = std::lower_bound(all.begin(), all.end(), sequence,
                                   [](const Op::Sent& s, std::uint64_t wanted) { return s.sequence < wanted; });
  return at == all.end() || at->sequence != sequence ? nullptr : &*at;
}

std::optional<OpTracker::Found> OpTracker::find(OurXid xid) {
  const std::optional<std::uint64_t> number = sequence(xid);
  if (!number || owner(*number) == 0) return std::nullopt;
  const Op::Sent* message = sent(*number);
  return Found{owner(*number), message == nullptr ? std::nullopt : std::optional{message->change}, *number};
}

std::vector<PhysicalChange*> OpTracker::sent_after(OurXid xid, const PhysicalChange& change) {
  std::vector<PhysicalChange*> later;
  const std::optional<std::uint64_t> number = sequence(xid);
  const auto latest = places_.find(place_hash_.of(change.slice, change.key));
  if (!number || latest == places_.end()) return later;
  for (std::uint64_t at = latest->second; at > *number;) {
    Op::Sent* message = sent(at);
    if (message == nullptr) break;
    if (message->change.slice == change.slice && message->change.key == change.key) later.push_back(&message->change);
    at = message->earlier_in_place;
  }
  std::reverse(later.begin(), later.end());
  return later;
}

void OpTracker::close(const Op& op) {
  for (const Op::Sent& message : op.sent) {
    const auto latest = places_.find(message.place);
    if (latest != places_.end() && latest->second == message.sequence) places_.erase(latest);
  }
  if (!op.from) return;
  Load& load = per_leg_[op.from->leg];
  load.bytes -= kept_bytes(op);
  --load.count;
}

std::vector<Op> OpTracker::barrier_replied(OurXid xid) {
  std::vector<Op> closed;
  const std::optional<std::uint64_t> answered = sequence(xid);
  if (!answered || barriers_.erase(*answered) == 0) return closed;
  // A switch that answers a later barrier has passed the earlier ones.
  barriers_.erase(barriers_.begin(), barriers_.lower_bound(*answered));
  if (first_owned_ <= *answered) {
    const std::size_t answered_for = std::min<std::uint64_t>(*answered - first_owned_ + 1, owners_.size());
    owners_.erase(owners_.begin(), owners_.begin() + static_cast<std::ptrdiff_t>(answered_for));
    first_owned_ += answered_for;
  }
  std::vector<LegRef> busy;  // legs with an earlier op that is still open
  for (auto at = ops_.begin(); at != ops_.end();) {
    Op& op = at->second;
    // So do all that follow: they began later, and what is not sent is not answered.
    if (op.first > *answered) break;
    const bool held =
        op.what == Op::What::barrier && op.from && std::find(busy.begin(), busy.end(), *op.from) != busy.end();
    if (op.last > *answered || held) {
      if (op.from) busy.push_back(*op.from);
      ++at;
      continue;
    }
    close(op);
    closed.push_back(std::move(op));
    at = ops_.erase(at);
  }
  return closed;
}

OpTracker::Load OpTracker::load(std::size_t leg) const { return leg < per_leg_.size() ? per_leg_[leg] : Load{}; }

void OpTracker::clear() {
  ops_.clear();
  owners_.clear();
  barriers_.clear();
  per_leg_.clear();
  places_.clear();
  unbarriered_ = 0;
}

}  // namespace sluice::slicing
