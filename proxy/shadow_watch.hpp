// Live traffic, judged by a second policy without effect: who would have been told something else, how often, and the
// last cases.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "admin/shadow.hpp"
#include "ofmsg/result.hpp"
#include "proxy/log.hpp"
#include "proxy/tap.hpp"
#include "slicing/replay/shadow.hpp"

namespace sluice::proxy {

class ShadowWatch {
 public:
  static constexpr std::size_t kept = 64;  // of the last differences

  ShadowWatch(const slicing::Domain& domain, Tap& tap, Log& log, const slicing::Seed& seed);
  ShadowWatch(const ShadowWatch&) = delete;
  ShadowWatch& operator=(const ShadowWatch&) = delete;
  ~ShadowWatch();

  // Whether the core has done anything yet.
  enum class Begin : std::uint8_t { fresh, in_the_middle };

  // From now on, and with this policy alone. The error is a sentence; there is no second policy then.
  [[nodiscard]] ofmsg::Result<void, std::string> begin(std::shared_ptr<const policy::Snapshot> first,
                                                       std::shared_ptr<const policy::Snapshot> second, std::string file,
                                                       slicing::Time now, Begin how);
  void end();
  // The policy in force is another one; before the core is told.
  void first_policy(const std::shared_ptr<const policy::Snapshot>& policy);

  // Nothing while there is no shadow.
  [[nodiscard]] std::optional<admin::ShadowState> state() const;

 private:
  void give_up(const char* why);
  // Whatever goes wrong in what has no effect must have none.
  template <class What>
  void without_effect(What what);
  void compare(const slicing::replay::Turn& turn);

  const slicing::Domain& domain_;
  Tap& tap_;
  Log& log_;
  slicing::Seed seed_;
  std::unique_ptr<slicing::replay::Shadow> shadow_;
  std::shared_ptr<const policy::Snapshot> first_;
  std::optional<Tap::Number> listening_;
  admin::ShadowState state_;
};

}  // namespace sluice::proxy
