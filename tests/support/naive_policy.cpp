#include "tests/support/naive_policy.hpp"

#include <algorithm>

namespace sluice::tests {

using policy::Access;

bool NaivePolicy::in(const ofmsg::Match& match, const ofmsg::PacketKey& key) {
  for (const ofmsg::Term& term : match.terms()) {
    if (!key.has(term.field)) return false;
    for (unsigned n = 0; n < 128; ++n) {
      const ofmsg::U128 bit = ofmsg::bit(n);
      const bool asked = !(term.mask & bit).zero();
      if (asked && (key.get(term.field) & bit) != (term.value & bit)) return false;
    }
  }
  return true;
}

bool NaivePolicy::has_port(const policy::PortSet& set, ofmsg::PortNo port) const {
  const ofmsg::Port* there = nullptr;
  for (const ofmsg::Port& p : ports_) {
    if (p.number == port) there = &p;
  }
  if (there == nullptr) return false;
  if (const auto* all = std::get_if<policy::AllPhysical>(&set)) {
    return port == ofmsg::port::local ? all->local : port.value <= 0xffffff00;
  }
  for (const policy::PortRef& ref : std::get<std::vector<policy::PortRef>>(set)) {
    if (ref == policy::PortRef{port} || ref == policy::PortRef{there->name.value}) return true;
  }
  return false;
}

std::optional<std::uint32_t> NaivePolicy::grants(const policy::DocumentSlice& slice, Access access,
                                                 const ofmsg::PacketKey& key) const {
  const ofmsg::PortNo port{static_cast<std::uint32_t>(key.get(ofmsg::Field::in_port).lo)};
  std::optional<std::uint32_t> highest;
  for (const policy::DocumentRule& rule : slice.flowspace) {
    if (rule.access != access) continue;
    for (const auto& [name, ports] : rule.on) {
      if (name != switch_ || !has_port(ports, port)) continue;
      for (const ofmsg::Match& match : rule.match) {
        if (in(match, key)) highest = std::max(highest.value_or(0), rule.priority.value_or(0));
      }
    }
  }
  return highest;
}

std::vector<std::string> NaivePolicy::writers(const ofmsg::PacketKey& key) const {
  std::optional<std::uint32_t> highest;
  for (const policy::DocumentSlice& slice : document_.slices)
    highest = std::max(highest, grants(slice, Access::write, key));
  std::vector<std::string> names;
  for (const policy::DocumentSlice& slice : document_.slices) {
    const auto priority = grants(slice, Access::write, key);
    if (priority && (document_.overlap == policy::Overlap::error || priority == highest)) names.push_back(slice.name);
  }
  return names;
}

std::vector<std::string> NaivePolicy::readers(const ofmsg::PacketKey& key) const {
  const std::vector<std::string> those_who_write = writers(key);
  std::vector<std::string> names;
  for (const policy::DocumentSlice& slice : document_.slices) {
    const bool writes = std::find(those_who_write.begin(), those_who_write.end(), slice.name) != those_who_write.end();
    if (!writes && grants(slice, Access::read, key)) names.push_back(slice.name);
  }
  return names;
}

bool NaivePolicy::may_write(const std::string& slice, const ofmsg::PacketKey& key) const {
  for (const std::string& name : writers(key)) {
    if (name == slice) return true;
  }
  return false;
}

std::vector<policy::Queues> NaivePolicy::queues(const std::string& slice, ofmsg::PortNo port) const {
  std::vector<policy::Queues> all;
  for (const policy::DocumentSlice& s : document_.slices) {
    if (s.name != slice) continue;
    for (const policy::DocumentRule& rule : s.flowspace) {
      for (const auto& [name, ports] : rule.on) {
        if (name == switch_ && has_port(ports, port)) all.push_back(rule.queues);
      }
    }
  }
  return all;
}

bool NaivePolicy::may_use_queue(const std::string& slice, ofmsg::PortNo port, std::uint32_t queue) const {
  for (const policy::Queues& some : queues(slice, port)) {
    if (std::find(some.allowed.begin(), some.allowed.end(), queue) != some.allowed.end()) return true;
  }
  return false;
}

std::optional<std::uint32_t> NaivePolicy::forced_queue(const std::string& slice, ofmsg::PortNo port) const {
  for (const policy::Queues& some : queues(slice, port)) {
    if (some.forced) return some.forced;
  }
  return std::nullopt;
}

ofmsg::Port port_named(std::uint32_t number, const std::string& name) {
  ofmsg::Port port;
  port.number = ofmsg::PortNo{number};
  port.name.value = name;
  return port;
}

}  // namespace sluice::tests
