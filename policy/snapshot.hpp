// The compiled policy: an immutable machine that answers questions. Nothing live is in here; what depends on a
// connected switch (its ports, its version) is in a `SwitchView`, which `bind` makes anew whenever those change.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ofmsg/match.hpp"
#include "ofmsg/messages/session.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/port.hpp"
#include "ofmsg/version.hpp"
#include "policy/endpoint.hpp"
#include "policy/ids.hpp"

namespace sluice::policy {

enum class Access : std::uint8_t { write, read };

// What a flow_mod that is not wholly inside the slice becomes: narrowed, or refused.
enum class Outside : std::uint8_t { intersect, reject };

// Which frames of LLDP and BDDP a slice gets: those that it has sent and those of its own flowspace; besides these all
// at its ports that nobody's controller has sent; none, and then it sends none.
enum class Lldp : std::uint8_t { own, all, none };

struct Controller {
  Endpoint at;
  bool standby = false;    // connected, but may write only while no other controller of the slice is there
  bool read_only = false;  // connected, and may never write
};

// What is refused unless the slice file allows it.
struct Allowed {
  bool normal = false;                 // output to NORMAL, the switch's own forwarding
  std::vector<std::uint32_t> vendors;  // sorted: whose messages are passed on to the switch

  friend bool operator==(const Allowed&, const Allowed&) = default;
};

// One in each interval on average, and up to `burst` at once.
struct Rate {
  std::chrono::nanoseconds interval{};
  std::uint32_t burst = 1;  // at least 1

  friend bool operator==(const Rate&, const Rate&) = default;
};

// What becomes of messages of a controller that come too fast: they wait, unread, or are refused.
enum class Excess : std::uint8_t { delay, error };

struct Limits {
  static constexpr Rate fast{std::chrono::microseconds{5}, 200'000};  // 200,000 a second

  std::uint32_t expand = 64;        // physical flows for one flow_mod
  std::uint32_t flows = 1'000'000;  // of the slice, on all switches together
  std::uint32_t flows_per_switch = 100'000;
  std::uint32_t entries_per_switch = 200'000;  // physical flows
  // On each switch. A flow_mod counts for as many as it becomes.
  Rate flow_mods = fast, packet_outs = fast, packet_ins = fast;
  Excess on_excess = Excess::delay;
  // Bytes that may wait for one of its controllers; one for which more do is disconnected.
  static constexpr std::uint32_t usual_queue = 16U << 20U;
  std::uint32_t queue_bytes = usual_queue;
};

// What becomes of a slice's flows on a switch while none of its controllers is there: they stay; they stay and what
// none of them takes is dropped; or they go.
struct Absence {
  enum class Do : std::uint8_t { keep, drop, flush };
  // How packets are dropped: each as it comes, for a while, or by one flow for each rule.
  enum class Drops : std::uint8_t { exact, rule };

  Do first = Do::keep;
  std::optional<std::chrono::milliseconds> after;  // when it has been so for that long ...
  Do then = Do::keep;                              // ... this
  Drops drops = Drops::exact;

  friend bool operator==(const Absence&, const Absence&) = default;
};

// Packets that no slice owns: told to nobody and counted, or also dropped by the switch for a while.
enum class Unowned : std::uint8_t { punt, drop };

// Entries of a switch that carry our mark and are nobody's: left and told of, left, or deleted.
enum class Foreign : std::uint8_t { report, keep, delete_ };

struct Slice {
  std::string name;
  std::uint16_t number = 0;  // 15 bits, in cookies: `id` of the file, or a hash of the name; unique in the file
  std::string owner;
  std::vector<Controller> controllers;
  Limits limits;
  Allowed allowed;
  Absence absence;
  Outside outside = Outside::intersect;
  Lldp lldp = Lldp::own;
  bool down = false;  // nobody is dialled, and nothing of it is on the switches
  bool gone = false;  // was in an earlier snapshot and is in this one by id only: it has nothing
};

struct Switch {
  std::string name;
  ofmsg::DatapathId dpid;
  ofmsg::VersionSet versions;  // to offer to it
  Unowned unowned = Unowned::punt;
  Foreign foreign = Foreign::report;
  bool gone = false;  // as a slice's
};

// What a slice may do with the queues of a port.
struct Queues {
  std::vector<std::uint32_t> allowed;   // in order, each once
  std::optional<std::uint32_t> forced;  // one of these, for whatever is sent without a choice

  [[nodiscard]] bool allows(std::uint32_t queue) const;

  friend auto operator<=>(const Queues&, const Queues&) = default;
};

// Where a rule stands in the files, and how people may call it.
struct Rule {
  SliceId slice;
  Access access = Access::write;
  std::string name;      // "video[0]" if the file gives none
  std::string position;  // "campus.slices.json:58:9"
  Queues queues;         // of its ports
};

// Ports of a region before a switch is there: all physical ones, numbers, or names that the switch will report.
struct AllPhysical {
  bool local = false;  // and LOCAL: `["*", "LOCAL"]` in the file

  [[nodiscard]] bool has(ofmsg::PortNo port) const {
    return ofmsg::is_physical(port) || (local && port == ofmsg::port::local);
  }

  friend bool operator==(const AllPhysical&, const AllPhysical&) = default;
};

using PortRef = std::variant<ofmsg::PortNo, std::string>;
using PortSet = std::variant<AllPhysical, std::vector<PortRef>>;

// Headers at ports of one switch that belong to one slice, but for what those have that it gives way to. The regions
// that slices may write to are disjoint between slices otherwise; only `bind` can tell that for ports given by the name
// that the switch reports, and sees to it.
//
// Two regions of one slice may overlap where neither has the other ("TCP from port 80", "TCP to port 80"): to say one
// less the other takes a flow for every bit of the difference, or what a version has no words for. That is harmless,
// because what a slice's flow becomes in two of its regions does the same in both.
struct Region {
  SliceId slice;
  Access access = Access::write;
  RuleId rule;
  PortSet ports;
  ofmsg::Match header;  // closed, without in_port
  // Regions of other slices on this switch that have what both have, by their place in the list: they are of higher
  // priority. Empty unless the file lets priorities decide.
  std::vector<std::uint32_t> gives_way_to;
};

// Headers at one port.
struct Box {
  ofmsg::Match header;
  RuleId rule;

  friend bool operator==(const Box&, const Box&) = default;
};

// A part of a match that lies in a slice: `match` names the ingress port.
struct Piece {
  ofmsg::PortNo in_port;
  ofmsg::Match match;
  RuleId rule;
};

struct Owner {
  SliceId slice;
  RuleId rule;
};

struct BoxList;        // box_list.hpp
struct HeadersAtPort;  // box_list.hpp

// What the policy says of one connected switch with the ports and the version it has now. Copies share what they ask.
class SwitchView {
 public:
  // Who may write the flows of this packet (its in_port is part of the key); at most one slice.
  [[nodiscard]] std::optional<Owner> owner(const ofmsg::PacketKey& key) const;
  // Slices that only see this packet, in order; its owner is not among them.
  [[nodiscard]] std::vector<SliceId> readers(const ofmsg::PacketKey& key) const;

  // The slices that have something here, in order; also those whose ports the switch does not have yet.
  [[nodiscard]] const std::vector<SliceId>& slices() const { return slices_; }

  // Ports on which the slice has something (write or read), sorted.
  [[nodiscard]] std::span<const ofmsg::PortNo> ports(SliceId slice) const;
  [[nodiscard]] bool has_port(SliceId slice, ofmsg::PortNo port) const;
  // The headers that the slice may write at a port, none of them within another; no box for a port of others.
  [[nodiscard]] std::span<const Box> at(SliceId slice, ofmsg::PortNo port) const;
  // Those of them that have a packet of the header, in their order.
  [[nodiscard]] std::vector<const Box*> meeting(SliceId slice, ofmsg::PortNo port, const ofmsg::Match& header) const;
  // May another slice write something at this port?
  [[nodiscard]] bool shares(SliceId slice, ofmsg::PortNo port) const;
  // What all rules of the slice together say of the queues of a port; nothing for a port of others.
  [[nodiscard]] const Queues& queues(SliceId slice, ofmsg::PortNo port) const;
  // Has the slice a queue anywhere, or at any port this one?
  [[nodiscard]] bool has_queues(SliceId slice) const;
  [[nodiscard]] bool has_queue(SliceId slice, std::uint32_t queue) const;
  // May another slice use this queue?
  [[nodiscard]] bool shares_queue(SliceId slice, ofmsg::PortNo port, std::uint32_t queue) const;

  // The parts of a match that lie in what the slice may write, in order of port and rule, none within another: their
  // union is exactly `match` ∩ flowspace. A mask that the version cannot say is split into values; a piece with a field
  // that it cannot say at all stays as it is. Nothing when there would be more than `limit`: never a shortened list.
  [[nodiscard]] std::optional<std::vector<Piece>> clip(SliceId slice, const ofmsg::Match& match,
                                                       std::size_t limit) const;

  // What could not be bound, as sentences: names that the switch does not report, two names for one port whose owners
  // would clash (such a port then belongs to nobody), headers that the version cannot say (they belong to nobody).
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class Snapshot;
  friend class Binder;  // bind.cpp

  struct Holding {
    std::vector<ofmsg::PortNo> ports;  // sorted
    std::map<ofmsg::PortNo, std::shared_ptr<const BoxList>> writes;
    std::map<ofmsg::PortNo, std::shared_ptr<const Queues>> queues;  // where it has any
  };

  // Null where nobody has anything.
  struct AtPort {
    std::shared_ptr<const HeadersAtPort> written, read;
  };

  ofmsg::Version version_ = ofmsg::v1_3;
  std::vector<SliceId> slices_;
  std::map<SliceId, Holding> holdings_;
  std::map<ofmsg::PortNo, AtPort> at_port_;
  std::vector<std::string> warnings_;
};

class Snapshot {
 public:
  struct Parts {
    std::string name;  // proxy.name
    std::vector<Endpoint> listen;
    std::vector<Slice> slices;
    std::vector<Switch> switches;
    std::vector<Rule> rules;
    std::map<SwitchId, std::vector<Region>> regions;
    std::uint64_t fingerprint = 0;  // of the files' text
  };

  explicit Snapshot(Parts parts) : parts_{std::move(parts)} {}

  [[nodiscard]] const std::string& name() const { return parts_.name; }

  [[nodiscard]] const std::vector<Endpoint>& listen() const { return parts_.listen; }

  [[nodiscard]] const std::vector<Slice>& slices() const { return parts_.slices; }

  [[nodiscard]] const std::vector<Switch>& switches() const { return parts_.switches; }

  [[nodiscard]] const Slice& slice(SliceId id) const { return parts_.slices[id.value]; }

  [[nodiscard]] const Switch& switch_(SwitchId id) const { return parts_.switches[id.value]; }

  [[nodiscard]] const Rule& rule(RuleId id) const { return parts_.rules[id.value]; }

  [[nodiscard]] std::optional<SwitchId> find_switch(ofmsg::DatapathId dpid) const;
  [[nodiscard]] std::optional<SwitchId> find_switch(std::string_view name) const;
  [[nodiscard]] std::optional<SliceId> find_slice(std::string_view name) const;
  [[nodiscard]] std::optional<SliceId> slice_with_number(std::uint16_t number) const;
  [[nodiscard]] std::span<const Region> regions(SwitchId id) const;

  [[nodiscard]] std::uint64_t fingerprint() const { return parts_.fingerprint; }

  // The view of a switch that has these ports and speaks this version. Never fails; see SwitchView::warnings.
  [[nodiscard]] SwitchView bind(SwitchId id, std::span<const ofmsg::Port> ports, ofmsg::Version version) const;

 private:
  Parts parts_;
};

}  // namespace sluice::policy
