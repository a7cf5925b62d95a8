// One message as a test case spells it, and how a message that came compares with it.
//
//   flow_mod delete_strict priority=5,ip,nw_dst=10.0.0.1          as ovs-ofctl takes it; likewise group_mod, meter_mod
//   packet_out in_port=1,packet=<arp>,actions=output:2            and packet_out
//   error FLOW_MOD_FAILED EPERM xid=0x71
//   packet_in in_port=2 reason=no_match cookie=$c data=<tcp,dl_vlan=5,tp_dst=80>
//   port_stats_request port_no=ANY                                every other message: the names of its fields
//
//   flow_mod {priority=5, match={eth_type=2048}}                  any message: the names of its fields, in braces
//
// <…> is a packet of that match. A value may be a number, a word, "text", [a, b] or {name=value, name=value}; fields
// that are not written have their default. "*" in the place of a field, or of a number within one, means any value, and
// "$name" the value that it had where it stood first. "~" before a message: at least what is written, whatever else it
// says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/frame.hpp"
#include "ofmsg/kind.hpp"
#include "ofmsg/result.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/tree.hpp"

namespace sluice::slicing::replay {

using Bindings = std::map<std::string, ofmsg::Tree>;  // "$c" → the number, or the bytes, that it stands for

struct Spelling {
  bool at_least = false;
  ofmsg::Kind kind{};
  ofmsg::Tree fields;                       // all of them, as ofmsg::to_tree writes them
  std::vector<std::string> written;         // names of those that the text gives
  std::map<std::string, std::string> open;  // name or place ("flows[0].cookie") → "$c" or "*"; "xid" too
  std::optional<std::uint32_t> xid;         // if it is written as a number
};

[[nodiscard]] ofmsg::Result<Spelling, ofmsg::TextError> parse_spelling(std::string_view text, ofmsg::Version version);

// The bytes to say; the error is a sentence: a name without a value, or what the version cannot say.
[[nodiscard]] ofmsg::Result<ofmsg::Bytes, std::string> to_bytes(const Spelling& spelling, ofmsg::Version version,
                                                                ofmsg::Xid xid, const Bindings& bindings);

// Where a message came to. What Sluice says to a switch has cookies of its own, which are compared only when written.
enum class At : std::uint8_t { switch_, controller };

// What of the message is not as it is spelt, one line for each field; empty when all is. New names are bound then.
[[nodiscard]] std::vector<std::string> differences(const Spelling& expected, ofmsg::FrameView got, At at,
                                                   Bindings& bindings);

// The bytes of the message that was expected, with what came where nothing is expected; nothing if it is of another
// kind.
[[nodiscard]] std::optional<ofmsg::Bytes> expected_bytes(const Spelling& expected, ofmsg::FrameView got, At at,
                                                         const Bindings& bindings);

// Is it one of those that the text gives?
[[nodiscard]] bool is_written(const Spelling& spelling, std::string_view name);

// Do the two say, and expect, the same?
[[nodiscard]] bool equivalent(const Spelling& a, const Spelling& b);

// As text that reads back as an equivalent one: as ovs-ofctl would write it where that says it all, else in braces.
[[nodiscard]] std::string spell(const Spelling& spelling, ofmsg::Version version);

// What is to be said in JSON for it: {"type": …, the fields that are written or unusual, "xid": …}.
[[nodiscard]] ofmsg::Tree tree_of(const Spelling& spelling, ofmsg::Version version);

// The message as a case would spell it, without its xid.
[[nodiscard]] std::string spell(ofmsg::FrameView frame, At at);

// The same beside an expectation: with the fields that that one speaks of, and the xid if it does.
[[nodiscard]] std::string spell_beside(const Spelling& expected, ofmsg::FrameView frame, At at);

// The same as it would stand in the place of an expectation: with the "~", the xid and the names that that one has.
[[nodiscard]] std::string spell_like(const Spelling& expected, ofmsg::FrameView frame, At at);

// "010203" with or without blanks, as bytes; nothing if it is no hexadecimal text.
[[nodiscard]] std::optional<ofmsg::Bytes> parse_hex(std::string_view text);

}  // namespace sluice::slicing::replay
