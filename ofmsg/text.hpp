// Messages, matches and actions as text: the spelling of ovs-ofctl, both ways for matches and actions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/message.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/result.hpp"

namespace sluice::ofmsg {

// As `ovs-ofctl dump-flows` writes it: "ip,in_port=1,dl_vlan=100,nw_src=10.0.0.0/8"; empty for a match of everything
// (ovs-ofctl prints nothing there either).
[[nodiscard]] std::string text(const Match& match);
// "output:2,CONTROLLER:128", "drop" for an empty list. `set_field:…->…` in the ovs-ofctl spelling.
[[nodiscard]] std::string text(const Actions& actions);
// "actions=…", with goto_table, write_metadata, write_actions(…), clear_actions, meter in the order of the list.
[[nodiscard]] std::string text(const Instructions& instructions);
// A packet for people: "arp,vlan=10,02:00:00:00:00:01>ff:ff:ff:ff:ff:ff,10.0.0.1 asks 10.0.0.2" is not promised; one
// line with the fields that the packet has, in match spelling.
[[nodiscard]] std::string text(const PacketKey& key);
// One message, on one line where ovs-ofctl has one and on several where it has several (ports, flows). Begins with the
// name, version and xid as ovs-ofctl does: "OFPT_FLOW_MOD (OF1.3) (xid=0x5): ADD priority=10,…".
[[nodiscard]] std::string text(const Message& message, Version version, Xid xid);

// Why a text is not a match or an action list.
struct TextError {
  std::size_t offset = 0;  // bytes into the text
  std::size_t length = 0;  // bytes of the offending word
  std::string message;     // "unknown field \"nw_sorce\""
  std::string hint;        // "did you mean \"nw_src\"?"; may be empty
};

// ovs-ofctl's match syntax: "ip,nw_src=10.0.0.0/8,tp_dst=80", protocol shorthands (ip, ipv6, icmp, icmp6, tcp, udp,
// sctp, arp, rarp, mpls; tcp6, udp6, sctp6), old (dl_/nw_/tp_) and OXM names, dl_vlan=N / 0xffff, vlan_tci=value/mask,
// value/mask, prefixes, port names. "" and "any" match everything. A field whose prerequisite is missing is an error
// with a hint that names it.
// Open vSwitch's own fields ("reg0=1", "ct_state=+trk") are read where they are asked for: such a match can be sent and
// printed, but the algebra does not judge it.
enum class Vocabulary : std::uint8_t { openflow, open_vswitch };
[[nodiscard]] Result<Match, TextError> parse_match(std::string_view text, Vocabulary vocabulary = Vocabulary::openflow);
// One value of a field as parse_match takes it ("10.0.0.0/8", "02:…", "0x800", "80"), as a term.
[[nodiscard]] Result<Term, TextError> parse_term(Field field, std::string_view value);
// ovs-ofctl's action syntax: "output:1,CONTROLLER:128,mod_vlan_vid:10,set_field:10.0.0.1->nw_src,strip_vlan,drop, …".
// The version decides between 1.0's actions and set_field where ovs-ofctl's spelling (mod_dl_src) fits both.
[[nodiscard]] Result<Actions, TextError> parse_actions(std::string_view text, Version version);
// A whole flow as in `ovs-ofctl add-flow`: "table=0,priority=10,ip,…,idle_timeout=5,cookie=0x1,actions=…".
[[nodiscard]] Result<FlowMod, TextError> parse_flow(std::string_view text, Version version, FlowModCommand command);

// A group as in `ovs-ofctl add-group`: "group_id=1,type=select,bucket=weight:50,output:1,bucket=…".
[[nodiscard]] Result<GroupMod, TextError> parse_group(std::string_view text, Version version, GroupModCommand command);
// A meter as in `ovs-ofctl add-meter`: "meter=1,kbps,burst,stats,bands=type=drop,rate=100,burst_size=10".
[[nodiscard]] Result<MeterMod, TextError> parse_meter(std::string_view text, Version version, MeterModCommand command);
// As in `ovs-ofctl packet-out`: "in_port=1,packet=0123…,actions=output:2"; "buffer_id=N" in the place of the packet.
[[nodiscard]] Result<PacketOut, TextError> parse_packet_out(std::string_view text, Version version);

// One of these by the name of its kind: "flow_mod", "group_mod", "meter_mod", "packet_out". A command may stand before
// the text: "delete_strict ip,nw_src=10.0.0.1".
[[nodiscard]] Result<Message, TextError> parse_message(std::string_view kind, std::string_view text, Version version);

}  // namespace sluice::ofmsg
