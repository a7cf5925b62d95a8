// Configurations of other slicers become slice files. The samples in import/ are whole ones; what is here beside them
// is one peculiarity each.
#include <doctest/doctest.h>

#include "ctl/shell_words.hpp"
#include "tests/ctl/sluicectl.hpp"

using namespace sluice::ctl;
using sluice::tests::contains;
using sluice::tests::Ran;
using sluice::tests::Scratch;
using sluice::tests::sluicectl;

namespace {

std::string sample(const std::string& name) { return SLUICE_SOURCE_DIR "/tests/ctl/import/" + name; }

Ran import_text(const std::string& format, const std::string& text, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"import", format, "-"};
  words.insert(words.end(), more.begin(), more.end());
  return sluicectl(words, text);
}

bool is_clean(const std::string& slice_file) {
  const Scratch file{slice_file};
  const Ran checked = sluicectl({"check", file.path()});
  INFO(slice_file);
  CHECK(contains(checked.out, "0 errors, "));  // warnings are the old configuration's own
  return checked.code == ExitCode::good;
}

// A script with one slice and a rule for it.
Ran rule(const std::string& match, const std::string& dpid = "1") {
  return import_text("fvctl",
                     "fvctl add-slice a tcp:192.0.2.1 a@example.org\n"
                     "fvctl add-flowspace r " +
                         dpid + " 100 " + match + " a=4\n");
}

// FlowVisor's JSON with the slices a and b, and these rules.
std::string flowvisor(const std::string& rules, const std::string& more_of_a = "") {
  return R"({"Slice": [{"name": "a", "controller_hostname": "192.0.2.1", "controller_port": 6633)" + more_of_a + R"(},
                       {"name": "b", "controller_hostname": "192.0.2.2", "controller_port": 6633}],
             "FlowSpaceRule": [)" +
         rules + "]}";
}

std::string fsfw(const std::string& switch_attributes, const std::string& ports) {
  return "<flowspace_firewall>\n<switch name=\"s\" dpid=\"1f\"/>\n<slice name=\"a\">\n<switch name=\"s\" " +
         switch_attributes + ">\n" + ports +
         "\n</switch>\n<controller ip_address=\"192.0.2.1\" port=\"6633\" ssl=\"false\"/></slice></flowspace_firewall>";
}

}  // namespace

// --- whole files -----------------------------------------------------------------------------------------------------

TEST_CASE("a configuration of FlowVisor becomes a slice file that check has nothing against") {
  const Ran ran = sluicectl({"import", "flowvisor", sample("lab.flowvisor.json")});
  CHECK(ran.code == ExitCode::good);
  CHECK(is_clean(ran.out));
  CHECK(ran.out.starts_with("// Imported from the FlowVisor configuration "));
  CHECK(contains(ran.out, R"("listen": ["ptcp:6633"])"));
  CHECK(contains(ran.out, R"("sw-00231035cea50001": { "dpid": "00231035cea50001" })"));
  CHECK(contains(ran.out, R"("owner": "Video lab <video@example.org>",)"));
  CHECK(contains(ran.out, R"("controllers": ["tcp:192.0.2.11:6633"],)"));
  CHECK(contains(ran.out, R"("limits": { "flows": 2000 })"));
  // Rules for a VLAN each are one; -2 is LOCAL; the prefix is in the wildcards; 7 may write, 2 only reads.
  CHECK(contains(ran.out,
                 "        // video-vlans (3 rules)\n"
                 R"(        { "on": { "s1": [1] }, "match": { "vlan": "100-102" } },)"));
  CHECK(contains(ran.out, R"({ "on": { "s2": ["LOCAL"] }, "match": "ip,nw_src=10.0.0.1,nw_dst=172.16.0.0/12" })"));
  CHECK(contains(ran.out, R"("match": "ip,nw_src=10.0.0.1,nw_dst=172.16.0.0/12",)"
                          "\n"
                          R"(          "access": "read")"));
  CHECK(contains(ran.out, R"({ "on": ["s2"], "match": "dl_type=0x88cc" })"));
  CHECK(contains(ran.out, R"("match": "tcp,tp_dst=50000")"));
  CHECK(contains(ran.out, R"("match": { "vlan": "untagged", "eth_src": "00:00:00:00:00:0a" })"));
  // A value under a wildcard means nothing.
  CHECK(contains(ran.out,
                 "        // watch\n"
                 R"(        { "on": "*", "match": "any", "access": "read" })"));
  CHECK_FALSE(contains(ran.out, "priority\""));
  CHECK_FALSE(contains(ran.out, "fvadmin\""));
}

TEST_CASE("what is dropped or not sure stands in the file and is told") {
  const Ran ran = sluicectl({"import", "flowvisor", sample("lab.flowvisor.json")});
  for (const std::string said :
       {"dropped: of the slices: config_name, creator, flowmap_type, passwd_crypt, passwd_salt",
        "slice \"sensor net!\" is called sensor-net here (Slice[2])",
        "dropped: the permission to delegate (rule video-vlans)"}) {
    CHECK(contains(ran.out, "\n// " + said + "\n"));
    CHECK(contains(ran.err, "note: " + said + "\n"));
  }
  CHECK(contains(ran.err, "note: dropped: slice idle [tcp:192.0.2.41:6653, idle@example.org]: it has no rule"));
  CHECK(contains(ran.err, "note: dropped: what fvadmin had; rules of lower priority now have it (rule admin)\n"));
  CHECK(sluicectl({"import", "-q", "flowvisor", sample("lab.flowvisor.json")}).err.empty());
  for (std::size_t at = 0, end = 0; at < ran.out.size(); at = end + 1) {
    end = ran.out.find('\n', at);
    CHECK(end - at <= 100);
  }
}

TEST_CASE("a script of fvctl becomes a slice file that check has nothing against") {
  const Ran ran = sluicectl({"import", "fvctl", sample("campus.fvctl.sh")});
  CHECK(ran.code == ExitCode::good);
  CHECK(is_clean(ran.out));
  CHECK(contains(ran.out, R"("owner": "Video lab <video@example.org>",)"));
  CHECK(contains(ran.out, R"("controllers": ["tcp:192.0.2.22:6634"],)"));  // of update-slice
  CHECK(contains(ran.out,
                 "// v100 … v200 (4 rules)\n"
                 R"(        { "on": { "s1": [1] }, "match": { "vlan": ["100-102", "200-219"] } },)"));
  CHECK(contains(ran.out, R"({ "on": ["s2"], "match": "udp,nw_src=10.1.0.0/16,tp_dst=53", "access": "read" })"));
  CHECK_FALSE(contains(ran.out, "secret"));
  CHECK_FALSE(contains(ran.out, "// old"));  // removed again
  CHECK(contains(ran.err, "dropped: passwords (line 7, line 8, line 9)\n"));
}

TEST_CASE("a configuration of FlowSpace Firewall becomes a slice file that check has nothing against") {
  const Ran ran = sluicectl({"import", "fsfw", sample("campus.fsfw.xml")});
  CHECK(ran.code == ExitCode::good);
  CHECK(is_clean(ran.out));
  CHECK(contains(ran.out,
                 R"("core": { "dpid": "0000000000000001", "ports": { "eth24": "eth24", "xe-0-0-1": "xe-0/0/1" } })"));
  CHECK(contains(ran.out, R"("edge-1": { "dpid": "0000000000000a02", "ports": { "eth1": "eth1", "eth2": "eth2" } })"));
  // Ports with the same VLANs, said in one range or in two, are one rule.
  CHECK(contains(ran.out, "// line 9, 16, 17\n"));
  CHECK(contains(ran.out, R"("on": { "core": ["xe-0-0-1"], "edge-1": ["eth1", "eth2"] },)"));
  CHECK(contains(ran.out, R"("match": { "vlan": ["100-119", "untagged"] })"));
  CHECK(contains(ran.out, R"("match": { "vlan": ["0-99", 300] })"));
}

// --- the command -----------------------------------------------------------------------------------------------------

TEST_CASE("import writes a new file, and never over one that is there") {
  const std::string path = std::filesystem::temp_directory_path() / ("sluice-import-" + std::to_string(getpid()));
  std::filesystem::remove(path);
  const std::vector<std::string> words{"import", "fvctl", sample("campus.fvctl.sh"), "-o", path};
  const Ran first = sluicectl(words);
  CHECK(first.code == ExitCode::good);
  CHECK(first.out.empty());
  CHECK(sluicectl({"check", path}).code == ExitCode::good);
  const auto size = std::filesystem::file_size(path);
  const Ran second = sluicectl(words);
  CHECK(second.code == ExitCode::usage);
  CHECK(contains(second.err, path + ": File exists"));
  CHECK(std::filesystem::file_size(path) == size);
  std::filesystem::remove(path);
}

TEST_CASE("wrong usage says what to try") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"import"}, {"import", "flowvisor"}, {"import", "ovx", "/dev/null"}}) {
    const Ran ran = sluicectl(words);
    CHECK(ran.code == ExitCode::usage);
    CHECK(contains(ran.err, "try: sluicectl help import\n"));
  }
  CHECK(contains(sluicectl({"help", "import"}).out, "import FORMAT FILE"));
}

TEST_CASE("a file that cannot be read at all is told with its place") {
  struct Wrong {
    const char* format;
    std::string text;
    const char* said;
  };

  const Wrong all[] = {
      {"flowvisor", "{\n  \"Slice\": [,]\n}", "-: line 2, column 13: not JSON"},
      {"flowvisor", "<flowvisor/>", "this is XML; FlowVisor before 1.0 had that"},
      {"flowvisor", "", "line 1, column 1: not JSON"},
      {"flowvisor", "[1, 2]", "no configuration of FlowVisor"},
      {"flowvisor", "{\"slices \": 1}", "no configuration of FlowVisor"},
      {"flowvisor", std::string(200000, '['), "not JSON"},
      {"flowvisor", "{\"Slice\": 1e999}", "not JSON"},
      {"fvctl", "echo hello\nsleep 3\n", "no command of fvctl"},
      {"fvctl", "", "no command of fvctl"},
      {"fsfw", "<flowspace_firewall>\n<switch>\n</flowspace_firewall>", "line 3, column 3: not XML"},
      {"fsfw", "{}", "line 1, column 3: not XML"},
      {"fsfw", "<slices/>", "there is no <flowspace_firewall>"},
  };
  for (const Wrong& wrong : all) {
    CAPTURE(wrong.said);
    const Ran ran = import_text(wrong.format, wrong.text);
    CHECK(ran.code == ExitCode::usage);
    CHECK(ran.out.empty());
    CHECK_MESSAGE(contains(ran.err, wrong.said), ran.err);
  }
  CHECK(contains(sluicectl({"import", "fvctl", "/no/such/file"}).err, "/no/such/file: No such file or directory"));
  CHECK(sluicectl({"import", "fvctl", "/"}).code == ExitCode::usage);
}

TEST_CASE("the file is written also when the check has something against it") {
  // Only the command line could say which switches "all" are.
  const Ran nowhere = rule("dl_vlan=7", "all");
  CHECK(nowhere.code == ExitCode::no);
  CHECK(contains(nowhere.err, "error[E0311]"));
  CHECK(contains(nowhere.err, "note: no switch is named; give their datapath ids"));
  CHECK(contains(nowhere.out, R"({ "on": "*", "match": { "vlan": 7 } })"));

  const std::string script = "add-slice a tcp:192.0.2.1 a@example.org\nadd-flowspace r all 1 in_port=3 a=4\n";
  const Ran given = import_text("fvctl", script, {"00:00:00:00:00:00:00:05", "a6"});
  CHECK(given.code == ExitCode::good);
  CHECK(contains(given.out, R"({ "on": { "s166": [3], "s5": [3] }, "match": "any" })"));
  CHECK(import_text("fvctl", script, {"five"}).code == ExitCode::usage);
}

TEST_CASE("what Sluice cannot do yet is written, and the check says so") {
  const Ran ran = import_text("flowvisor",
                              flowvisor(R"({"name": "r", "dpid": "1", "priority": 1, "in_port": 1, "wildcards": 4194302,
                                 "slice_action": [{"a": 4}], "queue_id": [1, 2.0], "forced_queue": 1},
                                {"name": "s", "dpid": "1", "priority": 1, "in_port": 2, "wildcards": 4194302,
                                 "slice_action": [{"b": 4}]}], "switches": [{"dpid": "1",
                                 "limits": {"a": {"maximum_flow_mods": 50, "rate_limit": 200}}})",
                                        R"(, "lldp_spam": true, "drop_policy": "rule", "admin_status": false)"));
  CHECK(ran.code == ExitCode::no);
  CHECK(contains(ran.err, "error[E0106]"));
  CHECK(contains(ran.out, R"("queues": { "allow": [1, 2], "force": 1 })"));
  CHECK(contains(ran.out, R"("lldp": "all")"));
  CHECK(contains(ran.out, R"("state": "down")"));
  CHECK(contains(ran.out, R"("when_controller_down": { "do": "drop", "drop_rules": "rule" })"));
  CHECK(contains(ran.out, R"("limits": { "flows_per_switch": 50, "flow_mods": "200/s", "packet_outs": "200/s" })"));
  // Slice b has the defaults, and no word about them.
  const std::string b = ran.out.substr(ran.out.find("\"b\": {"));
  for (const char* key : {"lldp", "state", "limits", "queues", "when_controller_down"}) CHECK_FALSE(contains(b, key));
}

// --- priorities ------------------------------------------------------------------------------------------------------

TEST_CASE("a priority is kept where rules of different slices may write the same packets") {
  const auto two = [](const std::string& first, const std::string& second) {
    return import_text("fvctl", "add-slice a tcp:192.0.2.1 a@x.org\nadd-slice b tcp:192.0.2.2 b@x.org\n" + first +
                                    "\n" + second + "\n");
  };
  const Ran over = two("add-flowspace one 1 300 in_port=1,dl_vlan=5 a=4", "add-flowspace two all 200 any b=4");
  CHECK(contains(over.out, R"("proxy": { "overlap": "priority" })"));
  CHECK(contains(over.out, R"("match": { "vlan": 5 }, "priority": 300)"));
  CHECK(contains(over.out, R"({ "on": "*", "match": "any", "priority": 200 })"));

  for (const char* second :
       {"add-flowspace two 1 200 in_port=2 b=4", "add-flowspace two 2 200 any b=4",
        "add-flowspace two 1 200 dl_vlan=6-9 b=4", "add-flowspace two 1 200 any b=2", "add-flowspace two 1 200 any a=4",
        "add-flowspace two 1 200 dl_vlan=0xffff b=4", "add-flowspace two 1 200 in_port=0xfffe b=4"}) {
    CAPTURE(second);
    CHECK_FALSE(contains(two("add-flowspace one 1 300 in_port=1,dl_vlan=5 a=4", second).out, "\"priority\""));
  }
  CHECK_FALSE(contains(two("add-flowspace one 1 300 dl_type=0x800,nw_src=10.1.0.0/16 a=4",
                           "add-flowspace two 1 200 dl_type=0x800,nw_src=10.2.0.0/16 b=4")
                           .out,
                       "\"priority\""));

  const Ran tie = two("add-flowspace both 1 5 any a=4,b=4", "");
  CHECK(contains(tie.err, "with the same priority; only one can have them (both of a and both of b)"));
  CHECK(tie.code == ExitCode::no);

  const Ran below = two("add-flowspace one 1 -3 any a=4", "add-flowspace two 1 7 dl_vlan=1 b=4");
  CHECK(contains(below.out, R"("match": "any", "priority": 0)"));
  CHECK(contains(below.out, R"("match": { "vlan": 1 }, "priority": 10)"));
}

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
