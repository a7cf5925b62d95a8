// Messages as test cases spell them: those that came, and those that somebody else has spelt.
#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/replay/message_text.hpp"
#include "slicing/replay/values.hpp"

namespace sluice::slicing::replay {

using ofmsg::FlowMod;
using ofmsg::FlowModCommand;
using ofmsg::Kind;
using ofmsg::Message;
using ofmsg::Tree;
using ofmsg::Version;

namespace {

// Which fields of a message are to be told: always, if they are not at their default, or never.
class Choice {
 public:
  enum class Show : std::uint8_t { always, unusual, never };

  // Of a message that came: cookies that a switch hears are Sluice's own, and told where `asked` speaks of them.
  explicit Choice(At at, const Spelling* asked = nullptr) : asked_{asked}, at_{at} {}

  // Of a spelling: what is written; and, where everything counts, what is unusual.
  explicit Choice(const Spelling& spelling) : spelling_{&spelling} {}

  [[nodiscard]] Show of(std::string_view name) const {
    if (spelling_ == nullptr) {
      if (name == "priority") return Show::always;
      if (asked_ != nullptr && (asked_->open.contains(std::string{name}) || is_written(*asked_, name))) {
        return Show::always;
      }
      return at_ == At::switch_ && name.starts_with("cookie") ? Show::never : Show::unusual;
    }
    if (spelling_->open.contains(std::string{name})) return Show::never;
    if (is_written(*spelling_, name)) return Show::always;
    return spelling_->at_least ? Show::never : Show::unusual;
  }

  [[nodiscard]] bool shows(std::string_view name, bool unusual) const {
    return of(name) == Show::always || (of(name) == Show::unusual && unusual);
  }

 private:
  const Spelling* spelling_ = nullptr;
  const Spelling* asked_ = nullptr;
  At at_ = At::controller;
};

// --- as ovs-ofctl writes it ------------------------------------------------------------------------------------------

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

void add_flags(std::uint16_t flags, Version version, std::vector<std::string>& parts) {
  if ((flags & FlowMod::send_flow_rem) != 0) parts.emplace_back("send_flow_rem");
  if ((flags & FlowMod::check_overlap) != 0) parts.emplace_back("check_overlap");
  if (ofmsg::until(ofmsg::v1_1).has(version)) return;
  if ((flags & FlowMod::reset_counts) != 0) parts.emplace_back("reset_counts");
  if ((flags & FlowMod::no_pkt_counts) != 0) parts.emplace_back("no_packet_counts");
  if ((flags & FlowMod::no_byt_counts) != 0) parts.emplace_back("no_byte_counts");
}

// Those who send the message may say any number.
bool is_command(FlowModCommand command) {
  return static_cast<std::size_t>(command) < std::size(ofmsg::enum_names<FlowModCommand>);
}

std::string command_text(FlowModCommand command) {
  const auto number = static_cast<std::size_t>(command);
  return is_command(command) ? std::string{ofmsg::enum_names<FlowModCommand>[number]} : std::to_string(number);
}

std::string spell_flow(const FlowMod& mod, Version version, const Choice& choice) {
  const std::string command = command_text(mod.command);
  const bool adds = mod.command == FlowModCommand::add;
  const bool deletes = mod.command == FlowModCommand::delete_ || mod.command == FlowModCommand::delete_strict;
  std::vector<std::string> parts;
  const auto add = [&](std::string_view name, std::string_view field, std::uint64_t value, std::uint64_t usual) {
    if (choice.shows(field, value != usual)) parts.push_back(std::string{name} + "=" + std::to_string(value));
  };
  // Who deletes or modifies without naming a table means all of them.
  add("table", "table_id", mod.table_id, adds || version == ofmsg::v1_0 ? 0 : ofmsg::all_tables);
  add("priority", "priority", mod.priority, FlowMod{}.priority);
  if (choice.shows("cookie", mod.cookie != 0 || mod.cookie_mask != 0)) {
    const std::string mask = mod.cookie_mask == 0 ? "" : "/" + ofmsg::hex(mod.cookie_mask);
    parts.push_back("cookie=" + ofmsg::hex(mod.cookie) + mask);
  }
  add("idle_timeout", "idle_timeout", mod.idle_timeout, 0);
  add("hard_timeout", "hard_timeout", mod.hard_timeout, 0);
  add("buffer_id", "buffer_id", mod.buffer_id.value, ofmsg::BufferId::none);
  if (choice.shows("out_port", mod.out_port != ofmsg::port::any)) {
    parts.push_back("out_port=" + ofmsg::text(mod.out_port));
  }
  if (ofmsg::since(ofmsg::v1_1).has(version)) add("out_group", "out_group", mod.out_group.value, ofmsg::GroupId::any);
  if (choice.shows("flags", true)) add_flags(mod.flags, version, parts);
  const std::string match = ofmsg::text(mod.match, version);
  if (choice.shows("match", !match.empty())) parts.push_back(match.empty() ? "any" : match);
  if (choice.shows("instructions", !deletes)) parts.push_back(ofmsg::text(mod.instructions, version));
  return "flow_mod " + (adds ? "" : command + (parts.empty() ? "" : " ")) + joined(parts);
}

std::string spell_packet_out(const ofmsg::PacketOut& message, Version version, const Choice& choice) {
  std::vector<std::string> parts;
  const bool buffered = message.buffer_id.value != ofmsg::BufferId::none;
  if (choice.shows("in_port", true)) parts.push_back("in_port=" + ofmsg::text(message.in_port));
  if (choice.shows("buffer_id", buffered)) parts.push_back("buffer_id=" + std::to_string(message.buffer_id.value));
  if (choice.shows("data", !buffered || !message.data.empty())) {
    parts.push_back("packet=" + ofmsg::hex_digits(message.data));
  }
  if (choice.shows("actions", true)) parts.push_back("actions=" + ofmsg::text(message.actions, version));
  return "packet_out " + joined(parts);
}

// Of the lines that tell of a group or a meter: what follows the headline, with the command in small letters.
std::string spell_object(const Message& message, Version version) {
  std::string body = ofmsg::text(message, version, ofmsg::Xid{0});
  const std::size_t headline = body.find("):");
  if (headline != std::string::npos) body.erase(0, headline + 2);
  std::string out{ofmsg::text(ofmsg::kind_of(message))};
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find_first_of(" \n", at), body.size());
    if (end > at) {
      // "bands=" stands at the end of its line.
      if (!out.ends_with('=')) out += ' ';
      out += body.substr(at, end - at);
    }
    at = end + 1;
  }
  const std::size_t begin = std::min(out.find(' '), out.size());
  for (std::size_t i = begin + 1; i < out.size() && out[i] != ' '; ++i) {
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] - 'A' + 'a');
  }
  return out;
}

std::string spell_error(ofmsg::WireError error, Version version) {
  std::string name = ofmsg::text(error, version);
  std::replace(name.begin(), name.end(), '/', ' ');
  return "error " + name;
}

// --- by the names of the fields --------------------------------------------------------------------------------------

std::string spell_fields(Kind kind, const Tree& fields, Version version, const Choice& choice, bool braces) {
  const auto defaults = defaults_of(kind, version);
  std::string inside;
  for (const auto& [name, value] : *fields.as<Tree::Object>()) {
    const Tree* usual = defaults ? defaults->find(name) : nullptr;
    if (!choice.shows(name, usual == nullptr || !(*usual == value))) continue;
    inside += (inside.empty() ? "" : braces ? ", " : " ") + name + "=" + spelt(value);
  }
  const std::string name{ofmsg::text(kind)};
  if (braces) return name + " {" + inside + "}";
  return inside.empty() ? name : name + " " + inside;
}

// Without what stands for a value. May say less than there is to say.
std::string first_try(const Message& message, const Tree& fields, Version version, const Choice& choice) {
  if (const auto* mod = std::get_if<FlowMod>(&message)) return spell_flow(*mod, version, choice);
  if (const auto* out = std::get_if<ofmsg::PacketOut>(&message)) return spell_packet_out(*out, version, choice);
  if (const auto* error = std::get_if<ofmsg::Error>(&message)) return spell_error(error->error, version);
  const Kind kind = ofmsg::kind_of(message);
  if (is_text_kind(kind)) return spell_object(message, version);
  return spell_fields(kind, fields, version, choice, false);
}

// With what stands for values, and the xid.
std::string with_open(std::string out, const Spelling& spelling) {
  const std::size_t behind_kind = out.find(' ');
  const bool in_braces = behind_kind != std::string::npos && out.compare(behind_kind + 1, 1, "{") == 0;
  const auto add = [&](const std::string& name, const std::string& value) {
    const std::string said = name + "=" + value;
    // Among the fields of ovs-ofctl's text a name stands in front of the actions.
    const std::size_t actions = out.find("actions=");
    if (in_braces) {
      out.insert(out.size() - 1, (out.ends_with("{}") ? "" : ", ") + said);
    } else if (name != "xid" && actions != std::string::npos) {
      out.insert(actions, said + ",");
    } else {
      out += (out.ends_with(' ') ? "" : " ") + said;
    }
  };
  for (const auto& [name, value] : spelling.open) {
    if (!is_nested(name)) add(name, value);
  }
  if (spelling.xid) add("xid", ofmsg::hex(*spelling.xid));
  while (out.ends_with(' ')) out.pop_back();
  return (spelling.at_least ? "~" : "") + out;
}

bool has_nested(const Spelling& spelling) {
  return std::any_of(spelling.open.begin(), spelling.open.end(),
                     [](const auto& entry) { return is_nested(entry.first); });
}

// The fields with the words that stand for numbers within them.
Tree with_words(Tree fields, const Spelling& spelling) {
  for (const auto& [place, word] : spelling.open) {
    Tree* here = is_nested(place) ? find_place(fields, place) : nullptr;
    if (here != nullptr) *here = word;
  }
  return fields;
}

std::string spell_came(ofmsg::FrameView frame, const Choice& choice) {
  const auto kind = ofmsg::kind_of(frame);
  const auto message = ofmsg::decode(frame);
  const auto version = ofmsg::version_of(frame.wire_version());
  if (!kind || !message || !version) return "hex " + ofmsg::hex_digits(frame.bytes());
  const auto* mod = std::get_if<FlowMod>(&*message);
  if (mod != nullptr && !is_command(mod->command)) return "hex " + ofmsg::hex_digits(frame.bytes());
  std::string out = first_try(*message, fields_of(*message, *version), *version, choice);
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::string spell(ofmsg::FrameView frame, At at) { return spell_came(frame, Choice{at}); }

std::string spell_beside(const Spelling& expected, ofmsg::FrameView frame, At at) {
  std::string out = spell_came(frame, Choice{at, &expected});
  if (expected.xid || expected.open.contains("xid")) out += " xid=" + ofmsg::hex(frame.xid().value);
  return out;
}

std::string spell_like(const Spelling& expected, ofmsg::FrameView frame, At at) {
  Spelling like;
  like.at_least = expected.at_least;
  like.open = expected.open;
  like.xid = expected.xid ? std::optional{frame.xid().value} : std::nullopt;
  const auto kind = ofmsg::kind_of(frame);
  const auto message = ofmsg::decode(frame);
  if (has_nested(expected) && kind && message) {
    const Version version = *ofmsg::version_of(frame.wire_version());
    return with_open(spell_fields(*kind, with_words(fields_of(*message, version), expected), version, Choice{at},
                                  is_text_kind(*kind)),
                     like);
  }
  return with_open(spell(frame, at), like);
}

std::string spell(const Spelling& spelling, Version version) {
  const Choice choice{spelling};
  Tree fields = spelling.fields;
  if (has_nested(spelling)) {
    const bool braces = is_text_kind(spelling.kind) || spelling.kind == Kind::error;
    return with_open(spell_fields(spelling.kind, with_words(fields, spelling), version, choice, braces), spelling);
  }
  if (const auto message = message_of(fields, spelling.kind, version)) {
    std::string text = with_open(first_try(*message, fields, version, choice), spelling);
    const auto again = parse_spelling(text, version);
    if (again && equivalent(spelling, *again)) return text;
  }
  return with_open(spell_fields(spelling.kind, fields, version, choice, true), spelling);
}

Tree tree_of(const Spelling& spelling, Version version) {
  Tree out{Tree::Object{}};
  out.put("type", ofmsg::text(spelling.kind));
  const auto defaults = defaults_of(spelling.kind, version);
  const Tree fields = with_words(spelling.fields, spelling);
  for (const auto& [name, value] : *fields.as<Tree::Object>()) {
    if (const auto open = spelling.open.find(name); open != spelling.open.end()) {
      out.put(name, open->second);
      continue;
    }
    const Tree* usual = defaults ? defaults->find(name) : nullptr;
    // Whether they are written is what decides about them; of the others it is what they are.
    const bool by_word = spelling.at_least || spelling.kind == Kind::error || name.starts_with("cookie");
    const bool unusual = usual == nullptr || !(*usual == value);
    if (by_word ? is_written(spelling, name) || (unusual && !spelling.at_least) : unusual) out.put(name, value);
  }
  if (const auto open = spelling.open.find("xid"); open != spelling.open.end()) out.put("xid", open->second);
  if (spelling.xid) out.put("xid", std::uint64_t{*spelling.xid});
  return out;
}

}  // namespace sluice::slicing::replay
