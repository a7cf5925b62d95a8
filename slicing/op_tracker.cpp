#include "slicing/op_tracker.hpp"

#include <algorithm>
#include <set>

namespace sluice::slicing {

namespace {

std::size_t kept_bytes(const Op& op) { return op.original ? op.original->view().size() : 0; }

}  // namespace

OpTracker::Number OpTracker::open(Op op) {
  const Number number = next_op_++;
  if (op.from) {
    Load& load = per_leg_[op.from->leg];
    ++load.count;
    load.bytes += kept_bytes(op);
  }
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
  places_.emplace(change.slice, change.key, op.last);
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
  return Found{owner->second, change == op.sent.end() ? std::nullopt : std::optional{change->second}, *number};
}

std::vector<PhysicalChange*> OpTracker::sent_after(OurXid xid, const PhysicalChange& change) {
  std::vector<PhysicalChange*> later;
  const std::optional<std::uint64_t> number = sequence(xid);
  if (!number) return later;
  for (auto at = places_.upper_bound({change.slice, change.key, *number}); at != places_.end(); ++at) {
    const auto& [slice, key, sent] = *at;
    if (slice != change.slice || !(key == change.key)) break;
    later.push_back(&ops_.at(owners_.at(sent)).sent.at(sent));
  }
  return later;
}

void OpTracker::close(const Op& op) {
  for (const auto& [number, change] : op.sent) places_.erase({change.slice, change.key, number});
  if (!op.from) return;
  const auto load = per_leg_.find(op.from->leg);
  load->second.bytes -= kept_bytes(op);
  if (--load->second.count == 0) per_leg_.erase(load);
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
    close(op);
    closed.push_back(std::move(op));
    at = ops_.erase(at);
  }
  return closed;
}

OpTracker::Load OpTracker::load(std::size_t leg) const {
  const auto at = per_leg_.find(leg);
  return at == per_leg_.end() ? Load{} : at->second;
}

void OpTracker::clear() {
  ops_.clear();
  owners_.clear();
  barriers_.clear();
  per_leg_.clear();
  places_.clear();
  unbarriered_ = 0;
}

}  // namespace sluice::slicing
