// Flow monitoring [OF 1.4 §7.3.5.17]: a controller asks to be told of changes to flows that others make.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/messages/flow.hpp"
#include "ofmsg/messages/stats_header.hpp"

namespace sluice::ofmsg {

enum class FlowMonitorCommand : std::uint8_t { add, modify, delete_ };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<FlowMonitorCommand>{"add", "modify", "delete"};

struct FlowMonitor {
  // Flags.
  static constexpr std::uint16_t initial = 1U << 0U, add = 1U << 1U, removed = 1U << 2U, modify = 1U << 3U,
                                 instructions = 1U << 4U, no_abbrev = 1U << 5U, only_own = 1U << 6U;

  std::uint32_t monitor_id = 0;
  PortNo out_port = port::any;
  GroupId out_group;
  std::uint16_t flags = 0;
  std::uint8_t table_id = all_tables;
  FlowMonitorCommand command = FlowMonitorCommand::add;
  Match match;
  friend bool operator==(const FlowMonitor&, const FlowMonitor&) = default;
};

template <class W, of_type<FlowMonitor> M>
void layout(W& w, M& m) {
  w("monitor_id", m.monitor_id);
  w("out_port", m.out_port);
  w("out_group", m.out_group);
  w("flags", m.flags);
  w("table_id", m.table_id);
  w("command", m.command);
  w("match", m.match);
}

struct FlowMonitorRequest {
  static constexpr Kind kind = Kind::flow_monitor_request;
  std::uint16_t flags = 0;
  std::vector<FlowMonitor> monitors;
  friend bool operator==(const FlowMonitorRequest&, const FlowMonitorRequest&) = default;
};

template <class W, of_type<FlowMonitorRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("monitors", m.monitors);
}

// One update. `initial` to `modified` tell a flow, `abbrev` a transaction of this controller's own, `paused` and
// `resumed` nothing more.
enum class FlowUpdateEvent : std::uint16_t { initial, added, removed, modified, abbrev, paused, resumed };

template <>
inline constexpr std::array<std::string_view, 7> enum_names<FlowUpdateEvent>{"initial", "added",  "removed", "modified",
                                                                             "abbrev",  "paused", "resumed"};

struct FlowUpdate {
  FlowUpdateEvent event = FlowUpdateEvent::initial;
  std::uint8_t table_id = 0;
  FlowRemovedReason reason = FlowRemovedReason::idle_timeout;  // of `removed`
  std::uint16_t idle_timeout = 0, hard_timeout = 0, priority = 0;
  std::uint64_t cookie = 0;
  Match match;
  Instructions instructions;
  std::uint32_t xid = 0;  // of `abbrev`
  friend bool operator==(const FlowUpdate&, const FlowUpdate&) = default;
};

template <class W, of_type<FlowUpdate> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w("event", m.event);
    if (m.event <= FlowUpdateEvent::modified) {
      w("table_id", m.table_id);
      w("reason", m.reason);
      w("idle_timeout", m.idle_timeout);
      w("hard_timeout", m.hard_timeout);
      w("priority", m.priority);
      w.pad(4);
      w("cookie", m.cookie);
      w("match", m.match);
      w("instructions", m.instructions);
    } else if (m.event == FlowUpdateEvent::abbrev) {
      w("xid", m.xid);
    } else {
      w.pad(4);
    }
  });
}

struct FlowMonitorReply {
  static constexpr Kind kind = Kind::flow_monitor_reply;
  std::uint16_t flags = 0;
  std::vector<FlowUpdate> updates;
  friend bool operator==(const FlowMonitorReply&, const FlowMonitorReply&) = default;
};

template <class W, of_type<FlowMonitorReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("updates", m.updates);
}

}  // namespace sluice::ofmsg
