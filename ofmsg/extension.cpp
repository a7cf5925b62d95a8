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
  const std::size_t type_size = experimenter == nicira ? short_type : word;
  if (experimenter == 0 || bytes.size() < head + type_size) return std::nullopt;
  const std::uint32_t type =
      experimenter == nicira ? load<std::uint16_t>(bytes, head) : load<std::uint32_t>(bytes, head);
  return ExtensionBody{ExtensionPlace::action, experimenter, type, bytes.subspan(head + type_size)};
}

Experimenter experimenter_message(const Extension& extension, Version version, Bytes body) {
  Experimenter message{extension.experimenter, 0, {}};
  if (version >= v1_1) {
    message.exp_type = extension.type;
    message.body = std::move(body);
  } else {
    append(message.body, extension.type);
    append(message.body, ByteView{body});
  }
  return message;
}

UnknownAction experimenter_action(const Extension& extension, Bytes body) {
  UnknownAction action;
  append(action.bytes, UnknownAction::experimenter_type);
  append(action.bytes, std::uint16_t{0});
  append(action.bytes, extension.experimenter);
  if (extension.experimenter == nicira) {
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
