// A network around one Domain, with one clock: example switches on one side, scripted controllers on the other.
//
// Nothing is real but the core under test. Bytes go from end to end at once, time passes only when a test says so, and
// every run of the same script is the same.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "examples/switch/switch.hpp"
#include "ofmsg/channel.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/deframer.hpp"
#include "ofmsg/message.hpp"
#include "slicing/domain.hpp"
#include "slicing/replay/recording.hpp"

namespace sluice::tests {

using ofmsg::Bytes;
using ofmsg::Message;
using ofmsg::PortNo;
using ofmsg::Time;
using ofmsg::Version;
using ofmsg::Xid;

// A message as it came, and what it says.
struct Received {
  Xid xid;
  Message message;
  Bytes bytes;
  Time at{};
};

// A controller's end of one leg.
class Tenant {
 public:
  Tenant(slicing::LinkId link, ofmsg::VersionSet versions, Time now);

  // Queues a message; `World::settle` carries it. Returns its xid.
  Xid send(const Message& message);
  void send_bytes(ofmsg::ByteView bytes);

  // The oldest message of a kind that has not been taken yet.
  template <class M>
  std::optional<M> take() {
    for (auto at = inbox.begin(); at != inbox.end(); ++at) {
      if (auto* m = std::get_if<M>(&at->message)) {
        M found = std::move(*m);
        last_xid = at->xid;
        inbox.erase(at);
        return found;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Version version() const { return channel.version(); }

  slicing::LinkId link;
  Bytes out;  // to the proxy
  ofmsg::Channel channel;
  std::deque<Received> inbox;                               // what the channel did not take itself
  std::vector<ofmsg::BufferId> buffers;                     // that packet_ins have named
  Xid last_xid;                                             // of the message taken last
  bool paused = false;                                      // the proxy does not read it, because a test says so
  bool held = false;                                        // nor because the core says so
  bool slow = false;                                        // what it says stays on its way
  std::uint32_t queue_bytes = policy::Limits::usual_queue;  // that may wait for it
  std::uint32_t next_xid = 0x1000;
};

// A switch's end of its connection.
struct SwitchEnd {
  std::optional<slicing::LinkId> link;
  flow_switch::Switch device;
  std::vector<flow_switch::Effects::Sent> emitted;  // packets that left
  std::vector<Received> heard;                      // what the proxy sent
  bool deaf = false;                                // nothing reaches it any more
  bool mute = false;                                // says nothing any more
  bool slow = false;                                // what it says stays on its way; see World::hurry
  Bytes on_its_way;
};

// The entries of its table that are slices': all but those by which Sluice gets LLDP.
[[nodiscard]] std::vector<flow_switch::Flow> flows_of_slices(const SwitchEnd& device);

class World {
 public:
  // The text of a slice file; a test fails here if it has errors.
  explicit World(std::string_view slice_file, std::uint64_t seed = 7);

  // The slice file changes; what that does, and what it would do.
  slicing::ReloadReport reload(std::string_view slice_file);
  [[nodiscard]] slicing::ReloadReport foresee(std::string_view slice_file) const;

  // Adds a switch with these ports and connects it.
  SwitchEnd& plug(const std::string& name, std::uint64_t dpid, const std::vector<std::uint32_t>& ports, Version version,
                  std::uint32_t buffers = 0, std::size_t table_size = 65536,
                  std::vector<flow_switch::Queue> queues = {});
  void connect(SwitchEnd& device);
  void cut(SwitchEnd& device, std::string why = "cut by the test");
  // A packet arrives at a port.
  void inject(SwitchEnd& device, std::uint32_t port, ofmsg::ByteView packet);
  void set_link(SwitchEnd& device, std::uint32_t port, flow_switch::Link state);
  // A port of the kind that `plug` gives a switch comes; a port goes.
  void add_port(SwitchEnd& device, std::uint32_t port);
  void remove_port(SwitchEnd& device, std::uint32_t port);
  // What a slow switch has said so far arrives.
  void arrive(SwitchEnd& device);
  // It is slow no more.
  void hurry(SwitchEnd& device);
  // The switch says this, besides what the example switch says by itself.
  void say(SwitchEnd& device, const Message& message, Xid xid = Xid{0});

  // The controller that listens on this TCP port; it must have been dialled. By default every dial succeeds.
  Tenant& tenant(std::uint16_t port, std::size_t nth_switch = 0);

  [[nodiscard]] bool has_tenant(std::uint16_t port) const {
    return tenants.contains(port) && !tenants.at(port).empty();
  }

  void cut(Tenant& tenant);

  void congest(Tenant& tenant, bool congested) { congest(tenant.link, congested); }

  void congest(slicing::LinkId link, bool congested);
  // While a tenant is paused, what it says stays on its way.
  void pause(Tenant& tenant, bool paused);

  // The link ends here and now, whatever is on its way; also while things are carried.
  void lose(slicing::LinkId link);

  // Carries everything until nobody has anything to say; answers what is due now.
  void settle();
  // Lets time pass, deadline by deadline.
  void advance(Time by);

  std::shared_ptr<const policy::Snapshot> policy;
  slicing::Domain domain;
  Time now{std::chrono::seconds{1000}};
  std::map<std::string, std::unique_ptr<SwitchEnd>> switches;
  std::map<std::uint16_t, std::vector<std::unique_ptr<Tenant>>> tenants;  // by the port that was dialled
  std::map<std::uint16_t, ofmsg::VersionSet> tenant_versions;             // what controllers offer; default: all
  std::map<std::uint16_t, bool> refuses;                                  // dials to these ports fail
  std::vector<slicing::Note> notes;
  std::vector<std::pair<Time, std::uint16_t>> dials;
  std::vector<std::string> hangups;
  std::function<void(const slicing::replay::Turn&)> on_turn;  // told of everything that the core does
  std::function<void(std::size_t)> before_input;              // told the number of each input, from 0 on

 private:
  void handle(const slicing::Input& input);
  bool deliver();  // one round; false when nothing moved
  void from_device(SwitchEnd& device, flow_switch::Effects& effects);
  void to_domain(slicing::LinkId link, ofmsg::ByteView bytes);
  // Those whose links are lost.
  void forget_lost();

  std::string slice_file_;
  slicing::Outbox outbox_;
  std::uint64_t next_link_ = 1;
  std::size_t inputs_ = 0;
  std::set<slicing::LinkId> lost_;
};

// As recordings keep it.
[[nodiscard]] slicing::replay::PolicyText policy_text(std::string_view slice_file);

// --- packets -------------------------------------------------------------------------------------------------------

struct PacketSpec {
  std::uint64_t src = 0x020000000001, dst = 0x020000000002;
  std::optional<std::uint16_t> vlan;
  std::uint32_t ip_src = 0x0a000001, ip_dst = 0x0a000002;
  std::uint16_t udp_src = 1000, udp_dst = 2000;
};

[[nodiscard]] Bytes packet(const PacketSpec& spec);

}  // namespace sluice::tests
