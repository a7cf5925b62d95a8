// The yardstick: a TCP relay that looks at nothing.
//
// Whatever forwards messages over TCP must at least do this much: wait, read, write. It is written
// with the same library and the same care as the proxy, so that the difference is what reading and
// rewriting OpenFlow costs.
#pragma once

#include <cstdint>
#include <functional>

namespace sluice::bench {

// Listens on a free port of the loopback, tells which, and connects every connection to `target`.
// Does not return.
[[noreturn]] void run_byte_relay(std::uint16_t target, const std::function<void(std::uint16_t port)>& listening);

}  // namespace sluice::bench
