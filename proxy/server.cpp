#include "proxy/server.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "proxy/listener.hpp"

namespace sluice::proxy {

namespace {

// Writing early costs a system call, writing late costs memory: this many bytes for one link are
// enough of a batch.
constexpr std::size_t early_flush_size = 65536;
// How often a large read looks whether something has become that large.
constexpr unsigned frames_between_looks = 64;
// How long a link that was hung up may take to read the rest and close.
constexpr std::chrono::seconds farewell{1};
// How long one link may be worked for before the others have their turn, in nanoseconds, and how many of its messages
// may pass between two looks at the clock.
constexpr std::uint64_t share_of_time = 5'000'000;
constexpr unsigned longest_stride = 16;
constexpr int looks_within_patience = 15;

}  // namespace

QueueLimits QueueLimits::within(std::size_t bytes) const {
  QueueLimits all = *this;
  all.hard = bytes;
  all.high = std::min(high, bytes / 4);
  all.low = std::min(low, bytes / 16);
  return all;
}

struct Server::Link {
  LinkId id;
  Origin origin{};
  std::string peer;
  std::unique_ptr<Stream> stream;
  ofmsg::Deframer deframer;
  bool removed = false;    // no longer in links_; the object waits for the end of the turn
  bool garbled = false;    // framing lost: whatever comes is dropped
  bool congested = false;  // as told to the core
  bool spent = false;      // not read again in this turn
  ofmsg::Bytes rest;       // of a read whose work took too long; nothing is read before it is done
  bool resting = false;    // it is in resting_
  unsigned stride = longest_stride;
  bool unread = false;             // does not read what we send, beyond all patience
  bool doomed = false;             // over a bound; ends with this turn
  bool told_paused = false;        // as told to the core
  std::uint64_t taken = 0;         // while unread: by the kernel, at the last look
  ofmsg::Time progress{};          // while unread: when that grew last
  std::size_t self_fed = 0;        // a switch's: bytes that its own messages added since it is congested
  std::vector<LinkId> blocked_by;  // congested switches that its messages went to
  bool held = false;               // the core wants to hear nothing of it now
  QueueLimits limits;

  [[nodiscard]] bool waits() const { return unread || held || !blocked_by.empty(); }
};

// A link that the core hung up: it is written out, then closed.
struct Server::Leaving {
  Leaving(std::unique_ptr<Link> gone, Timer t) : link{std::move(gone)}, limit{std::move(t)} {}

  std::unique_ptr<Link> link;
  Timer limit;
};

Server::Server(Loop& loop, Core& core, Log& log, QueueLimits limits)
    : loop_{loop},
      core_{core},
      log_{log},
      limits_{limits},
      dialer_{loop.get(), [this](LinkId id, Dialer::Outcome outcome) { dialled(id, std::move(outcome)); }},
      prepare_{
          Handle<uv_prepare_t>::make([this](uv_prepare_t* handle) { return uv_prepare_init(loop_.get(), handle); })},
      timer_{loop.get(),
             [this] {
               armed_.reset();
               tell(slicing::Tick{});
             }},
      idle_{Handle<uv_idle_t>::make([this](uv_idle_t* handle) { return uv_idle_init(loop_.get(), handle); })},
      progress_timer_{loop.get(), [this] { look_for_progress(); }} {
  idle_->data = this;
  prepare_->data = this;
  uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) {
    if (handle->data != nullptr) static_cast<Server*>(handle->data)->turn();
  });
}

Server::~Server() = default;

// --- the core ------------------------------------------------------------------------------------------------------

void Server::tell(const slicing::Input& input) {
  core_.handle(input, now(), outbox_);
  if (outbox_.records().empty()) return;
  // Carrying out a record never leads back here.
  records_.swap(outbox_.records());
  for (slicing::Record& record : records_) carry_out(record);
  records_.clear();
}

void Server::carry_out(slicing::Record& record) {
  if (const auto* note = std::get_if<slicing::Note>(&record)) {
    log_.note(*note, now());
  } else if (const auto* dial = std::get_if<slicing::Dial>(&record)) {
    dialer_.dial(dial->link, dial->to);
  } else if (const auto* hangup = std::get_if<slicing::Hangup>(&record)) {
    hang_up(hangup->link, hangup->why);
  } else if (const auto* hold = std::get_if<slicing::Hold>(&record)) {
    if (Link* link = find(hold->link)) {
      link->held = hold->hold;
      read_or_pause(*link);
    }
  } else if (const auto* bound = std::get_if<slicing::QueueBound>(&record)) {
    if (Link* link = find(bound->link)) link->limits = limits_.within(bound->bytes);
  }
}

void Server::dialled(LinkId id, Dialer::Outcome outcome) {
  if (!outcome) {
    tell(slicing::Lost{id, std::move(outcome.error())});
    return;
  }
  std::string peer = peer_text(outcome->tcp());
  Link& link = add(id, std::move(*outcome), Origin::controller, std::move(peer));
  tell(slicing::ControllerUp{link.id});
}

void Server::hang_up(LinkId id, const std::string& why) {
  dialer_.cancel(id);
  Link* link = find(id);
  if (link == nullptr) {
    outbox_.bytes().erase(id);
    return;
  }
  log_.say_limited(Severity::debug, "hangup", "connection closed by us", now(), {{"peer", link->peer}, {"why", why}});
  if (const auto bytes = outbox_.bytes().find(id); bytes != outbox_.bytes().end()) link->stream->send(bytes->second);
  remove(*link);
  if (!link->stream->failure().empty()) return;
  std::unique_ptr<Link> gone = std::move(removed_.back());
  removed_.pop_back();
  gone->stream->finish();
  const std::uint64_t key = id.value;
  Timer limit{loop_.get(), [this, key] {
                if (const auto found = leaving_.find(key); found != leaving_.end()) {
                  left_.push_back(std::move(found->second));
                  leaving_.erase(found);
                }
              }};
  limit.start(farewell);
  leaving_[key] = std::make_unique<Leaving>(std::move(gone), std::move(limit));
}

// --- links ---------------------------------------------------------------------------------------------------------

void Server::accept(Socket socket, std::string peer) {
  if (done_) return;
  const LinkId id{next_link_++};
  Link& link = add(id, std::move(socket), Origin::switch_, std::move(peer));
  tell(slicing::SwitchUp{id, link.peer});
}

Server::Link& Server::add(LinkId id, Socket socket, Origin origin, std::string peer) {
  auto owned = std::make_unique<Link>();
  Link* link = owned.get();
  link->id = id;
  link->origin = origin;
  link->limits = limits_;
  link->peer = std::move(peer);
  Stream::Callbacks callbacks;
  callbacks.on_bytes = [this, link](ofmsg::ByteView bytes) { on_bytes(*link, bytes); };
  callbacks.on_progress = [this, link] { on_progress(*link); };
  callbacks.on_end = [this, link](std::string why) {
    if (const auto found = leaving_.find(link->id.value); link->removed && found != leaving_.end()) {
      left_.push_back(std::move(found->second));
      leaving_.erase(found);
    } else {
      ended_.emplace_back(link->id, std::move(why));
    }
  };
  link->stream = std::make_unique<Stream>(std::move(socket), buffer_, std::move(callbacks));
  links_[id.value] = std::move(owned);
  link->stream->start_reading();
  return *link;
}

Server::Link* Server::find(LinkId id) {
  const auto found = links_.find(id.value);
  return found == links_.end() ? nullptr : found->second.get();
}

void Server::remove(Link& link) {
  const auto found = links_.find(link.id.value);
  link.removed = true;
  outbox_.bytes().erase(link.id);
  if (link.congested && link.origin == Origin::switch_) set_congested(link, false);
  removed_.push_back(std::move(found->second));
  links_.erase(found);
}

// --- reading -------------------------------------------------------------------------------------------------------

void Server::on_bytes(Link& link, ofmsg::ByteView bytes) {
  if (link.removed || link.garbled) return;
  if (bytes.size() == buffer_.size()) {
    // There is probably more; the others come first.
    link.spent = true;
    spent_.push_back(link.id);
    read_or_pause(link);
  }
  work(link, bytes);
}

void Server::work(Link& link, ofmsg::ByteView bytes) {
  if (link.origin == Origin::switch_) {
    const bool counts = link.congested;
    const std::size_t before = counts ? waiting_for(link.id) : 0;
    cut(link, bytes);
    if (!link.removed && counts) link.self_fed += std::max(before, waiting_for(link.id)) - before;
  } else if (congested_.empty()) {
    cut(link, bytes);
  } else {
    const auto before = congested_switches();
    cut(link, bytes);
    if (!link.removed) blame(link, before);
  }
}

void Server::cut(Link& link, ofmsg::ByteView bytes) {
  const std::uint64_t start = uv_hrtime();
  const std::size_t held = link.deframer.pending();  // of the first message
  std::size_t done = 0;
  link.deframer.feed(bytes);
  for (unsigned frames = 1;; ++frames) {
    const auto next = link.deframer.next();
    if (!next) {
      link.garbled = true;
      tell(slicing::Garbled{link.id, next.error(), link.deframer.offender()});
      return;
    }
    if (!*next) break;
    done += (*next)->size();
    tell(slicing::Arrived{link.id, **next});
    if (link.removed) return;
    if (frames % frames_between_looks == 0) {
      flush(Which::large);
      if (link.removed) return;
    }
    if (link.held || (frames % link.stride == 0 && uv_hrtime() - start > share_of_time)) {
      if (!link.held) link.stride = 1;
      const ofmsg::ByteView rest = bytes.subspan(done - held);
      if (rest.empty()) return;
      link.rest.assign(rest.begin(), rest.end());
      link.deframer = {};  // we are between two messages
      read_or_pause(link);
      return;
    }
  }
  link.stride = longest_stride;
}

// One more share of time for everybody who has not come to the end.
void Server::go_on() {
  for (const LinkId id : std::exchange(resting_, {})) {
    Link* link = find(id);
    if (link == nullptr) continue;
    link->resting = false;
    if (link->waits()) continue;  // read_or_pause will come back to it
    const ofmsg::Bytes rest = std::exchange(link->rest, {});
    work(*link, rest);
    if (!link->removed) read_or_pause(*link);
  }
  if (resting_.empty()) uv_idle_stop(idle_.get());
}

void Server::on_progress(Link& link) {
  if (link.removed || link.stream->queued() > link.limits.low) return;
  if (link.unread) {
    link.unread = false;
    read_or_pause(link);
  }
  if (link.congested) {
    set_congested(link, false);
    tell(slicing::Congested{link.id, false});
  }
}

void Server::read_or_pause(Link& link) {
  const bool paused = link.waits();
  if (paused != link.told_paused) newly_paused_.push_back(link.id);
  if (link.spent || paused || !link.rest.empty()) {
    link.stream->stop_reading();
  } else {
    link.stream->start_reading();
  }
  if (!paused && !link.rest.empty() && !link.resting) {
    link.resting = true;
    resting_.push_back(link.id);
    uv_idle_start(idle_.get(), [](uv_idle_t* handle) {
      if (handle->data != nullptr) static_cast<Server*>(handle->data)->go_on();
    });
  }
}

// The core does not judge a controller that is not read. One that does not read us itself is judged here: it lives as
// long as it takes something.
void Server::look_for_progress() {
  bool any = false;
  for (auto& [key, owned] : links_) {
    Link& link = *owned;
    if (!link.unread || link.doomed) continue;
    any = true;
    if (std::exchange(link.taken, link.stream->taken()) != link.stream->taken()) link.progress = now();
    if (now() < link.progress + limits_.patience) continue;
    log_.say_limited(Severity::warning, "not_reading", "connection closed: it has stopped reading", now(),
                     {{"peer", link.peer}, {"queued", std::to_string(link.stream->queued())}});
    link.doomed = true;
    ended_.emplace_back(link.id, fmt::format("it stopped reading; {} bytes waited", link.stream->queued()));
  }
  watching_progress_ = any;
  if (any) progress_timer_.start(limits_.patience / looks_within_patience);
}

// --- congestion ----------------------------------------------------------------------------------------------------

void Server::set_congested(Link& link, bool congested) {
  link.congested = congested;
  link.self_fed = 0;
  if (link.origin != Origin::switch_) return;
  if (congested) {
    congested_.push_back(link.id);
    return;
  }
  congested_.erase(std::remove(congested_.begin(), congested_.end(), link.id), congested_.end());
  for (auto& [key, other] : links_) {
    auto& blocked = other->blocked_by;
    const auto found = std::find(blocked.begin(), blocked.end(), link.id);
    if (found == blocked.end()) continue;
    blocked.erase(found);
    read_or_pause(*other);
  }
}

std::size_t Server::waiting_for(LinkId id) {
  const Link* link = find(id);
  const auto bytes = outbox_.bytes().find(id);
  return (link == nullptr ? 0 : link->stream->queued()) + (bytes == outbox_.bytes().end() ? 0 : bytes->second.size());
}

std::vector<std::pair<slicing::LinkId, std::size_t>> Server::congested_switches() {
  std::vector<std::pair<LinkId, std::size_t>> sizes;
  sizes.reserve(congested_.size());
  for (const LinkId id : congested_) sizes.emplace_back(id, waiting_for(id));
  return sizes;
}

// The link's messages made these switches' queues longer: it has to wait for them. The core alone
// knows which controller talks to which switch; what it does with the messages tells us.
void Server::blame(Link& link, const std::vector<std::pair<LinkId, std::size_t>>& before) {
  for (const auto& [id, size] : congested_switches()) {
    const auto old =
        std::find_if(before.begin(), before.end(), [id = id](const auto& entry) { return entry.first == id; });
    if (old == before.end() || size <= old->second) continue;
    if (std::find(link.blocked_by.begin(), link.blocked_by.end(), id) == link.blocked_by.end()) {
      link.blocked_by.push_back(id);
    }
  }
  read_or_pause(link);
}

// --- writing -------------------------------------------------------------------------------------------------------

void Server::flush(Which which) {
  auto& all = outbox_.bytes();
  for (auto entry = all.begin(); entry != all.end();) {
    auto& [id, bytes] = *entry;
    if (which == Which::large && bytes.size() < early_flush_size) {
      ++entry;
      continue;
    }
    Link* link = find(id);
    if (link == nullptr || link->doomed || bytes.empty()) {
      // Whoever is silent for a turn keeps no memory, so the walk is over those that talk.
      entry = all.erase(entry);
      continue;
    }
    link->stream->send(bytes);
    bytes.clear();
    if (bytes.capacity() > 4 * early_flush_size) bytes.shrink_to_fit();
    ++entry;
    after_send(*link);
  }
}

void Server::after_send(Link& link) {
  const std::size_t queued = link.stream->queued();
  const std::size_t hard = link.limits.hard * (link.origin == Origin::switch_ ? QueueLimits::switch_factor : 1);
  if (const std::string& failure = link.stream->failure(); !failure.empty()) {
    ended_.emplace_back(link.id, failure);
  } else if (queued > hard || link.self_fed > link.limits.hard) {
    log_.say_limited(Severity::warning, "queue_overflow", "connection closed: it does not read what it is sent", now(),
                     {{"peer", link.peer}, {"queued", std::to_string(queued)}});
    link.doomed = true;
    ended_.emplace_back(link.id, fmt::format("{} bytes waited to be read by it", queued));
  } else if (queued > link.limits.high && !link.congested) {
    set_congested(link, true);
    newly_congested_.push_back(link.id);
  }
  if (queued > link.limits.hard / 2 && !link.unread && link.origin == Origin::controller) {
    link.unread = true;
    link.taken = link.stream->taken();
    link.progress = now();
    if (!std::exchange(watching_progress_, true)) progress_timer_.start(limits_.patience / looks_within_patience);
    read_or_pause(link);
  }
}

void Server::turn() {
  // Telling the core may give new bytes, writing may give new things to tell.
  for (bool again = true; again;) {
    flush(Which::all);
    again = !ended_.empty() || !newly_congested_.empty() || !newly_paused_.empty();
    for (const LinkId id : std::exchange(newly_congested_, {})) {
      if (const Link* link = find(id); link != nullptr && link->congested) tell(slicing::Congested{id, true});
    }
    for (const LinkId id : std::exchange(newly_paused_, {})) {
      Link* link = find(id);
      if (link == nullptr) continue;
      const bool paused = link->waits();
      if (std::exchange(link->told_paused, paused) != paused) tell(slicing::Paused{id, paused});
    }
    for (auto& [id, why] : std::exchange(ended_, {})) {
      Link* link = find(id);
      if (link == nullptr) continue;  // told already, or hung up in the meantime
      link->stream->stop_reading();
      remove(*link);
      tell(slicing::Lost{id, std::move(why)});
    }
  }
  for (const LinkId id : std::exchange(spent_, {})) {
    if (Link* link = find(id); link != nullptr) {
      link->spent = false;
      read_or_pause(*link);
    }
  }
  removed_.clear();
  left_.clear();
  arm();
  finish_if_empty();
}

void Server::arm() {
  const std::optional<ofmsg::Time> due = core_.deadline();
  if (due == armed_) return;
  armed_ = due;
  if (due) {
    timer_.start(*due - now());
  } else {
    timer_.stop();
  }
}

// --- the end -------------------------------------------------------------------------------------------------------

void Server::shut_down(std::function<void()> done) {
  if (done_) return;
  done_ = std::move(done);
  tell(slicing::Shutdown{});
  dialer_.cancel_all();
  std::vector<LinkId> rest;
  for (const auto& [key, link] : links_) rest.push_back(link->id);
  for (const LinkId id : rest) hang_up(id, "shutting down");
}

void Server::finish_if_empty() {
  if (!done_ || !links_.empty() || !leaving_.empty() || !dialer_.idle()) return;
  timer_.stop();
  uv_idle_stop(idle_.get());
  progress_timer_.stop();
  uv_prepare_stop(prepare_.get());
  done_();
}

}  // namespace sluice::proxy
