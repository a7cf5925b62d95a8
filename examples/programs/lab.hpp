// What the program sluice-switch does: a network on a libuv loop, the connections of its switches
// to their controllers, and the commands by which a person or a script plays with it.
//
// A command is one line. Its answer is any number of lines, the last of which is "ok" or "error:
// …". Commands are carried out one after the other; `ping`, `until` and `wait` take time.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "examples/net/network.hpp"
#include "examples/net/tcp.hpp"
#include "examples/net/topology.hpp"
#include "ofmsg/deframer.hpp"

namespace sluice::programs {

// The commands, for people.
[[nodiscard]] std::string_view commands_help();

class Lab {
 public:
  using Print = std::function<void(const std::string&)>;

  // `print` takes the lines of answers, `log` what happens by itself.
  Lab(uv_loop_t* loop, Print print, Print log);
  ~Lab();

  [[nodiscard]] net::Topology& topology() { return topology_; }

  // Connects the switches to their controllers, and keeps doing so.
  void start();
  // One command; carried out when those before it are done.
  void command(std::string line);

  // No command is under way or waits.
  [[nodiscard]] bool idle() const { return commands_.empty() && !task_; }

  // `quit` was said.
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  // A switch's connection to its controller.
  struct Link {
    net::Address address;
    std::unique_ptr<net::Stream> stream;
    ofmsg::Deframer deframer;
    std::optional<ofmsg::Time> dial_at;  // nothing while connected or dialling
    ofmsg::Time back_off{};
    bool was_up = false;
  };

  // A command that takes time.
  struct Task {
    virtual ~Task() = default;
    // Called often; true when the command is done.
    virtual bool step(Lab& lab, ofmsg::Time now) = 0;
  };
  struct PingTask;
  struct UpTask;
  struct WaitTask;

  using Words = std::vector<std::string>;

  // connections
  void dial(const std::string& device);
  void on_connected(const std::string& device);
  void on_bytes(const std::string& device, ofmsg::ByteView bytes);
  void hang_up(const std::string& device, const std::string& why);
  // Sends what switches have to say, dials, sets the timer: after everything that happens.
  void flush();
  void ring();

  // commands
  void run_commands();
  void run(const Words& words);
  void ping(const Words& words);
  void spoof(const Words& words);
  void wire(const Words& words, flow_switch::Link state);
  void show() const;
  void show_flows(const Words& words) const;
  void show_heard(const Words& words) const;
  void finish(const std::string& last);

  Print print_, log_;
  net::Network network_;
  net::Topology topology_;
  std::map<std::string, Link> links_;
  std::deque<std::string> commands_;
  std::unique_ptr<Task> task_;
  bool finished_ = false;
  uv_loop_t* loop_;
  net::Timer timer_;
};

}  // namespace sluice::programs
