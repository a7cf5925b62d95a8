// How a message that came compares with one that a test case spells, and the bytes of either.
#include <algorithm>
#include <utility>

#include "ofmsg/codec.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/replay/message_text.hpp"
#include "slicing/replay/values.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::Kind;
using ofmsg::Tree;
using ofmsg::Version;

namespace {

Version version_of(ofmsg::FrameView frame) { return *ofmsg::version_of(frame.wire_version()); }

bool is_compared(const Spelling& expected, const std::string& name, At at) {
  if (expected.open.contains(name)) return false;
  if (is_written(expected, name)) return true;
  if (expected.at_least) return false;
  if (expected.kind == Kind::error) return false;  // the data are the refused message
  return !(at == At::switch_ && name.starts_with("cookie"));
}

// What a name can stand for: a number, or a text, as which bytes are told.
bool has_value(const Tree* tree) {
  return tree != nullptr && (tree->as<std::uint64_t>() != nullptr || tree->as<std::string>() != nullptr);
}

std::string shown(const Tree& value) {
  const auto* number = value.as<std::uint64_t>();
  return number != nullptr ? ofmsg::hex(*number) : spelt(value);
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
    Tree fields = fields_of(*message, version_of(got));
    Tree wanted = expected_.fields;
    for (const auto& [name, value] : expected_.open) {
      compare_open(name, value, fields, got);
      // What stands for a value within a field is no difference of that field.
      const Tree* named = is_nested(name) ? find_place(wanted, name) : nullptr;
      Tree* here = named == nullptr ? nullptr : find_place(fields, name);
      if (here != nullptr) *here = *named;
    }
    if (expected_.xid && *expected_.xid != got.xid().value) {
      differ("xid", ofmsg::hex(*expected_.xid), ofmsg::hex(got.xid().value));
    }
    for (const auto& [name, value] : *fields.as<Tree::Object>()) compare(name, value);
    if (lines_.empty()) bindings_.insert(fresh_.begin(), fresh_.end());
    return std::move(lines_);
  }

 private:
  void differ(const std::string& name, const std::string& expected, const std::string& got) {
    lines_.push_back(name + ": expected " + expected + ", got " + got);
  }

  void compare_open(const std::string& name, const std::string& value, Tree& fields, ofmsg::FrameView got) {
    const Tree xid{std::uint64_t{got.xid().value}};
    const Tree* here = name == "xid" ? &xid : find_place(fields, name);
    if (value == "*") return;
    if (!has_value(here)) return lines_.push_back(name + ": it has no value there that could have a name");
    const auto known = bindings_.find(value);
    const Tree& bound = known != bindings_.end() ? known->second : fresh_.emplace(value, *here).first->second;
    if (!(bound == *here)) differ(name, value + " = " + shown(bound), shown(*here));
  }

  void compare(const std::string& name, const Tree& got) {
    if (!is_compared(expected_, name, at_)) return;
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

}  // namespace

bool is_written(const Spelling& spelling, std::string_view name) {
  return std::find(spelling.written.begin(), spelling.written.end(), name) != spelling.written.end();
}

ofmsg::Result<Bytes, std::string> to_bytes(const Spelling& spelling, Version version, ofmsg::Xid xid,
                                           const Bindings& bindings) {
  Tree fields = spelling.fields;
  if (spelling.xid) xid = ofmsg::Xid{*spelling.xid};
  for (const auto& [name, value] : spelling.open) {
    const auto bound = bindings.find(value);
    if (bound == bindings.end()) return ofmsg::Failure<std::string>{value + " has no value yet"};
    if (name == "xid") {
      const auto* number = bound->second.as<std::uint64_t>();
      if (number == nullptr) return ofmsg::Failure<std::string>{value + " is no number"};
      xid = ofmsg::Xid{static_cast<std::uint32_t>(*number)};
    } else if (Tree* nested = is_nested(name) ? find_place(fields, name) : nullptr) {
      *nested = bound->second;
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

std::optional<Bytes> expected_bytes(const Spelling& expected, ofmsg::FrameView got, At at, const Bindings& bindings) {
  const auto kind = ofmsg::kind_of(got);
  const auto message = ofmsg::decode(got);
  if (!kind || !message || *kind != expected.kind) return std::nullopt;
  const Version version = version_of(got);
  const Tree came = fields_of(*message, version);
  Spelling whole = expected;
  for (const auto& [name, value] : *came.as<Tree::Object>()) {
    const auto open = expected.open.find(name);
    const bool unknown = open != expected.open.end() && !bindings.contains(open->second);
    if (open == expected.open.end() ? is_compared(expected, name, at) : !unknown) continue;
    whole.open.erase(name);
    replace(whole.fields, name, value);
  }
  for (const auto& [place, name] : expected.open) {
    if (!is_nested(place) || bindings.contains(name)) continue;
    Tree copy = came;
    const Tree* here = find_place(copy, place);
    Tree* there = find_place(whole.fields, place);
    if (here == nullptr || there == nullptr) return std::nullopt;
    *there = *here;
    whole.open.erase(place);
  }
  if (const auto xid = whole.open.find("xid"); xid != whole.open.end() && !bindings.contains(xid->second)) {
    whole.open.erase(xid);
  }
  auto bytes = to_bytes(whole, version, got.xid(), bindings);
  return bytes ? std::optional{*std::move(bytes)} : std::nullopt;
}

bool equivalent(const Spelling& a, const Spelling& b) {
  if (a.kind != b.kind || a.at_least != b.at_least || a.open != b.open || a.xid != b.xid) return false;
  for (const auto& [name, value] : *a.fields.as<Tree::Object>()) {
    if (a.open.contains(name)) continue;
    // What is not written may be compared with its default, or not at all.
    const bool matters = a.at_least || a.kind == Kind::error || name.starts_with("cookie");
    const bool written = is_written(a, name);
    if (matters && written != is_written(b, name)) return false;
    if (a.at_least && !written) continue;
    const Tree* other = b.fields.find(name);
    if (other == nullptr || !(*other == value)) return false;
  }
  return true;
}

}  // namespace sluice::slicing::replay
