#include "slicing/replay/values.hpp"

#include <algorithm>
#include <array>

#include "ofmsg/text_parts.hpp"

namespace sluice::slicing::replay {

using ofmsg::Kind;
using ofmsg::TextError;
using ofmsg::Tree;
using ofmsg::Version;

ofmsg::Failure<TextError> wrong(std::size_t at, std::size_t length, std::string message, std::string hint) {
  return ofmsg::Failure<TextError>{TextError{at, length, std::move(message), std::move(hint)}};
}

// --- reading ---------------------------------------------------------------------------------------------------------

void ValueReader::skip_space() {
  while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ',')) ++at_;
}

bool ValueReader::done() {
  skip_space();
  return at_ >= text_.size();
}

std::string_view ValueReader::take_until(std::string_view ends) {
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_]) && ends.find(text_[at_]) == std::string_view::npos) ++at_;
  return text_.substr(begin, at_ - begin);
}

ofmsg::Result<std::pair<std::string, std::optional<Tree>>, TextError> ValueReader::member() {
  const std::size_t begin = at_;
  std::string name{take_until("=,[]{}")};
  if (name.empty()) return wrong(begin, 1, "the name of a field is missing");
  if (at_ >= text_.size() || text_[at_] != '=') return std::pair{std::move(name), std::optional<Tree>{}};
  ++at_;
  auto read = value(0);
  if (!read) return ofmsg::Failure<TextError>{std::move(read.error())};
  return std::pair{std::move(name), std::optional<Tree>{*std::move(read)}};
}

ValueReader::Value ValueReader::value(int depth) {
  if (depth > deepest) return wrong(at_, 1, "too deeply nested");
  if (at_ >= text_.size()) return wrong(at_, 1, "a value is missing");
  if (text_[at_] == '"') return quoted();
  if (text_[at_] == '[') return list(depth);
  if (text_[at_] == '{') return object(depth);
  return word();
}

ValueReader::Value ValueReader::quoted() {
  const std::size_t end = text_.find('"', at_ + 1);
  if (end == std::string_view::npos) return wrong(at_, 1, "a text without an end");
  const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end + 1;
  return Tree{inside};
}

ValueReader::Value ValueReader::word() {
  const std::size_t begin = at_;
  const std::string_view said = take_until(",[]{}");
  if (said.empty()) return wrong(begin, 1, "a value is missing");
  if (said == "null") return Tree{Tree::Value{nullptr}};
  if (said == "true" || said == "false") return Tree{Tree::Value{said == "true"}};
  // Bytes that happen to be digits: "0102".
  const bool bytes = said.size() > 1 && said[0] == '0' && said[1] >= '0' && said[1] <= '9';
  if (const auto number = ofmsg::parse_number(said); number && !bytes) return Tree{*number};
  return Tree{said};
}

ValueReader::Value ValueReader::list(int depth) {
  const std::size_t begin = at_++;
  Tree::List items;
  while (true) {
    skip_space();
    if (at_ >= text_.size()) return wrong(begin, 1, "a list without an end");
    if (text_[at_] == ']') break;
    auto item = value(depth + 1);
    if (!item) return item;
    items.push_back(*std::move(item));
  }
  ++at_;
  return Tree{std::move(items)};
}

ValueReader::Value ValueReader::object(int depth) {
  const std::size_t begin = at_++;
  Tree out{Tree::Object{}};
  while (true) {
    skip_space();
    if (at_ >= text_.size()) return wrong(begin, 1, "an object without an end");
    if (text_[at_] == '}') break;
    const std::size_t name_at = at_;
    const std::string_view name = take_until("=}");
    if (name.empty() || at_ >= text_.size() || text_[at_] != '=') return wrong(name_at, 1, "write name=value");
    ++at_;
    auto read = value(depth + 1);
    if (!read) return read;
    out.put(name, *std::move(read));
  }
  ++at_;
  return out;
}

// --- printing --------------------------------------------------------------------------------------------------------

namespace {

std::string spelt_text(const std::string& text) {
  const bool plain = !text.empty() && !ofmsg::parse_number(text) && text != "null" && text != "true" &&
                     text != "false" && text.find_first_of(" \t\r\n,[]{}\"<>=#") == std::string::npos;
  return plain ? text : '"' + text + '"';
}

std::string spelt_list(const Tree::List& items) {
  std::string out = "[";
  for (const Tree& item : items) out += (out.size() > 1 ? ", " : "") + spelt(item);
  return out + "]";
}

std::string spelt_object(const Tree::Object& members) {
  std::string out = "{";
  for (const auto& [name, value] : members) out += (out.size() > 1 ? ", " : "") + name + "=" + spelt(value);
  return out + "}";
}

}  // namespace

std::string spelt(const Tree& tree) {
  if (const auto* number = tree.as<std::uint64_t>()) return std::to_string(*number);
  if (const auto* text = tree.as<std::string>()) return spelt_text(*text);
  if (const auto* truth = tree.as<bool>()) return *truth ? "true" : "false";
  if (const auto* list = tree.as<Tree::List>()) return spelt_list(*list);
  if (const auto* object = tree.as<Tree::Object>()) return spelt_object(*object);
  return "null";
}

// --- fields ----------------------------------------------------------------------------------------------------------

namespace {

constexpr std::array<std::string_view, 3> envelope{"type", "version", "xid"};

}  // namespace

Tree fields_of(const ofmsg::Message& message, Version version) {
  Tree all = ofmsg::to_tree(message, version, ofmsg::Xid{0});
  auto& members = *all.as<Tree::Object>();
  const bool is_error = std::holds_alternative<ofmsg::Error>(message);
  std::erase_if(members, [&](const Tree::Member& member) {
    return std::find(envelope.begin(), envelope.end(), member.first) != envelope.end() ||
           (is_error && member.first == "error") || member.first == "packet" || member.first == "extension";
  });
  return all;
}

void replace(Tree& tree, std::string_view name, Tree value) {
  if (auto* object = tree.as<Tree::Object>()) {
    std::erase_if(*object, [name](const Tree::Member& member) { return member.first == name; });
  }
  tree.put(name, std::move(value));
}

ofmsg::Result<ofmsg::Message, ofmsg::TreeError> message_of(Tree fields, Kind kind, Version version) {
  fields.put("type", ofmsg::text(kind));
  fields.put("version", ofmsg::text(version));
  auto envelope_of = ofmsg::from_tree(fields, version);
  if (!envelope_of) return ofmsg::Failure<ofmsg::TreeError>{std::move(envelope_of.error())};
  return std::move(envelope_of->message);
}

ofmsg::Result<Tree, std::string> defaults_of(Kind kind, Version version) {
  const auto message = message_of(Tree{Tree::Object{}}, kind, version);
  if (!message) return ofmsg::Failure<std::string>{message.error().message};
  return fields_of(*message, version);
}

Tree* find_place(Tree& fields, std::string_view place) {
  Tree* here = &fields;
  while (here != nullptr && !place.empty()) {
    if (place.front() == '[') {
      const std::size_t end = std::min(place.find(']'), place.size());
      const auto index = ofmsg::parse_number(place.substr(1, end - 1));
      auto* list = here->as<Tree::List>();
      here = list != nullptr && index && *index < list->size() ? &(*list)[*index] : nullptr;
      place.remove_prefix(std::min(end + 1, place.size()));
      continue;
    }
    if (place.front() == '.') place.remove_prefix(1);
    const std::string_view name = field_of(place);
    auto* object = here->as<Tree::Object>();
    if (object == nullptr) return nullptr;
    const auto member = std::find_if(object->begin(), object->end(),
                                     [name](const Tree::Member& candidate) { return candidate.first == name; });
    here = member == object->end() ? nullptr : &member->second;
    place.remove_prefix(name.size());
  }
  return here;
}

}  // namespace sluice::slicing::replay
