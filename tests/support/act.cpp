#include "tests/support/act.hpp"

#include <algorithm>

namespace sluice::tests {

namespace {

const ofmsg::Port* port_of_switch(const SwitchEnd& device, std::uint32_t number) {
  const auto& ports = device.device.datapath().ports();
  const auto at =
      std::find_if(ports.begin(), ports.end(), [&](const ofmsg::Port& p) { return p.number == PortNo{number}; });
  return at == ports.end() ? nullptr : &*at;
}

void act_on_port(World& world, SwitchEnd& device, const Step& step) {
  const bool there = port_of_switch(device, step.port) != nullptr;
  switch (step.what) {
    case Step::What::cut: return world.set_link(device, step.port, flow_switch::Link::down);
    case Step::What::join: return world.set_link(device, step.port, flow_switch::Link::up);
    case Step::What::unplug:
      if (there) world.remove_port(device, step.port);
      return;
    case Step::What::plug:
      if (!there) world.add_port(device, step.port);
      return;
    default: return;
  }
}

}  // namespace

Tenant* controller(World& world, const Step& step) {
  const std::uint16_t port = controller_port(step.slice);
  if (!world.has_tenant(port)) return nullptr;
  Tenant& tenant = world.tenant(port);
  return tenant.channel.up() ? &tenant : nullptr;
}

std::optional<Xid> act(World& world, SwitchEnd& device, const Step& step, Version version) {
  Tenant* tenant = step.speaks() ? controller(world, step) : nullptr;
  if (step.speaks() && tenant == nullptr) return std::nullopt;  // it has hung up
  switch (step.what) {
    case Step::What::message: {
      const Xid xid{tenant->next_xid++};
      tenant->send_bytes(encoded(step, version, xid, tenant->buffers));
      return xid;
    }
    case Step::What::bytes: tenant->send_bytes(step.bytes); break;
    case Step::What::hang_up: world.cut(*tenant); break;
    case Step::What::packet: world.inject(device, step.port, step.bytes); break;
    case Step::What::wait: world.advance(step.by); break;
    case Step::What::cut:
    case Step::What::join:
    case Step::What::unplug:
    case Step::What::plug: act_on_port(world, device, step); break;
  }
  return std::nullopt;
}

}  // namespace sluice::tests
