// What Sluice may refuse although the slice's own switch would take it: for which reasons, and how often.
//
// A slicer that refused everything would leave nothing to be found at fault in what it lets through. So each such
// refusal is looked at: its code must be one of the list, and where the reason can be checked by the slice file and
// packets, it is.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/message.hpp"
#include "ofmsg/packet_key.hpp"
#include "policy/document.hpp"
#include "tests/support/naive_policy.hpp"

namespace sluice::tests {

struct AllowedRefusal {
  std::string_view code, because;
  std::size_t per_mille;  // of what the slices' own switches take, in random scripts
};

inline constexpr std::array allowed_refusals{
    AllowedRefusal{"E0201", "no packet of the match is the slice's, or the file says to reject what is not all its own",
                   240},
    AllowedRefusal{"E0202", "a packet_out without an ingress port that is to go to the controller or the flow table",
                   20},
    AllowedRefusal{"E0203", "a packet might leave a port with a header that is not the slice's there", 200},
    AllowedRefusal{"E0204", "limits.expand, also for floods that are cut where a header has no masks", 80},
    AllowedRefusal{"E0208", "metadata, which nothing can match in a slice's one table", 6},
    AllowedRefusal{"E0212", "a packet_out too short to tell whether it may leave", 4},
    AllowedRefusal{"E0217", "port_mod: what a port advertises is the same for all; bits that 1.0 does not know", 10},
    AllowedRefusal{"E0220", "an action set that is consistent as it is written, and not as it is carried out", 2},
    AllowedRefusal{"E0221", "what is left of a match where a flood is cut has no words in this version", 4},
};

class RefusalJudge {
 public:
  // All must live longer.
  RefusalJudge(const policy::Document& document, const NaivePolicy& naive, std::vector<std::uint32_t> ports);

  // Why the refusal is out of order, with these ports there; nothing if it is not.
  [[nodiscard]] std::optional<std::string> judge(const std::string& slice, const ofmsg::Message& message,
                                                 const std::string& code, const std::vector<ofmsg::Port>& there) const;

  // Does the slice own every packet at each of its ports?
  [[nodiscard]] bool whole(const std::string& slice) const;

 private:
  [[nodiscard]] const policy::DocumentSlice& find(const std::string& slice) const;
  [[nodiscard]] std::optional<std::string> judge_match(const std::string& slice, const ofmsg::Match& match,
                                                       const std::vector<ofmsg::Port>& there) const;
  [[nodiscard]] std::optional<std::string> judge_actions(const std::string& slice, const ofmsg::PacketOut& out) const;

  const policy::Document& document_;
  const NaivePolicy& naive_;
  std::vector<std::uint32_t> ports_;
  std::vector<ofmsg::PacketKey> samples_;  // of random packets, at each port
};

// Is FLOOD or ALL among the actions?
[[nodiscard]] bool floods(const ofmsg::Instructions& instructions);

// How many messages there were that a slice's own switch takes, and what became of them.
struct RefusalTally {
  std::size_t taken_by_own_switch = 0;
  std::map<std::string, std::size_t> refused;  // by code

  // The codes that came more often than they may; nothing while there were only few messages.
  [[nodiscard]] std::string too_often() const;
  [[nodiscard]] std::string text() const;
};

}  // namespace sluice::tests
