// Text of matches, actions and messages: both ways, and beside ovs-ofctl's where that is installed.
#include "ofmsg/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/text_parts.hpp"
#include "tests/support/command.hpp"

using namespace sluice::ofmsg;
using sluice::tests::output_of;

namespace {

Match match(std::string_view text_of_match) {
  const Result<Match, TextError> read = parse_match(text_of_match);
  INFO("match: ", std::string{text_of_match}, " error: ", read ? "" : read.error().message);
  REQUIRE(read.has_value());
  return *read;
}

TextError refused(std::string_view text_of_match) {
  const Result<Match, TextError> read = parse_match(text_of_match);
  INFO("match: ", std::string{text_of_match});
  REQUIRE_FALSE(read.has_value());
  return read.error();
}

std::string again(std::string_view text_of_match) { return text(match(text_of_match)); }

std::string actions_again(std::string_view list, Version version) {
  const Result<Actions, TextError> read = parse_actions(list, version);
  INFO("actions: ", std::string{list}, " error: ", read ? "" : read.error().message);
  REQUIRE(read.has_value());
  return text(*read, version);
}

TextError actions_refused(std::string_view list, Version version) {
  const Result<Actions, TextError> read = parse_actions(list, version);
  INFO("actions: ", std::string{list});
  REQUIRE_FALSE(read.has_value());
  return read.error();
}

FlowMod flow(std::string_view line, Version version, FlowModCommand command = FlowModCommand::add) {
  const Result<FlowMod, TextError> read = parse_flow(line, version, command);
  INFO("flow: ", std::string{line}, " error: ", read ? "" : read.error().message);
  REQUIRE(read.has_value());
  return *read;
}

TextError flow_refused(std::string_view line, Version version, FlowModCommand command = FlowModCommand::add) {
  const Result<FlowMod, TextError> read = parse_flow(line, version, command);
  INFO("flow: ", std::string{line});
  REQUIRE_FALSE(read.has_value());
  return read.error();
}

Bytes bytes_of(std::string_view hex) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::byte>(std::stoul(std::string{hex.substr(i, 2)}, nullptr, 16)));
  }
  return out;
}

std::string printed(std::string_view hex) {
  const Bytes bytes = bytes_of(hex);
  const std::optional<FrameView> frame = FrameView::of(bytes);
  REQUIRE(frame);
  const Result<Message> message = decode(*frame);
  REQUIRE(message.has_value());
  return text(*message, *version_of(frame->wire_version()), frame->xid());
}

}  // namespace

TEST_CASE("matches come back as ovs-ofctl writes them") {
  CHECK(again("") == "");
  CHECK(again("any") == "");
  CHECK(again(" any ") == "");
  CHECK(again("ip,nw_src=10.0.0.0/8,in_port=1,dl_vlan=100") == "ip,in_port=1,dl_vlan=100,nw_src=10.0.0.0/8");
  CHECK(again("dl_type=0x0800,nw_proto=6,tp_dst=80") == "tcp,tp_dst=80");
  CHECK(again("tp_dst=80,tcp") == "tcp,tp_dst=80");
  CHECK(again("eth_type=0x800,ip_proto=17,udp_src=5") == "udp,tp_src=5");
  CHECK(again("tcp6,tp_dst=80/0xfff0") == "tcp6,tp_dst=0x50/0xfff0");
  CHECK(again("icmp,icmp_type=3,icmp_code=1") == "icmp,icmp_type=3,icmp_code=1");
  CHECK(again("icmp6,icmpv6_type=135,nd_target=fe80::1,nd_sll=02:00:00:00:00:01") ==
        "icmp6,icmp_type=135,nd_target=fe80::1,nd_sll=02:00:00:00:00:01");
  CHECK(again("arp,nw_src=1.2.3.4,nw_proto=1") == "arp,arp_spa=1.2.3.4,arp_op=1");
  CHECK(again("ip,nw_src=10.0.0.0/255.0.255.0") == "ip,nw_src=10.0.0.0/255.0.255.0");
  CHECK(again("ip,nw_tos=184,nw_ecn=1") == "ip,nw_tos=184,nw_ecn=1");
  CHECK(again("ip,ip_dscp=46") == "ip,nw_tos=184");
  CHECK(again("dl_src=01:00:00:00:00:00/01:00:00:00:00:00") == "dl_src=01:00:00:00:00:00/01:00:00:00:00:00");
  CHECK(again("ipv6,ipv6_label=0x12,ipv6_src=fe80::/10") == "ipv6,ipv6_src=fe80::/10,ipv6_label=0x00012");
  CHECK(again("metadata=0x5/0xff,tun_id=7") == "tun_id=0x7,metadata=0x5/0xff");
  CHECK(again("mpls,mpls_label=5,mpls_tc=3,mpls_bos=1") == "mpls,mpls_label=5,mpls_tc=3,mpls_bos=1");
  CHECK(again("tcp,tcp_flags=+syn-ack") == "tcp,tcp_flags=+syn-ack");
  CHECK(again("tcp,tcp_flags=0x12/0xfff") == "tcp,tcp_flags=syn|ack");
  CHECK(again("tcp,tcp_flags=syn|ack") == "tcp,tcp_flags=syn|ack");
  CHECK(again("ip,nw_proto=50") == "ip,nw_proto=50");
  CHECK(again("dl_type=0x86dd,nw_proto=1") == "ipv6,nw_proto=1");
  CHECK(again("dl_type=0x88cc") == "dl_type=0x88cc");
  CHECK(again("in_port=local") == "in_port=LOCAL");
  CHECK(again("actset_output=3") == "actset_output=3");
  CHECK(again("packet_type=(1,0x800)") == "packet_type=(1,0x800)");
  CHECK(again("tcp ip nw_src=1.2.3.4\ttp_dst=80") == "tcp,nw_src=1.2.3.4,tp_dst=80");
}

TEST_CASE("VLANs have four spellings") {
  CHECK(again("dl_vlan=0xffff") == "vlan_tci=0x0000");
  CHECK(again("vlan_tci=0") == "vlan_tci=0x0000");
  CHECK(again("vlan_tci=0x0000/0x1fff") == "vlan_tci=0x0000");
  CHECK(again("vlan_vid=0") == "vlan_tci=0x0000");
  CHECK(text(match("vlan_vid=0"), v1_3) == "vlan_tci=0x0000/0x1fff");
  CHECK(match("dl_vlan=0xffff").exact(Field::vlan_vid) == u128(0));
  CHECK(match("dl_vlan=100").exact(Field::vlan_vid) == u128(0x1064));
  CHECK(again("vlan_vid=0x1064") == "dl_vlan=100");
  CHECK(again("dl_vlan=5,dl_vlan_pcp=3") == "dl_vlan=5,dl_vlan_pcp=3");
  CHECK(match("dl_vlan=5,dl_vlan_pcp=3") == match("vlan_tci=0x7005"));
  CHECK(again("dl_vlan_pcp=3") == "dl_vlan_pcp=3");
  CHECK(again("vlan_tci=0x1000/0x1000") == "vlan_tci=0x1000/0x1000");
  CHECK(again("vlan_tci=0x1064/0x1ffc") == "vlan_tci=0x1064/0x1ffc");
  CHECK(refused("vlan_vid=5").hint == "write \"dl_vlan=5\" or \"vlan_vid=0x1005\"");
  CHECK(refused("vlan_tci=0x0064").hint == "write \"vlan_tci=0x1064\"");
  CHECK(refused("dl_vlan=4096").message == "4096 is not a VLAN");
  CHECK(refused("dl_vlan=100/0xff0").message == "dl_vlan takes no mask");
  CHECK(refused("eth=5").message == "\"eth\" takes no argument");
  CHECK(refused("dl_vlan=0xffff,dl_vlan_pcp=3").message == "vlan_pcp means nothing without its vlan_vid");
}

TEST_CASE("errors of a match say where, what and what else") {
  const TextError misspelt = refused("ip,nw_sorce=10.0.0.1");
  CHECK(misspelt.offset == 3);
  CHECK(misspelt.length == 8);
  CHECK(misspelt.message == "unknown field \"nw_sorce\"");
  CHECK(misspelt.hint == "did you mean \"nw_src\"?");

  const TextError octet = refused("ip,nw_src=10.0.0.400");
  CHECK(octet.offset == 10);
  CHECK(octet.length == 10);
  CHECK(octet.message == "\"10.0.0.400\" is not an IPv4 address");

  CHECK(refused("ip,nw_src=10.0.0.0/33").offset == 19);
  CHECK(refused("nw_src=10.0.0.1").message == "nw_src needs an EtherType");
  CHECK(refused("ip,tp_dst=80").hint == "add \"tcp\", \"udp\" or \"sctp\"");
  CHECK(refused("ip,tcp_dst=80").message == "tcp_dst means nothing without its ip_proto");
  CHECK(refused("ip,tcp_dst=80").hint == "add \"tcp\"");
  CHECK(refused("ip,tcp_dst=80").offset == 3);
  CHECK(refused("ipv6,tcp_dst=80").hint == "add \"tcp6\"");
  CHECK(refused("ip_dscp=3").hint == "add \"ip\" or \"ipv6\"");
  CHECK(refused("ipv4_src=1.2.3.4").hint == "add \"ip\"");
  CHECK(refused("mpls_label=3").hint == "add \"mpls\" or \"mplsm\"");
  CHECK(refused("icmp6,nd_target=fe80::1").hint == "add \"icmpv6_type=135\" or \"icmpv6_type=136\"");
  CHECK(refused("ipv6,nw_src=1.2.3.4").hint == "write \"ipv6_src\"");
  CHECK(refused("tcp,udp").message == "\"udp\" contradicts \"tcp\"");
  CHECK(refused("in_port=1,in_port=2").message == "\"in_port=2\" contradicts \"in_port=1\"");
  CHECK(again("in_port=1,in_port=1") == "in_port=1");
  CHECK(refused("tcp=1").hint == "write just \"tcp\"");
  CHECK(refused("nw_ttl=5").message == "\"nw_ttl\" is an extension of Open vSwitch");
  CHECK(refused("reg3=5").message == "\"reg3\" is an extension of Open vSwitch");
  CHECK(refused("priority=5,ip").message == "\"priority\" belongs to a flow, not to a match");
  CHECK(refused("in_port=eth0").message == "\"eth0\" is not a port");
  CHECK(refused("in_port").message == "\"in_port\" has no value");
  CHECK(refused("dl_src=02:00").message == "\"02:00\" is not an Ethernet address");
  CHECK(refused("dl_type=0x10000").hint == "it has 16 bits: at most 65535");
  CHECK(refused("tcp,tcp_flags=+synn").hint == "did you mean \"syn\"?");
  CHECK(refused("tcp,tp_dst=http").message == "\"http\" is not a number");
  CHECK(refused("tcp,tp_dst=99999999999999999999").message == "\"99999999999999999999\" is not a number");
  CHECK(refused("packet_type=(1,0x800").message == "this parenthesis is never closed");
  CHECK(refused("ip)").offset == 2);
  CHECK(refused("=5").message == "a field's name is missing");
}

TEST_CASE("one value of a field is read as in a match") {
  CHECK(parse_term(Field::ipv4_src, "10.0.0.1/8")->value == u128(0x0a000000));
  CHECK(parse_term(Field::ipv4_src, "10.0.0.1/8")->mask == u128(0xff000000));
  CHECK(parse_term(Field::ipv4_src, "0.0.0.0/0")->mask.zero());
  CHECK(parse_term(Field::eth_src, "02:00:00:00:00:01")->value == u128(0x020000000001));
  CHECK(parse_term(Field::eth_type, "0x800")->value == u128(0x800));
  CHECK(parse_term(Field::tcp_dst, "80")->mask == u128(0xffff));
  CHECK(parse_term(Field::ipv6_src, "2001:db8::/32")->mask == (U128{0xffffffff00000000, 0}));
  CHECK(parse_term(Field::ipv6_src, "::ffff:1.2.3.4")->value == (U128{0, 0xffff01020304}));
  CHECK(parse_term(Field::in_port, "LOCAL")->value == u128(port::local.value));
  const Result<Term, TextError> bad = parse_term(Field::ipv4_src, "10.0.0.0/x");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().offset == 9);
  CHECK(bad.error().length == 1);
  CHECK_FALSE(parse_term(Field::ipv4_src, "").has_value());
}

TEST_CASE("IPv6 addresses look as inet_ntop makes them look") {
  const auto as = [](std::string_view address) { return ipv6_text(*parse_ipv6(address)); };
  CHECK(as("::") == "::");
  CHECK(as("::1") == "::1");
  CHECK(as("1::") == "1::");
  CHECK(as("fe80:0:0:0:0:0:0:1") == "fe80::1");
  CHECK(as("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");
  CHECK(as("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");
  CHECK(as("::ffff:1.2.3.4") == "::ffff:1.2.3.4");
  CHECK(as("::1.2.3.4") == "::1.2.3.4");
  CHECK_FALSE(parse_ipv6("1:2:3:4:5:6:7"));
  CHECK_FALSE(parse_ipv6("1::2::3"));
  CHECK_FALSE(parse_ipv6("12345::"));
  CHECK_FALSE(parse_ipv6(":1:2:3:4:5:6:7"));
}

TEST_CASE("actions: the version decides how a change is said") {
  CHECK(actions_again("mod_dl_src:02:00:00:00:00:01", v1_0) == "mod_dl_src:02:00:00:00:00:01");
  CHECK(actions_again("mod_dl_src:02:00:00:00:00:01", v1_3) == "set_field:02:00:00:00:00:01->eth_src");
  CHECK(actions_again("set_field:10.0.0.1->nw_src", v1_0) == "mod_nw_src:10.0.0.1");
  CHECK(actions_again("set_field:10.0.0.1->nw_src", v1_3) == "set_field:10.0.0.1->ip_src");
  CHECK(actions_again("mod_vlan_vid:10", v1_0) == "mod_vlan_vid:10");
  CHECK(actions_again("mod_vlan_vid:10", v1_3) == "set_field:4106->vlan_vid");
  CHECK(actions_again("set_field:4106->vlan_vid", v1_0) == "mod_vlan_vid:10");
  CHECK(actions_again("mod_nw_tos:184", v1_0) == "mod_nw_tos:184");
  CHECK(actions_again("mod_nw_tos:184", v1_3) == "set_field:46->ip_dscp");
  CHECK(actions_again("mod_tp_dst:80", v1_0) == "mod_tp_dst:80");
  CHECK(actions_again("strip_vlan", v1_0) == "strip_vlan");
  CHECK(actions_again("strip_vlan", v1_3) == "pop_vlan");
  CHECK(actions_again("enqueue(1,2)", v1_0) == "enqueue:1:2");
  CHECK(actions_refused("enqueue:1:2", v1_3).hint == "write \"set_queue:2,output:1\"");
  CHECK(actions_refused("mod_tp_dst:80", v1_3).hint == "write \"set_field:80->tcp_dst\", or udp_ or sctp_");
  CHECK(actions_refused("push_vlan:0x8100", v1_0).hint == "it needs OpenFlow 1.1 or later");
  CHECK(actions_refused("set_field:10.0.0.0/8->ip_dst", v1_3).hint == "masks need OpenFlow 1.5");
  CHECK(actions_again("set_field:10.0.0.0/8->ip_dst", v1_5) == "set_field:10.0.0.0/8->ip_dst");
}

TEST_CASE("actions come back as ovs-ofctl writes them") {
  CHECK(actions_again("1,2", v1_0) == "output:1,output:2");
  CHECK(actions_again("output:LOCAL,flood,ALL,in_port,normal,table", v1_0) == "LOCAL,FLOOD,ALL,IN_PORT,NORMAL,TABLE");
  CHECK(actions_again("controller", v1_3) == "CONTROLLER:65535");
  CHECK(actions_again("CONTROLLER:128", v1_3) == "CONTROLLER:128");
  CHECK(actions_again("controller(max_len=100)", v1_3) == "CONTROLLER:100");
  CHECK(actions_again("drop", v1_3) == "drop");
  CHECK(actions_again("", v1_3) == "drop");
  CHECK(actions_again("group:5,set_queue:3,dec_ttl,mod_nw_ttl:5,set_mpls_ttl:3", v1_3) ==
        "group:5,set_queue:3,dec_ttl,mod_nw_ttl:5,set_mpls_ttl(3)");
  CHECK(actions_again("push_mpls:0x8847,pop_mpls:0x0800,push_vlan:33024", v1_3) ==
        "push_mpls:0x8847,pop_mpls:0x0800,push_vlan:0x8100");
  CHECK(actions_again("set_field:1->icmp_type,set_field:0x1->ipv6_label,set_field:0->tun_id", v1_3) ==
        "set_field:1->icmp_type,set_field:0x1->ipv6_label,set_field:0->tun_id");
}

TEST_CASE("errors of actions say where, what and what else") {
  const TextError misspelt = actions_refused("output:1,contoller", v1_0);
  CHECK(misspelt.offset == 9);
  CHECK(misspelt.length == 9);
  CHECK(misspelt.message == "unknown action \"contoller\"");
  CHECK(misspelt.hint == "did you mean \"controller\"?");
  CHECK(actions_refused("output:1,drop", v1_0).message == "\"drop\" cannot stand beside other actions");
  CHECK(actions_refused("output", v1_0).message == "\"output\" needs an argument");
  CHECK(actions_refused("output:99999999999", v1_0).offset == 7);
  CHECK(actions_refused("mod_vlan_vid:5000", v1_0).hint == "at most 4095");
  CHECK(actions_refused("mod_nw_tos:3", v1_0).hint == "DSCP is the upper six bits: a multiple of 4");
  CHECK(actions_refused("set_field:5->metadata", v1_3).message == "\"metadata\" cannot be set");
  CHECK(actions_refused("set_field:5", v1_3).message == "\"set_field\" needs a value and a field");
  CHECK(actions_refused("set_field:10.0.0.1->ip_sorce", v1_3).offset == 20);
  CHECK(actions_refused("set_field:5->vlan_vid", v1_3).offset == 10);
  CHECK(actions_refused("set_field:0->vlan_vid", v1_3).hint == "write \"pop_vlan\"");
  CHECK(actions_refused("push_vlan:0x800", v1_3).hint == "0x8100 or 0x88a8");
  CHECK(actions_refused("goto_table:3", v1_3).message == "\"goto_table\" is an instruction, not an action");
}

TEST_CASE("flows") {
  const FlowMod all = flow(
      "table=3,priority=5,cookie=0x1,idle_timeout=5,hard_timeout=6,send_flow_rem,check_overlap,ip,nw_src=10.0.0.0/8 "
      "actions=output:1",
      v1_3);
  CHECK(all.table_id == 3);
  CHECK(all.priority == 5);
  CHECK(all.cookie == 1);
  CHECK(all.idle_timeout == 5);
  CHECK(all.hard_timeout == 6);
  CHECK(all.flags == (FlowMod::send_flow_rem | FlowMod::check_overlap));
  CHECK(text(all.match) == "ip,nw_src=10.0.0.0/8");
  CHECK(text(all.instructions) == "actions=output:1");
  CHECK(text(Message{all}, v1_3, Xid{1}) ==
        "OFPT_FLOW_MOD (OF1.3) (xid=0x1): ADD table:3 priority=5,ip,nw_src=10.0.0.0/8 cookie:0x1 idle:5 hard:6 "
        "send_flow_rem check_overlap actions=output:1");
  CHECK(flow("table:3 priority=5,ip,nw_src=10.0.0.0/8 cookie:0x1 idle:5 hard:6 send_flow_rem check_overlap "
             "actions=output:1",
             v1_3) == all);

  CHECK(text(flow("actions=meter:7,output:1,clear_actions,write_actions(2),write_metadata:1,goto_table:3", v1_3)
                 .instructions) ==
        "actions=meter:7,output:1,clear_actions,write_actions(output:2),write_metadata:0x1,goto_table:3");
  CHECK(flow("actions=drop", v1_3).instructions.empty());
  // A tag is pushed where the flow's packets have none.
  CHECK(text(flow("ip,actions=mod_vlan_vid:10,mod_vlan_pcp:3", v1_3).instructions) ==
        "actions=push_vlan:0x8100,set_field:4106->vlan_vid,set_field:3->vlan_pcp");
  CHECK(text(flow("dl_vlan=3,actions=mod_vlan_vid:10", v1_3).instructions) == "actions=set_field:4106->vlan_vid");
  CHECK(text(flow("udp,actions=mod_tp_dst:7", v1_3).instructions) == "actions=set_field:7->udp_dst");
  CHECK(flow("ip", v1_3, FlowModCommand::delete_).table_id == all_tables);
  CHECK(flow("ip", v1_0, FlowModCommand::delete_).table_id == 0);
  CHECK(flow("cookie=5/-1,out_port=3", v1_3, FlowModCommand::delete_).cookie_mask == ~std::uint64_t{0});

  CHECK(flow_refused("ip", v1_3).message == "the flow has no actions");
  CHECK(flow_refused("table=3,actions=1", v1_0).message == "OpenFlow 1.0 has one table, 0");
  CHECK(flow_refused("actions=goto_table:1", v1_0).hint == "it needs OpenFlow 1.1 or later");
  CHECK(flow_refused("actions=output:1,goto_table:1,output:2", v1_3).message ==
        "actions stand on both sides of an instruction");
  CHECK(flow_refused("actions=meter:1,meter:2", v1_3).message == "\"meter\" is given twice");
  CHECK(flow_refused("priority=70000,actions=1", v1_3).hint == "at most 65535");
  CHECK(flow_refused("cookie=5/-1,actions=1", v1_3).message == "a new flow's cookie has no mask");
  CHECK(flow_refused("prioritty=7,actions=1", v1_3).hint == "did you mean \"priority\"?");
  CHECK(flow_refused("ip,actions=outptu:1", v1_3).offset == 11);
}

TEST_CASE("every closed match comes back from its text") {
  std::mt19937_64 random{20240417};
  const std::array<std::string_view, 14> bases{"",     "ip",   "ipv6", "arp",   "tcp",  "udp",       "sctp",
                                               "icmp", "tcp6", "udp6", "icmp6", "mpls", "dl_vlan=7", "dl_type=0x88cc"};
  for (int round = 0; round < 3000; ++round) {
    Match m = match(bases[random() % bases.size()]);
    for (const FieldFacts& f : all_fields()) {
      if (random() % 4 != 0 || m.find(f.field)) continue;
      const U128 mask = random() % 2 == 0 ? ones(f.bits) : U128{random(), random()} & ones(f.bits);
      Match with = m;
      with.set(f.field, U128{random(), random()}, mask);
      if (first_open_field(with)) continue;
      // The number of a VLAN without the bit of a tag that is there is no packet.
      const Term* vid = with.find(Field::vlan_vid);
      if (vid && (vid->mask.lo & vlan_present) != 0 && (vid->value.lo & vlan_present) == 0 && !vid->value.zero())
        continue;
      m = with;
    }
    const std::string printed_match = text(m);
    INFO(printed_match);
    CHECK(match(printed_match) == m);
    CHECK(match(text(m, v1_3)) == m);
  }
}

TEST_CASE("no text breaks the readers") {
  std::mt19937 random{7};
  constexpr std::string_view letters = "ip,nw_src=10.0/8:()->tcp actions=set_field0x\t-+|.";
  for (int round = 0; round < 5000; ++round) {
    std::string any;
    for (std::size_t i = random() % 40; i > 0; --i) any += letters[random() % letters.size()];
    for (const Version version : {v1_0, v1_3, v1_5}) {
      const auto in_bounds = [&](const TextError& e) {
        return e.offset + e.length <= any.size() && !e.message.empty();
      };
      INFO(any);
      if (const auto read = parse_match(any); !read) CHECK(in_bounds(read.error()));
      if (const auto read = parse_actions(any, version); !read) CHECK(in_bounds(read.error()));
      if (const auto read = parse_flow(any, version, FlowModCommand::add); !read) CHECK(in_bounds(read.error()));
    }
  }
}

TEST_CASE("messages as ovs-ofctl ofp-print writes them") {
  CHECK(printed("0102000b12345678616201") ==
        "OFPT_ECHO_REQUEST (xid=0x12345678): 3 bytes of payload\n"
        "00000000  61 62 01                                        |ab.             |");
  CHECK(printed("04000010000000010001000800000012") == "OFPT_HELLO (OF1.3) (xid=0x1):\n version bitmap: 0x01, 0x04");
  CHECK(printed("0106002000000000000000000000000100000100ff000000000000ef00000fff") ==
        "OFPT_FEATURES_REPLY (xid=0x0): dpid:0000000000000001\nn_tables:255, n_buffers:256\n"
        "capabilities: FLOW_STATS TABLE_STATS PORT_STATS STP IP_REASM QUEUE_STATS ARP_MATCH_IP\n"
        "actions: output enqueue set_vlan_vid set_vlan_pcp strip_vlan mod_dl_src mod_dl_dst mod_nw_src mod_nw_dst "
        "mod_nw_tos mod_tp_src mod_tp_dst");
  CHECK(printed("010c00400000000002000000000000000003505400000001657468300000000000000000000000000000000100000001"
                "000002080000028f0000028f00000000") ==
        "OFPT_PORT_STATUS (xid=0x0): MOD: 3(eth0): addr:50:54:00:00:00:01\n"
        "     config:     PORT_DOWN\n     state:      LINK_DOWN\n     current:    100MB-FD AUTO_NEG\n"
        "     advertised: 10MB-HD 10MB-FD 100MB-HD 100MB-FD COPPER AUTO_NEG\n"
        "     supported:  10MB-HD 10MB-FD 100MB-HD 100MB-FD COPPER AUTO_NEG\n"
        "     speed: 100 Mbps now, 100 Mbps max");
  CHECK(printed("01010010000010c100030000e9db9f5a").find("OpenFlow packet too short (only 4 bytes):") !=
        std::string::npos);
  CHECK(printed("0401000c000010c100010001") ==
        "OFPT_ERROR (OF1.3) (xid=0x10c1): OFPBRC_BAD_TYPE\nOpenFlow message is empty");
  // What a peer chooses cannot move the cursor of whoever reads it.
  CHECK(printed("0101000f00000001000000001b5b48") == "OFPT_ERROR (xid=0x1): OFPHFC_INCOMPATIBLE\n\\x1b[H");
}

TEST_CASE("an error about an error about an error is not unrolled") {
  Bytes inner;
  for (int depth = 0; depth < 5000; ++depth) {
    Bytes outer{std::byte{1}, std::byte{1}};
    append<std::uint16_t>(outer, static_cast<std::uint16_t>(inner.size() + 12));
    append<std::uint32_t>(outer, 1);
    append<std::uint32_t>(outer, 0x00010001);
    append(outer, inner);
    inner = std::move(outer);
  }
  const std::optional<FrameView> frame = FrameView::of(inner);
  REQUIRE(frame);
  const Result<Message> message = decode(*frame);
  REQUIRE(message.has_value());
  CHECK(text(*message, v1_0, frame->xid()).starts_with("OFPT_ERROR (xid=0x1): OFPBRC_BAD_TYPE\n"));
}

namespace {

// What both must agree on: the words of matches and actions, in order. ovs-ofctl gives an exact 1.0 match the highest
// priority, and does not print groups, cookie masks of new flows and the physical port.
std::vector<std::string> words(std::string line) {
  for (char& c : line) c = c == ',' || c == '\n' ? ' ' : c;
  std::istringstream in{line};
  std::vector<std::string> out;
  for (std::string word; in >> word;) {
    const bool skipped = word.starts_with("priority=") || word.starts_with("cookie") || word.starts_with("out_group") ||
                         word.starts_with("in_phy_port=") || word.starts_with("duration");
    if (!skipped) out.push_back(word);
  }
  return out;
}

}  // namespace

TEST_CASE("matches and actions of real messages read as in ovs-ofctl") {
  const std::filesystem::path corpus = std::filesystem::path{SLUICE_SOURCE_DIR} / "../shared/corpus/gathered";
  if (output_of("command -v ovs-ofctl").empty()) {
    MESSAGE("skipped: ovs-ofctl is not installed");
    return;
  }
  if (!std::filesystem::exists(corpus)) {
    MESSAGE("skipped: there is no corpus at ", corpus.string());
    return;
  }
  // Open vSwitch keeps 1.0 fields that mean nothing; here they are dropped when read [OF 1.0 §5.2.3].
  const std::set<std::string> meaningless{"action-02_SET_VLAN_PCP-3.bin",       "ofp10-match-of10-005.bin",
                                          "ofp10-match-of10-032.bin",           "OFPST_FLOW-reply---OF1.0.bin",
                                          "OFPT_FLOW_REMOVED---OF1.0.bin",      "v0x01-ofpt_flow_removed-0.bin",
                                          "v0x01-ofpt_flow_stats_request-0.bin"};
  const std::set<Kind> kinds{Kind::flow_mod,           Kind::flow_removed,     Kind::packet_out,       Kind::packet_in,
                             Kind::flow_stats_request, Kind::flow_stats_reply, Kind::aggregate_request};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{corpus}) {
    const std::string folder = entry.path().parent_path().filename();
    if (entry.path().extension() == ".bin" && (folder == "of10" || folder == "of13")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  int compared = 0;
  for (const auto& file : files) {
    std::ifstream in{file, std::ios::binary};
    const std::string raw{std::istreambuf_iterator<char>{in}, {}};
    const ByteView bytes{reinterpret_cast<const std::byte*>(raw.data()), raw.size()};
    const std::optional<FrameView> frame = FrameView::of(bytes);
    if (!frame || raw.size() > 8000 || meaningless.contains(file.filename())) continue;
    const Result<Message> message = decode(*frame);
    if (!message || !kinds.contains(kind_of(*message))) continue;
    std::string ours = text(*message, *version_of(frame->wire_version()), frame->xid());
    // Nicira's actions and fields, which have no form here.
    if (ours.find("unknown(") != std::string::npos || ours.find("oxm(") != std::string::npos) continue;
    std::string theirs = output_of("ovs-ofctl ofp-print " + hex_digits(bytes) + " 2>/dev/null");
    if (theirs.find("***") != std::string::npos) continue;  // not understood, or flags that no version knows
    const Kind kind = kind_of(*message);
    if (kind == Kind::packet_in || kind == Kind::packet_out) {  // the packet below is described in our own words
      ours = ours.substr(0, ours.find('\n'));
      theirs = theirs.substr(0, theirs.find('\n'));
    }
    INFO(file.string(), "\nours:   ", ours, "\ntheirs: ", theirs);
    CHECK(words(ours) == words(theirs));
    ++compared;
  }
  MESSAGE(compared, " messages compared");
  CHECK(compared > 250);
}
