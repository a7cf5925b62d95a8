// Random choices that are the same on every machine for the same seed; std:: distributions are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace sluice::tests {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed * 0x2545f4914f6cdd1dU + 0x9e3779b97f4a7c15U} {}

  std::uint64_t roll() {  // splitmix64
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  // From 0 to n - 1.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(roll() % n); }

  bool chance(unsigned percent) { return below(100) < percent; }

  template <class T>
  const T& pick(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

// How many times a property is tried: `usual` times, or as often as SLUICE_PROPERTY_RUNS says. Seeds are 1, 2, 3 …
inline std::uint64_t property_runs(std::uint64_t usual) {
  const char* wanted = std::getenv("SLUICE_PROPERTY_RUNS");
  if (wanted == nullptr) return usual;
  const std::uint64_t runs = std::strtoull(wanted, nullptr, 10);
  return runs > 0 ? runs : usual;
}

// The first seed to try; SLUICE_PROPERTY_SEED repeats one run, or begins elsewhere.
inline std::uint64_t property_seed() {
  const char* wanted = std::getenv("SLUICE_PROPERTY_SEED");
  if (wanted == nullptr) return 1;
  return std::strtoull(wanted, nullptr, 10);
}

// Tells how many sequences of a kind have been tried to whoever wants to know: the file that SLUICE_PROPERTY_COUNT
// names gets a line.
inline void count_sequences(const std::string& kind, std::uint64_t count) {
  if (const char* wanted = std::getenv("SLUICE_PROPERTY_COUNT")) {
    std::ofstream{wanted, std::ios::app} << (std::to_string(count) + " " + kind + "\n");
  }
}

}  // namespace sluice::tests
