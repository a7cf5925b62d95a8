#include "slicing/replay/policy_text.hpp"

#include <string_view>
#include <utility>

#include "policy/compile.hpp"

namespace sluice::slicing::replay {

namespace {

// "a/b.json" of "a/c.json" and "b.json"; the names in a document are normal ones.
std::string beside(const std::string& from, const std::string& pattern) {
  if (pattern.starts_with('/')) return pattern;
  const std::size_t slash = from.rfind('/');
  std::string path = slash == std::string::npos ? pattern : from.substr(0, slash + 1) + pattern;
  for (std::size_t at = path.find("./"); at == 0; at = path.find("./")) path.erase(0, 2);
  for (std::size_t at = path.find("/./"); at != std::string::npos; at = path.find("/./")) path.erase(at, 2);
  for (std::size_t at = path.find("/../"); at != std::string::npos && at > 0; at = path.find("/../")) {
    const std::size_t before = path.rfind('/', at - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    if (path.substr(begin, at - begin) == "..") break;
    path.erase(begin, at + 4 - begin);
  }
  return path;
}

// "*" and "?" of a glob pattern, neither of which fits a slash, and "[…]" for one character.
bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0;; ++i) {
      if (fits(pattern.substr(1), name.substr(i))) return true;
      if (i == name.size() || name[i] == '/') return false;
    }
  }
  if (name.empty()) return false;
  if (pattern.front() == '[') {
    const std::size_t end = pattern.find(']', 2);
    if (end != std::string_view::npos) return name.front() != '/' && fits(pattern.substr(end + 1), name.substr(1));
  }
  const bool one = pattern.front() == '?' ? name.front() != '/' : pattern.front() == name.front();
  return one && fits(pattern.substr(1), name.substr(1));
}

}  // namespace

PolicyText policy_text(const policy::Document& document, const std::string& name) {
  // The document knows the main file by its normal name.
  const std::string normal = beside({}, name);
  return {document.texts.contains(name) ? name : normal, document.texts};
}

policy::Document parse(const PolicyText& text) {
  const auto source = [&text](const std::string& from,
                              const std::string& pattern) -> ofmsg::Result<policy::Files, std::string> {
    policy::Files files;
    const std::string path = beside(from, pattern);
    for (const auto& [name, content] : text.files) {
      if (fits(path, name)) files.emplace_back(name, content);
    }
    if (files.empty() && pattern.find_first_of("*?[") == std::string::npos) {
      return ofmsg::Failure<std::string>{"it is not among the texts that were kept"};
    }
    return files;
  };
  const auto main = text.files.find(text.name);
  return policy::parse(main == text.files.end() ? std::string_view{} : std::string_view{main->second}, text.name,
                       source);
}

ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string> compile(const PolicyText& text,
                                                                            const policy::Snapshot* previous) {
  const policy::Document document = parse(text);
  policy::Compiled compiled = policy::compile(document, previous);
  if (compiled.snapshot) return std::move(compiled.snapshot);
  return ofmsg::Failure<std::string>{policy::render(compiled.findings, document.texts, false)};
}

}  // namespace sluice::slicing::replay
