#include "slicing/replay/message_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/compose.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/replay/values.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::Kind;
using ofmsg::TextError;
using ofmsg::Tree;
using ofmsg::Version;

namespace {

using Wrong = ofmsg::Failure<TextError>;

// Kinds that are spelt as ovs-ofctl takes them.
bool is_text_kind(Kind kind) {
  return kind == Kind::flow_mod || kind == Kind::group_mod || kind == Kind::meter_mod || kind == Kind::packet_out;
}

// --- packets ---------------------------------------------------------------------------------------------------------

// The text with the bytes of each <packet> in its place. Places behind one are places in the original no longer, so
// errors name the word itself.
ofmsg::Result<std::string, TextError> with_packets(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      const std::size_t end = text.find('"', i + 1);
      if (end == std::string_view::npos) return wrong(i, 1, "a text without an end");
      out += text.substr(i, end - i + 1);
      i = end;
    } else if (text[i] == '<') {
      const std::size_t end = text.find('>', i);
      if (end == std::string_view::npos) return wrong(i, 1, "a packet without an end", "close it with \">\"");
      const auto match = ofmsg::parse_match(text.substr(i + 1, end - i - 1));
      if (!match) {
        return wrong(i + 1 + match.error().offset, match.error().length, match.error().message, match.error().hint);
      }
      out += ofmsg::hex_digits(ofmsg::compose_packet(*match));
      i = end;
    } else {
      out += text[i];
    }
  }
  return out;
}

// --- reading ---------------------------------------------------------------------------------------------------------

bool is_open(std::string_view value) { return value == "*" || (value.size() > 1 && value.front() == '$'); }

class Reader {
 public:
  Reader(std::string_view text, Version version) : text_{text}, version_{version} {}

  ofmsg::Result<Spelling, TextError> run() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '~') {
      out_.at_least = true;
      ++at_;
      skip_space();
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    const auto kind = ofmsg::parse_kind(name);
    if (!kind) return wrong(begin, std::max<std::size_t>(1, name.size()), '"' + std::string{name} + "\" is no message");
    out_.kind = *kind;
    skip_space();
    auto rest = with_packets(text_.substr(at_));
    if (!rest) return moved(std::move(rest.error()));
    auto done = is_text_kind(*kind)    ? read_text(*std::move(rest))
                : *kind == Kind::error ? read_error(*rest)
                                       : read_fields(*rest);
    if (!done) return moved(std::move(done.error()));
    return std::move(out_);
  }

 private:
  using Done = ofmsg::Result<void, TextError>;

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  Wrong moved(TextError error) const {
    error.offset = std::min(error.offset + at_, text_.size());
    return Wrong{std::move(error)};
  }

  // Takes "name=$x", "name=*" and "xid=N" out of the text: what ovs-ofctl's syntax has no words for.
  Done take_open(std::string& text) {
    std::string rest;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : ',';
      if (c == '(' || c == '[') ++depth;
      if (c == ')' || c == ']') --depth;
      if (i < text.size() && (depth > 0 || (c != ',' && !is_space(c)))) continue;
      const std::string_view token = std::string_view{text}.substr(begin, i - begin);
      const std::size_t equals = token.find('=');
      const std::string_view name = token.substr(0, equals);
      const std::string_view value = equals == std::string_view::npos ? std::string_view{} : token.substr(equals + 1);
      if (is_open(value)) {
        out_.open[std::string{name}] = value;
      } else if (name == "xid") {
        const auto number = ofmsg::parse_number(value);
        if (!number || *number > 0xffffffff) return wrong(begin, token.size(), "an xid is a number of 32 bits");
        out_.xid = static_cast<std::uint32_t>(*number);
      } else {
        rest += token;
        if (i < text.size()) rest += c;
      }
      begin = i + 1;
    }
    while (!rest.empty() && (rest.back() == ',' || is_space(rest.back()))) rest.pop_back();
    text = std::move(rest);
    return {};
  }

  Done read_text(std::string text) {
    const std::size_t cookie = text.find("cookie=");
    const bool mask = cookie != std::string::npos && text.find('/', cookie) < text.find(',', cookie);
    if (auto taken = take_open(text); !taken) return taken;
    // Where not everything is told, actions need not be; "drop" is what is not compared.
    const bool acts = out_.kind == Kind::flow_mod || out_.kind == Kind::packet_out;
    if (out_.at_least && acts && text.find("actions=") == std::string::npos) {
      text += text.empty() ? "actions=drop" : ",actions=drop";
    }
    auto message = ofmsg::parse_message(ofmsg::text(out_.kind), text, version_);
    if (!message) return Wrong{std::move(message.error())};
    out_.fields = fields_of(*message, version_);
    const auto defaults = defaults_of(out_.kind, version_);
    for (const auto& [name, value] : *out_.fields.as<Tree::Object>()) {
      const Tree* usual = defaults ? defaults->find(name) : nullptr;
      const bool said = usual == nullptr || !(*usual == value) || name == "command";
      const bool cookie_said = (name == "cookie" && cookie != std::string::npos) || (name == "cookie_mask" && mask);
      if (said || cookie_said) out_.written.push_back(name);
    }
    return {};
  }

  Done read_error(std::string_view text) {
    ValueReader reader{text};
    std::vector<std::string> names;
    Tree fields{Tree::Object{}};
    while (!reader.done()) {
      const std::size_t at = reader.at();
      auto member = reader.member();
      if (!member) return Wrong{std::move(member.error())};
      if (!member->second) {
        names.push_back(std::move(member->first));
      } else if (auto taken = take(std::move(member->first), *std::move(member->second), fields, at); !taken) {
        return taken;
      }
    }
    if (names.size() != 2)
      return wrong(0, 1, "an error has a type and a code", "as in \"error FLOW_MOD_FAILED EPERM\"");
    const auto error = find_error(names[0] + "/" + names[1]);
    if (!error) return wrong(0, text.size(), "OpenFlow " + std::string{ofmsg::text(version_)} + " has no such error");
    replace(fields, "error_type", std::uint64_t{error->type});
    replace(fields, "error_code", std::uint64_t{error->code});
    out_.written.emplace_back("error_type");
    out_.written.emplace_back("error_code");
    return complete(std::move(fields));
  }

  [[nodiscard]] std::optional<ofmsg::WireError> find_error(const std::string& name) const {
    constexpr std::uint16_t most = 64;  // more than any type has codes
    for (std::uint16_t type = 0; type < most; ++type) {
      for (std::uint16_t code = 0; code < most; ++code) {
        if (ofmsg::text(ofmsg::WireError{type, code}, version_) == name) return ofmsg::WireError{type, code};
      }
    }
    return std::nullopt;
  }

  Done read_fields(std::string_view text) {
    ValueReader reader{text};
    Tree fields{Tree::Object{}};
    while (!reader.done()) {
      const std::size_t at = reader.at();
      auto member = reader.member();
      if (!member) return Wrong{std::move(member.error())};
      if (!member->second) {
        return wrong(at, member->first.size(), '"' + member->first + "\" has no value", "write name=value");
      }
      if (auto taken = take(std::move(member->first), *std::move(member->second), fields, at); !taken) return taken;
    }
    if (out_.kind == Kind::packet_in) complete_packet_in(fields);
    return complete(std::move(fields));
  }

  // One field, or what stands for one.
  Done take(std::string name, Tree value, Tree& fields, std::size_t at) {
    const auto* text = value.as<std::string>();
    const auto* number = value.as<std::uint64_t>();
    if (text != nullptr && is_open(*text)) {
      out_.open[std::move(name)] = *text;
    } else if (name == "xid") {
      if (number == nullptr || *number > 0xffffffff) return wrong(at, 3, "an xid is a number of 32 bits");
      out_.xid = static_cast<std::uint32_t>(*number);
    } else if (name == "in_port" && out_.kind == Kind::packet_in && ofmsg::since(ofmsg::v1_2).has(version_)) {
      Tree match{Tree::Object{}};
      match.put("in_port", std::move(value));
      replace(fields, "match", std::move(match));
      out_.written.emplace_back("match");
    } else {
      out_.written.push_back(name);
      replace(fields, name, std::move(value));
    }
    return {};
  }

  void complete_packet_in(Tree& fields) {
    const Tree* data = fields.find("data");
    if (data == nullptr || fields.find("total_len") != nullptr || out_.open.contains("total_len")) return;
    if (const auto* hex = data->as<std::string>()) fields.put("total_len", std::uint64_t{hex->size() / 2});
  }

  // Adds what is not written.
  Done complete(Tree fields) {
    const auto message = message_of(std::move(fields), out_.kind, version_);
    if (!message) {
      const ofmsg::TreeError& error = message.error();
      return wrong(0, 1, (error.where.empty() ? "" : error.where + ": ") + error.message);
    }
    out_.fields = fields_of(*message, version_);
    return {};
  }

  std::string_view text_;
  Version version_;
  std::size_t at_ = 0;
  Spelling out_;
};

// --- comparing -------------------------------------------------------------------------------------------------------

std::optional<std::uint64_t> number_of(const Tree* tree) {
  const auto* number = tree == nullptr ? nullptr : tree->as<std::uint64_t>();
  return number == nullptr ? std::nullopt : std::optional{*number};
}

class Comparison {
 public:
  Comparison(const Spelling& expected, At at, Bindings& bindings) : expected_{expected}, at_{at}, bindings_{bindings} {}

  std::vector<std::string> run(ofmsg::FrameView got) {
    const auto kind = ofmsg::kind_of(got);
    const auto message = ofmsg::decode(got);
    if (!kind || !message) return {"it cannot be decoded: " + (message ? "" : ofmsg::text(message.error()))};
    if (*kind != expected_.kind) {
      return {"it is " + std::string{ofmsg::text(*kind)} + ", not " + std::string{ofmsg::text(expected_.kind)}};
    }
    const Tree fields = fields_of(*message, version_of(got));
    for (const auto& [name, value] : expected_.open) compare_open(name, value, fields, got);
    if (expected_.xid && *expected_.xid != got.xid().value) {
      differ("xid", ofmsg::hex(*expected_.xid), ofmsg::hex(got.xid().value));
    }
    for (const auto& [name, value] : *fields.as<Tree::Object>()) compare(name, value);
    if (lines_.empty()) bindings_.insert(fresh_.begin(), fresh_.end());
    return std::move(lines_);
  }

 private:
  static Version version_of(ofmsg::FrameView frame) { return *ofmsg::version_of(frame.wire_version()); }

  void differ(const std::string& name, const std::string& expected, const std::string& got) {
    lines_.push_back(name + ": expected " + expected + ", got " + got);
  }

  void compare_open(const std::string& name, const std::string& value, const Tree& fields, ofmsg::FrameView got) {
    const auto number = name == "xid" ? std::optional<std::uint64_t>{got.xid().value} : number_of(fields.find(name));
    if (!number) return lines_.push_back(name + ": it has no number there");
    if (value == "*") return;
    const auto known = bindings_.find(value);
    const auto also = fresh_.find(value);
    const auto bound = known != bindings_.end() ? std::optional{known->second}
                       : also != fresh_.end()   ? std::optional{also->second}
                                                : std::nullopt;
    if (!bound) {
      fresh_.emplace(value, *number);
    } else if (*bound != *number) {
      differ(name, value + " = " + ofmsg::hex(*bound), ofmsg::hex(*number));
    }
  }

  [[nodiscard]] bool is_compared(const std::string& name) const {
    if (expected_.open.contains(name)) return false;
    const bool written = std::find(expected_.written.begin(), expected_.written.end(), name) != expected_.written.end();
    if (written) return true;
    if (expected_.at_least) return false;
    if (expected_.kind == Kind::error) return false;  // the data are the refused message
    return !(at_ == At::switch_ && name.starts_with("cookie"));
  }

  void compare(const std::string& name, const Tree& got) {
    if (!is_compared(name)) return;
    const Tree* wanted = expected_.fields.find(name);
    if (wanted != nullptr && *wanted == got) return;
    differ(name, wanted == nullptr ? "nothing" : spelt(*wanted), spelt(got));
  }

  const Spelling& expected_;
  At at_;
  Bindings& bindings_;
  Bindings fresh_;
  std::vector<std::string> lines_;
};

// --- printing --------------------------------------------------------------------------------------------------------

std::string spell_flow(const ofmsg::FlowMod& mod, Version version, At at) {
  constexpr std::array<std::string_view, 5> commands{"", "modify ", "modify_strict ", "delete ", "delete_strict "};
  std::string out = "flow_mod " + std::string{commands[static_cast<std::size_t>(mod.command)]};
  std::vector<std::string> parts;
  const auto add = [&parts](std::string_view name, std::uint64_t value, std::uint64_t usual) {
    if (value != usual) parts.push_back(std::string{name} + "=" + std::to_string(value));
  };
  const bool deletes =
      mod.command == ofmsg::FlowModCommand::delete_ || mod.command == ofmsg::FlowModCommand::delete_strict;
  add("table", mod.table_id, deletes && version != ofmsg::v1_0 ? 0xff : 0);
  parts.push_back("priority=" + std::to_string(mod.priority));
  if (at == At::controller && mod.cookie != 0) parts.push_back("cookie=" + ofmsg::hex(mod.cookie));
  add("idle_timeout", mod.idle_timeout, 0);
  add("hard_timeout", mod.hard_timeout, 0);
  if ((mod.flags & ofmsg::FlowMod::send_flow_rem) != 0) parts.emplace_back("send_flow_rem");
  if ((mod.flags & ofmsg::FlowMod::check_overlap) != 0) parts.emplace_back("check_overlap");
  if ((mod.flags & ofmsg::FlowMod::reset_counts) != 0) parts.emplace_back("reset_counts");
  if (const std::string match = ofmsg::text(mod.match, version); !match.empty()) parts.push_back(match);
  if (!deletes) parts.push_back(ofmsg::text(mod.instructions, version));
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : ",") + parts[i];
  return out;
}

std::string spell_packet_out(const ofmsg::PacketOut& message, Version version) {
  std::string out = "packet_out in_port=" + ofmsg::text(message.in_port);
  if (message.buffer_id.value != ofmsg::BufferId::none) {
    out += ",buffer_id=" + std::to_string(message.buffer_id.value);
  } else {
    out += ",packet=" + ofmsg::hex_digits(message.data);
  }
  return out + ",actions=" + ofmsg::text(message.actions, version);
}

std::string spell_fields(Kind kind, const Tree& fields, const std::optional<Tree>& defaults) {
  std::string out{ofmsg::text(kind)};
  for (const auto& [name, value] : *fields.as<Tree::Object>()) {
    const Tree* usual = defaults ? defaults->find(name) : nullptr;
    if (usual != nullptr && *usual == value) continue;
    out += " " + name + "=" + spelt(value);
  }
  return out;
}

}  // namespace

ofmsg::Result<Spelling, TextError> parse_spelling(std::string_view text, Version version) {
  return Reader{text, version}.run();
}

ofmsg::Result<Bytes, std::string> to_bytes(const Spelling& spelling, Version version, ofmsg::Xid xid,
                                           const Bindings& bindings) {
  Tree fields = spelling.fields;
  if (spelling.xid) xid = ofmsg::Xid{*spelling.xid};
  for (const auto& [name, value] : spelling.open) {
    const auto bound = bindings.find(value);
    if (bound == bindings.end()) return ofmsg::Failure<std::string>{value + " has no value yet"};
    if (name == "xid") {
      xid = ofmsg::Xid{static_cast<std::uint32_t>(bound->second)};
    } else {
      replace(fields, name, bound->second);
    }
  }
  const auto message = message_of(std::move(fields), spelling.kind, version);
  if (!message) return ofmsg::Failure<std::string>{message.error().where + ": " + message.error().message};
  Bytes bytes;
  const auto done = ofmsg::encode(bytes, *message, version, xid);
  if (!done) return ofmsg::Failure<std::string>{ofmsg::text(done.error())};
  return bytes;
}

std::vector<std::string> differences(const Spelling& expected, ofmsg::FrameView got, At at, Bindings& bindings) {
  return Comparison{expected, at, bindings}.run(got);
}

std::string spell(ofmsg::FrameView frame, At at) {
  const auto kind = ofmsg::kind_of(frame);
  const auto message = ofmsg::decode(frame);
  const auto version = ofmsg::version_of(frame.wire_version());
  if (!kind || !message || !version) return "hex " + ofmsg::hex_digits(frame.bytes());
  if (const auto* mod = std::get_if<ofmsg::FlowMod>(&*message)) return spell_flow(*mod, *version, at);
  if (const auto* out = std::get_if<ofmsg::PacketOut>(&*message)) return spell_packet_out(*out, *version);
  if (const auto* error = std::get_if<ofmsg::Error>(&*message)) {
    std::string name = ofmsg::text(error->error, *version);
    std::replace(name.begin(), name.end(), '/', ' ');
    return "error " + name;
  }
  const auto defaults = defaults_of(*kind, *version);
  return spell_fields(*kind, fields_of(*message, *version), defaults ? std::optional{*defaults} : std::nullopt);
}

std::string spell_like(const Spelling& expected, ofmsg::FrameView frame, At at) {
  std::string out = (expected.at_least ? "~" : "") + spell(frame, at);
  const auto add = [&](const std::string& name, const std::string& value) {
    // Among the fields of ovs-ofctl's text a name stands in front of the actions.
    const std::size_t actions = out.find("actions=");
    const bool inside = name != "xid" && actions != std::string::npos;
    inside ? out.insert(actions, name + "=" + value + ",") : out.append(" " + name + "=" + value);
  };
  for (const auto& [name, value] : expected.open) add(name, value);
  if (expected.xid) add("xid", ofmsg::hex(*expected.xid));
  return out;
}

std::optional<Bytes> parse_hex(std::string_view text) {
  std::string digits{text};
  std::erase_if(digits, is_space);
  return ofmsg::parse_bytes(digits);
}

}  // namespace sluice::slicing::replay
