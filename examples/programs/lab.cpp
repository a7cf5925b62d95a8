// The connections of the switches; the commands are in lab_commands.cpp.
#include "examples/programs/lab.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::programs {

using namespace ofmsg;
using namespace std::chrono_literals;

namespace {

constexpr Time first_back_off = 100ms, longest_back_off = 2s;

}  // namespace

Lab::Lab(uv_loop_t* loop, Print print, Print log)
    : print_{std::move(print)},
      log_{std::move(log)},
      topology_{network_, net::clock_now()},
      loop_{loop},
      timer_{loop, [this] { ring(); }} {}

Lab::~Lab() = default;

void Lab::start() {
  for (const auto& [device, address] : topology_.controllers()) {
    Link& link = links_[device];
    link.address = address;
    link.back_off = first_back_off;
    dial(device);
  }
  flush();
}

void Lab::dial(const std::string& device) {
  Link& link = links_.at(device);
  link.dial_at.reset();
  link.deframer = Deframer{};
  link.stream = std::make_unique<net::Stream>(
      loop_, link.address,
      net::Stream::Events{.connected = [this, device] { on_connected(device); },
                          .bytes = [this, device](ByteView bytes) { on_bytes(device, bytes); },
                          .ended = [this, device](const std::string& why) { hang_up(device, why); }});
}

void Lab::on_connected(const std::string& device) {
  network_.connect(device, net::clock_now());
  flush();
}

void Lab::on_bytes(const std::string& device, ByteView bytes) {
  Deframer& deframer = links_.at(device).deframer;
  deframer.feed(bytes);
  for (;;) {
    const auto frame = deframer.next();
    if (!frame) {
      network_.garbled(device, frame.error(), deframer.offender());
      break;
    }
    if (!*frame) break;
    network_.receive(device, **frame, net::clock_now());
  }
  flush();
}

void Lab::hang_up(const std::string& device, const std::string& why) {
  Link& link = links_.at(device);
  if (link.was_up) log_(device + ": connection to " + net::text(link.address) + " lost: " + why);
  link.was_up = false;
  link.stream.reset();
  network_.disconnect(device);
  link.dial_at = net::clock_now() + link.back_off;
  link.back_off = std::min(link.back_off * 2, longest_back_off);
  flush();
}

void Lab::flush() {
  const Time now = net::clock_now();
  std::optional<Time> next = network_.deadline();
  for (auto& [device, link] : links_) {
    const flow_switch::Switch& state = *network_.find_switch(device);
    if (link.stream) link.stream->send(network_.take_said(device));
    if (network_.take_hang_up(device)) {
      const std::string& reason = state.closed_because();
      hang_up(device, reason.empty() ? "the switch gave up" : reason);
      return;  // which has flushed
    }
    if (state.up() && !link.was_up) {
      link.was_up = true;
      link.back_off = first_back_off;
      log_(device + ": connected to " + net::text(link.address) + ", OpenFlow " + std::string{text(state.version())});
    }
    if (link.dial_at && (!next || *link.dial_at < *next)) next = link.dial_at;
  }
  constexpr Time step = 5ms;  // while a command takes time
  if (task_ || !commands_.empty()) next = std::min(next.value_or(now + step), now + step);
  if (next) {
    timer_.set(*next);
  } else {
    timer_.stop();
  }
}

void Lab::ring() {
  const Time now = net::clock_now();
  network_.tick(now);
  for (auto& [device, link] : links_) {
    if (link.dial_at && *link.dial_at <= now) dial(device);
  }
  run_commands();
  flush();
}

}  // namespace sluice::programs
