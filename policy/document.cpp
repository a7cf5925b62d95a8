// A slice file as a whole: its top-level keys, each read by a part of its own.

#include "policy/document.hpp"

#include <algorithm>
#include <deque>
#include <optional>

#include "policy/document_parts.hpp"

namespace sluice::policy {
namespace {

constexpr std::uint64_t format_version = 1;

struct Root {};

void read_version(Context& c, const json::Value& value, Root&) {
  if (const auto* number = value.as<std::uint64_t>(); number != nullptr && *number == format_version) return;
  c.findings.add(Code::wrong_version, value.at, "this release reads version 1 of the format").label = "write 1";
}

void read_schema(Context& c, const json::Value& value, Root&) { (void)string_of(c.findings, value, "\"$schema\""); }

// Read when all files are known; see Reading.
void read_later(Context&, const json::Value&, Root&) {}

constexpr Key<Root> root_keys[] = {
    {{"$schema", "text", optional, "for editors"}, read_schema},
    {{"version", "version", required, "of the format: `1`"}, read_version},
    {{"include", "text|[text]", optional,
      "files that belong to this one: relative to it, with `*`, `?` and `[…]` sorted by name. Each is a slice file, "
      "may "
      "have any of the keys, and may include others. A switch or slice that two files have is an error, and so is a "
      "second `proxy` or `defaults`"},
     read_later},
    {{"proxy", "proxy", optional, "the proxy itself"}, read_later},
    {{"tls", "{tls}", later, "settings of TLS, by name"}, read_later},
    {{"switches", "{switch}", optional, "the switches, by name"}, read_later},
    {{"defaults", "defaults", optional, "what slices have that do not say otherwise"}, read_later},
    {{"slices", "{slice}", optional, "the slices, by name"}, read_later}};

// Whatever their order in the files: rules name switches, and controllers are compared with what the proxy listens on.
struct Part {
  std::string_view key;
  void (*read)(Context&, const json::Value&);
  bool once;  // in all files together
};

constexpr Part parts[] = {{"tls", read_tls, false},
                          {"proxy", read_proxy, true},
                          {"switches", read_switches, false},
                          {"defaults", read_defaults, true},
                          {"slices", read_slices, false}};

void report_fault(Findings& findings, const json::Fault& fault) {
  constexpr Code codes[] = {Code::syntax, Code::duplicate_key, Code::too_big};
  Diagnostic& finding = findings.add(codes[static_cast<std::size_t>(fault.kind)], fault.at, fault.message);
  finding.label = fault.label;
  if (fault.other) finding.label = "first at " + text(findings.position(*fault.other));
}

// All files of one policy: first the texts, which include each other, then part after part of all of them.
class Reading {
 public:
  Reading(Document& document, const FileSource& source) : document_{document}, source_{source} {}

  void run(std::string_view text, const std::string& file) {
    gather(text, file);
    Context context{findings_, document_, {}, {}, {}, {}, {}, {}, {}, 0};
    for (const FileRoot& root : roots_) read_keys(context, root);
    for (const Part& part : parts) read_part(context, part);
    check_unmatched(context);
    document_.findings = sorted(findings_.take());
  }

 private:
  struct FileRoot {
    std::size_t number;  // of the text in the findings
    json::Value value;
  };

  static constexpr std::size_t most_files = 1000, deepest = 16;

  void gather(std::string_view text, const std::string& file) {
    const auto [kept, fresh] = document_.texts.emplace(file, text);
    const std::size_t number = findings_.begin(kept->second, file);
    json::Parsed parsed = json::parse(kept->second);
    for (const json::Fault& fault : parsed.faults) report_fault(findings_, fault);
    if (!parsed.value) return;
    const json::Value& root = roots_.emplace_back(FileRoot{number, *std::move(parsed.value)}).value;
    const auto* object = root.as<json::Object>();
    const json::Value* include = object == nullptr ? nullptr : json::find(*object, "include");
    if (include == nullptr) return;
    open_.push_back(file);
    read_include(*include);
    open_.pop_back();
  }

  // A pattern, or a list of them.
  void read_include(const json::Value& value) {
    Files files;
    {
      const Findings::Step step{findings_, "include"};
      if (value.as<std::string>() != nullptr) {
        find_files(value, files);
      } else if (const json::Array* list = list_of(findings_, value, "\"include\"")) {
        for (const json::Value& item : *list) find_files(item, files);
      }
    }
    for (const auto& [name, text] : files) {
      if (!document_.texts.contains(name)) gather(text, name);  // two patterns may mean one file
    }
  }

  void find_files(const json::Value& value, Files& into) {
    const std::string* pattern = string_of(findings_, value, "a file to include");
    if (pattern == nullptr) return;
    if (!source_) {
      findings_.add(Code::unreadable, value.at, "a text that is not a file cannot include files");
      return;
    }
    const ofmsg::Result<Files, std::string> files = source_(open_.back(), *pattern);
    if (!files) {
      findings_.add(Code::unreadable, value.at, quoted(*pattern) + " cannot be read: " + files.error());
      return;
    }
    if (files->empty()) findings_.add(Code::nothing_included, value.at, "no file fits " + quoted(*pattern));
    for (const auto& file : *files) {
      if (std::find(open_.begin(), open_.end(), file.first) != open_.end()) {
        findings_.add(Code::include_circle, value.at, file.first + " includes itself in the end");
      } else if (open_.size() >= deepest || document_.texts.size() + into.size() >= most_files) {
        findings_.add(Code::include_circle, value.at,
                      "more than " + std::to_string(most_files) + " files, or " + std::to_string(deepest) +
                          " that include one another");
        return;
      } else {
        into.push_back(file);
      }
    }
  }

  void read_keys(Context& context, const FileRoot& root) {
    findings_.go_to(root.number);
    const json::Object* object = object_of(findings_, root.value, "the file");
    if (object == nullptr) return;
    Root nothing;
    read_object<Root, Context>(context, *object, root.value.at, "the file", root_keys, nothing);
  }

  void read_part(Context& context, const Part& part) {
    std::optional<Position> first;
    for (const FileRoot& root : roots_) {
      findings_.go_to(root.number);
      const auto* object = root.value.as<json::Object>();
      const json::Member* found = object == nullptr ? nullptr : member(*object, part.key);
      if (found == nullptr) continue;
      const Findings::Step step{findings_, part.key};
      if (part.once && first) report_second(context, *found, "key", *first);
      if (!first) first = findings_.position(found->at.offset);
      part.read(context, found->value);
    }
  }

  void check_unmatched(const Context& context) {
    if (!context.unmatched || context.slices.contains(context.unmatched->name)) return;
    findings_.go_to(context.unmatched->source);
    const Findings::Step proxy{findings_, "proxy"}, key{findings_, "unmatched"};
    std::vector<std::string_view> names{"drop"};
    for (const auto& [name, at] : context.slices) names.emplace_back(name);
    findings_.add(Code::unknown_slice, context.unmatched->at, "there is no slice " + quoted(context.unmatched->name))
        .label = did_you_mean(context.unmatched->name, names);
  }

  static const json::Member* member(const json::Object& object, std::string_view key) {
    const auto found =
        std::find_if(object.begin(), object.end(), [key](const json::Member& m) { return m.key == key; });
    return found == object.end() ? nullptr : &*found;
  }

  Document& document_;
  const FileSource& source_;
  Findings findings_;
  std::deque<FileRoot> roots_;     // what is in it stays where it is
  std::vector<std::string> open_;  // files that are being read, the innermost last
};

}  // namespace

bool Document::has_errors() const {
  for (const Diagnostic& finding : findings) {
    if (finding.severity == Diagnostic::Severity::error) return true;
  }
  return false;
}

void report_second(Context& context, const json::Member& member, std::string_view what, const Position& first) {
  context.findings
      .add(Code::duplicate_key, member.at,
           "two files have the " + std::string{what} + ' ' + quoted(member.key) + ", and one of them must go")
      .label = "first at " + text(first);
}

std::vector<ObjectFacts> format_objects() {
  std::vector<ObjectFacts> objects{facts_of<Root, Context>("file", root_keys)};
  describe_proxy(objects);
  describe_switches(objects);
  describe_defaults(objects);
  describe_slices(objects);
  describe_tls(objects);
  return objects;
}

Document parse(std::string_view text, const std::string& file, const FileSource& source) {
  Document document;
  Reading{document, source}.run(text, file);
  // On all addresses would be a door that nobody asked for.
  if (document.listen.empty()) document.listen.push_back({Endpoint::Way::listen, false, "127.0.0.1", openflow_port});
  return document;
}

}  // namespace sluice::policy
