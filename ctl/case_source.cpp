#include "ctl/case_source.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "ctl/text_input.hpp"
#include "policy/compile.hpp"

namespace sluice::ctl {

namespace {

namespace fs = std::filesystem;
namespace replay = slicing::replay;

bool is_case_file(const std::string& name) { return name.ends_with(".slicetest") || name.ends_with(".slicetest.json"); }

// "path:line:column: error: message", and the hint below.
void tell(const std::string& path, const CaseOrigin& at, const std::string& message, const std::string& hint, Io& io) {
  const std::string pointer = at.pointer.empty() ? "" : at.pointer + ": ";
  io.err << fmt::format("{}:{}:{}: error: {}{}\n", path, at.line, at.column, pointer, message);
  if (!hint.empty()) io.err << "  " << hint << '\n';
}

}  // namespace

// --- case files ------------------------------------------------------------------------------------------------------

CaseOrigin CaseText::origin(const replay::Place& at) const {
  if (!json) return {{}, at.line, at.column};
  if (origins.empty()) return {};
  return origins[std::min(at.line == 0 ? 0 : at.line - 1, origins.size() - 1)];
}

std::string CaseText::where(const replay::Place& at) const {
  const CaseOrigin from = origin(at);
  const std::string pointer = from.pointer.empty() ? "" : " (" + from.pointer + ")";
  return fmt::format("{}:{}{}", path, from.line, pointer);
}

std::optional<std::vector<std::string>> find_case_files(const std::vector<std::string>& words, Io& io) {
  std::set<std::string> found;
  for (const std::string& word : words) {
    std::error_code trouble;
    if (!fs::is_directory(word, trouble)) {
      found.insert(word);
      continue;
    }
    for (auto at = fs::recursive_directory_iterator{word, trouble};
         !trouble && at != fs::recursive_directory_iterator{}; at.increment(trouble)) {
      if (is_case_file(at->path().filename().string())) found.insert(at->path().string());
    }
    if (trouble) {
      io.err << fmt::format("sluicectl: {} cannot be read: {}\n", word, trouble.message());
      return std::nullopt;
    }
  }
  return std::vector<std::string>{found.begin(), found.end()};
}

bool read_cases(const std::string& path, CaseText& into, Io& io) {
  auto text = read_text(path, io);
  if (!text) {
    io.err << fmt::format("sluicectl: {} cannot be read: {}\n", path, text.error());
    return false;
  }
  into.path = path;
  into.json = path.ends_with(".json");
  if (into.json) {
    CaseScript script = script_of_json(*text);
    for (const CaseJsonError& error : script.errors) tell(path, error.at, error.message, error.hint, io);
    if (!script.errors.empty()) return false;
    into.text = std::move(script.text);
    into.origins = std::move(script.origins);
  } else {
    into.text = *std::move(text);
  }
  into.file = replay::parse_cases(into.text);
  for (const replay::CaseError& error : into.file.errors) {
    tell(path, into.origin(error.at), error.message, error.hint, io);
  }
  return into.file.errors.empty();
}

// --- slice files -----------------------------------------------------------------------------------------------------

std::string Policies::name(const CaseText& cases, const replay::PolicySource& source) {
  if (source.inline_text) return cases.path;
  return (fs::path{cases.path}.parent_path() / source.text).lexically_normal().string();
}

Policies::Key Policies::key(const CaseText& cases, const replay::PolicySource& source) {
  return {name(cases, source), source.inline_text ? source.at.offset + 1 : 0};
}

Policies::Loaded Policies::compiled(const policy::Document& document, const policy::Snapshot* previous) {
  const policy::Compiled compiled = policy::compile(document, previous);
  if (compiled.snapshot) return compiled.snapshot;
  return ofmsg::Failure<std::string>{"the slice file has errors:\n" +
                                     policy::render(compiled.findings, document.texts, false)};
}

const Policies::Known& Policies::known(const CaseText& cases, const replay::PolicySource& source) {
  const std::lock_guard lock{mutex_};
  std::unique_ptr<const Known>& place = known_[key(cases, source)];
  if (place == nullptr) {
    const std::string file = name(cases, source);
    policy::Document document;
    if (source.inline_text) {
      // Blanks in front of it, so that its places are those of the case file.
      const CaseOrigin at = cases.origin(source.at);
      document = policy::parse(std::string(at.line - 1, '\n') + std::string(at.column - 1, ' ') + source.text, file);
    } else {
      document = policy::load(file);
    }
    Loaded loaded = compiled(document, nullptr);
    place = std::make_unique<const Known>(Known{std::move(document), std::move(loaded)});
  }
  return *place;
}

Policies::Loaded Policies::load(const CaseText& cases, const replay::PolicySource& source,
                                const policy::Snapshot* previous, const Mutant* mutant) {
  if (mutant != nullptr && mutant->name == name(cases, source) && !(source.inline_text && previous != nullptr)) {
    if (previous == nullptr) return mutant->snapshot;
    return compiled(mutant->document, previous);
  }
  const Known& one = known(cases, source);
  if (previous == nullptr) return one.loaded;
  return compiled(one.document, previous);
}

const policy::Document* Policies::document(const CaseText& cases, const replay::PolicySource& source) {
  const std::lock_guard lock{mutex_};
  const auto found = known_.find(key(cases, source));
  return found == known_.end() ? nullptr : &found->second->document;
}

}  // namespace sluice::ctl
