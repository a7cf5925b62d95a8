// A core with switches and controllers at its links, without sockets and clock. Once all of them are up nobody says
// anything unless the benchmark does, and nothing of them is left but their links.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/traffic.hpp"
#include "policy/snapshot.hpp"
#include "slicing/domain.hpp"

namespace sluice::bench {

// Slices that share all ports of all switches.
struct Sharing {
  std::size_t rules = 1;  // of all slices together
  std::size_t slices = 1;
  std::size_t switches = 1;
  bool up = true;  // down: nobody dials their controllers

  friend auto operator<=>(const Sharing&, const Sharing&) = default;
};

[[nodiscard]] std::shared_ptr<const policy::Snapshot> compiled(const Sharing& sharing);

class Core {
 public:
  // All switches connect, then the controllers that the core dials.
  Core(std::shared_ptr<const policy::Snapshot> policy, ofmsg::Version version, std::uint32_t ports);

  void tell(const slicing::Input& input) { domain->handle(input, now, out); }

  void say(slicing::LinkId from, ofmsg::ByteView message) {
    tell(slicing::Arrived{from, *ofmsg::FrameView::of(message)});
  }

  // The switch answers the core's barrier, which must be the last message that waits for it.
  void answer_barrier();
  // Whose turn it is to speak is over: as the daemon does it, but that nobody gets the bytes.
  static void end_turn(slicing::Outbox& out);

  void end_turn() { end_turn(out); }

  // Of the first switch.
  static constexpr slicing::LinkId switch_link{1};

  [[nodiscard]] slicing::LinkId controller(std::size_t slice) const { return controllers_.at(slice); }

  [[nodiscard]] std::size_t legs() const { return legs_; }

  std::optional<slicing::Domain> domain;
  slicing::Outbox out;
  slicing::Time now{std::chrono::seconds{1000}};

 private:
  void connect(slicing::LinkId link, std::uint64_t dpid, std::uint32_t ports);

  ofmsg::Version version_;
  ofmsg::Bytes barrier_reply_;
  std::map<std::size_t, slicing::LinkId> controllers_;  // by slice
  std::size_t legs_ = 0;
};

// Traffic of all slices in turn, each packet in a rule that is far from the one before.
class Flows {
 public:
  Flows(const Sharing& sharing, std::size_t count);

  [[nodiscard]] std::size_t size() const { return all_.size(); }

  [[nodiscard]] const Traffic& operator[](std::size_t i) const { return all_[i]; }

  [[nodiscard]] std::size_t slice(std::size_t i) const { return all_[i].vlan - 1; }

 private:
  std::vector<Traffic> all_;
};

}  // namespace sluice::bench
