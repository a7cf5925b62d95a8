// Everything that the core may report, as one table: the log's dictionary and the source of `sluicectl explain`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::slicing {

enum class NoteId : std::uint8_t {
  switch_connected,
  switch_up,
  switch_lost,
  switch_unknown,
  switch_duplicate,
  switch_taken_over,
  switch_error,
  port_added,
  port_removed,
  view_warning,
  leg_dialling,
  leg_up,
  leg_lost,
  refused,
  malformed_from_controller,
  malformed_from_switch,
  unclaimed_packet_in,
  packet_in_dropped,
  flow_withdrawn,
  flow_reinstalled,
  foreign_flow,
  policy_changed,
  flows_left,
  role_taken,
  controllers_away,
  flows_adopted,
};

enum class Severity : std::uint8_t { debug, info, warning, error };

struct NoteFacts {
  NoteId id;
  std::string_view name;  // unique, for machines: "switch_up"
  Severity severity;
  std::string_view text;  // constant; the rest is key=value
  std::string_view help;
};

inline constexpr std::array note_table{
    NoteFacts{NoteId::switch_connected, "switch_connected", Severity::debug, "switch connection accepted",
              "A TCP connection came in on a listener; the handshake follows."},
    NoteFacts{NoteId::switch_up, "switch_up", Severity::info, "switch is up",
              "Handshake, port list and reconciliation are done; its slices' controllers are dialled now."},
    NoteFacts{NoteId::switch_lost, "switch_lost", Severity::warning, "switch connection lost",
              "The connection ended. Its flows stay on the switch; controllers are disconnected until it returns."},
    NoteFacts{NoteId::switch_unknown, "switch_unknown", Severity::warning, "switch is not in the slice file",
              "It stays connected without slices. Add its dpid under \"switches\" to use it."},
    NoteFacts{NoteId::switch_duplicate, "switch_duplicate", Severity::warning, "second connection with the same dpid",
              "The older connection is asked for a sign of life; if it answers, the newer one is closed."},
    NoteFacts{NoteId::switch_taken_over, "switch_taken_over", Severity::info, "newer connection took over",
              "The older connection with this dpid did not answer and was closed."},
    NoteFacts{NoteId::switch_error, "switch_error", Severity::warning, "switch reported an error",
              "For a message of Sluice's own, or for one that no controller waits for any more."},
    NoteFacts{NoteId::port_added, "port_added", Severity::info, "port appeared", "The switch reports a new port."},
    NoteFacts{NoteId::port_removed, "port_removed", Severity::info, "port vanished", "The switch removed a port."},
    NoteFacts{NoteId::view_warning, "view_warning", Severity::warning, "part of the slice file has no effect here",
              "A port name that the switch does not report, or headers that its OpenFlow version cannot express."},
    NoteFacts{NoteId::leg_dialling, "leg_dialling", Severity::debug, "dialling controller", "Or dialling again."},
    NoteFacts{NoteId::leg_up, "leg_up", Severity::info, "controller is up", "The controller's handshake is done."},
    NoteFacts{NoteId::leg_lost, "leg_lost", Severity::warning, "controller connection lost",
              "Its flows stay. It is dialled again after a pause that grows up to 8 seconds."},
    NoteFacts{NoteId::refused, "refused", Severity::info, "controller's message refused",
              "It would have reached outside its slice or asked for what is not supported; it got an OpenFlow error."},
    NoteFacts{NoteId::malformed_from_controller, "malformed_from_controller", Severity::warning,
              "malformed message from controller", "It got an OpenFlow error."},
    NoteFacts{NoteId::malformed_from_switch, "malformed_from_switch", Severity::warning,
              "malformed message from switch", "It was dropped."},
    NoteFacts{NoteId::unclaimed_packet_in, "unclaimed_packet_in", Severity::debug, "packet_in that no slice owns",
              "It was dropped."},
    NoteFacts{NoteId::packet_in_dropped, "packet_in_dropped", Severity::debug, "packet_in dropped",
              "Its controller does not read fast enough."},
    NoteFacts{NoteId::flow_withdrawn, "flow_withdrawn", Severity::info, "flow withdrawn",
              "The switch refused or removed a part of it, so the other parts were removed too."},
    NoteFacts{NoteId::flow_reinstalled, "flow_reinstalled", Severity::info, "flows installed again",
              "They were missing on the switch when it came back."},
    NoteFacts{NoteId::foreign_flow, "foreign_flow", Severity::warning, "flow with our mark that nobody owns",
              "It is left alone and listed."},
    NoteFacts{NoteId::policy_changed, "policy_changed", Severity::info, "slice file changed",
              "What it changes for flows, ports and controllers has been done; the rest stays as it was."},
    NoteFacts{
        NoteId::flows_left, "flows_left", Severity::info, "flows left their flowspace",
        "The slice file changed: they were deleted, and their controllers were told where they had asked for it."},
    NoteFacts{NoteId::role_taken, "role_taken", Severity::info, "controller has taken a role",
              "It asked for it. Roles are the slice's own affair; the switch is not told."},
    NoteFacts{NoteId::controllers_away, "controllers_away", Severity::warning, "no controller of the slice is there",
              "What the slice file wants done then (when_controller_down) has been done."},
    NoteFacts{NoteId::flows_adopted, "flows_adopted", Severity::info, "flows of an earlier run are their slices' again",
              "They stand as they did; cookies and flags that their controllers gave them are not known any more."},
};

[[nodiscard]] constexpr const NoteFacts& facts(NoteId id) { return note_table[static_cast<std::size_t>(id)]; }

static_assert([] {
  for (std::size_t i = 0; i < note_table.size(); ++i) {
    if (static_cast<std::size_t>(note_table[i].id) != i || note_table[i].help.empty()) return false;
  }
  return note_table.size() == static_cast<std::size_t>(NoteId::flows_adopted) + 1;
}());

// One thing worth reporting. Empty strings are not printed.
struct Note {
  NoteId id;
  std::string switch_name;  // name in the slice file, or the dpid
  std::string slice;
  std::string detail;  // key=value pairs or a sentence
};

}  // namespace sluice::slicing
