// sluicectl as a test calls it: words in, what it printed and its exit code out.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "ctl/program.hpp"

namespace sluice::tests {

struct Ran {
  ctl::ExitCode code;
  std::string out, err;
};

inline Ran sluicectl(const std::vector<std::string>& arguments, const std::string& input = {}) {
  std::istringstream in{input};
  std::ostringstream out;
  std::ostringstream err;
  ctl::Io io{in, out, err};
  const ctl::ExitCode code = ctl::run(arguments, io);
  return {code, out.str(), err.str()};
}

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A file that goes away with the test.
class Scratch {
 public:
  explicit Scratch(const std::string& content)
      : path_{std::filesystem::temp_directory_path() / ("sluice-ctl-" + std::to_string(getpid()) + ".json")} {
    std::ofstream{path_} << content;
  }

  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  ~Scratch() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace sluice::tests
