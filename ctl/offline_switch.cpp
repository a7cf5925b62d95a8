#include "ctl/offline_switch.hpp"

#include <algorithm>
#include <variant>

#include "policy/imagined_ports.hpp"

namespace sluice::ctl {

std::optional<ofmsg::PortNo> OfflineSwitch::find(std::string_view word) const {
  std::string_view reported = word;
  for (const auto& [alias, ref] : named) {
    if (alias != word) continue;
    if (const auto* number = std::get_if<ofmsg::PortNo>(&ref)) return *number;
    reported = std::get<std::string>(ref);
  }
  const auto found = std::find_if(settings.ports.begin(), settings.ports.end(), [&](const ofmsg::Port& port) {
    return !port.name.value.empty() && port.name.value == reported;
  });
  return found == settings.ports.end() ? std::nullopt : std::optional{found->number};
}

OfflineSwitch offline_switch(const PolicyFile& file, policy::SwitchId id, ofmsg::Version version,
                             const std::vector<ofmsg::PortNo>& more) {
  const policy::Switch& s = file.snapshot->switch_(id);
  OfflineSwitch out{s.name, {s.dpid, {}, version}, {}, {}};
  std::vector<policy::PortRef> refs = policy::port_refs(*file.snapshot, id);
  for (const auto& [alias, ref] : file.document.switches[id.value].ports) {
    refs.push_back(ref);
    out.named.emplace_back(alias, ref);
  }
  std::uint32_t next = 1;
  const policy::ImaginedPorts imagined{refs};
  for (ofmsg::Port& port : imagined.list()) {
    if (port.number == policy::ImaginedPorts::others) continue;
    if (!port.name.value.empty()) {
      while (imagined.has(ofmsg::PortNo{next})) ++next;
      port.number = ofmsg::PortNo{next++};
      out.guessed.emplace_back(port.name.value, port.number);
    }
    out.settings.ports.push_back(port);
  }
  // Numbers that were guessed do not depend on these, so that flows and packets can name them.
  for (const ofmsg::PortNo number : more) {
    const bool known = std::any_of(out.settings.ports.begin(), out.settings.ports.end(),
                                   [number](const ofmsg::Port& port) { return port.number == number; });
    if (known || !ofmsg::is_physical(number)) continue;
    out.settings.ports.emplace_back().number = number;
  }
  return out;
}

}  // namespace sluice::ctl
