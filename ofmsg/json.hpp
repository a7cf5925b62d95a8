// Trees as JSON: {"type":"flow_mod","version":"1.3","xid":5,"priority":10,…}. What stands in them: tree.hpp.
#pragma once

#include <nlohmann/json.hpp>

#include "ofmsg/tree.hpp"

namespace sluice::ofmsg {

[[nodiscard]] nlohmann::ordered_json to_json(const Tree& tree);
[[nodiscard]] nlohmann::ordered_json to_json(const Message& message, Version version, Xid xid);

// Numbers in JSON that no message can have (negative ones, fractions) are errors.
[[nodiscard]] Result<Tree, TreeError> tree_from_json(const nlohmann::ordered_json& json);

// The message that a JSON document says, as `from_tree`.
[[nodiscard]] Result<Envelope, TreeError> from_json(const nlohmann::ordered_json& json, Version version = v1_3);

}  // namespace sluice::ofmsg
