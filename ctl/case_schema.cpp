#include "ctl/case_schema.hpp"

#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "ofmsg/kind.hpp"
#include "slicing/replay/values.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;
using ofmsg::Tree;

constexpr std::array case_versions{ofmsg::v1_0, ofmsg::v1_3};

// Without what the text form cannot say: quotes and line breaks.
constexpr std::string_view plain_text = R"(^[^"\u0000-\u0008\u000a-\u001f]+$)";
constexpr std::string_view party = R"(^([^\s"@]+|[^\s"@/]+(/[0-9a-fA-Fx]+)?@[^\s"]+)$)";
constexpr std::string_view word = R"(^[^\s"]+$)";

Json text_of(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

Json reference(const std::string& name) { return {{"$ref", "#/definitions/" + name}}; }

// An object with these keys only.
Json object(Json properties, std::initializer_list<std::string_view> required) {
  Json out{{"type", "object"}, {"additionalProperties", false}, {"required", Json::array()}};
  for (const std::string_view key : required) out["required"].push_back(key);
  out["properties"] = std::move(properties);
  return out;
}

Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

// --- messages --------------------------------------------------------------------------------------------------------

// What may stand where the default is this. A text can be a name, a match or actions as ovs-ofctl writes them, or stand
// for a value.
Json value_like(const Tree& usual) {
  if (usual.as<Tree::List>() != nullptr) return {{"type", {"array", "string"}}};
  if (usual.as<Tree::Object>() != nullptr) return {{"type", {"object", "string"}}};
  return Json::object();
}

// {"priority": …} of all versions that cases speak; nothing if there is no such message in any.
std::optional<Json> fields_of(ofmsg::Kind kind) {
  Json fields{{"type", {{"const", ofmsg::text(kind)}}},
              {"version", {{"enum", {"1.0", "1.3"}}}},
              {"xid", reference("case_number")},
              {"packet", Json::object()},
              {"extension", Json::object()}};
  bool known = false;
  for (const ofmsg::Version version : case_versions) {
    if (!ofmsg::facts(kind).in(version)) continue;
    known = true;
    const auto defaults = slicing::replay::defaults_of(kind, version);
    if (!defaults) return Json(nullptr);
    for (const auto& [name, value] : *defaults->as<Tree::Object>()) fields[name] = value_like(value);
  }
  if (kind == ofmsg::Kind::packet_in) fields["in_port"] = Json::object();
  if (kind == ofmsg::Kind::error) fields["error"] = Json::object();
  return known ? std::optional{std::move(fields)} : std::nullopt;
}

Json message_object() {
  Json types = Json::array();
  Json rules = Json::array();
  for (std::size_t i = 0; i < ofmsg::kind_count; ++i) {
    const auto kind = static_cast<ofmsg::Kind>(i);
    std::optional<Json> fields = fields_of(kind);
    if (!fields) continue;
    types.push_back(ofmsg::text(kind));
    if (fields->is_null()) continue;
    rules.push_back({{"if", {{"properties", {{"type", {{"const", ofmsg::text(kind)}}}}}}},
                     {"then", {{"additionalProperties", false}, {"properties", *std::move(fields)}}}});
  }
  return {{"type", "object"},
          {"required", {"type"}},
          {"properties", {{"type", {{"enum", std::move(types)}}}}},
          {"allOf", std::move(rules)}};
}

// --- cases -----------------------------------------------------------------------------------------------------------

Json says_or_hears() {
  Json from =
      object({{"from", reference("case_party")}, {"msg", reference("case_message")}, {"hex", reference("case_hex")}},
             {"from"});
  from["oneOf"] = {{{"required", {"msg"}}}, {{"required", {"hex"}}}};
  Json to = object({{"to", reference("case_party")},
                    {"msg", reference("case_message")},
                    {"hex", reference("case_hex")},
                    {"at_least", {{"const", true}}},
                    {"nothing", {{"const", true}}}},
                   {"to"});
  to["oneOf"] = {{{"required", {"msg"}}}, {{"required", {"hex"}}}, {{"required", {"nothing"}}}};
  to["dependencies"] = {{"at_least", {"msg"}}};
  return Json::array({std::move(from), std::move(to)});
}

Json step() {
  Json forms = says_or_hears();
  forms.push_back(object({{"nothing_else", {{"const", true}}}}, {"nothing_else"}));
  forms.push_back(object({{"wait", text_of("^[0-9]+(ms|s|m|h)?$")}}, {"wait"}));
  forms.push_back(object({{"connect", reference("case_party")}}, {"connect"}));
  forms.push_back(object({{"disconnect", reference("case_party")}}, {"disconnect"}));
  forms.push_back(object({{"config", reference("case_config")}}, {"config"}));
  return {{"oneOf", std::move(forms)}};
}

Json definitions() {
  Json port = object(
      {{"number", {{"anyOf", {{{"type", "integer"}, {"minimum", 0}, {"maximum", 0xfffffffeU}}, {{"const", "LOCAL"}}}}}},
       {"name", text_of(word)}},
      {"number"});
  return {
      {"case_party", text_of(party)},
      {"case_hex", text_of(R"(^[0-9a-fA-F \t]+$)")},
      {"case_version", {{"enum", {"1.0", "1.3"}}}},
      {"case_number",
       {{"anyOf", {{{"type", "integer"}, {"minimum", 0}, {"maximum", 0xffffffffU}}, text_of(R"(^(\*|\$.+)$)")}}}},
      {"case_config", {{"anyOf", {text_of(R"(^[^ #{\u0000-\u001f][^#{\u0000-\u0008\u000a-\u001f]*$)"), {{"type", "object"}}}}}},
      {"case_message", {{"anyOf", {text_of(R"(^[^#\u0000-\u0008\u000a-\u001f]+$)"), reference("case_fields")}}}},
      {"case_fields", message_object()},
      {"case_switch", object({{"name", text_of(word)}, {"ports", list_of(std::move(port))}}, {"name", "ports"})},
      {"case_step", step()},
      {"case_test", object({{"name", text_of(plain_text)},
                            {"after", text_of(plain_text)},
                            {"skip", text_of(plain_text)},
                            {"openflow", reference("case_version")},
                            {"steps", list_of(reference("case_step"))}},
                           {"name", "steps"})}};
}

}  // namespace

std::string case_schema() {
  Json out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Test cases of Sluice"}};
  out.update(object({{"$schema", {{"type", "string"}}},
                     {"config", reference("case_config")},
                     {"version", reference("case_version")},
                     {"switches", list_of(reference("case_switch"))},
                     {"tests", list_of(reference("case_test"))}},
                    {"config", "tests"}));
  out["definitions"] = definitions();
  return out.dump(2) + '\n';
}

}  // namespace sluice::ctl
