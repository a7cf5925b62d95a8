// The peculiarities of each format that `sluicectl import` reads, one at a time.
#include <doctest/doctest.h>

#include "ctl/shell_words.hpp"
#include "tests/ctl/import_support.hpp"

using namespace sluice::ctl;
using namespace sluice::tests;

// --- matches ---------------------------------------------------------------------------------------------------------

TEST_CASE("matches that FlowVisor takes are completed to what they can only mean") {
  struct Case {
    const char *match, *written;
  };

  const Case all[] = {
      {"any", R"("any")"},
      {"all", R"("any")"},
      {"OFMatch[in_port=4,dl_vlan=3]", R"({ "vlan": 3 })"},
      {"dl_src=00:0A:E4:25:6B:B0", R"("dl_src=00:0a:e4:25:6b:b0")"},
      {"dl_dst=any", R"("any")"},
      {"DL_TYPE=0x0806", R"("arp")"},
      {"eth_type=34525", R"("dl_type=0x86dd")"},
      {"dl_type=0x806,nw_proto=1,nw_src=10.0.0.1", R"("arp,nw_src=10.0.0.1,arp_op=1")"},
      {"nw_proto=6", R"("tcp")"},
      {"nw_proto=47", R"("ip,nw_proto=47")"},
      {"nw_src=10.0.0.9/8", R"(["ip,nw_src=10.0.0.0/8", "arp,nw_src=10.0.0.0/8"])"},
      {"nw_src=10.0.0.0/0", R"("any")"},
      {"dl_type=0x800,nw_dst=10.0.0.0/32", R"("ip,nw_dst=10.0.0.0")"},
      {"nw_dst=10.0.0.0/8,tp_dst=80", R"(["tcp,nw_dst=10.0.0.0/8,tp_dst=80", "udp,nw_dst=10.0.0.0/8,tp_dst=80"])"},
      {"dl_type=0x800,nw_proto=1,tp_src=8,tp_dst=0", R"("icmp,icmp_type=8,icmp_code=0")"},
      {"dl_type=0x800,nw_proto=47,tp_src=8", R"("ip,nw_proto=47")"},
      {"dl_type=0x86dd,nw_src=10.0.0.1", R"("dl_type=0x86dd")"},
      {"nw_tos=46", R"("ip,nw_tos=184")"},
      {"nw_tos=184", R"("ip,nw_tos=184")"},
      {"dl_vlan=4095", R"({ "vlan": 4095 })"},
      {"dl_vlan=-1", R"({ "vlan": "untagged" })"},
      {"dl_vlan=0xfffe", R"({ "vlan": "tagged" })"},
      {"dl_vlan=10,nw_proto=17", R"("udp,dl_vlan=10")"},
      {"dl_vlan=10-12,nw_proto=17,tp_dst=53",
       R"({ "vlan": "10-12", "eth_type": "ip", "ip_proto": "udp", "udp_dst": 53 })"},
      {"dl_vpcp=3", R"({ "vlan": "tagged", "vlan_pcp": 3 })"},
      {"dl_vlan=5,dl_vlan_pcp=3", R"("dl_vlan=5,dl_vlan_pcp=3")"},
      {"dl_vlan=0xffff,dl_vpcp=3", R"({ "vlan": "untagged" })"},
  };
  for (const Case& one : all) {
    const Ran ran = rule(one.match);
    CAPTURE(one.match);
    const std::string written = std::string{"\"match\": "} + one.written;
    CHECK_MESSAGE((contains(ran.out, written + " }") || contains(ran.out, written + "\n")), ran.out);
    CHECK_MESSAGE(ran.code == ExitCode::good, ran.err);
  }
}

TEST_CASE("a rule whose match is not understood is left out, never widened") {
  for (const char* match :
       {"dl_vlan=4096", "dl_vlan=10-", "dl_vlan=12-10", "dl_vlan=0-70000", "in_port=99999999999999999999", "in_port=x",
        "nw_src=10.0.0.0/33", "nw_src=10.0.0", "nw_src=-99999999999", "dl_type=65536", "dl_type=-32769", "tp_dst",
        "mac=1", "dl_src=00:01", "dl_src=1ffffffffffff", "dl_vpcp=8", "nw_proto=256", "in_port=65533",
        "nw_proto=1,tp_src=256"}) {
    const Ran ran = rule(match);
    CAPTURE(match);
    CHECK_MESSAGE(contains(ran.err, "note: dropped: a "), ran.err);
    CHECK(contains(ran.err, "note: dropped: slice a "));  // no rule is left
    CHECK_FALSE(contains(ran.out, "\"match\""));
  }
  CHECK(contains(rule("dl_vlan=4096").err, "dl_vlan=4096: \"4096\" is not a VLAN (line 2)"));
}

// --- FlowVisor's JSON ------------------------------------------------------------------------------------------------

TEST_CASE("FlowVisor's JSON is read in all its forms") {
  const char* plain = R"("match": "tcp,dl_vlan=7,nw_src=10.0.0.0/8,tp_dst=50000")";
  for (const std::string& row :
       {// as the database has it
        std::string{R"({"name": "r", "dpid": "00:00:00:00:00:00:00:01", "priority": 5, "in_port": 1, "dl_vlan": 7,
                        "dl_type": 2048, "nw_src": 167772160, "nw_proto": 6, "tp_dst": -15536, "wildcards": 4184140,
                        "slice_action": [{"a": 4}]})"},
        // as list-flowspace answers
        std::string{R"({"name": "r", "id": 9, "dpid": "1", "priority": 5.0, "force-enqueue": -1, "queues": [],
                        "match": {"in_port": 1, "dl_vlan": 7.0, "dl_type": "0x800", "nw_src": "10.0.0.0/8",
                                  "nw_proto": 6, "tp_dst": 50000, "nw_dst": null},
                        "slice-action": [{"slice-name": "a", "permission": "4"}]})"},
        // with the classes of another library
        std::string{R"(["java.util.HashMap", {"@class": "FlowSpace", "dpid": "1", "priority": ["java.lang.Integer", 5],
                        "in_port": 1, "dl_vlan": 7, "dl_type": 2048, "nw_src": 167772160, "nw_proto": 6,
                        "tp_dst": 50000, "wildcards": 4184140,
                        "slice_action": ["java.util.LinkedList", [["java.util.HashMap", {"a": 4}]]]}])"}}) {
    const Ran ran = import_text("flowvisor", flowvisor(row));
    CAPTURE(row);
    CHECK(contains(ran.out, plain));
    CHECK(is_clean(ran.out));
  }
}

TEST_CASE("FlowVisor's sections may have the names of classes, and its answer may be wrapped") {
  const std::string file = R"({"org.flowvisor.config.SliceImpl": {"name": "a", "controller-url": "tcp:[2001:db8::1]"},
    "org.flowvisor.config.FlowSpaceRule": [{"dpid": "80:00:00:00:00:00:00:00", "in_port": 1, "wildcards": 4194302,
                                           "slice_action": {"a": 4}}],
    "Switches": [{"default": "a"}, {"dpid": "2"}]})";
  const Ran ran = import_text("flowvisor", file);
  CHECK(ran.code == ExitCode::good);
  CHECK(contains(ran.out, R"("controllers": ["tcp:[2001:db8::1]:6633"])"));
  CHECK(contains(ran.out,
                 "        // org.flowvisor.config.FlowSpaceRule[0]\n"
                 R"(        { "on": { "s2": [1] }, "match": "any" })"));
  CHECK(contains(ran.err, "dropped: the permission to flood (a)"));
  CHECK(import_text("flowvisor", R"({"id": "fvctl", "jsonrpc": "2.0", "result": )" + file + "}").out == ran.out);
}

TEST_CASE("rows of FlowVisor's JSON that are not understood are told, and the others stay") {
  const std::string good = R"({"dpid": "1", "in_port": 9, "wildcards": 4194302, "slice_action": [{"a": 4}]})";
  for (const char* wrong :
       {"7", "null", "[]", "{}", R"({"dpid": {}})", R"({"dpid": "1", "wildcards": "x"})",
        R"({"dpid": "1", "wildcards": 4194302, "slice_action": [{"a": 4}]})",  // in_port without a value
        R"({"dpid": "1", "in_port": [1], "wildcards": 4194302, "slice_action": [{"a": 4}]})",
        R"({"dpid": "1", "nw_src_mask": 1, "slice_action": [{"a": 4}]})", R"({"dpid": "1", "match": 1})",
        R"({"dpid": "1", "match": {"metadata": 1}})", R"({"dpid": "1", "slice_action": [{"c": 4}]})",
        R"({"dpid": "1", "slice_action": [{"a": 1}]})", R"({"dpid": "1", "slice_action": "a"})",
        R"({"dpid": "1", "slice_action": [{"a": null}]})", R"({"dpid": "1"})",
        R"({"dpid": "1", "priority": 99999999999, "slice_action": [{"a": 4}]})",
        R"({"dpid": "1", "priority": -9223372036854775808, "slice_action": [{"a": 4}]})"}) {
    const Ran ran = import_text("flowvisor", flowvisor(good + ", " + wrong));
    CAPTURE(wrong);
    CHECK(contains(ran.out, R"({ "on": { "s1": [9] }, "match": "any" })"));
    CHECK_FALSE(contains(ran.out, R"("on": ["s1"])"));
    CHECK_MESSAGE(contains(ran.err, "[1])"), ran.err);
  }
  // A number that nobody can have meant is told, too.
  CHECK(contains(import_text("flowvisor", flowvisor(good, R"(, "max_flow_rules": 1e300, "admin_status": 3.5)")).err,
                 "dropped: max_flow_rules, whose value has the wrong kind (Slice[0])"));
}

TEST_CASE("names that a slice file cannot have are made so, each its own") {
  const Ran ran = import_text("fvctl",
                              "add-slice 'a y' tcp:h1 o\nadd-slice a/y tcp:h2 o\nadd-slice '!!' tcp:h3 o\n"
                              "add-flowspace r 1 1 in_port=1 'a y=4'\nadd-flowspace r 1 1 in_port=2 a/y=4\n"
                              "add-flowspace r 1 1 in_port=3 '!!=4'\n");
  CHECK(ran.code == ExitCode::good);
  for (const char* name : {"\"a-y\": {", "\"a-y-2\": {", "\"slice\": {"}) CHECK(contains(ran.out, name));
  CHECK(contains(ran.err, "slice \"a/y\" is called a-y-2 here (line 2)"));
  // Keys that begin with x- are ignored in a slice file.
  const Ran ray = import_text("fvctl", "add-slice x-ray tcp:h1 o\nadd-flowspace r 1 1 any x-ray=4\n");
  CHECK(contains(ray.out, "\"x_ray\": {"));
  CHECK(contains(ray.err, "slice \"x-ray\" is called x_ray here (line 1)"));
}

// --- scripts ---------------------------------------------------------------------------------------------------------

TEST_CASE("scripts are read as a shell reads them") {
  const auto commands =
      shell_commands("A=1\nfv \"a b\"'c'd \\\n  e\\ f # g\n\nB=\"x y\"; h $A\"$B\"${A} $B && i|j\nk $z `date`");
  REQUIRE(commands.size() == 5);
  CHECK(commands[0].words == std::vector<std::string>{"fv", "a bcd", "e f"});
  CHECK(commands[0].line == 2);
  CHECK(commands[1].words == std::vector<std::string>{"h", "1x y1", "x", "y"});
  CHECK(commands[1].line == 5);
  CHECK(commands[2].words == std::vector<std::string>{"i"});
  CHECK(commands[4].line == 6);
  CHECK(commands[4].unknown == "$z");
  CHECK(shell_commands("a 'b").front().unknown == "a quote that is not closed");
  CHECK(shell_commands("a \\").front().words.size() == 2);
}

TEST_CASE("a command of fvctl that is not understood is told with its line") {
  struct Case {
    const char *command, *said;
  };

  const Case all[] = {
      {"fvctl add-slice b tcp:h", "add-slice has 2 arguments, not 3 (line 3)"},
      {"fvctl add-slice b tcp:h:99999 o", "no controller: tcp:h:99999 (line 3)"},
      {"fvctl add-slice -z b tcp:h o", "-z is no option of add-slice"},
      {"fvctl add-slice b tcp:h o -f", "-f is no option of add-slice, or has no value"},
      {"fvctl add-slice -f many b tcp:h o", "the flow limit is no number: many (line 3)"},
      {"fvctl add-flowspace r zz 1 any a=4", "zz is not a datapath id (line 3)"},
      {"fvctl add-flowspace r 1 high any a=4", "the priority is no number: high"},
      {"fvctl add-flowspace r 1 1 any a", "a is no slice with permissions"},
      {"fvctl add-flowspace r 1 1 any a=x", "a=x is no slice with permissions"},
      {"fvctl add-flowspace -q 1,x r 1 1 any a=4", "a queue is no number: x"},
      {"for i in 1 2; do fvctl add-flowspace r$i 1 1 any a=4; done", "only a shell knows what $i is there"},
      {"fvctl frobnicate", "no command of fvctl is in it (line 3)"},
      {"fvctl removeFlowSpace 7", "this command is not understood: removeFlowSpace"},
      {"fvctl update-slice b -a x", "there is no slice b"},
      {"fvctl update-flowspace q -p 1", "there is no rule q"},
      {"fvctl set-config -f a,1", "the permission to flood (line 3: a,1)"},
      {"fvctl set-config -l a", "no SLICE,DPID,LIMIT: a"},
      {"fvctl set-config --enable-tracking", "settings of FlowVisor itself: enable-tracking (line 3)"},
      {"fvctl register-event-callback u m e n", "event callbacks (line 3)"},
      {"fvctl add-flowspace r 10 1 in_port=1 a=4",
       "datapath ids are hexadecimal, as FlowVisor reads them (line 3: 10)"},
  };
  for (const Case& one : all) {
    const Ran ran = import_text("fvctl", "fvctl add-slice a tcp:h o\nfvctl add-flowspace good 2 1 in_port=8 a=4\n" +
                                             std::string{one.command} + "\n");
    CAPTURE(one.command);
    CHECK_MESSAGE(contains(ran.err, one.said), ran.err);
    CHECK(contains(ran.out, R"({ "on": { "s2": [8] }, "match": "any" })"));
    CHECK_MESSAGE(ran.code == ExitCode::good, ran.err);
  }
}

TEST_CASE("later commands of a script change what earlier ones made") {
  const Ran ran =
      import_text("fvctl",
                  "fvctl remove-slice a\n"
                  "fvctl createSlice a tcp:h:1 o\n"
                  "fvctl changeSlice a controller_port 7\n"
                  "fvctl addFlowSpace all 5 dl_vlan=3 Slice:a=4\n"
                  "fvctl -n add-slice -f10 b tcp:h o\n"
                  "fvctl add-flowspace x 3 1 in_port=1 b=4\n"
                  "fvctl update-flowspace x -m in_port=2,dl_vlan=9 --dpid=4\n"
                  "fvctl set-config --flowmod-limit=b,any,20\n"
                  "fvctl add-slice c tcp:h:5 o; fvctl add-flowspace y 4 1 any c=4,a=2; fvctl remove-slice c\n");
  CHECK(contains(ran.out, R"("controllers": ["tcp:h:7"])"));
  CHECK(contains(ran.out,
                 "// line 4\n"
                 R"(        { "on": "*", "match": { "vlan": 3 } })"));
  CHECK(contains(ran.out, R"({ "on": { "s4": [2] }, "match": { "vlan": 9 } })"));
  CHECK(contains(ran.out, R"("limits": { "flows": 20 })"));
  CHECK_FALSE(contains(ran.out, "\"c\""));
  CHECK(contains(ran.out, R"({ "on": ["s4"], "match": "any", "access": "read" })"));
}

// --- FlowSpace Firewall ----------------------------------------------------------------------------------------------

TEST_CASE("limits and managed tags of FlowSpace Firewall are kept") {
  const Ran ran = import_text("fsfw", fsfw(R"(max_flows="10" flow_rate="5" packet_in_rate="100" tag_management="true"
                                              flush_rules_on_connect="1" do_timeouts="true" colour="red")",
                                           R"(<port name="eth1"><range start="7" end="7"/></port>)"));
  CHECK(ran.code == ExitCode::no);
  CHECK(contains(ran.err, "error[E0106]"));
  CHECK(contains(ran.out, R"("s": { "dpid": "000000000000001f", "ports": { "eth1": "eth1" } })"));
  CHECK(contains(ran.out, R"("limits": { "flows_per_switch": 10, "flow_mods": "5/s", "packet_ins": "100/s" })"));
  CHECK(contains(ran.out, R"("view": { "vlan": "managed" })"));
  CHECK(contains(ran.err, "dropped: flush_rules_on_connect of <switch> (line 4)"));
  CHECK(contains(ran.err, "dropped: do_timeouts of <switch> (line 4)"));
  CHECK(contains(ran.err, "dropped: colour of <switch> (line 4: red)"));
}

TEST_CASE("ports and VLANs of FlowSpace Firewall that a slice file has no words for are told") {
  struct Case {
    const char *ports, *said;
  };

  const Case all[] = {
      {R"(<port name="eth1"><range start="9" end="7"/></port>)", "dropped: the VLANs from \"9\" to \"7\" (line 5)"},
      {R"(<port name="eth1"><range start="7"/></port>)", "dropped: the VLANs from \"7\" to \"\" (line 5)"},
      {R"(<port name="eth1"><range start="1" end="4096"/></port>)", "dropped: the VLANs from \"1\" to \"4096\""},
      {R"(<port name="eth1"><range start="1" end="x"/></port>)", "end \"x\", which is no number"},
      {R"(<port name="eth1"/>)", "dropped: a port without a VLAN (line 5)"},
      {R"(<port><range start="1" end="1"/></port>)", "no switch reports such a name (line 5)"},
      {R"(<port name="flood"><range start="1" end="1"/></port>)", "not one that packets come from (line 5)"},
      {R"(<wire/>)", "dropped: <wire> in <switch> (line 5)"},
  };
  for (const Case& one : all) {
    const Ran ran = import_text("fsfw", fsfw("", one.ports));
    CAPTURE(one.ports);
    CHECK_MESSAGE(contains(ran.err, one.said), ran.err);
  }
  const Ran all_vlans = import_text("fsfw", fsfw("", R"(<port name="24"><range start="-1" end="4095"/></port>
                                                        <port name="local"><range start="0" end="4095"/></port>)"));
  CHECK(all_vlans.code == ExitCode::good);
  CHECK(contains(all_vlans.out, R"({ "on": { "s": [24] }, "match": "any" })"));
  CHECK(contains(all_vlans.out, R"({ "on": { "s": ["LOCAL"] }, "match": { "vlan": "tagged" } })"));
  CHECK(contains(all_vlans.err, "port \"24\" was a name and is a number here (line 5)"));
  CHECK(contains(import_text("fsfw",
                             "<flowspace_firewall><switch name='s' dpid='x'/><slice name='a'><switch name='t'/>"
                             "</slice></flowspace_firewall>")
                     .err,
                 "what slices have on switch \"t\", which is not there (line 1)"));
  const std::string deep(100000, '<');
  CHECK(import_text("fsfw", deep).code == ExitCode::usage);
}

TEST_CASE("text of others neither ends a comment nor reaches the terminal") {
  const Ran ran = import_text(
      "fvctl", "add-slice a tcp:h 'o\n\"quoted\" \x1b[2J \xff'\nadd-flowspace 'r\n}\x1b\xc3' 1 1 any a=4\n");
  CHECK(ran.code == ExitCode::good);
  CHECK(is_clean(ran.out));
  CHECK(contains(ran.out, "// r } "));
  CHECK_FALSE(contains(ran.err, "\x1b"));
  CHECK_FALSE(contains(ran.out, "\x1b"));
}
