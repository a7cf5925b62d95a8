// What the server needs of the core: two functions. The real one is proxy/tap, around slicing::Domain; tests put
// something smaller in its place.
#pragma once

#include <optional>

#include "slicing/domain.hpp"
#include "slicing/events.hpp"

namespace sluice::proxy {

class Core {
 public:
  Core() = default;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  virtual ~Core() = default;

  virtual void handle(const slicing::Input& input, slicing::Time now, slicing::Outbox& out) = 0;
  [[nodiscard]] virtual std::optional<slicing::Time> deadline() const = 0;
};

}  // namespace sluice::proxy
