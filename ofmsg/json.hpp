// Messages as JSON, by the same layouts: {"type":"flow_mod","version":"1.3","xid":5,"priority":10,…}.
#pragma once

#include <nlohmann/json.hpp>

#include "ofmsg/message.hpp"

namespace sluice::ofmsg {

// Fields in wire order under the names of the layout; ports, addresses, matches and actions as the text that
// ovs-ofctl uses; byte strings in hexadecimal.
[[nodiscard]] nlohmann::ordered_json to_json(const Message& message, Version version, Xid xid);

}  // namespace sluice::ofmsg
