#include "ofmsg/channel.hpp"

#include <algorithm>
#include <utility>

#include "ofmsg/codec.hpp"

namespace sluice::ofmsg {

Channel::Channel(ChannelSettings settings, Time now, Bytes& out) : settings_{settings}, started_{now}, heard_{now} {
  version_ = settings_.versions.highest().value_or(v1_0);
  send(out, Message{Hello::offering(settings_.versions)});
}

Xid Channel::fresh_xid() {
  if (next_xid_ == 0) next_xid_ = 1;
  return Xid{next_xid_++};
}

void Channel::send(Bytes& out, const Message& message) {
  static_cast<void>(encode(out, message, version_, fresh_xid()));
}

Channel::Event Channel::close(std::string reason) {
  state_ = State::closed;
  reason_ = std::move(reason);
  return Event::closed;
}

Channel::Event Channel::refuse_hello(Xid xid, std::string sentence, Bytes& out) {
  append_error(out, version_, xid, wire_error(Reason::hello_incompatible, version_), sentence);
  return close(std::move(sentence));
}

Channel::Event Channel::receive(FrameView frame, Time now, Bytes& out) {
  if (state_ == State::closed) return Event::none;
  heard_ = now;
  probed_.reset();
  if (state_ == State::hello) return on_hello(frame, out);
  if (frame.wire_version() != static_cast<std::uint8_t>(version_)) {
    // A second hello may come in the sender's own highest version; all else is an error [OF 1.3.5 §7.1].
    if (frame.type() == 0) return Event::none;
    append_error(out, version_, frame, wire_error(Reason::bad_version, version_));
    return Event::none;
  }
  const Result<Kind> kind = kind_of(frame);
  if (kind && *kind == Kind::hello) return Event::none;
  if (kind && *kind == Kind::echo_request) {
    const std::size_t at = out.size();
    append(out, frame.bytes());
    out[at + 1] = static_cast<std::byte>(facts(Kind::echo_reply).type[index(version_)]);
    return Event::none;
  }
  if (kind && *kind == Kind::echo_reply) return Event::none;
  if (state_ == State::features) {
    if (kind && *kind == Kind::features_reply) return on_features(frame);
    if (kind && *kind == Kind::error && frame.xid() == features_xid_) {
      return close("the switch refused our features request");
    }
    return Event::none;  // nothing else means anything before the features
  }
  return Event::message;
}

Channel::Event Channel::on_hello(FrameView frame, Bytes& out) {
  if (frame.type() != 0) {
    if (frame.type() == 1) return close("the peer answered our hello with an error");
    return refuse_hello(frame.xid(), "the first message was no HELLO", out);
  }
  const Result<Message> message = decode(frame);
  if (!message) return refuse_hello(frame.xid(), "HELLO cannot be read: " + text(message.error()), out);
  const HelloOffer offer{frame.wire_version(), std::get<Hello>(*message).versions()};
  const std::optional<Version> chosen = negotiate(settings_.versions, offer);
  if (!chosen) {
    std::string theirs = offer.bitmap ? text(*offer.bitmap) : std::string{};
    if (theirs.empty()) theirs = "wire version " + std::to_string(offer.header_version);
    return refuse_hello(
        frame.xid(), "no common OpenFlow version: we speak " + text(settings_.versions) + ", the peer " + theirs, out);
  }
  version_ = *chosen;
  if (settings_.end == End::switch_) {
    state_ = State::up;
    return Event::up;
  }
  state_ = State::features;
  features_xid_ = fresh_xid();
  static_cast<void>(encode(out, Message{FeaturesRequest{}}, version_, features_xid_));
  return Event::none;
}

Channel::Event Channel::on_features(FrameView frame) {
  Result<Message> message = decode(frame);
  if (!message) return close("features reply cannot be read: " + text(message.error()));
  features_ = std::get<FeaturesReply>(std::move(*message));
  state_ = State::up;
  return Event::up;
}

void Channel::garbled(const CodecError& error, ByteView offender, Bytes& out) {
  if (state_ == State::closed) return;
  if (state_ != State::hello && offender.size() >= header_size) {
    append_error(out, version_, Xid{load<std::uint32_t>(offender, 4)}, wire_error(Reason::bad_length, version_),
                 std::string_view{reinterpret_cast<const char*>(offender.data()), offender.size()});
  }
  static_cast<void>(close("framing lost: " + text(error)));
}

Channel::Event Channel::tick(Time now, Bytes& out) {
  if (state_ == State::closed) return Event::none;
  if (state_ != State::up) {
    if (now < started_ + settings_.handshake_within) return Event::none;
    return close(state_ == State::hello ? "no HELLO in time" : "no features reply in time");
  }
  if (probed_) {
    if (now < *probed_ + settings_.echo_wait) return Event::none;
    return close("no sign of life after an echo request");
  }
  if (now >= heard_ + settings_.echo_after) probe(now, out);
  return Event::none;
}

void Channel::probe(Time now, Bytes& out) {
  if (state_ != State::up || probed_) return;
  probed_ = now;
  send(out, Message{EchoRequest{}});
}

std::optional<Time> Channel::deadline() const {
  if (state_ == State::closed) return std::nullopt;
  if (state_ != State::up) return started_ + settings_.handshake_within;
  return probed_ ? *probed_ + settings_.echo_wait : heard_ + settings_.echo_after;
}

}  // namespace sluice::ofmsg
