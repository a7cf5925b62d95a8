// The slice file as written: text in, `Document` out, with the position of everything.
//
// One pass over the JSON (comments allowed) builds the values, where each lies, and notices duplicate keys; a table of
// fields then turns values into typed parts. All findings are collected; a document with errors is not compiled.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ofmsg/result.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

struct Position {
  std::string file;
  std::uint32_t line = 0, column = 0;  // from 1; columns count bytes

  friend bool operator==(const Position&, const Position&) = default;
};

[[nodiscard]] std::string text(const Position& position);  // "file:line:column"

// A finding. Codes are never reused: E01xx file syntax and values, E03xx policy; W… are warnings.
struct Diagnostic {
  enum class Severity : std::uint8_t { error, warning };

  Severity severity = Severity::error;
  std::string code;  // "E0102"
  Position at;
  std::uint32_t length = 1;  // bytes to underline
  std::string message;
  std::string label;               // beside the underline: `did you mean "controllers"?`; may be empty
  std::vector<std::string> notes;  // lines after "= "
};

// Findings with the caret view of formats.md 3.3, which needs the text of the files.
[[nodiscard]] std::string render(const std::vector<Diagnostic>& findings,
                                 const std::map<std::string, std::string>& texts, bool colour);

struct DocumentRule {
  Position at;
  std::string name;
  Access access = Access::write;
  std::optional<std::uint32_t> priority;
  // switch name → ports
  std::map<std::string, PortSet> on;
  std::vector<ofmsg::Match> match;  // a union
  Queues queues;
};

struct DocumentSlice {
  Position at;
  std::string name;
  std::string owner;
  std::optional<std::uint16_t> number;
  std::vector<Controller> controllers;
  std::vector<DocumentRule> flowspace;
  Limits limits;
  Allowed allowed;
  Absence absence;
  Outside outside = Outside::intersect;
  Lldp lldp = Lldp::own;
  bool down = false;
};

struct DocumentSwitch {
  Position at;
  std::string name;
  ofmsg::DatapathId dpid;
  ofmsg::VersionSet versions;
  Unowned unowned = Unowned::punt;
  Foreign foreign = Foreign::report;
  std::map<std::string, PortRef> ports;  // names of the file
};

// What it means that two slices may write the same packet.
enum class Overlap : std::uint8_t { error, priority };

struct Document {
  std::string name;
  Overlap overlap = Overlap::error;
  std::vector<Endpoint> listen;
  std::vector<DocumentSwitch> switches;
  std::vector<DocumentSlice> slices;
  std::map<std::string, std::string> texts;  // file name → text, as read
  std::vector<Diagnostic> findings;

  [[nodiscard]] bool has_errors() const;
};

// Where included files come from: the names and texts of the files that the pattern means in the file `from`, in order;
// or a sentence that says why there are none.
using Files = std::vector<std::pair<std::string, std::string>>;
using FileSource =
    std::function<ofmsg::Result<Files, std::string>(const std::string& from, const std::string& pattern)>;

// Reads one text, and what it includes. `file` is for messages, and for the source; without a source, "include" is an
// error.
[[nodiscard]] Document parse(std::string_view text, const std::string& file, const FileSource& source = {});
// Reads a file and what it includes. A file that cannot be read is a finding (E0100).
[[nodiscard]] Document load(const std::string& path);

}  // namespace sluice::policy
