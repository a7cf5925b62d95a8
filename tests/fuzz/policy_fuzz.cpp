// Arbitrary text as a slice file: it is parsed, compiled, bound and asked, and its findings are printed. What must hold
// beyond "no crash": a snapshot exactly when there is no error, every finding within the text, no packet set of one
// slice in another's; what is JSON can be formatted, and formatting again changes nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/codes.hpp"
#include "policy/compile.hpp"
#include "policy/document_json.hpp"
#include "policy/formatted.hpp"

namespace {

using namespace sluice;

void demand(bool good) {
  if (!good) std::abort();
}

std::vector<ofmsg::Port> some_ports() {
  std::vector<ofmsg::Port> ports;
  for (std::uint32_t i = 0; i < 6; ++i) {
    ofmsg::Port port;
    port.number = ofmsg::PortNo{i};
    port.name.value = "eth" + std::to_string(i);
    ports.push_back(port);
  }
  ports.back().number = ofmsg::port::local;
  return ports;
}

void ask(const policy::Snapshot& snapshot, policy::SwitchId id, ofmsg::Version version) {
  const auto ports = some_ports();
  const policy::SwitchView view = snapshot.bind(id, ports, version);
  for (const policy::SliceId slice : view.slices()) {
    const auto pieces = view.clip(slice, ofmsg::Match{}, 64);
    if (!pieces) continue;
    demand(pieces->size() <= 64);
    for (const policy::Piece& piece : *pieces) {
      demand(piece.match.in_port() == piece.in_port);
      demand(view.has_port(slice, piece.in_port));
      const ofmsg::Match packet = ofmsg::witness(piece.match);
      ofmsg::PacketKey key;
      for (const ofmsg::Term& term : packet.terms()) key.put(term.field, term.value);
      const auto owner = view.owner(key);
      demand(owner.has_value());
      demand(owner->slice == slice);
      (void)view.readers(key);
    }
  }
}

void format(std::string_view text) {
  const auto once = policy::formatted(text);
  const bool has_zero = text.find('\0') != std::string_view::npos;  // which the parser takes for the end
  demand(once.has_value() == (policy::json::parse(text).value.has_value() && !has_zero));
  if (once) demand(policy::formatted(*once) == *once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  format(text);
  const policy::Document document = policy::parse(text, "fuzz.json");
  const policy::Compiled compiled = policy::compile(document);

  bool errors = false;
  for (const policy::Diagnostic& finding : compiled.findings) {
    errors = errors || finding.severity == policy::Diagnostic::Severity::error;
    demand(policy::parse_code(finding.code).has_value());
    demand(finding.at.line >= 1 && finding.at.column >= 1 && finding.at.column <= size + 1);
  }
  demand(errors == (compiled.snapshot == nullptr));
  demand(policy::render(compiled.findings, document.texts, false).empty() == compiled.findings.empty());
  if (compiled.snapshot == nullptr) return 0;

  const std::size_t count = compiled.snapshot->switches().size();
  for (std::size_t i = 0; i < count && i < 4; ++i) {
    const policy::SwitchId id{static_cast<std::uint16_t>(i)};
    ask(*compiled.snapshot, id, ofmsg::v1_0);
    ask(*compiled.snapshot, id, ofmsg::v1_3);
  }
  return 0;
}
