// The flow tables of a switch and what flow_mod does to them, version by version.
//
// A table is a list of flows, highest priority first, the older one first among equals; a lookup
// takes the first that matches. Nothing is indexed: every function walks the list and asks the
// question that the specification asks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "examples/switch/rules.hpp"
#include "ofmsg/channel.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/packet_key.hpp"

namespace sluice::flow_switch {

using ofmsg::Time;

struct Flow {
  std::uint8_t table = 0;
  ofmsg::Match match;
  std::uint16_t priority = 0;
  std::uint64_t cookie = 0;
  std::uint16_t idle_timeout = 0, hard_timeout = 0;  // seconds; 0: none
  std::uint16_t flags = 0;
  ofmsg::Instructions instructions;
  Time created{};
  Time used{};
  std::uint64_t packets = 0, bytes = 0;
  std::uint64_t age = 0;  // counts flows ever added

  // The flow of everything with the lowest priority [OF 1.3.5 §5.4].
  [[nodiscard]] bool is_table_miss() const { return priority == 0 && match.matches_all(); }

  [[nodiscard]] std::optional<Time> idles_out() const;
  [[nodiscard]] std::optional<Time> times_out() const;
  // Whichever comes first.
  [[nodiscard]] std::optional<Time> ends() const;
};

// A flow that is gone, and when it went.
struct Removed {
  Flow flow;
  ofmsg::FlowRemovedReason reason;
  Time at;
};

struct TableCounters {
  std::uint64_t lookups = 0, hits = 0;
};

// A flow_mod, or a request about flows, means these.
struct Selection {
  enum class How : std::uint8_t { contained, identical };

  How how = How::contained;
  std::uint8_t table = ofmsg::all_tables;
  const ofmsg::Match& match;
  std::uint16_t priority = 0;  // `identical` only
  std::uint64_t cookie = 0, cookie_mask = 0;
  ofmsg::PortNo out_port = ofmsg::port::any;
  ofmsg::GroupId out_group;

  [[nodiscard]] bool has(const Flow& flow) const;
};

class FlowTables {
 public:
  FlowTables(std::uint8_t tables, std::size_t flows_per_table)
      : room_{flows_per_table}, tables_(tables), counters_(tables) {}

  // Carries out a flow_mod whose match and instructions are sound. Flows that DELETE removed are
  // appended to `removed`. Errors: then nothing has changed.
  [[nodiscard]] ofmsg::Result<void, ofmsg::Reason> apply(const ofmsg::FlowMod& mod, const Rules& rules, Time now,
                                                         std::vector<Removed>& removed);
  // Removes flows whose time is over by `now`, in the order in which they ended.
  void expire(Time now, std::vector<Removed>& removed);
  [[nodiscard]] std::optional<Time> next_end() const;

  // The flow for a packet, counted; nothing on a miss. The pointer is valid until the tables
  // change.
  [[nodiscard]] const Flow* lookup(std::uint8_t table, const ofmsg::PacketKey& key, std::size_t packet_size, Time now);

  [[nodiscard]] std::vector<const Flow*> select(const Selection& selection) const;

  [[nodiscard]] std::uint8_t count() const { return static_cast<std::uint8_t>(tables_.size()); }

  [[nodiscard]] std::size_t room() const { return room_; }

  [[nodiscard]] const std::vector<Flow>& flows(std::uint8_t table) const { return tables_[table]; }

  [[nodiscard]] const TableCounters& counters(std::uint8_t table) const { return counters_[table]; }

 private:
  ofmsg::Result<void, ofmsg::Reason> add(const ofmsg::FlowMod& mod, const Rules& rules, Time now);
  ofmsg::Result<void, ofmsg::Reason> modify(const ofmsg::FlowMod& mod, Selection::How how, const Rules& rules,
                                            Time now);
  void remove(const ofmsg::FlowMod& mod, Selection::How how, Time now, std::vector<Removed>& removed);

  std::size_t room_;
  std::vector<std::vector<Flow>> tables_;
  std::vector<TableCounters> counters_;
  std::uint64_t added_ = 0;
};

}  // namespace sluice::flow_switch
