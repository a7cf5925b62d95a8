// How fast something may come: a rate, and so many at once. The state is one time, as in the generic cell rate
// algorithm: that at which the bucket is full again.
#pragma once

#include <algorithm>

#include "policy/snapshot.hpp"
#include "slicing/events.hpp"

namespace sluice::slicing {

class TokenBucket {
 public:
  // When there is one in the bucket: not after `now` if there is one now.
  [[nodiscard]] Time ready(const policy::Rate& rate) const {
    return full_ - rate.interval * static_cast<Time::rep>(rate.burst - 1);
  }

  // Takes so many; what is not there is owed.
  void take(const policy::Rate& rate, Time now, std::size_t count = 1) {
    full_ = std::max(full_, now) + rate.interval * static_cast<Time::rep>(count);
  }

  // One, if it is there.
  [[nodiscard]] bool try_take(const policy::Rate& rate, Time now) {
    if (ready(rate) > now) return false;
    take(rate, now);
    return true;
  }

 private:
  Time full_{};
};

}  // namespace sluice::slicing
