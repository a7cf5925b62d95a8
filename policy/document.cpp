// A slice file as a whole: its top-level keys, each read by a part of its own.

#include "policy/document.hpp"

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

// Read when all are known; see read_root.
void read_later(Context&, const json::Value&, Root&) {}

constexpr Key<Root> root_keys[] = {{"$schema", read_schema}, {"version", read_version, required},
                                   {"proxy", read_later},    {"switches", read_later},
                                   {"slices", read_later},   {"include", nullptr},
                                   {"tls", nullptr},         {"defaults", nullptr}};

void read_root(Context& c, const json::Value& value) {
  const json::Object* object = object_of(c.findings, value, "the file");
  if (object == nullptr) return;
  Root root;
  read_object<Root, Context>(c, *object, value.at, "the file", root_keys, root);
  // Whatever their order in the file: rules name switches, and controllers are compared with what the proxy listens on.
  constexpr std::pair<std::string_view, void (*)(Context&, const json::Value&)> parts[] = {
      {"proxy", read_proxy}, {"switches", read_switches}, {"slices", read_slices}};
  for (const auto& [key, read] : parts) {
    const Findings::Step step{c.findings, key};
    if (const json::Value* found = json::find(*object, key)) read(c, *found);
  }
}

void report_fault(Findings& findings, const json::Fault& fault) {
  constexpr Code codes[] = {Code::syntax, Code::duplicate_key, Code::too_big};
  Diagnostic& finding = findings.add(codes[static_cast<std::size_t>(fault.kind)], fault.at, fault.message);
  finding.label = fault.label;
  if (fault.other) finding.label = "first at " + text(findings.position(*fault.other));
}

}  // namespace

bool Document::has_errors() const {
  for (const Diagnostic& finding : findings) {
    if (finding.severity == Diagnostic::Severity::error) return true;
  }
  return false;
}

Document parse(std::string_view text, const std::string& file) {
  Document document;
  document.texts.emplace(file, text);
  Findings findings{text, file};
  const json::Parsed parsed = json::parse(text);
  for (const json::Fault& fault : parsed.faults) report_fault(findings, fault);
  if (parsed.value) {
    Context context{findings, document, {}, {}, {}, 0};
    read_root(context, *parsed.value);
  }
  // On all addresses would be a door that nobody asked for.
  if (document.listen.empty()) document.listen.push_back({Endpoint::Way::listen, false, "127.0.0.1", openflow_port});
  document.findings = sorted(findings.take());
  return document;
}

}  // namespace sluice::policy
