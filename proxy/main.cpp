// sluiced: reads the slice file, wires the parts together and runs the loop. Nothing is decided
// here.

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "proxy/daemon.hpp"
#include "proxy/options.hpp"
#include "proxy/slice_file.hpp"

namespace {

using namespace sluice::proxy;

void print(std::FILE* to, const std::string& text) { std::fwrite(text.data(), 1, text.size(), to); }

// Every leg of every switch is a descriptor, and the usual soft limit of 1024 is soon used up.
void allow_many_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(const Options& options) {
  std::FILE* const to = options.check ? stdout : stderr;
  const SliceFile file = read_slice_file(options.config, ::isatty(::fileno(to)) != 0 ? Colour::yes : Colour::no);
  print(to, file.findings);
  if (options.check || !file.snapshot) {
    print(to, file.summary + "\n");
    return file.exit_code;
  }
  allow_many_connections();
  Daemon daemon{options, file};
  if (const auto started = daemon.start(); !started) {
    print(stderr, "sluiced: " + started.error() + "\n");
    return exit_code::failed;
  }
  daemon.run();
  return exit_code::good;
}

}  // namespace

int main(int argc, char** argv) {
  // A peer that goes away while we write to it is an error of that write, not the end of the
  // daemon.
  std::signal(SIGPIPE, SIG_IGN);
  // Nor is a recording that has reached the size that files may have.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    auto options = parse_options(argc, argv);
    if (const auto* finished = std::get_if<Finished>(&options)) {
      print(finished->code == exit_code::good ? stdout : stderr, finished->text);
      return finished->code;
    }
    return run(std::get<Options>(options));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluiced: internal error: %s\n", error.what());
    return exit_code::internal;
  }
}
