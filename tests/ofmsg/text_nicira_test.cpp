// Actions and fields of Open vSwitch as text, both ways. The bytes beside the words are those that ovs-ofctl 3.1 sends.
#include <algorithm>
#include <array>

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/extension.hpp"
#include "ofmsg/oxm_names.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/validate.hpp"
#include "ofmsg/walk.hpp"
#include "tests/ofmsg/corpus.hpp"
#include "tests/support/command.hpp"

using namespace sluice::ofmsg;
using sluice::tests::output_of;

namespace {

Actions actions(std::string_view words, Version version) {
  const Result<Actions, TextError> read = parse_actions(words, version);
  INFO("actions: ", words, " error: ", read ? "" : read.error().message);
  REQUIRE(read.has_value());
  return *read;
}

std::string bytes_of_actions(std::string_view words, Version version) {
  Bytes bytes;
  Writer writer{bytes, version, Kind::packet_out};
  wire(writer, actions(words, version));
  INFO("actions: ", words);
  REQUIRE(writer.finish().has_value());
  return hex_digits(bytes);
}

std::string again(std::string_view words, Version version) { return text(actions(words, version), version); }

TextError refused(std::string_view words, Version version = v1_3) {
  const Result<Actions, TextError> read = parse_actions(words, version);
  INFO("actions: ", words);
  REQUIRE_FALSE(read.has_value());
  return read.error();
}

Match match(std::string_view words) {
  const Result<Match, TextError> read = parse_match(words, Vocabulary::open_vswitch);
  INFO("match: ", words, " error: ", read ? "" : read.error().message);
  REQUIRE(read.has_value());
  return *read;
}

// The fields as they lie behind the header of a match.
std::string fields(const Match& of) {
  Bytes bytes;
  Writer writer{bytes, v1_3, Kind::flow_mod};
  write_match_fields(writer, of);
  REQUIRE(writer.finish().has_value());
  return hex_digits(bytes);
}

}  // namespace

TEST_CASE("actions of Open vSwitch, as ovs-ofctl sends them in 1.3") {
  const std::array<std::pair<std::string_view, std::string_view>, 10> known{{
      {"controller(reason=packet_out,max_len=1024,id=10,userdata=01.02.03.04.05,pause)",
       "ffff0040000023200025000000000000000000080400000000010008000a000000020005050000000003000901020304050000000000000"
       "000"
       "04000400000000"},
      {"controller(meter_id=5)", "ffff00180000232000250000000000000005000800000005"},
      {"load:0x1->NXM_NX_REG0[]", "ffff0018000023200007001f000100040000000000000001"},
      {"load:0x3->NXM_OF_ETH_DST[0..15]", "ffff0018000023200007000f000002060000000000000003"},
      {"set_field:0x1->reg0", "00190010000100040000000100000000"},
      {"move:NXM_OF_ETH_DST[]->NXM_OF_ETH_SRC[]", "ffff00180000232000060030000000000000020600000406"},
      {"push:NXM_NX_REG0[]", "ffff001800002320001b0000000100040020000000000000"},
      {"ct_clear", "ffff001000002320002b000000000000"},
      {"dec_ttl(1,2)", "ffff00180000232000150002000000000001000200000000"},
      {"output:NXM_NX_REG0[]", "ffff001800002320000f001f00010004ffff000000000000"},
  }};
  for (const auto& [words, bytes] : known) {
    CHECK(bytes_of_actions(words, v1_3) == bytes);
    CHECK(again(words, v1_3) == words);
  }
}

TEST_CASE("learn, as ovs-ofctl sends it") {
  const std::string_view words =
      "learn(table=1,eth_type=0x800,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],reg0=0x5,NXM_NX_REG1[0..3]=0x2,"
      "load:0x5->NXM_NX_REG0[0..15],load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],output:NXM_OF_IN_PORT[])";
  CHECK(bytes_of_actions(words, v1_0) ==
        "ffff00700000232000100000000080000000000000000000000001000000000020100800000006020000002000001004000000000e0400"
        "0020"
        "2000000005000100040000200400020001020400002810000500010004000008300000040600000000020600001010000000020000"
        "0000");
  CHECK(again(words, v1_0) == words);
}

TEST_CASE("words that come back as they were, in every version that has them") {
  const std::array<std::string_view, 46> lists{
      "resubmit:5",
      "resubmit(,2)",
      "resubmit(5,2)",
      "resubmit(LOCAL,9,ct)",
      "output(port=8080,max_len=1024)",
      "controller(max_len=40,id=7)",
      "bundle(symmetric_l4,60,hrw,ofport,members:2,3)",
      "bundle_load(eth_src,50,active_backup,ofport,NXM_NX_REG0[],members:1)",
      "multipath(symmetric_l3l4+udp,50,modulo_n,16,0,NXM_NX_REG0[0..7])",
      "conjunction(1,2/2)",
      "ct()",
      "ct(commit)",
      "ct(commit,force,zone=5,alg=ftp)",
      "ct(table=3,zone=NXM_NX_REG4[0..15])",
      "ct(commit,nat(src=10.1.12.0-10.1.13.255:1-1023,random))",
      "ct(commit,nat(dst=2001:1::1-2001:1::ffff))",
      "ct(nat(src=[fe80::1]:80,persistent,hash))",
      "ct(nat(src))",
      "ct(commit,nat(src=:1-9))",
      "ct(commit,table=1,nat,exec(load:0x1->NXM_NX_CT_MARK[1..2]))",
      "clone(load:0x1->NXM_NX_REG0[],clone(output:2),output:3)",
      "ct_clear",
      "exit",
      "pop_queue",
      "fin_timeout(idle_timeout=5,hard_timeout=15)",
      "fin_timeout(idle_timeout=5)",
      "note:11.e9.9a.ad.67.f3",
      "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4)",
      "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4,sampling_port=7)",
      "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4,sampling_port=7,egress)",
      "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4,ingress)",
      "push:NXM_NX_REG2[1..5],pop:NXM_OF_IN_PORT[]",
      "check_pkt_larger(200)->NXM_NX_REG0[0]",
      "delete_field:tun_metadata5",
      "set_tunnel64:0x123456789",
      "learn(table=1)",
      "learn(table=1,delete_learned)",
      "learn(table=99,idle_timeout=1,hard_timeout=300,fin_idle_timeout=2,fin_hard_timeout=4,priority=80,send_flow_rem,"
      "cookie=0x123456789abcdef0)",
      "learn(table=1,limit=4096,result_dst=NXM_NX_REG0[0])",
      "learn(table=1,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
      "learn(table=1,load:0->OXM_OF_VLAN_VID[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[])",
      "dec_ttl(1,2,3)",
      "output:NXM_NX_REG1[5..10]",
      "load:0x13198a2e03707348->NXM_NX_IPV6_DST[0..63]",
      "move:NXM_NX_REG0[10..15]->NXM_NX_REG1[0..5]",
      "set_field:0x1234/0xffff->reg3",
  };
  for (const Version v : all_versions) {
    for (const std::string_view words : lists) {
      // 1.5's set_field says what load says.
      if (v == v1_5 && words.find("load:") != std::string_view::npos && !words.starts_with("learn")) continue;
      CHECK(again(words, v) == words);
    }
  }
}

TEST_CASE("what 1.0 has of Nicira") {
  for (const std::string_view words :
       {"set_tunnel:0x5", "set_queue:7", "push_mpls:0x8847", "pop_mpls:0x0800", "set_mpls_ttl(127)", "dec_mpls_ttl",
        "set_mpls_label(10)", "set_mpls_tc(3)", "dec_ttl", "group:5", "write_metadata:0x12/0xff"}) {
    CHECK(again(words, v1_0) == words);
  }
  CHECK(bytes_of_actions("set_queue:7", v1_0) == "ffff0010000023200004000000000007");
}

TEST_CASE("1.5 has copy_field and set_field instead of move and load") {
  CHECK(bytes_of_actions("move:NXM_NX_REG0[0..15]->NXM_NX_REG1[16..31]", v1_5) ==
        "001c00180010000000100000000100040001020400000000");
  CHECK(again("move:NXM_NX_REG0[0..15]->NXM_NX_REG1[16..31]", v1_5) == "move:NXM_NX_REG0[0..15]->NXM_NX_REG1[16..31]");
  CHECK(again("load:0x2->NXM_NX_REG0[0..15]", v1_5) == "set_field:0x2/0xffff->reg0");
  CHECK(again("load:0x2->NXM_NX_REG0[16..31]", v1_5) == "set_field:0x20000/0xffff0000->reg0");
  CHECK(again("load:0x1->NXM_OF_IP_SRC[]", v1_5) == "set_field:0.0.0.1->ip_src");
}

TEST_CASE("set_field of other fields, in the form that the version has") {
  CHECK(again("set_field:10.0.0.1->tun_src", v1_3) == "set_field:10.0.0.1->tun_src");
  CHECK(again("set_field:2->tun_erspan_ver", v1_0) == "set_field:2->tun_erspan_ver");
  CHECK(bytes_of_actions("set_field:2->tun_erspan_ver", v1_0) == "ffff0018000023200021ffff180500002320020000000000");
  CHECK(again("set_field:0x1/0xf->ct_mark", v1_3) == "set_field:0x1/0xf->ct_mark");
  CHECK(again("set_field:0x1->ct_label", v1_4) == "set_field:0x1->ct_label");
}

TEST_CASE("what is wrong with an action of Open vSwitch") {
  CHECK(refused("load:0x10->NXM_NX_REG0[0..3]").message == "0x10 is too large for 4 bits");
  CHECK(refused("load:1->regg0[]").hint == "did you mean \"reg0\"?");
  CHECK(refused("load:1->NXM_NX_REG0[40]").message == "\"40\" are no bits of reg0");
  CHECK(refused("move:NXM_NX_REG0[]->NXM_OF_ETH_SRC[]").hint == "32 and 48 bits");
  CHECK(refused("move:NXM_NX_REG0[]").message == "an arrow is missing");
  CHECK(refused("ct(comit)").message == "\"comit\" means nothing in \"ct\"");
  CHECK(refused("nat(src=1.2.3.4)").message == "unknown action \"nat\"");
  CHECK(refused("conjunction(1,3/2)").message == "there is no such clause");
  CHECK(refused("multipath(eth_source,50,modulo_n,1,0,NXM_NX_REG0[])").hint == "did you mean \"eth_src\"?");
  CHECK(refused("note:1g").message == "\"1g\" is not a byte in hexadecimal");
  CHECK(refused("resubmit(1,2,3)").hint == "as in \"resubmit(1,2)\" or \"resubmit(,2,ct)\"");
  std::string deep = "output:1";
  for (int i = 0; i < 50; ++i) deep.insert(0, "clone(").push_back(')');
  CHECK(refused(deep).message == "actions stand too deep inside of others");
}

TEST_CASE("fields of Open vSwitch in matches") {
  const std::array<std::pair<std::string_view, std::string_view>, 22> known{{
      {"reg0=0x1/0xff", "0001010800000001000000ff"},
      {"reg15=0x7", "00011e0400000007"},
      {"ct_state=+trk", "0001d3080000002000000020"},
      {"ct_state=+new-est+trk", "0001d3080000002100000023"},
      {"ct_zone=5", "0001d4020005"},
      {"ct_mark=0x5", "0001d60400000005"},
      {"ct_label=0x10000000000000012", "0001d81000000000000000010000000000000012"},
      {"tun_src=10.0.0.1", "00013e040a000001"},
      {"tun_dst=10.0.0.0/8", "000141080a000000ff000000"},
      {"tun_ipv6_src=fe80::/16", "0001db20fe800000000000000000000000000000ffff0000000000000000000000000000"},
      {"tun_metadata0=0x1", "0001500101"},
      {"tun_metadata3=0x1200/0xff00", "000157041200ff00"},
      {"tun_flags=+oam", "0001d10400010001"},
      {"conj_id=7", "00014a0400000007"},
      {"pkt_mark=0x1/0xf", "000143080000000 10000000f"},
      {"ip,nw_ttl=5", "80000a0208000 0013a0105"},
      {"ip,nw_frag=first", "80000a02080000013501 0103"},
      {"ip,nw_frag=not_later", "80000a020800000135020002"},
      {"mpls,mpls_ttl=64", "80000a02884700013c0140"},
      {"dl_type=0x894f,nsh_mdtype=1,nsh_spi=0x1234", "80000a02894fffff0405005ad65001ffff0808005ad65000001234"},
      {"tun_gbp_id=18", "00014c020012"},
      {"gtpu_msgtype=1", "ffff20050000232001"},
  }};
  for (const auto& [words, bytes] : known) {
    const Match read = match(words);
    CHECK(text(read, v1_3) == words);
    std::string digits{bytes};
    digits.erase(std::remove(digits.begin(), digits.end(), ' '), digits.end());
    if (words.find("nw_") == std::string_view::npos) {
      CHECK(fields(read) == digits);
    }
    CHECK_FALSE(read.unknown().empty());
  }
}

TEST_CASE("another header for a field of the standard prints as the field, and is none") {
  const auto of = [](std::initializer_list<std::string_view> entries) {
    Match m;
    for (const std::string_view entry : entries) {
      Bytes bytes;
      for (std::size_t i = 0; i < entry.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(*parse_number("0x" + std::string{entry.substr(i, 2)})));
      }
      m.add_unknown(std::move(bytes));
    }
    return m;
  };
  // NXM_OF_ETH_TYPE, NXM_OF_IP_PROTO, NXM_OF_IP_SRC/mask, NXM_OF_TCP_DST, NXM_OF_IN_PORT.
  const Match nxm = of({"000006020800", "00000c0106", "00000f080a000000ff000000", "000014020050", "00000002fffe"});
  CHECK(text(nxm, v1_3) == "tcp,in_port=LOCAL,nw_src=10.0.0.0/8,tp_dst=80");
  CHECK(nxm.terms().empty());
  CHECK(text(of({"000008021064"}), v1_3) == "dl_vlan=100,dl_vlan_pcp=0");
  CHECK(text(of({"000008020000"}), v1_3) == "vlan_tci=0x0000");
  CHECK(text(of({"0000090410001000"}), v1_3) == "vlan_tci=0x1000/0x1000");
  // xreg1 and xxreg1 are made of registers.
  CHECK(text(of({"80010310000000010000001200000001000000ff"}), v1_3) == "reg2=0x1/0x1,reg3=0x12/0xff");
  CHECK(text(of({"0001e01000000000000000010000000000000012"}), v1_3) == "reg4=0,reg5=0x1,reg6=0,reg7=0x12");
}

TEST_CASE("the words are read only for those who ask") {
  const Result<Match, TextError> plain = parse_match("reg0=1");
  REQUIRE_FALSE(plain.has_value());
  CHECK(plain.error().message == "\"reg0\" is an extension of Open vSwitch");
  const auto wrong = [](std::string_view words) -> TextError {
    const Result<Match, TextError> read = parse_match(words, Vocabulary::open_vswitch);
    REQUIRE_FALSE(read.has_value());
    return read.error();
  };
  CHECK(wrong("ct_state=+treked").message == "there is no flag \"treked\"");
  CHECK(wrong("ct_zone=1/2").message == "ct_zone takes no mask");
  CHECK(wrong("reg0=1,reg0=2").message == "\"reg0\" is given twice");
  CHECK(wrong("nw_ttl=256,ip").message == "256 is too large for nw_ttl");
  CHECK(wrong("regg0=1").hint == "did you mean \"reg0\"?");
  CHECK(parse_flow("reg0=1,actions=drop", v1_0, FlowModCommand::add).error().hint == "use OpenFlow 1.2 or later");
  CHECK(parse_flow("reg0=1,actions=drop", v1_3, FlowModCommand::add)->match.unknown().size() == 1);
}

TEST_CASE("validate knows lengths and masks of fields of other classes") {
  const auto judged = [](std::string_view entry) {
    FlowMod mod;
    Bytes bytes;
    for (std::size_t i = 0; i < entry.size(); i += 2) {
      bytes.push_back(static_cast<std::byte>(*parse_number("0x" + std::string{entry.substr(i, 2)})));
    }
    mod.match.add_unknown(std::move(bytes));
    const std::vector<Fault> faults = validate(mod, v1_3);
    return faults.empty() ? std::optional<Reason>{} : faults.front().reason;
  };
  CHECK_FALSE(judged("0001000400000001"));
  CHECK(judged("000100020001") == Reason::bad_match_length);
  CHECK(judged("0001d50400010001") == Reason::bad_match_mask);  // ct_zone
  CHECK(judged("000101080000000300000001") == Reason::bad_match_wildcards);
  CHECK(judged("0001d3080000010000000100") == Reason::bad_match_value);  // a state that nobody knows
  CHECK_FALSE(judged("0001fc0201bb"));                                   // a field without a name: others may know it
}

namespace {

// What stands behind "actions=" on the first line; nothing where the manifest has cut it.
std::optional<std::string> actions_of(const std::string& line) {
  const std::size_t at = line.find("actions=");
  if (at == std::string::npos) return std::nullopt;
  std::string out = line.substr(at + 8, line.find('\n') - at - 8);
  if (const std::size_t behind = out.find(" data_len="); behind != std::string::npos) out.resize(behind);
  return out;
}

bool has_nicira(ByteView bytes) {
  constexpr std::array mark{std::byte{0}, std::byte{0}, std::byte{0x23}, std::byte{0x20}};
  return std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end()) != bytes.end();
}

}  // namespace

TEST_CASE("the actions of the collected messages are printed as ovs-ofctl prints them, and read back") {
  constexpr std::size_t cut_at = 150;  // the manifest keeps about so many characters of a line
  std::size_t compared = 0, reread = 0;
  for (const corpus::Row& row : corpus::rows()) {
    if (row.at("ovs_verdict") != "ok") continue;
    const std::optional<std::string> theirs = actions_of(row.at("ovs_line"));
    const Bytes bytes = corpus::read(row.at("file"));
    if (!theirs || !has_nicira(bytes) || theirs->find("cap(") != std::string::npos) continue;  // encap, decap
    const std::optional<FrameView> frame = FrameView::of(bytes);
    const Version version = *version_of(frame->wire_version());
    const Result<Lenient> message = decode_lenient(*frame);
    if (!message) continue;
    const std::optional<std::string> ours = actions_of(text(message->message, version, frame->xid()));
    INFO(row.at("file"));
    REQUIRE(ours.has_value());
    const bool cut = row.at("ovs_line").size() >= cut_at;
    CHECK((cut ? (*ours + " data_len=").substr(0, theirs->size()) : *ours) == *theirs);
    ++compared;
    if (version == v1_0 || ours->find("write_actions") != std::string::npos) continue;
    const Result<FlowMod, TextError> again = parse_flow("actions=" + *ours, version, FlowModCommand::add);
    INFO(*ours, again ? "" : again.error().message);
    REQUIRE(again.has_value());
    CHECK(text(again->instructions, version) == "actions=" + *ours);
    ++reread;
  }
  MESSAGE("compared: ", compared, ", read back: ", reread);
  CHECK((compared == 0 || compared > 350));
}

TEST_CASE("ovs-ofctl prints what we read from its words" *
          doctest::skip(output_of("ovs-ofctl --version 2>/dev/null").empty())) {
  const std::array<std::string_view, 5> lists{
      "ct(commit,zone=1,nat(src=10.0.0.1-10.0.0.9:1-99),exec(load:0x1->NXM_NX_CT_MARK[]))",
      "learn(table=1,limit=4096,result_dst=NXM_NX_REG0[0],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
      "clone(resubmit(,2)),bundle_load(eth_src,50,hrw,ofport,NXM_OF_IP_SRC[0..15],members:1,2)",
      "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4,sampling_port=7,egress),exit",
      "multipath(eth_src,50,hrw,12,0,NXM_NX_REG0[0..3]),check_pkt_larger(9)->NXM_NX_REG0[3],set_field:0x1/0x3->reg5"};
  for (const std::string_view words : lists) {
    const std::string command =
        "echo " + bytes_of_actions(words, v1_3) + " | ovs-ofctl -vANY:off parse-actions OpenFlow13 2>&1";
    CHECK(output_of(command) == "actions=" + std::string{words} + "\n\n");
  }
}
