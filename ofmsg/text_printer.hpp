// What stands behind the headline of a message, one function for each kind; internal to text.cpp and text_stats.cpp.
//
// ovs-ofctl has a form of its own for every one of the kinds named here, so the layouts, which give every field in wire
// order, are not walked; the trees do that, and they serve for the other kinds.
#pragma once

#include <string>

#include "ofmsg/text_parts.hpp"
#include "ofmsg/tree.hpp"

namespace sluice::ofmsg {

class MessagePrinter {
 public:
  explicit MessagePrinter(Version version) : version_{version} {}

  // Kinds for which ovs-ofctl has no form that is worth following: every field by its name.
  template <class M>
  std::string operator()(const M& m) const {
    return by_name(Message{m});
  }

  // text.cpp
  std::string operator()(const Hello& m) const;
  std::string operator()(const Error& m) const;

  std::string operator()(const EchoRequest& m) const { return payload(m.data); }

  std::string operator()(const EchoReply& m) const { return payload(m.data); }

  std::string operator()(const FeaturesRequest&) const { return {}; }

  std::string operator()(const FeaturesReply& m) const;

  std::string operator()(const GetConfigRequest&) const { return {}; }

  std::string operator()(const GetConfigReply& m) const { return config(m.flags, m.miss_send_len); }

  std::string operator()(const SetConfig& m) const { return config(m.flags, m.miss_send_len); }

  std::string operator()(const PacketIn& m) const;
  std::string operator()(const FlowRemoved& m) const;
  std::string operator()(const PortStatus& m) const;
  std::string operator()(const PacketOut& m) const;
  std::string operator()(const FlowMod& m) const;

  std::string operator()(const BarrierRequest&) const { return {}; }

  std::string operator()(const BarrierReply&) const { return {}; }

  // text_group.cpp
  std::string operator()(const GroupMod& m) const;
  std::string operator()(const GroupDescReply& m) const;
  std::string operator()(const MeterMod& m) const;
  std::string operator()(const MeterConfigReply& m) const;

  // text_stats.cpp
  std::string operator()(const DescRequest& m) const { return more(m.flags); }

  std::string operator()(const DescReply& m) const;

  std::string operator()(const FlowStatsRequest& m) const { return more(m.flags) + filter(m.filter); }

  std::string operator()(const FlowStatsReply& m) const;

  std::string operator()(const AggregateRequest& m) const { return more(m.flags) + filter(m.filter); }

  std::string operator()(const AggregateReply& m) const;

  std::string operator()(const TableStatsRequest& m) const { return more(m.flags); }

  std::string operator()(const TableStatsReply& m) const;
  std::string operator()(const PortStatsRequest& m) const;
  std::string operator()(const PortStatsReply& m) const;

  std::string operator()(const PortDescRequest& m) const { return more(m.flags); }

  std::string operator()(const PortDescReply& m) const;

 private:
  [[nodiscard]] std::string by_name(const Message& message) const;
  [[nodiscard]] static std::string payload(const Bytes& data);
  [[nodiscard]] static std::string config(std::uint16_t flags, std::uint16_t miss_send_len);
  [[nodiscard]] static std::string packet(ByteView data, PortNo in_port);
  [[nodiscard]] std::string match_with_priority(const Match& match, std::uint16_t priority) const;
  [[nodiscard]] std::string nested(const Bytes& offender) const;

  [[nodiscard]] static std::string more(std::uint16_t flags);
  [[nodiscard]] std::string filter(const FlowFilter& filter) const;
  [[nodiscard]] std::string flow(const FlowStats& flow) const;
  [[nodiscard]] std::string table(const TableStats& table) const;
  [[nodiscard]] std::string port_stats(const PortStats& port) const;
  [[nodiscard]] std::string port(const Port& port) const;  // "1(eth0): addr:…" and the lines below it
  [[nodiscard]] std::string buckets(const std::vector<Bucket>& buckets, GroupType type) const;
  [[nodiscard]] std::string features(std::uint32_t bits) const;
  [[nodiscard]] std::string speed(const Port& port) const;

  Version version_;
};

// "send_flow_rem check_overlap "; bits without a name in hexadecimal.
[[nodiscard]] std::string flow_flags_text(std::uint16_t flags, Version version);
// "2.992s"
[[nodiscard]] std::string duration_text(std::uint32_t seconds, std::uint32_t nanoseconds);
// The names of the bits set, joined; the rest in hexadecimal; "0" for none.
[[nodiscard]] std::string bit_names(std::uint32_t bits,
                                    std::span<const std::pair<std::uint32_t, std::string_view>> names,
                                    std::string_view between = " ");

}  // namespace sluice::ofmsg
