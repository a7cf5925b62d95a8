// Ports: their description, news of them, and changes to them.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/property.hpp"

namespace sluice::ofmsg {

// --- the description -----------------------------------------------------------------------------------------------

// [OF 1.4 §7.2.1]; until 1.3 these are fields of the port itself.
struct PortEthernet {
  static constexpr std::array tlvs{Tlv{"ethernet", 0, since(v1_4)}};

  std::uint32_t curr = 0, advertised = 0, supported = 0, peer = 0;
  std::uint32_t curr_speed = 0, max_speed = 0;  // kb/s

  friend bool operator==(const PortEthernet&, const PortEthernet&) = default;
};

template <class W, of_type<PortEthernet> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("curr", p.curr);
  w("advertised", p.advertised);
  w("supported", p.supported);
  w("peer", p.peer);
  w("curr_speed", p.curr_speed);
  w("max_speed", p.max_speed);
}

struct PortOptical {
  static constexpr std::array tlvs{Tlv{"optical", 1, since(v1_4)}};

  std::uint32_t supported = 0;
  std::uint32_t tx_min_freq_lmda = 0, tx_max_freq_lmda = 0, tx_grid_freq_lmda = 0;  // MHz or nm / 100
  std::uint32_t rx_min_freq_lmda = 0, rx_max_freq_lmda = 0, rx_grid_freq_lmda = 0;
  std::uint16_t tx_pwr_min = 0, tx_pwr_max = 0;  // dBm / 10

  friend bool operator==(const PortOptical&, const PortOptical&) = default;
};

template <class W, of_type<PortOptical> P>
void layout(W& w, P& p) {
  w.pad(4);
  w("supported", p.supported);
  w("tx_min_freq_lmda", p.tx_min_freq_lmda);
  w("tx_max_freq_lmda", p.tx_max_freq_lmda);
  w("tx_grid_freq_lmda", p.tx_grid_freq_lmda);
  w("rx_min_freq_lmda", p.rx_min_freq_lmda);
  w("rx_max_freq_lmda", p.rx_max_freq_lmda);
  w("rx_grid_freq_lmda", p.rx_grid_freq_lmda);
  w("tx_pwr_min", p.tx_pwr_min);
  w("tx_pwr_max", p.tx_pwr_max);
}

// The OXM headers of the fields that the port supplies or takes [OF 1.5.1 §7.2.1.2].
struct PortPipelineFields {
  static constexpr std::uint16_t input = 2, output = 3;
  static constexpr std::array tlvs{Tlv{"pipeline_input", input, since(v1_5)},
                                   Tlv{"pipeline_output", output, since(v1_5)}};

  std::uint16_t type = input;
  std::vector<OxmHeader> oxm_ids;

  friend bool operator==(const PortPipelineFields&, const PortPipelineFields&) = default;
};

template <class W, of_type<PortPipelineFields> P>
void layout(W& w, P& p) {
  w("oxm_ids", p.oxm_ids);
}

struct PortRecirculate {
  static constexpr std::array tlvs{Tlv{"recirculate", 4, since(v1_5)}};

  std::vector<PortNo> port_nos;

  friend bool operator==(const PortRecirculate&, const PortRecirculate&) = default;
};

template <class W, of_type<PortRecirculate> P>
void layout(W& w, P& p) {
  w("port_nos", p.port_nos);
}

using PortProperties = Properties<PortEthernet, PortOptical, PortPipelineFields, PortRecirculate>;

// A port as features_reply, port_status and port_desc tell it [OF 1.0 §5.2.1, 1.3.5 §7.2.1, 1.4 §7.2.1].
struct Port {
  static constexpr std::uint32_t config_down = 1U << 0U;
  static constexpr std::uint32_t config_no_stp = 1U << 1U;  // 1.0 only
  static constexpr std::uint32_t config_no_recv = 1U << 2U;
  static constexpr std::uint32_t config_no_recv_stp = 1U << 3U;  // 1.0 only
  static constexpr std::uint32_t config_no_flood = 1U << 4U;     // 1.0 only
  static constexpr std::uint32_t config_no_fwd = 1U << 5U;
  static constexpr std::uint32_t config_no_packet_in = 1U << 6U;
  static constexpr std::uint32_t state_link_down = 1U << 0U;
  static constexpr std::uint32_t state_blocked = 1U << 1U, state_live = 1U << 2U;  // since 1.1

  PortNo number;
  MacAddress hw_addr;
  Text<16> name;
  std::uint32_t config = 0;
  std::uint32_t state = 0;
  std::uint32_t curr = 0, advertised = 0, supported = 0, peer = 0;  // until 1.3
  std::uint32_t curr_speed = 0, max_speed = 0;                      // kb/s; 1.1 to 1.3
  PortProperties properties;                                        // since 1.4

  // The speeds and features in whichever form the version has.
  [[nodiscard]] PortEthernet ethernet() const {
    if (const auto* p = properties.find<PortEthernet>()) return *p;
    return {curr, advertised, supported, peer, curr_speed, max_speed};
  }

  friend bool operator==(const Port&, const Port&) = default;
};

template <class W, class P>
void port_layout(W& w, P& p) {
  w("hw_addr", p.hw_addr);
  w.pad(2, since(v1_1));
  w("name", p.name);
  w("config", p.config);
  w("state", p.state);
  w("curr", p.curr, until(v1_3));
  w("advertised", p.advertised, until(v1_3));
  w("supported", p.supported, until(v1_3));
  w("peer", p.peer, until(v1_3));
  w("curr_speed", p.curr_speed, between(v1_1, v1_3));
  w("max_speed", p.max_speed, between(v1_1, v1_3));
  w("properties", p.properties, since(v1_4));
}

template <class W, of_type<Port> P>
void layout(W& w, P& p) {
  w("port_no", p.number);
  if (w.version() >= v1_4) {
    w.framed("length", 4, [&] {
      w.pad(2);
      port_layout(w, p);
    });
  } else {
    w.pad(4, since(v1_1));
    port_layout(w, p);
  }
}

// --- port_status ---------------------------------------------------------------------------------------------------

enum class PortReason : std::uint8_t { add, delete_, modify };

template <>
inline constexpr std::array<std::string_view, 3> enum_names<PortReason>{"add", "delete", "modify"};

// [OF 1.0 §5.4.3, 1.3.5 §7.4.3]
struct PortStatus {
  static constexpr Kind kind = Kind::port_status;

  PortReason reason = PortReason::add;
  Port port;

  friend bool operator==(const PortStatus&, const PortStatus&) = default;
};

template <class W, of_type<PortStatus> M>
void layout(W& w, M& m) {
  w("reason", m.reason);
  w.pad(7);
  w("port", m.port);
}

// --- port_mod ------------------------------------------------------------------------------------------------------

struct PortModEthernet {
  static constexpr std::array tlvs{Tlv{"ethernet", 0, since(v1_4)}};

  std::uint32_t advertise = 0;

  friend bool operator==(const PortModEthernet&, const PortModEthernet&) = default;
};

template <class W, of_type<PortModEthernet> P>
void layout(W& w, P& p) {
  w("advertise", p.advertise);
}

struct PortModOptical {
  static constexpr std::array tlvs{Tlv{"optical", 1, since(v1_4)}};

  std::uint32_t configure = 0, freq_lmda = 0;
  std::uint32_t fl_offset = 0;  // signed: two's complement
  std::uint32_t grid_span = 0, tx_pwr = 0;

  friend bool operator==(const PortModOptical&, const PortModOptical&) = default;
};

template <class W, of_type<PortModOptical> P>
void layout(W& w, P& p) {
  w("configure", p.configure);
  w("freq_lmda", p.freq_lmda);
  w("fl_offset", p.fl_offset);
  w("grid_span", p.grid_span);
  w("tx_pwr", p.tx_pwr);
}

using PortModProperties = Properties<PortModEthernet, PortModOptical>;

// [OF 1.0 §5.3.4, 1.3.5 §7.3.4.3, 1.4 §7.3.4.3]
struct PortMod {
  static constexpr Kind kind = Kind::port_mod;

  PortNo port_no;
  MacAddress hw_addr;
  std::uint32_t config = 0, mask = 0;
  std::uint32_t advertise = 0;   // until 1.3; zero: leave as it is
  PortModProperties properties;  // since 1.4

  friend bool operator==(const PortMod&, const PortMod&) = default;
};

template <class W, of_type<PortMod> M>
void layout(W& w, M& m) {
  w("port_no", m.port_no);
  w.pad(4, since(v1_1));
  w("hw_addr", m.hw_addr);
  w.pad(2, since(v1_1));
  w("config", m.config);
  w("mask", m.mask);
  w("advertise", m.advertise, until(v1_3));
  w.pad(4, until(v1_3));
  w("properties", m.properties, since(v1_4));
}

}  // namespace sluice::ofmsg
