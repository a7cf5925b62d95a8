// A switch and a controller that do as little as possible: the switch sends packet_ins and waits
// for flow_mods, the controller answers each packet_in with a flow_mod. Both shake hands through
// the real channel; after that, messages are made beforehand and only patched, so that the load
// costs less than what it measures.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "ofmsg/channel.hpp"
#include "ofmsg/deframer.hpp"
#include "ofmsg/message.hpp"

namespace sluice::bench {

using Clock = std::chrono::steady_clock;

// The messages of one run: `flow_count` flows that come again and again.
struct Ammunition {
  static constexpr std::size_t flow_count = 1000;

  // Flows in all of so many source prefixes; 0: whose IP addresses do not matter.
  explicit Ammunition(ofmsg::Version v, std::size_t prefixes = 0);

  ofmsg::Version version;
  std::vector<ofmsg::Bytes> packet_ins;
  std::vector<ofmsg::Bytes> flow_mods;
};

// One non-blocking socket with what waits to be sent.
class Connection {
 public:
  explicit Connection(int fd) : fd_{fd} {}

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection();

  [[nodiscard]] int fd() const { return fd_; }

  [[nodiscard]] bool wants_to_write() const { return !out_.empty(); }

  void receive(std::vector<std::byte>& buffer);
  void flush();

 protected:
  virtual void on_frame(ofmsg::FrameView frame) = 0;

  // Bytes to be sent when the field turns.
  [[nodiscard]] ofmsg::Bytes& out() { return out_; }

 private:
  ofmsg::Bytes out_;
  int fd_;
  ofmsg::Deframer deframer_;
};

class FakeSwitch final : public Connection {
 public:
  FakeSwitch(int fd, const Ammunition& ammunition, std::uint64_t dpid);

  // Keeps this many packet_ins unanswered until `stop`.
  void start(std::size_t window);

  void stop() { running_ = false; }

  [[nodiscard]] std::size_t outstanding() const { return sent_.size(); }

  [[nodiscard]] bool up() const { return channel_.up(); }

  std::vector<std::uint32_t> latencies;  // nanoseconds from packet_in to flow_mod; since the last clear()

 private:
  void on_frame(ofmsg::FrameView frame) override;
  void answer(ofmsg::FrameView frame);
  void send_packet_in();

  const Ammunition& ammunition_;
  std::uint64_t dpid_;
  ofmsg::Channel channel_;
  std::deque<Clock::time_point> sent_;
  std::size_t next_flow_ = 0;
  bool running_ = false;
};

class FakeController final : public Connection {
 public:
  FakeController(int fd, const Ammunition& ammunition);

  [[nodiscard]] bool up() const { return channel_.up(); }

 private:
  void on_frame(ofmsg::FrameView frame) override;

  const Ammunition& ammunition_;
  ofmsg::Channel channel_;
  std::uint32_t next_xid_ = 1;
};

// Everything that talks to one relay, turned by hand.
class Field {
 public:
  Field(const Ammunition& ammunition, std::size_t switches);
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;
  ~Field();

  // Where controllers are to be found.
  [[nodiscard]] std::uint16_t port() const { return port_; }

  // Connects all switches there and waits until every controller's handshake is done.
  void connect(std::uint16_t to);
  // Runs with this many packet_ins outstanding for each switch; then lets the rest come in.
  void run(std::size_t window, std::chrono::nanoseconds duration);
  // All latencies of the last run.
  [[nodiscard]] std::vector<std::uint32_t> latencies();

 private:
  void turn(std::chrono::milliseconds most);
  [[nodiscard]] std::size_t outstanding() const;

  const Ammunition& ammunition_;
  std::size_t switch_count_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<FakeSwitch>> switches_;
  std::vector<std::unique_ptr<FakeController>> controllers_;
  std::vector<std::byte> buffer_;
};

}  // namespace sluice::bench
