// Every message that has a typed form, as one closed sum type.
#pragma once

#include <variant>

#include "ofmsg/messages/flow.hpp"
#include "ofmsg/messages/packet.hpp"
#include "ofmsg/messages/session.hpp"
#include "ofmsg/messages/stats.hpp"

namespace sluice::ofmsg {

using Message =
    std::variant<Hello, Error, EchoRequest, EchoReply, FeaturesRequest, FeaturesReply, GetConfigRequest, GetConfigReply,
                 SetConfig, PacketIn, FlowRemoved, PortStatus, PacketOut, FlowMod, BarrierRequest, BarrierReply,
                 DescRequest, DescReply, FlowStatsRequest, FlowStatsReply, AggregateRequest, AggregateReply,
                 TableStatsRequest, TableStatsReply, PortStatsRequest, PortStatsReply, PortDescRequest, PortDescReply>;

[[nodiscard]] inline Kind kind_of(const Message& message) {
  return std::visit([](const auto& m) { return m.kind; }, message);
}

}  // namespace sluice::ofmsg
