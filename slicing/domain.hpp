// The root of the core: every switch and every slice under one policy.
//
// Inputs go in with the time at which they happened, what the world must do comes out; nothing else crosses this line.
// Equal inputs give equal outputs, byte for byte.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ofmsg/message.hpp"
#include "policy/snapshot.hpp"
#include "slicing/events.hpp"
#include "slicing/reload.hpp"
#include "slicing/seed.hpp"
#include "slicing/standing.hpp"
#include "slicing/status.hpp"
#include "slicing/trace.hpp"

namespace sluice::slicing {

class Domain {
 public:
  explicit Domain(std::shared_ptr<const policy::Snapshot> policy, const Seed& seed = {});
  Domain(Domain&&) noexcept;
  Domain& operator=(Domain&&) noexcept;
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;
  ~Domain();

  void handle(const Input& input, Time now, Outbox& out);
  // Call handle(Tick{}) no later than this; nothing while there is nothing to wait for.
  [[nodiscard]] std::optional<Time> deadline() const;

  // What the last PolicyChanged did, and what one would do. Nothing for sessions that are not up.
  [[nodiscard]] const ReloadReport& reload_report() const;
  [[nodiscard]] ReloadReport foresee(const policy::Snapshot& next) const;

  [[nodiscard]] DomainState state(Time now) const;
  // All flows, or those of one slice and one switch (by name); empty names mean all.
  [[nodiscard]] std::vector<FlowState> flows(std::string_view slice, std::string_view switch_name, Time now) const;
  // What the switch, by its name in the slice file, would do with a packet now; nothing if there is no such switch.
  [[nodiscard]] std::optional<Trace> trace(std::string_view switch_name, const ofmsg::PacketKey& packet,
                                           Time now) const;
  // The last refusals, newest first.
  [[nodiscard]] std::vector<Refusal> refusals() const;
  // What another core needs to know to go on from here.
  [[nodiscard]] Standing standing() const;
  // One of them, with what its slice has there instead.
  [[nodiscard]] Explanation explain(Refusal refusal) const;
  // The rule by which a slice may have this message on a switch, as it goes there.
  [[nodiscard]] std::optional<RuleName> rule_behind(std::string_view switch_name, std::string_view slice,
                                                    const ofmsg::Message& message) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::slicing
