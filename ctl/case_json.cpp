#include "ctl/case_json.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "ofmsg/kind.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/text_scan.hpp"
#include "ofmsg/tree.hpp"
#include "policy/document_json.hpp"
#include "slicing/replay/message_text.hpp"
#include "slicing/replay/values.hpp"

namespace sluice::ctl {

namespace {

namespace json = policy::json;
namespace replay = slicing::replay;
using json::Value;
using ofmsg::Tree;

constexpr std::array<std::string_view, 5> file_keys{"$schema", "config", "version", "switches", "tests"};
constexpr std::array<std::string_view, 2> switch_keys{"name", "ports"};
constexpr std::array<std::string_view, 2> port_keys{"number", "name"};
constexpr std::array<std::string_view, 5> case_keys{"name", "after", "skip", "openflow", "steps"};

// What a step does, and the keys that go with it.
struct StepForm {
  std::string_view verb;
  std::array<std::string_view, 4> with;
};

constexpr std::array step_forms{
    StepForm{"from", {"msg", "hex"}}, StepForm{"to", {"msg", "hex", "at_least", "nothing"}},
    StepForm{"nothing_else", {}},     StepForm{"wait", {}},
    StepForm{"disconnect", {}},       StepForm{"connect", {}},
    StepForm{"config", {}},
};

std::vector<std::string_view> verbs() {
  std::vector<std::string_view> names;
  names.reserve(std::size(step_forms));
  for (const StepForm& form : step_forms) names.push_back(form.verb);
  return names;
}

class Writer {
 public:
  explicit Writer(std::string_view text) : text_{text} {}

  CaseScript run() {
    const json::Parsed parsed = json::parse(text_);
    for (const json::Fault& fault : parsed.faults) {
      out_.errors.push_back({{"", line_of(fault.at), column_of(fault.at)}, fault.message, fault.label});
    }
    if (parsed.value && out_.errors.empty()) write_file(*parsed.value);
    return std::move(out_);
  }

 private:
  // --- places and errors
  // ----------------------------------------------------------------------------------------------

  [[nodiscard]] std::size_t line_of(json::Span at) {
    // Places come in order but for few.
    if (at.offset < counted_) counted_ = 0, lines_ = 1;
    lines_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                                  text_.begin() + static_cast<std::ptrdiff_t>(at.offset), '\n'));
    counted_ = at.offset;
    return lines_;
  }

  [[nodiscard]] std::size_t column_of(json::Span at) const {
    const std::size_t newline = at.offset == 0 ? std::string_view::npos : text_.rfind('\n', at.offset - 1);
    return newline == std::string_view::npos ? at.offset + 1 : at.offset - newline;
  }

  [[nodiscard]] CaseOrigin origin(const std::string& pointer, json::Span at) {
    return {pointer, line_of(at), column_of(at)};
  }

  void error(const std::string& pointer, json::Span at, std::string message, std::string hint = {}) {
    out_.errors.push_back({origin(pointer, at), std::move(message), std::move(hint)});
  }

  // One line of the text.
  void line(const std::string& text, const CaseOrigin& from) {
    out_.text += text + '\n';
    out_.origins.push_back(from);
  }

  // --- reading values
  // -------------------------------------------------------------------------------------------------

  // The object, all of whose keys are among these; nothing for another value.
  const json::Object* object(const Value& value, const std::string& pointer, std::span<const std::string_view> keys) {
    const auto* members = value.as<json::Object>();
    if (members == nullptr) {
      error(pointer, value.at, fmt::format("an object is wanted here, not {}", json::kind_of(value)));
      return nullptr;
    }
    for (const json::Member& member : *members) {
      if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
      const std::string hint = ofmsg::did_you_mean(member.key, keys);
      error(pointer + "/" + member.key, member.at, fmt::format("unknown key \"{}\"", member.key),
            hint.empty() ? fmt::format("there are {}", fmt::join(named(keys), ", ")) : hint);
    }
    return members;
  }

  static std::vector<std::string_view> named(std::span<const std::string_view> keys) {
    std::vector<std::string_view> names{keys.begin(), keys.end()};
    std::erase(names, std::string_view{});
    return names;
  }

  const json::Array* list(const Value& value, const std::string& pointer) {
    const auto* items = value.as<json::Array>();
    if (items == nullptr) {
      error(pointer, value.at, fmt::format("a list is wanted here, not {}", json::kind_of(value)));
    }
    return items;
  }

  // A text that can stand in a line: without line breaks and any of `not_in_it`.
  std::optional<std::string> line_text(const Value& value, const std::string& pointer, std::string_view not_in_it) {
    const auto* text = value.as<std::string>();
    if (text == nullptr) {
      error(pointer, value.at, fmt::format("a text is wanted here, not {}", json::kind_of(value)));
      return std::nullopt;
    }
    const auto bad = std::find_if(text->begin(), text->end(), [&](char c) {
      return (c >= 0 && c < ' ' && c != '\t') || not_in_it.find(c) != std::string_view::npos;
    });
    if (bad != text->end()) {
      error(pointer, value.at,
            *bad == '"'   ? "cases cannot say a text with quotes in it"
            : *bad == ' ' ? "no blanks can be in it"
                          : fmt::format("cases cannot say a text with '{}' in it", ofmsg::printable({&*bad, 1})));
      return std::nullopt;
    }
    if (text->empty()) error(pointer, value.at, "an empty text says nothing");
    return text->empty() ? std::nullopt : std::optional{*text};
  }

  std::optional<std::string> member_text(const json::Object& members, std::string_view key, const std::string& pointer,
                                         std::string_view not_in_it = "\"") {
    const Value* value = json::find(members, key);
    return value == nullptr ? std::nullopt : line_text(*value, fmt::format("{}/{}", pointer, key), not_in_it);
  }

  const Value* required(const Value& of, const json::Object& members, std::string_view key,
                        const std::string& pointer) {
    const Value* value = json::find(members, key);
    if (value == nullptr) error(pointer, of.at, fmt::format("the key \"{}\" is missing", key));
    return value;
  }

  bool is_true(const Value& value, const std::string& pointer) {
    const auto* truth = value.as<bool>();
    if (truth != nullptr && *truth) return true;
    error(pointer, value.at, "only true is possible here", "leave the key out where it is not meant");
    return false;
  }

  // --- the file
  // -------------------------------------------------------------------------------------------------------

  void write_file(const Value& value) {
    const json::Object* members = object(value, "", file_keys);
    if (members == nullptr) return;
    if (const Value* config = required(value, *members, "config", "")) write_config(*config, "/config", "");
    if (const auto version = member_text(*members, "version", "")) {
      version_ = ofmsg::parse_version(*version).value_or(version_);
      line("version " + *version, origin("/version", json::find(*members, "version")->at));
    }
    if (const Value* switches = json::find(*members, "switches")) write_switches(*switches);
    const Value* tests = required(value, *members, "tests", "");
    const json::Array* cases = tests == nullptr ? nullptr : list(*tests, "/tests");
    if (cases == nullptr) return;
    for (std::size_t i = 0; i < cases->size(); ++i) write_case((*cases)[i], fmt::format("/tests/{}", i));
  }

  // A name, or the text of a slice file as it stands there.
  void write_config(const Value& value, const std::string& pointer, const std::string& indent) {
    const CaseOrigin at = origin(pointer, value.at);
    if (value.as<json::Object>() == nullptr) {
      const auto name = line_text(value, pointer, "{#");
      if (!name) return;
      if (name->front() == ' ' || name->back() == ' ') {
        return error(pointer, value.at, "the name of a slice file begins and ends with no blank");
      }
      return line(indent + "config " + *name, at);
    }
    const std::string_view raw = text_.substr(value.at.offset, object_size(value.at.offset));
    std::string first = indent + "config ";
    for (std::size_t begin = 0, number = 0; begin <= raw.size(); ++number) {
      const std::size_t end = std::min(raw.find('\n', begin), raw.size());
      line(first + std::string{raw.substr(begin, end - begin)},
           {pointer, at.line + number, number == 0 ? at.column : 1});
      first.clear();
      begin = end + 1;
    }
  }

  // Up to the brace that closes the one there; the text has been found to be JSON.
  [[nodiscard]] std::size_t object_size(std::size_t begin) const { return replay::end_of_braces(text_, begin) - begin; }

  void write_switches(const Value& value) {
    const json::Array* switches = list(value, "/switches");
    for (std::size_t i = 0; switches != nullptr && i < switches->size(); ++i) {
      const std::string pointer = fmt::format("/switches/{}", i);
      const Value& one = (*switches)[i];
      const json::Object* members = object(one, pointer, switch_keys);
      if (members == nullptr) continue;
      const bool complete = required(one, *members, "name", pointer) != nullptr;
      const Value* ports = required(one, *members, "ports", pointer);
      const auto name = member_text(*members, "name", pointer, "\" \t");
      const json::Array* all = ports == nullptr ? nullptr : list(*ports, pointer + "/ports");
      if (!complete || !name || all == nullptr) continue;
      std::string text = "switch " + *name + " ports";
      for (std::size_t p = 0; p < all->size(); ++p) text += port((*all)[p], fmt::format("{}/ports/{}", pointer, p));
      line(text, origin(pointer, one.at));
    }
  }

  std::string port(const Value& value, const std::string& pointer) {
    const json::Object* members = object(value, pointer, port_keys);
    const Value* number = members == nullptr ? nullptr : required(value, *members, "number", pointer);
    if (number == nullptr) return {};
    std::string out = " ";
    if (const auto* n = number->as<std::uint64_t>()) {
      out += std::to_string(*n);
    } else if (const auto* word = number->as<std::string>(); word != nullptr && *word == "LOCAL") {
      out += *word;
    } else {
      error(pointer + "/number", number->at, "a port is a number, or \"LOCAL\"");
      return {};
    }
    const auto name = member_text(*members, "name", pointer, "\" \t");
    return name ? out + "=" + *name : out;
  }

  // --- cases
  // ----------------------------------------------------------------------------------------------------------

  void write_case(const Value& value, const std::string& pointer) {
    const json::Object* members = object(value, pointer, case_keys);
    if (members == nullptr) return;
    if (required(value, *members, "name", pointer) == nullptr) return;
    const Value* steps = required(value, *members, "steps", pointer);
    const CaseOrigin at = origin(pointer, value.at);
    const auto name = member_text(*members, "name", pointer);
    const json::Array* all = steps == nullptr ? nullptr : list(*steps, pointer + "/steps");
    if (!name || all == nullptr) return;
    line("", at);
    line("test \"" + *name + "\" {", at);
    if (const auto after = member_text(*members, "after", pointer)) line("  after \"" + *after + '"', at);
    if (const auto skip = member_text(*members, "skip", pointer)) line("  skip \"" + *skip + '"', at);
    case_version_ = version_;
    if (const auto openflow = member_text(*members, "openflow", pointer)) {
      case_version_ = ofmsg::parse_version(*openflow).value_or(version_);
      line("  openflow " + *openflow, origin(pointer + "/openflow", json::find(*members, "openflow")->at));
    }
    for (std::size_t i = 0; i < all->size(); ++i) write_step((*all)[i], fmt::format("{}/steps/{}", pointer, i));
    line("}", at);
  }

  // The form that the step has; nothing: the error is told.
  const StepForm* form_of(const Value& value, const std::string& pointer) {
    const auto* members = value.as<json::Object>();
    if (members == nullptr) {
      error(pointer, value.at, fmt::format("an object is wanted here, not {}", json::kind_of(value)));
      return nullptr;
    }
    const StepForm* found = nullptr;
    for (const StepForm& form : step_forms) {
      if (json::find(*members, form.verb) == nullptr) continue;
      if (found != nullptr) {
        error(pointer, value.at, fmt::format("\"{}\" and \"{}\" are two steps", found->verb, form.verb),
              "write an object for each");
        return nullptr;
      }
      found = &form;
    }
    if (found != nullptr) return found;
    std::string hint;
    for (const json::Member& member : *members) {
      if (hint.empty()) hint = ofmsg::did_you_mean(member.key, verbs());
    }
    error(pointer, value.at, fmt::format("a step has one of {}", fmt::join(verbs(), ", ")), hint);
    return nullptr;
  }

  void write_step(const Value& value, const std::string& pointer) {
    const StepForm* form = form_of(value, pointer);
    if (form == nullptr) return;
    std::vector<std::string_view> keys{form->verb};
    for (const std::string_view key : form->with) {
      if (!key.empty()) keys.push_back(key);
    }
    const json::Object& members = *object(value, pointer, keys);
    const Value& verb = *json::find(members, form->verb);
    const std::string at = fmt::format("{}/{}", pointer, form->verb);
    const CaseOrigin from = origin(pointer, value.at);
    if (form->verb == "config") return write_config(verb, at, "  ");
    if (form->verb == "nothing_else") {
      if (is_true(verb, at)) line("  nothing else", from);
      return;
    }
    const bool is_party = form->verb != "wait";
    const auto word = line_text(verb, at, "\" \t");
    if (!word) return;
    if (is_party && !replay::parse_party(*word)) {
      return error(at, verb.at, fmt::format("\"{}\" is nobody", *word),
                   "write s1 for a switch, video@s1 for the controller of a slice");
    }
    if (form->verb == "from" || form->verb == "to") return write_message(value, members, *word, pointer);
    line(fmt::format("  {} {}", form->verb, *word), from);
  }

  void write_message(const Value& step, const json::Object& members, const std::string& party,
                     const std::string& pointer) {
    const bool hears = json::find(members, "to") != nullptr;
    const char arrow = hears ? '<' : '>';
    const Value* msg = json::find(members, "msg");
    const Value* hex = json::find(members, "hex");
    const Value* nothing = json::find(members, "nothing");
    const Value* at_least = json::find(members, "at_least");
    if ((msg != nullptr) + (hex != nullptr) + (nothing != nullptr) != 1) {
      return error(
          pointer, step.at,
          hears ? "of \"msg\", \"hex\" and \"nothing\" there must be one" : "of \"msg\" and \"hex\" there must be one");
    }
    const CaseOrigin from = origin(pointer, step.at);
    bool part = false;
    if (at_least != nullptr) {
      if (msg == nullptr) return error(pointer + "/at_least", at_least->at, "this goes with a \"msg\" only");
      part = is_true(*at_least, pointer + "/at_least");
    }
    if (nothing != nullptr) {
      if (is_true(*nothing, pointer + "/nothing")) line(fmt::format("  {} < nothing", party), from);
    } else if (hex != nullptr) {
      const auto digits = line_text(*hex, pointer + "/hex", "\"#");
      if (digits) line(fmt::format("  hex {} {} {}", party, arrow, *digits), from);
    } else if (const auto said = message(*msg, pointer + "/msg", part)) {
      line(fmt::format("  {} {} {}", party, arrow, *said), from);
    }
  }

  // --- messages
  // -------------------------------------------------------------------------------------------------------

  std::optional<std::string> message(const Value& value, const std::string& pointer, bool at_least) {
    if (value.as<std::string>() != nullptr) {
      auto text = line_text(value, pointer, "#");
      if (text && at_least && !text->starts_with('~')) text->insert(0, "~");
      return text;
    }
    const auto* members = value.as<json::Object>();
    if (members == nullptr) {
      error(pointer, value.at, fmt::format("a message is an object or a text, not {}", json::kind_of(value)));
      return std::nullopt;
    }
    const Value* type = required(value, *members, "type", pointer);
    const auto* name = type == nullptr ? nullptr : type->as<std::string>();
    const auto kind = name == nullptr ? std::nullopt : ofmsg::parse_kind(*name);
    if (type != nullptr && !kind) {
      error(pointer + "/type", type->at, "this is no type of a message", "write it as in \"flow_mod\"");
    }
    if (!kind || !same_version(*members, pointer)) return std::nullopt;
    const auto fields = fields_text(*members, *kind, pointer);
    if (!fields) return std::nullopt;
    std::string text = fmt::format("{}{} {{{}}}", at_least ? "~" : "", *name, *fields);
    const auto spelling = replay::parse_spelling(text, case_version_);
    if (spelling) return replay::spell(*spelling, case_version_);
    error(pointer, value.at, spelling.error().message, spelling.error().hint);
    return std::nullopt;
  }

  bool same_version(const json::Object& members, const std::string& pointer) {
    const Value* version = json::find(members, "version");
    if (version == nullptr) return true;
    const auto* text = version->as<std::string>();
    if (text != nullptr && ofmsg::parse_version(*text) == case_version_) return true;
    error(pointer + "/version", version->at, fmt::format("the case speaks OpenFlow {}", ofmsg::text(case_version_)),
          "leave the version out, or give the case an \"openflow\"");
    return false;
  }

  // "name=value, name=value", without what is there for people only.
  std::optional<std::string> fields_text(const json::Object& members, ofmsg::Kind kind, const std::string& pointer) {
    std::string out;
    for (const json::Member& member : members) {
      const std::string& name = member.key;
      if (name == "type" || name == "version" || name == "packet" || name == "extension") continue;
      if (name == "error" && kind == ofmsg::Kind::error) continue;
      std::string at = pointer;
      at.append("/").append(name);
      if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") != std::string::npos) {
        error(at, member.at, fmt::format("\"{}\" is no field of a message", ofmsg::printable(name)));
        return std::nullopt;
      }
      const auto tree = tree_of(member.value, at);
      if (!tree) return std::nullopt;
      const auto* text = tree->as<std::string>();
      // What stands for a value is no text.
      const bool open = text != nullptr && (*text == "*" || (text->size() > 1 && text->front() == '$'));
      out += (out.empty() ? "" : ", ") + name + "=" + (open ? *text : replay::spelt(*tree));
    }
    return out;
  }

  std::optional<Tree> tree_of(const Value& value, const std::string& pointer) {
    if (const auto* number = value.as<std::uint64_t>()) return Tree{*number};
    if (const auto* truth = value.as<bool>()) return Tree{Tree::Value{*truth}};
    if (value.as<std::nullptr_t>() != nullptr) return Tree{Tree::Value{nullptr}};
    if (value.as<std::string>() != nullptr) {
      // An empty text is bytes, too.
      if (value.as<std::string>()->empty()) return Tree{std::string{}};
      auto text = line_text(value, pointer, "\"");
      return text ? std::optional{Tree{*std::move(text)}} : std::nullopt;
    }
    if (const auto* items = value.as<json::Array>()) {
      Tree::List out;
      for (std::size_t i = 0; i < items->size(); ++i) {
        auto item = tree_of((*items)[i], fmt::format("{}/{}", pointer, i));
        if (!item) return std::nullopt;
        out.push_back(*std::move(item));
      }
      return Tree{std::move(out)};
    }
    if (const auto* members = value.as<json::Object>()) {
      Tree out{Tree::Object{}};
      for (const json::Member& member : *members) {
        auto inner = tree_of(member.value, pointer + "/" + member.key);
        if (!inner) return std::nullopt;
        out.put(member.key, *std::move(inner));
      }
      return out;
    }
    error(pointer, value.at, "numbers in messages are whole and not negative");
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t counted_ = 0, lines_ = 1;
  ofmsg::Version version_ = ofmsg::v1_3, case_version_ = ofmsg::v1_3;
  CaseScript out_;
};

}  // namespace

CaseScript script_of_json(std::string_view json) { return Writer{json}.run(); }

}  // namespace sluice::ctl
