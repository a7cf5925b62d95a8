// Whose the links of a core are, told from outside: by what goes in and comes out.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/snapshot.hpp"
#include "slicing/events.hpp"
#include "slicing/replay/party.hpp"
#include "slicing/replay/recording.hpp"
#include "slicing/standing.hpp"

namespace sluice::slicing::replay {

// The other end of a link. A switch that has not said who it is, or that the slice file does not know, has no name, and
// its address instead.
struct FarEnd {
  std::string switch_name;
  std::string slice;    // empty: the switch itself
  std::string address;  // of a controller as the slice file has it, "tcp:192.0.2.1:6653"; of a nameless switch

  [[nodiscard]] bool is_switch() const { return slice.empty(); }

  friend auto operator<=>(const FarEnd&, const FarEnd&) = default;
};

// As cases call it; the number of the controller is that of the policy, 0 if that does not name it.
[[nodiscard]] Party party_of(const FarEnd& end, const policy::Snapshot& policy);

class LinkNames {
 public:
  explicit LinkNames(std::shared_ptr<const policy::Snapshot> policy) : policy_{std::move(policy)} {}

  // What stood before the first turn.
  void begin(const Standing& standing);
  // Links of this turn have their names from now on. Those that end with it keep theirs until the next.
  void follow(const Turn& turn);

  // The slice file has changed.
  void change_policy(std::shared_ptr<const policy::Snapshot> policy) { policy_ = std::move(policy); }

  // Null for links that are not there.
  [[nodiscard]] const FarEnd* find(LinkId link) const;

  // The link of whom this is, a switch; nothing if it is not there.
  [[nodiscard]] std::optional<LinkId> find_switch(const FarEnd& end) const;

  [[nodiscard]] const policy::Snapshot& policy() const { return *policy_; }

 private:
  void name(LinkId link, FarEnd end);
  void forget(LinkId link);

  std::shared_ptr<const policy::Snapshot> policy_;
  std::map<LinkId, FarEnd> ends_;
  std::map<FarEnd, LinkId> switches_;
  std::vector<LinkId> ended_;
};

}  // namespace sluice::slicing::replay
