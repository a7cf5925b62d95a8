// A host on a virtual wire: it has an Ethernet and an IPv4 address and perhaps a VLAN, answers ARP
// and ICMP echo, sends pings, and remembers whom it has heard, so that a packet that should not
// have come is noticed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/bytes.hpp"
#include "ofmsg/channel.hpp"
#include "ofmsg/port.hpp"

namespace sluice::net {

using ofmsg::Bytes;
using ofmsg::ByteView;
using ofmsg::Time;

struct Ipv4 {
  std::uint32_t value = 0;

  friend constexpr auto operator<=>(const Ipv4&, const Ipv4&) = default;
};

[[nodiscard]] std::string text(Ipv4 address);
[[nodiscard]] std::optional<Ipv4> parse_ipv4(std::string_view text);

struct HostSettings {
  std::string name;
  ofmsg::MacAddress mac;
  Ipv4 ip;
  std::optional<std::uint16_t> vlan;  // sends and takes packets with this tag; else without any
};

struct HostCounters {
  std::uint64_t received = 0;                         // packets of any kind that came in by the wire
  std::uint64_t wrong_vlan = 0;                       // of these: in another VLAN than the host's
  std::uint64_t not_for_us = 0;                       // of these: to another host's address
  std::uint64_t echo_requests = 0, echo_replies = 0;  // of these: ours, and answered or counted
};

class Host {
 public:
  explicit Host(HostSettings settings) : settings_{std::move(settings)} {}

  // Sends an echo request, asking for the other's address first if need be. The number is for
  // `answered`.
  [[nodiscard]] std::uint16_t ping(Ipv4 to, Time now, std::vector<Bytes>& out);
  // How long the answer took; nothing while there is none.
  [[nodiscard]] std::optional<Time> answered(std::uint16_t ping) const;
  // Asks for an address in a VLAN that may not be the host's own: what a tenant who breaks the
  // rules would send.
  void spoof(Ipv4 about, std::optional<std::uint16_t> vlan, std::vector<Bytes>& out) const;

  void receive(ByteView packet, Time now, std::vector<Bytes>& out);

  [[nodiscard]] const HostSettings& settings() const { return settings_; }

  [[nodiscard]] const HostCounters& counters() const { return counters_; }

  // Packets by the Ethernet address that sent them.
  [[nodiscard]] const std::map<ofmsg::MacAddress, std::uint64_t>& heard() const { return heard_; }

 private:
  struct Ping {
    Ipv4 to;
    Time sent;
    std::optional<Time> answered;
    bool waits_for_arp;
  };

  void on_arp(ByteView arp, std::vector<Bytes>& out);
  void on_ip(ByteView packet, std::size_t at, Time now, std::vector<Bytes>& out);
  void send_echo(std::uint16_t number, std::vector<Bytes>& out);

  HostSettings settings_;
  HostCounters counters_;
  std::map<ofmsg::MacAddress, std::uint64_t> heard_;
  std::map<Ipv4, ofmsg::MacAddress> neighbours_;
  std::map<std::uint16_t, Ping> pings_;
  std::uint16_t next_ping_ = 1;
};

}  // namespace sluice::net
