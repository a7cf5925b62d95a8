// Which flows each slice believes to have, and what stands for them on one switch.
//
// A *flow* is what a controller asked for. Its *pieces* are the physical flows that stand for it. A *place* is a key
// (priority, match) in the switch's table: two flows of one slice can meet in one place when both are cut to the same
// match, so a place keeps all of its owners, and only the top one stands in the switch: of the highest priority the
// newest. When it goes, the next one is installed again. A flow that stands nowhere is timed here: its controller
// believes that it is there, and that it ends.
//
// Nothing is sent from here. Changes are made to flows; `sync` then says what has to be told to the switch so that
// every place touched stands as it should. An `Edit` remembers what a change replaced, so that it can be taken back
// when the switch refuses it.
//
//   flow_removed: the switch reports each piece that goes. Removals of our own making are expected and swallowed, their
//   counters kept; when the last expected one of a flow that left has come, the flow is a `Departure` and its
//   controller can be told once, with the sums.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ofmsg/messages/flow.hpp"
#include "ofmsg/messages/stats.hpp"
#include "policy/ids.hpp"
#include "slicing/events.hpp"
#include "slicing/mapping/intersect.hpp"

namespace sluice::slicing {

struct FlowId {
  std::uint64_t value = 0;  // the entry in our cookie: 40 bits

  friend constexpr auto operator<=>(const FlowId&, const FlowId&) = default;
};

struct FlowKey {
  std::uint16_t priority = 0;
  ofmsg::Match match;

  friend bool operator==(const FlowKey&, const FlowKey&) = default;

  friend bool operator<(const FlowKey& a, const FlowKey& b) {
    if (a.priority != b.priority) return a.priority < b.priority;
    // One pass over what is alike; the order is that of Match.
    const ofmsg::Terms& left = a.match.terms();
    const ofmsg::Terms& right = b.match.terms();
    const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    if (l != left.end() && r != right.end()) return *l < *r;
    if (l != left.end() || r != right.end()) return l == left.end();
    return a.match.unknown() < b.match.unknown();
  }
};

// A place in the switch's table: the slice that has it, and its key. Hashed with a seed, so that a controller cannot
// choose flows that all have one hash.
using PlaceId = std::pair<policy::SliceId, FlowKey>;

struct PlaceHash {
  std::uint64_t seed = 0;

  [[nodiscard]] std::size_t operator()(const PlaceId& place) const { return of(place.first, place.second); }

  [[nodiscard]] std::size_t of(policy::SliceId slice, const FlowKey& key) const;
};

struct Counters {
  std::uint64_t packets = 0, bytes = 0;

  // All ones means "not counted" and stays so.
  void add(std::uint64_t more_packets, std::uint64_t more_bytes);
};

struct Flow {
  FlowId id;
  policy::SliceId slice;
  FlowKey key;
  std::uint64_t cookie = 0;  // the controller's
  std::uint16_t idle_timeout = 0, hard_timeout = 0;
  std::uint16_t flags = 0;
  Shared<ofmsg::Instructions> instructions;
  std::vector<mapping::PhysicalFlow> pieces;
  std::uint64_t revision = 0;     // which setting of its instructions this is
  Time since{};                   // when it was added
  Counters carried;               // of pieces that are gone
  std::optional<FlowId> heir_of;  // the flow that it replaced, whose counters it has taken over
  // Found on the switch, of an earlier run: what its controller asked for is known only as far as it stands there. It
  // makes way for whatever its controller asks for in its place.
  bool adopted = false;
  // Idle timeout of a flow that has, or has had, several pieces: the switch would let each piece die alone, so we watch
  // the sum.
  bool in_parts = false;
  std::uint64_t seen_packets = 0;
  Time active{};
  bool use_unknown = false;  // its counters were reset: it is held to have been used then

  [[nodiscard]] bool is_table_miss() const { return key.priority == 0 && key.match.matches_all(); }

  [[nodiscard]] bool idle_by_polling() const { return idle_timeout > 0 && in_parts; }
};

// Where a piece of it stands.
[[nodiscard]] FlowKey place_of(const Flow& flow, const mapping::PhysicalFlow& piece);

// What becomes of the counters of a flow that is replaced or changed.
enum class Counts : std::uint8_t { keep, reset };

// One strict flow_mod for the switch.
struct PhysicalChange {
  enum class What : std::uint8_t { add, modify, remove };

  // What the switch has in a place.
  struct Standing {
    FlowId flow;
    Shared<ofmsg::Instructions> instructions;

    friend bool operator==(const Standing&, const Standing&) = default;
  };

  What what = What::add;
  policy::SliceId slice;
  FlowKey key;
  FlowId flow;  // whose cookie it carries
  Shared<ofmsg::Instructions> instructions;
  Counts counts = Counts::keep;
  std::optional<Standing> before;  // what stood there
};

struct Edit {
  struct Step {
    enum class What : std::uint8_t { added, changed, removed } what = What::added;
    FlowId flow;
    std::optional<Flow> before;  // changed, removed; added: the flow that it replaced
    std::uint64_t revision = 0;  // changed: the flow's since then
  };

  std::vector<Step> steps;
  std::vector<PlaceId> touched;  // in any order, some of them often
  std::vector<FlowId> changed;   // that are there
};

// A flow that is gone, or going: what its controller will be told.
struct Departure {
  Flow flow;
  ofmsg::FlowRemovedReason reason = ofmsg::FlowRemovedReason::delete_;
  std::set<FlowKey> waiting;  // pieces whose flow_removed is still to come
  Counters counters;
  std::uint32_t duration_sec = 0, duration_nsec = 0;
};

// How many flows each slice has on all switches together; the ledgers of all switches keep one.
using FlowTotals = std::map<policy::SliceId, std::size_t>;

class FlowLedger {
 public:
  // Flow ids count from a number that `seed` decides, so that cookies of an earlier run mean nothing in this one.
  explicit FlowLedger(std::uint64_t seed = 0, std::shared_ptr<FlowTotals> totals = std::make_shared<FlowTotals>())
      : totals_{std::move(totals)},
        by_key_{0, PlaceHash{seed}},
        places_{0, PlaceHash{seed}},
        first_id_{(seed >> 8U) % (std::uint64_t{1} << 39U) + 1},
        next_id_{first_id_} {}

  // Has this run given the id to a flow?
  [[nodiscard]] bool issued(FlowId id) const { return first_id_ <= id.value && id.value < next_id_; }

  // --- what controllers ask ---
  [[nodiscard]] const Flow* find(FlowId id) const;
  [[nodiscard]] const Flow* find(policy::SliceId slice, const FlowKey& key) const;
  // Flows of the slice that a non-strict command or a statistics request with this filter is about, by the values that
  // the controller gave. Strict: only the one with this key.
  [[nodiscard]] std::vector<FlowId> select(policy::SliceId slice, const ofmsg::FlowFilter& filter) const;
  [[nodiscard]] std::optional<FlowId> select_strict(policy::SliceId slice, const FlowKey& key,
                                                    const ofmsg::FlowFilter& filter) const;

  [[nodiscard]] bool has_adopted() const { return adopted_ > 0; }

  // Of an earlier run, in one of these places.
  [[nodiscard]] std::vector<FlowId> adopted_at(policy::SliceId slice, std::uint16_t priority,
                                               const std::vector<mapping::PhysicalFlow>& pieces) const;
  // Does another flow of the same priority share a packet with this one?
  [[nodiscard]] bool overlaps(policy::SliceId slice, const FlowKey& key) const;
  [[nodiscard]] std::size_t size(policy::SliceId slice) const;
  // Pieces of its flows; those that meet in one place count each.
  [[nodiscard]] std::size_t pieces(policy::SliceId slice) const;
  // On all switches together.
  [[nodiscard]] std::size_t total(policy::SliceId slice) const;

  [[nodiscard]] const std::map<FlowId, Flow>& flows() const { return flows_; }

  [[nodiscard]] std::size_t standing_count(policy::SliceId slice) const;

  // Has any flow of the slice this place?
  [[nodiscard]] bool has_place(policy::SliceId slice, const FlowKey& key) const {
    return places_.contains({slice, key});
  }

  [[nodiscard]] bool stands(const Flow& flow, const mapping::PhysicalFlow& piece) const;

  // --- changes ---
  FlowId insert(Flow flow, Counts counts, Edit& edit);  // replaces one with the same key
  void change(FlowId id, Shared<ofmsg::Instructions> instructions, std::vector<mapping::PhysicalFlow> pieces,
              Counts counts, Edit& edit);
  void erase(FlowId id, Edit& edit);
  // Takes back what is still as the edit left it; the places touched are added to `touched`. What later edits have put
  // in its place is remembered, so that one of those, if taken back too, does not bring back what never was. `tag`
  // grows.
  void undo(const Edit& edit, Edit& touched, std::uint64_t tag);
  // No edit from before this tag can be taken back any more.
  void settled(std::uint64_t tag);
  // What to tell the switch about the places that the edit touched; from then on that is held to stand there. Removals
  // come first, so that a full table has room for what comes.
  [[nodiscard]] std::vector<PhysicalChange> sync(const Edit& edit, Time now);
  // The switch did not do this, nor what depended on it of the changes of this place that were sent later. `guarded`: a
  // change or a removal has an effect only where the flow stands that it names (since 1.1).
  void failed(const PhysicalChange& change, const std::vector<PhysicalChange*>& later, bool guarded);

  // --- what the switch reports ---
  // The flow, erased and synced, leaves its controller's view. Given back at once if no report of a piece is awaited.
  [[nodiscard]] std::optional<Departure> depart(Flow flow, ofmsg::FlowRemovedReason reason);

  // A piece is gone. Returns what became of it.
  struct Removal {
    bool expected = false;              // it was our own doing
    std::optional<FlowId> flow;         // unexpected: the flow that lost a piece
    FlowKey key;                        // and which
    std::optional<Departure> departed;  // the last piece of a flow that had left
  };

  [[nodiscard]] Removal piece_removed(FlowId id, policy::SliceId slice, const ofmsg::FlowRemoved& report, Time now);

  // And nothing that was sent since has put it there again.
  void not_standing(policy::SliceId slice, const FlowKey& key) { places_.at({slice, key}).standing.reset(); }

  // No report will come for this piece any more: the departure that is complete now.
  [[nodiscard]] std::optional<Departure> stop_waiting(FlowId id, const FlowKey& key);

  // Flows of a slice whose idle timeout is watched here, the shortest timeouts first; no entry for other slices.
  using Watched = std::map<policy::SliceId, std::set<std::pair<std::uint16_t, FlowId>>>;

  [[nodiscard]] const Watched& watched() const { return watched_; }

  // Sums of what the switch counted for the slice's flows: those that are watched here and have been idle for their
  // time.
  [[nodiscard]] std::vector<FlowId> note_activity(policy::SliceId slice, const std::map<FlowId, Counters>& sums,
                                                  Time now);

  // Flows that stand nowhere (another flow of the slice has all of their places, or they have none) end here, with a
  // hard timeout, or with an idle timeout from the moment on at which they were last seen to stand.
  struct Expiry {
    FlowId flow;
    ofmsg::FlowRemovedReason reason = ofmsg::FlowRemovedReason::hard_timeout;
  };

  [[nodiscard]] std::optional<Time> next_expiry() const;
  // The next one that is due.
  [[nodiscard]] std::optional<Expiry> expired(Time now) const;

  // --- reconciliation after a reconnect ---
  // Nothing is held to stand any more, and no report will come.
  void forget_standing();
  // The switch has this; true if it is what should stand there.
  bool confirm(policy::SliceId slice, const FlowKey& key, FlowId flow, const ofmsg::Instructions& instructions);

  // It has this, which is to be removed: the report of that is no news of the flow, which may stand there again by
  // then.
  void expect_removal(FlowId flow, const FlowKey& key) { expected_.insert({flow, key}); }

  // Does it lack a piece that should stand?
  [[nodiscard]] bool lacks_a_piece(const Flow& flow) const;
  // Every place, as an edit: its sync brings up what should stand and does not.
  [[nodiscard]] Edit everything() const;
  void clear();

 private:
  struct Place {
    std::vector<FlowId> owners;  // newest last
    std::optional<PhysicalChange::Standing> standing;
    bool reset_due = false;  // the counters are to be reset, whether or not anything else changes
  };

  // Times the flow here if it stands nowhere, and else leaves that to the switch.
  void time(FlowId id, Time now);
  // It may have been used until now, as what a piece that has gone had counted shows.
  void note_use(Flow& flow, Time now);
  // What has to be told to the switch of one place, if anything. Flows that may stand somewhere now, or nowhere any
  // more, are added to `moved`.
  [[nodiscard]] std::optional<PhysicalChange> sync(const PlaceId& id, std::vector<FlowId>& moved);
  void stop_timing(FlowId id);
  [[nodiscard]] std::uint16_t priority_of(FlowId id) const;
  void count(const Flow& flow);  // a flow has come, or has its pieces now
  void uncount(const Flow& flow);
  void take_places(const Flow& flow, Edit& edit);
  void leave_places(const Flow& flow, Edit& edit);
  [[nodiscard]] const mapping::PhysicalFlow* piece(FlowId id, const ofmsg::Match& match) const;
  // What was there before the edits that were taken back.
  [[nodiscard]] std::optional<Flow> sound(std::optional<Flow> flow) const;

  std::shared_ptr<FlowTotals> totals_;
  std::map<FlowId, Flow> flows_;
  std::unordered_map<PlaceId, FlowId, PlaceHash> by_key_;
  std::unordered_map<PlaceId, Place, PlaceHash> places_;
  // The flows of each slice, and their number.
  std::map<policy::SliceId, std::set<std::pair<std::uint16_t, FlowId>>> by_priority_;
  std::map<policy::SliceId, std::size_t> pieces_;
  std::size_t adopted_ = 0;  // flows
  std::map<FlowId, Departure> departures_;
  std::set<std::pair<FlowId, FlowKey>> expected_;
  std::set<std::pair<FlowId, FlowKey>> uncounted_;  // pieces that have gone when the flow's counters were reset
  // Flows that were taken back after something else had taken their place, and what had been before them: by id and
  // revision; revision 0 means all.
  std::map<std::pair<FlowId, std::uint64_t>, std::optional<Flow>> withdrawn_;
  std::vector<std::pair<std::uint64_t, std::pair<FlowId, std::uint64_t>>> withdrawn_tags_;  // by tag
  // Of flows that stand nowhere: when they end.
  std::set<std::pair<Time, FlowId>> expiries_;
  std::map<FlowId, Time> expiry_of_;
  std::map<FlowId, FlowId> heirs_;  // who has taken over the counters of a flow that it replaced
  std::uint64_t next_revision_ = 1;
  Watched watched_;
  std::uint64_t first_id_;
  std::uint64_t next_id_;
};

}  // namespace sluice::slicing
