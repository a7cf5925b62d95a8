#include "policy/imagined_ports.hpp"

#include <algorithm>

namespace sluice::policy {

ImaginedPorts::ImaginedPorts(const std::vector<PortRef>& refs) {
  for (const PortRef& ref : refs) {
    if (const auto* number = std::get_if<ofmsg::PortNo>(&ref)) ports_.emplace(*number, "");
  }
  ofmsg::PortNo next{others.value + 1};
  for (const PortRef& ref : refs) {
    const auto* name = std::get_if<std::string>(&ref);
    if (name == nullptr || find(*name)) continue;
    while (ports_.contains(next)) ++next.value;
    ports_.emplace(next, *name);
  }
  ports_.emplace(others, "");
  ports_.emplace(ofmsg::port::local, "");
}

ofmsg::Port ImaginedPorts::port(ofmsg::PortNo number) const {
  ofmsg::Port port;
  port.number = number;
  port.name.value = ports_.at(number);
  return port;
}

std::vector<ofmsg::Port> ImaginedPorts::list() const {
  std::vector<ofmsg::Port> ports;
  ports.reserve(ports_.size());
  for (const auto& [number, name] : ports_) ports.push_back(port(number));
  return ports;
}

std::vector<ofmsg::PortNo> ImaginedPorts::numbers() const {
  std::vector<ofmsg::PortNo> all;
  for (const auto& [number, name] : ports_) {
    if (number != others) all.push_back(number);
  }
  all.push_back(others);
  return all;
}

std::optional<ofmsg::PortNo> ImaginedPorts::find(std::string_view name) const {
  const auto found = std::find_if(ports_.begin(), ports_.end(),
                                  [name](const auto& port) { return !port.second.empty() && port.second == name; });
  return found == ports_.end() ? std::nullopt : std::optional{found->first};
}

std::string ImaginedPorts::text(ofmsg::PortNo port) const {
  if (port == others) return "others";
  const auto found = ports_.find(port);
  return found == ports_.end() || found->second.empty() ? ofmsg::text(port) : found->second;
}

std::vector<std::string> ImaginedPorts::texts(const std::vector<ofmsg::PortNo>& ports) const {
  const bool local = std::find(ports.begin(), ports.end(), ofmsg::port::local) != ports.end();
  std::vector<std::string> all;
  if (ports.size() - (local ? 1 : 0) == ports_.size() - 1) {
    all.emplace_back("*");
    if (local) all.push_back(text(ofmsg::port::local));
  } else {
    for (const ofmsg::PortNo port : ports) all.push_back(text(port));
  }
  return all;
}

std::vector<PortRef> port_refs(const Snapshot& snapshot, SwitchId id) {
  std::vector<PortRef> all;
  for (const Region& region : snapshot.regions(id)) {
    const auto* refs = std::get_if<std::vector<PortRef>>(&region.ports);
    if (refs != nullptr) all.insert(all.end(), refs->begin(), refs->end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

bool has_port(const PortSet& set, const ofmsg::Port& port) {
  if (const auto* all = std::get_if<AllPhysical>(&set)) return all->has(port.number);
  const auto& refs = std::get<std::vector<PortRef>>(set);
  return std::any_of(refs.begin(), refs.end(), [&port](const PortRef& ref) {
    const auto* number = std::get_if<ofmsg::PortNo>(&ref);
    return number != nullptr ? *number == port.number : std::get<std::string>(ref) == port.name.value;
  });
}

}  // namespace sluice::policy
