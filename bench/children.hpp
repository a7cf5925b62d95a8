// The processes that a relay benchmark measures: the daemon and the plain relay, each on a
// processor of its own if there are two. They end with us, whatever happens to us.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace sluice::bench {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Child {
 public:
  Child(pid_t pid, std::uint16_t port) : pid_{pid}, port_{port} {}

  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // ends it

  [[nodiscard]] std::uint16_t port() const { return port_; }  // where switches connect

  // Processor time used so far, by the scheduler's own account.
  [[nodiscard]] std::chrono::nanoseconds processor_time() const;

 private:
  pid_t pid_;
  std::uint16_t port_;
};

// Puts us on the second processor and children on the first; without two, everything shares.
[[nodiscard]] bool split_processors();

inline constexpr std::size_t measured_vlan = 10;  // of the slice whose controller is there

// `folder` takes the slice file, the admin socket and the log. `switches` are configured with dpids
// 1, 2, …; their slice has one controller at `controller`, and two more slices exist beside it. A slice's rules are so
// many source prefixes in its VLAN, or the VLAN alone.
[[nodiscard]] Child start_sluiced(const std::string& program, const std::string& folder, std::size_t switches,
                                  std::size_t prefixes, std::uint16_t controller);
[[nodiscard]] Child start_byte_relay(std::uint16_t controller);

}  // namespace sluice::bench
