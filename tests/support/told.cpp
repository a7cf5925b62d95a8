#include "tests/support/told.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <variant>

#include "ofmsg/text.hpp"
#include "tests/support/random_packets.hpp"

namespace sluice::tests {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): this file is about messages only
using namespace std::chrono_literals;

namespace {

// Idle timeouts of flows that are several entries on a switch are watched by asking for their counters, a quarter of
// the timeout apart: the last packet may be noticed one pause late, and that nothing has come another one.
Time idle_slack(std::uint16_t idle_timeout) {
  return 2 * std::max<Time>(std::chrono::seconds{idle_timeout} / 4, 250ms);
}

std::string number(std::string_view name, std::uint64_t value) {
  return " " + std::string{name} + "=" + std::to_string(value);
}

bool timed_out(const FlowRemoved& m) {
  return m.reason == FlowRemovedReason::idle_timeout || m.reason == FlowRemovedReason::hard_timeout;
}

Time lived(const FlowRemoved& m) {
  return std::chrono::seconds{m.duration_sec} + std::chrono::nanoseconds{m.duration_nsec};
}

struct Teller {
  const Telling& t;

  std::string cookie(std::uint64_t value) const { return t.cookies ? number("cookie", value) : ""; }

  std::string operator()(const PacketIn& m) const {
    const bool open =
        !t.lengths_of_actions && m.reason == PacketInReason::action && m.buffer_id.value != BufferId::none;
    return "packet_in port=" + text(m.ingress()) + number("reason", static_cast<std::uint64_t>(m.reason)) +
           number("table", m.table_id) + cookie(m.cookie) + number("len", m.total_len) +
           (m.buffer_id.value == BufferId::none ? "" : " buffered") + " " + text(m.match) + " " +
           (open ? "" : hexadecimal(m.data));
  }

  std::string operator()(const FlowRemoved& m) const {
    // With two timeouts, what comes a little later may be the other one.
    const bool either = timed_out(m) && m.idle_timeout > 0;
    return "flow_removed priority=" + std::to_string(m.priority) + "," + text(m.match) + cookie(m.cookie) +
           (either ? " reason=timeout" : number("reason", static_cast<std::uint64_t>(m.reason))) +
           number("table", m.table_id) + number("idle", m.idle_timeout) + number("hard", m.hard_timeout) +
           number("packets", m.packet_count) + number("bytes", m.byte_count) +
           (timed_out(m) ? "" : number("lived", static_cast<std::uint64_t>(lived(m).count())));
  }

  std::string operator()(const FlowStatsReply& m) const {
    std::vector<std::string> lines;
    for (const FlowStats& f : m.flows) {
      lines.push_back("priority=" + std::to_string(f.priority) + "," + text(f.match) + " " + text(f.instructions) +
                      number("table", f.table_id) + number("lived", f.duration_sec) + "." +
                      std::to_string(f.duration_nsec) + number("idle", f.idle_timeout) +
                      number("hard", f.hard_timeout) + number("flags", f.flags) + cookie(f.cookie) +
                      number("packets", f.packet_count) + number("bytes", f.byte_count));
    }
    std::sort(lines.begin(), lines.end());
    std::string line = "flows:";
    for (const std::string& l : lines) line += "\n      " + l;
    return line;
  }

  std::string operator()(const AggregateReply& m) const {
    return "aggregate" + number("flows", m.flow_count) + number("packets", m.packet_count) +
           number("bytes", m.byte_count);
  }

  // Lookups of a shared table cannot be told by slice, so those are documented to be what matched; and matches of flows
  // that have gone are forgotten.
  std::string operator()(const TableStatsReply& m) const {
    std::string line = "tables:";
    for (const TableStats& s : m.tables) line += number(std::to_string(s.table_id), s.active_count);
    return line;
  }

  std::string operator()(const PortStatsReply& m) const {
    std::string line = "ports:";
    for (const PortStats& s : m.ports) line += " " + text(s.port_no) + ": " + t.port(s);
    return line;
  }

  std::string operator()(const Error& m) const { return "error " + text(m.error, t.version); }

  template <class Other>
  std::string operator()(const Other& m) const {
    return text(Message{m}, t.version, Xid{});
  }
};

}  // namespace

Line Telling::operator()(const Message& message) const {
  Line line;
  line.text = std::visit(Teller{*this}, message);
  const auto* removed = std::get_if<FlowRemoved>(&message);
  if (removed == nullptr || !timed_out(*removed)) return line;
  line.lived = lived(*removed);
  if (removed->idle_timeout > 0) line.slack = idle_slack(removed->idle_timeout);
  // What is put there again gets whole seconds, and the whole of its idle timeout.
  if (first_use_unknown) line.slack += 1s + std::chrono::seconds{removed->idle_timeout};
  return line;
}

std::string port_text(const PortStats& stats) {
  return "rx " + std::to_string(stats.rx_packets) + "/" + std::to_string(stats.rx_bytes) + " tx " +
         std::to_string(stats.tx_packets) + "/" + std::to_string(stats.tx_bytes);
}

bool counts_nothing(const PortStats& stats) {
  constexpr std::uint64_t u = PortStats::unknown;
  const PortStats none{stats.port_no, u, u, u, u, u, u, u, u, u, u, u, u, stats.duration_sec, stats.duration_nsec, {}};
  return stats == none;
}

bool same(Lines actual, Lines expected) {
  const auto order = [](const Line& a, const Line& b) { return std::tie(a.text, a.lived) < std::tie(b.text, b.lived); };
  std::sort(actual.begin(), actual.end(), order);
  std::sort(expected.begin(), expected.end(), order);
  return std::equal(actual.begin(), actual.end(), expected.begin(), expected.end(), [](const Line& a, const Line& e) {
    if (a.text != e.text || a.lived.has_value() != e.lived.has_value()) return false;
    return !a.lived || (*a.lived >= *e.lived && *a.lived <= *e.lived + a.slack);
  });
}

std::string listed(const Lines& lines) {
  std::string out;
  for (const Line& line : lines) {
    out += "    " + line.text + (line.lived ? " lived=" + std::to_string(line.lived->count()) : "") + "\n";
  }
  return out.empty() ? "    nothing\n" : out;
}

}  // namespace sluice::tests
