#include "tests/support/ledger.hpp"

#include <set>

#include "ofmsg/text.hpp"

namespace sluice::tests {

namespace {

std::string line(std::uint64_t cookie, std::uint16_t priority, const ofmsg::Match& match,
                 const ofmsg::Instructions& instructions) {
  return std::to_string(cookie) + " priority=" + std::to_string(priority) + "," + ofmsg::text(match) + " " +
         ofmsg::text(instructions) + "\n";
}

}  // namespace

std::optional<std::string> ledger_differs(const World& world, const SwitchEnd& device, const std::string& name) {
  std::multiset<std::string> there;
  std::multiset<std::string> believed;
  for (const flow_switch::Flow& f : flows_of_slices(device)) {
    there.insert(line(f.cookie, f.priority, f.match, f.instructions));
  }
  for (const slicing::FlowState& flow : world.domain.flows({}, name, world.now)) {
    for (const slicing::PieceState& piece : flow.pieces) {
      if (piece.state != "installed") continue;
      believed.insert(line(piece.cookie, piece.priority, piece.match, piece.instructions));
    }
  }
  if (there == believed) return std::nullopt;
  std::string what = name + " has\n";
  for (const std::string& l : there) what += "  " + l;
  what += "and is held to have\n";
  for (const std::string& l : believed) what += "  " + l;
  return what;
}

}  // namespace sluice::tests
