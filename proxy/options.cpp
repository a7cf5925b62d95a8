#include "proxy/options.hpp"

#include <cxxopts.hpp>
#include <fmt/format.h>

namespace sluice::proxy {

namespace {

constexpr std::string_view examples = R"(
Examples:
  sluiced -c slices.json --check        is the slice file all right?
  sluiced -c slices.json                run; log lines go to stderr
  sluiced -c slices.json --ctl /tmp/s.ctl --log debug
  sluicectl status                      ask the running daemon
  ovs-vsctl set-controller br0 tcp:127.0.0.1:6653
                                        point a switch at it

Exit status: 0 good, 1 the slice file has errors or the daemon cannot start, 2 wrong usage or unreadable file,
70 internal error.
)";

cxxopts::Options description() {
  cxxopts::Options options{"sluiced",
                           "Sluice, a slicing proxy for OpenFlow: shares switches between controllers that do "
                           "not see each other.\n"};
  options.custom_help("-c FILE [--check] [OPTION...]");
  options.add_options()("c,config", "the slice file", cxxopts::value<std::string>(), "FILE")(
      "check", "judge the slice file, print what is wrong with it, and exit")(
      "ctl",
      "socket for sluicectl and ovs-appctl (default: /run/sluiced/ctl, else "
      "$XDG_RUNTIME_DIR/sluiced/ctl)",
      cxxopts::value<std::string>(), "SOCKET")("log", "least severity to log: debug, info, warning or error",
                                               cxxopts::value<std::string>()->default_value("info"), "LEVEL")(
      "pidfile", "write the process id to this file", cxxopts::value<std::string>(), "FILE")(
      "record",
      "record everything from the first moment on to a new file, or to one in this folder, for sluicectl replay",
      cxxopts::value<std::string>(),
      "FILE")("shadow", "judge the traffic by this slice file too, without effect", cxxopts::value<std::string>(),
              "FILE")("V,version", "print the version")("h,help", "print this text");
  return options;
}

Finished wrong(std::string_view what) {
  return {exit_code::usage, fmt::format("sluiced: {}\nTry: sluiced --help\n", what)};
}

}  // namespace

std::variant<Options, Finished> parse_options(int argc, const char* const* argv) {
  cxxopts::Options all = description();
  try {
    const cxxopts::ParseResult given = all.parse(argc, argv);
    if (given.count("help") > 0) return Finished{exit_code::good, all.help() + std::string{examples}};
    if (given.count("version") > 0) return Finished{exit_code::good, "sluiced " SLUICE_VERSION "\n"};
    if (!given.unmatched().empty()) return wrong(fmt::format("unexpected argument \"{}\"", given.unmatched().front()));
    Options options;
    if (given.count("config") != 1) return wrong("name one slice file with -c FILE");
    options.config = given["config"].as<std::string>();
    options.check = given.count("check") > 0;
    if (given.count("ctl") > 0) options.ctl = given["ctl"].as<std::string>();
    if (given.count("pidfile") > 0) options.pidfile = given["pidfile"].as<std::string>();
    if (given.count("record") > 0) options.record = given["record"].as<std::string>();
    if (given.count("shadow") > 0) options.shadow = given["shadow"].as<std::string>();
    const auto& level = given["log"].as<std::string>();
    const auto severity = parse_severity(level);
    if (!severity) return wrong(fmt::format("--log {}: there are debug, info, warning and error", level));
    options.log = *severity;
    return options;
  } catch (const cxxopts::exceptions::exception& error) {
    return wrong(error.what());
  }
}

}  // namespace sluice::proxy
