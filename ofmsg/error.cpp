// Which error of the specification says what we have to say, and all errors by name.
//
// Numbers differ between versions (FLOW_MOD_FAILED is type 3 in 1.0 and type 5 after, with other codes), so the choice
// is written down in the specification's names, and the numbers follow from the version.
#include "ofmsg/error.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "ofmsg/error_codes.hpp"

namespace sluice::ofmsg {

namespace {

using error_codes::CodeRow;
using error_codes::codes;
using error_codes::TypeRow;
using error_codes::types;

// Values, not pointers: g++ 12 with -fsanitize=undefined does not take comparing a pointer with null for constant.
constexpr std::optional<TypeRow> find_type(std::string_view name, Version version) {
  for (const TypeRow& row : types) {
    if (row.name == name && row.range.has(version)) return row;
  }
  return std::nullopt;
}

constexpr std::optional<TypeRow> find_type(std::uint16_t number, Version version) {
  for (const TypeRow& row : types) {
    if (row.number == number && row.range.has(version)) return row;
  }
  return std::nullopt;
}

constexpr std::optional<CodeRow> find_code(std::string_view name, Version version) {
  for (const CodeRow& row : codes) {
    if (row.name == name && row.range.has(version)) return row;
  }
  return std::nullopt;
}

constexpr std::optional<CodeRow> find_code(WireError error, Version version) {
  const std::optional<TypeRow> type = find_type(error.type, version);
  if (!type) return std::nullopt;
  for (const CodeRow& row : codes) {
    if (row.type == type->name && row.number == error.code && row.range.has(version)) return row;
  }
  return std::nullopt;
}

// Each code belongs to a type that its versions have.
constexpr bool codes_have_types() {
  for (const CodeRow& row : codes) {
    for (const Version v : all_versions) {
      if (row.range.has(v) && !find_type(row.type, v)) return false;
    }
  }
  return true;
}

static_assert(codes_have_types());

// --- reasons -------------------------------------------------------------------------------------------------------

// The names of codes to try, best first; the first that the version has is taken. Where none is left, the answer is
// BAD_REQUEST / EPERM: "not allowed" is true of everything that is not taken.
struct Choice {
  constexpr Choice(std::string_view a = {}, std::string_view b = {}, std::string_view c = {}) : names{a, b, c} {}

  std::array<std::string_view, 3> names;
};

struct ReasonRow {
  Reason reason;
  std::string_view name;
  Choice choice;
  std::string_view sentence;
};

constexpr std::array<ReasonRow, reason_count> reasons{{
    {Reason::truncated, "truncated", {"OFPBRC_BAD_LEN"}, "the message ends too early"},
    {Reason::bad_length, "bad_length", {"OFPBRC_BAD_LEN"}, "a length contradicts the bytes that are there"},
    {Reason::bad_version, "bad_version", {"OFPBRC_BAD_VERSION"}, "not the version of this connection"},
    {Reason::bad_type, "bad_type", {"OFPBRC_BAD_TYPE"}, "this version has no such message type"},
    {Reason::bad_multipart,
     "bad_multipart",
     {"OFPBRC_BAD_MULTIPART", "OFPBRC_BAD_STAT"},
     "this version has no such multipart type"},
    {Reason::bad_value, "bad_value", {}, "the field cannot have this value"},
    {Reason::unsupported, "unsupported", {"OFPBRC_BAD_TYPE"}, "legal in OpenFlow, but not supported here"},
    {Reason::bad_match_type, "bad_match_type", {"OFPBMC_BAD_TYPE"}, "not this version's type of match"},
    {Reason::bad_match_length,
     "bad_match_length",
     {"OFPBMC_BAD_LEN", "OFPBRC_BAD_LEN"},
     "wrong length of the match or of a field in it"},
    {Reason::bad_match_field, "bad_match_field", {"OFPBMC_BAD_FIELD"}, "unknown match field"},
    {Reason::bad_match_value, "bad_match_value", {"OFPBMC_BAD_VALUE"}, "impossible value for the match field"},
    {Reason::bad_match_mask,
     "bad_match_mask",
     {"OFPBMC_BAD_MASK", "OFPBMC_BAD_WILDCARDS"},
     "the match field cannot have this mask"},
    {Reason::bad_match_wildcards,
     "bad_match_wildcards",
     {"OFPBMC_BAD_WILDCARDS"},
     "the value has bits that its mask leaves open"},
    {Reason::bad_match_prereq,
     "bad_match_prereq",
     {"OFPBMC_BAD_PREREQ", "OFPBMC_BAD_FIELD"},
     "a match field is given without the fields that it needs"},
    {Reason::bad_match_dup, "bad_match_dup", {"OFPBMC_DUP_FIELD", "OFPBMC_BAD_FIELD"}, "a match field is given twice"},
    {Reason::bad_action_type, "bad_action_type", {"OFPBAC_BAD_TYPE"}, "unknown action"},
    {Reason::bad_action_len, "bad_action_len", {"OFPBAC_BAD_LEN"}, "wrong length of an action"},
    {Reason::bad_action_value, "bad_action_value", {"OFPBAC_BAD_ARGUMENT"}, "impossible argument of an action"},
    {Reason::bad_set_type,
     "bad_set_type",
     {"OFPBAC_BAD_SET_TYPE", "OFPBAC_BAD_TYPE"},
     "set_field of a field that cannot be set"},
    {Reason::bad_set_length,
     "bad_set_length",
     {"OFPBAC_BAD_SET_LEN", "OFPBAC_BAD_LEN"},
     "set_field with a field of another length"},
    {Reason::bad_set_mask,
     "bad_set_mask",
     {"OFPBAC_BAD_SET_MASK", "OFPBAC_BAD_SET_ARGUMENT"},
     "set_field takes no mask in this version"},
    {Reason::bad_set_value,
     "bad_set_value",
     {"OFPBAC_BAD_SET_ARGUMENT", "OFPBAC_BAD_ARGUMENT"},
     "set_field with an impossible value"},
    {Reason::bad_action_experimenter,
     "bad_action_experimenter",
     {"OFPBAC_BAD_EXPERIMENTER", "OFPBAC_BAD_VENDOR"},
     "action of an unknown experimenter"},
    {Reason::bad_instruction_type,
     "bad_instruction_type",
     {"OFPBIC_UNKNOWN_INST", "OFPBAC_BAD_TYPE"},
     "unknown instruction"},
    {Reason::bad_instruction_length,
     "bad_instruction_length",
     {"OFPBIC_BAD_LEN", "OFPBRC_BAD_LEN"},
     "wrong length of an instruction"},
    {Reason::bad_instruction_experimenter,
     "bad_instruction_experimenter",
     {"OFPBIC_BAD_EXPERIMENTER", "OFPBIC_UNSUP_EXP_INST", "OFPBAC_BAD_VENDOR"},
     "instruction of an unknown experimenter"},
    {Reason::bad_experimenter,
     "bad_experimenter",
     {"OFPBRC_BAD_EXPERIMENTER", "OFPBRC_BAD_VENDOR"},
     "message of an unknown experimenter"},
    {Reason::bad_experimenter_type,
     "bad_experimenter_type",
     {"OFPBRC_BAD_EXP_TYPE", "OFPBRC_BAD_SUBTYPE"},
     "the experimenter has no such message"},
    {Reason::bad_bucket_length,
     "bad_bucket_length",
     {"OFPGMFC_BAD_BUCKET", "OFPBRC_BAD_LEN"},
     "wrong length of a bucket"},
    {Reason::bad_property_length,
     "bad_property_length",
     {"OFPBPC_BAD_LEN", "OFPBRC_BAD_LEN"},
     "wrong length of a property"},
    {Reason::bad_table_features_length,
     "bad_table_features_length",
     {"OFPTFFC_BAD_LEN", "OFPBPC_BAD_LEN", "OFPBRC_BAD_LEN"},
     "wrong length in table features"},
    {Reason::bad_property_type, "bad_property_type", {"OFPBPC_BAD_TYPE"}, "unknown property"},
    {Reason::bad_property_value, "bad_property_value", {"OFPBPC_BAD_VALUE"}, "impossible value in a property"},
    {Reason::property_dup, "property_dup", {"OFPBPC_DUP_TYPE"}, "a property is given twice"},
    {Reason::bad_property_experimenter,
     "bad_property_experimenter",
     {"OFPBPC_BAD_EXPERIMENTER"},
     "property of an unknown experimenter"},
    {Reason::bad_table_features_type,
     "bad_table_features_type",
     {"OFPTFFC_BAD_TYPE", "OFPBPC_BAD_TYPE", "OFPTFFC_BAD_FEATURES"},
     "unknown table feature property"},
    {Reason::bad_table_features_argument,
     "bad_table_features_argument",
     {"OFPTFFC_BAD_ARGUMENT", "OFPTFFC_BAD_FEATURES"},
     "impossible table feature"},
    {Reason::bad_table_features_command,
     "bad_table_features_command",
     {"OFPTFFC_BAD_COMMAND"},
     "unknown table features command"},
    {Reason::bad_group_command,
     "bad_group_command",
     {"OFPGMFC_BAD_COMMAND", "OFPGMFC_INVALID_GROUP"},
     "unknown group_mod command"},
    {Reason::bad_group_type, "bad_group_type", {"OFPGMFC_BAD_TYPE", "OFPGMFC_INVALID_GROUP"}, "unknown group type"},
    {Reason::invalid_group, "invalid_group", {"OFPGMFC_INVALID_GROUP"}, "the group cannot be"},
    {Reason::bad_bucket, "bad_bucket", {"OFPGMFC_BAD_BUCKET", "OFPGMFC_INVALID_GROUP"}, "the bucket cannot be"},
    {Reason::bad_watch,
     "bad_watch",
     {"OFPGMFC_BAD_WATCH", "OFPGMFC_WATCH_UNSUPPORTED"},
     "the bucket watches what cannot be watched"},
    {Reason::bad_meter_command, "bad_meter_command", {"OFPMMFC_BAD_COMMAND"}, "unknown meter_mod command"},
    {Reason::bad_meter_flags, "bad_meter_flags", {"OFPMMFC_BAD_FLAGS"}, "impossible meter flags"},
    {Reason::invalid_meter, "invalid_meter", {"OFPMMFC_INVALID_METER"}, "the meter cannot be"},
    {Reason::bad_band, "bad_band", {"OFPMMFC_BAD_BAND"}, "unknown meter band"},
    {Reason::bad_band_value, "bad_band_value", {"OFPMMFC_BAD_BAND_VALUE"}, "impossible value in a meter band"},
    {Reason::bad_port_config, "bad_port_config", {"OFPPMFC_BAD_CONFIG"}, "unknown port configuration bits"},
    {Reason::bad_port_advertise, "bad_port_advertise", {"OFPPMFC_BAD_ADVERTISE"}, "unknown features to advertise"},
    {Reason::bad_table_config, "bad_table_config", {"OFPTMFC_BAD_CONFIG"}, "impossible table configuration"},
    {Reason::bad_role, "bad_role", {"OFPRRFC_BAD_ROLE"}, "unknown role"},
    {Reason::bad_config_flags, "bad_config_flags", {"OFPSCFC_BAD_FLAGS"}, "unknown switch configuration flags"},
    {Reason::bad_bundle_type, "bad_bundle_type", {"OFPBFC_BAD_TYPE"}, "unknown bundle_control type"},
    {Reason::bad_bundle_flags, "bad_bundle_flags", {"OFPBFC_BAD_FLAGS"}, "unknown bundle flags"},
    {Reason::bad_bundle_message, "bad_bundle_message", {"OFPBFC_MSG_UNSUP"}, "this message cannot be in a bundle"},
    {Reason::bad_bundle_xid,
     "bad_bundle_xid",
     {"OFPBFC_MSG_BAD_XID"},
     "the message in the bundle has another xid than the one that adds it"},
    {Reason::bad_bundle_length,
     "bad_bundle_length",
     {"OFPBFC_MSG_BAD_LEN", "OFPBRC_BAD_LEN"},
     "wrong length of the message in the bundle"},
    {Reason::bad_async_config,
     "bad_async_config",
     {"OFPACFC_UNSUPPORTED", "OFPBPC_BAD_TYPE"},
     "unknown asynchronous configuration"},
    {Reason::bad_async_value,
     "bad_async_value",
     {"OFPACFC_INVALID", "OFPACFC_UNSUPPORTED"},
     "impossible asynchronous configuration"},
    {Reason::bad_multipart_flags, "bad_multipart_flags", {"OFPBRC_BAD_MULTIPART"}, "unknown multipart flags"},
    {Reason::bad_pipeline_fields,
     "bad_pipeline_fields",
     {"OFPBRC_PIPELINE_FIELDS_ONLY"},
     "only pipeline fields can be given here"},
    {Reason::action_inconsistent,
     "action_inconsistent",
     {"OFPBAC_MATCH_INCONSISTENT"},
     "an action on a field that the match does not make sure of"},
    {Reason::bad_tag, "bad_tag", {"OFPBAC_BAD_TAG"}, "a tag that cannot be"},
    {Reason::bad_monitor_flags, "bad_monitor_flags", {"OFPMOFC_BAD_FLAGS"}, "impossible flow monitor flags"},
    {Reason::bad_monitor_command, "bad_monitor_command", {"OFPMOFC_BAD_COMMAND"}, "unknown flow monitor command"},
    {Reason::bad_timeout, "bad_timeout", {"OFPFMFC_BAD_TIMEOUT", "OFPFMFC_BAD_EMERG_TIMEOUT"}, "impossible timeout"},
    {Reason::bad_group_request, "bad_group_request", {"OFPGMFC_INVALID_GROUP"}, "the group cannot be"},
    {Reason::bad_table_request,
     "bad_table_request",
     {"OFPBRC_BAD_TABLE_ID", "OFPFMFC_BAD_TABLE_ID"},
     "the table cannot be"},
    {Reason::bad_queue_port, "bad_queue_port", {"OFPQOFC_BAD_PORT"}, "the port of the queues is not there"},
    {Reason::bad_queue_request, "bad_queue_request", {"OFPQOFC_BAD_QUEUE"}, "the queue cannot be"},
    {Reason::dup_instruction,
     "dup_instruction",
     {"OFPBIC_DUP_INST", "OFPBIC_UNSUP_INST"},
     "an instruction is given twice"},
    {Reason::bad_instruction_order, "bad_instruction_order", {"OFPBIC_UNSUP_INST"}, "instructions in this order"},
    {Reason::metadata_unsupported,
     "metadata_unsupported",
     {"OFPBIC_UNSUP_METADATA_MASK"},
     "metadata that cannot be written so"},
    {Reason::not_permitted, "not_permitted", {"OFPBRC_EPERM"}, "not permitted"},
    {Reason::flow_outside, "flow_outside", {"OFPFMFC_EPERM"}, "the match is outside what the sender owns"},
    {Reason::action_outside,
     "action_outside",
     {"OFPBAC_EPERM"},
     "the actions would take a packet outside what the sender owns"},
    {Reason::bad_out_port, "bad_out_port", {"OFPBAC_BAD_OUT_PORT"}, "the output port is not there or not the sender's"},
    {Reason::bad_queue, "bad_queue", {"OFPBAC_BAD_QUEUE"}, "the queue is not there or not the sender's"},
    {Reason::bad_out_group, "bad_out_group", {"OFPBAC_BAD_OUT_GROUP", "OFPBAC_BAD_ARGUMENT"}, "the group is not there"},
    {Reason::bad_table_id, "bad_table_id", {"OFPFMFC_BAD_TABLE_ID"}, "the table is not there"},
    {Reason::bad_command, "bad_command", {"OFPFMFC_BAD_COMMAND"}, "unknown flow_mod command"},
    {Reason::bad_flags,
     "bad_flags",
     {"OFPFMFC_BAD_FLAGS", "OFPFMFC_UNKNOWN", "OFPFMFC_EPERM"},
     "unknown or refused flow_mod flags"},
    {Reason::bad_goto_table, "bad_goto_table", {"OFPBIC_BAD_TABLE_ID"}, "goto_table to a table that is not there"},
    {Reason::unsupported_instruction,
     "unsupported_instruction",
     {"OFPBIC_UNSUP_INST", "OFPBAC_BAD_TYPE"},
     "instruction not supported here"},
    {Reason::overlap, "overlap", {"OFPFMFC_OVERLAP"}, "the flow overlaps another of the same priority"},
    {Reason::table_full, "table_full", {"OFPFMFC_TABLE_FULL", "OFPFMFC_ALL_TABLES_FULL"}, "no room for another flow"},
    // What Open vSwitch answers; emergency flows are of 1.0 only.
    {Reason::emergency_refused,
     "emergency_refused",
     {"OFPFMFC_ALL_TABLES_FULL", "OFPFMFC_BAD_FLAGS", "OFPFMFC_EPERM"},
     "emergency flows are not supported"},
    {Reason::too_many_actions, "too_many_actions", {"OFPBAC_TOO_MANY"}, "too many actions"},
    {Reason::out_of_groups, "out_of_groups", {"OFPGMFC_OUT_OF_GROUPS"}, "no room for another group"},
    {Reason::out_of_meters, "out_of_meters", {"OFPMMFC_OUT_OF_METERS"}, "no room for another meter"},
    {Reason::unknown_group, "unknown_group", {"OFPGMFC_UNKNOWN_GROUP"}, "the group is not there"},
    {Reason::unknown_meter, "unknown_meter", {"OFPMMFC_UNKNOWN_METER"}, "the meter is not there"},
    {Reason::bad_meter,
     "bad_meter",
     {"OFPBAC_BAD_METER", "OFPMMFC_INVALID_METER"},
     "the flow names a meter that is not there"},
    {Reason::port_mod_refused, "port_mod_refused", {"OFPPMFC_EPERM"}, "changing this port is not permitted"},
    {Reason::bad_port_mod_port,
     "bad_port_mod_port",
     {"OFPPMFC_BAD_PORT"},
     "the port to change is not there or not the sender's"},
    {Reason::bad_hw_addr, "bad_hw_addr", {"OFPPMFC_BAD_HW_ADDR"}, "the address is not the port's"},
    {Reason::bad_port, "bad_port", {"OFPBRC_BAD_PORT"}, "the port is not there or not the sender's"},
    {Reason::bad_packet, "bad_packet", {"OFPBRC_BAD_PACKET"}, "the packet cannot be read"},
    {Reason::buffer_unknown, "buffer_unknown", {"OFPBRC_BUFFER_UNKNOWN"}, "no packet is kept under this buffer id"},
    {Reason::buffer_empty, "buffer_empty", {"OFPBRC_BUFFER_EMPTY"}, "the packet of this buffer id was used already"},
    {Reason::role_is_slave, "role_is_slave", {"OFPBRC_IS_SLAVE"}, "the sender's role allows reading only"},
    {Reason::role_stale, "role_stale", {"OFPRRFC_STALE"}, "the generation is older than one that is known"},
    {Reason::role_unsupported, "role_unsupported", {"OFPRRFC_UNSUP"}, "the sender cannot have this role"},
    {Reason::config_refused, "config_refused", {"OFPSCFC_EPERM"}, "this switch configuration is not permitted"},
    {Reason::table_mod_refused, "table_mod_refused", {"OFPTMFC_EPERM"}, "changing tables is not permitted"},
    {Reason::table_features_refused,
     "table_features_refused",
     {"OFPTFFC_EPERM"},
     "changing table features is not permitted"},
    {Reason::too_many_requests, "too_many_requests", {"OFPBRC_EPERM"}, "too many requests wait for their answers"},
    {Reason::hello_incompatible, "hello_incompatible", {"OFPHFC_INCOMPATIBLE"}, "no version in common"},
}};

constexpr bool reasons_are_total() {
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i].reason != static_cast<Reason>(i) || reasons[i].name.empty()) return false;
    for (const std::string_view code : reasons[i].choice.names) {
      const bool known = std::any_of(codes.begin(), codes.end(), [&](const CodeRow& row) { return row.name == code; });
      if (!code.empty() && !known) return false;
    }
  }
  return true;
}

static_assert(reasons_are_total(), "one row for each reason, in order, and no misspelt code");

WireError choose(const ReasonRow& row, Version version) {
  constexpr std::uint16_t bad_request = 1, eperm = 5;  // in all versions
  for (const std::string_view name : row.choice.names) {
    if (const std::optional<CodeRow> code = find_code(name, version)) {
      return {find_type(code->type, version)->number, code->number};
    }
  }
  return {bad_request, eperm};
}

using ChosenErrors = std::array<std::array<WireError, 6>, reason_count>;

ChosenErrors choose_all() {
  ChosenErrors result{};
  for (const ReasonRow& row : reasons) {
    for (const Version v : all_versions) result[static_cast<std::size_t>(row.reason)][index(v)] = choose(row, v);
  }
  return result;
}

const ReasonRow& row_of(Reason reason) { return reasons[static_cast<std::size_t>(reason)]; }

// "OFPET_BAD_REQUEST" and "OFPBRC_EPERM" without what precedes the first underscore.
std::string_view short_name(std::string_view name) { return name.substr(name.find('_') + 1); }

// Are `need` and `have` numbers of bytes?
bool counts_bytes(Reason reason) {
  switch (reason) {
    case Reason::truncated:
    case Reason::bad_length:
    case Reason::bad_match_length:
    case Reason::bad_action_len:
    case Reason::bad_set_length:
    case Reason::bad_bucket_length:
    case Reason::bad_property_length:
    case Reason::bad_table_features_length:
    case Reason::bad_bundle_length:
    case Reason::bad_instruction_length: return true;
    default: return false;
  }
}

std::string numbers(const CodecError& error) {
  if (error.need == 0 && error.have == 0) return {};
  const std::string have = std::to_string(error.have);
  if (counts_bytes(error.reason)) {
    return " (" + std::to_string(error.need) + " bytes needed, " + have + " given)";
  }
  if (error.need == 0) return " (" + have + ")";
  return " (" + std::to_string(error.need) + " expected, " + have + " given)";
}

void append_header(Bytes& out, Version version, std::size_t data_size, Xid xid, WireError error) {
  constexpr std::uint8_t error_message = 1;  // OFPT_ERROR in all versions
  out.reserve(out.size() + header_size + 4 + data_size);
  append(out, static_cast<std::uint8_t>(version));
  append(out, error_message);
  append(out, static_cast<std::uint16_t>(header_size + 4 + data_size));
  append(out, xid.value);
  append(out, error.type);
  append(out, error.code);
}

constexpr std::size_t max_error_data = max_frame_size - header_size - 4;

}  // namespace

std::string_view text(Reason reason) { return row_of(reason).name; }

std::string text(const CodecError& error) {
  std::string out;
  // Before its type is known a message has no name.
  if (error.reason == Reason::bad_type || error.reason == Reason::bad_version ||
      error.reason == Reason::bad_multipart) {
    out = "message";
  } else {
    out = text(error.kind);
  }
  if (error.reason != Reason::bad_version) {
    out += " (";
    out += text(error.version);
    out += ')';
  }
  out += ": ";
  if (!error.field.empty()) {
    out += error.field;
    out += ' ';
  }
  out += "at byte " + std::to_string(error.offset) + ": ";
  out += row_of(error.reason).sentence;
  return out + numbers(error);
}

WireError wire_error(Reason reason, Version version) {
  // Made at the first call: more steps than clang takes in a constant expression.
  static const ChosenErrors chosen = choose_all();
  return chosen[static_cast<std::size_t>(reason)][index(version)];
}

std::string error_type_name(std::uint16_t type, Version version) {
  const std::optional<TypeRow> row = find_type(type, version);
  return row ? std::string{row->name} : "type " + std::to_string(type);
}

std::string error_code_name(WireError error, Version version) {
  const std::optional<CodeRow> row = find_code(error, version);
  return row ? std::string{row->name} : "code " + std::to_string(error.code);
}

std::string text(WireError error, Version version) {
  const std::optional<TypeRow> type = find_type(error.type, version);
  const std::optional<CodeRow> code = find_code(error, version);
  std::string out = type ? std::string{short_name(type->name)} : error_type_name(error.type, version);
  out += '/';
  out += code ? std::string{short_name(code->name)} : error_code_name(error, version);
  return out;
}

void append_error(Bytes& out, Version version, FrameView offender, WireError error) {
  const std::size_t size = std::min(offender.size(), max_error_data);
  append_header(out, version, size, offender.xid(), error);
  append(out, offender.bytes().first(size));
}

void append_error(Bytes& out, Version version, Xid xid, WireError error, std::string_view sentence) {
  const std::string_view data = sentence.substr(0, max_error_data);
  append_header(out, version, data.size(), xid, error);
  append(out, std::as_bytes(std::span{data.data(), data.size()}));
}

}  // namespace sluice::ofmsg
