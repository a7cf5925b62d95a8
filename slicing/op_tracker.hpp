// Which message of which controller our messages to a switch stand for.
//
// Every message that goes to the switch gets an xid of ours. A message of a controller that changes something is an
// *op*: its own xid and bytes, and the xids that we sent for it. An op closes when the switch answers a barrier that
// was sent after the op's last message; the switch reports errors before that answer, so that a closed op has succeeded
// unless it is marked as failed. There is no cache and no age: an entry lives exactly as long as an answer can come.
//
// A controller's barrier is an op too. It closes when its own barrier is answered and every earlier op of its leg is
// closed; an op whose failure is being repaired stays open until the repair is answered for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ofmsg/frame.hpp"
#include "slicing/events.hpp"
#include "slicing/flow_ledger.hpp"

namespace sluice::slicing {

// Theirs and ours must not be mixed.
struct TheirXid {
  std::uint32_t value = 0;
};

struct OurXid {
  std::uint32_t value = 0;
};

// One connection of one leg: a leg that has been redialled is another.
struct LegRef {
  std::size_t leg = 0;
  std::uint32_t incarnation = 0;

  friend constexpr auto operator<=>(const LegRef&, const LegRef&) = default;
};

struct Op {
  enum class What : std::uint8_t { flow_mod, packet_out, barrier, vendor, own };

  struct Sent {
    std::uint64_t sequence = 0;
    std::size_t place = 0;               // a hash of slice and key
    std::uint64_t earlier_in_place = 0;  // the sequence number of the message before it with this hash; 0: none
    PhysicalChange change;
  };

  What what = What::own;
  std::optional<LegRef> from;  // nothing: our own
  TheirXid theirs;
  std::optional<ofmsg::Frame> original;  // to answer errors with
  Edit edit;                             // what a flow_mod changed in the ledger
  std::vector<Sent> sent;                // the flow_mods that it became, by sequence number
  bool failed = false;
  std::uint64_t first = 0, last = 0;  // sequence numbers of its first and its last message
  std::uint64_t repaired_after = 0;   // failed: sequence numbers above this one are of the repair
};

class OpTracker {
 public:
  using Number = std::uint64_t;

  // `seed` keeps a controller from choosing flows whose places have one hash.
  explicit OpTracker(std::uint64_t seed = 0) : place_hash_{seed} {}

  // Opens an op; it must get a message soon.
  Number open(Op op);

  [[nodiscard]] Op& op(Number number) {
    Op& newest = ops_.rbegin()->second;  // which is asked for most
    return ops_.rbegin()->first == number ? newest : ops_.at(number);
  }

  // The xid of the op's next message.
  [[nodiscard]] OurXid message(Number number);
  // What the op's last message has changed.
  void keep(Number number, PhysicalChange change);
  // An xid for a request that is no op: its answer carries it back.
  [[nodiscard]] OurXid request();
  // The xid of a barrier to be sent now.
  [[nodiscard]] OurXid barrier();
  // Makes the op wait for a barrier: the xid to send one with, or nothing if one that is on its way will do.
  [[nodiscard]] std::optional<OurXid> wait_for_barrier(Number number);

  // The op that a message of ours belongs to, while it is open.
  struct Found {
    Number number;
    std::optional<PhysicalChange> change;  // if the message was a flow_mod
    std::uint64_t sequence = 0;
  };

  [[nodiscard]] std::optional<Found> find(OurXid xid);
  // The changes of the same place that were sent after this message and are not answered for, in their order.
  [[nodiscard]] std::vector<PhysicalChange*> sent_after(OurXid xid, const PhysicalChange& change);

  // Is a change of this place on its way?
  [[nodiscard]] bool changing(policy::SliceId slice, const FlowKey& key) const {
    return places_.contains(place_hash_.of(slice, key));
  }

  [[nodiscard]] std::uint64_t latest() const { return sequence_; }

  // The barrier with this xid is answered: the ops that are closed by it, in order. Nothing for an xid that is no
  // barrier of ours.
  [[nodiscard]] std::vector<Op> barrier_replied(OurXid xid);

  // Messages that no barrier stands behind yet.
  [[nodiscard]] std::size_t unbarriered() const { return unbarriered_; }

  [[nodiscard]] std::size_t open_count() const { return ops_.size(); }

  // Ops of a leg, also those of its earlier connections, and the bytes that are kept of their messages.
  struct Load {
    std::size_t count = 0, bytes = 0;
  };

  [[nodiscard]] Load load(std::size_t leg) const;

  // The number below which no op is open.
  [[nodiscard]] Number oldest() const { return ops_.empty() ? next_op_ : ops_.begin()->first; }

  [[nodiscard]] Number newest() const { return next_op_ - 1; }

  // The connection is gone: nothing will be answered any more.
  void clear();

 private:
  [[nodiscard]] std::uint64_t next();
  [[nodiscard]] std::optional<std::uint64_t> sequence(OurXid xid) const;
  void close(const Op& op);
  // The op that sent a message, while it is open and the message is not answered for.
  [[nodiscard]] Number owner(std::uint64_t sequence) const;  // 0: none
  [[nodiscard]] Op::Sent* sent(std::uint64_t sequence);

  PlaceHash place_hash_;
  // Our messages are numbered; the xid is the number's low half. Zero is skipped.
  std::uint64_t sequence_ = 0;
  Number next_op_ = 1;
  std::map<Number, Op> ops_;  // that are open, in the order of their first messages
  std::uint64_t first_owned_ = 1;
  std::vector<Number> owners_;        // of the sequence numbers from first_owned_ on; 0: no op's
  std::set<std::uint64_t> barriers_;  // outstanding
  std::vector<Load> per_leg_;
  std::unordered_map<std::size_t, std::uint64_t> places_;  // the latest change sent, by the place's hash
  std::size_t unbarriered_ = 0;
};

}  // namespace sluice::slicing
