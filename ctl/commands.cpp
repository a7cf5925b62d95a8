#include "ctl/commands.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "ctl/recording_options.hpp"

namespace sluice::ctl {

namespace {

using Parsed = cxxopts::ParseResult;

// --- options of single commands --------------------------------------------------------------------------------------

void read_text(const Parsed& parsed, const std::string& name, std::optional<std::string>& into) {
  if (parsed.count(name) != 0) into = parsed[name].as<std::string>();
}

bool given(const Parsed& parsed, const std::string& name) { return parsed.count(name) != 0; }

void add_check_options(cxxopts::OptionAdder&& add) { add("gcc", "one line for each finding, as compilers write them"); }

void read_check_options(const Parsed& parsed, Settings& settings) { settings.gcc = given(parsed, "gcc"); }

void add_fmt_options(cxxopts::OptionAdder&& add) {
  add("w,write", "write the files instead of printing them");
  add("check", "print the names of the files that would change, and write nothing");
}

void read_fmt_options(const Parsed& parsed, Settings& settings) {
  settings.fmt_write = given(parsed, "write");
  settings.fmt_check = given(parsed, "check");
}

void add_show_options(cxxopts::OptionAdder&& add) { add("compiled", "what is shown in any case"); }

void add_config_option(cxxopts::OptionAdder&& add) {
  add("c,config", "the slice file", cxxopts::value<std::string>(), "FILE");
}

void read_config_option(const Parsed& parsed, Settings& settings) { read_text(parsed, "config", settings.config); }

void add_switch_option(cxxopts::OptionAdder&& add) {
  add("switch", "only of this switch", cxxopts::value<std::string>(), "NAME");
}

void read_switch_option(const Parsed& parsed, Settings& settings) { read_text(parsed, "switch", settings.switch_name); }

void add_slice_option(cxxopts::OptionAdder&& add) {
  add("slice", "only of this slice", cxxopts::value<std::string>(), "NAME");
}

void read_slice_option(const Parsed& parsed, Settings& settings) { read_text(parsed, "slice", settings.slice_name); }

void add_flowspace_options(cxxopts::OptionAdder&& add) {
  add_config_option(cxxopts::OptionAdder{add});
  add_switch_option(cxxopts::OptionAdder{add});
  add("overlaps", "only where rules of several slices meet");
  add("free", "what nobody may write");
}

void read_flowspace_options(const Parsed& parsed, Settings& settings) {
  read_config_option(parsed, settings);
  read_switch_option(parsed, settings);
  settings.overlaps = given(parsed, "overlaps");
  settings.free = given(parsed, "free");
}

void add_import_options(cxxopts::OptionAdder&& add) {
  add("o,output", "write to a file, which must not be there yet", cxxopts::value<std::string>(), "FILE");
}

void read_import_options(const Parsed& parsed, Settings& settings) { read_text(parsed, "output", settings.output); }

void add_schema_options(cxxopts::OptionAdder&& add) { add("markdown", "the keys as tables, for people"); }

void read_schema_options(const Parsed& parsed, Settings& settings) { settings.markdown = given(parsed, "markdown"); }

void add_test_options(cxxopts::OptionAdder&& add) {
  add("update", "write what came in the place of what was expected");
  add("filter", "only cases whose names fit", cxxopts::value<std::string>(), "REGEX");
  add("list", "name the cases, and run none");
  add("fail-fast", "stop after the first failure");
  add("tap", "print the Test Anything Protocol");
  add("junit", "also write JUnit's XML", cxxopts::value<std::string>(), "FILE");
  add("seed", "of what is random in the proxy", cxxopts::value<std::uint64_t>()->default_value("1"), "N");
  add_from_options(cxxopts::OptionAdder{add});
  add("coverage", "tell which rules, messages, actions and refusals no case has come upon");
  add("fail-under", "fail if one of these shares is under so many percent", cxxopts::value<unsigned>(), "N");
  add("mutate", "change the slice files bit by bit, and tell which changes no case notices");
  add("oracle", "let another program read what goes to switches; there is ovs", cxxopts::value<std::string>(), "NAME");
  add("j,jobs", "files at a time", cxxopts::value<unsigned>()->default_value("1"), "N");
  add("convert", "print the other form, text or JSON, of one file; comments are lost");
  add("o,output", "--convert, --from: write to a file, which must not be there yet", cxxopts::value<std::string>(),
      "FILE");
}

void read_test_options(const Parsed& parsed, Settings& settings) {
  settings.update = given(parsed, "update");
  settings.list = given(parsed, "list");
  settings.fail_fast = given(parsed, "fail-fast");
  settings.tap = given(parsed, "tap");
  read_text(parsed, "filter", settings.filter);
  read_text(parsed, "junit", settings.junit);
  settings.seed = parsed["seed"].as<std::uint64_t>();
  read_from_options(parsed, settings);
  settings.coverage = given(parsed, "coverage");
  if (given(parsed, "fail-under")) settings.fail_under = parsed["fail-under"].as<unsigned>();
  settings.mutate = given(parsed, "mutate");
  read_text(parsed, "oracle", settings.oracle);
  settings.jobs = parsed["jobs"].as<unsigned>();
  settings.convert = given(parsed, "convert");
  read_text(parsed, "output", settings.output);
}

void add_decode_options(cxxopts::OptionAdder&& add) {
  add("validate", "say what the specification has against the values");
  add("roundtrip", "decode, encode and compare the bytes");
  add("hex", "print our own encoding as well");
  add("lines", "every line of the input is one message in hexadecimal digits");
  add("version-of", "print the versions only");
}

void read_decode_options(const cxxopts::ParseResult& parsed, Settings& settings) {
  settings.validate = parsed.count("validate") != 0;
  settings.roundtrip = parsed.count("roundtrip") != 0;
  settings.hex = parsed.count("hex") != 0;
  settings.lines = parsed.count("lines") != 0;
  settings.version_of = parsed.count("version-of") != 0;
}

void add_encode_options(cxxopts::OptionAdder&& add) {
  add("of", "OpenFlow version (where the JSON says none)", cxxopts::value<std::string>()->default_value("1.3"),
      "VERSION");
  add("xid", "transaction id", cxxopts::value<std::uint32_t>()->default_value("0"), "N");
}

ofmsg::Version read_version(const Parsed& parsed) {
  const std::optional<ofmsg::Version> version = ofmsg::parse_version(parsed["of"].as<std::string>());
  if (!version) throw cxxopts::exceptions::exception{"--of is one of 1.0, 1.1, 1.2, 1.3, 1.4 and 1.5"};
  return *version;
}

void read_encode_options(const Parsed& parsed, Settings& settings) {
  settings.version = read_version(parsed);
  settings.xid = parsed["xid"].as<std::uint32_t>();
}

void add_rewrite_options(cxxopts::OptionAdder&& add) {
  add_config_option(cxxopts::OptionAdder{add});
  add("switch", "the switch that it is for", cxxopts::value<std::string>(), "NAME");
  add("slice", "the slice whose controller says it", cxxopts::value<std::string>(), "NAME");
  add("hex", "also print the bytes of what is heard");
  add("of", "OpenFlow version", cxxopts::value<std::string>()->default_value("1.3"), "VERSION");
}

void read_rewrite_options(const Parsed& parsed, Settings& settings) {
  read_config_option(parsed, settings);
  read_switch_option(parsed, settings);
  read_text(parsed, "slice", settings.slice_name);
  settings.version = read_version(parsed);
  settings.version_given = given(parsed, "of");
  settings.hex = given(parsed, "hex");
}

void add_trace_options(cxxopts::OptionAdder&& add) {
  add_config_option(cxxopts::OptionAdder{add});
  add("flows", "flows that are there, with -c: lines such as \"video priority=5,ip,actions=output:2\"",
      cxxopts::value<std::string>(), "FILE");
  add("of", "OpenFlow version, with -c (default: the newest that the switch may speak)", cxxopts::value<std::string>(),
      "VERSION");
}

void read_trace_options(const Parsed& parsed, Settings& settings) {
  read_config_option(parsed, settings);
  read_text(parsed, "flows", settings.flows);
  settings.version_given = given(parsed, "of");
  if (settings.version_given) settings.version = read_version(parsed);
}

void add_reload_options(cxxopts::OptionAdder&& add) {
  add("wait", "until it is done, and tell what it did");
  add("dry-run", "tell what it would do, and do nothing");
}

void read_reload_options(const Parsed& parsed, Settings& settings) {
  settings.wait = given(parsed, "wait");
  settings.dry_run = given(parsed, "dry-run");
}

// --- the table -------------------------------------------------------------------------------------------------------

constexpr std::array commands{
    Command{"check", "FILE...", "check slice files without a daemon",
            "Reads each file, reports everything that is wrong with it, and compiles it as the daemon would.\n"
            "Exit code 0: no errors; 1: errors; 2: a file cannot be read.",
            add_check_options, read_check_options, check},
    Command{"diff", "OLD NEW", "what would change for whom, from one slice file to another",
            "For each slice the traffic that it gains (+) and loses (-), and the settings that change (~).\n"
            "Exit code 0: they mean the same; 1: they differ; 2: a file cannot be read, or has errors.",
            nullptr, nullptr, diff},
    Command{
        "fmt", "[-w|--check] FILE...", "lay slice files out as everybody does",
        "Prints the files with two spaces of indent and one element on a line; what was on one line stays there if it "
        "fits.\n"
        "Comments, numbers, strings and the order of keys stay as they were written; '-' is standard input.\n"
        "Files that are included are not followed.\n"
        "Exit code 0: good; 1: a file is not JSON, or --check found some; 2: a file cannot be read or written.",
        add_fmt_options, read_fmt_options, format},
    Command{"show", "[--compiled] FILE", "print what a slice file comes to",
            "One line for every match of every rule on every switch, in the one form that all ways to write it compile "
            "to.\n"
            "Exit code 0: no errors; 1: errors; 2: the file cannot be read.",
            add_show_options, nullptr, show},
    Command{
        "flowspace", "-c FILE [SLICE]", "who has what at which port",
        "Of each switch the ports that differ, and there who may write and who reads which packets.\n"
        "Exit code 0: good, or there is something to show; 1: errors in the file, or nothing to show; 2: wrong usage.",
        add_flowspace_options, read_flowspace_options, flowspace},
    Command{
        "trace", "[-c FILE [--flows FILE]] SWITCH PACKET", "whose a packet is, which flow it meets, where it leaves",
        "PACKET is a match as ovs-ofctl writes it, of which what it leaves open is zero: in_port=1,dl_vlan=5,tcp; or\n"
        "in_port and the packet's bytes in hexadecimal digits: in_port=1 0180c2000000…. in_port is a number, a name "
        "that\n"
        "the switch reports, or with -c one of the slice file.\n"
        "The daemon is asked, which knows the flows; with -c no daemon is needed: the switch has the ports that FILE, "
        "the\n"
        "flows and PACKET name, and the flows of --flows, one a line with its slice before it, as the core takes "
        "them.\n"
        "Exit code 0: some slice has it, or the daemon has answered; 1: nobody has it, or the daemon refuses; 2: "
        "wrong\n"
        "usage, or a file cannot be read.",
        add_trace_options, read_trace_options, trace},
    Command{
        "import", "FORMAT FILE [DPID]...", "make a slice file of another slicer's configuration",
        "FORMAT is flowvisor (JSON of `fvctl save-config`), fvctl (a script of fvctl calls) or fsfw (XML of FlowSpace\n"
        "Firewall); '-' is standard input. DPIDs are of switches that FILE does not name.\n"
        "Prints the slice file, or writes it to a new file with -o; tells what was dropped and what is not sure; and "
        "checks\n"
        "it as `sluicectl check` does. A key that is not supported yet is written, too, and the check says so.\n"
        "Exit code 0: no errors; 1: the check found errors; 2: FILE cannot be read, or the output not written.",
        add_import_options, read_import_options, import_slices},
    Command{
        "rewrite", "-c FILE --slice S --switch S MESSAGE...", "what becomes of a message of a controller",
        "MESSAGE is as test cases spell it, such as flow_mod priority=5,ip,actions=output:1, or its bytes, as in\n"
        "hex 04140008 00000007. Prints what the switch and the controllers would hear, by which rule of FILE, and why "
        "it\n"
        "is refused if it is. The switch has the ports that FILE names.\n"
        "Exit code 0: good; 1: refused; 2: wrong usage, or the file cannot be read.",
        add_rewrite_options, read_rewrite_options, rewrite},
    Command{
        "test", "PATH...", "run test cases (*.slicetest)",
        "PATH is a file, or a folder whose *.slicetest and *.slicetest.json files are meant. Each case is a script:\n"
        "what switches and controllers say, and what Sluice must say to whom. docs/testing-your-slices.md tells how\n"
        "to write them, docs/slicetest-grammar.md is their grammar, and `sluicectl schema test` the JSON form's.\n"
        "--convert turns text into JSON and JSON into text; comments are lost on the way.\n"
        "Exit code 0: all passed; 1: some failed, there are none, less is covered than --fail-under asks for, or a\n"
        "mutation survives; 2: wrong usage, or a file cannot be read or has errors.",
        add_test_options, read_test_options, test},
    Command{"record", "FILE|FOLDER", "record everything that the daemon does", record_help, add_record_options,
            read_record_options, record},
    Command{"capture", "[KIND]...", "watch the messages that pass, or write them for Wireshark", capture_help,
            add_capture_options, read_capture_options, capture},
    Command{"replay", "RECORDING", "play a recording again, also by another slice file", replay_help,
            add_replay_options, read_replay_options, replay_recording},
    Command{
        "schema", "[config|test]", "print the JSON Schema of slice files, or of test cases",
        "For editors: write it to a file, and name that in \"$schema\". config, or nothing, is the slice file's; test "
        "is\n"
        "that of *.slicetest.json.",
        add_schema_options, read_schema_options, schema},
    Command{"explain", "[CODE|XID|last]", "what a code means, or why a message was refused",
            "CODE is as check and rejects print it, such as E0310; without one, all of them are listed. No daemon is "
            "asked.\n"
            "XID is of a message that a controller has sent, such as 113 or 0x71, and last is the last one that was "
            "refused:\n"
            "the daemon tells what was asked, why it was refused and by which rule, what was sent, and what to try. It "
            "knows\n"
            "nothing of messages that were not refused.\n"
            "Exit code 0: good; 1: no such message was refused; 2: wrong usage, or there is no such code.",
            add_slice_option, read_slice_option, explain},
    Command{
        "decode", "[HEX|FILE|DIR|-]...", "print OpenFlow messages as ovs-ofctl does",
        "HEX is one message or several, back to back, with or without blanks and 0x. A FILE holds bytes, or text with\n"
        "hexadecimal digits, '#' beginning a comment, or is a packet capture (pcap or pcapng); of a DIR every file is\n"
        "read; '-' and nothing mean standard input.\n"
        "Of a capture the TCP streams of the ports 6633 and 6653 are decoded, and those that begin like OpenFlow; "
        "each\n"
        "message has its time and its stream in front. Messages that Wireshark exported are understood too.\n"
        "With --roundtrip every message is decoded, encoded and compared; the last line is \"N passed, N failed\".\n"
        "Exit code 0: all is well; 1: some did not decode, have faults, or differ; 2: an input cannot be read.",
        add_decode_options, read_decode_options, decode},
    Command{"encode", "[JSON|KIND TEXT...|-]", "turn JSON or the text of ovs-ofctl into OpenFlow messages",
            "JSON is a message as `decode --json` prints it; '-' and nothing mean standard input with one on each "
            "line. KIND "
            "is\n"
            "flow_mod, group_mod, meter_mod or packet_out, and TEXT what ovs-ofctl takes, as in\n"
            "  sluicectl encode --of 1.3 flow_mod priority=10,ip,nw_dst=10.0.0.0/8,actions=output:2\n"
            "Prints hexadecimal digits, one message on a line.\n"
            "Exit code 0: all is well; 1: some cannot be encoded; 2: wrong usage.",
            add_encode_options, read_encode_options, encode},
    Command{"help", "[COMMAND]", "this text, or what a command does", "", nullptr, nullptr, help},
    Command{"version", "", "the version of sluicectl", "", nullptr, nullptr, version},
};

// Verbs of the daemon that have options of their own.
constexpr std::array live_options{
    Command{"flows", {}, {}, {}, add_switch_option, read_switch_option, nullptr},
    Command{"reload", {}, {}, {}, add_reload_options, read_reload_options, nullptr},
};

// Options that have a value in the next word.
constexpr std::array<std::string_view, 27> with_value{
    "--flows", "-t",       "--target", "-T",           "--timeout", "-c",      "--config", "-o",      "--output",
    "-j",      "--jobs",   "--compat", "--fail-under", "--filter",  "--for",   "--from",   "--junit", "--limit",
    "--of",    "--oracle", "--seed",   "--side",       "--slice",   "--speed", "--switch", "--until", "--xid"};

const Command* with_options(std::string_view name) {
  for (const Command& command : live_options) {
    if (command.name == name) return &command;
  }
  return own_command(name);
}

Settings read_common(const cxxopts::ParseResult& parsed) {
  Settings settings;
  if (parsed.count("target") != 0) settings.target = parsed["target"].as<std::string>();
  const double seconds = parsed["timeout"].as<double>();
  if (!(seconds > 0 && seconds < 1e6)) throw cxxopts::exceptions::exception{"--timeout is a number of seconds above 0"};
  settings.timeout = std::chrono::milliseconds{static_cast<long>(std::ceil(seconds * 1000))};
  settings.json = parsed.count("json") != 0;
  settings.quiet = parsed.count("quiet") != 0;
  settings.verbose = parsed.count("verbose") != 0;
  const std::string& colour = parsed["color"].as<std::string>();
  if (colour == "always")
    settings.colour = Colour::always;
  else if (colour == "never")
    settings.colour = Colour::never;
  else if (colour != "auto")
    throw cxxopts::exceptions::exception{"--color is auto, always or never"};
  settings.words = parsed.unmatched();
  return settings;
}

}  // namespace

std::span<const Command> own_commands() { return commands; }

const Command* own_command(std::string_view name) {
  const auto* found = std::find_if(commands.begin(), commands.end(), [&](const Command& c) { return c.name == name; });
  return found == commands.end() ? nullptr : found;
}

cxxopts::Options make_options(std::string_view command) {
  cxxopts::Options options{"sluicectl", "Asks a running sluiced, checks slice files, decodes OpenFlow messages."};
  auto add = options.add_options("Common");
  add("t,target", "socket of the daemon (default: /run/sluiced/ctl, else $XDG_RUNTIME_DIR/sluiced/ctl)",
      cxxopts::value<std::string>(), "SOCKET");
  add("T,timeout", "give up after so long", cxxopts::value<double>()->default_value("10"), "SEC");
  add("json", "print JSON instead of text");
  add("color", "auto, always or never", cxxopts::value<std::string>()->default_value("auto")->implicit_value("always"),
      "WHEN");
  add("q,quiet", "print errors only");
  add("v,verbose", "print more");
  add("h,help", "what the command does");
  add("V,version", "the version of sluicectl");
  const Command* known = with_options(command);
  if (known != nullptr && known->add_options != nullptr) {
    known->add_options(options.add_options(std::string{command}));
  }
  return options;
}

Settings read_settings(std::string_view command, const Parsed& parsed) {
  Settings settings = read_common(parsed);
  const Command* known = with_options(command);
  if (known != nullptr && known->read_options != nullptr) known->read_options(parsed, settings);
  return settings;
}

bool takes_value(std::string_view option) {
  return std::find(with_value.begin(), with_value.end(), option) != with_value.end();
}

}  // namespace sluice::ctl
