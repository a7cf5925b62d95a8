// What the core tells of its state to whoever asks: plain values, copied out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/action.hpp"
#include "ofmsg/bytes.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/messages/session.hpp"
#include "ofmsg/port.hpp"
#include "ofmsg/version.hpp"
#include "slicing/events.hpp"

namespace sluice::slicing {

// A rule of the slice file: how people call it, and where it stands.
struct RuleName {
  std::string name;
  std::string position;  // "campus.slices.json:58:9"

  friend bool operator==(const RuleName&, const RuleName&) = default;
};

struct PortState {
  ofmsg::PortNo number;
  std::string name;
  bool link_up = true;
  std::vector<std::string> slices;
};

// Why a packet_in went to no controller.
enum class Undelivered : std::uint8_t {
  unreadable,     // it has no whole Ethernet header
  no_owner,       // its header is in nobody's flowspace
  reason,         // for a reason of which slices are not told
  no_controller,  // its slice has no controller that is there
  port_off,       // its slice has turned the port off, or wants no packet_ins from it
  too_fast,       // above limits.packet_ins of its slice
  probe,          // a frame of discovery that is marked for elsewhere, too old, forged, or cut
};

inline constexpr std::array<std::string_view, 7> undelivered_names{"unreadable", "no_owner", "reason", "no_controller",
                                                                   "port_off",   "too_fast", "probe"};

struct SwitchState {
  std::string name;  // of the slice file; the dpid for unknown switches
  ofmsg::DatapathId dpid;
  bool configured = false;  // is in the slice file
  std::string state;        // "up", "setup", "down"; unknown ones: "handshake", "no slices", "duplicate"
  std::string peer;
  std::optional<ofmsg::Version> version;
  std::optional<Time> since;  // when this state began
  std::size_t virtual_flows = 0, physical_flows = 0;
  std::uint64_t messages_in = 0, messages_out = 0, refused = 0;
  std::array<std::uint64_t, undelivered_names.size()> undelivered{};  // packet_ins, by cause
  std::vector<PortState> ports;
  std::vector<std::string> warnings;
};

struct LegState {
  std::string slice;
  std::string switch_name;
  std::string controller;  // "tcp:127.0.0.1:7001"
  std::string state;       // "up", "handshake", "dialling", "waiting", "idle" (switch down)
  std::string role;        // "writer", "standby", "reader", "read-only", or what it asked for
  std::optional<Time> since;
  std::optional<Time> next_try;  // while waiting
  std::string last_error;        // why it was lost last; may be empty
  std::uint64_t messages_in = 0, messages_out = 0, refused = 0, packet_ins = 0, packet_ins_dropped = 0;
  std::uint64_t holds = 0;  // how often it was not read for a while, because it sent too fast
};

struct SliceState {
  std::string name;
  std::string owner;
  std::vector<std::string> rules;  // "s1 ports 1,2: dl_vlan=10 (write)"
  std::size_t switches_up = 0, switches_configured = 0;
  std::size_t virtual_flows = 0, physical_flows = 0;
  std::uint64_t refused = 0;
};

struct PieceState {
  ofmsg::Match match;
  std::uint64_t cookie = 0;
  ofmsg::Instructions instructions;
  // "installed"; "shadowed": another flow of the slice holds its place; "unknown" while the switch is away.
  std::string state;
  std::uint16_t priority = 0;  // in the switch
  bool narrowed = false;       // see mapping::PhysicalFlow
};

struct FlowState {
  std::string slice;
  std::string switch_name;
  ofmsg::Version version{};
  std::uint16_t priority = 0;
  ofmsg::Match match;  // as the controller asked
  std::uint64_t cookie = 0;
  std::uint16_t idle_timeout = 0, hard_timeout = 0;
  ofmsg::Instructions instructions;
  Time age{};
  std::vector<PieceState> pieces;  // as the switch has it
};

// One of the last messages that were refused.
struct Refusal {
  static constexpr std::size_t kept = 256;  // so many

  Time at{};
  std::string slice;
  std::string switch_name;
  std::string kind;  // "flow_mod"
  std::uint32_t xid = 0;
  std::string code;                             // "E0201"
  std::string error;                            // "FLOW_MOD_FAILED/EPERM"
  std::string why;                              // a sentence
  std::optional<RuleName> rule = std::nullopt;  // the one that came nearest, if the sentence is about one
  std::string controller = {};                  // "tcp:127.0.0.1:7001"
  ofmsg::Version version = ofmsg::v1_3;
  ofmsg::WireError wire = {};  // the error as numbers
  // What was refused, and how long it was: a flow_mod, or a packet_out with a packet of usual size, is here whole.
  static constexpr std::size_t request_kept = 2048;
  ofmsg::Bytes request = {};
  std::size_t request_size = 0;

  [[nodiscard]] bool whole() const { return request_size > 0 && request.size() == request_size; }
};

// A rule of a slice beside a match that does not fit it.
struct NearRule {
  RuleName rule;
  bool reads = false;    // the slice may only read there
  std::string ports;     // "1,24", "*"
  ofmsg::Match header;   // of the rule; of several the one that is nearest
  std::size_t more = 0;  // other headers of the same rule
  ofmsg::Match asked;    // the fields in which the two exclude each other, as they were asked
};

// A refusal, and what the slice has there instead: by the slice file as it is now.
struct Explanation {
  Refusal refusal;
  std::vector<NearRule> nearest;     // nearest first; empty where no rule would help
  std::vector<ofmsg::PortNo> ports;  // the slice's on the switch
};

struct DomainState {
  std::string name;  // proxy.name
  std::uint64_t fingerprint = 0;
  Time now{};
  std::vector<SwitchState> switches;  // configured ones first, in order of name
  std::vector<SliceState> slices;
  std::vector<LegState> legs;
};

}  // namespace sluice::slicing
