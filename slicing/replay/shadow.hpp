// A second core that lives through what a first one lives through, under another policy, and has no effect on anything.
//
// It hears what the first core's switches and controllers say, as if they spoke to it: where they answer something that
// the first core has said, the answer is given to what the second core has said in its place, with the numbers that
// that one has chosen. What it says goes nowhere; it is compared with what the first core says.
//
//   xids      a message of the first core to a switch and the same one of the second have each their own; answers are
//             renumbered, and an answer to what only the first has asked is not given
//   barriers  the second core's are answered when the switch has answered for everything that the first had sent by
//             then: what the switch refuses is told before
//   cookies   and buffers, likewise renumbered
//   removals  of flows that only the first core has deleted are not reported to the second
//   echoes    are answered here: who is alive is told by whose connection ends
//
// What only the second core asks of a switch (statistics of a slice that the first does not know) is never answered.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slicing/domain.hpp"
#include "slicing/replay/comparison.hpp"
#include "slicing/replay/link_names.hpp"
#include "slicing/replay/recent.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::slicing::replay {

class Shadow {
 public:
  // `first`: the policy of the core that is followed, when that begins; `second`: the one to be tried.
  Shadow(std::shared_ptr<const policy::Snapshot> first, std::shared_ptr<const policy::Snapshot> second,
         const Seed& seed);
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;
  ~Shadow();

  // The first core has been running: brings the second to where it is. Before the first turn.
  void join(const Standing& standing, Time now);
  // What the first core has just done. `misses`: what was said to it is not said here.
  enum class Hearing : std::uint8_t { hears, misses };
  void follow(const Turn& turn, Hearing hearing = Hearing::hears);
  // The first core has gone over to another policy; before the turn that tells so.
  void first_policy(std::shared_ptr<const policy::Snapshot> policy);
  // The policy to be tried is another one now; its text is for the recording.
  void change_policy(std::shared_ptr<const policy::Snapshot> policy, Time now, PolicyText text = {});

  // No more turns.
  void finish() { comparison_.finish(); }

  // What is certain by now, in the order of the turns.
  [[nodiscard]] std::vector<Difference> take() { return comparison_.take(); }

  [[nodiscard]] std::uint64_t turns() const { return turn_; }

  // Messages that both said.
  [[nodiscard]] std::uint64_t same() const { return comparison_.same(); }

  // Flows that stood when it joined, and that the second policy does not allow.
  [[nodiscard]] std::size_t refused_at_join() const { return refused_at_join_; }

  [[nodiscard]] const Domain& domain() const { return domain_; }

  // From now on, what the second core does is recorded: what would have been.
  void record() { recording_ = true; }

  // What has come since, as turns of a recording.
  [[nodiscard]] ofmsg::Bytes take_recorded() { return std::exchange(recorded_, {}); }

 private:
  static constexpr std::size_t most_deleted = std::size_t{1} << 16U;
  static constexpr std::size_t most_learned = std::size_t{1} << 20U;

  // The wire between the first core and one switch, as far as answers must be told apart.
  struct Wire {
    struct Barrier {
      std::uint64_t index = 0;  // among the first core's messages to this switch
      std::uint32_t xid = 0;
    };

    struct OwnBarrier {
      std::uint64_t waits_for = 0;  // a message of the first core
      ofmsg::Frame request;
    };

    struct Pair {
      std::uint32_t second = 0;
      std::uint64_t index = 0;
    };

    std::uint64_t sent = 0;      // by the first core
    std::uint64_t awaited = 0;   // the last of these that a barrier is to answer for
    std::uint64_t answered = 0;  // up to here
    std::deque<Barrier> barriers;
    std::map<std::uint32_t, Pair> xids;                             // the first's → the second's
    std::deque<std::pair<std::uint64_t, std::uint32_t>> xid_order;  // of the first's: by index
    std::deque<OwnBarrier> own_barriers;                            // the second's, not answered yet
    Recent<std::uint64_t, std::uint64_t> cookies{most_learned};
    // By the second, and not reported yet: priority and match, and how often.
    Recent<std::string, std::size_t> deleted{most_deleted};
    Recent<std::pair<std::string, std::uint32_t>, std::uint32_t> buffers{most_learned};  // by slice
  };

  // One controller's connection for one switch, in both worlds.
  struct Leg {
    std::optional<LinkId> second;
    bool there = false;                 // it answers when it is dialled
    bool connected = false;             // in the second world
    bool greeted = false;               // there: it has said hello
    std::optional<ofmsg::Frame> hello;  // that it said first, in the first world
  };

  void handle(const Input& input);
  void absorb(const Turn& said);
  void heard(LinkId link, ofmsg::FrameView frame);
  void to_switch(LinkId link, ofmsg::FrameView frame);
  void dialled(const Dial& dial);
  void connect(Leg& leg);
  void answer(LinkId link, const ofmsg::Message& message, ofmsg::Version version, ofmsg::Xid xid);
  void run_answers();

  void watch_first(const Turn& turn);
  void pass_on(const Turn& turn);
  void pass_on(const Arrived& in);
  void from_switch(LinkId link, Wire& wire, ofmsg::FrameView frame);
  void from_controller(const FarEnd& end, ofmsg::FrameView frame);
  [[nodiscard]] static bool concerns(Wire& wire, ofmsg::FrameView removal);
  void barrier_answered(LinkId link, Wire& wire, std::uint32_t xid);
  void release_barriers(LinkId link, Wire& wire);
  void lost(LinkId link, const std::string& why);
  [[nodiscard]] std::optional<LinkId> ours(LinkId link);
  void paired(const Comparison::Pair& pair);
  static void learn_cookie(Wire& wire, std::uint64_t first, std::uint64_t second);

  void while_joining(LinkId link, Wire& wire, ofmsg::FrameView frame);
  void join_switch(const StandingSwitch& s);
  void join_leg(const StandingLeg& leg, bool up);
  void join_flow(const StandingFlow& flow);
  void catch_up(Time until);
  template <class What>
  void by_itself(What what);
  void compare();
  [[nodiscard]] Leg* connected(const FarEnd& end);
  // Where this switch, or the switch of this controller, is.
  [[nodiscard]] Wire* wire_of(const FarEnd& end);

  Domain domain_;
  LinkNames first_;   // of the first core's links
  LinkNames second_;  // of ours; those of switches are the same
  Comparison comparison_;
  Time now_{};
  std::uint64_t turn_ = 0;
  std::map<LinkId, Wire> wires_;
  std::map<FarEnd, Leg> legs_;
  std::deque<std::pair<LinkId, ofmsg::Bytes>> answers_;  // that come from here
  const Standing* joining_ = nullptr;
  std::uint64_t joining_cookie_ = 0;  // of the flow that is being asked for
  std::size_t refused_at_join_ = 0;
  bool running_answers_ = false;
  PolicyText policy_text_;  // of the change that is being made
  bool recording_ = false;
  ofmsg::Bytes recorded_;
};

}  // namespace sluice::slicing::replay
