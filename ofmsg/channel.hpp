// One OpenFlow connection, either end of it, as a state machine: frames and time in, bytes and events out.
//
//   hello ──their HELLO, common version──► features ──FEATURES_REPLY──► up ──► closed
//     │                                    (controller end only)
//     └── no common version, no HELLO in time, a message before HELLO: error with a sentence, then closed
//
// The channel sends HELLO (with a bitmap) at once, chooses the version, at the controller end asks for the features,
// answers ECHO_REQUEST, and probes with its own ECHO_REQUEST when nothing has come for `echo_after`; when `echo_wait`
// later still nothing has come, the connection is dead. Everything else is handed to the owner. It knows no sockets and
// no clock: whoever owns it carries bytes, calls `tick` no later than `deadline`, and hangs up when it says `closed`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ofmsg/frame.hpp"
#include "ofmsg/message.hpp"
#include "ofmsg/version.hpp"

namespace sluice::ofmsg {

// Time since some fixed moment; only differences matter.
using Time = std::chrono::nanoseconds;

enum class End : std::uint8_t { controller, switch_ };  // which end of the connection we are

struct ChannelSettings {
  End end = End::controller;
  VersionSet versions;                               // that we offer
  Time handshake_within = std::chrono::seconds{10};  // from the start until up
  Time echo_after = std::chrono::seconds{5};         // silence before a probe
  Time echo_wait = std::chrono::seconds{10};         // silence after a probe
};

class Channel {
 public:
  enum class State : std::uint8_t { hello, features, up, closed };

  // What a frame meant. `message`: not the channel's business, the owner's. `up`: the handshake is done with this
  // frame; at the controller end `features()` has the reply.
  enum class Event : std::uint8_t { none, up, message, closed };

  // Sends HELLO: appends it to `out`, as every function here appends what is to be sent.
  Channel(ChannelSettings settings, Time now, Bytes& out);

  [[nodiscard]] Event receive(FrameView frame, Time now, Bytes& out);
  // The framing is lost: answers with an error if the handshake came so far, and closes.
  void garbled(const CodecError& error, ByteView offender, Bytes& out);
  // Probes, gives up. Does nothing before `deadline()`.
  [[nodiscard]] Event tick(Time now, Bytes& out);
  [[nodiscard]] std::optional<Time> deadline() const;  // nothing once closed
  // Asks the peer for a sign of life now, if it is up and not asked already.
  void probe(Time now, Bytes& out);

  [[nodiscard]] State state() const { return state_; }

  [[nodiscard]] bool up() const { return state_ == State::up; }

  [[nodiscard]] Version version() const { return version_; }  // from features on

  [[nodiscard]] const FeaturesReply& features() const { return features_; }

  // The ports of that reply (until 1.2), which is without them from then on: they change, and their owner keeps them.
  [[nodiscard]] std::vector<Port> take_ports() { return std::exchange(features_.ports, {}); }

  [[nodiscard]] const std::string& closed_because() const { return reason_; }  // a sentence

  // A fresh xid for messages of the owner's own; never zero.
  [[nodiscard]] Xid fresh_xid();

 private:
  Event on_hello(FrameView frame, Bytes& out);
  Event on_features(FrameView frame);
  Event close(std::string reason);
  Event refuse_hello(Xid xid, std::string sentence, Bytes& out);
  void send(Bytes& out, const Message& message);

  ChannelSettings settings_;
  State state_ = State::hello;
  Version version_ = v1_0;
  FeaturesReply features_;
  std::string reason_;
  Time started_;
  Time heard_;
  std::optional<Time> probed_;
  Xid features_xid_;
  std::uint32_t next_xid_ = 1;
};

}  // namespace sluice::ofmsg
