// The pump between the world and the core: links are connections here and numbers there.
//
//   a callback of libuv → Input → Core::handle → Outbox → records carried out at once, bytes once
//   per turn of the loop
//
// A turn ends just before the loop would sleep: then every link with new bytes gets one write,
// links that have ended are told to the core, links whose share of the turn was used up are read
// again, and the core's deadline is set. While one callback works through a large read, what
// gathers is written early, so that memory stays bounded.
//
// Who is read when, so that nobody who is slow costs more than its own buffer:
//
//   a switch                        always: it must not suffer from one slow slice. The core drops packet_ins for a
//                                   congested controller.
//   a controller that is too fast   not until the core says so
//   a controller whose messages     not until that switch has drained
//     go to a congested switch
//   a controller that does not      not until it has drained; packet_ins alone cannot bring it there. Closed when it
//     read half of the hard bound   takes nothing at all for a while.
//   a link over the hard bound      closed
//   a switch that does not read     closed when its own messages alone have added that much
//     the answers to what it says
//
// Nor may anybody whose messages are much work keep the others waiting: what a read brought is worked on for some
// milliseconds, and the rest after everybody else has had a turn.
//
// The core is told of controllers that are not read: their silence is our doing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ofmsg/deframer.hpp"
#include "proxy/core.hpp"
#include "proxy/dialer.hpp"
#include "proxy/log.hpp"
#include "proxy/stream.hpp"
#include "proxy/uv.hpp"

namespace sluice::proxy {

// Bytes that may wait for one link.
struct QueueLimits {
  std::size_t high = std::size_t{1} << 20U;        // congested above it ...
  std::size_t low = std::size_t{256} << 10U;       // ... until below this
  std::size_t hard = policy::Limits::usual_queue;  // closed
  // A switch is shared, and one command of one slice may become many messages: it gets so much more, and its
  // controllers have been waiting since `high`.
  static constexpr std::size_t switch_factor = 4;
  // A controller that is not read because it does not read us may stand still for so long before it is closed.
  std::chrono::milliseconds patience{15000};

  // The same with another hard bound.
  [[nodiscard]] QueueLimits within(std::size_t bytes) const;
};

class Server {
 public:
  Server(Loop& loop, Core& core, Log& log, QueueLimits limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // A switch has connected.
  void accept(Socket socket, std::string peer);

  // The core goes over to another snapshot.
  void change_policy(std::shared_ptr<const policy::Snapshot> policy) {
    tell(slicing::PolicyChanged{std::move(policy)});
  }

  // Says good-bye to everybody and calls `done` when all connections are closed, about a second
  // later at most.
  void shut_down(std::function<void()> done);

  [[nodiscard]] std::size_t link_count() const { return links_.size(); }

 private:
  struct Link;
  struct Leaving;
  using LinkId = slicing::LinkId;

  enum class Origin : std::uint8_t { switch_, controller };

  [[nodiscard]] ofmsg::Time now() const { return loop_.now(); }

  void tell(const slicing::Input& input);
  void carry_out(slicing::Record& record);
  void dialled(LinkId id, Dialer::Outcome outcome);
  void hang_up(LinkId id, const std::string& why);

  Link& add(LinkId id, Socket socket, Origin origin, std::string peer);
  [[nodiscard]] Link* find(LinkId id);
  void remove(Link& link);
  void on_bytes(Link& link, ofmsg::ByteView bytes);
  void work(Link& link, ofmsg::ByteView bytes);
  void cut(Link& link, ofmsg::ByteView bytes);
  void go_on();
  void on_progress(Link& link);

  void turn();
  enum class Which : std::uint8_t { all, large };
  void flush(Which which);
  void after_send(Link& link);
  void set_congested(Link& link, bool congested);
  [[nodiscard]] std::size_t waiting_for(LinkId id);  // bytes, here and in the outbox
  [[nodiscard]] std::vector<std::pair<LinkId, std::size_t>> congested_switches();
  void blame(Link& link, const std::vector<std::pair<LinkId, std::size_t>>& before);
  void read_or_pause(Link& link);
  void look_for_progress();
  void arm();
  void finish_if_empty();

  Loop& loop_;
  Core& core_;
  Log& log_;
  QueueLimits limits_;
  ReadBuffer buffer_{};
  Dialer dialer_;
  slicing::Outbox outbox_;
  std::vector<slicing::Record> records_;  // being carried out; kept for its memory
  std::unordered_map<std::uint64_t, std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Link>> removed_;         // destroyed when no callback of theirs can be running
  std::vector<std::pair<LinkId, std::string>> ended_;  // to be told to the core
  std::vector<LinkId> newly_congested_;                // likewise
  std::vector<LinkId> newly_paused_;                   // or read again; likewise
  std::vector<LinkId> spent_;                          // their share of this turn is used up
  std::vector<LinkId> resting_;                        // the rest of what they said waits for the next turn
  std::vector<LinkId> congested_;                      // switches only
  std::unordered_map<std::uint64_t, std::unique_ptr<Leaving>> leaving_;  // hung up, not yet closed
  std::vector<std::unique_ptr<Leaving>> left_;
  std::uint64_t next_link_ = 1;
  Handle<uv_prepare_t> prepare_;
  Timer timer_;
  Handle<uv_idle_t> idle_;  // runs while somebody is in resting_: the loop does not sleep then
  Timer progress_timer_;    // runs while a controller does not read
  bool watching_progress_ = false;
  std::optional<ofmsg::Time> armed_;
  std::function<void()> done_;  // set once we are shutting down
};

}  // namespace sluice::proxy
