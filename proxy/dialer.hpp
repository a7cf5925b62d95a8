// Carries out the core's wish to be connected somewhere: resolve, then try one address after the
// other, all within a few seconds. When to dial, and when to dial again, is the core's business.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <uv.h>

#include "ofmsg/result.hpp"
#include "policy/endpoint.hpp"
#include "proxy/uv.hpp"
#include "slicing/events.hpp"

namespace sluice::proxy {

class Dialer {
 public:
  using Outcome = ofmsg::Result<Socket, std::string>;  // the error is a sentence
  using Done = std::function<void(slicing::LinkId, Outcome)>;

  static constexpr std::chrono::seconds default_limit{5};

  // `done` is called once for each dial that is not cancelled, and never from within dial().
  Dialer(uv_loop_t* loop, Done done, std::chrono::nanoseconds limit = default_limit);
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;
  ~Dialer();

  void dial(slicing::LinkId link, const policy::Endpoint& to);
  void cancel(slicing::LinkId link);

  void cancel_all() { attempts_.clear(); }

  // Nothing under way any more?
  [[nodiscard]] bool idle() const { return attempts_.empty(); }

 private:
  struct Attempt;

  void finish(slicing::LinkId link, Outcome outcome);

  uv_loop_t* loop_;
  Done done_;
  std::chrono::nanoseconds limit_;
  std::map<slicing::LinkId, std::shared_ptr<Attempt>> attempts_;
};

}  // namespace sluice::proxy
