// Errors of the wire as values: what is wrong with a message, where, and which OpenFlow error says so to its sender.
//
// A CodecError is built where a message is read and costs nothing; its sentence is made when somebody reads it. The
// pair (type, code) that goes on the wire is a `WireError`, looked up here for the version in use, never at the place
// where the fault is found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ofmsg/bytes.hpp"
#include "ofmsg/frame.hpp"
#include "ofmsg/kind.hpp"
#include "ofmsg/result.hpp"
#include "ofmsg/version.hpp"

namespace sluice::ofmsg {

// Why a message, or a part of it, is not taken. The first group is about bytes and is found by decoding; the second
// group is about meaning and is found by whoever judges a decoded message. Both map to an OpenFlow error for every
// version in `wire_error`.
enum class Reason : std::uint8_t {
  // decoding
  truncated,            // fewer bytes than the field needs
  bad_length,           // a length field that contradicts the bytes
  bad_version,          // header version is not the connection's
  bad_type,             // message type does not exist in this version
  bad_multipart,        // multipart or statistics type does not exist in this version
  bad_value,            // a value that the field cannot have
  unsupported,          // legal, but there is no typed form of it here
  bad_match_type,       // match type is not the version's
  bad_match_length,     // length of the match, or of a field in it
  bad_match_field,      // field unknown
  bad_match_value,      // value impossible for the field
  bad_match_mask,       // mask not allowed for the field
  bad_match_wildcards,  // a value with bits where its mask has none
  bad_match_prereq,     // a field without its prerequisite
  bad_match_dup,        // a field given twice
  bad_action_type,      // action unknown
  bad_action_len,       // action length wrong
  bad_action_value,     // argument of an action impossible (BAD_ARGUMENT)
  bad_set_type,         // set_field of a field that cannot be set
  bad_set_length,       // set_field of a field with another length
  bad_set_mask,         // set_field with a mask before 1.5
  bad_set_value,        // set_field with an impossible value
  bad_action_experimenter,
  bad_instruction_type,
  bad_instruction_length,
  bad_instruction_experimenter,
  bad_experimenter,  // message of an unknown experimenter
  bad_experimenter_type,
  bad_bucket_length,
  bad_property_length,
  bad_table_features_length,
  // judging: what a specification says of values
  bad_property_type,
  bad_property_value,
  property_dup,
  bad_property_experimenter,
  bad_table_features_type,
  bad_table_features_argument,
  bad_table_features_command,
  bad_group_command,
  bad_group_type,
  invalid_group,
  bad_bucket,
  bad_watch,
  bad_meter_command,
  bad_meter_flags,
  invalid_meter,
  bad_band,
  bad_band_value,
  bad_port_config,
  bad_port_advertise,
  bad_table_config,
  bad_role,
  bad_config_flags,
  bad_bundle_type,
  bad_bundle_flags,
  bad_bundle_message,
  bad_bundle_xid,
  bad_bundle_length,
  bad_async_config,
  bad_async_value,
  bad_multipart_flags,
  bad_pipeline_fields,  // 1.5: packet_out with fields of the packet in its match
  action_inconsistent,  // an action on a field that the match does not make sure of
  bad_tag,
  bad_monitor_flags,
  bad_monitor_command,
  bad_timeout,
  bad_group_request,  // a request names a group that cannot be
  bad_table_request,  // a request names a table that cannot be
  bad_queue_port,     // a request names a port that is not there, or has no queues
  bad_queue_request,
  dup_instruction,
  bad_instruction_order,
  metadata_unsupported,
  // judging: what the receiver has and allows
  not_permitted,   // BAD_REQUEST / EPERM
  flow_outside,    // match outside what the sender owns: FLOW_MOD_FAILED / EPERM
  action_outside,  // header would leave what the sender owns: BAD_ACTION / EPERM
  bad_out_port,    // output port not there, or not the sender's
  bad_queue,       // queue not granted
  bad_out_group,   // group not there
  bad_table_id,    // table not there
  bad_command,     // unknown flow_mod command
  bad_flags,       // unknown or refused flow_mod flags
  bad_goto_table,  // goto a table that is not there
  unsupported_instruction,
  overlap,            // CHECK_OVERLAP found one
  table_full,         // flow quota or table capacity
  emergency_refused,  // 1.0 emergency flows
  too_many_actions,
  out_of_groups,
  out_of_meters,
  unknown_group,  // a group_mod names a group that is not there
  unknown_meter,  // a meter_mod or request names a meter that is not there
  bad_meter,      // a flow names a meter that is not there
  port_mod_refused,
  bad_port_mod_port,
  bad_hw_addr,  // a port_mod gives another address than the port's
  bad_port,     // packet_out or request names a port that is not there
  bad_packet,   // packet that cannot be read
  buffer_unknown,
  buffer_empty,
  role_is_slave,
  role_stale,        // a role request with an old generation
  role_unsupported,  // a role that the sender cannot have
  config_refused,    // set_config flags
  table_mod_refused,
  table_features_refused,
  too_many_requests,  // answers outstanding beyond the bound
  hello_incompatible,
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::hello_incompatible) + 1;

[[nodiscard]] std::string_view text(Reason reason);  // "bad_match_prereq"

struct CodecError {
  Reason reason;
  Kind kind = Kind::hello;  // what the message was taken for; meaningless for bad_type
  Version version = v1_0;
  std::uint32_t offset = 0;          // from the first byte of the message
  std::uint32_t need = 0, have = 0;  // bytes or values, by reason; zero where they make no sense
  std::string_view field = {};       // the layout's name of the field; static storage

  friend bool operator==(const CodecError&, const CodecError&) = default;
};

// One sentence for a person: `flow_mod (1.3): match at byte 48: ...`.
[[nodiscard]] std::string text(const CodecError& error);

// Type and code of an OpenFlow error message [OF 1.0 §5.4.4, 1.3.5 §7.4.4].
struct WireError {
  std::uint16_t type;
  std::uint16_t code;

  friend bool operator==(const WireError&, const WireError&) = default;
};

// The error that this version has for a reason. Total: where a version lacks the exact code, the nearest one that it
// has (mostly BAD_REQUEST / EPERM) is given, never a code of a later version.
[[nodiscard]] WireError wire_error(Reason reason, Version version);

// Names as in the specification, e.g. "OFPET_FLOW_MOD_FAILED" and "OFPFMFC_EPERM"; for numbers that the version does
// not define, "type 7" and "code 9".
[[nodiscard]] std::string error_type_name(std::uint16_t type, Version version);
[[nodiscard]] std::string error_code_name(WireError error, Version version);
// Short form as people write it: "FLOW_MOD_FAILED/EPERM".
[[nodiscard]] std::string text(WireError error, Version version);

// Appends an OFPT_ERROR that answers `offender`: its xid, and as much of its bytes as fits one message (65 535 bytes
// in all; the specification asks for at least 64).
void append_error(Bytes& out, Version version, FrameView offender, WireError error);
// The same with a sentence as data instead of bytes, as HELLO_FAILED wants it [OF 1.3.5 §7.4.4].
void append_error(Bytes& out, Version version, Xid xid, WireError error, std::string_view sentence);

}  // namespace sluice::ofmsg
