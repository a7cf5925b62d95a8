// Work on the elements of a list by several threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace sluice::ctl {

// Calls work(i) once for each i below `count`, from up to `jobs` threads; returns when all is done.
template <class Work>
void for_each_index(std::size_t count, unsigned jobs, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < jobs && i < count; ++i) helpers.emplace_back(take);
  take();
}

}  // namespace sluice::ctl
