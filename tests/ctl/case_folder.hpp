// A folder of slice files and cases that goes away with the test.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace sluice::tests {

class CaseFolder {
 public:
  CaseFolder() : path_{std::filesystem::temp_directory_path() / ("sluice-cases-" + std::to_string(getpid()))} {
    std::filesystem::create_directory(path_);
  }

  CaseFolder(const CaseFolder&) = delete;
  CaseFolder& operator=(const CaseFolder&) = delete;

  ~CaseFolder() { std::filesystem::remove_all(path_); }

  // The path of the file.
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return (path_ / name).string();
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{path_ / name}.rdbuf();
    return text.str();
  }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Two slices at one switch, by ports; red has a second controller.
constexpr const char* two_slices = R"({
  "version": 1,
  "switches": { "s1": { "dpid": 1 } },
  "slices": {
    "red": {
      "controllers": ["tcp:192.0.2.1", { "at": "tcp:192.0.2.2", "standby": true }],
      "flowspace": [
        { "name": "web", "on": { "s1": [1, 2] }, "match": "tcp,tp_dst=80" },
        { "name": "arp", "on": { "s1": [1, 2] }, "match": "arp" }
      ]
    },
    "blue": {
      "controllers": ["tcp:192.0.2.3"],
      "flowspace": [{ "name": "all", "on": { "s1": [3, 4] }, "match": "any" }]
    }
  }
}
)";

constexpr const char* case_head = "config slices.json\nswitch s1 ports 1 2 3 4 5\n";

}  // namespace sluice::tests
