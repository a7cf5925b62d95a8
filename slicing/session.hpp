// One switch of the slice file, its connection when it has one, and the legs of its slices.
//
// The session outlives the connection: its flow ledger is kept while the switch is away, and is compared with what the
// switch has when it comes back. The data stand here, open to the files that work on them:
//
//   session.cpp      connection and setup, legs, the clock
//   southbound.cpp     what controllers send            northbound.cpp   what the switch sends
//   flow_mod.cpp       flow_mods                        flow_events.cpp  barriers, errors, flow_removed
//   flow_upkeep.cpp    ports, reconnects, idle timeouts flow_changes     what these three share
//   packet_rewrite.cpp packet_out and packet_in         stats_rewrite.cpp statistics
//   roles.cpp          who of a slice's controllers may write; vendors' messages
//   guard_flows.cpp    flows that drop what nobody would hear of
//   port_view.cpp      a slice's features and ports  port_events.cpp  port_status and port_mod
//   policy_change.cpp  another snapshot                 discovery.cpp    LLDP and BDDP
//
//   down ──attach──► setup ──ports, description, flows, barrier answered──► up ──► down
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/channel.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/multipart.hpp"
#include "ofmsg/peek.hpp"
#include "policy/snapshot.hpp"
#include "slicing/buffers.hpp"
#include "slicing/events.hpp"
#include "slicing/flow_ledger.hpp"
#include "slicing/guard_flows.hpp"
#include "slicing/leg.hpp"
#include "slicing/op_tracker.hpp"
#include "slicing/port_table.hpp"
#include "slicing/refusal.hpp"
#include "slicing/reload.hpp"
#include "slicing/seed.hpp"
#include "slicing/status.hpp"
#include "slicing/token_bucket.hpp"
#include "slicing/virtual_ports.hpp"

namespace sluice::slicing {

// A request for statistics that is on its way to the switch.
struct StatsQuery {
  enum class Purpose : std::uint8_t { answer, reconcile, idle_poll };

  static constexpr std::size_t entry_limit = 1'000'000;
  static constexpr Time patience = std::chrono::seconds{20};

  Purpose purpose = Purpose::answer;
  std::optional<policy::SliceId> slice;                // whose flows; reconcile: everybody's
  ofmsg::Kind kind = ofmsg::Kind::flow_stats_request;  // what the controller asked
  std::optional<LegRef> from;
  TheirXid theirs;
  std::optional<ofmsg::Frame> original;
  ofmsg::FlowFilter filter;
  Time asked{};
  std::map<FlowId, Counters> sums;                        // of what was reported so far, of the slice's flows
  ofmsg::Assembler<ofmsg::FlowStats> flows{entry_limit};  // reconcile only: all that was reported
  ofmsg::Assembler<ofmsg::PortStats> ports{entry_limit};
  ofmsg::Assembler<ofmsg::QueueStats> queues{entry_limit};
  ofmsg::QueueGetConfigReply queue_config;
};

// How fast a slice is, on this switch.
struct Pace {
  TokenBucket flow_mods, packet_outs, packet_ins;
};

// When a slice's flows are asked for next, to see which of them are idle.
struct IdlePoll {
  static constexpr Time shortest_pause = std::chrono::milliseconds{250};
  static constexpr int rest = 4;  // times as long as the switch took to answer: one slice gets a fifth of the time

  Time due{};
  Time not_before{};
};

// A flow of Sluice's own, by which LLDP or BDDP comes here; see discovery.hpp.
struct OwnFlow {
  ofmsg::PortNo port;
  std::uint16_t type = 0;  // EtherType
  std::uint32_t xid = 0;   // of the flow_mod that added it; 0: the switch had it. No part of the value

  friend constexpr bool operator==(const OwnFlow& a, const OwnFlow& b) { return a.port == b.port && a.type == b.type; }

  friend constexpr auto operator<=>(const OwnFlow& a, const OwnFlow& b) {
    const auto order = a.port <=> b.port;
    return order != 0 ? order : a.type <=> b.type;
  }
};

struct OwnFlows {
  std::vector<OwnFlow> standing;  // as far as is known; sorted
  std::optional<Time> again;      // when to bring up what is missing
};

// Numbers for the links that the core wants dialled, and whose a link is.
class Links {
 public:
  struct Whose {
    std::size_t session = 0;
    std::optional<std::size_t> leg;  // nothing: the switch's own link
  };

  [[nodiscard]] LinkId fresh() { return LinkId{LinkId::dialled | next_++}; }

  void bind(LinkId link, Whose whose) { whose_[link] = whose; }

  void release(LinkId link) { whose_.erase(link); }

  [[nodiscard]] std::optional<Whose> find(LinkId link) const {
    const auto at = whose_.find(link);
    return at == whose_.end() ? std::nullopt : std::optional{at->second};
  }

 private:
  std::uint64_t next_ = 1;
  std::map<LinkId, Whose> whose_;
};

// What every function may need besides its session: the time, where outputs go, and what all sessions share.
struct Turn {
  Time now;
  Outbox& out;
  Links& links;
  std::deque<Refusal>& refusals;  // newest first
  const Seed& seed;               // of what is random
};

struct Session {
  enum class State : std::uint8_t { down, setup, up };

  static constexpr Time setup_within = std::chrono::seconds{10};
  static constexpr std::size_t barrier_every = 64;  // messages
  static constexpr Time barrier_after = std::chrono::milliseconds{20};
  static constexpr std::size_t open_ops_limit = 65536;                     // of one leg
  static constexpr std::size_t open_bytes_limit = std::size_t{32} << 20U;  // of one leg's messages that are open
  static constexpr std::size_t open_requests_limit = 32;                   // statistics, of one leg

  Session(std::shared_ptr<const policy::Snapshot> snapshot, policy::SwitchId switch_id, std::uint64_t seed,
          std::shared_ptr<FlowTotals> totals);

  std::shared_ptr<const policy::Snapshot> policy;
  policy::SwitchId id;
  std::uint8_t epoch;  // in our cookies

  State state = State::down;
  Time since{};
  LinkId link;
  std::string peer;
  std::optional<ofmsg::Channel> channel;  // not while down
  std::set<std::uint32_t> setup_waits;    // xids of requests that setup waits for
  ofmsg::DescReply desc;
  PortTable ports;
  VirtualPorts virtual_ports;
  policy::SwitchView view;
  bool congested = false;

  FlowLedger ledger;
  OwnFlows own_flows;
  bool flows_unjudged = false;                   // the snapshot has changed while the switch was away
  std::optional<ofmsg::Version> ledger_version;  // that its flows were said in
  OpTracker ops;
  std::map<std::uint32_t, StatsQuery> queries;  // by our xid
  std::map<policy::SliceId, BufferRing> buffers;
  std::map<policy::SliceId, Pace> paces;
  std::map<policy::SliceId, std::optional<std::uint64_t>> generations;  // of their roles
  std::map<policy::SliceId, Away> away;                                 // whose controllers are
  GuardFlows guards;
  std::vector<Leg> legs;
  std::map<policy::SliceId, std::vector<std::size_t>> legs_of;  // those that are not retired, by slice
  std::optional<Time> barrier_due;
  bool fence_due = false;  // what has changed hands must be free before its new owner writes there
  std::map<policy::SliceId, IdlePoll> idle_polls;  // of slices whose flows are watched
  bool idle_polling = false;                       // one of them is on its way

  std::uint64_t messages_in = 0, messages_out = 0, refused = 0;
  std::array<std::uint64_t, undelivered_names.size()> undelivered{};  // packet_ins, by cause
  std::map<policy::SliceId, std::uint64_t> refused_by_slice;
  std::map<FlowKey, std::uint64_t> foreign;  // flows marked as ours but nobody's, with their cookies
  std::vector<ofmsg::FlowStats> orphans;     // of a slice, from an earlier run: found during setup

  [[nodiscard]] const policy::Switch& settings() const { return policy->switch_(id); }

  [[nodiscard]] const policy::Slice& slice(policy::SliceId s) const { return policy->slice(s); }

  [[nodiscard]] const std::string& name() const { return settings().name; }

  [[nodiscard]] ofmsg::Version version() const { return channel->version(); }

  [[nodiscard]] LegRef ref(std::size_t leg) const { return {leg, legs[leg].incarnation}; }

  [[nodiscard]] Leg* find(LegRef ref);
  // Roles: see roles.cpp.
  [[nodiscard]] bool may_write(std::size_t leg) const;
  // The first leg of the slice that may.
  [[nodiscard]] std::optional<std::size_t> writer(policy::SliceId slice) const;
  // The legs of the slice that are told of what happens: those that may write, and those that never may.
  [[nodiscard]] std::vector<std::size_t> listeners(policy::SliceId slice) const;
};

// --- session.cpp ---------------------------------------------------------------------------------------------------

// The connection's handshake is done and its dpid is this session's. Begins the setup.
void attach(Session& s, Turn& t, LinkId link, ofmsg::Channel channel, std::string peer);
// The connection is gone or given up; hangs up the legs.
void detach(Session& s, Turn& t, std::string_view why);
// One of setup's requests was answered, with a reply or an error.
void setup_answered(Session& s, Turn& t, std::uint32_t xid);
void leg_connected(Session& s, Turn& t, std::size_t leg);
// Tells the shell what limits.queue_bytes of its slice says, if it is connected and that is news.
void bound_queue(const Session& s, Turn& t, Leg& leg);
void leg_lost(Session& s, Turn& t, std::size_t leg, std::string_view why);
// Hangs the leg's link up and waits for the next try.
void drop_leg(Session& s, Turn& t, std::size_t leg, std::string_view why);
// Hangs the leg up for good.
void retire(Session& s, Turn& t, std::size_t leg);
// The slice's leg to this controller; if there was none, it is dialled when the switch is up.
[[nodiscard]] Leg& leg_for(Session& s, Turn& t, policy::SliceId slice, const policy::Controller& controller);
void tick(Session& s, Turn& t, std::size_t self);
[[nodiscard]] std::optional<Time> deadline(const Session& s);

// Appends a message to the switch's link or a leg's, and counts it.
void send_to_switch(Session& s, Turn& t, const ofmsg::Message& message, OurXid xid);
void send_to_leg(Session& s, Turn& t, Leg& leg, const ofmsg::Message& message, TheirXid xid);
// Answers the leg's message with an error and remembers why.
void refuse(Session& s, Turn& t, Leg& leg, ofmsg::FrameView original, const Refuse& refusal);
// The same with the type and code that the switch gave.
void forward_error(Session& s, Turn& t, Leg& leg, const ofmsg::Frame& original, TheirXid xid, ofmsg::WireError error);
void note(Session& s, Turn& t, NoteId id, std::string detail, std::optional<policy::SliceId> slice = std::nullopt);

// --- southbound.cpp, northbound.cpp --------------------------------------------------------------------------------

void from_controller(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView frame);
void from_switch(Session& s, Turn& t, ofmsg::FrameView frame);

// --- port_events.cpp -----------------------------------------------------------------------------------------------

void port_changed(Session& s, Turn& t, const ofmsg::PortStatus& status);
// Tells controllers of the ports that their slices have lost and got since `before`, and of the port that the switch
// has news of.
void tell_ports(Session& s, Turn& t, const policy::SwitchView& before, const ofmsg::PortStatus* news = nullptr,
                const ofmsg::Port* old = nullptr);
void apply_port_mod(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original, const ofmsg::PortMod& mod);

// --- roles.cpp -----------------------------------------------------------------------------------------------------

void role_asked(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original, const ofmsg::RoleRequest& request);
void vendor_asked(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original, ofmsg::Experimenter message);
void vendor_answered(Session& s, Turn& t, OurXid xid, ofmsg::Experimenter message);

// --- flow_mod.cpp --------------------------------------------------------------------------------------------------

void apply_flow_mod(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original, ofmsg::FlowMod mod);

// --- flow_events.cpp -----------------------------------------------------------------------------------------------

void barrier_from_controller(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original);
void barrier_replied(Session& s, Turn& t, OurXid xid);
void send_own_barrier(Session& s, Turn& t);
// The switch refused a message of an op; true if it was one.
bool op_failed(Session& s, Turn& t, OurXid xid, ofmsg::WireError error);
void flow_removed(Session& s, Turn& t, const ofmsg::FlowRemoved& report);

// --- flow_upkeep.cpp -----------------------------------------------------------------------------------------------

// Makes every flow's pieces anew, for the ports and regions that are there now, and brings the switch up to date.
void refresh_flows(Session& s, Turn& t);
// Of one slice, whose ports have been changed by itself.
void refresh_flows(Session& s, Turn& t, policy::SliceId slice);
// The same for the flows that the edit has brought back: they may be from before ports or regions changed. The places
// touched are added to it.
void recut_flows(Session& s, Edit& edit);
// Gives slices the flows back that an earlier run of Sluice has left to them on the switch.
void adopt_flows(Session& s, Turn& t);
// Compares the ledger with what the switch has.
void reconcile(Session& s, Turn& t, const std::vector<ofmsg::FlowStats>& physical);
// Idle timeouts of flows with several pieces: the counters of a slice's flows are asked for now and then, of one slice
// at a time, and for a small part of the time only.
void schedule_idle_poll(Session& s, const Turn& t, policy::SliceId slice);
[[nodiscard]] std::optional<Time> next_idle_poll(const Session& s);
void poll_idle(Session& s, Turn& t);
// Flows that stand nowhere on the switch and have come to their end.
void expire_flows(Session& s, Turn& t);
// The poll is answered, or will not be.
void idle_polled(Session& s, Turn& t, const StatsQuery& query, bool answered);

// --- packet_rewrite.cpp --------------------------------------------------------------------------------------------

// Why a buffer cannot be used.
[[nodiscard]] ofmsg::Failure<Refuse> no_such_buffer(const BufferRing& ring, ofmsg::BufferId buffer);
// The message as it goes to the switch.
[[nodiscard]] Judged<ofmsg::PacketOut> judge_packet_out(Session& s, const Turn& t, policy::SliceId slice,
                                                        ofmsg::PacketOut message);
void apply_packet_out(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original, ofmsg::PacketOut message);
void deliver_packet_in(Session& s, Turn& t, ofmsg::FrameView frame);
// Tells the slice's controllers of one that is the slice's, or that it may only read; false if none is there.
bool tell_packet_in(Session& s, Turn& t, ofmsg::FrameView frame, const ofmsg::PacketInView& view, policy::SliceId slice,
                    const Flow* flow, bool owns);

// --- stats_rewrite.cpp ---------------------------------------------------------------------------------------------

void ask_stats(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original, ofmsg::Kind kind,
               const ofmsg::FlowFilter& filter, ofmsg::PortNo port);
void ask_queues(Session& s, Turn& t, std::size_t leg, ofmsg::FrameView original, ofmsg::Kind kind, ofmsg::PortNo port,
                std::uint32_t queue);
// Sends the physical request for the flows of the query's slice; its xid.
std::uint32_t ask_flows(Session& s, Turn& t, StatsQuery query);
void stats_replied(Session& s, Turn& t, OurXid xid, ofmsg::Message reply);
bool stats_failed(Session& s, Turn& t, OurXid xid, ofmsg::WireError error);
void stats_timed_out(Session& s, Turn& t);

// --- policy_change.cpp ---------------------------------------------------------------------------------------------

// Goes over to another snapshot, in which this switch and the slices have the same ids. Flows that left their slice's
// flowspace are deleted and reported, controllers are told of ports that came and went, connections that are still
// wanted stay.
ReloadReport change_policy(Session& s, Turn& t, std::shared_ptr<const policy::Snapshot> next);
// Is the slice in force?
[[nodiscard]] bool may_have_flows(const policy::Snapshot& policy, policy::SliceId slice);
// What that would do.
[[nodiscard]] ReloadReport foresee(const Session& s, const policy::Snapshot& next);
// The switch is back: what change_policy could not do while it was away.
void judge_flows(Session& s, Turn& t);
// Legs for exactly the controllers that the snapshot names.
void arrange_legs(Session& s, Turn& t);

// --- port_view.cpp -------------------------------------------------------------------------------------------------

[[nodiscard]] std::vector<ofmsg::Port> ports_of(const Session& s, policy::SliceId slice);
[[nodiscard]] ofmsg::FeaturesReply features_for(const Session& s, policy::SliceId slice);
[[nodiscard]] ofmsg::DescReply desc_for(const Session& s, policy::SliceId slice);

}  // namespace sluice::slicing
