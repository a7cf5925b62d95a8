// What the messages of a controller do to the switch, and what it answers.
#include <algorithm>
#include <chrono>
#include <utility>

#include "examples/switch/datapath.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/multipart.hpp"

namespace sluice::flow_switch {

using namespace ofmsg;

namespace {

struct Duration {
  std::uint32_t seconds, nanoseconds;
};

Duration split(Time time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {static_cast<std::uint32_t>(seconds.count()), static_cast<std::uint32_t>((time - seconds).count())};
}

// Why a kind of message is not for this switch.
Reason refusal_of(Kind kind) {
  switch (kind) {
    case Kind::table_mod: return Reason::table_mod_refused;
    case Kind::experimenter:
    case Kind::experimenter_stats_request: return Reason::bad_experimenter;
    default: break;
  }
  const bool request = facts(kind).is_multipart() && facts(kind).sender == Sender::controller;
  return request ? Reason::bad_multipart : Reason::bad_type;
}

// 1.0: is no field of the match wildcarded? Read from the bytes, because a field that means nothing
// for the packet counts as well: "exact match" is about the message [OF 1.0 §3.4], and Open vSwitch
// takes it so.
bool is_exact_1_0(FrameView flow_mod) {
  constexpr std::uint32_t all_wildcards = (1U << 22U) - 1;
  return (load<std::uint32_t>(flow_mod.bytes(), header_size) & all_wildcards) == 0;
}

}  // namespace

// --- dispatch ------------------------------------------------------------------------------------------------------

void Datapath::attach(Version version) {
  version_ = version;
  miss_send_len_ = 128;
}

Checker Datapath::checker() const { return Checker{*version_, ports_, settings_.queues, visible_tables()}; }

std::uint8_t Datapath::visible_tables() const {
  return rules(*version_).several_tables ? tables_.count() : std::uint8_t{1};
}

void Datapath::reply(const Message& message, const Request& request) {
  const auto done = encode(request.effects.to_controller, message, *version_, request.frame.xid());
  if (!done) refuse(done.error().reason, request);
}

template <class Reply, class Entry>
void Datapath::reply_in_parts(const std::vector<Entry>& entries, std::vector<Entry> Reply::*list,
                              const Request& request) {
  const auto done = encode_in_parts(request.effects.to_controller, entries, list, *version_, request.frame.xid());
  if (!done) refuse(done.error().reason, request);
}

void Datapath::refuse(WireError error, const Request& request) {
  append_error(request.effects.to_controller, *version_, request.frame, error);
}

void Datapath::refuse(Reason reason, const Request& request) { refuse(wire_error(reason, *version_), request); }

// One overload for each message that a controller may send.
struct Datapath::Dispatch {
  Datapath& self;
  const Request& request;

  void operator()(const FeaturesRequest&) const { self.reply(Message{self.features()}, request); }

  void operator()(const GetConfigRequest&) const {
    self.reply(Message{GetConfigReply{.flags = 0, .miss_send_len = self.miss_send_len_}}, request);
  }

  void operator()(const SetConfig& m) const { self.set_config(m, request); }

  void operator()(const FlowMod& m) const { self.flow_mod(m, request); }

  void operator()(const PacketOut& m) const { self.packet_out(m, request); }

  void operator()(const PortMod& m) const { self.port_mod(m, request); }

  void operator()(const GroupMod& m) const { self.group_mod(m, request); }

  void operator()(const MeterMod& m) const { self.meter_mod(m, request); }

  void operator()(const BarrierRequest&) const { self.reply(Message{BarrierReply{}}, request); }

  void operator()(const DescRequest&) const { self.reply(Message{self.description()}, request); }

  void operator()(const FlowStatsRequest& m) const { self.flow_stats(m.filter, request); }

  void operator()(const AggregateRequest& m) const { self.aggregate(m.filter, request); }

  void operator()(const TableStatsRequest&) const { self.table_stats(request); }

  void operator()(const PortStatsRequest& m) const { self.port_stats(m.port_no, request); }

  void operator()(const QueueGetConfigRequest& m) const { self.queue_config(m.port, request); }

  void operator()(const QueueStatsRequest& m) const { self.queue_stats(m.port_no, m.queue_id, request); }

  void operator()(const PortDescRequest&) const { self.reply_in_parts(self.ports_, &PortDescReply::ports, request); }

  // Never answered, or two parties would do so for ever.
  void operator()(const Error&) const {}

  // What this switch has not, and what only a switch may send; hello and echo are the channel's.
  template <class Other>
  void operator()(const Other&) const {
    self.refuse(refusal_of(Other::kind), request);
  }
};

void Datapath::message(FrameView frame, Time now, Effects& effects) {
  tick(now, effects);
  if (!version_) return;
  const Request request{frame, now, effects};
  if (frame.wire_version() != static_cast<std::uint8_t>(*version_)) return refuse(Reason::bad_version, request);
  const Result<Message> message = decode(frame);
  if (!message) return refuse(message.error().reason, request);
  std::visit(Dispatch{*this, request}, *message);
}

// --- the switch itself ---------------------------------------------------------------------------------------------

FeaturesReply Datapath::features() const {
  FeaturesReply reply;
  reply.datapath_id = settings_.datapath_id;
  reply.n_buffers = settings_.buffers;
  reply.n_tables = visible_tables();
  reply.capabilities = FeaturesReply::flow_stats | FeaturesReply::table_stats | FeaturesReply::port_stats;
  if (!settings_.queues.empty()) reply.capabilities |= FeaturesReply::queue_stats;
  if (*version_ == v1_0) {
    reply.capabilities |= FeaturesReply::arp_match_ip_1_0;
    // OFPAT_ 0 to 10, and 11, enqueue.
    reply.actions = (1U << (settings_.queues.empty() ? 11U : 12U)) - 1;
    reply.ports = ports_;
    // 1.0 does not tell speeds in numbers.
    for (Port& port : reply.ports) port.curr_speed = port.max_speed = 0;
  }
  return reply;
}

DescReply Datapath::description() const {
  DescReply desc;
  desc.mfr_desc.value = "Sluice";
  desc.hw_desc.value = "in memory";
  desc.sw_desc.value = "sluice-switch " SLUICE_VERSION;
  desc.serial_num.value = "none";
  desc.dp_desc.value = settings_.name;
  return desc;
}

void Datapath::set_config(const SetConfig& message, const Request& request) {
  // Fragments pass as they are; dropping and reassembling them is not offered.
  if (message.flags != 0) return refuse(Reason::config_refused, request);
  miss_send_len_ = message.miss_send_len;
}

// [OF 1.0 §5.3.3, OF 1.3.5 §7.3.4.3] Who has changed a port need not be told what has been changed, but
// whether the port is up: so does Open vSwitch until 1.4. Bits that the version does not know are an
// error where it has one for them.
void Datapath::port_mod(const PortMod& message, const Request& request) {
  const std::size_t index = index_of(message.port_no);
  if (index == ports_.size()) return refuse(Reason::bad_port_mod_port, request);
  Port& port = ports_[index];
  if (!(message.hw_addr == port.hw_addr)) return refuse(Reason::bad_hw_addr, request);
  std::uint32_t known = Port::config_down | Port::config_no_recv | Port::config_no_fwd | Port::config_no_packet_in;
  if (rules(*version_).stp_bits) known |= Port::config_no_stp | Port::config_no_recv_stp | Port::config_no_flood;
  if (*version_ != v1_0) {
    if ((message.mask & ~known) != 0) return refuse(Reason::bad_port_config, request);
    if ((message.advertise & ~port.supported) != 0) return refuse(Reason::bad_port_advertise, request);
  }
  const std::uint32_t mask = message.mask & known;
  port.config = (port.config & ~mask) | (message.config & mask);
  if (message.advertise != 0) port.advertised = message.advertise & port.supported;
  if (update_state(port)) tell_port(PortReason::modify, port, request.effects);
}

// There are no groups and no meters: to delete them all is no error, nor is one that is not there
// [OF 1.3.5 §6.7, §7.3.4.4].

void Datapath::group_mod(const GroupMod& message, const Request& request) {
  switch (message.command) {
    case GroupModCommand::add: return refuse(Reason::out_of_groups, request);
    case GroupModCommand::modify: return refuse(Reason::unknown_group, request);
    case GroupModCommand::delete_: return;
    default: return refuse(Reason::bad_group_command, request);
  }
}

void Datapath::meter_mod(const MeterMod& message, const Request& request) {
  switch (message.command) {
    case MeterModCommand::add: return refuse(Reason::out_of_meters, request);
    case MeterModCommand::modify: return refuse(Reason::unknown_meter, request);
    case MeterModCommand::delete_: return;
    default: return refuse(Reason::bad_meter_command, request);
  }
}

// --- flows ---------------------------------------------------------------------------------------------------------

void Datapath::flow_mod(FlowMod mod, const Request& request) {
  const Rules rules = flow_switch::rules(*version_);
  std::uint16_t known = FlowMod::send_flow_rem | FlowMod::check_overlap;
  if (rules.reset_counts_flag) known |= FlowMod::reset_counts;
  if (rules.count_flags) known |= FlowMod::no_pkt_counts | FlowMod::no_byt_counts;
  if (rules.emergency_flows && (mod.flags & FlowMod::emerg_1_0) != 0) {
    return refuse(Reason::emergency_refused, request);
  }
  if ((mod.flags & ~known) != 0) return refuse(Reason::bad_flags, request);

  const Checker checker = this->checker();
  if (const Refusal refusal = checker.check(mod.match)) return refuse(*refusal, request);
  const bool deletes = mod.command == FlowModCommand::delete_ || mod.command == FlowModCommand::delete_strict;
  if (!deletes) {
    if (const Refusal refusal = checker.check(mod.instructions, mod.match, mod.table_id)) {
      return refuse(*refusal, request);
    }
  }
  if (rules.exact_flows_come_first && is_exact_1_0(request.frame)) mod.priority = 0xffff;

  std::vector<Removed> removed;
  if (const auto done = tables_.apply(mod, rules, request.now, removed); !done) {
    return refuse(done.error(), request);
  }
  send_removed(removed, request.effects);
  // A buffered packet then goes through the tables from the start [OF 1.3.5 §7.3.4.1].
  if (!deletes && mod.buffer_id.value != BufferId::none) release(mod.buffer_id, request);
}

void Datapath::release(BufferId id, const Request& request) {
  auto buffered = buffers_.take(id);
  if (!buffered) return refuse(buffered.error(), request);
  run_tables({.packet = std::move(buffered->packet), .in_port = buffered->in_port}, request.now, request.effects);
}

void Datapath::send_removed(const std::vector<Removed>& removed, Effects& effects) {
  if (!version_) return;
  for (const auto& [flow, reason, at] : removed) {
    if ((flow.flags & FlowMod::send_flow_rem) == 0) continue;
    const Duration lived = split(at - flow.created);
    FlowRemoved news;
    news.match = flow.match;
    news.cookie = flow.cookie;
    news.priority = flow.priority;
    news.reason = reason;
    news.duration_sec = lived.seconds;
    news.duration_nsec = lived.nanoseconds;
    news.idle_timeout = flow.idle_timeout;
    news.packet_count = flow.packets;
    news.byte_count = flow.bytes;
    if (*version_ != v1_0) {
      news.table_id = flow.table;
      news.hard_timeout = flow.hard_timeout;
    }
    // A flow of an earlier controller may have a match that the version of this one cannot say.
    static_cast<void>(encode(effects.to_controller, Message{std::move(news)}, *version_, Xid{}));
  }
}

// --- packets -------------------------------------------------------------------------------------------------------

void Datapath::packet_out(const PacketOut& message, const Request& request) {
  const PortNo in = message.in_port;
  const bool in_port_good = in == port::controller || in == port::any || index_of(in) < ports_.size();
  if (!in_port_good) return refuse(Reason::bad_port, request);

  Walk walk{.packet = message.data, .in_port = in};
  const bool buffered = message.buffer_id.value != BufferId::none;
  if (buffered) {
    auto content = buffers_.take(message.buffer_id);
    if (!content) return refuse(content.error(), request);
    walk.packet = std::move(content->packet);
  }
  const std::optional<PacketKey> key = packet_key(walk.packet, in);
  if (!key) return refuse(Reason::bad_packet, request);
  if (const Refusal refusal = checker().check(message.actions, exact_match(*key), Place::packet_out)) {
    return refuse(*refusal, request);
  }
  static_cast<void>(execute(message.actions, walk, request.now, request.effects));
}

// --- statistics ----------------------------------------------------------------------------------------------------

std::optional<std::vector<const Flow*>> Datapath::filtered(const FlowFilter& filter, const Request& request) {
  if (const Refusal refusal = checker().check(filter.match)) {
    refuse(*refusal, request);
    return std::nullopt;
  }
  if (filter.table_id != all_tables && filter.table_id >= visible_tables()) {
    // 1.0 has no word for it; its table of emergency flows, 0xfe, is empty too.
    if (rules(*version_).bad_table_is_empty) return std::vector<const Flow*>{};
    refuse(Reason::bad_table_request, request);
    return std::nullopt;
  }
  return tables_.select({.how = Selection::How::contained,
                         .table = filter.table_id,
                         .match = filter.match,
                         .priority = 0,
                         .cookie = filter.cookie,
                         .cookie_mask = filter.cookie_mask,
                         .out_port = filter.out_port,
                         .out_group = filter.out_group});
}

void Datapath::flow_stats(const FlowFilter& filter, const Request& request) {
  const auto flows = filtered(filter, request);
  if (!flows) return;
  std::vector<FlowStats> entries;
  for (const Flow* flow : *flows) {
    const Duration lived = split(request.now - flow->created);
    FlowStats& entry = entries.emplace_back();
    entry.table_id = flow->table;
    entry.match = flow->match;
    entry.duration_sec = lived.seconds;
    entry.duration_nsec = lived.nanoseconds;
    entry.priority = flow->priority;
    entry.idle_timeout = flow->idle_timeout;
    entry.hard_timeout = flow->hard_timeout;
    if (rules(*version_).count_flags) entry.flags = flow->flags;
    entry.cookie = flow->cookie;
    entry.packet_count = flow->packets;
    entry.byte_count = flow->bytes;
    entry.instructions = flow->instructions;
  }
  reply_in_parts(entries, &FlowStatsReply::flows, request);
}

void Datapath::aggregate(const FlowFilter& filter, const Request& request) {
  const auto flows = filtered(filter, request);
  if (!flows) return;
  AggregateReply sum;
  for (const Flow* flow : *flows) {
    sum.packet_count += flow->packets;
    sum.byte_count += flow->bytes;
    ++sum.flow_count;
  }
  reply(Message{sum}, request);
}

void Datapath::table_stats(const Request& request) {
  TableStatsReply message;
  for (std::uint8_t id = 0; id < visible_tables(); ++id) {
    TableStats& table = message.tables.emplace_back();
    table.table_id = id;
    if (*version_ == v1_0) {
      constexpr std::uint32_t all_wildcards = (1U << 22U) - 1;
      table.name.value = "table" + std::to_string(id);
      table.wildcards.bits = all_wildcards;
      table.max_entries = static_cast<std::uint32_t>(tables_.room());
    }
    table.active_count = static_cast<std::uint32_t>(tables_.flows(id).size());
    table.lookup_count = tables_.counters(id).lookups;
    table.matched_count = tables_.counters(id).hits;
  }
  reply(Message{std::move(message)}, request);
}

void Datapath::port_stats(PortNo number, const Request& request) {
  if (number != port::any && index_of(number) == ports_.size()) return refuse(Reason::bad_port, request);
  std::vector<PortStats> entries;
  for (const PortStats& stats : counters_) {
    if (number != port::any && stats.port_no != number) continue;
    PortStats& entry = entries.emplace_back(stats);
    if (*version_ == v1_0) continue;
    const Duration lived = split(request.now - settings_.started);
    entry.duration_sec = lived.seconds;
    entry.duration_nsec = lived.nanoseconds;
  }
  reply_in_parts(entries, &PortStatsReply::ports, request);
}

// --- queues --------------------------------------------------------------------------------------------------------

void Datapath::queue_config(PortNo number, const Request& request) {
  // 1.0 asks about one port [OF 1.0 §5.3.4].
  const bool all = number == port::any && *version_ != v1_0;
  if (!all && index_of(number) == ports_.size()) return refuse(Reason::bad_queue_port, request);
  QueueGetConfigReply message;
  message.port = number;
  for (const Queue& queue : settings_.queues) {
    if (!all && queue.port != number) continue;
    PacketQueue& entry = message.queues.emplace_back();
    entry.queue_id = queue.id;
    if (*version_ != v1_0) entry.port = queue.port;
    entry.properties.items.emplace_back(QueueRate{.rate = queue.min_rate});
  }
  reply(Message{std::move(message)}, request);
}

void Datapath::queue_stats(PortNo number, std::uint32_t id, const Request& request) {
  // The word of 1.0 for all ports is ALL [OF 1.0 §5.3.5].
  const bool all = number == (*version_ == v1_0 ? port::all : port::any);
  if (!all && index_of(number) == ports_.size()) return refuse(Reason::bad_queue_port, request);
  std::vector<QueueStats> entries;
  for (const QueueStats& stats : queued_) {
    if ((!all && stats.port_no != number) || (id != all_queues && stats.queue_id != id)) continue;
    QueueStats& entry = entries.emplace_back(stats);
    if (*version_ == v1_0) continue;
    const Duration lived = split(request.now - settings_.started);
    entry.duration_sec = lived.seconds;
    entry.duration_nsec = lived.nanoseconds;
  }
  if (entries.empty() && id != all_queues) return refuse(Reason::bad_queue_request, request);
  reply_in_parts(entries, &QueueStatsReply::queues, request);
}

}  // namespace sluice::flow_switch
