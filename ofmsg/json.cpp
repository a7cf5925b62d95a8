// Walks the layouts of messages and writes every field as JSON.
#include "ofmsg/json.hpp"

#include <array>
#include <type_traits>

#include "ofmsg/codec.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

using Json = nlohmann::ordered_json;

template <std::size_t N>
Json name_or_number(const std::array<std::string_view, N>& names, std::size_t number) {
  if (number < N) return names[number];
  return number;
}

Json value_json(FlowModCommand command) {
  constexpr std::array<std::string_view, 5> names{"add", "modify", "modify_strict", "delete", "delete_strict"};
  return name_or_number(names, static_cast<std::size_t>(command));
}

Json value_json(FlowRemovedReason reason) {
  constexpr std::array<std::string_view, 6> names{"idle_timeout", "hard_timeout", "delete",
                                                  "group_delete", "meter_delete", "eviction"};
  return name_or_number(names, static_cast<std::size_t>(reason));
}

Json value_json(PacketInReason reason) {
  constexpr std::array<std::string_view, 6> names{"no_match",   "action", "invalid_ttl",
                                                  "action_set", "group",  "packet_out"};
  return name_or_number(names, static_cast<std::size_t>(reason));
}

Json value_json(PortReason reason) {
  constexpr std::array<std::string_view, 3> names{"add", "delete", "modify"};
  return name_or_number(names, static_cast<std::size_t>(reason));
}

// A walker (walk.hpp) that collects the fields of one layout.
class JsonWalker {
 public:
  explicit JsonWalker(Version version) : version_{version} {}

  template <class T>
  void operator()(std::string_view name, const T& value, Range range = always) {
    if (range.has(version_)) object_[std::string{name}] = json(value);
  }

  // Bytes that mean nothing, and lengths, which the values themselves have.
  void pad(std::size_t, Range = always) {}

  [[nodiscard]] std::size_t length(std::string_view) { return 0; }

  template <class Body>
  void within(std::size_t, Body body) {
    body();
  }

  template <class Body>
  void framed(std::string_view, std::size_t, Body body) {
    body();
  }

  void unsupported(std::string_view, Range) {}

  [[nodiscard]] Version version() const { return version_; }

  [[nodiscard]] Json take() { return std::move(object_); }

 private:
  template <class T>
  [[nodiscard]] Json json(const T& value) const {
    if constexpr (std::is_integral_v<T>) {
      return value;
    } else if constexpr (std::is_enum_v<T>) {
      return value_json(value);
    } else if constexpr (requires { layout(std::declval<JsonWalker&>(), value); }) {
      JsonWalker inner{version_};
      layout(inner, value);
      return inner.take();
    } else {
      return leaf(value);
    }
  }

  template <class T>
  [[nodiscard]] Json json(const std::vector<T>& items) const {
    Json list = Json::array();
    for (const T& item : items) list.push_back(json(item));
    return list;
  }

  [[nodiscard]] Json json(const Bytes& bytes) const { return hex_digits(bytes); }

  [[nodiscard]] Json json(const Actions& actions) const { return text(actions, version_); }

  [[nodiscard]] Json json(const Instructions& instructions) const {
    return text(instructions, version_).substr(std::string_view{"actions="}.size());
  }

  [[nodiscard]] Json leaf(PortNo port) const { return text(port); }

  [[nodiscard]] Json leaf(MacAddress mac) const { return text(mac); }

  [[nodiscard]] Json leaf(DatapathId id) const { return text(id); }

  [[nodiscard]] Json leaf(const Match& match) const { return text(match, version_); }

  [[nodiscard]] Json leaf(BufferId id) const { return id.value == BufferId::none ? Json{} : Json(id.value); }

  [[nodiscard]] Json leaf(GroupId id) const { return id.value == GroupId::any ? Json{} : Json(id.value); }

  [[nodiscard]] Json leaf(const HelloElement& element) const {
    return {{"type", element.type}, {"body", hex_digits(element.body)}};
  }

  template <std::size_t N>
  [[nodiscard]] Json leaf(const Text<N>& value) const {
    return printable(value.value);
  }

  Version version_;
  Json object_ = Json::object();
};

// What the fields say between the lines.
void add_meaning(const Message& message, Version version, Json& into) {
  if (const auto* hello = std::get_if<Hello>(&message)) {
    if (const std::optional<VersionSet> offered = hello->versions()) into["versions"] = text(*offered);
  } else if (const auto* error = std::get_if<Error>(&message)) {
    into["error"] = text(error->error, version);
  } else if (const auto* in = std::get_if<PacketIn>(&message)) {
    if (const auto key = packet_key(in->data, in->ingress())) into["packet"] = text(*key);
  } else if (const auto* out = std::get_if<PacketOut>(&message)) {
    if (const auto key = packet_key(out->data, out->in_port)) into["packet"] = text(*key);
  }
}

}  // namespace

nlohmann::ordered_json to_json(const Message& message, Version version, Xid xid) {
  Json out{{"type", text(kind_of(message))}, {"version", text(version)}, {"xid", xid.value}};
  JsonWalker walker{version};
  std::visit([&](const auto& m) { layout(walker, m); }, message);
  Json fields = walker.take();
  for (auto& [name, value] : fields.items()) {
    // The type of an OpenFlow error must not hide the type of the message.
    out[name == "type" ? "error_type" : name == "code" ? "error_code" : name] = std::move(value);
  }
  add_meaning(message, version, out);
  return out;
}

}  // namespace sluice::ofmsg
