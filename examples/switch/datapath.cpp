// The way of a packet through the switch. What messages do is in messages.cpp.
#include "examples/switch/datapath.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "examples/switch/packet.hpp"
#include "ofmsg/codec.hpp"

namespace sluice::flow_switch {

using namespace ofmsg;

namespace {

constexpr std::uint16_t no_limit = 0xffff;  // OFPCML_NO_BUFFER

bool has(std::uint32_t bits, std::uint32_t bit) { return (bits & bit) != 0; }

template <class Kind>
const Kind* find(const Flow& flow) {
  for (const Instruction& instruction : flow.instructions) {
    if (const auto* found = std::get_if<Kind>(&instruction)) return found;
  }
  return nullptr;
}

}  // namespace

Port make_port(PortNo number, std::string name, MacAddress mac) {
  constexpr std::uint32_t full_duplex_1gb = 1U << 5U, copper_1_0 = 1U << 7U;
  Port port;
  port.number = number;
  port.hw_addr = mac;
  port.name.value = std::move(name);
  port.curr = full_duplex_1gb | copper_1_0;
  return port;
}

Datapath::Datapath(Settings settings)
    : settings_{std::move(settings)},
      ports_{settings_.ports},
      tables_{settings_.tables, settings_.flows_per_table},
      buffers_{settings_.buffers} {
  std::sort(ports_.begin(), ports_.end(), [](const Port& a, const Port& b) { return a.number < b.number; });
  for (Port& port : ports_) {
    PortStats stats;
    stats.port_no = port.number;
    counters_.push_back(stats);
    if (has(port.state, Port::state_link_down)) cut_.insert(port.number);
    static_cast<void>(update_state(port));
  }
  std::sort(settings_.queues.begin(), settings_.queues.end());
  for (const Queue& queue : settings_.queues) {
    QueueStats& stats = queued_.emplace_back();
    stats.port_no = queue.port;
    stats.queue_id = queue.id;
  }
}

std::size_t Datapath::index_of(PortNo number) const {
  const auto found = std::find_if(ports_.begin(), ports_.end(), [&](const Port& p) { return p.number == number; });
  return static_cast<std::size_t>(found - ports_.begin());
}

void Datapath::packet(PortNo in, ByteView bytes, Time now, Effects& effects) {
  tick(now, effects);
  const std::size_t index = index_of(in);
  if (index == ports_.size()) return;
  const Port& port = ports_[index];
  PortStats& stats = counters_[index];
  if (has(port.config, Port::config_down) || has(port.state, Port::state_link_down)) return;
  ++stats.rx_packets;
  stats.rx_bytes += bytes.size();
  if (!takes(port, bytes)) {
    ++stats.rx_dropped;
    return;
  }
  run_tables({.packet = {bytes.begin(), bytes.end()}, .in_port = in}, now, effects);
}

// [OF 1.0 §5.2.1, OF 1.3.5 §7.2.1]
bool Datapath::takes(const Port& port, ByteView packet) const {
  static constexpr std::array<unsigned, 6> bridges{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};  // IEEE 802.1D
  const bool spanning_tree = version_ && rules(*version_).stp_bits && packet.size() >= bridges.size() &&
                             std::equal(bridges.begin(), bridges.end(), packet.begin(), [](unsigned a, std::byte b) {
                               return std::byte{static_cast<std::uint8_t>(a)} == b;
                             });
  return !has(port.config, spanning_tree ? Port::config_no_recv_stp : Port::config_no_recv);
}

// [OF 1.0 §3.4, OF 1.3.5 §5.1]
void Datapath::run_tables(Walk walk, Time now, Effects& effects) {
  ActionSet set;
  std::uint8_t table = 0;
  for (;;) {
    std::optional<PacketKey> key = packet_key(walk.packet, walk.in_port);
    if (!key) return;  // not even an Ethernet header
    key->put(Field::metadata, walk.metadata);
    walk.table = table;
    const Flow* flow = tables_.lookup(table, *key, walk.packet.size(), now);
    if (flow == nullptr) return miss(walk, effects);
    if (!run_flow(*flow, walk, set, now, effects)) return;
    const auto* next = find<GotoTable>(*flow);
    if (next == nullptr) break;
    table = next->table_id;
  }
  // What the action set sends to the controller was asked for, even by a table-miss entry.
  walk.reason = PacketInReason::action;
  static_cast<void>(execute(set.in_order(), walk, now, effects));
}

// The instructions of one flow but its goto; false if the packet is gone.
bool Datapath::run_flow(const Flow& flow, Walk& walk, ActionSet& set, Time now, Effects& effects) {
  const bool counts_as_miss = version_ && rules(*version_).table_miss_entries && flow.is_table_miss();
  walk.cookie = flow.cookie;
  walk.reason = counts_as_miss ? PacketInReason::no_match : PacketInReason::action;
  // In this order, whatever the order in the flow [OF 1.3.5 §5.9].
  if (const auto* apply = find<ApplyActions>(flow)) {
    if (!execute(apply->actions, walk, now, effects)) return false;
  }
  if (find<ClearActions>(flow) != nullptr) set.clear();
  if (const auto* write = find<WriteActions>(flow)) set.write(write->actions);
  if (const auto* write = find<WriteMetadata>(flow)) {
    walk.metadata = (walk.metadata & ~write->mask) | (write->metadata & write->mask);
  }
  return true;
}

// Each output sends the packet as the actions before it have left it; false if the packet is gone.
bool Datapath::execute(const Actions& actions, Walk& walk, Time now, Effects& effects) {
  for (const Action& action : actions) {
    if (const auto* to = std::get_if<Output>(&action)) {
      output(*to, walk, now, effects);
    } else if (const auto* enqueue = std::get_if<Enqueue>(&action)) {
      const auto before = std::exchange(walk.queue, enqueue->queue);
      output(Output{enqueue->port, 0}, walk, now, effects);
      walk.queue = before;
    } else if (const auto* choice = std::get_if<SetQueue>(&action)) {
      walk.queue = choice->queue;
    } else if (rewrite(walk.packet, action) == Fate::dropped) {
      return false;
    }
  }
  return true;
}

void Datapath::output(const Output& to, const Walk& walk, Time now, Effects& effects) {
  if (to.port == port::controller) {
    packet_in(walk, to.max_len, effects);
  } else if (to.port == port::table) {
    run_tables({.packet = walk.packet, .in_port = walk.in_port, .queue = walk.queue}, now, effects);
  } else if (to.port == port::in_port) {
    emit(walk.in_port, walk, effects);
  } else if (to.port == port::all || to.port == port::flood) {
    for (const Port& port : ports_) {
      const bool spared = to.port == port::flood && has(port.config, Port::config_no_flood);
      if (port.number != walk.in_port && !spared) emit(port.number, walk, effects);
    }
  } else if (to.port != walk.in_port) {  // back out of the ingress port only by IN_PORT [OF 1.3.5 §5.1]
    emit(to.port, walk, effects);
  }
}

void Datapath::emit(PortNo number, const Walk& walk, Effects& effects) {
  const std::size_t index = index_of(number);
  if (index == ports_.size()) return;
  const Port& port = ports_[index];
  PortStats& stats = counters_[index];
  if (has(port.config, Port::config_down) || has(port.config, Port::config_no_fwd) ||
      has(port.state, Port::state_link_down)) {
    ++stats.tx_dropped;
    return;
  }
  ++stats.tx_packets;
  stats.tx_bytes += walk.packet.size();
  for (QueueStats& queue : queued_) {
    if (queue.port_no != number || queue.queue_id != walk.queue) continue;
    ++queue.tx_packets;
    queue.tx_bytes += walk.packet.size();
  }
  effects.packets.push_back({number, walk.packet, walk.queue});
}

void Datapath::miss(const Walk& walk, Effects& effects) {
  if (!version_ || !rules(*version_).miss_to_controller) return;  // dropped
  Walk missed = walk;
  missed.cookie = ~std::uint64_t{0};
  missed.reason = PacketInReason::no_match;
  packet_in(missed, miss_send_len_, effects);
}

void Datapath::packet_in(const Walk& walk, std::uint16_t max_len, Effects& effects) {
  if (!version_ || !may_tell(walk)) return;
  PacketIn message;
  message.total_len = static_cast<std::uint16_t>(std::min<std::size_t>(walk.packet.size(), 0xffff));
  message.reason = walk.reason;
  if (*version_ == v1_0) {
    message.in_port = walk.in_port;
  } else {
    message.table_id = walk.table;
    message.cookie = walk.cookie;
    message.match.set(Field::in_port, walk.in_port.value);
    if (walk.metadata != 0) message.match.set(Field::metadata, walk.metadata);
  }
  std::size_t size = walk.packet.size();
  if (!(rules(*version_).whole_packet_by_max_len && max_len == no_limit)) {
    if (const auto id = buffers_.keep(walk.in_port, walk.packet)) {
      message.buffer_id = *id;
      size = std::min<std::size_t>(size, max_len);
    }
  }
  message.data.assign(walk.packet.begin(), walk.packet.begin() + static_cast<std::ptrdiff_t>(size));
  // A packet too large for a message cannot be told about; no Ethernet is that large.
  static_cast<void>(encode(effects.to_controller, Message{std::move(message)}, *version_, Xid{}));
}

bool Datapath::may_tell(const Walk& walk) const {
  const std::size_t index = index_of(walk.in_port);
  if (index == ports_.size() || !has(ports_[index].config, Port::config_no_packet_in)) return true;
  return !rules(*version_).no_packet_in_at_all && walk.reason != PacketInReason::no_match;
}

void Datapath::tick(Time now, Effects& effects) {
  std::vector<Removed> removed;
  tables_.expire(now, removed);
  send_removed(removed, effects);
}

// --- ports ---------------------------------------------------------------------------------------------------------

bool Datapath::update_state(Port& port) const {
  const bool down = cut_.count(port.number) != 0 || has(port.config, Port::config_down);
  const std::uint32_t before = port.state;
  port.state = down ? before | Port::state_link_down : before & ~Port::state_link_down;
  return port.state != before;
}

void Datapath::tell_port(PortReason reason, const Port& port, Effects& effects) const {
  if (!version_) return;
  static_cast<void>(encode(effects.to_controller, Message{PortStatus{reason, port}}, *version_, Xid{}));
}

void Datapath::link(PortNo number, Link state, Time now, Effects& effects) {
  tick(now, effects);
  const std::size_t index = index_of(number);
  if (index == ports_.size()) return;
  if (state == Link::down) {
    cut_.insert(number);
  } else {
    cut_.erase(number);
  }
  if (update_state(ports_[index])) tell_port(PortReason::modify, ports_[index], effects);
}

void Datapath::add_port(Port port, Time now, Effects& effects) {
  tick(now, effects);
  const std::size_t index = index_of(port.number);
  const bool fresh = index == ports_.size();
  cut_.erase(port.number);
  if (has(port.state, Port::state_link_down)) cut_.insert(port.number);
  static_cast<void>(update_state(port));
  if (fresh) {
    const auto place =
        std::find_if(ports_.begin(), ports_.end(), [&](const Port& p) { return port.number < p.number; });
    PortStats stats;
    stats.port_no = port.number;
    counters_.insert(counters_.begin() + (place - ports_.begin()), stats);
    ports_.insert(place, port);
  } else {
    ports_[index] = port;
  }
  tell_port(fresh ? PortReason::add : PortReason::modify, port, effects);
}

void Datapath::remove_port(PortNo number, Time now, Effects& effects) {
  tick(now, effects);
  const std::size_t index = index_of(number);
  if (index == ports_.size()) return;
  const Port gone = ports_[index];
  ports_.erase(ports_.begin() + static_cast<std::ptrdiff_t>(index));
  counters_.erase(counters_.begin() + static_cast<std::ptrdiff_t>(index));
  cut_.erase(number);
  tell_port(PortReason::delete_, gone, effects);
}

}  // namespace sluice::flow_switch
