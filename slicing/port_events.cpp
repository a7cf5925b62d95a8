// Ports that come, go, change hands, or are changed by those who have them.
#include <utility>

#include "slicing/discovery.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Message;
using ofmsg::Port;
using ofmsg::PortReason;

void tell_port(Session& s, Turn& t, Leg& leg, PortReason reason, const Port& port) {
  send_to_leg(s, t, leg, Message{ofmsg::PortStatus{reason, s.virtual_ports.seen_by(leg.slice, port)}}, TheirXid{0});
}

}  // namespace

void tell_ports(Session& s, Turn& t, const policy::SwitchView& before, const ofmsg::PortStatus* news, const Port* old) {
  std::vector<Port> ports{s.ports.all().begin(), s.ports.all().end()};
  if (news != nullptr && news->reason == PortReason::delete_) ports.push_back(news->port);
  // Whoever loses a port hears of it before whoever gets it.
  for (const PortReason reason : {PortReason::delete_, PortReason::add, PortReason::modify}) {
    for (const Port& port : ports) {
      for (Leg& leg : s.legs) {
        const bool had = before.has_port(leg.slice, port.number);
        const bool has = s.view.has_port(leg.slice, port.number);
        if (leg.retired || !(had || has)) continue;
        const PortReason what = !has ? PortReason::delete_ : !had ? PortReason::add : PortReason::modify;
        // What it has turned off itself it sees no change of.
        const auto seen = [&](const Port& p) { return s.virtual_ports.seen_by(leg.slice, p); };
        const bool differs =
            news != nullptr && news->port.number == port.number && (old == nullptr || !(seen(*old) == seen(port)));
        const bool changed = had != has || differs;
        if (what == reason && changed && leg.up() && may_have_flows(*s.policy, leg.slice)) {
          tell_port(s, t, leg, reason, port);
        }
      }
    }
  }
  for (const policy::SliceId slice : before.slices()) {
    for (const ofmsg::PortNo port : before.ports(slice)) {
      if (!s.view.has_port(slice, port)) s.virtual_ports.forget(slice, port);
    }
  }
}

void port_changed(Session& s, Turn& t, const ofmsg::PortStatus& status) {
  const ofmsg::PortNo number = status.port.number;
  const std::optional<Port> old = s.ports.find(number) == nullptr ? std::nullopt : std::optional{*s.ports.find(number)};
  if (status.reason == PortReason::delete_) {
    if (!s.ports.remove(number)) return;
    note(s, t, NoteId::port_removed, "port=" + text(number));
  } else if (s.ports.put(status.port)) {
    note(s, t, NoteId::port_added, "port=" + text(number) + " name=" + status.port.name.value);
  }
  if (s.state != Session::State::up) return;
  const policy::SwitchView before = std::exchange(s.view, s.policy->bind(s.id, s.ports.all(), s.version()));
  // A name that comes or goes may give another port to somebody, too.
  tell_ports(s, t, before, &status, old ? &*old : nullptr);
  // A link that goes up or down changes nothing about whose the port is, and may do so often.
  const auto floods = [](const Port& port) { return (port.config & Port::config_no_flood) == 0; };
  const bool same = old && status.reason != PortReason::delete_ && old->name == status.port.name &&
                    floods(*old) == floods(status.port);
  if (same) return;
  keep_own_flows(s, t);
  refresh_flows(s, t);
}

namespace {

std::uint32_t known_config(ofmsg::Version version) {
  constexpr std::uint32_t always =
      Port::config_down | Port::config_no_recv | Port::config_no_fwd | Port::config_no_packet_in;
  constexpr std::uint32_t once = Port::config_no_stp | Port::config_no_recv_stp | Port::config_no_flood;
  return version == ofmsg::v1_0 ? always | once : always;
}

std::optional<Refuse> check(const Session& s, policy::SliceId slice, const ofmsg::PortMod& mod) {
  using ofmsg::Reason;
  const Port* port = s.view.has_port(slice, mod.port_no) ? s.ports.find(mod.port_no) : nullptr;
  const std::string name = "port " + text(mod.port_no);
  if (port == nullptr) {
    return Refuse{Reason::bad_port_mod_port, RefusalCode::port_mod, name + " is not in the slice"};
  }
  if (!(mod.hw_addr == port->hw_addr)) {
    return Refuse{Reason::bad_hw_addr, RefusalCode::port_mod,
                  name + " has the address " + text(port->hw_addr) + ", not " + text(mod.hw_addr)};
  }
  if ((mod.mask & ~known_config(s.version())) != 0) {
    return Refuse{Reason::bad_port_config, RefusalCode::port_mod,
                  "port_mod mask " + std::to_string(mod.mask) + " has bits that are unknown"};
  }
  if (mod.advertise != 0 && mod.advertise != port->ethernet().advertised) {
    return Refuse{Reason::port_mod_refused, RefusalCode::port_mod,
                  "what " + name + " advertises is the same for all slices"};
  }
  return std::nullopt;
}

}  // namespace

void apply_port_mod(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original, const ofmsg::PortMod& mod) {
  const policy::SliceId slice = s.legs[index].slice;
  if (const auto refusal = check(s, slice, mod)) return refuse(s, t, s.legs[index], original, *refusal);
  const Port& port = *s.ports.find(mod.port_no);
  const Port before = s.virtual_ports.seen_by(slice, port);
  if (!s.virtual_ports.set(slice, port, mod.config, mod.mask)) return;
  const std::uint32_t changed = before.config ^ s.virtual_ports.config(slice, port);
  if ((changed & ~Port::config_no_packet_in) != 0) refresh_flows(s, t, slice);
  // Whoever asked knows what it has asked for; that the link went down or up is news to it as well.
  const bool link = before.state != s.virtual_ports.seen_by(slice, port).state;
  for (std::size_t i = 0; i < s.legs.size(); ++i) {
    if (s.legs[i].slice == slice && s.legs[i].up() && (i != index || link)) {
      tell_port(s, t, s.legs[i], PortReason::modify, port);
    }
  }
}

}  // namespace sluice::slicing
