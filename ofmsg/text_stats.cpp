// Statistics and ports as `ovs-ofctl ofp-print` writes them.
#include <array>
#include <bit>

#include "ofmsg/text_printer.hpp"

namespace sluice::ofmsg {

namespace {

using BitName = std::pair<std::uint32_t, std::string_view>;

std::string right_aligned(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

// Counters that a switch does not keep are all ones.
std::string counter(std::uint64_t value) { return value == PortStats::unknown ? "?" : std::to_string(value); }

}  // namespace

std::string MessagePrinter::more(std::uint16_t flags) {
  if (flags == 0) return {};
  return (flags & multipart_more) != 0 ? " flags=[more]" : " flags=" + hex(flags, 4);
}

std::string MessagePrinter::filter(const FlowFilter& f) const {
  std::string out;
  if (f.table_id != all_tables) out += " table=" + std::to_string(f.table_id);
  if (f.out_port != port::any) out += " out_port=" + text(f.out_port);
  if (f.out_group.value != GroupId::any) out += " out_group=" + std::to_string(f.out_group.value);
  if (f.cookie_mask != 0) out += " cookie=" + hex(f.cookie) + '/' + hex(f.cookie_mask);
  const std::string match = text(f.match, version_);
  return match.empty() ? out : out + ' ' + match;
}

std::string MessagePrinter::operator()(const DescReply& m) const {
  return more(m.flags) + "\nManufacturer: " + printable(m.mfr_desc.value) +
         "\nHardware: " + printable(m.hw_desc.value) + "\nSoftware: " + printable(m.sw_desc.value) +
         "\nSerial Num: " + printable(m.serial_num.value) + "\nDP Description: " + printable(m.dp_desc.value);
}

std::string MessagePrinter::flow(const FlowStats& f) const {
  const bool oxs = version_ >= v1_5;
  const std::uint64_t age = f.stats.find(StatField::duration).value_or(0);
  std::string out = " cookie=" + hex(f.cookie) + ", duration=";
  out += oxs ? duration_text(static_cast<std::uint32_t>(age >> 32U), static_cast<std::uint32_t>(age & 0xffffffffU))
             : duration_text(f.duration_sec, f.duration_nsec);
  out += ", table=" + std::to_string(f.table_id) + ", n_packets=" +
         counter(oxs ? f.stats.find(StatField::packet_count).value_or(PortStats::unknown) : f.packet_count) +
         ", n_bytes=" + counter(oxs ? f.stats.find(StatField::byte_count).value_or(PortStats::unknown) : f.byte_count) +
         ", ";
  if (f.idle_timeout != 0) out += "idle_timeout=" + std::to_string(f.idle_timeout) + ", ";
  if (f.hard_timeout != 0) out += "hard_timeout=" + std::to_string(f.hard_timeout) + ", ";
  out += flow_flags_text(f.flags, version_);
  if (f.importance != 0) out += "importance=" + std::to_string(f.importance) + ", ";
  out += match_with_priority(f.match, f.priority);
  if (out.back() != ' ') out += ' ';
  return out + text(f.instructions, version_);
}

std::string MessagePrinter::operator()(const FlowStatsReply& m) const {
  std::string out = more(m.flags);
  for (const FlowStats& f : m.flows) out += '\n' + flow(f);
  return out;
}

std::string MessagePrinter::operator()(const AggregateReply& m) const {
  const auto value = [&](StatField field, std::uint64_t fixed) {
    return std::to_string(version_ >= v1_5 ? m.stats.find(field).value_or(0) : fixed);
  };
  return more(m.flags) + " packet_count=" + value(StatField::packet_count, m.packet_count) +
         " byte_count=" + value(StatField::byte_count, m.byte_count) +
         " flow_count=" + value(StatField::flow_count, m.flow_count);
}

// Everything but the number, to tell tables that are alike.
std::string MessagePrinter::table(const TableStats& t) const {
  std::string out;
  if (!t.name.value.empty()) out += " (\"" + printable(t.name.value) + "\")";
  out += ":\n    active=" + std::to_string(t.active_count) + ", lookup=" + std::to_string(t.lookup_count) +
         ", matched=" + std::to_string(t.matched_count);
  if (version_ >= v1_3) return out;
  return out + "\n    max_entries=" + std::to_string(t.max_entries) + ", wildcards=" + hex(t.wildcards.bits, 6);
}

std::string MessagePrinter::operator()(const TableStatsReply& m) const {
  std::string out = more(m.flags);
  for (std::size_t i = 0; i < m.tables.size();) {
    const std::string same = table(m.tables[i]);
    std::size_t next = i + 1;
    while (next < m.tables.size() && m.tables[next].table_id == m.tables[next - 1].table_id + 1 &&
           table(m.tables[next]) == same) {
      ++next;
    }
    out += "\n  table " + std::to_string(m.tables[i].table_id) + same;
    if (next - i > 1) {
      const std::string first = std::to_string(m.tables[i + 1].table_id);
      const std::string last = std::to_string(m.tables[next - 1].table_id);
      out += next - i == 2 ? "\n  table " : "\n  tables ";
      out += first;
      if (next - i > 2) out += "..." + last;
      out += ": ditto";
    }
    i = next;
  }
  return out;
}

std::string MessagePrinter::operator()(const PortStatsRequest& m) const {
  return more(m.flags) + " port_no=" + text(m.port_no);
}

std::string MessagePrinter::port_stats(const PortStats& p) const {
  const auto* const property = p.properties.find<PortStatsEthernet>();
  const PortStatsEthernet fields{p.rx_frame_err, p.rx_over_err, p.rx_crc_err, p.collisions};
  const PortStatsEthernet& e = property != nullptr ? *property : fields;
  std::string out = "  port " + right_aligned(text(p.port_no), 2);
  out += ": rx pkts=" + counter(p.rx_packets) + ", bytes=" + counter(p.rx_bytes) + ", drop=" + counter(p.rx_dropped) +
         ", errs=" + counter(p.rx_errors) + ", frame=" + counter(e.rx_frame_err) + ", over=" + counter(e.rx_over_err) +
         ", crc=" + counter(e.rx_crc_err);
  out += "\n           tx pkts=" + counter(p.tx_packets) + ", bytes=" + counter(p.tx_bytes) +
         ", drop=" + counter(p.tx_dropped) + ", errs=" + counter(p.tx_errors) + ", coll=" + counter(e.collisions);
  if (version_ >= v1_3 && p.duration_sec != 0xffffffff) {
    out += "\n           duration=" + duration_text(p.duration_sec, p.duration_nsec);
  }
  return out;
}

std::string MessagePrinter::operator()(const PortStatsReply& m) const {
  std::string out = more(m.flags) + ' ' + std::to_string(m.ports.size()) + " ports";
  for (const PortStats& p : m.ports) out += '\n' + port_stats(p);
  return out;
}

std::string MessagePrinter::operator()(const PortDescReply& m) const {
  std::string out = more(m.flags);
  for (const Port& p : m.ports) out += "\n " + port(p);
  return out;
}

// The features of a link; 1.1 put new speeds before the old names.
std::string MessagePrinter::features(std::uint32_t bits) const {
  constexpr std::array<std::string_view, 7> speeds{"10MB-HD", "10MB-FD", "100MB-HD", "100MB-FD",
                                                   "1GB-HD",  "1GB-FD",  "10GB-FD"};
  constexpr std::array<std::string_view, 4> faster{"40GB-FD", "100GB-FD", "1TB-FD", "OTHER"};
  constexpr std::array<std::string_view, 5> media{"COPPER", "FIBER", "AUTO_NEG", "AUTO_PAUSE", "AUTO_PAUSE_ASYM"};
  std::vector<BitName> names;
  const auto add = [&](std::string_view name) { names.emplace_back(1U << names.size(), name); };
  for (const std::string_view name : speeds) add(name);
  if (version_ != v1_0) {
    for (const std::string_view name : faster) add(name);
  }
  for (const std::string_view name : media) add(name);
  return bit_names(bits, names);
}

// 1.0 tells no speeds, so they are read off the features.
std::string MessagePrinter::speed(const Port& p) const {
  constexpr std::array<std::uint32_t, 7> megabits{10, 10, 100, 100, 1000, 1000, 10000};
  const auto of_features = [&](std::uint32_t bits) {
    const unsigned highest = static_cast<unsigned>(std::bit_width(bits & 0x7fU));
    return highest == 0 ? 0U : megabits[highest - 1];
  };
  const PortEthernet e = p.ethernet();
  const std::uint32_t now = version_ == v1_0 ? of_features(e.curr) : e.curr_speed / 1000;
  const std::uint32_t most = version_ == v1_0 ? of_features(e.supported) : e.max_speed / 1000;
  return std::to_string(now) + " Mbps now, " + std::to_string(most) + " Mbps max";
}

std::string MessagePrinter::port(const Port& p) const {
  constexpr std::array<BitName, 7> config{{
      {Port::config_down, "PORT_DOWN"},
      {1U << 1U, "NO_STP"},
      {Port::config_no_recv, "NO_RECV"},
      {1U << 3U, "NO_RECV_STP"},
      {Port::config_no_flood, "NO_FLOOD"},
      {Port::config_no_fwd, "NO_FWD"},
      {Port::config_no_packet_in, "NO_PACKET_IN"},
  }};
  constexpr std::array<BitName, 3> state_since_1_1{{{1U, "LINK_DOWN"}, {2U, "BLOCKED"}, {4U, "LIVE"}}};
  // The spanning tree's state is a number in two bits; 0, listening, counts as none.
  constexpr std::array<BitName, 4> state_1_0{
      {{1U, "LINK_DOWN"}, {3U << 8U, "STP_BLOCK"}, {2U << 8U, "STP_FORWARD"}, {1U << 8U, "STP_LEARN"}}};
  std::string out = text(p.number) + '(' + printable(p.name.value) + "): addr:" + text(p.hw_addr);
  out += "\n     config:     " + bit_names(p.config, config);
  out +=
      "\n     state:      " + (version_ == v1_0 ? bit_names(p.state, state_1_0) : bit_names(p.state, state_since_1_1));
  const PortEthernet e = p.ethernet();
  if (e.curr != 0) out += "\n     current:    " + features(e.curr);
  if (e.advertised != 0) out += "\n     advertised: " + features(e.advertised);
  if (e.supported != 0) out += "\n     supported:  " + features(e.supported);
  if (e.peer != 0) out += "\n     peer:       " + features(e.peer);
  return out + "\n     speed: " + speed(p);
}

}  // namespace sluice::ofmsg
