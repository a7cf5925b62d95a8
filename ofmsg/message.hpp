// Every message that OpenFlow 1.0 to 1.5 has, as one closed sum type.
#pragma once

#include <concepts>
#include <variant>

#include "ofmsg/messages/bundle.hpp"
#include "ofmsg/messages/flow.hpp"
#include "ofmsg/messages/group.hpp"
#include "ofmsg/messages/meter.hpp"
#include "ofmsg/messages/monitor.hpp"
#include "ofmsg/messages/packet.hpp"
#include "ofmsg/messages/port.hpp"
#include "ofmsg/messages/queue.hpp"
#include "ofmsg/messages/session.hpp"
#include "ofmsg/messages/stats.hpp"
#include "ofmsg/messages/table.hpp"

namespace sluice::ofmsg {

// In the order of `Kind`.
using MessageAlternatives =
    std::variant<Hello, Error, EchoRequest, EchoReply, Experimenter, FeaturesRequest, FeaturesReply, GetConfigRequest,
                 GetConfigReply, SetConfig, PacketIn, FlowRemoved, PortStatus, PacketOut, FlowMod, GroupMod, PortMod,
                 TableMod, BarrierRequest, BarrierReply, QueueGetConfigRequest, QueueGetConfigReply, RoleRequest,
                 RoleReply, GetAsyncRequest, GetAsyncReply, SetAsync, MeterMod, RoleStatus, TableStatus, Requestforward,
                 BundleControl, BundleAddMessage, ControllerStatus, DescRequest, DescReply, FlowStatsRequest,
                 FlowStatsReply, AggregateRequest, AggregateReply, TableStatsRequest, TableStatsReply, PortStatsRequest,
                 PortStatsReply, QueueStatsRequest, QueueStatsReply, GroupStatsRequest, GroupStatsReply,
                 GroupDescRequest, GroupDescReply, GroupFeaturesRequest, GroupFeaturesReply, MeterStatsRequest,
                 MeterStatsReply, MeterConfigRequest, MeterConfigReply, MeterFeaturesRequest, MeterFeaturesReply,
                 TableFeaturesRequest, TableFeaturesReply, PortDescRequest, PortDescReply, TableDescRequest,
                 TableDescReply, QueueDescRequest, QueueDescReply, FlowMonitorRequest, FlowMonitorReply,
                 FlowStatsLightRequest, FlowStatsLightReply, ControllerStatusRequest, ControllerStatusReply,
                 BundleFeaturesRequest, BundleFeaturesReply, ExperimenterStatsRequest, ExperimenterStatsReply>;

static_assert(std::variant_size_v<MessageAlternatives> == kind_count, "one alternative for each kind");

template <class M, class Alternatives = MessageAlternatives>
inline constexpr bool is_message = false;

template <class M, class... Alternatives>
inline constexpr bool is_message<M, std::variant<Alternatives...>> = (... || std::same_as<M, Alternatives>);

// One of them; `std::get_if`, `std::visit` and their kin work on it. Its special members are in message.cpp: made for
// all alternatives in every file that copies or destroys a message, they would be most of what a compiler does here.
class Message : public MessageAlternatives {
 public:
  Message();
  // For each alternative.
  template <class M>
  requires is_message<M>

  Message(M message);
  Message(const Message& other);
  Message(Message&& other) noexcept;
  Message& operator=(const Message& other);
  Message& operator=(Message&& other) noexcept;
  ~Message();

  friend bool operator==(const Message& a, const Message& b);
};

[[nodiscard]] inline Kind kind_of(const Message& message) { return static_cast<Kind>(message.index()); }

}  // namespace sluice::ofmsg
