// The switch without its connection: ports, flow tables, and what OpenFlow messages and packets do
// with them.
//
//                     message()                    packet()
//                         │                            │
//      ┌──────────────────▼──────────┐    ┌────────────▼─────────────┐
//      │ flow_mod → tables           │    │ table 0 → … → action set │──► packets on ports
//      │ packet_out → actions        │───►│ miss, CONTROLLER         │──► packet_in
//      │ requests → replies          │    └──────────────────────────┘
//      └─────────────────────────────┘
//
// Everything is done when a call returns, so a barrier has nothing to wait for. Every call brings
// the time; flows whose time is over are gone before anything else happens, and their end is dated
// when it was, not when it was noticed.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "examples/switch/action_set.hpp"
#include "examples/switch/buffers.hpp"
#include "examples/switch/check.hpp"
#include "examples/switch/effects.hpp"
#include "examples/switch/flow_table.hpp"

namespace sluice::flow_switch {

struct Settings {
  ofmsg::DatapathId datapath_id;
  std::vector<ofmsg::Port> ports;  // LOCAL is a port of the switch if it is named here
  std::vector<Queue> queues;
  ofmsg::VersionSet versions{ofmsg::v1_0, ofmsg::v1_3};
  std::uint8_t tables = 4;  // 1.0 uses the first
  std::size_t flows_per_table = 65536;
  std::uint32_t buffers = 0;  // 0: packet_in always has the whole packet
  std::string name = "sluice-switch";
  Time started{};  // when the ports came up
};

// A port of an ordinary kind, link up: 1 Gb/s copper.
[[nodiscard]] ofmsg::Port make_port(ofmsg::PortNo number, std::string name, ofmsg::MacAddress mac);

enum class Link : bool { down, up };

class Datapath {
 public:
  explicit Datapath(Settings settings);

  // A controller speaks from now on, in this version; nobody does any more. Flows stay.
  void attach(ofmsg::Version version);

  void detach() { version_.reset(); }

  // One message of the controller; only while one is attached.
  void message(ofmsg::FrameView frame, Time now, Effects& effects);
  // A packet comes in on a port.
  void packet(ofmsg::PortNo in, ofmsg::ByteView bytes, Time now, Effects& effects);
  // Removes flows whose time is over. Does nothing before `deadline()`.
  void tick(Time now, Effects& effects);

  [[nodiscard]] std::optional<Time> deadline() const { return tables_.next_end(); }

  // The wire of a port goes down or comes up.
  void link(ofmsg::PortNo number, Link state, Time now, Effects& effects);
  // A port comes, or another one takes the place of the one with its number; a port goes. Flows stay
  // as they are.
  void add_port(ofmsg::Port port, Time now, Effects& effects);
  void remove_port(ofmsg::PortNo number, Time now, Effects& effects);

  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] const FlowTables& tables() const { return tables_; }

  [[nodiscard]] const std::vector<ofmsg::Port>& ports() const { return ports_; }

 private:
  // A packet on its way through the switch, and what sent it to where it is.
  struct Walk {
    ofmsg::Bytes packet;
    ofmsg::PortNo in_port;
    std::uint64_t metadata = 0;
    std::optional<std::uint32_t> queue = {};  // for whatever it is sent to from here
    std::uint8_t table = 0;
    std::uint64_t cookie = ~std::uint64_t{0};                      // of the flow that acts; all ones: none does
    ofmsg::PacketInReason reason = ofmsg::PacketInReason::action;  // if it goes to the controller
  };

  // One request in hand: what an answer needs.
  struct Request {
    ofmsg::FrameView frame;
    Time now;
    Effects& effects;
  };

  struct Dispatch;

  // datapath.cpp: packets
  void run_tables(Walk walk, Time now, Effects& effects);
  [[nodiscard]] bool run_flow(const Flow& flow, Walk& walk, ActionSet& set, Time now, Effects& effects);
  [[nodiscard]] bool execute(const ofmsg::Actions& actions, Walk& walk, Time now, Effects& effects);
  void output(const ofmsg::Output& to, const Walk& walk, Time now, Effects& effects);
  void emit(ofmsg::PortNo number, const Walk& walk, Effects& effects);
  void miss(const Walk& walk, Effects& effects);
  void packet_in(const Walk& walk, std::uint16_t max_len, Effects& effects);
  [[nodiscard]] bool takes(const ofmsg::Port& port, ofmsg::ByteView packet) const;
  [[nodiscard]] bool may_tell(const Walk& walk) const;
  // The link state by wire and configuration; true if it has changed.
  bool update_state(ofmsg::Port& port) const;
  void tell_port(ofmsg::PortReason reason, const ofmsg::Port& port, Effects& effects) const;
  void release(ofmsg::BufferId id, const Request& request);

  // messages.cpp: messages
  void flow_mod(ofmsg::FlowMod mod, const Request& request);
  void packet_out(const ofmsg::PacketOut& message, const Request& request);
  void set_config(const ofmsg::SetConfig& message, const Request& request);
  void port_mod(const ofmsg::PortMod& message, const Request& request);
  void group_mod(const ofmsg::GroupMod& message, const Request& request);
  void meter_mod(const ofmsg::MeterMod& message, const Request& request);
  void flow_stats(const ofmsg::FlowFilter& filter, const Request& request);
  void aggregate(const ofmsg::FlowFilter& filter, const Request& request);
  void table_stats(const Request& request);
  void port_stats(ofmsg::PortNo number, const Request& request);
  void queue_config(ofmsg::PortNo number, const Request& request);
  void queue_stats(ofmsg::PortNo number, std::uint32_t id, const Request& request);
  void send_removed(const std::vector<Removed>& removed, Effects& effects);
  [[nodiscard]] std::optional<std::vector<const Flow*>> filtered(const ofmsg::FlowFilter& filter,
                                                                 const Request& request);
  [[nodiscard]] ofmsg::FeaturesReply features() const;
  [[nodiscard]] ofmsg::DescReply description() const;
  [[nodiscard]] Checker checker() const;
  [[nodiscard]] std::uint8_t visible_tables() const;
  [[nodiscard]] std::size_t index_of(ofmsg::PortNo number) const;  // ports_.size(): no such port

  void reply(const ofmsg::Message& message, const Request& request);
  template <class Reply, class Entry>
  void reply_in_parts(const std::vector<Entry>& entries, std::vector<Entry> Reply::*list, const Request& request);
  void refuse(ofmsg::WireError error, const Request& request);
  void refuse(ofmsg::Reason reason, const Request& request);

  Settings settings_;
  std::vector<ofmsg::Port> ports_;
  std::vector<ofmsg::PortStats> counters_;  // beside ports_
  std::vector<ofmsg::QueueStats> queued_;   // beside the queues of settings_
  std::set<ofmsg::PortNo> cut_;             // their wires are down
  FlowTables tables_;
  Buffers buffers_;
  std::uint16_t miss_send_len_ = 128;
  std::optional<ofmsg::Version> version_;  // of the controller, if there is one
};

}  // namespace sluice::flow_switch
