#include "admin/answer_json.hpp"

#include <fmt/format.h>

#include "ofmsg/text.hpp"

namespace sluice::admin {

Json document(std::string_view kind) { return {{"kind", kind}, {"v", 1}}; }

std::string dump(const Json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string hex(std::uint64_t value) { return fmt::format("0x{:x}", value); }

Json json_of(const std::optional<slicing::RuleName>& rule) {
  return rule ? Json{{"name", rule->name}, {"at", rule->position}} : Json(nullptr);
}

Json json_of(const slicing::NearRule& near) {
  return {{"name", near.rule.name},
          {"at", near.rule.position},
          {"access", near.reads ? "read" : "write"},
          {"ports", near.ports},
          {"match", ofmsg::text(near.header)},
          {"more", near.more},
          {"asked", ofmsg::text(near.asked)}};
}

}  // namespace sluice::admin
