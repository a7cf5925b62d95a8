// Meters: meter_mod and its bands, and what a switch says of its meters; since 1.3.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/messages/stats_header.hpp"
#include "ofmsg/property.hpp"

namespace sluice::ofmsg {

struct MeterId {
  static constexpr std::uint32_t max = 0xffff0000, slowpath = 0xfffffffd, controller = 0xfffffffe, all = 0xffffffff;

  std::uint32_t value = all;

  friend constexpr auto operator<=>(const MeterId&, const MeterId&) = default;
};

inline void wire(Reader& r, MeterId& id) { wire(r, id.value); }

inline void wire(Writer& w, const MeterId& id) { wire(w, id.value); }

// --- bands ---------------------------------------------------------------------------------------------------------

// Rate and burst: kb/s and kbit, or packets, by the flags of the meter [OF 1.3.5 §7.3.4.4].
struct BandDrop {
  static constexpr std::array tlvs{Tlv{"drop", 1, since(v1_3)}};

  std::uint32_t rate = 0, burst_size = 0;

  friend bool operator==(const BandDrop&, const BandDrop&) = default;
};

template <class W, of_type<BandDrop> B>
void layout(W& w, B& b) {
  w("rate", b.rate);
  w("burst_size", b.burst_size);
  w.pad(4);
}

struct BandDscpRemark {
  static constexpr std::array tlvs{Tlv{"dscp_remark", 2, since(v1_3)}};

  std::uint32_t rate = 0, burst_size = 0;
  std::uint8_t prec_level = 0;

  friend bool operator==(const BandDscpRemark&, const BandDscpRemark&) = default;
};

template <class W, of_type<BandDscpRemark> B>
void layout(W& w, B& b) {
  w("rate", b.rate);
  w("burst_size", b.burst_size);
  w("prec_level", b.prec_level);
  w.pad(3);
}

struct BandExperimenter {
  static constexpr std::array tlvs{Tlv{"experimenter", 0xffff, since(v1_3)}};

  std::uint32_t rate = 0, burst_size = 0;
  std::uint32_t experimenter = 0;
  Bytes data;

  friend bool operator==(const BandExperimenter&, const BandExperimenter&) = default;
};

template <class W, of_type<BandExperimenter> B>
void layout(W& w, B& b) {
  w("rate", b.rate);
  w("burst_size", b.burst_size);
  w("experimenter", b.experimenter);
  w("data", b.data);
}

using Bands = TlvList<Reason::bad_length, TailPadding::none, BandDrop, BandDscpRemark, BandExperimenter>;

// --- meter_mod -----------------------------------------------------------------------------------------------------

enum class MeterModCommand : std::uint16_t { add, modify, delete_ };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<MeterModCommand>{"add", "modify", "delete"};

// [OF 1.3.5 §7.3.4.4]
struct MeterMod {
  static constexpr Kind kind = Kind::meter_mod;
  static constexpr std::uint16_t kbps = 1U << 0U, pktps = 1U << 1U, burst = 1U << 2U, stats = 1U << 3U;

  MeterModCommand command = MeterModCommand::add;
  std::uint16_t flags = 0;
  MeterId meter_id;
  Bands bands;

  friend bool operator==(const MeterMod&, const MeterMod&) = default;
};

template <class W, of_type<MeterMod> M>
void layout(W& w, M& m) {
  w("command", m.command);
  w("flags", m.flags);
  w("meter_id", m.meter_id);
  w("bands", m.bands);
}

// --- what a switch says --------------------------------------------------------------------------------------------

template <Kind k>
struct MeterRequest {
  static constexpr Kind kind = k;
  std::uint16_t flags = 0;
  MeterId meter_id;
  friend bool operator==(const MeterRequest&, const MeterRequest&) = default;
};

using MeterStatsRequest = MeterRequest<Kind::meter_stats_request>;
using MeterConfigRequest = MeterRequest<Kind::meter_config_request>;

template <class W, class M>
requires of_type<M, MeterStatsRequest> || of_type<M, MeterConfigRequest>

void layout(W& w, M& m) {
  multipart_header(w, m);
  w("meter_id", m.meter_id);
  w.pad(4);
}

struct BandCounter {
  std::uint64_t packet_band_count = 0, byte_band_count = 0;
  friend bool operator==(const BandCounter&, const BandCounter&) = default;
};

template <class W, of_type<BandCounter> B>
void layout(W& w, B& b) {
  w("packet_band_count", b.packet_band_count);
  w("byte_band_count", b.byte_band_count);
}

// [OF 1.3.5 §7.3.5.12]; `flow_count` is called ref_count in 1.5.
struct MeterStats {
  MeterId meter_id;
  std::uint32_t flow_count = 0;
  std::uint64_t packet_in_count = 0, byte_in_count = 0;
  std::uint32_t duration_sec = 0, duration_nsec = 0;
  std::vector<BandCounter> bands;
  friend bool operator==(const MeterStats&, const MeterStats&) = default;
};

template <class W, of_type<MeterStats> M>
void layout(W& w, M& m) {
  w("meter_id", m.meter_id);
  w.framed("len", 4, [&] {
    w.pad(6);
    w("flow_count", m.flow_count);
    w("packet_in_count", m.packet_in_count);
    w("byte_in_count", m.byte_in_count);
    w("duration_sec", m.duration_sec);
    w("duration_nsec", m.duration_nsec);
    w("band_stats", m.bands);
  });
}

struct MeterStatsReply {
  static constexpr Kind kind = Kind::meter_stats_reply;
  std::uint16_t flags = 0;
  std::vector<MeterStats> meters;
  friend bool operator==(const MeterStatsReply&, const MeterStatsReply&) = default;
};

template <class W, of_type<MeterStatsReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("meters", m.meters);
}

// [OF 1.3.5 §7.3.5.13]; OFPMP_METER_DESC in 1.5
struct MeterConfig {
  std::uint16_t flags = 0;
  MeterId meter_id;
  Bands bands;
  friend bool operator==(const MeterConfig&, const MeterConfig&) = default;
};

template <class W, of_type<MeterConfig> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w("flags", m.flags);
    w("meter_id", m.meter_id);
    w("bands", m.bands);
  });
}

struct MeterConfigReply {
  static constexpr Kind kind = Kind::meter_config_reply;
  std::uint16_t flags = 0;
  std::vector<MeterConfig> meters;
  friend bool operator==(const MeterConfigReply&, const MeterConfigReply&) = default;
};

template <class W, of_type<MeterConfigReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("meters", m.meters);
}

struct MeterFeaturesRequest {
  static constexpr Kind kind = Kind::meter_features_request;
  std::uint16_t flags = 0;
  friend bool operator==(const MeterFeaturesRequest&, const MeterFeaturesRequest&) = default;
};

template <class W, of_type<MeterFeaturesRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
}

// [OF 1.3.5 §7.3.5.14, 1.5.1 §7.3.5.15]
struct MeterFeaturesReply {
  static constexpr Kind kind = Kind::meter_features_reply;
  std::uint16_t flags = 0;
  std::uint32_t max_meter = 0, band_types = 0, capabilities = 0;
  std::uint8_t max_bands = 0, max_color = 0;
  std::optional<std::uint32_t> features;  // since 1.5, but Open vSwitch 3.1 leaves it out
  friend bool operator==(const MeterFeaturesReply&, const MeterFeaturesReply&) = default;
};

template <class W, of_type<MeterFeaturesReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("max_meter", m.max_meter);
  w("band_types", m.band_types);
  w("capabilities", m.capabilities);
  w("max_bands", m.max_bands);
  w("max_color", m.max_color);
  w.pad(2);
  if (w.version() >= v1_5 && w.more(m.features.has_value())) {
    w("features", m.features);
    w.pad(4);
  }
}

}  // namespace sluice::ofmsg
