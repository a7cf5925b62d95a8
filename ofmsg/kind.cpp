// What the specifications 1.0.0 to 1.5.1 say of each kind of message.
#include "ofmsg/kind.hpp"

#include "ofmsg/error.hpp"

namespace sluice::ofmsg {

namespace {

using Numbers = std::array<std::int16_t, 6>;
using Sizes = std::array<std::uint16_t, 6>;
using enum Sender;

constexpr std::int16_t no = KindFacts::absent;
constexpr std::int32_t plain = KindFacts::not_multipart;

// Message types by version. A multipart message has the type of all requests or of all replies, from the version on
// that has it.
constexpr Numbers all(std::int16_t type) { return {type, type, type, type, type, type}; }

constexpr Numbers from(Version first, Numbers numbers) {
  for (const Version v : all_versions) {
    if (v < first) numbers[index(v)] = no;
  }
  return numbers;
}

constexpr Numbers from(Version first, std::int16_t type) { return from(first, all(type)); }

constexpr Numbers requests{16, 18, 18, 18, 18, 18};
constexpr Numbers replies{17, 19, 19, 19, 19, 19};

// Smallest sizes by version. A match takes 40 bytes in 1.0, 88 in 1.1, and at least 8 after; the multipart header ends
// at byte 12 in 1.0 and at byte 16 after.
constexpr Sizes size(std::uint16_t bytes) { return {bytes, bytes, bytes, bytes, bytes, bytes}; }

constexpr std::array<KindFacts, kind_count> table{{
    {Kind::hello, "hello", either, all(0), plain, size(8)},
    {Kind::error, "error", either, all(1), plain, size(12)},
    {Kind::echo_request, "echo_request", either, all(2), plain, size(8)},
    {Kind::echo_reply, "echo_reply", either, all(3), plain, size(8)},
    {Kind::experimenter, "experimenter", either, all(4), plain, {12, 16, 16, 16, 16, 16}},
    {Kind::features_request, "features_request", controller, all(5), plain, size(8)},
    {Kind::features_reply, "features_reply", switch_, all(6), plain, size(32)},
    {Kind::get_config_request, "get_config_request", controller, all(7), plain, size(8)},
    {Kind::get_config_reply, "get_config_reply", switch_, all(8), plain, size(12)},
    {Kind::set_config, "set_config", controller, all(9), plain, size(12)},
    {Kind::packet_in, "packet_in", switch_, all(10), plain, {18, 24, 26, 34, 34, 34}},
    {Kind::flow_removed, "flow_removed", switch_, all(11), plain, {88, 136, 56, 56, 56, 40}},
    {Kind::port_status, "port_status", switch_, all(12), plain, {64, 80, 80, 80, 56, 56}},
    {Kind::packet_out, "packet_out", controller, all(13), plain, {16, 24, 24, 24, 24, 24}},
    {Kind::flow_mod, "flow_mod", controller, all(14), plain, {72, 136, 56, 56, 56, 56}},
    {Kind::group_mod, "group_mod", controller, from(v1_1, 15), plain, {0, 16, 16, 16, 16, 24}},
    {Kind::port_mod, "port_mod", controller, {15, 16, 16, 16, 16, 16}, plain, {32, 40, 40, 40, 32, 32}},
    {Kind::table_mod, "table_mod", controller, from(v1_1, 17), plain, {0, 16, 16, 16, 16, 16}},
    {Kind::barrier_request, "barrier_request", controller, {18, 20, 20, 20, 20, 20}, plain, size(8)},
    {Kind::barrier_reply, "barrier_reply", switch_, {19, 21, 21, 21, 21, 21}, plain, size(8)},
    {Kind::queue_get_config_request,
     "queue_get_config_request",
     controller,
     {20, 22, 22, 22, no, no},
     plain,
     {12, 16, 16, 16, 0, 0}},
    {Kind::queue_get_config_reply,
     "queue_get_config_reply",
     switch_,
     {21, 23, 23, 23, no, no},
     plain,
     {16, 16, 16, 16, 0, 0}},
    {Kind::role_request, "role_request", controller, from(v1_2, 24), plain, {0, 0, 24, 24, 24, 24}},
    {Kind::role_reply, "role_reply", switch_, from(v1_2, 25), plain, {0, 0, 24, 24, 24, 24}},
    {Kind::get_async_request, "get_async_request", controller, from(v1_3, 26), plain, {0, 0, 0, 8, 8, 8}},
    {Kind::get_async_reply, "get_async_reply", switch_, from(v1_3, 27), plain, {0, 0, 0, 32, 8, 8}},
    {Kind::set_async, "set_async", controller, from(v1_3, 28), plain, {0, 0, 0, 32, 8, 8}},
    {Kind::meter_mod, "meter_mod", controller, from(v1_3, 29), plain, {0, 0, 0, 16, 16, 16}},
    {Kind::role_status, "role_status", switch_, from(v1_4, 30), plain, {0, 0, 0, 0, 24, 24}},
    {Kind::table_status, "table_status", switch_, from(v1_4, 31), plain, {0, 0, 0, 0, 24, 24}},
    {Kind::requestforward, "requestforward", switch_, from(v1_4, 32), plain, {0, 0, 0, 0, 16, 16}},
    {Kind::bundle_control, "bundle_control", either, from(v1_4, 33), plain, {0, 0, 0, 0, 16, 16}},
    {Kind::bundle_add_message, "bundle_add_message", controller, from(v1_4, 34), plain, {0, 0, 0, 0, 24, 24}},
    {Kind::controller_status, "controller_status", switch_, from(v1_5, 35), plain, {0, 0, 0, 0, 0, 24}},
    {Kind::desc_request, "desc_request", controller, requests, 0, {12, 16, 16, 16, 16, 16}},
    {Kind::desc_reply, "desc_reply", switch_, replies, 0, {1068, 1072, 1072, 1072, 1072, 1072}},
    {Kind::flow_stats_request, "flow_stats_request", controller, requests, 1, {56, 136, 56, 56, 56, 56}},
    {Kind::flow_stats_reply, "flow_stats_reply", switch_, replies, 1, {12, 16, 16, 16, 16, 16}},
    {Kind::aggregate_request, "aggregate_request", controller, requests, 2, {56, 136, 56, 56, 56, 56}},
    {Kind::aggregate_reply, "aggregate_reply", switch_, replies, 2, {36, 40, 40, 40, 40, 24}},
    {Kind::table_stats_request, "table_stats_request", controller, requests, 3, {12, 16, 16, 16, 16, 16}},
    {Kind::table_stats_reply, "table_stats_reply", switch_, replies, 3, {12, 16, 16, 16, 16, 16}},
    {Kind::port_stats_request, "port_stats_request", controller, requests, 4, {20, 24, 24, 24, 24, 24}},
    {Kind::port_stats_reply, "port_stats_reply", switch_, replies, 4, {12, 16, 16, 16, 16, 16}},
    {Kind::queue_stats_request, "queue_stats_request", controller, requests, 5, {20, 24, 24, 24, 24, 24}},
    {Kind::queue_stats_reply, "queue_stats_reply", switch_, replies, 5, {12, 16, 16, 16, 16, 16}},
    {Kind::group_stats_request, "group_stats_request", controller, from(v1_1, requests), 6, {0, 24, 24, 24, 24, 24}},
    {Kind::group_stats_reply, "group_stats_reply", switch_, from(v1_1, replies), 6, {0, 16, 16, 16, 16, 16}},
    {Kind::group_desc_request, "group_desc_request", controller, from(v1_1, requests), 7, {0, 16, 16, 16, 16, 24}},
    {Kind::group_desc_reply, "group_desc_reply", switch_, from(v1_1, replies), 7, {0, 16, 16, 16, 16, 16}},
    {Kind::group_features_request,
     "group_features_request",
     controller,
     from(v1_2, requests),
     8,
     {0, 0, 16, 16, 16, 16}},
    {Kind::group_features_reply, "group_features_reply", switch_, from(v1_2, replies), 8, {0, 0, 56, 56, 56, 56}},
    {Kind::meter_stats_request, "meter_stats_request", controller, from(v1_3, requests), 9, {0, 0, 0, 24, 24, 24}},
    {Kind::meter_stats_reply, "meter_stats_reply", switch_, from(v1_3, replies), 9, {0, 0, 0, 16, 16, 16}},
    {Kind::meter_config_request, "meter_config_request", controller, from(v1_3, requests), 10, {0, 0, 0, 24, 24, 24}},
    {Kind::meter_config_reply, "meter_config_reply", switch_, from(v1_3, replies), 10, {0, 0, 0, 16, 16, 16}},
    {Kind::meter_features_request,
     "meter_features_request",
     controller,
     from(v1_3, requests),
     11,
     {0, 0, 0, 16, 16, 16}},
    // 1.5.1 has 8 bytes more, but Open vSwitch answers with the 32 of before.
    {Kind::meter_features_reply, "meter_features_reply", switch_, from(v1_3, replies), 11, {0, 0, 0, 32, 32, 32}},
    {Kind::table_features_request,
     "table_features_request",
     controller,
     from(v1_3, requests),
     12,
     {0, 0, 0, 16, 16, 16}},
    {Kind::table_features_reply, "table_features_reply", switch_, from(v1_3, replies), 12, {0, 0, 0, 16, 16, 16}},
    {Kind::port_desc_request, "port_desc_request", controller, from(v1_3, requests), 13, {0, 0, 0, 16, 16, 24}},
    {Kind::port_desc_reply, "port_desc_reply", switch_, from(v1_3, replies), 13, {0, 0, 0, 16, 16, 16}},
    {Kind::table_desc_request, "table_desc_request", controller, from(v1_4, requests), 14, {0, 0, 0, 0, 16, 16}},
    {Kind::table_desc_reply, "table_desc_reply", switch_, from(v1_4, replies), 14, {0, 0, 0, 0, 16, 16}},
    {Kind::queue_desc_request, "queue_desc_request", controller, from(v1_4, requests), 15, {0, 0, 0, 0, 24, 24}},
    {Kind::queue_desc_reply, "queue_desc_reply", switch_, from(v1_4, replies), 15, {0, 0, 0, 0, 16, 16}},
    {Kind::flow_monitor_request, "flow_monitor_request", controller, from(v1_4, requests), 16, {0, 0, 0, 0, 16, 16}},
    {Kind::flow_monitor_reply, "flow_monitor_reply", switch_, from(v1_4, replies), 16, {0, 0, 0, 0, 16, 16}},
    {Kind::flow_stats_light_request,
     "flow_stats_light_request",
     controller,
     from(v1_5, requests),
     17,
     {0, 0, 0, 0, 0, 56}},
    {Kind::flow_stats_light_reply, "flow_stats_light_reply", switch_, from(v1_5, replies), 17, {0, 0, 0, 0, 0, 16}},
    {Kind::controller_status_request,
     "controller_status_request",
     controller,
     from(v1_5, requests),
     18,
     {0, 0, 0, 0, 0, 16}},
    {Kind::controller_status_reply, "controller_status_reply", switch_, from(v1_5, replies), 18, {0, 0, 0, 0, 0, 16}},
    {Kind::bundle_features_request,
     "bundle_features_request",
     controller,
     from(v1_5, requests),
     19,
     {0, 0, 0, 0, 0, 24}},
    {Kind::bundle_features_reply, "bundle_features_reply", switch_, from(v1_5, replies), 19, {0, 0, 0, 0, 0, 24}},
    {Kind::experimenter_stats_request,
     "experimenter_stats_request",
     controller,
     requests,
     0xffff,
     {16, 20, 24, 24, 24, 24}},
    {Kind::experimenter_stats_reply, "experimenter_stats_reply", switch_, replies, 0xffff, {16, 20, 24, 24, 24, 24}},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].kind != static_cast<Kind>(i) || table[i].name.empty()) return false;
  }
  return true;
}

// A kind has a size exactly in the versions that have it, and two kinds never share their numbers.
constexpr bool sound(Version v) {
  for (const KindFacts& row : table) {
    if (row.in(v) != (row.min_size[index(v)] >= header_size)) return false;
    for (const KindFacts& other : table) {
      if (row.kind != other.kind && row.in(v) && row.type[index(v)] == other.type[index(v)] &&
          row.multipart == other.multipart) {
        return false;
      }
    }
  }
  return true;
}

static_assert(in_order(), "one row for each kind, in the order of the enumerators");
static_assert(sound(v1_0) && sound(v1_1) && sound(v1_2) && sound(v1_3) && sound(v1_4) && sound(v1_5));

// --- finding a kind ------------------------------------------------------------------------------------------------

// Where the multipart type and flags lie, in all versions.
constexpr std::size_t multipart_type_at = 8, multipart_flags_at = 10, multipart_fixed_size = 12;
constexpr std::uint16_t more = 1;

constexpr std::size_t type_limit = 64;  // no version has a higher message type
constexpr std::int16_t multipart_entry = -2;

// By version and message type: the kind, `no`, or that the body must tell.
constexpr auto by_type = [] {
  std::array<std::array<std::int16_t, type_limit>, 6> result{};
  for (auto& column : result) column.fill(no);
  for (const KindFacts& row : table) {
    for (const Version v : all_versions) {
      if (!row.in(v)) continue;
      result[index(v)][static_cast<std::size_t>(row.type[index(v)])] =
          row.is_multipart() ? multipart_entry : static_cast<std::int16_t>(row.kind);
    }
  }
  return result;
}();

std::int16_t entry_of(std::uint8_t type, Version version) {
  return type < type_limit ? by_type[index(version)][type] : no;
}

// The multipart kind with this message type and multipart type.
std::optional<Kind> multipart_kind(std::uint8_t type, std::uint16_t multipart, Version version) {
  for (const KindFacts& row : table) {
    if (row.multipart == multipart && row.type[index(version)] == type) return row.kind;
  }
  return std::nullopt;
}

Result<Kind> refused(CodecError error) { return Failure<CodecError>{error}; }

}  // namespace

const KindFacts& facts(Kind kind) { return table[static_cast<std::size_t>(kind)]; }

std::optional<Kind> parse_kind(std::string_view name) {
  for (const KindFacts& row : table) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

Result<Kind> kind_of(FrameView frame) {
  const std::uint8_t type = frame.type();
  const std::optional<Version> known = version_of(frame.wire_version());
  if (!known) {
    // A HELLO says the highest version of its sender, which may be one that we have not heard of [OF 1.3.5 §6.3.1].
    if (type == 0 && frame.wire_version() != 0) return Kind::hello;
    return refused({.reason = Reason::bad_version, .have = frame.wire_version(), .field = "version"});
  }
  const Version version = *known;
  const std::int16_t entry = entry_of(type, version);
  if (entry == no) {
    return refused({.reason = Reason::bad_type, .version = version, .offset = 1, .have = type, .field = "type"});
  }
  Kind kind{};
  if (entry == multipart_entry) {
    if (frame.size() < multipart_fixed_size) {
      const bool request = type == requests[index(version)];
      return refused({.reason = Reason::truncated,
                      .kind = request ? Kind::experimenter_stats_request : Kind::experimenter_stats_reply,
                      .version = version,
                      .offset = multipart_type_at,
                      .need = multipart_fixed_size,
                      .have = static_cast<std::uint32_t>(frame.size()),
                      .field = "multipart type"});
    }
    const auto multipart = load<std::uint16_t>(frame.bytes(), multipart_type_at);
    const std::optional<Kind> found = multipart_kind(type, multipart, version);
    if (!found) {
      return refused({.reason = Reason::bad_multipart,
                      .version = version,
                      .offset = multipart_type_at,
                      .have = multipart,
                      .field = "multipart type"});
    }
    kind = *found;
  } else {
    kind = static_cast<Kind>(entry);
  }
  const std::uint16_t smallest = facts(kind).min_size[index(version)];
  if (frame.size() < smallest) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    return refused({.reason = Reason::truncated,
                    .kind = kind,
                    .version = version,
                    .offset = size,
                    .need = smallest,
                    .have = size});
  }
  return kind;
}

bool has_more(FrameView frame) {
  const std::optional<Version> version = version_of(frame.wire_version());
  if (!version || frame.size() < multipart_fixed_size || entry_of(frame.type(), *version) != multipart_entry) {
    return false;
  }
  return (load<std::uint16_t>(frame.bytes(), multipart_flags_at) & more) != 0;
}

}  // namespace sluice::ofmsg
