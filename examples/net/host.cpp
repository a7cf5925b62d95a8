#include "examples/net/host.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "ofmsg/fields.hpp"

namespace sluice::net {

using namespace ofmsg;

namespace {

constexpr MacAddress broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr MacAddress nobody{};
constexpr std::uint16_t arp_request = 1, arp_reply = 2;
constexpr std::uint8_t echo_reply = 0, echo_request = 8;
constexpr std::size_t arp_size = 28, ip_size = 20, echo_size = 8;
// Pings that are remembered; older ones are forgotten.
constexpr std::size_t most_pings = 1000;

void append_mac(Bytes& out, MacAddress mac) {
  for (const std::uint8_t byte : mac.bytes) append<std::uint8_t>(out, byte);
}

MacAddress mac_at(ByteView bytes, std::size_t at) {
  MacAddress mac;
  for (std::size_t i = 0; i < mac.bytes.size(); ++i) mac.bytes[i] = load<std::uint8_t>(bytes, at + i);
  return mac;
}

Bytes ethernet(MacAddress dst, MacAddress src, std::optional<std::uint16_t> vlan, std::uint16_t type) {
  Bytes out;
  append_mac(out, dst);
  append_mac(out, src);
  if (vlan) {
    append<std::uint16_t>(out, eth_type::vlan);
    append<std::uint16_t>(out, *vlan);
  }
  append<std::uint16_t>(out, type);
  return out;
}

std::uint16_t checksum(ByteView bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load<std::uint16_t>(bytes, i);
  if (bytes.size() % 2 != 0) sum += static_cast<std::uint32_t>(load<std::uint8_t>(bytes, bytes.size() - 1)) << 8U;
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

struct Arp {
  std::uint16_t operation;
  MacAddress sender_mac;
  Ipv4 sender_ip;
  MacAddress target_mac;
  Ipv4 target_ip;
};

void append_arp(Bytes& out, const Arp& arp) {
  append<std::uint16_t>(out, std::uint16_t{1});  // Ethernet
  append<std::uint16_t>(out, eth_type::ipv4);
  append<std::uint16_t>(out, std::uint16_t{0x0604});  // sizes of the addresses
  append<std::uint16_t>(out, arp.operation);
  append_mac(out, arp.sender_mac);
  append<std::uint32_t>(out, arp.sender_ip.value);
  append_mac(out, arp.target_mac);
  append<std::uint32_t>(out, arp.target_ip.value);
}

// An ICMP echo message in an IPv4 packet; `rest` is identifier, number and data.
void append_echo(Bytes& out, Ipv4 src, Ipv4 dst, std::uint8_t type, ByteView rest) {
  Bytes icmp;
  append<std::uint8_t>(icmp, type);
  append<std::uint8_t>(icmp, std::uint8_t{0});
  append<std::uint16_t>(icmp, std::uint16_t{0});
  append(icmp, rest);
  store<std::uint16_t>(icmp, 2, checksum(icmp));

  Bytes ip;
  append<std::uint16_t>(ip, std::uint16_t{0x4500});
  append<std::uint16_t>(ip, static_cast<std::uint16_t>(ip_size + icmp.size()));
  append<std::uint32_t>(ip, 0);  // identification, fragment
  append<std::uint8_t>(ip, std::uint8_t{64});
  append<std::uint8_t>(ip, ip_proto::icmp);
  append<std::uint16_t>(ip, std::uint16_t{0});
  append<std::uint32_t>(ip, src.value);
  append<std::uint32_t>(ip, dst.value);
  store<std::uint16_t>(ip, 10, checksum(ip));
  append(out, ip);
  append(out, icmp);
}

}  // namespace

std::string text(Ipv4 address) {
  std::string out;
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    if (!out.empty()) out += '.';
    out += std::to_string((address.value >> (shift - 8)) & 0xffU);
  }
  return out;
}

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  Ipv4 address;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), byte);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    address.value = address.value << 8U | byte;
  }
  return text.empty() ? std::optional{address} : std::nullopt;
}

std::uint16_t Host::ping(Ipv4 to, Time now, std::vector<Bytes>& out) {
  const std::uint16_t number = next_ping_++;
  if (pings_.size() >= most_pings) pings_.erase(pings_.begin());
  const bool known = neighbours_.find(to) != neighbours_.end();
  pings_[number] = {.to = to, .sent = now, .answered = std::nullopt, .waits_for_arp = !known};
  if (known) {
    send_echo(number, out);
  } else {
    spoof(to, settings_.vlan, out);
  }
  return number;
}

std::optional<Time> Host::answered(std::uint16_t ping) const {
  const auto found = pings_.find(ping);
  return found == pings_.end() ? std::nullopt : found->second.answered;
}

void Host::spoof(Ipv4 about, std::optional<std::uint16_t> vlan, std::vector<Bytes>& out) const {
  Bytes packet = ethernet(broadcast, settings_.mac, vlan, eth_type::arp);
  append_arp(packet, {arp_request, settings_.mac, settings_.ip, nobody, about});
  out.push_back(std::move(packet));
}

void Host::send_echo(std::uint16_t number, std::vector<Bytes>& out) {
  const Ping& ping = pings_.at(number);
  Bytes rest;
  append<std::uint16_t>(rest, std::uint16_t{1});
  append<std::uint16_t>(rest, number);
  for (const char c : std::string_view{"are you there?"}) rest.push_back(static_cast<std::byte>(c));
  Bytes packet = ethernet(neighbours_.at(ping.to), settings_.mac, settings_.vlan, eth_type::ipv4);
  append_echo(packet, settings_.ip, ping.to, echo_request, rest);
  out.push_back(std::move(packet));
}

void Host::receive(ByteView packet, Time now, std::vector<Bytes>& out) {
  constexpr std::size_t header = 14;
  if (packet.size() < header) return;
  ++counters_.received;
  ++heard_[mac_at(packet, 6)];
  std::optional<std::uint16_t> vlan;
  std::size_t at = header;
  auto type = load<std::uint16_t>(packet, 12);
  if (type == eth_type::vlan) {
    if (packet.size() < header + 4) return;
    vlan = static_cast<std::uint16_t>(load<std::uint16_t>(packet, 14) & 0xfffU);
    type = load<std::uint16_t>(packet, 16);
    at += 4;
  }
  const MacAddress to = mac_at(packet, 0);
  const bool wrong_vlan = vlan != settings_.vlan;
  const bool for_us = to == settings_.mac || to == broadcast;
  if (wrong_vlan) ++counters_.wrong_vlan;
  if (!for_us) ++counters_.not_for_us;
  if (wrong_vlan || !for_us) return;
  if (type == eth_type::arp && packet.size() >= at + arp_size) on_arp(packet.subspan(at), out);
  if (type == eth_type::ipv4) on_ip(packet, at, now, out);
}

void Host::on_arp(ByteView arp, std::vector<Bytes>& out) {
  const auto operation = load<std::uint16_t>(arp, 6);
  const MacAddress sender = mac_at(arp, 8);
  const Ipv4 sender_ip{load<std::uint32_t>(arp, 14)};
  const Ipv4 target_ip{load<std::uint32_t>(arp, 24)};
  if (target_ip != settings_.ip) return;
  neighbours_[sender_ip] = sender;
  if (operation == arp_request) {
    Bytes reply = ethernet(sender, settings_.mac, settings_.vlan, eth_type::arp);
    append_arp(reply, {arp_reply, settings_.mac, settings_.ip, sender, sender_ip});
    out.push_back(std::move(reply));
  }
  for (auto& [number, ping] : pings_) {
    if (!ping.waits_for_arp || ping.to != sender_ip) continue;
    ping.waits_for_arp = false;
    send_echo(number, out);
  }
}

void Host::on_ip(ByteView packet, std::size_t at, Time now, std::vector<Bytes>& out) {
  if (packet.size() < at + ip_size + echo_size) return;
  const ByteView ip = packet.subspan(at);
  const std::size_t size = load<std::uint16_t>(ip, 2);
  const bool plain = load<std::uint8_t>(ip, 0) == 0x45 && load<std::uint8_t>(ip, 9) == ip_proto::icmp;
  if (!plain || size < ip_size + echo_size || size > ip.size()) return;
  if (Ipv4{load<std::uint32_t>(ip, 16)} != settings_.ip) return;
  const Ipv4 sender{load<std::uint32_t>(ip, 12)};
  const ByteView icmp = ip.subspan(ip_size, size - ip_size);
  if (checksum(ip.first(ip_size)) != 0 || checksum(icmp) != 0) return;

  const auto type = load<std::uint8_t>(icmp, 0);
  if (type == echo_request) {
    ++counters_.echo_requests;
    Bytes reply = ethernet(mac_at(packet, 6), settings_.mac, settings_.vlan, eth_type::ipv4);
    append_echo(reply, settings_.ip, sender, echo_reply, icmp.subspan(4));
    out.push_back(std::move(reply));
  } else if (type == echo_reply) {
    ++counters_.echo_replies;
    const auto found = pings_.find(load<std::uint16_t>(icmp, 6));
    if (found == pings_.end() || found->second.to != sender || found->second.answered) return;
    found->second.answered = now - found->second.sent;
  }
}

}  // namespace sluice::net
