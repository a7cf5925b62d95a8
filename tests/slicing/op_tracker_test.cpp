// Which answers of a switch close which messages of which controllers.
#include "slicing/op_tracker.hpp"

#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::slicing;

namespace {

using What = Op::What;

OpTracker::Number open(OpTracker& ops, What what, LegRef from, std::uint32_t theirs) {
  Op op;
  op.what = what;
  op.from = from;
  op.theirs = TheirXid{theirs};
  return ops.open(std::move(op));
}

PhysicalChange change(std::uint16_t priority, std::uint64_t flow) {
  PhysicalChange c;
  c.slice = policy::SliceId{1};
  c.key.priority = priority;
  c.flow = FlowId{flow};
  return c;
}

OurXid send(OpTracker& ops, OpTracker::Number op, PhysicalChange what) {
  const OurXid xid = ops.message(op);
  ops.keep(op, std::move(what));
  return xid;
}

std::vector<std::uint32_t> closed_by(OpTracker& ops, OurXid barrier) {
  std::vector<std::uint32_t> theirs;
  for (const Op& op : ops.barrier_replied(barrier)) theirs.push_back(op.theirs.value);
  return theirs;
}

using Numbers = std::vector<std::uint32_t>;

constexpr LegRef red{0, 1}, blue{1, 1};

}  // namespace

TEST_CASE("a barrier closes what was sent before it, in order, and nothing else") {
  OpTracker ops;
  static_cast<void>(ops.request());
  const auto first = open(ops, What::flow_mod, red, 1);
  const OurXid a = send(ops, first, change(1, 1));
  const OurXid request = ops.request();
  const OurXid b = send(ops, first, change(2, 1));
  const auto second = open(ops, What::packet_out, blue, 2);
  const OurXid c = ops.message(second);
  const OurXid barrier = ops.barrier();
  const auto third = open(ops, What::flow_mod, red, 3);
  const OurXid d = send(ops, third, change(1, 3));

  REQUIRE(ops.find(a));
  CHECK(ops.find(a)->number == first);
  CHECK(ops.find(b)->change->key.priority == 2);
  CHECK_FALSE(ops.find(c)->change);
  CHECK_FALSE(ops.find(request));
  CHECK_FALSE(ops.find(barrier));
  CHECK_FALSE(ops.find(OurXid{4711}));
  CHECK(ops.load(0).count == 2);

  CHECK(closed_by(ops, request).empty());
  CHECK(closed_by(ops, barrier) == Numbers{1, 2});
  CHECK(closed_by(ops, barrier).empty());
  CHECK(ops.open_count() == 1);
  CHECK(ops.oldest() == third);
  CHECK(ops.newest() == third);
  CHECK(ops.load(0).count == 1);
  CHECK(ops.load(1).count == 0);
  CHECK_FALSE(ops.find(a));
  CHECK_FALSE(ops.find(c));
  CHECK(ops.find(d));
  CHECK(closed_by(ops, ops.barrier()) == Numbers{3});
  CHECK(ops.oldest() == third + 1);
  CHECK(ops.newest() == third);
}

TEST_CASE("a controller's barrier waits for the repair of an earlier message of its own, not of others") {
  OpTracker ops;
  const auto failed = open(ops, What::flow_mod, red, 1);
  static_cast<void>(send(ops, failed, change(1, 1)));
  const auto reds = open(ops, What::barrier, red, 2);
  const auto blues = open(ops, What::barrier, blue, 3);
  const auto again = open(ops, What::barrier, blue, 4);
  const std::optional<OurXid> barrier = ops.wait_for_barrier(reds);
  REQUIRE(barrier);
  CHECK_FALSE(ops.wait_for_barrier(blues));  // the one on its way will do
  CHECK_FALSE(ops.wait_for_barrier(again));
  const OurXid repair = send(ops, failed, change(1, 2));  // the switch has refused it meanwhile
  const OurXid behind = ops.barrier();
  CHECK(closed_by(ops, *barrier) == Numbers{3, 4});
  CHECK(ops.oldest() == failed);
  CHECK(ops.find(repair));
  CHECK(closed_by(ops, behind) == Numbers{1, 2});
  CHECK(ops.open_count() == 0);
}

TEST_CASE("what was sent later for a place is found in order, until it is answered for") {
  OpTracker ops{99};
  const auto first = open(ops, What::flow_mod, red, 1);
  const OurXid a = send(ops, first, change(5, 1));
  const OurXid other = send(ops, first, change(6, 1));
  const auto second = open(ops, What::flow_mod, red, 2);
  const OurXid b = send(ops, second, change(5, 2));
  const OurXid barrier = ops.barrier();
  const OurXid c = send(ops, first, change(5, 3));  // a repair: the first op outlives the second
  const auto flows = [&](OurXid after) {
    std::vector<std::uint64_t> found;
    for (const PhysicalChange* later : ops.sent_after(after, change(5, 0))) found.push_back(later->flow.value);
    return found;
  };
  CHECK(flows(a) == std::vector<std::uint64_t>{2, 3});
  CHECK(flows(other) == std::vector<std::uint64_t>{2, 3});
  CHECK(flows(b) == std::vector<std::uint64_t>{3});
  CHECK(flows(c).empty());
  CHECK(closed_by(ops, barrier) == Numbers{2});
  const auto third = open(ops, What::flow_mod, red, 3);
  static_cast<void>(send(ops, third, change(5, 4)));
  CHECK(flows(c) == std::vector<std::uint64_t>{4});
  CHECK(closed_by(ops, ops.barrier()) == Numbers{1, 3});
  CHECK(ops.sent_after(c, change(5, 0)).empty());
}

TEST_CASE("a connection that is gone leaves nothing open, and numbers go on") {
  OpTracker ops;
  const auto first = open(ops, What::flow_mod, red, 1);
  const OurXid a = send(ops, first, change(5, 1));
  ops.clear();
  CHECK_FALSE(ops.find(a));
  CHECK(ops.load(0).count == 0);
  CHECK(open(ops, What::flow_mod, red, 2) == first + 1);
}
