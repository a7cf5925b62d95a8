// Which meaning a message has, whatever its number in a version: `Kind`, and the table of what the specifications say
// of each: wire numbers, smallest size, who may send it. Facts only; how the proxy treats a kind is in
// slicing/handling.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ofmsg/frame.hpp"
#include "ofmsg/result.hpp"
#include "ofmsg/version.hpp"

namespace sluice::ofmsg {

// Multipart requests and replies are kinds of their own. Where a type changed its name only, the newest name is not
// taken but the one that most versions use. `flow_stats` is OFPST_FLOW of 1.0-1.4 and OFPMP_FLOW_DESC of 1.5;
// `flow_stats_light` is OFPMP_FLOW_STATS of 1.5.
enum class Kind : std::uint8_t {
  hello,
  error,
  echo_request,
  echo_reply,
  experimenter,  // OFPT_VENDOR in 1.0
  features_request,
  features_reply,
  get_config_request,
  get_config_reply,
  set_config,
  packet_in,
  flow_removed,
  port_status,
  packet_out,
  flow_mod,
  group_mod,
  port_mod,
  table_mod,
  barrier_request,
  barrier_reply,
  queue_get_config_request,
  queue_get_config_reply,
  role_request,
  role_reply,
  get_async_request,
  get_async_reply,
  set_async,
  meter_mod,
  role_status,
  table_status,
  requestforward,
  bundle_control,
  bundle_add_message,
  controller_status,
  desc_request,
  desc_reply,
  flow_stats_request,
  flow_stats_reply,
  aggregate_request,
  aggregate_reply,
  table_stats_request,
  table_stats_reply,
  port_stats_request,
  port_stats_reply,
  queue_stats_request,
  queue_stats_reply,
  group_stats_request,
  group_stats_reply,
  group_desc_request,
  group_desc_reply,
  group_features_request,
  group_features_reply,
  meter_stats_request,
  meter_stats_reply,
  meter_config_request,  // OFPMP_METER_DESC in 1.5
  meter_config_reply,
  meter_features_request,
  meter_features_reply,
  table_features_request,
  table_features_reply,
  port_desc_request,
  port_desc_reply,
  table_desc_request,
  table_desc_reply,
  queue_desc_request,
  queue_desc_reply,
  flow_monitor_request,
  flow_monitor_reply,
  flow_stats_light_request,
  flow_stats_light_reply,
  controller_status_request,
  controller_status_reply,
  bundle_features_request,
  bundle_features_reply,
  experimenter_stats_request,
  experimenter_stats_reply,
};

inline constexpr std::size_t kind_count = static_cast<std::size_t>(Kind::experimenter_stats_reply) + 1;

// Who may send a message of a kind.
enum class Sender : std::uint8_t { controller, switch_, either };

// What the specifications say of one kind. Absent from a version: `type` is `absent` in that column.
struct KindFacts {
  static constexpr std::int16_t absent = -1;
  static constexpr std::int32_t not_multipart = -1;

  Kind kind;
  std::string_view name;  // "flow_mod": the enumerator's name
  Sender sender;
  std::array<std::int16_t, 6> type;       // OFPT_ number by version
  std::int32_t multipart;                 // OFPMP_ / OFPST_ number, the same in all versions that have it
  std::array<std::uint16_t, 6> min_size;  // smallest legal message in bytes, header included; 0 where absent

  [[nodiscard]] constexpr bool in(Version v) const { return type[index(v)] != absent; }

  [[nodiscard]] constexpr bool is_multipart() const { return multipart != not_multipart; }
};

[[nodiscard]] const KindFacts& facts(Kind kind);

[[nodiscard]] inline std::string_view text(Kind kind) { return facts(kind).name; }

[[nodiscard]] std::optional<Kind> parse_kind(std::string_view name);

// What the message is, by its header and, for multipart messages, the type in its body. Errors: bad_version (header
// version is none of 1 to 6), bad_type, bad_multipart, truncated (a multipart message too short to say its type, or any
// message shorter than its kind's smallest).
[[nodiscard]] Result<Kind> kind_of(FrameView frame);

// Multipart messages: is OFPMPF_REQ_MORE / OFPMPF_REPLY_MORE set? Both are bit 0. False for other kinds.
[[nodiscard]] bool has_more(FrameView frame);

}  // namespace sluice::ofmsg
