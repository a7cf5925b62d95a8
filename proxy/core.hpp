// What the server needs of the core: two functions. slicing::Domain has them; tests put something
// smaller in its place.
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

// The real one.
class DomainCore final : public Core {
 public:
  explicit DomainCore(slicing::Domain& domain) : domain_{domain} {}

  void handle(const slicing::Input& input, slicing::Time now, slicing::Outbox& out) override {
    domain_.handle(input, now, out);
  }

  [[nodiscard]] std::optional<slicing::Time> deadline() const override { return domain_.deadline(); }

 private:
  slicing::Domain& domain_;
};

}  // namespace sluice::proxy
