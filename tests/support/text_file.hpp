// A file that a test reads, as text.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

namespace sluice::tests {

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE_MESSAGE(in, path.string() << " cannot be read");
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace sluice::tests
