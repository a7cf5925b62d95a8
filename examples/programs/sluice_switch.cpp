// sluice-switch: OpenFlow switches, wires and hosts in one process, for trying things out without
// root.
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "examples/programs/lab.hpp"
#include "examples/programs/lines.hpp"

namespace {

constexpr const char* about =
    R"(Runs OpenFlow 1.0 and 1.3 switches in memory, joins them by wires, plugs hosts into them that answer ping, and
connects each switch to a controller, again and again if need be. Commands are read from standard input.

The network is described by lines, in files or as options:

  switch NAME ports=N [dpid=N] [openflow=1.0,1.3] [controller=tcp:ADDRESS:PORT] [buffers=N] [tables=N]
  host   NAME SWITCH:PORT ip=ADDRESS [mac=ADDRESS] [vlan=N]
  wire   SWITCH:PORT SWITCH:PORT

Example, two hosts on one switch:

  sluice-switch -l 'switch s1 ports=2 controller=tcp:127.0.0.1:6653' \
                -l 'host h1 s1:1 ip=10.0.0.1' -l 'host h2 s1:2 ip=10.0.0.2'
)";

constexpr int usage_error = 2;

int run(const std::vector<std::string>& files, const std::vector<std::string>& lines) {
  const auto print = [](const std::string& line) { std::cout << line << std::endl; };
  const auto log = [](const std::string& line) { std::cerr << line << std::endl; };
  uv_loop_t* loop = uv_default_loop();
  {
    sluice::programs::Lab lab{loop, print, log};
    for (const std::string& file : files) {
      if (const auto done = lab.topology().file(file); !done) return log("sluice-switch: " + done.error()), usage_error;
    }
    for (const std::string& line : lines) {
      if (const auto done = lab.topology().line(line); !done) {
        return log("sluice-switch: in \"" + line + "\": " + done.error()), usage_error;
      }
    }
    lab.start();
    bool more = true;
    sluice::programs::Lines input{loop, [&](std::string line) { lab.command(std::move(line)); }, [&] { more = false; }};
    sluice::programs::Signals signals{loop, [&] { more = false, lab.command("quit"); }};
    // The end of the input ends the program when the last command is done.
    while (!lab.finished() && (more || !lab.idle())) uv_run(loop, UV_RUN_ONCE);
  }
  uv_run(loop, UV_RUN_DEFAULT);  // lets what was closed be freed
  uv_loop_close(loop);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  cxxopts::Options options{"sluice-switch", about};
  options.add_options()                                                                                           //
      ("t,topology", "a file that describes the network", cxxopts::value<std::vector<std::string>>(), "FILE")     //
      ("l,line", "one line of such a file; may be repeated", cxxopts::value<std::vector<std::string>>(), "LINE")  //
      ("h,help", "print this help, and the commands")                                                             //
      ("version", "print the version");
  try {
    const auto given = options.parse(argc, argv);
    if (given.count("help") != 0) {
      std::cout << options.help() << '\n' << sluice::programs::commands_help();
      return 0;
    }
    if (given.count("version") != 0) {
      std::cout << "sluice-switch " SLUICE_VERSION "\n";
      return 0;
    }
    const auto all = [&](const char* name) {
      return given.count(name) != 0 ? given[name].as<std::vector<std::string>>() : std::vector<std::string>{};
    };
    const auto files = all("topology");
    const auto lines = all("line");
    if (!given.unmatched().empty() || (files.empty() && lines.empty())) {
      std::cerr << "sluice-switch: no network is given; sluice-switch --help tells how\n";
      return usage_error;
    }
    return run(files, lines);
  } catch (const std::exception& error) {
    std::cerr << "sluice-switch: " << error.what() << "; see sluice-switch --help\n";
    return usage_error;
  }
}
