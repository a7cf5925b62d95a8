// Configurations of other slicers become slice files: whole samples, which are in import/, the command, and priorities.
#include <doctest/doctest.h>

#include "tests/ctl/import_support.hpp"

using namespace sluice::ctl;
using namespace sluice::tests;

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

TEST_CASE("queues, limits and settings of slices are taken over") {
  const Ran ran = import_text("flowvisor",
                              flowvisor(R"({"name": "r", "dpid": "1", "priority": 1, "in_port": 1, "wildcards": 4194302,
                                 "slice_action": [{"a": 4}], "queue_id": [1, 2.0], "forced_queue": 1},
                                {"name": "s", "dpid": "1", "priority": 1, "in_port": 2, "wildcards": 4194302,
                                 "slice_action": [{"b": 4}]}], "switches": [{"dpid": "1",
                                 "limits": {"a": {"maximum_flow_mods": 50, "rate_limit": 200}}})",
                                        R"(, "lldp_spam": true, "drop_policy": "rule", "admin_status": false)"));
  CHECK(ran.code == ExitCode::good);
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
