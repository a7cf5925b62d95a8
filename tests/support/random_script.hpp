// Random scripts: what controllers send and which packets arrive, as data, so that a script that shows a fault can be
// made shorter while it still shows it, and printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/message.hpp"
#include "tests/support/random_flows.hpp"
#include "tests/support/random_slices.hpp"

namespace sluice::tests {

struct Step {
  enum class What : std::uint8_t {
    message,  // of a controller
    bytes,    // of a controller, whatever they say
    packet,   // comes in on a port
    wait,     // time passes
    hang_up,  // a controller does, and is dialled again
    cut,      // the wire of a port, if it is whole
    join,     // it again
    unplug,   // a port, if it is there
    plug,     // it again
  };

  // Of a controller.
  [[nodiscard]] bool speaks() const { return what == What::message || what == What::bytes || what == What::hang_up; }

  What what = What::message;
  std::size_t slice = 0;
  ofmsg::Message message;
  bool no_wildcards = false;          // a flow_mod of 1.0, whose bytes say that no field is open
  std::optional<std::size_t> buffer;  // the message names the buffer of the packet_in so many ago
  ofmsg::Bytes bytes;                 // or the packet
  std::uint32_t port = 0;
  std::chrono::milliseconds by{};
};

struct Script {
  RandomSlices file;
  ofmsg::Version version = ofmsg::v1_3;
  std::vector<Step> steps;
  std::uint32_t buffers = 0;  // of the switch
};

// The message of a step; `given` are the buffers that its controller knows, oldest first.
[[nodiscard]] ofmsg::Bytes encoded(const Step& step, ofmsg::Version version, ofmsg::Xid xid,
                                   const std::vector<ofmsg::BufferId>& given);

struct ScriptTaste {
  SliceTaste slices;
  bool tidy = false;
  bool statistics = true;
  bool idle = true;
  // 1.0's flows without wildcards, buffers, port_mod, set_config, requests of all kinds.
  bool rich = false;
  bool ports = false;    // wires are cut and joined, ports come and go
  bool garbage = false;  // of all slices but the first: bytes that are no or broken OpenFlow, and hanging up
  std::size_t length = 60;
};

// What could happen with a slice file in force, whose rules are for switch s1 and name their ports by number.
[[nodiscard]] std::vector<Step> random_steps(Dice& dice, const RandomSlices& file, ofmsg::Version version,
                                             const ScriptTaste& taste);

// A script on a slice file that compiles; how many files were refused on the way is added to `refused`. The slices'
// ports are known to the script's maker by the file, read naively.
[[nodiscard]] Script random_script(Dice& dice, ofmsg::Version version, const ScriptTaste& taste, std::size_t& refused);

// What went wrong in a script; nothing when all is well.
using Judge = std::function<std::optional<std::string>(const Script&)>;

// A shorter script that the judge still finds at fault: without steps, match terms, actions that are not needed.
[[nodiscard]] Script shrunk(Script script, const Judge& judge);

[[nodiscard]] std::string text(const Script& script);

// Runs the judge on random scripts of one version, one for each seed. The first fault, shrunk and printed; empty if
// there is none.
[[nodiscard]] std::string first_fault(ofmsg::Version version, const ScriptTaste& taste, std::uint64_t runs,
                                      const Judge& judge);

}  // namespace sluice::tests
