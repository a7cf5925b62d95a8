// The core, with whoever wants to see what goes in and what comes out. While nobody listens it costs a comparison.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "proxy/core.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::proxy {

class Tap final : public Core {
 public:
  // Told of every turn when it is done; the views are valid during the call. May remove itself.
  using Listener = std::function<void(const slicing::replay::Turn&)>;
  using Number = std::uint64_t;

  Tap(slicing::Domain& domain, slicing::replay::PolicyText policy) : domain_{domain}, policy_{std::move(policy)} {}

  void handle(const slicing::Input& input, slicing::Time now, slicing::Outbox& out) override;

  [[nodiscard]] std::optional<slicing::Time> deadline() const override { return domain_.deadline(); }

  Number add(Listener listener);
  void remove(Number number);

  // The texts of the slice file that comes into force with the next PolicyChanged.
  void set_policy(slicing::replay::PolicyText policy) { policy_ = std::move(policy); }

  [[nodiscard]] const slicing::replay::PolicyText& policy() const { return policy_; }

 private:
  slicing::Domain& domain_;
  slicing::replay::PolicyText policy_;
  std::map<Number, Listener> listeners_;
  Number next_ = 1;
};

}  // namespace sluice::proxy
