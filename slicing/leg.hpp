// One slice's connection to one of its controllers, for one switch.
//
//   idle ──switch up──► waiting ──time──► dialling ──stands──► handshake ──hello──► up
//                          ▲                 │                     │               │
//                          └─────────────────┴──── lost: a pause that doubles ─────┘
//
// The pause starts at half a second, doubles up to eight seconds, and is shortened by up to a quarter at random, so
// that controllers are not dialled in step. It starts anew once a controller has been up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "ofmsg/channel.hpp"
#include "ofmsg/messages/session.hpp"
#include "policy/snapshot.hpp"
#include "slicing/events.hpp"
#include "slicing/op_tracker.hpp"

namespace sluice::slicing {

struct Leg {
  enum class State : std::uint8_t { idle, waiting, dialling, handshake, up };

  static constexpr Time first_pause = std::chrono::milliseconds{500};
  static constexpr Time longest_pause = std::chrono::seconds{8};

  policy::SliceId slice;
  policy::Controller controller;
  std::size_t rank = 0;  // among the slice's controllers, in the order of the file
  bool retired = false;  // the slice file no longer names it; its place in the list waits for another

  State state = State::idle;
  Time since{};                           // when this state began
  Time was_up_since{};                    // when it was up last
  std::uint32_t incarnation = 0;          // counts connections
  LinkId link;                            // while dialling and after
  std::optional<ofmsg::Channel> channel;  // from handshake on
  Time next_try{};                        // while waiting
  Time pause = first_pause;
  std::string last_error;
  bool congested = false;
  bool paused = false;             // we do not read it, so that its silence means nothing
  Time judged_from{};              // not before; its answers may still be on their way after a pause
  std::optional<Time> held_until;  // it has sent too fast, and is not read before
  std::uint32_t queue_bytes = policy::Limits::usual_queue;  // that may wait for it, as the shell knows

  ofmsg::Role role = ofmsg::Role::nochange;  // that it has asked for; nochange: none

  // What the controller set with SET_CONFIG.
  std::uint16_t miss_send_len = 128;
  std::uint16_t config_flags = 0;

  std::uint64_t messages_in = 0, messages_out = 0, refused = 0, packet_ins = 0, packet_ins_dropped = 0, holds = 0;

  [[nodiscard]] bool up() const { return state == State::up; }

  void enter(State next, Time now) {
    state = next;
    since = now;
  }

  // Begins to wait for the next try; `dice` is random.
  void wait(Time now, std::uint64_t dice) {
    enter(State::waiting, now);
    channel.reset();
    congested = false;
    paused = false;
    held_until.reset();
    next_try = now + pause - pause / 4 * static_cast<Time::rep>(dice % 1024) / 1024;
    pause = std::min(pause * 2, longest_pause);
  }

  // Begins to be dialled, as if it never had been.
  void dial_soon(Time now) {
    enter(State::waiting, now);
    next_try = now;
    pause = first_pause;
  }

  void hold() { paused = true; }

  // It is read again, and gets as long for a sign of life as if it had been asked now.
  void resume(Time now) {
    paused = false;
    judged_from = now + ofmsg::ChannelSettings{}.echo_wait;
  }

  [[nodiscard]] bool may_be_judged(Time now) const { return channel && !paused && now >= judged_from; }

  [[nodiscard]] std::optional<Time> deadline() const {
    if (state == State::waiting) return next_try;
    std::optional<Time> due = channel && !paused ? channel->deadline() : std::nullopt;
    if (due) due = std::max(*due, judged_from);
    if (held_until && (!due || *held_until < *due)) due = held_until;
    return due;
  }
};

}  // namespace sluice::slicing
