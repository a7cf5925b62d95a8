// Messages that set up and keep a connection: hello, error, echo, experimenter, features, configuration, barrier, roles
// and what is sent unasked.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ofmsg/messages/port.hpp"

namespace sluice::ofmsg {

// [OF 1.3.5 §7.5.1]. Elements of any version are taken; 1.0-1.2 senders that know of bitmaps put them there too.
struct HelloElement {
  static constexpr std::uint16_t versionbitmap = 1;

  std::uint16_t type = versionbitmap;
  Bytes body;

  friend bool operator==(const HelloElement&, const HelloElement&) = default;
};

// For walkers that write for people; the codec has the list below.
template <class W, of_type<HelloElement> E>
void layout(W& w, E& e) {
  w("type", e.type);
  w("body", e.body);
}

struct Hello {
  static constexpr Kind kind = Kind::hello;

  std::vector<HelloElement> elements;
  Bytes rest;  // bytes after the last element that are none; the specification tells receivers to ignore them

  [[nodiscard]] std::optional<VersionSet> versions() const;
  [[nodiscard]] static Hello offering(VersionSet versions);

  friend bool operator==(const Hello&, const Hello&) = default;
};

void wire(Reader& r, std::vector<HelloElement>& elements);
void wire(Writer& w, const std::vector<HelloElement>& elements);

template <class W, of_type<Hello> M>
void layout(W& w, M& m) {
  w("elements", m.elements);
  w("rest", m.rest);
}

// [OF 1.0 §5.4.4, 1.3.5 §7.4.4]
struct Error {
  static constexpr Kind kind = Kind::error;
  static constexpr std::uint16_t experimenter_type = 0xffff;  // then `code` is the experimenter's own (since 1.2)

  WireError error{};
  std::uint32_t experimenter = 0;  // of errors of type `experimenter_type`
  Bytes data;                      // the message that failed, or its first bytes; text for HELLO_FAILED

  friend bool operator==(const Error&, const Error&) = default;
};

template <class W, of_type<Error> M>
void layout(W& w, M& m) {
  w("error_type", m.error.type);
  w("error_code", m.error.code);
  if (m.error.type == Error::experimenter_type) w("experimenter", m.experimenter, since(v1_2));
  w("data", m.data);
}

struct EchoRequest {
  static constexpr Kind kind = Kind::echo_request;
  Bytes data;
  friend bool operator==(const EchoRequest&, const EchoRequest&) = default;
};

template <class W, of_type<EchoRequest> M>
void layout(W& w, M& m) {
  w("data", m.data);
}

struct EchoReply {
  static constexpr Kind kind = Kind::echo_reply;
  Bytes data;
  friend bool operator==(const EchoReply&, const EchoReply&) = default;
};

template <class W, of_type<EchoReply> M>
void layout(W& w, M& m) {
  w("data", m.data);
}

// OFPT_VENDOR in 1.0 [OF 1.0 §5.5.4, 1.3.5 §7.5.4]. What is inside is for ofmsg/extension; in 1.0, where the header
// has no type, `body` begins with it for the experimenters that we know.
struct Experimenter {
  static constexpr Kind kind = Kind::experimenter;

  std::uint32_t experimenter = 0;
  std::uint32_t exp_type = 0;  // since 1.1 (there it is called padding)
  Bytes body;

  friend bool operator==(const Experimenter&, const Experimenter&) = default;
};

template <class W, of_type<Experimenter> M>
void layout(W& w, M& m) {
  w("experimenter", m.experimenter);
  w("exp_type", m.exp_type, since(v1_1));
  w("body", m.body);
}

struct FeaturesRequest {
  static constexpr Kind kind = Kind::features_request;
  friend bool operator==(const FeaturesRequest&, const FeaturesRequest&) = default;
};

template <class W, of_type<FeaturesRequest> M>
void layout(W&, M&) {}

struct DatapathId {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(const DatapathId&, const DatapathId&) = default;
};

inline void wire(Reader& r, DatapathId& id) { wire(r, id.value); }

inline void wire(Writer& w, const DatapathId& id) { wire(w, id.value); }

[[nodiscard]] std::string text(DatapathId id);  // 16 hexadecimal digits

// [OF 1.0 §5.3.1, 1.3.5 §7.3.1]
struct FeaturesReply {
  static constexpr Kind kind = Kind::features_reply;
  // Capabilities.
  static constexpr std::uint32_t flow_stats = 1U << 0U, table_stats = 1U << 1U, port_stats = 1U << 2U;
  static constexpr std::uint32_t stp_1_0 = 1U << 3U, group_stats = 1U << 3U;  // the bit changed its meaning in 1.1
  static constexpr std::uint32_t ip_reasm = 1U << 5U, queue_stats = 1U << 6U, arp_match_ip_1_0 = 1U << 7U;
  static constexpr std::uint32_t port_blocked = 1U << 8U;                          // since 1.2
  static constexpr std::uint32_t bundles = 1U << 9U, flow_monitoring = 1U << 10U;  // since 1.5

  DatapathId datapath_id;
  std::uint32_t n_buffers = 0;
  std::uint8_t n_tables = 0;
  std::uint8_t auxiliary_id = 0;  // since 1.3
  std::uint32_t capabilities = 0;
  std::uint32_t actions = 0;  // 1.0: bit n is OFPAT_ n; reserved after
  std::vector<Port> ports;    // until 1.2; after in port_desc

  friend bool operator==(const FeaturesReply&, const FeaturesReply&) = default;
};

template <class W, of_type<FeaturesReply> M>
void layout(W& w, M& m) {
  w("datapath_id", m.datapath_id);
  w("n_buffers", m.n_buffers);
  w("n_tables", m.n_tables);
  w("auxiliary_id", m.auxiliary_id, since(v1_3));
  w.pad(3, until(v1_2));
  w.pad(2, since(v1_3));
  w("capabilities", m.capabilities);
  w("actions", m.actions);
  w("ports", m.ports, until(v1_2));
}

struct GetConfigRequest {
  static constexpr Kind kind = Kind::get_config_request;
  friend bool operator==(const GetConfigRequest&, const GetConfigRequest&) = default;
};

template <class W, of_type<GetConfigRequest> M>
void layout(W&, M&) {}

// [OF 1.0 §5.3.2, 1.3.5 §7.3.2]
struct GetConfigReply {
  static constexpr Kind kind = Kind::get_config_reply;
  std::uint16_t flags = 0;
  std::uint16_t miss_send_len = 128;  // bytes
  friend bool operator==(const GetConfigReply&, const GetConfigReply&) = default;
};

template <class W, of_type<GetConfigReply> M>
void layout(W& w, M& m) {
  w("flags", m.flags);
  w("miss_send_len", m.miss_send_len);
}

struct SetConfig {
  static constexpr Kind kind = Kind::set_config;
  static constexpr std::uint16_t frag_mask = 3;
  static constexpr std::uint16_t invalid_ttl_to_controller = 1U << 2U;  // 1.1 and 1.2
  std::uint16_t flags = 0;
  std::uint16_t miss_send_len = 128;
  friend bool operator==(const SetConfig&, const SetConfig&) = default;
};

template <class W, of_type<SetConfig> M>
void layout(W& w, M& m) {
  w("flags", m.flags);
  w("miss_send_len", m.miss_send_len);
}

struct BarrierRequest {
  static constexpr Kind kind = Kind::barrier_request;
  friend bool operator==(const BarrierRequest&, const BarrierRequest&) = default;
};

template <class W, of_type<BarrierRequest> M>
void layout(W&, M&) {}

struct BarrierReply {
  static constexpr Kind kind = Kind::barrier_reply;
  friend bool operator==(const BarrierReply&, const BarrierReply&) = default;
};

template <class W, of_type<BarrierReply> M>
void layout(W&, M&) {}

// --- roles ---------------------------------------------------------------------------------------------------------

enum class Role : std::uint32_t { nochange, equal, master, slave };

template <>
inline constexpr std::array<std::string_view, 4> enum_names<Role>{"nochange", "equal", "master", "slave"};

// [OF 1.2 §A.3.10, 1.3.5 §7.3.9, 1.5.1 §7.3.8]
template <Kind k>
struct RoleMessage {
  static constexpr Kind kind = k;

  Role role = Role::nochange;
  std::uint16_t short_id = 0xffff;  // since 1.5; 0xffff: none
  std::uint64_t generation_id = 0;

  friend bool operator==(const RoleMessage&, const RoleMessage&) = default;
};

using RoleRequest = RoleMessage<Kind::role_request>;
using RoleReply = RoleMessage<Kind::role_reply>;

template <class W, class M>
requires of_type<M, RoleRequest> || of_type<M, RoleReply>

void layout(W& w, M& m) {
  w("role", m.role);
  if (w.version() >= v1_5) w("short_id", m.short_id);
  w.pad(4, until(v1_4));
  w.pad(2, since(v1_5));
  w("generation_id", m.generation_id);
}

enum class RoleReason : std::uint8_t { master_request, config, experimenter };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<RoleReason>{"master_request", "config", "experimenter"};

// [OF 1.4 §7.4.4]
struct RoleStatus {
  static constexpr Kind kind = Kind::role_status;

  Role role = Role::nochange;
  RoleReason reason = RoleReason::master_request;
  std::uint64_t generation_id = 0;
  Properties<> properties;

  friend bool operator==(const RoleStatus&, const RoleStatus&) = default;
};

template <class W, of_type<RoleStatus> M>
void layout(W& w, M& m) {
  w("role", m.role);
  w("reason", m.reason);
  w.pad(3);
  w("generation_id", m.generation_id);
  w("properties", m.properties);
}

enum class ControllerReason : std::uint8_t {
  request,
  channel_status,
  role,
  controller_added,
  controller_removed,
  short_id,
  experimenter
};

template <>
inline constexpr std::array<std::string_view, 7> enum_names<ControllerReason>{
    "request", "channel_status", "role", "controller_added", "controller_removed", "short_id", "experimenter"};

enum class ChannelStatus : std::uint8_t { up, down };

template <>
inline constexpr std::array<std::string_view, 2> enum_names<ChannelStatus>{"up", "down"};

struct ControllerUri {
  static constexpr std::array tlvs{Tlv{"uri", 0, since(v1_5)}};

  Bytes uri;

  friend bool operator==(const ControllerUri&, const ControllerUri&) = default;
};

template <class W, of_type<ControllerUri> P>
void layout(W& w, P& p) {
  w("uri", p.uri);
}

// [OF 1.5.1 §7.3.5.21]
struct ControllerState {
  std::uint16_t short_id = 0;
  Role role = Role::equal;
  ControllerReason reason = ControllerReason::request;
  ChannelStatus channel_status = ChannelStatus::up;
  Properties<ControllerUri> properties;

  friend bool operator==(const ControllerState&, const ControllerState&) = default;
};

template <class W, of_type<ControllerState> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w("short_id", m.short_id);
    w("role", m.role);
    w("reason", m.reason);
    w("channel_status", m.channel_status);
    w.pad(6);
    w("properties", m.properties);
  });
}

// [OF 1.5.1 §7.4.9]
struct ControllerStatus {
  static constexpr Kind kind = Kind::controller_status;

  ControllerState status;

  friend bool operator==(const ControllerStatus&, const ControllerStatus&) = default;
};

template <class W, of_type<ControllerStatus> M>
void layout(W& w, M& m) {
  w("status", m.status);
}

// --- what a controller wants to be told unasked --------------------------------------------------------------------

struct GetAsyncRequest {
  static constexpr Kind kind = Kind::get_async_request;
  friend bool operator==(const GetAsyncRequest&, const GetAsyncRequest&) = default;
};

template <class W, of_type<GetAsyncRequest> M>
void layout(W&, M&) {}

// One bit for each reason of a message; which message and which role the mask is for is in the type [OF 1.4 §7.3.10].
struct AsyncMask {
  static constexpr std::array tlvs{
      Tlv{"packet_in_slave", 0, since(v1_4)},       Tlv{"packet_in_master", 1, since(v1_4)},
      Tlv{"port_status_slave", 2, since(v1_4)},     Tlv{"port_status_master", 3, since(v1_4)},
      Tlv{"flow_removed_slave", 4, since(v1_4)},    Tlv{"flow_removed_master", 5, since(v1_4)},
      Tlv{"role_status_slave", 6, since(v1_4)},     Tlv{"role_status_master", 7, since(v1_4)},
      Tlv{"table_status_slave", 8, since(v1_4)},    Tlv{"table_status_master", 9, since(v1_4)},
      Tlv{"requestforward_slave", 10, since(v1_4)}, Tlv{"requestforward_master", 11, since(v1_4)},
      Tlv{"flow_stats_slave", 12, since(v1_5)},     Tlv{"flow_stats_master", 13, since(v1_5)},
      Tlv{"cont_status_slave", 14, since(v1_5)},    Tlv{"cont_status_master", 15, since(v1_5)}};

  std::uint16_t type = 0;
  std::uint32_t mask = 0;

  friend bool operator==(const AsyncMask&, const AsyncMask&) = default;
};

template <class W, of_type<AsyncMask> P>
void layout(W& w, P& p) {
  w("mask", p.mask);
}

// Masks for masters and equals, and for slaves [OF 1.3.5 §7.3.10]; properties since 1.4.
template <Kind k>
struct AsyncMessage {
  static constexpr Kind kind = k;

  std::array<std::uint32_t, 2> packet_in_mask{}, port_status_mask{}, flow_removed_mask{};
  Properties<AsyncMask> properties;

  friend bool operator==(const AsyncMessage&, const AsyncMessage&) = default;
};

using GetAsyncReply = AsyncMessage<Kind::get_async_reply>;
using SetAsync = AsyncMessage<Kind::set_async>;

template <class W, class M>
requires of_type<M, GetAsyncReply> || of_type<M, SetAsync>

void layout(W& w, M& m) {
  w("packet_in_mask", m.packet_in_mask, until(v1_3));
  w("port_status_mask", m.port_status_mask, until(v1_3));
  w("flow_removed_mask", m.flow_removed_mask, until(v1_3));
  w("properties", m.properties, since(v1_4));
}

}  // namespace sluice::ofmsg
