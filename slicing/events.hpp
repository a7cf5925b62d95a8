// The whole boundary of the core on one page: what the world tells it (`Input`) and what it wants done (`Outbox`).
//
// A link is one TCP or TLS connection, known here by number only. The shell numbers the connections that it accepts;
// the core numbers those that it wants dialled.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ofmsg/bytes.hpp"
#include "ofmsg/channel.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/frame.hpp"
#include "policy/endpoint.hpp"
#include "policy/snapshot.hpp"
#include "slicing/note.hpp"

namespace sluice::slicing {

using ofmsg::Time;

struct LinkId {
  static constexpr std::uint64_t dialled = std::uint64_t{1} << 63U;  // set in the numbers that the core gives

  std::uint64_t value = 0;

  friend constexpr auto operator<=>(const LinkId&, const LinkId&) = default;
};

// --- inputs --------------------------------------------------------------------------------------------------------

// A switch has connected to one of our listeners.
struct SwitchUp {
  LinkId link;
  std::string peer;  // "127.0.0.1:40112", for people
};

// A connection that the core asked for stands.
struct ControllerUp {
  LinkId link;
};

// One complete message. The view is valid during the call only.
struct Arrived {
  LinkId link;
  ofmsg::FrameView frame;
};

// The bytes of a link are no OpenFlow any more; nothing can follow but its end.
struct Garbled {
  LinkId link;
  ofmsg::CodecError error;
  ofmsg::ByteView offender;
};

// The link has ended, or could not be dialled. Not sent for links that the core hung up.
struct Lost {
  LinkId link;
  std::string why;
};

// The other end does not read fast enough: its queue passed the high mark (true) or fell under the low mark (false).
struct Congested {
  LinkId link;
  bool congested = false;
};

// A controller's messages are not read for now (true) or are again (false), because there is no room for what they
// would become, or because it does not read what it is sent. Its silence means nothing meanwhile.
struct Paused {
  LinkId link;
  bool paused = false;
};

// Nothing but the passing of time.
struct Tick {};

// The slice file has changed: from now on this snapshot counts. It was compiled with the one before at hand, so that
// ids are the same (policy::compile).
struct PolicyChanged {
  std::shared_ptr<const policy::Snapshot> policy;
};

// The end is near: say good-bye. Hangs up every link.
struct Shutdown {};

using Input =
    std::variant<SwitchUp, ControllerUp, Arrived, Garbled, Lost, Congested, Paused, Tick, PolicyChanged, Shutdown>;

// --- outputs -------------------------------------------------------------------------------------------------------

// Connect there and tell ControllerUp, or Lost when that fails or takes too long.
struct Dial {
  LinkId link;
  policy::Endpoint to;
  std::string switch_name = {}, slice = {};  // for whom
};

// Send what is buffered for the link, then close it.
struct Hangup {
  LinkId link;
  std::string why;
};

// Read nothing from this link (true) until told otherwise (false): it sends faster than it may.
struct Hold {
  LinkId link;
  bool hold = false;
};

// So many bytes may wait for this controller, instead of policy::Limits::usual_queue; when more do, it is Lost.
struct QueueBound {
  LinkId link;
  std::uint32_t bytes = policy::Limits::usual_queue;
};

using Record = std::variant<Dial, Hangup, Note, Hold, QueueBound>;

// What the world must do now: one buffer of bytes for each link, and a list of other things in their order. The shell
// empties it after every turn of its loop; the core only appends.
class Outbox {
 public:
  // The bytes waiting for a link; append whole messages only.
  [[nodiscard]] ofmsg::Bytes& to(LinkId link) { return bytes_[link]; }

  void add(Record record) { records_.push_back(std::move(record)); }

  [[nodiscard]] std::map<LinkId, ofmsg::Bytes>& bytes() { return bytes_; }

  [[nodiscard]] std::vector<Record>& records() { return records_; }

  [[nodiscard]] bool empty() const {
    return records_.empty() &&
           std::all_of(bytes_.begin(), bytes_.end(), [](const auto& entry) { return entry.second.empty(); });
  }

 private:
  std::map<LinkId, ofmsg::Bytes> bytes_;
  std::vector<Record> records_;
};

}  // namespace sluice::slicing
