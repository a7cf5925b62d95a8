// What a slice file says, asked of the file itself: the obviously correct twin of policy::Snapshot.
//
// It knows nothing of the compiled form and uses nothing of the match algebra: it goes over the rules as they were
// written and compares bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/packet_key.hpp"
#include "ofmsg/port.hpp"
#include "policy/document.hpp"

namespace sluice::tests {

class NaivePolicy {
 public:
  // The document must live longer.
  NaivePolicy(const policy::Document& document, std::string switch_name, std::vector<ofmsg::Port> ports)
      : document_{document}, switch_{std::move(switch_name)}, ports_{std::move(ports)} {}

  // Names of the slices that may write, or only read, the packet; each once, in the order of the file. Where priorities
  // decide, those of the highest only.
  [[nodiscard]] std::vector<std::string> writers(const ofmsg::PacketKey& key) const;
  [[nodiscard]] std::vector<std::string> readers(const ofmsg::PacketKey& key) const;
  [[nodiscard]] bool may_write(const std::string& slice, const ofmsg::PacketKey& key) const;

  // What the slice's rules for the port say of its queues: what each allows, and what one forces.
  [[nodiscard]] bool may_use_queue(const std::string& slice, ofmsg::PortNo port, std::uint32_t queue) const;
  [[nodiscard]] std::optional<std::uint32_t> forced_queue(const std::string& slice, ofmsg::PortNo port) const;

  // Is the packet in the match? Bit by bit.
  [[nodiscard]] static bool in(const ofmsg::Match& match, const ofmsg::PacketKey& key);

 private:
  [[nodiscard]] bool has_port(const policy::PortSet& set, ofmsg::PortNo port) const;
  [[nodiscard]] std::vector<policy::Queues> queues(const std::string& slice, ofmsg::PortNo port) const;
  // The highest priority of the slice's rules that have the packet; nothing if none has it.
  [[nodiscard]] std::optional<std::uint32_t> grants(const policy::DocumentSlice& slice, policy::Access access,
                                                    const ofmsg::PacketKey& key) const;

  const policy::Document& document_;
  std::string switch_;
  std::vector<ofmsg::Port> ports_;
};

// A port with a number and the name that it reports.
[[nodiscard]] ofmsg::Port port_named(std::uint32_t number, const std::string& name);

}  // namespace sluice::tests
