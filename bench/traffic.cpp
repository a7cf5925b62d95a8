#include "bench/traffic.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"

namespace sluice::bench {

using namespace ofmsg;

namespace {

constexpr std::uint32_t network = 0x0a000000;  // 10.0.0.0, and what follows where that is full
constexpr std::size_t shortest = 20, lengths = 7;

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, address >> 16U & 0xffU, address >> 8U & 0xffU, address & 0xffU);
}

// Ethernet with a VLAN tag, IPv4, UDP; the number is in the last two bytes of the source address.
Bytes packet(const Traffic& traffic) {
  Bytes bytes;
  bytes.reserve(packet_size);
  for (const unsigned byte : {0x02U, 0U, 0U, 0U, 0U, 0x02U, 0x02U, 0U, 0U, 1U})
    bytes.push_back(std::byte{static_cast<std::uint8_t>(byte)});
  append(bytes, traffic.number);
  append(bytes, std::uint16_t{0x8100});
  append(bytes, static_cast<std::uint16_t>(traffic.vlan));
  append(bytes, std::uint16_t{0x0800});
  const std::uint32_t source = traffic.source.value_or(source_address(0));
  for (const std::uint32_t word : {0x4500002eU, 0U, 0x40110000U, source, 0x0a000002U, 0x13891389U, 0x001a0000U}) {
    append(bytes, word);
  }
  bytes.resize(packet_size);
  return bytes;
}

}  // namespace

std::uint32_t source_address(std::size_t n, std::size_t host) {
  return network + static_cast<std::uint32_t>((n << (32 - shortest)) + host % 64);
}

std::string rules_of(std::size_t vlan, std::size_t prefixes, const std::string& on) {
  if (prefixes == 0) return fmt::format(R"({{"on": {}, "match": {{"vlan": {}}}}})", on, vlan);
  std::string text;
  for (std::size_t n = 0; n < prefixes; ++n) {
    text += fmt::format(R"({}{{"on": {}, "match": "dl_vlan={},ip,nw_src={}/{}"}})", n == 0 ? "" : ",\n    ", on, vlan,
                        dotted(source_address(n, 0)), shortest + n % lengths);
  }
  return text;
}

Message packet_in(const Traffic& traffic, Version version) {
  PacketIn message;
  message.total_len = packet_size;
  message.in_port = PortNo{1};
  if (version >= v1_2) message.match.set(Field::in_port, std::uint64_t{1});
  message.data = packet(traffic);
  return message;
}

FlowMod flow_mod(const Traffic& traffic, Version version) {
  const std::string ip = traffic.source ? fmt::format("ip,nw_src={},", dotted(*traffic.source)) : std::string{};
  const std::string words = fmt::format(
      "priority=100,in_port=1,dl_vlan={},dl_src=02:00:00:01:{:02x}:{:02x},dl_dst=02:00:00:00:00:02,{}"
      "idle_timeout=60,actions=output:2",
      traffic.vlan, traffic.number >> 8U, traffic.number & 0xffU, ip);
  auto parsed = parse_flow(words, version, FlowModCommand::add);
  if (!parsed) throw std::runtime_error{fmt::format("{}: {}", words, parsed.error().message)};
  return std::move(*parsed);
}

std::vector<Port> ports(std::uint32_t count) {
  std::vector<Port> all(count);
  for (std::uint32_t n = 1; n <= count; ++n) {
    all[n - 1].number = PortNo{n};
    all[n - 1].hw_addr.bytes = {2, 0, 0, 0, 1, static_cast<std::uint8_t>(n)};
    all[n - 1].name.value = fmt::format("eth{}", n);
  }
  return all;
}

std::optional<Message> reply_to(const Message& question, std::uint64_t dpid, Version version,
                                std::uint32_t port_count) {
  switch (kind_of(question)) {
    case Kind::features_request: {
      FeaturesReply reply;
      reply.datapath_id.value = dpid;
      reply.n_tables = 1;
      reply.capabilities = FeaturesReply::flow_stats;
      reply.actions = version == v1_0 ? 0xfffU : 0U;
      if (version < v1_3) reply.ports = ports(port_count);
      return reply;
    }
    case Kind::port_desc_request: {
      PortDescReply reply;
      reply.ports = ports(port_count);
      return reply;
    }
    case Kind::get_config_request: return GetConfigReply{};
    case Kind::barrier_request: return BarrierReply{};
    case Kind::desc_request: return DescReply{};
    case Kind::flow_stats_request: return FlowStatsReply{};
    case Kind::table_stats_request: return TableStatsReply{};
    default: return std::nullopt;
  }
}

Bytes encoded(const Message& message, Version version, Xid xid) {
  Bytes bytes;
  if (const auto done = encode(bytes, message, version, xid); !done) throw std::runtime_error{text(done.error())};
  return bytes;
}

}  // namespace sluice::bench
