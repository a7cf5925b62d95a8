// Bundles, and requests told to other controllers; since 1.4.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/messages/stats_header.hpp"
#include "ofmsg/property.hpp"

namespace sluice::ofmsg {

// [OF 1.5.1 §7.3.5.20]
struct OfTime {
  std::uint64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  friend bool operator==(const OfTime&, const OfTime&) = default;
};

template <class W, of_type<OfTime> T>
void layout(W& w, T& t) {
  w("seconds", t.seconds);
  w("nanoseconds", t.nanoseconds);
  w.pad(4);
}

struct BundleTime {
  static constexpr std::array tlvs{Tlv{"time", 1, since(v1_5)}};

  OfTime scheduled_time;

  friend bool operator==(const BundleTime&, const BundleTime&) = default;
};

template <class W, of_type<BundleTime> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("scheduled_time", p.scheduled_time);
}

using BundleProperties = Properties<BundleTime>;

enum class BundleControlType : std::uint16_t {
  open_request,
  open_reply,
  close_request,
  close_reply,
  commit_request,
  commit_reply,
  discard_request,
  discard_reply
};

template <>
inline constexpr std::array<std::string_view, 8> enum_names<BundleControlType>{
    "open_request",   "open_reply",   "close_request",   "close_reply",
    "commit_request", "commit_reply", "discard_request", "discard_reply"};

inline constexpr std::uint16_t bundle_atomic = 1U << 0U, bundle_ordered = 1U << 1U, bundle_time = 1U << 2U;

// [OF 1.4 §7.3.9.1]
struct BundleControl {
  static constexpr Kind kind = Kind::bundle_control;

  std::uint32_t bundle_id = 0;
  BundleControlType type = BundleControlType::open_request;
  std::uint16_t flags = 0;
  BundleProperties properties;

  friend bool operator==(const BundleControl&, const BundleControl&) = default;
};

template <class W, of_type<BundleControl> M>
void layout(W& w, M& m) {
  w("bundle_id", m.bundle_id);
  w("control_type", m.type);
  w("flags", m.flags);
  w("properties", m.properties);
}

// [OF 1.4 §7.3.9.2]. Where properties follow, the message is padded to a multiple of 8 bytes.
struct BundleAddMessage {
  static constexpr Kind kind = Kind::bundle_add_message;

  std::uint32_t bundle_id = 0;
  std::uint16_t flags = 0;
  NestedMessage message;
  BundleProperties properties;

  friend bool operator==(const BundleAddMessage&, const BundleAddMessage&) = default;
};

template <class W, of_type<BundleAddMessage> M>
void layout(W& w, M& m) {
  w("bundle_id", m.bundle_id);
  w.pad(2);
  w("flags", m.flags);
  w("message", m.message);
  const std::size_t padding = (8 - m.message.bytes.size() % 8) % 8;
  if (w.more(!m.properties.items.empty(), padding)) w("properties", m.properties);
}

// [OF 1.4 §7.4.6]
struct Requestforward {
  static constexpr Kind kind = Kind::requestforward;

  NestedMessage request;

  friend bool operator==(const Requestforward&, const Requestforward&) = default;
};

template <class W, of_type<Requestforward> M>
void layout(W& w, M& m) {
  w("request", m.request);
}

// --- what a switch can do ------------------------------------------------------------------------------------------

// [OF 1.5.1 §7.3.5.20]. The request carries a property when its flag asks for it.
struct BundleFeatureTime {
  static constexpr std::array tlvs{Tlv{"time", 1, since(v1_5)}};

  OfTime sched_accuracy, sched_max_future, sched_max_past, timestamp;

  friend bool operator==(const BundleFeatureTime&, const BundleFeatureTime&) = default;
};

template <class W, of_type<BundleFeatureTime> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("sched_accuracy", p.sched_accuracy);
  w("sched_max_future", p.sched_max_future);
  w("sched_max_past", p.sched_max_past);
  w("timestamp", p.timestamp);
}

using BundleFeatureProperties = Properties<BundleFeatureTime>;

struct BundleFeaturesRequest {
  static constexpr Kind kind = Kind::bundle_features_request;
  std::uint16_t flags = 0;
  std::uint32_t feature_request_flags = 0;
  BundleFeatureProperties properties;
  friend bool operator==(const BundleFeaturesRequest&, const BundleFeaturesRequest&) = default;
};

template <class W, of_type<BundleFeaturesRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("feature_request_flags", m.feature_request_flags);
  w.pad(4);
  w("properties", m.properties);
}

struct BundleFeaturesReply {
  static constexpr Kind kind = Kind::bundle_features_reply;
  std::uint16_t flags = 0;
  std::uint16_t capabilities = 0;
  BundleFeatureProperties properties;
  friend bool operator==(const BundleFeaturesReply&, const BundleFeaturesReply&) = default;
};

template <class W, of_type<BundleFeaturesReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("capabilities", m.capabilities);
  w.pad(6);
  w("properties", m.properties);
}

}  // namespace sluice::ofmsg
