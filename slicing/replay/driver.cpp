#include "slicing/replay/driver.hpp"

#include <algorithm>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/deframer.hpp"
#include "ofmsg/message.hpp"
#include "slicing/cookie.hpp"
#include "slicing/replay/comparison.hpp"
#include "slicing/replay/link_names.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::ByteView;
using ofmsg::Channel;
using ofmsg::Frame;
using ofmsg::FrameView;
using ofmsg::Message;

namespace {

// Never loses patience: the script decides who is silent.
Channel channel(ofmsg::End end, ofmsg::VersionSet versions, Time now, Bytes& out) {
  ofmsg::ChannelSettings settings;
  settings.end = end;
  settings.versions = versions;
  settings.handshake_within = settings.echo_after = settings.echo_wait = std::chrono::hours{1000000};
  return Channel{settings, now, out};
}

// Nobody here asks but a script.
bool is_echo_reply(FrameView frame) {
  const auto kind = ofmsg::kind_of(frame);
  return kind && *kind == ofmsg::Kind::echo_reply;
}

// A flow by which Sluice gets what no slice shall catch.
bool is_own_flow(FrameView frame) {
  const auto kind = ofmsg::kind_of(frame);
  const auto cookie = cookie_offset(frame);
  return kind && *kind == ofmsg::Kind::flow_mod && cookie &&
         is_discovery_cookie(ofmsg::load<std::uint64_t>(frame.bytes(), *cookie));
}

}  // namespace

struct Driver::Switch {
  SwitchSettings settings;
  std::optional<LinkId> link;  // while connected
  std::optional<Channel> channel;
  Bytes out;
  std::deque<Frame> heard;
  bool greeted = false;  // the proxy has set the connection up

  void say(const Message& message, ofmsg::Xid xid) {
    // What is said here can be said in every version.
    static_cast<void>(ofmsg::encode(out, message, settings.version, xid));
  }

  [[nodiscard]] ofmsg::FeaturesReply features() const {
    ofmsg::FeaturesReply reply;
    reply.datapath_id = settings.dpid;
    reply.n_buffers = 256;
    reply.n_tables = 254;
    reply.capabilities = ofmsg::FeaturesReply::flow_stats | ofmsg::FeaturesReply::table_stats |
                         ofmsg::FeaturesReply::port_stats | ofmsg::FeaturesReply::queue_stats;
    if (settings.version == ofmsg::v1_0) reply.actions = 0xfff;
    if (ofmsg::until(ofmsg::v1_2).has(settings.version)) reply.ports = settings.ports;
    return reply;
  }
};

struct Driver::Controller {
  Party party;
  LinkId link;
  std::optional<Channel> channel;
  bool held = false;  // the core wants to hear nothing of it now
  Bytes out;
  std::deque<Frame> heard;
};

Driver::Driver(std::shared_ptr<const policy::Snapshot> policy, std::uint64_t seed)
    : policy_{std::move(policy)}, domain_{policy_, seed} {}

Driver::~Driver() = default;

// --- parties -------------------------------------------------------------------------------------------------------

Driver::Switch* Driver::find_switch(const std::string& name) {
  return const_cast<Switch*>(std::as_const(*this).find_switch(name));
}

const Driver::Switch* Driver::find_switch(const std::string& name) const {
  const auto found = switches_.find(name);
  return found == switches_.end() ? nullptr : found->second.get();
}

Driver::Controller* Driver::find_controller(const Party& party) {
  return const_cast<Controller*>(std::as_const(*this).find_controller(party));
}

const Driver::Controller* Driver::find_controller(const Party& party) const {
  for (const auto& [link, controller] : controllers_) {
    if (controller->party == party) return controller.get();
  }
  return nullptr;
}

void Driver::connect_switch(const std::string& name, SwitchSettings settings) {
  auto device = std::make_unique<Switch>();
  device->settings = std::move(settings);
  switches_[name] = std::move(device);
  greet(name);
}

void Driver::greet(const std::string& name) {
  Switch& device = *switches_.at(name);
  device.link = LinkId{next_link_++};
  device.greeted = false;
  device.out.clear();
  device.channel.emplace(channel(ofmsg::End::switch_, {device.settings.version}, now_, device.out));
  handle(SwitchUp{*device.link, name});
  settle();
  device.greeted = true;
}

bool Driver::is_up(const Party& party) const {
  if (party.slice.empty()) {
    const Switch* device = find_switch(party.switch_name);
    return device != nullptr && device->link.has_value();
  }
  const Controller* controller = find_controller(party);
  return controller != nullptr && controller->channel->up();
}

std::optional<ofmsg::Version> Driver::version(const Party& party) const {
  if (party.slice.empty()) {
    const Switch* device = find_switch(party.switch_name);
    return device == nullptr ? std::nullopt : std::optional{device->settings.version};
  }
  const Controller* controller = find_controller(party);
  return controller == nullptr || !controller->channel->up() ? std::nullopt
                                                             : std::optional{controller->channel->version()};
}

bool Driver::disconnect(const Party& party) {
  if (!is_up(party)) return false;
  LinkId link;
  if (party.slice.empty()) {
    link = *std::exchange(find_switch(party.switch_name)->link, std::nullopt);
  } else {
    refusing_[party] = true;
    link = find_controller(party)->link;
    controllers_.erase(link);
  }
  handle(Lost{link, "disconnected"});
  settle();
  return true;
}

bool Driver::connect(const Party& party) {
  if (is_up(party)) return false;
  if (party.slice.empty()) {
    if (find_switch(party.switch_name) == nullptr) return false;
    greet(party.switch_name);
    return true;
  }
  refusing_.erase(party);
  // Its slice dials again within the longest pause.
  for (int second = 0; second < 16 && !is_up(party); ++second) advance(std::chrono::seconds{1});
  return is_up(party);
}

bool Driver::say(const Party& party, ByteView bytes) {
  if (!is_up(party)) return false;
  const LinkId link = party.slice.empty() ? *find_switch(party.switch_name)->link : find_controller(party)->link;
  if (is_held(link)) {
    ofmsg::append(find_controller(party)->out, bytes);
  } else {
    feed(link, bytes);
  }
  settle();
  return true;
}

std::optional<Frame> Driver::take(const Party& party) {
  std::deque<Frame>* heard = nullptr;
  if (party.slice.empty()) {
    if (Switch* device = find_switch(party.switch_name)) heard = &device->heard;
  } else if (Controller* controller = find_controller(party)) {
    heard = &controller->heard;
  }
  if (heard == nullptr || heard->empty()) return std::nullopt;
  Frame first = std::move(heard->front());
  heard->pop_front();
  return first;
}

std::vector<std::pair<Party, Frame>> Driver::left() const {
  std::vector<std::pair<Party, Frame>> all;
  for (const auto& [name, device] : switches_) {
    for (const Frame& frame : device->heard) all.emplace_back(Party{name, {}, 0}, frame.clone());
  }
  for (const auto& [link, controller] : controllers_) {
    for (const Frame& frame : controller->heard) all.emplace_back(controller->party, frame.clone());
  }
  return all;
}

// --- time and policy -----------------------------------------------------------------------------------------------

void Driver::advance(Time by) {
  const Time until = now_ + by;
  settle();
  while (now_ < until) {
    const std::optional<Time> due = domain_.deadline();
    now_ = due ? std::clamp(*due, now_, until) : until;
    handle(Tick{});
    settle();
  }
}

void Driver::change_policy(std::shared_ptr<const policy::Snapshot> policy) {
  policy_ = std::move(policy);
  handle(PolicyChanged{policy_});
  settle();
}

// --- the wires -----------------------------------------------------------------------------------------------------

void Driver::handle(const Input& input) { domain_.handle(input, now_, outbox_); }

void Driver::feed(LinkId link, ByteView bytes) {
  ofmsg::Deframer deframer;
  deframer.feed(bytes);
  while (true) {
    const auto frame = deframer.next();
    if (!frame) return handle(Garbled{link, frame.error(), deframer.offender()});
    if (!*frame) return;
    bytes = bytes.subspan((*frame)->size());
    handle(Arrived{link, **frame});
    if (is_held(link)) break;
  }
  // The rest is read when the core wants to hear it.
  const auto controller = controllers_.find(link);
  if (controller == controllers_.end()) return;
  Bytes& out = controller->second->out;
  out.insert(out.begin(), bytes.begin(), bytes.end());
}

// As the core has said last, which may not have been carried out yet.
bool Driver::is_held(LinkId link) {
  const auto controller = controllers_.find(link);
  bool held = controller != controllers_.end() && controller->second->held;
  for (const Record& record : outbox_.records()) {
    if (const auto* hold = std::get_if<Hold>(&record); hold != nullptr && hold->link == link) held = hold->hold;
  }
  return held;
}

void Driver::settle() {
  do {
    while (deliver()) {
    }
    if (const auto due = domain_.deadline(); due && *due <= now_) handle(Tick{});
  } while (!outbox_.empty());
}

// One round; false when nothing moved.
bool Driver::deliver() {
  bool moved = false;
  const auto bytes = std::exchange(outbox_.bytes(), {});
  auto records = std::exchange(outbox_.records(), {});
  for (const auto& [link, waiting] : bytes) {
    moved = moved || !waiting.empty();
    const LinkId to = link;  // clang 14 lets no lambda have a part of a structured binding
    ofmsg::for_each_frame(waiting, [&](FrameView frame) { hear(to, frame); });
  }
  for (Record& record : records) {
    moved = true;
    carry_out(std::move(record));
  }
  for (auto& [name, device] : switches_) {
    if (!device->link || device->out.empty()) continue;
    moved = true;
    const Bytes out = std::exchange(device->out, {});
    feed(*device->link, out);
  }
  std::vector<std::pair<LinkId, Bytes>> said;
  for (auto& [link, controller] : controllers_) {
    if (!controller->out.empty() && !controller->held) said.emplace_back(link, std::exchange(controller->out, {}));
  }
  for (const auto& [link, out] : said) feed(link, out);
  return moved || !said.empty();
}

void Driver::carry_out(Record record) {
  if (const auto* dial = std::get_if<Dial>(&record)) dialled(*dial);
  if (const auto* hangup = std::get_if<Hangup>(&record)) hang_up(hangup->link);
  if (const auto* hold = std::get_if<Hold>(&record)) {
    if (const auto found = controllers_.find(hold->link); found != controllers_.end()) found->second->held = hold->hold;
  }
}

void Driver::dialled(const Dial& dial) {
  Party party = party_of({dial.switch_name, dial.slice, policy::text(dial.to)}, *policy_);
  if (refusing_[party]) return handle(Lost{dial.link, "connection refused"});
  auto controller = std::make_unique<Controller>();
  controller->party = std::move(party);
  controller->link = dial.link;
  controller->channel.emplace(channel(ofmsg::End::controller, {ofmsg::v1_0, ofmsg::v1_3}, now_, controller->out));
  controllers_[dial.link] = std::move(controller);
  handle(ControllerUp{dial.link});
}

void Driver::hang_up(LinkId link) {
  controllers_.erase(link);
  for (auto& [name, device] : switches_) {
    if (device->link == link) device->link.reset();
  }
}

void Driver::hear(LinkId link, FrameView frame) {
  if (const auto found = controllers_.find(link); found != controllers_.end()) {
    Controller& controller = *found->second;
    const auto event = controller.channel->receive(frame, now_, controller.out);
    if (event == Channel::Event::message || is_echo_reply(frame)) controller.heard.emplace_back(frame);
    return;
  }
  for (auto& [name, device] : switches_) {
    if (device->link == link) return hear(*device, frame);
  }
}

void Driver::hear(Switch& device, FrameView frame) {
  const auto event = device.channel->receive(frame, now_, device.out);
  if (is_echo_reply(frame)) device.heard.emplace_back(frame);
  if (event != Channel::Event::message) return;
  const auto kind = ofmsg::kind_of(frame);
  if (kind && *kind == ofmsg::Kind::features_request) return device.say(Message{device.features()}, frame.xid());
  if (kind && *kind == ofmsg::Kind::barrier_request) return device.say(Message{ofmsg::BarrierReply{}}, frame.xid());
  if (is_own_flow(frame)) return;
  if (!device.greeted && kind) {
    if (*kind == ofmsg::Kind::set_config) return;
    if (*kind == ofmsg::Kind::desc_request) return device.say(Message{ofmsg::DescReply{}}, frame.xid());
    if (*kind == ofmsg::Kind::port_desc_request) {
      return device.say(Message{ofmsg::PortDescReply{0, device.settings.ports}}, frame.xid());
    }
    if (*kind == ofmsg::Kind::flow_stats_request) return device.say(Message{ofmsg::FlowStatsReply{}}, frame.xid());
  }
  device.heard.emplace_back(frame);
}

}  // namespace sluice::slicing::replay
