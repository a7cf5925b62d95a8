// A main function for fuzz targets built without libFuzzer: it gives every file named on the
// command line, and every file below a directory named there, to the target once. With it the
// corpus runs as an ordinary test under any compiler, and a crashing input can be replayed in a
// plain debugger.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> inputs(std::span<char*> names) {
  std::vector<std::filesystem::path> files;
  for (const char* name : names) {
    if (!std::filesystem::is_directory(name)) {
      files.emplace_back(name);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(name)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool run(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in && !in.eof()) {
    std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
    return false;
  }
  const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
  // Named before it runs, so that the last line before a crash tells which input it was.
  std::fprintf(stderr, "%s: %zu bytes\n", file.c_str(), data.size());
  LLVMFuzzerTestOneInput(data.data(), data.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s <file or directory>...\n", argv[0]);
    return 2;
  }
  try {
    const auto files = inputs(std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
    if (files.empty()) {
      std::fprintf(stderr, "no input files\n");
      return 2;
    }
    for (const auto& file : files) {
      if (!run(file)) return 1;
    }
    std::printf("%zu inputs, no finding\n", files.size());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
