#include "tests/support/random_flows.hpp"

#include <array>
#include <tuple>
#include <utility>

#include "ofmsg/packet_key.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/random_packets.hpp"

namespace sluice::tests {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): this file is about flows only

namespace {

constexpr std::uint16_t ip = eth_type::ipv4;

const std::vector<std::uint16_t>& priorities() {
  static const std::vector<std::uint16_t> all{0, 1, 5, 100, 0x8000, 0xffff};
  return all;
}

bool is(const Match& m, Field field, std::uint64_t value) {
  const auto exact = m.exact(field);
  return exact && exact->lo == value;
}

bool tagged(const Match& m) {
  const Term* vid = m.find(Field::vlan_vid);
  return vid != nullptr && (vid->value.lo & vlan_present) != 0;
}

U128 prefix(unsigned length) { return u128(length == 0 ? 0 : 0xffffffffU << (32 - length) & 0xffffffffU); }

}  // namespace

// --- matches -------------------------------------------------------------------------------------------------------

PortNo FlowMaker::port() {
  const bool own = !taste_.own.empty() && dice_.chance(taste_.tidy ? 95 : 85);
  return PortNo{own ? dice_.pick(taste_.own) : dice_.chance(90) ? dice_.pick(taste_.all) : 77U};
}

void FlowMaker::match_ipv4(Match& m) {
  m.set(Field::eth_type, ip);
  const auto address = [this](Field field, Match& to) {
    const unsigned length = dice_.chance(50) ? 32 : dice_.pick(std::vector<unsigned>{8, 15, 16, 23, 24, 25, 31});
    // A mask that is no prefix exists since 1.1.
    const U128 mask = since_1_2() && dice_.chance(5) ? u128(0xffff00ff) : prefix(length);
    to.set(field, u128(dice_.pick(universe::addresses)), mask);
  };
  if (dice_.chance(25)) address(Field::ipv4_src, m);
  if (dice_.chance(30)) address(Field::ipv4_dst, m);
  if (dice_.chance(8)) m.set(Field::ip_dscp, std::uint64_t{dice_.pick(universe::tos)} >> 2U);
  if (!dice_.chance(45)) return;
  const std::uint8_t protocol = dice_.pick(universe::protocols);
  m.set(Field::ip_proto, protocol);
  const auto transport_port = [this] { return std::uint64_t{dice_.pick(universe::transport_ports)}; };
  const std::uint64_t type = dice_.pick(universe::icmp_types);
  if (dice_.chance(20)) {
    if (protocol == ip_proto::tcp) m.set(Field::tcp_src, transport_port());
    if (protocol == ip_proto::udp) m.set(Field::udp_src, transport_port());
    if (protocol == ip_proto::icmp) m.set(Field::icmpv4_type, type);
  }
  if (dice_.chance(50)) {
    if (protocol == ip_proto::tcp) m.set(Field::tcp_dst, transport_port());
    if (protocol == ip_proto::udp) m.set(Field::udp_dst, transport_port());
    if (protocol == ip_proto::icmp) m.set(Field::icmpv4_code, 0);
  }
}

void FlowMaker::match_arp(Match& m) {
  m.set(Field::eth_type, eth_type::arp);
  if (dice_.chance(20)) m.set(Field::arp_op, 1 + dice_.below(2));
  if (dice_.chance(30)) m.set(Field::arp_spa, dice_.pick(universe::addresses));
  if (dice_.chance(20)) m.set(Field::arp_tpa, u128(dice_.pick(universe::addresses)), prefix(24));
}

Match FlowMaker::match() {
  Match m;
  if (dice_.chance(12)) return m;
  if (dice_.chance(60)) m.set(Field::in_port, port().value);
  if (dice_.chance(12)) m.set(Field::eth_src, dice_.pick(universe::macs));
  if (dice_.chance(15)) m.set(Field::eth_dst, dice_.pick(universe::macs));
  if (dice_.chance(40)) {
    const std::size_t how = dice_.below(10);
    if (how < 6) m.set(Field::vlan_vid, vlan_present | dice_.pick(universe::vlans));
    if (how == 6 || how == 7) m.set(Field::vlan_vid, 0);
    if (how == 8 && since_1_2()) m.set(Field::vlan_vid, u128(vlan_present), u128(vlan_present));
    if (tagged(m) && dice_.chance(15)) m.set(Field::vlan_pcp, dice_.pick(universe::pcps));
  }
  const std::size_t type = dice_.below(100);
  if (type < 45) match_ipv4(m);
  if (type >= 45 && type < 57) match_arp(m);
  if (type >= 57 && type < 65) m.set(Field::eth_type, dice_.pick(universe::other_types));
  return m;
}

Match FlowMaker::match_of_packet() {
  static constexpr std::array fields{Field::in_port,     Field::eth_src,  Field::eth_dst,    Field::vlan_vid,
                                     Field::vlan_pcp,    Field::eth_type, Field::ip_dscp,    Field::ip_proto,
                                     Field::ipv4_src,    Field::ipv4_dst, Field::tcp_src,    Field::tcp_dst,
                                     Field::udp_src,     Field::udp_dst,  Field::arp_op,     Field::arp_spa,
                                     Field::icmpv4_type, Field::arp_tpa,  Field::icmpv4_code};
  if (packets_.empty() || dice_.chance(70)) packets_.push_back({port().value, random_packet(dice_)});
  const PortPacket& packet = dice_.pick(packets_);
  const auto key = packet_key(packet.bytes, PortNo{packet.port});
  if (!key) return match();
  const Match whole = exact_match(*key);
  Match m;
  for (const Field field : fields) {
    if (const Term* term = whole.find(field)) m.set(field, term->value, term->mask);
  }
  if (dice_.chance(40))
    m.erase(dice_.chance(50) ? Field::in_port
                             : dice_.pick(std::vector<Term>{m.terms().begin(), m.terms().end()}).field);
  m = without_open_fields(std::move(m));
  while (const auto field = first_inexpressible(m, v1_0)) m.erase(*field);  // what is behind IPv6
  return without_open_fields(std::move(m));
}

Match FlowMaker::known_match(bool wider) {
  Match m = dice_.pick(known_).second;
  while (wider && !m.terms().empty() && dice_.chance(50))
    m.erase(dice_.pick(std::vector<Term>{m.terms().begin(), m.terms().end()}).field);
  return without_open_fields(std::move(m));
}

FlowFilter FlowMaker::filter() {
  FlowFilter f;
  if (dice_.chance(40)) f.match = known_.empty() || dice_.chance(30) ? match() : known_match(true);
  if (dice_.chance(15)) f.out_port = dice_.chance(70) ? port() : dice_.chance(50) ? port::controller : port::flood;
  if (since_1_2() && dice_.chance(15))
    f.cookie = dice_.below(4), f.cookie_mask = dice_.chance(50) ? 3 : ~std::uint64_t{0};
  if (dice_.chance(20)) f.table_id = 0;
  return f;
}

// --- actions -------------------------------------------------------------------------------------------------------

Action FlowMaker::output() {
  const std::size_t how = dice_.below(100);
  if (how < 18) return Output{port::flood, 0};
  if (how < 26) return Output{port::all, 0};
  if (how < 34) return Output{port::in_port, 0};
  if (how < 46) {
    static const std::vector<std::uint16_t> lengths{Output::no_buffer, Output::no_buffer, 0, 20, 60, 128};
    return Output{port::controller, taste_.exact ? dice_.pick(lengths) : Output::no_buffer};
  }
  return Output{port(), 0};
}

void FlowMaker::queue_of(Actions& list) {
  const auto queue = static_cast<std::uint32_t>(1 + dice_.below(dice_.chance(95) ? 3 : 5));
  if (taste_.version == v1_0) {
    list.back() = Enqueue{dice_.chance(10) ? port::in_port : port(), queue};
  } else {
    list.insert(list.end() - 1, SetQueue{queue});
  }
}

Action FlowMaker::bad_idea() {
  switch (dice_.below(8)) {
    case 0: return Output{port::normal, 0};
    case 1: return Output{port::local, 0};
    case 2: return Output{port::table, 0};
    case 3: return Output{port::any, 0};
    case 4: return taste_.version == v1_0 ? Action{Enqueue{port(), 1}} : Action{SetQueue{1}};
    case 5: return taste_.version == v1_0 ? Action{Output{PortNo{78}, 0}} : Action{Group{GroupId{1}}};
    case 6:
      return UnknownAction{Bytes{std::byte{0xff}, std::byte{0xff}, std::byte{0}, std::byte{8}, std::byte{0},
                                 std::byte{0}, std::byte{0x23}, std::byte{0x20}}};
    default: return Output{PortNo{79}, 0};
  }
}

void FlowMaker::change_1_0(Actions& list, Match& header) {
  switch (dice_.below(9)) {
    case 0: list.emplace_back(SetVlanVid{dice_.pick(universe::vlans)}); break;
    case 1: list.emplace_back(SetVlanPcp{dice_.pick(universe::pcps)}); break;
    case 2: list.emplace_back(PopVlan{}); break;
    case 3: list.emplace_back(SetDlSrc{mac_of(dice_.pick(universe::macs))}); break;
    case 4: list.emplace_back(SetDlDst{mac_of(dice_.pick(universe::macs))}); break;
    case 5:
      list.emplace_back(dice_.chance(50) ? Action{SetNwSrc{dice_.pick(universe::addresses)}}
                                         : Action{SetNwDst{dice_.pick(universe::addresses)}});
      break;
    case 6: list.emplace_back(SetNwTos{dice_.pick(universe::tos)}); break;
    case 7:
      list.emplace_back(SetTpSrc{dice_.chance(70) ? dice_.pick(universe::transport_ports) : std::uint16_t{3}});
      break;
    default: list.emplace_back(SetTpDst{dice_.pick(universe::transport_ports)}); break;
  }
  static_cast<void>(header);  // 1.0 asks nothing of the match
}

void FlowMaker::set_field(Actions& list, Match& header, Field field, std::uint64_t value) {
  list.emplace_back(SetField{field, u128(value), ones(facts(field).bits)});
  header.set(field, value);
}

void FlowMaker::change_oxm(Actions& list, Match& header) {
  const bool any = !taste_.tidy;
  const bool is_ip = any || is(header, Field::eth_type, ip);
  const auto proto = [&](std::uint8_t number) { return any || (is_ip && is(header, Field::ip_proto, number)); };
  switch (dice_.below(12)) {
    case 0:
      list.emplace_back(PushVlan{dice_.chance(80) ? eth_type::vlan : eth_type::qinq});
      header.set(Field::vlan_vid, u128(vlan_present), u128(vlan_present));
      if (!dice_.chance(80)) return;
      return set_field(list, header, Field::vlan_vid, vlan_present | dice_.pick(universe::vlans));
    case 1:
      if (!any && !tagged(header)) return;
      list.emplace_back(PopVlan{});
      header.erase(Field::vlan_vid).erase(Field::vlan_pcp);
      return;
    case 2:
    case 3:
      if (any || tagged(header)) set_field(list, header, Field::vlan_vid, vlan_present | dice_.pick(universe::vlans));
      return;
    case 4:
      if (any || tagged(header)) set_field(list, header, Field::vlan_pcp, dice_.pick(universe::pcps));
      return;
    case 5:
      return set_field(list, header, dice_.chance(50) ? Field::eth_src : Field::eth_dst, dice_.pick(universe::macs));
    case 6:
    case 7:
      if (is_ip)
        set_field(list, header, dice_.chance(50) ? Field::ipv4_src : Field::ipv4_dst, dice_.pick(universe::addresses));
      return;
    case 8:
      if (is_ip) set_field(list, header, Field::ip_dscp, std::uint64_t{dice_.pick(universe::tos)} >> 2U);
      return;
    case 9:
      if (proto(ip_proto::tcp))
        return set_field(list, header, dice_.chance(30) ? Field::tcp_src : Field::tcp_dst,
                         dice_.pick(universe::transport_ports));
      if (proto(ip_proto::udp)) return set_field(list, header, Field::udp_dst, dice_.pick(universe::transport_ports));
      if (proto(ip_proto::icmp)) return set_field(list, header, Field::icmpv4_type, dice_.pick(universe::icmp_types));
      return;
    case 10:
      if (is_ip) list.emplace_back(dice_.chance(50) ? Action{DecNwTtl{}} : Action{SetNwTtl{9}});
      return;
    default:
      if (any || is(header, Field::eth_type, eth_type::arp))
        set_field(list, header, Field::arp_spa, dice_.pick(universe::addresses));
      return;
  }
}

Actions FlowMaker::actions(Match& header, bool in_set) {
  Actions list;
  const std::size_t changes = dice_.chance(45) ? 0 : dice_.below(4);
  const std::size_t outputs = dice_.chance(10) ? 0 : in_set ? 1 : 1 + dice_.below(3);
  std::size_t left_changes = changes;
  std::size_t left_outputs = outputs;
  while (left_changes + left_outputs > 0) {
    if (dice_.below(left_changes + left_outputs) < left_changes) {
      --left_changes;
      taste_.version == v1_0 ? change_1_0(list, header) : change_oxm(list, header);
    } else {
      --left_outputs;
      list.push_back(output());
      if (taste_.queues && dice_.chance(30)) queue_of(list);
    }
  }
  if (dice_.chance(taste_.tidy ? 1 : 6)) list.push_back(bad_idea());
  return list;
}

Instructions FlowMaker::instructions(Match header) {
  Instructions list;
  const bool apply = taste_.version == v1_0 || dice_.chance(85);
  if (apply) {
    if (Actions a = actions(header, false); !a.empty()) list.emplace_back(ApplyActions{std::move(a)});
  }
  if (taste_.version == v1_0) return list;
  if (dice_.chance(5)) list.emplace_back(ClearActions{});
  if (!apply || dice_.chance(10)) list.emplace_back(WriteActions{actions(header, true)});
  if (dice_.chance(taste_.tidy ? 1 : 4)) {
    list.emplace_back(dice_.chance(50) ? Instruction{GotoTable{1}} : Instruction{WriteMetadata{1, 1}});
  }
  return list;
}

// --- messages ------------------------------------------------------------------------------------------------------

FlowMod FlowMaker::flow_mod() {
  using enum FlowModCommand;
  FlowMod mod;
  const std::size_t what = dice_.below(100);
  mod.command = what < 62 ? add : what < 71 ? modify : what < 80 ? modify_strict : what < 87 ? delete_ : delete_strict;
  const bool strict = mod.command == modify_strict || mod.command == delete_strict;
  mod.priority = dice_.pick(priorities());
  if (!known_.empty() && dice_.chance(mod.command == add ? 12 : 70)) {
    if (strict || mod.command == add) {
      std::tie(mod.priority, mod.match) = dice_.pick(known_);
    } else {
      mod.match = known_match(true);
    }
  } else {
    mod.match = taste_.exact && taste_.version == v1_0 && dice_.chance(30) ? match_of_packet() : match();
  }
  known_.emplace_back(mod.priority, mod.match);
  mod.cookie = dice_.below(4);
  const bool deletes = mod.command == delete_ || mod.command == delete_strict;
  if (deletes && dice_.chance(20)) mod.out_port = dice_.chance(80) ? port() : port::controller;
  if (since_1_2() && mod.command != add && dice_.chance(20)) mod.cookie_mask = dice_.chance(50) ? 3 : ~std::uint64_t{0};
  if (dice_.chance(50)) mod.flags |= FlowMod::send_flow_rem;
  if (dice_.chance(6)) mod.flags |= FlowMod::check_overlap;
  if (since_1_2() && dice_.chance(6)) mod.flags |= FlowMod::reset_counts;
  if (since_1_2() && dice_.chance(2)) mod.flags |= FlowMod::no_pkt_counts;
  if (dice_.chance(10)) mod.hard_timeout = static_cast<std::uint16_t>(1 + dice_.below(5));
  if (taste_.idle && dice_.chance(10)) mod.idle_timeout = static_cast<std::uint16_t>(1 + dice_.below(5));
  if (since_1_2() && dice_.chance(3)) mod.table_id = dice_.chance(50) ? std::uint8_t{1} : all_tables;
  if (!deletes) mod.instructions = instructions(mod.match);
  return mod;
}

PacketOut FlowMaker::packet_out() {
  PacketOut out;
  out.in_port = dice_.chance(30) ? (taste_.version == v1_0 ? port::any : port::controller) : port();
  out.data = random_packet(dice_);
  const auto key = packet_key(out.data, PortNo{1});
  Match header = key ? exact_match(*key) : Match{};
  out.actions = actions(header, false);
  if (dice_.chance(10)) out.actions.emplace_back(Output{port::table, 0});
  return out;
}

PortMod FlowMaker::port_mod() {
  static const std::vector<std::uint32_t> bits{Port::config_down, Port::config_no_recv, Port::config_no_fwd,
                                               Port::config_no_packet_in};
  static const std::vector<std::uint32_t> bits_1_0{Port::config_no_flood, Port::config_no_stp};
  PortMod mod;
  mod.port_no = port();
  mod.hw_addr = port_of("s1", 1, dice_.chance(95) ? mod.port_no.value : 9).hw_addr;
  for (std::size_t count = 1 + dice_.below(2); count > 0; --count) {
    mod.mask |= taste_.version == v1_0 && dice_.chance(30) ? dice_.pick(bits_1_0) : dice_.pick(bits);
  }
  if (dice_.chance(3)) mod.mask |= 1U << 20U;
  if (dice_.chance(45)) mod.config = static_cast<std::uint32_t>(dice_.roll()) & 0x7fU;
  if (dice_.chance(3)) mod.advertise = 1;
  return mod;
}

}  // namespace sluice::tests
