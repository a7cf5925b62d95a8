// Every message that OpenFlow 1.0 to 1.5 has, as one closed sum type.
#pragma once

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
using Message =
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

static_assert(std::variant_size_v<Message> == kind_count, "one alternative for each kind");

[[nodiscard]] inline Kind kind_of(const Message& message) { return static_cast<Kind>(message.index()); }

}  // namespace sluice::ofmsg
