// What another program says: ovs-ofctl, mostly, as a judge.
#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace sluice::tests {

// Its standard output; empty if it cannot be run.
inline std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen(command.c_str(), "r"), pclose};
  std::string out;
  std::array<char, 4096> buffer{};
  while (pipe) {
    const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (n == 0) break;
    out.append(buffer.data(), n);
  }
  return out;
}

}  // namespace sluice::tests
