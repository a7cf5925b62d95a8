// Reading messages as test cases spell them; comparing and printing them have files of their own.
#include "slicing/replay/message_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ofmsg/compose.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/text_scan.hpp"
#include "slicing/replay/values.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::Kind;
using ofmsg::TextError;
using ofmsg::Tree;
using ofmsg::Version;

namespace {

using Wrong = ofmsg::Failure<TextError>;

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

// What a word of ovs-ofctl's text is about. Behind the last one the rest is about the same field.
struct WordOfText {
  Kind kind;
  std::string_view word, field;
  bool last = false;
};

constexpr std::array words_of_text{
    WordOfText{Kind::flow_mod, "table", "table_id"},
    WordOfText{Kind::flow_mod, "priority", "priority"},
    WordOfText{Kind::flow_mod, "cookie", "cookie"},
    WordOfText{Kind::flow_mod, "idle_timeout", "idle_timeout"},
    WordOfText{Kind::flow_mod, "idle", "idle_timeout"},
    WordOfText{Kind::flow_mod, "hard_timeout", "hard_timeout"},
    WordOfText{Kind::flow_mod, "hard", "hard_timeout"},
    WordOfText{Kind::flow_mod, "importance", "importance"},
    WordOfText{Kind::flow_mod, "buffer_id", "buffer_id"},
    WordOfText{Kind::flow_mod, "buf", "buffer_id"},
    WordOfText{Kind::flow_mod, "out_port", "out_port"},
    WordOfText{Kind::flow_mod, "out_group", "out_group"},
    WordOfText{Kind::flow_mod, "send_flow_rem", "flags"},
    WordOfText{Kind::flow_mod, "check_overlap", "flags"},
    WordOfText{Kind::flow_mod, "reset_counts", "flags"},
    WordOfText{Kind::flow_mod, "no_packet_counts", "flags"},
    WordOfText{Kind::flow_mod, "no_byte_counts", "flags"},
    WordOfText{Kind::flow_mod, "actions", "instructions", true},
    WordOfText{Kind::flow_mod, "action", "instructions", true},
    WordOfText{Kind::flow_mod, "instructions", "instructions", true},
    WordOfText{Kind::packet_out, "in_port", "in_port"},
    WordOfText{Kind::packet_out, "buffer_id", "buffer_id"},
    WordOfText{Kind::packet_out, "buffer", "buffer_id"},
    WordOfText{Kind::packet_out, "packet", "data"},
    WordOfText{Kind::packet_out, "actions", "actions", true},
    WordOfText{Kind::packet_out, "action", "actions", true},
    WordOfText{Kind::group_mod, "group_id", "group_id"},
    WordOfText{Kind::group_mod, "type", "group_type"},
    WordOfText{Kind::group_mod, "command_bucket_id", "command_bucket_id"},
    WordOfText{Kind::group_mod, "bucket", "buckets", true},
    WordOfText{Kind::meter_mod, "meter", "meter_id"},
    WordOfText{Kind::meter_mod, "kbps", "flags"},
    WordOfText{Kind::meter_mod, "pktps", "flags"},
    WordOfText{Kind::meter_mod, "burst", "flags"},
    WordOfText{Kind::meter_mod, "stats", "flags"},
    WordOfText{Kind::meter_mod, "bands", "bands", true},
    WordOfText{Kind::meter_mod, "band", "bands", true},
};

const WordOfText* find_word(Kind kind, std::string_view word) {
  const auto* found = std::find_if(words_of_text.begin(), words_of_text.end(),
                                   [&](const WordOfText& row) { return row.kind == kind && row.word == word; });
  return found == words_of_text.end() ? nullptr : found;
}

bool is_command(std::string_view word) {
  const auto& names = ofmsg::enum_names<ofmsg::FlowModCommand>;
  return std::find(names.begin(), names.end(), word) != names.end();
}

// "*", or "$" and a name.
bool is_open(std::string_view value) {
  if (value == "*") return true;
  return value.size() > 1 && value.front() == '$' && std::all_of(value.begin() + 1, value.end(), [](char c) {
           return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

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
    const bool braced = rest->starts_with('{') && rest->ends_with('}');
    auto done = braced                 ? read_fields(std::string_view{*rest}.substr(1, rest->size() - 2))
                : is_text_kind(*kind)  ? read_text(*std::move(rest))
                : *kind == Kind::error ? read_error(*rest)
                                       : read_fields(*rest);
    if (done) done = check_open();
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
        const WordOfText* row = find_word(out_.kind, name);
        out_.open[std::string{row == nullptr ? name : row->field}] = value;
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

  // A field is written once, however often the text comes back to it.
  void note_written(std::string_view name) {
    if (std::find(out_.written.begin(), out_.written.end(), name) == out_.written.end()) {
      out_.written.emplace_back(name);
    }
  }

  // The fields that the words of ovs-ofctl's text are about, whatever they say of them.
  void note_words(std::string_view text) {
    if (out_.kind != Kind::packet_out) note_written("command");
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find_first_of(", \t", at), text.size());
      const std::string_view word = text.substr(at, end - at);
      at = end + 1;
      if (word.empty()) continue;
      const WordOfText* row = find_word(out_.kind, word.substr(0, word.find_first_of("=:")));
      if (row == nullptr) {
        // Of groups and meters all words are known but the command.
        if (out_.kind == Kind::flow_mod && !is_command(word)) note_written("match");
        continue;
      }
      note_written(row->field);
      if (row->field == "cookie" && word.find('/') != std::string_view::npos) note_written("cookie_mask");
      if (row->last) return;
    }
  }

  // What stands for a value must be a field that there is.
  [[nodiscard]] Done check_open() const {
    for (const auto& [name, value] : out_.open) {
      if (is_nested(name)) {
        Tree fields = out_.fields;
        const Tree* here = find_place(fields, name);
        if (here != nullptr && here->as<std::uint64_t>() != nullptr) continue;
        std::string why = name;
        why.append(": only a number can have ").append(value).append(" in its place");
        return wrong(0, 1, why);
      }
      if (name == "xid" || out_.fields.find(name) != nullptr) continue;
      std::vector<std::string_view> names;
      for (const auto& [field, tree] : *out_.fields.as<Tree::Object>()) names.emplace_back(field);
      return wrong(0, 1, std::string{ofmsg::text(out_.kind)} + " has no field \"" + name + '"',
                   ofmsg::did_you_mean(name, names));
    }
    return {};
  }

  Done read_text(std::string text) {
    if (auto taken = take_open(text); !taken) return taken;
    note_words(text);
    // Where not everything is told, actions need not be.
    const bool acts = out_.kind == Kind::flow_mod || out_.kind == Kind::packet_out;
    if (out_.at_least && acts && text.find("actions=") == std::string::npos) {
      text += " actions=drop";
    }
    auto message = ofmsg::parse_message(ofmsg::text(out_.kind), text, version_);
    if (!message) return Wrong{std::move(message.error())};
    out_.fields = fields_of(*message, version_);
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
    if (names.empty() && out_.at_least) return complete(std::move(fields));
    if (names.size() != 2)
      return wrong(0, 1, "an error has a type and a code", "as in \"error FLOW_MOD_FAILED EPERM\"");
    const auto error = find_error(names[0], names[1]);
    if (!error) return wrong(0, text.size(), "OpenFlow " + std::string{ofmsg::text(version_)} + " has no such error");
    replace(fields, "error_type", std::uint64_t{error->type});
    replace(fields, "error_code", std::uint64_t{error->code});
    out_.written.emplace_back("error_type");
    out_.written.emplace_back("error_code");
    return complete(std::move(fields));
  }

  // By its names, as in "FLOW_MOD_FAILED" and "EPERM".
  [[nodiscard]] std::optional<ofmsg::WireError> find_error(const std::string& type, const std::string& code) const {
    std::string whole = type;
    whole.append("/").append(code);
    constexpr std::uint16_t most = 64;  // more than there are types, and more than any of them has codes
    for (std::uint16_t t = 0; t < most; ++t) {
      if (!ofmsg::text(ofmsg::WireError{t, 0}, version_).starts_with(type + "/")) continue;
      for (std::uint16_t c = 0; c < most; ++c) {
        if (ofmsg::text(ofmsg::WireError{t, c}, version_) == whole) return ofmsg::WireError{t, c};
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
    // A command is what a message is, so it is always compared.
    if (is_text_kind(out_.kind) && out_.kind != Kind::packet_out) note_written("command");
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
      // What stands for numbers within the value; the numbers themselves come when they are known.
      auto open = [this](const std::string& place, Tree& leaf) {
        const auto* word = leaf.as<std::string>();
        if (word == nullptr || !is_open(*word)) return;
        out_.open[place] = *word;
        leaf = std::uint64_t{0};
      };
      for_each_leaf(value, name, open);
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

}  // namespace

ofmsg::Result<Spelling, TextError> parse_spelling(std::string_view text, Version version) {
  return Reader{text, version}.run();
}

std::optional<Bytes> parse_hex(std::string_view text) {
  std::string digits{text};
  std::erase_if(digits, is_space);
  return ofmsg::parse_bytes(digits);
}

}  // namespace sluice::slicing::replay
