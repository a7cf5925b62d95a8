#include "tests/support/world.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "policy/compile.hpp"
#include "slicing/cookie.hpp"
#include "tests/support/ports.hpp"

namespace sluice::tests {

namespace {

std::shared_ptr<const policy::Snapshot> compile(std::string_view text, const policy::Snapshot* previous = nullptr) {
  const policy::Compiled compiled = policy::compile(policy::parse(text, "test.json"), previous);
  if (compiled.snapshot) return compiled.snapshot;
  std::fputs(policy::render(compiled.findings, {{"test.json", std::string{text}}}, false).c_str(), stderr);
  std::abort();
}

Received received(ofmsg::FrameView frame, Time at) {
  ofmsg::Result<Message> message = ofmsg::decode(frame);
  if (!message) {
    std::fprintf(stderr, "the core sent what cannot be read: %s\n", text(message.error()).c_str());
    std::abort();
  }
  return {frame.xid(), *std::move(message), {frame.bytes().begin(), frame.bytes().end()}, at};
}

}  // namespace

Tenant::Tenant(slicing::LinkId at, ofmsg::VersionSet versions, Time now)
    : link{at},
      channel{{.end = ofmsg::End::controller,
               .versions = versions,
               .handshake_within = std::chrono::seconds{10},
               .echo_after = std::chrono::hours{1000},
               .echo_wait = std::chrono::hours{1000}},
              now,
              out} {}

Xid Tenant::send(const Message& message) {
  const Xid xid{next_xid++};
  const auto done = ofmsg::encode(out, message, version(), xid);
  if (!done) {
    std::fprintf(stderr, "the test sends what cannot be said: %s\n", text(done.error()).c_str());
    std::abort();
  }
  return xid;
}

void Tenant::send_bytes(ofmsg::ByteView bytes) { ofmsg::append(out, bytes); }

std::vector<flow_switch::Flow> flows_of_slices(const SwitchEnd& device) {
  std::vector<flow_switch::Flow> flows = device.device.datapath().tables().flows(0);
  std::erase_if(flows, [](const flow_switch::Flow& flow) { return slicing::is_discovery_cookie(flow.cookie); });
  return flows;
}

World::World(std::string_view slice_file, std::uint64_t seed)
    : policy{compile(slice_file)}, domain{policy, seed}, slice_file_{slice_file} {}

slicing::ReloadReport World::reload(std::string_view slice_file) {
  policy = compile(slice_file, policy.get());
  slice_file_ = slice_file;
  handle(slicing::PolicyChanged{policy});
  settle();
  return domain.reload_report();
}

slicing::ReloadReport World::foresee(std::string_view slice_file) const {
  return domain.foresee(*compile(slice_file, policy.get()));
}

namespace {

struct LinkOf {
  std::optional<slicing::LinkId> operator()(const slicing::Tick&) const { return std::nullopt; }

  std::optional<slicing::LinkId> operator()(const slicing::PolicyChanged&) const { return std::nullopt; }

  std::optional<slicing::LinkId> operator()(const slicing::Shutdown&) const { return std::nullopt; }

  template <class OfLink>
  std::optional<slicing::LinkId> operator()(const OfLink& input) const {
    return input.link;
  }
};

}  // namespace

void World::handle(const slicing::Input& input) {
  if (before_input) {
    before_input(inputs_++);
    // Nothing comes from a link that has ended.
    const auto link = std::visit(LinkOf{}, input);
    if (link && lost_.contains(*link) && !std::holds_alternative<slicing::Lost>(input)) return;
  }
  if (!on_turn) return domain.handle(input, now, outbox_);
  slicing::Outbox out;
  domain.handle(input, now, out);
  slicing::replay::Turn turn = slicing::replay::turn_of(now, input, out);
  if (std::holds_alternative<slicing::PolicyChanged>(input)) turn.policy = policy_text(slice_file_);
  on_turn(turn);
  for (const auto& [link, bytes] : out.bytes()) ofmsg::append(outbox_.to(link), bytes);
  for (slicing::Record& record : out.records()) outbox_.add(std::move(record));
}

SwitchEnd& World::plug(const std::string& name, std::uint64_t dpid, const std::vector<std::uint32_t>& ports,
                       Version version, std::uint32_t buffers, std::size_t table_size,
                       std::vector<flow_switch::Queue> queues) {
  flow_switch::Settings settings;
  settings.datapath_id = ofmsg::DatapathId{dpid};
  settings.versions = {version};
  settings.buffers = buffers;
  settings.flows_per_table = table_size;
  settings.queues = std::move(queues);
  settings.name = name;
  settings.started = now;
  for (const std::uint32_t number : ports) settings.ports.push_back(port_of(name, dpid, number));
  auto end = std::make_unique<SwitchEnd>(
      SwitchEnd{std::nullopt, flow_switch::Switch{std::move(settings)}, {}, {}, false, false, false, {}});
  SwitchEnd& device = *(switches[name] = std::move(end));
  connect(device);
  return device;
}

void World::connect(SwitchEnd& device) {
  device.link = slicing::LinkId{next_link_++};
  handle(slicing::SwitchUp{*device.link, "127.0.0.1:" + std::to_string(40000 + next_link_)});
  flow_switch::Effects effects;
  device.device.connect(now, effects);
  from_device(device, effects);
  settle();
}

void World::cut(SwitchEnd& device, std::string why) {
  if (!device.link) return;
  const slicing::LinkId link = *std::exchange(device.link, std::nullopt);
  device.device.disconnect();
  device.on_its_way.clear();
  handle(slicing::Lost{link, std::move(why)});
  settle();
}

void World::inject(SwitchEnd& device, std::uint32_t port, ofmsg::ByteView packet) {
  flow_switch::Effects effects;
  device.device.packet(PortNo{port}, packet, now, effects);
  from_device(device, effects);
  settle();
}

void World::set_link(SwitchEnd& device, std::uint32_t port, flow_switch::Link state) {
  flow_switch::Effects effects;
  device.device.link(PortNo{port}, state, now, effects);
  from_device(device, effects);
  settle();
}

void World::add_port(SwitchEnd& device, std::uint32_t port) {
  const auto& settings = device.device.datapath().settings();
  flow_switch::Effects effects;
  device.device.add_port(port_of(settings.name, settings.datapath_id.value, port), now, effects);
  from_device(device, effects);
  settle();
}

void World::remove_port(SwitchEnd& device, std::uint32_t port) {
  flow_switch::Effects effects;
  device.device.remove_port(PortNo{port}, now, effects);
  from_device(device, effects);
  settle();
}

void World::hurry(SwitchEnd& device) {
  arrive(device);
  device.slow = false;
  arrive(device);
}

void World::arrive(SwitchEnd& device) {
  const Bytes late = std::exchange(device.on_its_way, {});
  if (device.link) to_domain(*device.link, late);
  settle();
}

void World::say(SwitchEnd& device, const Message& message, Xid xid) {
  Bytes bytes;
  if (!ofmsg::encode(bytes, message, device.device.version(), xid)) {
    std::fputs("the switch says what cannot be said\n", stderr);
    std::abort();
  }
  to_domain(*device.link, bytes);
  settle();
}

Tenant& World::tenant(std::uint16_t port, std::size_t nth_switch) {
  if (!tenants.contains(port) || tenants.at(port).size() <= nth_switch) {
    std::fprintf(stderr, "no leg to controller port %u\n", static_cast<unsigned>(port));
    std::abort();
  }
  return *tenants.at(port)[nth_switch];
}

void World::cut(Tenant& gone) {
  const slicing::LinkId link = gone.link;
  for (auto& [port, list] : tenants) std::erase_if(list, [&](const auto& t) { return t.get() == &gone; });
  handle(slicing::Lost{link, "cut by the test"});
  settle();
}

void World::lose(slicing::LinkId link) {
  if (!lost_.insert(link).second) return;
  for (auto& [name, device] : switches) {
    if (device->link != link) continue;
    device->link.reset();
    device->device.disconnect();
    device->on_its_way.clear();
  }
  handle(slicing::Lost{link, "lost by the test"});
}

void World::forget_lost() {
  for (auto& [port, list] : tenants) {
    std::erase_if(list, [this](const auto& t) { return lost_.contains(t->link); });
  }
}

void World::congest(slicing::LinkId link, bool congested) { handle(slicing::Congested{link, congested}); }

void World::pause(Tenant& tenant, bool paused) {
  tenant.paused = paused;
  handle(slicing::Paused{tenant.link, paused});
}

void World::to_domain(slicing::LinkId link, ofmsg::ByteView bytes) {
  ofmsg::Deframer deframer;
  deframer.feed(bytes);
  while (!lost_.contains(link)) {
    const auto frame = deframer.next();
    if (!frame) return handle(slicing::Garbled{link, frame.error(), deframer.offender()});
    if (!*frame) return;
    handle(slicing::Arrived{link, **frame});
  }
}

void World::from_device(SwitchEnd& device, flow_switch::Effects& effects) {
  device.emitted.insert(device.emitted.end(), effects.packets.begin(), effects.packets.end());
  if (!device.link || device.mute) return;
  const slicing::LinkId link = *device.link;
  if (device.slow) {
    ofmsg::append(device.on_its_way, effects.to_controller);
  } else {
    to_domain(link, effects.to_controller);
  }
  if (effects.hang_up) cut(device, "the switch hung up");
}

bool World::deliver() {
  forget_lost();
  bool moved = false;
  auto bytes = std::exchange(outbox_.bytes(), {});
  auto records = std::exchange(outbox_.records(), {});
  for (auto& [link, waiting] : bytes) {
    if (waiting.empty()) continue;
    moved = true;
    for (auto& entry : switches) {
      SwitchEnd* device = entry.second.get();  // clang 14 does not let lambdas have structured bindings
      if (device->link != link) continue;
      SwitchEnd& end = *device;  // clang 14 lets no lambda have a part of a structured binding
      ofmsg::for_each_frame(waiting, [&](ofmsg::FrameView frame) {
        end.heard.push_back(received(frame, now));
        if (end.deaf) return;
        flow_switch::Effects effects;
        end.device.receive(frame, now, effects);
        from_device(end, effects);
      });
    }
    for (auto& [port, list] : tenants) {
      for (auto& t : list) {
        if (t->link != link) continue;
        ofmsg::for_each_frame(waiting, [&](ofmsg::FrameView frame) {
          if (lost_.contains(t->link)) return;
          if (t->channel.receive(frame, now, t->out) == ofmsg::Channel::Event::message) {
            t->inbox.push_back(received(frame, now));
            const auto* in = std::get_if<ofmsg::PacketIn>(&t->inbox.back().message);
            if (in != nullptr && in->buffer_id.value != ofmsg::BufferId::none) t->buffers.push_back(in->buffer_id);
          }
        });
      }
    }
  }
  for (slicing::Record& record : records) {
    moved = true;
    if (auto* note = std::get_if<slicing::Note>(&record)) notes.push_back(std::move(*note));
    if (auto* hangup = std::get_if<slicing::Hangup>(&record)) {
      hangups.push_back(hangup->why);
      for (auto& [name, device] : switches) {
        if (device->link == hangup->link) {
          device->link.reset();
          device->device.disconnect();
          device->on_its_way.clear();
        }
      }
      for (auto& [port, list] : tenants) std::erase_if(list, [&](const auto& t) { return t->link == hangup->link; });
    }
    if (const auto* hold = std::get_if<slicing::Hold>(&record)) {
      for (auto& [port, list] : tenants) {
        for (auto& t : list) {
          if (t->link == hold->link) t->held = hold->hold;
        }
      }
    }
    if (const auto* bound = std::get_if<slicing::QueueBound>(&record)) {
      for (auto& [port, list] : tenants) {
        for (auto& t : list) {
          if (t->link == bound->link) t->queue_bytes = bound->bytes;
        }
      }
    }
    if (auto* dial = std::get_if<slicing::Dial>(&record)) {
      dials.emplace_back(now, dial->to.port);
      if (refuses[dial->to.port]) {
        handle(slicing::Lost{dial->link, "connection refused"});
        continue;
      }
      ofmsg::VersionSet versions{ofmsg::v1_0, ofmsg::v1_3};
      if (const auto set = tenant_versions.find(dial->to.port); set != tenant_versions.end()) versions = set->second;
      tenants[dial->to.port].push_back(std::make_unique<Tenant>(dial->link, versions, now));
      handle(slicing::ControllerUp{dial->link});
    }
  }
  for (auto& [port, list] : tenants) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Tenant& t = *list[i];
      if (t.out.empty() || t.paused || t.held || t.slow || lost_.contains(t.link)) continue;
      moved = true;
      const Bytes out = std::exchange(list[i]->out, {});
      to_domain(list[i]->link, out);
    }
  }
  return moved;
}

void World::settle() {
  do {
    while (deliver()) {
    }
    if (const auto due = domain.deadline(); due && *due <= now) handle(slicing::Tick{});
  } while (!outbox_.empty());
}

void World::advance(Time by) {
  const Time until = now + by;
  settle();
  while (true) {
    Time next = until;
    if (const auto due = domain.deadline()) next = std::min(next, std::max(now, *due));
    for (const auto& [name, device] : switches) {
      if (const auto due = device->device.deadline()) next = std::min(next, std::max(now, *due));
    }
    now = next;
    for (auto& [name, device] : switches) {
      flow_switch::Effects effects;
      device->device.tick(now, effects);
      from_device(*device, effects);
    }
    handle(slicing::Tick{});
    settle();
    if (now >= until) return;
  }
}

slicing::replay::PolicyText policy_text(std::string_view slice_file) {
  return {"test.json", {{"test.json", std::string{slice_file}}}};
}

Bytes packet(const PacketSpec& spec) {
  Bytes p;
  const auto mac = [&p](std::uint64_t address) {
    for (int shift = 40; shift >= 0; shift -= 8) ofmsg::append(p, static_cast<std::uint8_t>(address >> shift));
  };
  mac(spec.dst);
  mac(spec.src);
  if (spec.vlan) {
    ofmsg::append<std::uint16_t>(p, 0x8100);
    ofmsg::append<std::uint16_t>(p, *spec.vlan);
  }
  ofmsg::append<std::uint16_t>(p, 0x0800);
  const std::size_t ip = p.size();
  ofmsg::append<std::uint16_t>(p, 0x4500);
  ofmsg::append<std::uint16_t>(p, 20 + 8 + 18);
  ofmsg::append<std::uint32_t>(p, 0);
  ofmsg::append<std::uint8_t>(p, 64);
  ofmsg::append<std::uint8_t>(p, 17);
  ofmsg::append<std::uint16_t>(p, 0);
  ofmsg::append(p, spec.ip_src);
  ofmsg::append(p, spec.ip_dst);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += ofmsg::load<std::uint16_t>(p, ip + i);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  ofmsg::store<std::uint16_t>(p, ip + 10, static_cast<std::uint16_t>(~sum));
  ofmsg::append(p, spec.udp_src);
  ofmsg::append(p, spec.udp_dst);
  ofmsg::append<std::uint16_t>(p, 8 + 18);
  ofmsg::append<std::uint16_t>(p, 0);
  p.resize(p.size() + 18);
  return p;
}

}  // namespace sluice::tests
