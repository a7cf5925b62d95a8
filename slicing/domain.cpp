// Links to sessions: who is at the other end of a connection, and what happens when two claim to be the same switch.
//
// A connection from a switch is a *stranger* until its handshake has told its dpid. Then it is given to the session of
// that switch; or it stays a stranger, connected and listed but without slices, if the slice file does not know the
// dpid; or it waits, if another connection with this dpid stands: that one is asked for a sign of life, stays if it
// gives one, and makes way if it does not.
#include "slicing/domain.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ofmsg/text_parts.hpp"
#include "slicing/explain.hpp"
#include "slicing/session.hpp"
#include "slicing/status_of.hpp"
#include "slicing/trace_of.hpp"

namespace sluice::slicing {

namespace {

constexpr Time takeover_after = std::chrono::seconds{2};

}  // namespace

class Domain::Impl {
 public:
  Impl(std::shared_ptr<const policy::Snapshot> policy, const Seed& seed) : policy_{std::move(policy)}, seed_{seed} {
    Outbox nothing;
    Turn turn{Time{}, nothing, links_, refusals_, seed_};
    open_sessions(turn);
    offer_versions();
  }

  void handle(const Input& input, Time now, Outbox& out) {
    all_stale_ = all_stale_ || !std::holds_alternative<Arrived>(input);
    Turn turn{now, out, links_, refusals_, seed_};
    std::visit([&](const auto& in) { on(turn, in); }, input);
  }

  [[nodiscard]] std::optional<Time> deadline() const {
    std::optional<Time> first;
    const auto consider = [&first](std::optional<Time> time) {
      if (time && (!first || *time < *first)) first = time;
    };
    refresh_deadlines();
    for (const std::optional<Time>& due : deadlines_) consider(due);
    for (const auto& [link, stranger] : strangers_) {
      consider(stranger.channel.deadline());
      if (stranger.waits_for) consider(stranger.takes_over);
    }
    return first;
  }

  [[nodiscard]] DomainState state(Time now) const {
    DomainState state;
    state.name = policy_->name();
    state.fingerprint = policy_->fingerprint();
    state.now = now;
    for (const auto& session : sessions_) {
      if (session->settings().gone) continue;
      state.switches.push_back(switch_state(*session));
      append_leg_states(*session, state.legs);
    }
    for (std::size_t i = 0; i < policy_->slices().size(); ++i) {
      if (policy_->slices()[i].gone) continue;
      state.slices.push_back(slice_state(*policy_, policy::SliceId{static_cast<std::uint16_t>(i)}, sessions_));
    }
    for (const auto& [link, stranger] : strangers_) {
      SwitchState s;
      s.dpid = stranger.channel.up() ? stranger.channel.features().datapath_id : ofmsg::DatapathId{};
      s.name = stranger.channel.up() ? text(s.dpid) : stranger.peer;
      s.state = !stranger.channel.up() ? "handshake" : stranger.waits_for ? "duplicate" : "no slices";
      s.peer = stranger.peer;
      if (stranger.channel.up()) s.version = stranger.channel.version();
      s.since = stranger.since;
      state.switches.push_back(std::move(s));
    }
    return state;
  }

  [[nodiscard]] std::vector<FlowState> flows(std::string_view slice, std::string_view switch_name, Time now) const {
    std::vector<FlowState> flows;
    for (const auto& session : sessions_) {
      if (switch_name.empty() || session->name() == switch_name) append_flow_states(*session, slice, now, flows);
    }
    return flows;
  }

  [[nodiscard]] std::vector<Refusal> refusals() const { return {refusals_.begin(), refusals_.end()}; }

  [[nodiscard]] Standing standing() const {
    Standing standing;
    standing.on_their_way = strangers_.size();
    for (const auto& session : sessions_) append_standing(*session, standing);
    return standing;
  }

  [[nodiscard]] std::optional<Trace> trace(std::string_view switch_name, const ofmsg::PacketKey& packet,
                                           Time now) const {
    const auto id = policy_->find_switch(switch_name);
    return id ? std::optional{slicing::trace(*sessions_[id->value], packet, now)} : std::nullopt;
  }

  [[nodiscard]] Explanation explain(Refusal refusal) const {
    const auto id = policy_->find_switch(std::string_view{refusal.switch_name});
    if (!id) return {std::move(refusal), {}, {}};
    return slicing::explain(*sessions_[id->value], std::move(refusal));
  }

  [[nodiscard]] std::optional<RuleName> rule_behind(std::string_view switch_name, std::string_view slice,
                                                    const ofmsg::Message& message) const {
    const auto id = policy_->find_switch(switch_name);
    const auto whose = policy_->find_slice(slice);
    return id && whose ? slicing::rule_behind(*sessions_[id->value], *whose, message) : std::nullopt;
  }

  [[nodiscard]] const ReloadReport& reload_report() const { return report_; }

  [[nodiscard]] ReloadReport foresee(const policy::Snapshot& next) const {
    ReloadReport report;
    for (const auto& session : sessions_) {
      add(slicing::foresee(*session, next), report);
      if (session->state == Session::State::down) continue;
      const policy::Switch& settings = next.switch_(session->id);
      if (settings.gone) {
        report.switches_gone.push_back(session->name());
      } else if (!settings.versions.has(session->version())) {
        report.switches_refused.push_back(session->name());
      }
    }
    for (const auto& [link, stranger] : strangers_) {
      const std::optional<policy::SwitchId> id = known(stranger, next);
      if (id && !stranger.waits_for) report.switches_known.push_back(next.switch_(*id).name);
    }
    return report;
  }

 private:
  struct Stranger {
    ofmsg::Channel channel;
    std::string peer;
    Time since;
    std::optional<std::size_t> waits_for;  // the session whose connection it may take over
    Time takes_over{};
  };

  using Strangers = std::map<LinkId, Stranger>;

  static std::optional<policy::SwitchId> known(const Stranger& stranger, const policy::Snapshot& policy) {
    return stranger.channel.up() ? policy.find_switch(stranger.channel.features().datapath_id) : std::nullopt;
  }

  void on(Turn& t, const SwitchUp& in) {
    ofmsg::ChannelSettings settings;
    settings.end = ofmsg::End::controller;
    settings.versions = offered_;
    ofmsg::Channel channel{settings, t.now, t.out.to(in.link)};
    t.out.add(Note{NoteId::switch_connected, {}, {}, "peer=" + in.peer});
    strangers_.emplace(in.link, Stranger{std::move(channel), in.peer, t.now, std::nullopt, {}});
  }

  void on(Turn& t, const ControllerUp& in) {
    if (const auto whose = links_.find(in.link); whose && whose->leg) {
      leg_connected(*sessions_[whose->session], t, *whose->leg);
    }
  }

  void on(Turn& t, const Arrived& in) {
    if (const auto whose = links_.find(in.link)) {
      Session& s = *sessions_[whose->session];
      if (!std::exchange(is_stale_[whose->session], char{1})) stale_.push_back(whose->session);
      return whose->leg ? leg_frame(s, t, *whose->leg, in.frame) : switch_frame(s, t, whose->session, in.frame);
    }
    if (const auto stranger = strangers_.find(in.link); stranger != strangers_.end()) {
      all_stale_ = true;  // it may become a session's
      stranger_frame(t, stranger, in.frame);
    }
  }

  void on(Turn& t, const Garbled& in) {
    if (const auto whose = links_.find(in.link)) {
      Session& s = *sessions_[whose->session];
      if (whose->leg) {
        Leg& leg = s.legs[*whose->leg];
        if (!leg.channel) return;
        leg.channel->garbled(in.error, in.offender, t.out.to(in.link));
        return drop_leg(s, t, *whose->leg, leg.channel->closed_because());
      }
      s.channel->garbled(in.error, in.offender, t.out.to(in.link));
      return lose_switch(s, t, s.channel->closed_because());
    }
    if (const auto stranger = strangers_.find(in.link); stranger != strangers_.end()) {
      stranger->second.channel.garbled(in.error, in.offender, t.out.to(in.link));
      dismiss(t, stranger, stranger->second.channel.closed_because());
    }
  }

  void on(Turn& t, const Lost& in) {
    if (const auto whose = links_.find(in.link)) {
      links_.release(in.link);
      Session& s = *sessions_[whose->session];
      if (whose->leg) return leg_lost(s, t, *whose->leg, in.why);
      detach(s, t, in.why);
      return promote_waiting(t, whose->session);
    }
    strangers_.erase(in.link);
  }

  void on(Turn&, const Congested& in) {
    const auto whose = links_.find(in.link);
    if (!whose) return;
    Session& s = *sessions_[whose->session];
    (whose->leg ? s.legs[*whose->leg].congested : s.congested) = in.congested;
  }

  void on(Turn& t, const Paused& in) {
    const auto whose = links_.find(in.link);
    if (!whose || !whose->leg) return;
    Leg& leg = sessions_[whose->session]->legs[*whose->leg];
    in.paused ? leg.hold() : leg.resume(t.now);
  }

  void on(Turn& t, const Tick&) {
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
      Session& s = *sessions_[i];
      const bool was_down = s.state == Session::State::down;
      tick(s, t, i);
      if (!was_down && s.state == Session::State::down) promote_waiting(t, i);
    }
    for (auto at = strangers_.begin(); at != strangers_.end();) {
      const auto stranger = at++;
      if (stranger->second.channel.tick(t.now, t.out.to(stranger->first)) == ofmsg::Channel::Event::closed) {
        dismiss(t, stranger, stranger->second.channel.closed_because());
      } else if (stranger->second.waits_for && t.now >= stranger->second.takes_over) {
        take_over(t, stranger);
      }
    }
  }

  void on(Turn& t, const PolicyChanged& in) {
    policy_ = in.policy;
    report_ = {};
    t.out.add(Note{NoteId::policy_changed, {}, {}, "fingerprint=" + ofmsg::hex(policy_->fingerprint(), 16)});
    for (const auto& session : sessions_) {
      add(change_policy(*session, t, policy_), report_);
      const bool connected = session->state != Session::State::down;
      if (session->settings().gone) {
        if (connected) {
          report_.switches_gone.push_back(session->name());
          lose_switch(*session, t, "the slice file no longer has it");
        }
        session->ledger.clear();
      } else if (connected && !session->settings().versions.has(session->version())) {
        report_.switches_refused.push_back(session->name());
        lose_switch(*session, t, "its OpenFlow version is no longer allowed");
      }
    }
    open_sessions(t);
    offer_versions();
    greet_strangers(t);
  }

  void on(Turn& t, const Shutdown&) {
    for (const auto& session : sessions_) {
      if (session->state != Session::State::down) lose_switch(*session, t, "shutting down");
    }
    while (!strangers_.empty()) dismiss(t, strangers_.begin(), "shutting down");
  }

  // --- the policy ---

  // A session for each switch that has none yet.
  void open_sessions(Turn& t) {
    for (std::size_t i = sessions_.size(); i < policy_->switches().size(); ++i) {
      const policy::SwitchId id{static_cast<std::uint16_t>(i)};
      sessions_.push_back(std::make_unique<Session>(policy_, id, seed_.number, totals_));
      arrange_legs(*sessions_.back(), t);
      is_stale_.push_back(0);
    }
  }

  // Strangers are offered what any switch may speak.
  void offer_versions() {
    offered_ = {};
    for (const policy::Switch& s : policy_->switches()) {
      for (const ofmsg::Version v : ofmsg::all_versions) {
        if (!s.gone && s.versions.has(v)) offered_.add(v);
      }
    }
    if (offered_.empty()) offered_ = {ofmsg::v1_0, ofmsg::v1_3};
  }

  // The policy may know them now.
  void greet_strangers(Turn& t) {
    for (auto at = strangers_.begin(); at != strangers_.end();) {
      const auto stranger = at++;
      const bool waited = std::exchange(stranger->second.waits_for, std::nullopt).has_value();
      const std::optional<policy::SwitchId> id = known(stranger->second, *policy_);
      if (!id) continue;
      if (!waited) report_.switches_known.push_back(policy_->switch_(*id).name);
      identify(t, stranger);
    }
  }

  static void add(ReloadReport more, ReloadReport& report) {
    std::move(more.changes.begin(), more.changes.end(), std::back_inserter(report.changes));
  }

  // --- switches ---

  void switch_frame(Session& s, Turn& t, std::size_t index, ofmsg::FrameView frame) {
    // It lives: whoever waits for its place waits in vain.
    for (auto at = strangers_.begin(); at != strangers_.end();) {
      const auto stranger = at++;
      if (stranger->second.waits_for == index) dismiss(t, stranger, "another connection with this dpid is alive");
    }
    switch (s.channel->receive(frame, t.now, t.out.to(s.link))) {
      case ofmsg::Channel::Event::message: return from_switch(s, t, frame);
      case ofmsg::Channel::Event::closed: return lose_switch(s, t, s.channel->closed_because());
      case ofmsg::Channel::Event::none:
      case ofmsg::Channel::Event::up: return;
    }
  }

  void lose_switch(Session& s, Turn& t, const std::string& why) {
    links_.release(s.link);
    t.out.add(Hangup{s.link, why});
    detach(s, t, std::string{why});  // a copy: `why` may be the channel's own, which ends here
  }

  void stranger_frame(Turn& t, Strangers::iterator stranger, ofmsg::FrameView frame) {
    switch (stranger->second.channel.receive(frame, t.now, t.out.to(stranger->first))) {
      case ofmsg::Channel::Event::up: return identify(t, stranger);
      case ofmsg::Channel::Event::closed: return dismiss(t, stranger, stranger->second.channel.closed_because());
      case ofmsg::Channel::Event::none:
      case ofmsg::Channel::Event::message: return;
    }
  }

  void identify(Turn& t, Strangers::iterator stranger) {
    const ofmsg::Channel& channel = stranger->second.channel;
    const ofmsg::DatapathId dpid = channel.features().datapath_id;
    const std::optional<policy::SwitchId> id = policy_->find_switch(dpid);
    if (!id) {
      t.out.add(Note{NoteId::switch_unknown, text(dpid), {}, "peer=" + stranger->second.peer});
      return;
    }
    Session& s = *sessions_[id->value];
    if (!s.settings().versions.has(channel.version())) {
      return dismiss(t, stranger,
                     "OpenFlow " + std::string{text(channel.version())} + " is not allowed for switch " + s.name());
    }
    if (s.state == Session::State::down) return adopt(t, stranger, id->value);
    note(s, t, NoteId::switch_duplicate, "peer=" + stranger->second.peer);
    stranger->second.waits_for = id->value;
    stranger->second.takes_over = t.now + takeover_after;
    s.channel->probe(t.now, t.out.to(s.link));
  }

  void adopt(Turn& t, Strangers::iterator stranger, std::size_t session) {
    const LinkId link = stranger->first;
    Stranger found = std::move(stranger->second);
    strangers_.erase(stranger);
    links_.bind(link, {session, std::nullopt});
    attach(*sessions_[session], t, link, std::move(found.channel), std::move(found.peer));
  }

  void take_over(Turn& t, Strangers::iterator stranger) {
    const std::size_t session = *stranger->second.waits_for;
    Session& s = *sessions_[session];
    note(s, t, NoteId::switch_taken_over, "peer=" + stranger->second.peer);
    lose_switch(s, t, "a newer connection took over");
    adopt(t, stranger, session);
  }

  // The session's connection is gone; a connection that waits for its place gets it now.
  void promote_waiting(Turn& t, std::size_t session) {
    const auto waiting = std::find_if(strangers_.begin(), strangers_.end(),
                                      [session](const auto& entry) { return entry.second.waits_for == session; });
    if (waiting != strangers_.end()) adopt(t, waiting, session);
  }

  void dismiss(Turn& t, Strangers::iterator stranger, std::string why) {
    t.out.add(Note{NoteId::switch_lost, {}, {}, "peer=" + stranger->second.peer + " why=\"" + why + "\""});
    t.out.add(Hangup{stranger->first, std::move(why)});
    strangers_.erase(stranger);
  }

  // --- controllers ---

  static void leg_frame(Session& s, Turn& t, std::size_t index, ofmsg::FrameView frame) {
    Leg& leg = s.legs[index];
    if (!leg.channel) return;
    switch (leg.channel->receive(frame, t.now, t.out.to(leg.link))) {
      case ofmsg::Channel::Event::up:
        leg.enter(Leg::State::up, t.now);
        leg.pause = Leg::first_pause;
        leg.last_error.clear();
        leg.was_up_since = t.now;
        note(s, t, NoteId::leg_up, "controller=" + text(leg.controller.at), leg.slice);
        return look_after_absent(s, t);
      case ofmsg::Channel::Event::message: return from_controller(s, t, index, frame);
      case ofmsg::Channel::Event::closed: return drop_leg(s, t, index, leg.channel->closed_because());
      case ofmsg::Channel::Event::none: return;
    }
  }

  // A message changes its own session's deadline only: not every turn of the loop looks at every connection.
  void refresh_deadlines() const {
    if (all_stale_) {
      deadlines_.clear();
      for (const auto& session : sessions_) deadlines_.push_back(slicing::deadline(*session));
    } else {
      for (const std::size_t i : stale_) deadlines_[i] = slicing::deadline(*sessions_[i]);
    }
    for (const std::size_t i : stale_) is_stale_[i] = 0;
    stale_.clear();
    all_stale_ = false;
  }

  std::shared_ptr<const policy::Snapshot> policy_;
  ofmsg::VersionSet offered_;
  std::shared_ptr<FlowTotals> totals_ = std::make_shared<FlowTotals>();
  std::vector<std::unique_ptr<Session>> sessions_;  // by SwitchId
  Strangers strangers_;
  Links links_;
  std::deque<Refusal> refusals_;
  Seed seed_;
  ReloadReport report_;
  // Of the sessions, as they were when the deadline was asked for last, and those that have changed since.
  mutable std::vector<std::optional<Time>> deadlines_;
  mutable std::vector<std::size_t> stale_;
  mutable std::vector<char> is_stale_;
  mutable bool all_stale_ = true;
};

Domain::Domain(std::shared_ptr<const policy::Snapshot> policy, const Seed& seed)
    : impl_{std::make_unique<Impl>(std::move(policy), seed)} {}

Domain::Domain(Domain&&) noexcept = default;
Domain& Domain::operator=(Domain&&) noexcept = default;
Domain::~Domain() = default;

void Domain::handle(const Input& input, Time now, Outbox& out) { impl_->handle(input, now, out); }

std::optional<Time> Domain::deadline() const { return impl_->deadline(); }

const ReloadReport& Domain::reload_report() const { return impl_->reload_report(); }

ReloadReport Domain::foresee(const policy::Snapshot& next) const { return impl_->foresee(next); }

DomainState Domain::state(Time now) const { return impl_->state(now); }

std::vector<FlowState> Domain::flows(std::string_view slice, std::string_view switch_name, Time now) const {
  return impl_->flows(slice, switch_name, now);
}

std::vector<Refusal> Domain::refusals() const { return impl_->refusals(); }

Standing Domain::standing() const { return impl_->standing(); }

std::optional<RuleName> Domain::rule_behind(std::string_view switch_name, std::string_view slice,
                                            const ofmsg::Message& message) const {
  return impl_->rule_behind(switch_name, slice, message);
}

std::optional<Trace> Domain::trace(std::string_view switch_name, const ofmsg::PacketKey& packet, Time now) const {
  return impl_->trace(switch_name, packet, now);
}

Explanation Domain::explain(Refusal refusal) const { return impl_->explain(std::move(refusal)); }

}  // namespace sluice::slicing
