// What a message needs for all of its alternatives, once.
#include "ofmsg/message.hpp"

#include <utility>

namespace sluice::ofmsg {

Message::Message() = default;
Message::Message(const Message& other) = default;
Message::Message(Message&& other) noexcept = default;
Message& Message::operator=(const Message& other) = default;
Message& Message::operator=(Message&& other) noexcept = default;
Message::~Message() = default;

bool operator==(const Message& a, const Message& b) {
  return static_cast<const MessageAlternatives&>(a) == static_cast<const MessageAlternatives&>(b);
}

template <class M>

requires is_message<M>

Message::Message(M message) : MessageAlternatives{std::in_place_type<M>, std::move(message)} {}

template Message::Message(Hello);
template Message::Message(Error);
template Message::Message(EchoRequest);
template Message::Message(EchoReply);
template Message::Message(Experimenter);
template Message::Message(FeaturesRequest);
template Message::Message(FeaturesReply);
template Message::Message(GetConfigRequest);
template Message::Message(GetConfigReply);
template Message::Message(SetConfig);
template Message::Message(PacketIn);
template Message::Message(FlowRemoved);
template Message::Message(PortStatus);
template Message::Message(PacketOut);
template Message::Message(FlowMod);
template Message::Message(GroupMod);
template Message::Message(PortMod);
template Message::Message(TableMod);
template Message::Message(BarrierRequest);
template Message::Message(BarrierReply);
template Message::Message(QueueGetConfigRequest);
template Message::Message(QueueGetConfigReply);
template Message::Message(RoleRequest);
template Message::Message(RoleReply);
template Message::Message(GetAsyncRequest);
template Message::Message(GetAsyncReply);
template Message::Message(SetAsync);
template Message::Message(MeterMod);
template Message::Message(RoleStatus);
template Message::Message(TableStatus);
template Message::Message(Requestforward);
template Message::Message(BundleControl);
template Message::Message(BundleAddMessage);
template Message::Message(ControllerStatus);
template Message::Message(DescRequest);
template Message::Message(DescReply);
template Message::Message(FlowStatsRequest);
template Message::Message(FlowStatsReply);
template Message::Message(AggregateRequest);
template Message::Message(AggregateReply);
template Message::Message(TableStatsRequest);
template Message::Message(TableStatsReply);
template Message::Message(PortStatsRequest);
template Message::Message(PortStatsReply);
template Message::Message(QueueStatsRequest);
template Message::Message(QueueStatsReply);
template Message::Message(GroupStatsRequest);
template Message::Message(GroupStatsReply);
template Message::Message(GroupDescRequest);
template Message::Message(GroupDescReply);
template Message::Message(GroupFeaturesRequest);
template Message::Message(GroupFeaturesReply);
template Message::Message(MeterStatsRequest);
template Message::Message(MeterStatsReply);
template Message::Message(MeterConfigRequest);
template Message::Message(MeterConfigReply);
template Message::Message(MeterFeaturesRequest);
template Message::Message(MeterFeaturesReply);
template Message::Message(TableFeaturesRequest);
template Message::Message(TableFeaturesReply);
template Message::Message(PortDescRequest);
template Message::Message(PortDescReply);
template Message::Message(TableDescRequest);
template Message::Message(TableDescReply);
template Message::Message(QueueDescRequest);
template Message::Message(QueueDescReply);
template Message::Message(FlowMonitorRequest);
template Message::Message(FlowMonitorReply);
template Message::Message(FlowStatsLightRequest);
template Message::Message(FlowStatsLightReply);
template Message::Message(ControllerStatusRequest);
template Message::Message(ControllerStatusReply);
template Message::Message(BundleFeaturesRequest);
template Message::Message(BundleFeaturesReply);
template Message::Message(ExperimenterStatsRequest);
template Message::Message(ExperimenterStatsReply);

}  // namespace sluice::ofmsg
