#include "ofmsg/extension.hpp"

#include "ofmsg/tree.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::size_t word = 4;

template <class Part>
std::optional<ExtensionBody> body_of(ExtensionPlace place, const Part& part, Version version) {
  const ByteView body{part.body};
  if (version >= v1_1) return ExtensionBody{place, part.experimenter, part.exp_type, body};
  if (body.size() < word) return std::nullopt;
  return ExtensionBody{place, part.experimenter, load<std::uint32_t>(body), body.subspan(word)};
}

// Where actions say their type is left to experimenters; these two have 16 bits for it.
bool has_short_type(std::uint32_t experimenter) { return experimenter == nicira || experimenter == onf; }

}  // namespace

std::optional<ExtensionBody> extension_body(const Experimenter& message, Version version) {
  return body_of(ExtensionPlace::message, message, version);
}

std::optional<ExtensionBody> extension_body(const ExperimenterStatsRequest& message, Version version) {
  return body_of(ExtensionPlace::stats_request, message, version);
}

std::optional<ExtensionBody> extension_body(const ExperimenterStatsReply& message, Version version) {
  return body_of(ExtensionPlace::stats_reply, message, version);
}

std::optional<ExtensionBody> extension_body(const UnknownAction& action, Version) {
  constexpr std::size_t head = 8, short_type = 2;
  const std::uint32_t experimenter = action.experimenter();
  const ByteView bytes{action.bytes};
  const std::size_t type_size = has_short_type(experimenter) ? short_type : word;
  if (experimenter == 0 || bytes.size() < head + type_size) return std::nullopt;
  const std::uint32_t type =
      has_short_type(experimenter) ? load<std::uint16_t>(bytes, head) : load<std::uint32_t>(bytes, head);
  return ExtensionBody{ExtensionPlace::action, experimenter, type, bytes.subspan(head + type_size)};
}

namespace {

template <class Part>
void put(Part& part, const Extension& extension, Version version, Bytes body) {
  part.experimenter = extension.experimenter;
  if (version >= v1_1) {
    part.exp_type = extension.type;
    part.body = std::move(body);
  } else {
    part.body.clear();
    append(part.body, extension.type);
    append(part.body, ByteView{body});
  }
}

}  // namespace

void put_extension(Experimenter& message, const Extension& extension, Version version, Bytes body) {
  put(message, extension, version, std::move(body));
}

void put_extension(ExperimenterStatsRequest& message, const Extension& extension, Version version, Bytes body) {
  put(message, extension, version, std::move(body));
}

void put_extension(ExperimenterStatsReply& message, const Extension& extension, Version version, Bytes body) {
  put(message, extension, version, std::move(body));
}

Experimenter experimenter_message(const Extension& extension, Version version, Bytes body) {
  Experimenter message;
  put(message, extension, version, std::move(body));
  return message;
}

UnknownAction experimenter_action(const Extension& extension, Bytes body) {
  UnknownAction action;
  append(action.bytes, UnknownAction::experimenter_type);
  append(action.bytes, std::uint16_t{0});
  append(action.bytes, extension.experimenter);
  if (has_short_type(extension.experimenter)) {
    append(action.bytes, static_cast<std::uint16_t>(extension.type));
  } else {
    append(action.bytes, extension.type);
  }
  append(action.bytes, ByteView{body});
  action.bytes.resize((action.bytes.size() + 7) / 8 * 8);
  store(std::span{action.bytes}, 2, static_cast<std::uint16_t>(action.bytes.size()));
  return action;
}

Extensions Extensions::with(const ExtensionRow& row) const {
  Extensions more = *this;
  more.rows_.push_back(row);
  return more;
}

const ExtensionRow* Extensions::find(const ExtensionBody& part, Version version) const {
  for (const ExtensionRow& row : rows_) {
    const Extension& e = *row.extension;
    if (e.place == part.place && e.experimenter == part.experimenter && e.type == part.type && e.range.has(version)) {
      return &row;
    }
  }
  return nullptr;
}

const ExtensionRow* Extensions::find(std::string_view name, ExtensionPlace place, Version version) const {
  for (const ExtensionRow& row : rows_) {
    const Extension& e = *row.extension;
    if (e.name == name && e.place == place && e.range.has(version)) return &row;
  }
  return nullptr;
}

}  // namespace sluice::ofmsg
