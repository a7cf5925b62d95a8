// Why a controller's message is refused: the reason that becomes an OpenFlow error, our own stable code, and a sentence
// for people. A refusal is a value; whoever makes it sends nothing.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ofmsg/error.hpp"
#include "policy/ids.hpp"

namespace sluice::slicing {

// Codes E02xx; a code is never reused.
enum class RefusalCode : std::uint16_t {
  outside_flowspace = 201,
  output_to_foreign_port = 202,
  header_leaves_slice = 203,
  too_many_pieces = 204,
  flow_quota = 205,
  overlapping_flow = 206,
  no_such_table = 207,
  not_supported = 208,
  not_the_writer = 209,
  malformed = 210,
  foreign_in_port = 211,
  unreadable_packet = 212,
  unknown_buffer = 213,
  queue_not_granted = 214,
  no_groups = 215,
  no_meters = 216,
  port_mod = 217,
  switch_config = 218,
  too_many_requests = 219,
  switch_refused = 220,
  not_expressible = 221,
  no_answer = 222,
  too_many_actions = 223,
  too_fast = 224,
  discovery = 225,
};

struct RefusalFacts {
  RefusalCode code;
  std::string_view help;
};

inline constexpr std::array refusal_table{
    RefusalFacts{RefusalCode::outside_flowspace,
                 "No packet of the match belongs to the slice (with \"outside\": \"reject\", some do not)."},
    RefusalFacts{RefusalCode::output_to_foreign_port,
                 "The output port is not the slice's, or is a reserved port that it may not use."},
    RefusalFacts{RefusalCode::header_leaves_slice,
                 "Some packet would leave a port with a header that the slice does not own there."},
    RefusalFacts{RefusalCode::too_many_pieces, "The flow would need more physical flows than limits.expand allows."},
    RefusalFacts{RefusalCode::flow_quota,
                 "The slice has as many flows, or entries in this switch's table, as its limits allow."},
    RefusalFacts{RefusalCode::overlapping_flow, "OFPFF_CHECK_OVERLAP was set and another flow of the slice overlaps."},
    RefusalFacts{RefusalCode::no_such_table, "The slice has one table, number 0."},
    RefusalFacts{RefusalCode::not_supported, "Sluice does not support this message or this part of it."},
    RefusalFacts{RefusalCode::not_the_writer,
                 "Another controller of the slice is the one that may write, or the slice is read-only here."},
    RefusalFacts{RefusalCode::malformed, "The message breaks the specification."},
    RefusalFacts{RefusalCode::foreign_in_port, "The packet_out names an ingress port that is not the slice's."},
    RefusalFacts{RefusalCode::unreadable_packet,
                 "The packet has no whole Ethernet header, so that nobody can tell whose it is."},
    RefusalFacts{RefusalCode::unknown_buffer,
                 "The buffer was not given to this slice, was used already, or is too old."},
    RefusalFacts{RefusalCode::queue_not_granted, "The slice may not use this queue at this port."},
    RefusalFacts{RefusalCode::no_groups, "The slice has no groups."},
    RefusalFacts{RefusalCode::no_meters, "The slice has no meters."},
    RefusalFacts{RefusalCode::port_mod,
                 "The port is not the slice's, or what is to be changed of it is the same for all slices."},
    RefusalFacts{RefusalCode::switch_config, "Fragment handling is the switch's and cannot be changed by a slice."},
    RefusalFacts{RefusalCode::too_many_requests,
                 "Too many requests of this controller are waiting for the switch's answer."},
    RefusalFacts{RefusalCode::switch_refused, "The switch itself refused what Sluice had sent for this message."},
    RefusalFacts{RefusalCode::not_expressible, "A part of the match cannot be said in the switch's OpenFlow version."},
    RefusalFacts{RefusalCode::no_answer, "The switch did not answer in time."},
    RefusalFacts{RefusalCode::too_many_actions,
                 "With FLOOD and ALL written out, the actions would not fit one message."},
    RefusalFacts{RefusalCode::too_fast, "The slice sends faster than limits.flow_mods or limits.packet_outs allows."},
    RefusalFacts{RefusalCode::discovery,
                 "A frame of LLDP may not be sent so: \"lldp\": \"none\", or it is no probe (docs/semantics-1.0.md)."},
};

[[nodiscard]] inline std::string text(RefusalCode code) { return "E0" + std::to_string(static_cast<unsigned>(code)); }

struct Refuse {
  ofmsg::Reason reason;
  RefusalCode code;
  std::string why;
  std::optional<policy::RuleId> rule = std::nullopt;  // the rule that came nearest, if there is one
};

// A value, or why not.
template <class T>
using Judged = ofmsg::Result<T, Refuse>;

[[nodiscard]] inline ofmsg::Failure<Refuse> refuse(ofmsg::Reason reason, RefusalCode code, std::string why) {
  return ofmsg::Failure<Refuse>{Refuse{reason, code, std::move(why)}};
}

}  // namespace sluice::slicing
