// Messages that set up and keep a connection: hello, error, echo, features, configuration, barrier.
#pragma once

#include <cstdint>
#include <vector>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

// [OF 1.3.5 §7.5.1]. Elements of any version are taken; 1.0-1.2 senders that know of bitmaps put them there too.
struct HelloElement {
  static constexpr std::uint16_t versionbitmap = 1;

  std::uint16_t type = versionbitmap;
  Bytes body;

  friend bool operator==(const HelloElement&, const HelloElement&) = default;
};

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
  static constexpr std::uint16_t experimenter_type = 0xffff;  // then `code` is the experimenter's type (since 1.2)

  WireError error{};
  Bytes data;  // the message that failed, or its first bytes; text for HELLO_FAILED

  friend bool operator==(const Error&, const Error&) = default;
};

template <class W, of_type<Error> M>
void layout(W& w, M& m) {
  w("type", m.error.type);
  w("code", m.error.code);
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
  static constexpr std::uint32_t port_blocked = 1U << 8U;

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

}  // namespace sluice::ofmsg
