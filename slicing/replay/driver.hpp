// A world without sockets and clocks around one Domain: switches and controllers that only do what a script says, and
// what a connection needs to stand.
//
// A switch answers its handshake, what the proxy asks while it sets the connection up, echoes and barriers. A
// controller does its handshake and answers echoes. All other messages wait to be looked at, in their order; whoever is
// not told to say something is silent. Everything arrives at once; time passes when the script says so.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/channel.hpp"
#include "ofmsg/frame.hpp"
#include "policy/snapshot.hpp"
#include "slicing/domain.hpp"
#include "slicing/replay/party.hpp"

namespace sluice::slicing::replay {

struct SwitchSettings {
  ofmsg::DatapathId dpid;
  std::vector<ofmsg::Port> ports;
  ofmsg::Version version = ofmsg::v1_3;
};

class Driver {
 public:
  explicit Driver(std::shared_ptr<const policy::Snapshot> policy, std::uint64_t seed = 1);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver();

  // Connects the switch that the policy calls so; its controllers are dialled, and are there at once.
  void connect_switch(const std::string& name, SwitchSettings settings);

  // Each of these is false when the party is not there.
  [[nodiscard]] bool is_up(const Party& party) const;
  // The connection ends. A switch can be connected again; a controller comes back with `connect`.
  bool disconnect(const Party& party);
  // Controllers that were cut off answer again when they are dialled; switches connect with what they had.
  bool connect(const Party& party);
  // The party says these bytes, which need not be a message.
  bool say(const Party& party, ofmsg::ByteView bytes);

  // The oldest message that the party has heard and nobody has taken; nothing if there is none.
  [[nodiscard]] std::optional<ofmsg::Frame> take(const Party& party);
  // What nobody has taken, of all parties.
  [[nodiscard]] std::vector<std::pair<Party, ofmsg::Frame>> left() const;

  [[nodiscard]] std::optional<ofmsg::Version> version(const Party& party) const;

  void advance(Time by);
  void change_policy(std::shared_ptr<const policy::Snapshot> policy);

  [[nodiscard]] const Domain& domain() const { return domain_; }

  [[nodiscard]] const policy::Snapshot& policy() const { return *policy_; }

  [[nodiscard]] Time now() const { return now_; }

 private:
  struct Switch;
  struct Controller;

  void handle(const Input& input);
  void feed(LinkId link, ofmsg::ByteView bytes);
  [[nodiscard]] bool is_held(LinkId link);
  void settle();
  bool deliver();
  void carry_out(Record record);
  void dialled(const Dial& dial);
  void hang_up(LinkId link);
  void hear(LinkId link, ofmsg::FrameView frame);
  void hear(Switch& device, ofmsg::FrameView frame);
  void greet(const std::string& name);
  [[nodiscard]] Switch* find_switch(const std::string& name);
  [[nodiscard]] const Switch* find_switch(const std::string& name) const;
  [[nodiscard]] Controller* find_controller(const Party& party);
  [[nodiscard]] const Controller* find_controller(const Party& party) const;

  std::shared_ptr<const policy::Snapshot> policy_;
  Domain domain_;
  Time now_{std::chrono::seconds{1000}};
  Outbox outbox_;
  std::uint64_t next_link_ = 1;
  std::map<std::string, std::unique_ptr<Switch>> switches_;
  std::map<LinkId, std::unique_ptr<Controller>> controllers_;
  std::map<Party, bool> refusing_;  // controllers that are not to be reached
};

}  // namespace sluice::slicing::replay
