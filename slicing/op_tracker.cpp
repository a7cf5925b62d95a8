#include "slicing/op_tracker.hpp"

#include <algorithm>
#include <set>

namespace sluice::slicing {

OpTracker::Number OpTracker::open(Op op) {
  const Number number = next_op_++;
  if (op.from) ++per_leg_[*op.from];
  ops_.emplace(number, std::move(op));
  return number;
}

std::uint64_t OpTracker::next() {
  ++sequence_;
  if ((sequence_ & 0xffffffffU) == 0) ++sequence_;
  return sequence_;
}

OurXid OpTracker::message(Number number) {
  Op& op = ops_.at(number);
  op.last = next();
  owners_.emplace(op.last, number);
  ++unbarriered_;
  return OurXid{static_cast<std::uint32_t>(op.last)};
}

OurXid OpTracker::message(Number number, PhysicalChange change) {
  const OurXid xid = message(number);
  Op& op = ops_.at(number);
  op.sent.emplace(op.last, std::move(change));
  return xid;
}

OurXid OpTracker::request() { return OurXid{static_cast<std::uint32_t>(next())}; }

OurXid OpTracker::barrier() {
  const std::uint64_t sequence = next();
  barriers_.insert(sequence);
  unbarriered_ = 0;
  return OurXid{static_cast<std::uint32_t>(sequence)};
}

std::optional<OurXid> OpTracker::wait_for_barrier(Number number) {
  Op& op = ops_.at(number);
  // Nothing was sent since the last barrier: that one will do.
  if (!barriers_.empty() && *barriers_.rbegin() == sequence_) {
    op.last = sequence_;
    return std::nullopt;
  }
  const OurXid xid = barrier();
  op.last = sequence_;
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

std::optional<OpTracker::Found> OpTracker::find(OurXid xid) const {
  const std::optional<std::uint64_t> number = sequence(xid);
  if (!number) return std::nullopt;
  const auto owner = owners_.find(*number);
  if (owner == owners_.end()) return std::nullopt;
  const Op& op = ops_.at(owner->second);
  const auto change = op.sent.find(*number);
  return Found{owner->second, change == op.sent.end() ? std::nullopt : std::optional{change->second}};
}

std::vector<Op> OpTracker::barrier_replied(OurXid xid) {
  std::vector<Op> closed;
  const std::optional<std::uint64_t> answered = sequence(xid);
  if (!answered || barriers_.erase(*answered) == 0) return closed;
  // A switch that answers a later barrier has passed the earlier ones.
  barriers_.erase(barriers_.begin(), barriers_.lower_bound(*answered));
  owners_.erase(owners_.begin(), owners_.upper_bound(*answered));
  std::set<LegRef> busy;  // legs with an earlier op that is still open
  for (auto at = ops_.begin(); at != ops_.end();) {
    Op& op = at->second;
    const bool held = op.what == Op::What::barrier && op.from && busy.contains(*op.from);
    if (op.last > *answered || held) {
      if (op.from) busy.insert(*op.from);
      ++at;
      continue;
    }
    if (op.from) {
      const auto count = per_leg_.find(*op.from);
      if (--count->second == 0) per_leg_.erase(count);
    }
    closed.push_back(std::move(op));
    at = ops_.erase(at);
  }
  return closed;
}

std::size_t OpTracker::open_count(LegRef leg) const {
  const auto at = per_leg_.find(leg);
  return at == per_leg_.end() ? 0 : at->second;
}

void OpTracker::clear() {
  ops_.clear();
  owners_.clear();
  barriers_.clear();
  per_leg_.clear();
  unbarriered_ = 0;
}

}  // namespace sluice::slicing
