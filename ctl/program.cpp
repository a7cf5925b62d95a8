// The command table and the options of sluicectl.
//
// Noun first, then what is to be done with it. Verbs of the daemon come from admin/verbs; the commands here need no
// daemon. Options may stand before or after the command.
#include "ctl/program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>

#include <cxxopts.hpp>
#include <fmt/format.h>

#include "admin/verbs.hpp"
#include "ofmsg/text_scan.hpp"

namespace sluice::ctl {

namespace {

struct Command {
  std::string_view name;
  std::string_view usage;
  std::string_view help;
  std::string_view more;  // paragraphs for `help NAME`
};

constexpr std::array<Command, 8> own_commands{{
    {"check", "FILE...", "check slice files without a daemon",
     "Reads each file, reports everything that is wrong with it, and compiles it as the daemon would.\n"
     "Exit code 0: no errors; 1: errors; 2: a file cannot be read."},
    {"show", "FILE", "print what a slice file comes to",
     "One line for every match of every rule on every switch, in the one form that all ways to write it compile to.\n"
     "Exit code 0: no errors; 1: errors; 2: the file cannot be read."},
    {"trace", "-c FILE SWITCH PACKET", "whose is this packet?",
     "PACKET is a match as ovs-ofctl writes it; what it leaves open is zero. in_port is a number or a name of the "
     "slice\n"
     "file. Ports whose numbers only the switch knows are taken as they are named.\n"
     "Exit code 0: some slice has it; 1: nobody has; 2: wrong usage, or the file cannot be read."},
    {"explain", "[CODE]", "what a code of a finding or a refusal means",
     "CODE is as check and rejects print it, such as E0310; without one, all of them are listed."},
    {"decode", "[HEX|FILE|DIR|-]...", "print OpenFlow messages as ovs-ofctl does",
     "HEX is one message or several, back to back, with or without blanks and 0x. A FILE holds bytes, or text with\n"
     "hexadecimal digits, '#' beginning a comment, or is a packet capture (pcap or pcapng); of a DIR every file is\n"
     "read; '-' and nothing mean standard input.\n"
     "Of a capture the TCP streams of the ports 6633 and 6653 are decoded, and those that begin like OpenFlow; each\n"
     "message has its time and its stream in front. Messages that Wireshark exported are understood too.\n"
     "With --roundtrip every message is decoded, encoded and compared; the last line is \"N passed, N failed\".\n"
     "Exit code 0: all is well; 1: some did not decode, have faults, or differ; 2: an input cannot be read."},
    {"encode", "[JSON|KIND TEXT...|-]", "turn JSON or the text of ovs-ofctl into OpenFlow messages",
     "JSON is a message as `decode --json` prints it; '-' and nothing mean standard input with one on each line. KIND "
     "is\n"
     "flow_mod, group_mod, meter_mod or packet_out, and TEXT what ovs-ofctl takes, as in\n"
     "  sluicectl encode --of 1.3 flow_mod priority=10,ip,nw_dst=10.0.0.0/8,actions=output:2\n"
     "Prints hexadecimal digits, one message on a line.\n"
     "Exit code 0: all is well; 1: some cannot be encoded; 2: wrong usage."},
    {"help", "[COMMAND]", "this text, or what a command does", ""},
    {"version", "", "the version of sluicectl", ""},
}};

// Options that have a value in the next word, which is therefore not the command.
constexpr std::array<std::string_view, 9> with_value{"-t", "--target", "-T",   "--timeout", "--switch",
                                                     "-c", "--config", "--of", "--xid"};

const Command* own_command(std::string_view name) {
  const auto* found =
      std::find_if(own_commands.begin(), own_commands.end(), [&](const Command& c) { return c.name == name; });
  return found == own_commands.end() ? nullptr : found;
}

// The daemon's `version` is asked for with `ovs-appctl`; ours is shown without a daemon.
const admin::Verb* live_verb(std::string_view name) {
  if (own_command(name)) return nullptr;
  for (const admin::Verb& verb : admin::verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  names.reserve(own_commands.size() + admin::verbs().size());
  for (const Command& command : own_commands) names.push_back(command.name);
  for (const admin::Verb& verb : admin::verbs()) {
    if (!own_command(verb.name)) names.push_back(verb.name);
  }
  return names;
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
  if (command == "flows") {
    options.add_options("flows")("switch", "only flows of this switch", cxxopts::value<std::string>(), "NAME");
  }
  if (command == "trace") {
    options.add_options("trace")("c,config", "the slice file", cxxopts::value<std::string>(), "FILE");
  }
  if (command == "decode") {
    options.add_options("decode")("validate", "say what the specification has against the values")(
        "roundtrip", "decode, encode and compare the bytes")("hex", "print our own encoding as well")(
        "lines", "every line of the input is one message in hexadecimal digits")("version-of",
                                                                                 "print the versions only");
  }
  if (command == "encode") {
    options.add_options("encode")("of", "OpenFlow version (where the JSON says none)",
                                  cxxopts::value<std::string>()->default_value("1.3"), "VERSION")(
        "xid", "transaction id", cxxopts::value<std::uint32_t>()->default_value("0"), "N");
  }
  if (command == "check") options.add_options("check")("gcc", "one line for each finding, as compilers write them");
  return options;
}

// Without the lines about the program itself.
std::string options_help(std::string_view command) {
  const std::string all = make_options(command).help();
  return all.substr(std::min(all.find("Common options"), all.size()));
}

void print_help(std::ostream& out) {
  out << "usage: sluicectl [OPTION]... COMMAND [ARGUMENT]...\n";
  std::size_t width = 0;
  const auto call = [](std::string_view name, std::string_view usage) { return fmt::format("{} {}", name, usage); };
  for (const Command& c : own_commands) width = std::max(width, call(c.name, c.usage).size());
  for (const admin::Verb& v : admin::verbs()) width = std::max(width, call(v.name, v.usage).size());
  out << "\nAsk the daemon:\n";
  for (const admin::Verb& v : admin::verbs()) {
    if (!own_command(v.name)) out << fmt::format("  {:<{}}  {}\n", call(v.name, v.usage), width, v.help);
  }
  out << "\nWithout a daemon:\n";
  for (const Command& c : own_commands) out << fmt::format("  {:<{}}  {}\n", call(c.name, c.usage), width, c.help);
  out << '\n' << options_help({});
  out << "\nExit codes: 0 good, 1 the answer is no, 2 wrong usage or unreadable input, 3 no daemon,\n"
         "4 not permitted, 5 timed out, 70 internal error.\n";
}

void print_help_of(std::string_view name, std::string_view usage, std::string_view help, std::string_view more,
                   std::ostream& out) {
  out << fmt::format("usage: sluicectl {} {}\n\n  {}\n", name, usage, help);
  if (!more.empty()) out << '\n' << more << '\n';
  out << '\n' << options_help(name);
}

ExitCode wrong_usage(Io& io, std::string_view why, std::string_view next) {
  io.err << "sluicectl: " << why << "\ntry: " << next << '\n';
  return ExitCode::usage;
}

ExitCode unknown_command(Io& io, std::string_view name) {
  const std::vector<std::string_view> names = all_names();
  const std::string hint = ofmsg::did_you_mean(name, names);
  return wrong_usage(io, fmt::format("unknown command \"{}\"{}{}", name, hint.empty() ? "" : "; ", hint),
                     "sluicectl help");
}

ExitCode help(const Settings& settings, Io& io) {
  if (settings.words.empty()) {
    print_help(io.out);
    return ExitCode::good;
  }
  const std::string& name = settings.words.front();
  if (const Command* command = own_command(name)) {
    print_help_of(command->name, command->usage, command->help, command->more, io.out);
  } else if (const admin::Verb* verb = live_verb(name)) {
    print_help_of(verb->name, verb->usage, verb->help, {}, io.out);
  } else {
    return unknown_command(io, name);
  }
  return ExitCode::good;
}

ExitCode version(const Settings& settings, Io& io) {
  if (settings.json) {
    io.out << fmt::format("{{\"kind\":\"sluicectl.version\",\"v\":1,\"version\":\"{}\"}}\n", SLUICE_VERSION);
  } else {
    io.out << "sluicectl " << SLUICE_VERSION << '\n';
  }
  return ExitCode::good;
}

std::size_t command_at(std::span<const std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (std::find(with_value.begin(), with_value.end(), word) != with_value.end()) {
      ++i;
    } else if (word.empty() || word.front() != '-') {
      return i;
    }
  }
  return arguments.size();
}

// Throws what cxxopts throws.
Settings read_settings(const cxxopts::ParseResult& parsed) {
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

void read_decode_settings(const cxxopts::ParseResult& parsed, Settings& settings) {
  settings.validate = parsed.count("validate") != 0;
  settings.roundtrip = parsed.count("roundtrip") != 0;
  settings.hex = parsed.count("hex") != 0;
  settings.lines = parsed.count("lines") != 0;
  settings.version_of = parsed.count("version-of") != 0;
}

// Throws what cxxopts throws.
void read_encode_settings(const cxxopts::ParseResult& parsed, Settings& settings) {
  const std::optional<ofmsg::Version> version = ofmsg::parse_version(parsed["of"].as<std::string>());
  if (!version) throw cxxopts::exceptions::exception{"--of is one of 1.0, 1.1, 1.2, 1.3, 1.4 and 1.5"};
  settings.version = *version;
  settings.xid = parsed["xid"].as<std::uint32_t>();
}

ExitCode run_command(const std::string& name, Settings settings, Io& io) {
  const std::string try_help = fmt::format("sluicectl help {}", name);
  if (name == "help") return help(settings, io);
  if (name == "version") return version(settings, io);
  if (name == "check") return check(settings, io);
  if (name == "show") return show(settings, io);
  if (name == "trace") return trace(settings, io);
  if (name == "explain") return explain(settings, io);
  if (name == "decode") return decode(settings, io);
  if (name == "encode") return encode(settings, io);
  const admin::Verb& verb = *live_verb(name);
  // `slice ls` and `slice show NAME` are `slice` and `slice NAME`.
  const bool noun = name == "slice" || name == "switch";
  if (noun && !settings.words.empty() && (settings.words.front() == "ls" || settings.words.front() == "show")) {
    settings.words.erase(settings.words.begin());
  }
  const std::size_t count = settings.words.size();
  if (count < verb.min_args) return wrong_usage(io, fmt::format("\"{}\" needs more arguments", name), try_help);
  if (count > verb.max_args) {
    return wrong_usage(
        io, fmt::format("\"{}\" is one argument too many for \"{}\"", settings.words[verb.max_args], name), try_help);
  }
  return live(name, settings, io);
}

}  // namespace

ExitCode run(std::span<const std::string> arguments, Io& io) {
  const std::size_t at = command_at(arguments);
  const std::string name = at < arguments.size() ? arguments[at] : "";
  if (!name.empty() && !own_command(name) && !live_verb(name)) return unknown_command(io, name);
  std::vector<const char*> words{"sluicectl"};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i != at) words.push_back(arguments[i].c_str());
  }
  const std::string next = name.empty() ? "sluicectl help" : "sluicectl help " + name;
  Settings settings;
  try {
    cxxopts::Options options = make_options(name);
    const cxxopts::ParseResult parsed = options.parse(static_cast<int>(words.size()), words.data());
    settings = read_settings(parsed);
    if (name == "flows" && parsed.count("switch") != 0) settings.switch_name = parsed["switch"].as<std::string>();
    if (name == "trace" && parsed.count("config") != 0) settings.config = parsed["config"].as<std::string>();
    settings.gcc = name == "check" && parsed.count("gcc") != 0;
    if (name == "decode") read_decode_settings(parsed, settings);
    if (name == "encode") read_encode_settings(parsed, settings);
    if (parsed.count("version") != 0) return version(settings, io);
    if (parsed.count("help") != 0) {
      settings.words.clear();
      if (!name.empty()) settings.words.push_back(name);
      return help(settings, io);
    }
  } catch (const cxxopts::exceptions::exception& error) {
    return wrong_usage(io, error.what(), next);
  }
  if (name.empty()) {
    print_help(io.err);
    return ExitCode::usage;
  }
  return run_command(name, std::move(settings), io);
}

}  // namespace sluice::ctl
