#include "ofmsg/extensions/nicira_message.hpp"

namespace sluice::ofmsg {

void flow_mod_command(Reader& r, NxFlowMod& m) {
  const auto word = r.number<std::uint16_t>();
  m.table_id = static_cast<std::uint8_t>(word >> 8U);
  m.command = static_cast<FlowModCommand>(word & 0xffU);
}

void flow_mod_command(Writer& w, const NxFlowMod& m) {
  w.number(m.table_id);
  w.number(static_cast<std::uint8_t>(m.command));
}

}  // namespace sluice::ofmsg
