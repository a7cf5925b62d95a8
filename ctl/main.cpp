// The program `sluicectl`: what can be asked of a running sluiced, and what needs none.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <unistd.h>

#include "ctl/program.hpp"

int main(int argc, char** argv) {
  using namespace sluice::ctl;
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const char* no_colour = std::getenv("NO_COLOR");
    Io io{std::cin, std::cout, std::cerr, isatty(STDIN_FILENO) == 1,
          isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0')};
    const ExitCode code = run(arguments, io);
    std::cout.flush();
    if (!std::cout) {
      std::cerr << "sluicectl: the output could not be written\n";
      return static_cast<int>(ExitCode::internal);
    }
    return static_cast<int>(code);
  } catch (const std::exception& error) {
    std::cerr << "sluicectl: this should not have happened: " << error.what() << '\n';
    return static_cast<int>(ExitCode::internal);
  }
}
