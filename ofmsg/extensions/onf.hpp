// The ONF's extensions of 1.3, as Open vSwitch speaks them: parts of 1.4 under an experimenter's number. Their
// bodies are those of 1.4, so the structs are the standard's, derived to have numbers of their own.
#pragma once

#include <tuple>

#include "ofmsg/extensions/nicira_table.hpp"
#include "ofmsg/messages/bundle.hpp"

namespace sluice::ofmsg {

constexpr Extension onf_part(std::string_view name, ExtensionPlace place, std::uint32_t type) {
  return {name, place, onf, type, only(v1_3)};
}

constexpr Extension onf_message(std::string_view name, std::uint32_t type) {
  return onf_part(name, ExtensionPlace::message, type);
}

struct OnfBundleControl : BundleControl {
  static constexpr Extension extension = onf_message("onf_bundle_control", 2300);
  friend bool operator==(const OnfBundleControl&, const OnfBundleControl&) = default;
};

struct OnfBundleAddMessage : BundleAddMessage {
  static constexpr Extension extension = onf_message("onf_bundle_add_message", 2301);
  friend bool operator==(const OnfBundleAddMessage&, const OnfBundleAddMessage&) = default;
};

struct OnfRequestforward : Requestforward {
  static constexpr Extension extension = onf_message("onf_requestforward", 2350);
  friend bool operator==(const OnfRequestforward&, const OnfRequestforward&) = default;
};

struct OnfRoleStatus : RoleStatus {
  static constexpr Extension extension = onf_message("onf_role_status", 1911);
  friend bool operator==(const OnfRoleStatus&, const OnfRoleStatus&) = default;
};

struct OnfFlowMonitorCancel : NxFlowMonitorCancel {
  static constexpr Extension extension = onf_message("onf_flow_monitor_cancel", 1870);
  friend bool operator==(const OnfFlowMonitorCancel&, const OnfFlowMonitorCancel&) = default;
};

struct OnfFlowMonitorPaused : NxFlowMonitorPaused {
  static constexpr Extension extension = onf_message("onf_flow_monitor_paused", 1871);
  friend bool operator==(const OnfFlowMonitorPaused&, const OnfFlowMonitorPaused&) = default;
};

struct OnfFlowMonitorResumed : NxFlowMonitorResumed {
  static constexpr Extension extension = onf_message("onf_flow_monitor_resumed", 1872);
  friend bool operator==(const OnfFlowMonitorResumed&, const OnfFlowMonitorResumed&) = default;
};

// The struct that one of these is made of, as const as it is.
template <class T, class Base>
using Like = std::conditional_t<std::is_const_v<T>, const Base, Base>;

template <class W, of_type<OnfBundleControl> M>
void layout(W& w, M& m) {
  layout(w, static_cast<Like<M, BundleControl>&>(m));
}

template <class W, of_type<OnfBundleAddMessage> M>
void layout(W& w, M& m) {
  layout(w, static_cast<Like<M, BundleAddMessage>&>(m));
}

template <class W, of_type<OnfRequestforward> M>
void layout(W& w, M& m) {
  layout(w, static_cast<Like<M, Requestforward>&>(m));
}

template <class W, of_type<OnfRoleStatus> M>
void layout(W& w, M& m) {
  layout(w, static_cast<Like<M, RoleStatus>&>(m));
}

template <class W, of_type<OnfFlowMonitorCancel> M>
void layout(W& w, M& m) {
  layout(w, static_cast<Like<M, NxFlowMonitorCancel>&>(m));
}

template <class W, class M>
requires of_type<M, OnfFlowMonitorPaused> || of_type<M, OnfFlowMonitorResumed>

void layout(W&, M&) {}

// The match has its header, and its length is said twice: Open vSwitch goes by the second, and so do we. (Ryu and
// os-ken send a bare match here.)
struct OnfFlowMonitor {
  std::uint32_t id = 0;
  std::uint16_t flags = 0;  // as `NxFlowMonitor`
  PortNo out_port = port::any;
  std::uint8_t table_id = all_tables;
  OxmMatch match;
  friend bool operator==(const OnfFlowMonitor&, const OnfFlowMonitor&) = default;
};

template <class W, class M>
void onf_match(W& w, std::size_t match_len, M& m) {
  if constexpr (std::same_as<W, Reader>) {
    w("match", m.match);
  } else {
    w.within(
        match_len, [&] { w("match", m.match); }, Reason::bad_match_length);
  }
}

template <class W, of_type<OnfFlowMonitor> M>
void layout(W& w, M& m) {
  w("id", m.id);
  w("flags", m.flags);
  const auto match_len = w.length("match_len");
  w("out_port", m.out_port);
  w("table_id", m.table_id);
  w.pad(3);
  onf_match(w, match_len, m);
  w.align();
}

struct OnfFlowMonitorRequest {
  static constexpr Extension extension = onf_part("onf_flow_monitor_request", ExtensionPlace::stats_request, 1870);
  std::vector<OnfFlowMonitor> monitors;
  friend bool operator==(const OnfFlowMonitorRequest&, const OnfFlowMonitorRequest&) = default;
};

template <class W, of_type<OnfFlowMonitorRequest> M>
void layout(W& w, M& m) {
  w("monitors", m.monitors);
}

struct OnfFlowMonitorReply {
  static constexpr Extension extension = onf_part("onf_flow_monitor_reply", ExtensionPlace::stats_reply, 1870);
  std::vector<OnfFlowUpdate> updates;
  friend bool operator==(const OnfFlowMonitorReply&, const OnfFlowMonitorReply&) = default;
};

template <class W, of_type<OnfFlowMonitorReply> M>
void layout(W& w, M& m) {
  w("updates", m.updates);
}

using OnfMessages =
    std::tuple<OnfBundleControl, OnfBundleAddMessage, OnfRequestforward, OnfRoleStatus, OnfFlowMonitorCancel,
               OnfFlowMonitorPaused, OnfFlowMonitorResumed, OnfFlowMonitorRequest, OnfFlowMonitorReply>;

}  // namespace sluice::ofmsg
