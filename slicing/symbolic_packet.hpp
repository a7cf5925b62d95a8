// A packet of which only a set of headers is known, and what actions make of it.
//
// Where the outcome is not the same for all packets of the set, or not the same in all switches, the field becomes
// unknown: what is judged by it then is judged for every value. Pure functions; no state.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "ofmsg/action.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"

namespace sluice::slicing {

// The headers that a packet can have at one point of an action list.
struct SymbolicPacket {
  ofmsg::Match header;                      // closed or open, without in_port; no term: unknown
  std::bitset<ofmsg::field_count> changed;  // fields that are not what they were on arrival

  // A concrete packet's second VLAN tag, as far as the bytes tell. Not known for the packets of a flow.
  struct Inner {
    std::optional<std::uint16_t> vid, pcp;  // nothing: there is no second tag
  };

  std::optional<Inner> inner;

  [[nodiscard]] static SymbolicPacket of(const ofmsg::Match& match);
  [[nodiscard]] static SymbolicPacket of(const ofmsg::PacketKey& key);
};

// What actions do to one field.

// Nothing is known of it any more.
void forget(SymbolicPacket& p, ofmsg::Field field);
// Nothing is known of this field and those that come after it.
void forget_from(SymbolicPacket& p, ofmsg::Field first);
// It gets this value in every packet that has the field: exact if all of them surely have it.
void assign(SymbolicPacket& p, ofmsg::Field field, ofmsg::U128 value, ofmsg::U128 mask);
void assign(SymbolicPacket& p, ofmsg::Field field, std::uint64_t value);

// Has the packet a VLAN tag?
enum class Tagged : std::uint8_t { yes, no, unknown };

[[nodiscard]] Tagged tagged(const SymbolicPacket& p);

// 1.0 and 1.1: add a tag if there is none [OF 1.0 §5.2.4].
void set_vlan_vid(SymbolicPacket& p, std::uint16_t vid);
void set_vlan_pcp(SymbolicPacket& p, std::uint8_t pcp);
void pop_vlan(SymbolicPacket& p);
void push_vlan(SymbolicPacket& p);
// A new EtherType, with a payload of which nothing is known.
void set_eth_type(SymbolicPacket& p, std::uint16_t type);
void set_tp_src(SymbolicPacket& p, std::uint16_t port);
void set_tp_dst(SymbolicPacket& p, std::uint16_t port);

// What one action makes of the packet, by the functions above: those that change no header make nothing of it. Which
// actions and arguments a slice may use is judged elsewhere.
void rewrite(SymbolicPacket& p, const ofmsg::Action& action);

}  // namespace sluice::slicing
