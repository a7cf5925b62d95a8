#include "policy/document_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "policy/document_fields.hpp"

namespace sluice::policy {
namespace {

using Json = nlohmann::ordered_json;

// A type that is no object: how JSON Schema says it, and how people are told.
struct SimpleType {
  std::string_view name;
  std::string_view schema;
  std::string_view help;
};

constexpr std::array simple_types{
    SimpleType{"text", R"({"type": "string"})", "a string"},
    SimpleType{"truth", R"({"type": "boolean"})", "`true` or `false`"},
    SimpleType{"number", R"({"type": "integer", "minimum": 0})", "a whole number from 0 up"},
    SimpleType{"version", R"({"const": 1})", "`1`"},
    SimpleType{"name", R"({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"})",
               "letters, digits, `.`, `_` and `-`, at most 63 of them; the first is a letter or digit"},
    SimpleType{"dpid",
               R"({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern":)"
               R"( "^((of:)?[0-9a-fA-F]{16}|([0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}|0x[0-9a-fA-F]{1,16}|)"
               R"((openflow:)?[0-9]{1,20})$"}]})",
               "16 hexadecimal digits; also `00:…:01`, `of:…`, `0x…`, `openflow:…` and plain numbers"},
    SimpleType{"listen", R"({"type": "string", "pattern": "^p(tcp|ssl):"})", "`ptcp:[PORT][:HOST]`"},
    SimpleType{"dial", R"({"type": "string", "pattern": "^(tcp|ssl):."})", "`tcp:HOST[:PORT]`"},
    SimpleType{"address", R"({"type": "string", "pattern": "."})", "`HOST:PORT`"},
    SimpleType{"prefix", R"({"type": "string", "pattern": "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$"})",
               "`192.0.2.0/24`, `2001:db8::/32`, or one address"},
    SimpleType{"port", R"({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 4294967040}, {"type": "string"}]})",
               "a number, `LOCAL`, or the name that the switch reports"},
    SimpleType{"slice_number", R"({"type": "integer", "minimum": 1, "maximum": 32767})", "1 to 32767"},
    SimpleType{"count",
               R"({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+[kMG]?$"}]})",
               "a number, also with a unit: `2k`, `3M`, `1G`"},
    SimpleType{"rate",
               R"({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern":)"
               R"( "^([0-9]+\\.?[0-9]*|\\.[0-9]+)[kMG]?/(s|min|h)$"}]})",
               "`500/s`, `2k/min`, `1M/h`; a number is in a second"},
    SimpleType{"size",
               R"({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern":)"
               R"( "^[0-9]+(B|kB|MB|GB|KiB|MiB|GiB)?$"}]})",
               "`64KiB`, `4MB`; a number is in bytes"},
    SimpleType{"duration",
               R"({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}]})",
               "`200ms`, `5s`, `2m`, `1h`; a number is in seconds"},
    SimpleType{"time",
               R"({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+([Zz]|[+-][0-9:]+)$"})",
               "`2027-01-31T18:00:00Z`, as in RFC 3339"},
    SimpleType{"vendor", R"({"type": "string", "pattern": "^vendor:"})", "`vendor:0x2320`"},
    SimpleType{"ports",
               R"({"anyOf": [{"$ref": "#/definitions/port"}, {"type": "array", "items":)"
               R"( {"$ref": "#/definitions/port"}}]})",
               "`\"*\"`, a number, a range `\"5-8\"`, a name, `\"LOCAL\"`, or a list of these"},
    SimpleType{"on",
               R"({"anyOf": [{"const": "*"}, {"type": "array", "items": {"$ref": "#/definitions/name"}},)"
               R"( {"type": "object", "patternProperties": {"^x-": {}},)"
               R"( "additionalProperties": {"$ref": "#/definitions/ports"}}]})",
               "`\"*\"`, a list of switches, or an object: switch → ports"},
    SimpleType{"match",
               R"({"anyOf": [{"type": "string"}, {"$ref": "#/definitions/headers"}, {"type": "array", "items":)"
               R"( {"anyOf": [{"type": "string"}, {"$ref": "#/definitions/headers"}]}}]})",
               "text, an object of headers, or a list of both; see above"},
};

std::string quoted_code(std::string_view text) { return "`" + std::string{text} + "`"; }

std::vector<std::string_view> alternatives(std::string_view type) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= type.size(); ++i) {
    if (i == type.size() || (depth == 0 && type[i] == '|')) {
      parts.push_back(type.substr(begin, i - begin));
      begin = i + 1;
    } else if (type[i] == '[' || type[i] == '{') {
      ++depth;
    } else if (type[i] == ']' || type[i] == '}') {
      --depth;
    }
  }
  return parts;
}

std::string_view inner(std::string_view type) { return type.substr(1, type.size() - 2); }

// --- JSON Schema -----------------------------------------------------------------------------------------------------

Json reference(std::string_view name) { return {{"$ref", "#/definitions/" + std::string{name}}}; }

// Keys that begin with x- are the author's.
Json object_schema() {
  return {{"type", "object"}, {"additionalProperties", false}, {"patternProperties", {{"^x-", Json::object()}}}};
}

Json schema_of(std::string_view type);

Json schema_of_one(std::string_view type) {
  if (type.starts_with('[')) return {{"type", "array"}, {"items", schema_of(inner(type))}};
  if (type.starts_with('{')) {
    Json schema = object_schema();
    schema["additionalProperties"] = schema_of(inner(type));
    schema["propertyNames"] = {{"anyOf", {reference("name"), Json{{"pattern", "^x-"}}}}};
    return schema;
  }
  return reference(type);
}

Json schema_of(std::string_view type) {
  Json words = Json::array();
  Json any = Json::array();
  for (const std::string_view part : alternatives(type)) {
    if (part.starts_with('\'')) {
      words.push_back(inner(part));
    } else {
      any.push_back(schema_of_one(part));
    }
  }
  if (!words.empty()) any.insert(any.begin(), Json{{"enum", std::move(words)}});
  return any.size() == 1 ? any.front() : Json{{"anyOf", std::move(any)}};
}

Json schema_of(const ObjectFacts& object) {
  Json schema = object_schema();
  Json needed = Json::array();
  for (const KeyFacts& key : object.keys) {
    // Beside a reference nothing else counts, so it stands in a list of its own.
    Json property{
        {"description", (key.presence == Presence::later ? "Not supported yet: " : "") + std::string{key.help}},
        {"allOf", Json::array({schema_of(key.type)})}};
    schema["properties"][std::string{key.key}] = std::move(property);
    if (key.presence == Presence::required) needed.push_back(key.key);
  }
  if (!needed.empty()) schema["required"] = std::move(needed);
  return schema;
}

Json schema_of_headers() {
  const Json value{{"type", {"integer", "string"}}, {"minimum", 0}};
  Json schema = object_schema();
  for (const std::string_view name : match_key_names()) {
    const MatchKey::Use use = find_match_key(name)->use;
    if (use == MatchKey::Use::port || use == MatchKey::Use::no_header) continue;
    schema["properties"][std::string{name}] = {{"anyOf", {value, Json{{"type", "array"}, {"items", value}}}}};
  }
  return schema;
}

// --- tables for people -----------------------------------------------------------------------------------------------

bool is_simple(std::string_view name) {
  return std::any_of(simple_types.begin(), simple_types.end(),
                     [name](const SimpleType& type) { return type.name == name; });
}

std::string text_of(std::string_view type) {
  std::string text;
  for (const std::string_view part : alternatives(type)) {
    if (!text.empty()) text += " or ";
    if (part.starts_with('\'')) {
      text += quoted_code(inner(part));
    } else if (part.starts_with('[')) {
      text += "list of: " + text_of(inner(part));
    } else if (part.starts_with('{')) {
      text += "by name: " + text_of(inner(part));
    } else {
      const std::string name{part};
      text += "[" + name + "](#" + (is_simple(part) ? "simple-types" : name) + ")";
    }
  }
  return text;
}

std::string table_of(const ObjectFacts& object) {
  constexpr std::string_view remarks[] = {"", "Required: ", "*Not supported yet:* "};
  std::string table = "### " + std::string{object.name} + "\n\n| key | value | meaning |\n|---|---|---|\n";
  for (const KeyFacts& key : object.keys) {
    table += "| " + quoted_code(key.key) + " | " + text_of(key.type) + " | " +
             std::string{remarks[static_cast<std::size_t>(key.presence)]} + std::string{key.help} + " |\n";
  }
  return table + '\n';
}

}  // namespace

std::string json_schema() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "A slice file of Sluice, version 1 of the format"}};
  std::vector<ObjectFacts> objects = format_objects();
  schema.update(schema_of(objects.front()));
  Json& definitions = schema["definitions"];
  for (const SimpleType& type : simple_types) definitions[std::string{type.name}] = Json::parse(type.schema);
  definitions["headers"] = schema_of_headers();
  for (auto object = objects.begin() + 1; object != objects.end(); ++object) {
    definitions[std::string{object->name}] = schema_of(*object);
  }
  return schema.dump(2) + '\n';
}

std::string format_tables() {
  std::string text;
  for (const ObjectFacts& object : format_objects()) text += table_of(object);
  text += "### Simple types\n\n| value | how it is written |\n|---|---|\n";
  for (const SimpleType& type : simple_types) {
    text += "| " + std::string{type.name} + " | " + std::string{type.help} + " |\n";
  }
  return text;
}

}  // namespace sluice::policy
