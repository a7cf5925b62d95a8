// The one place of this folder that reads files.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>

#include <glob.h>

#include "policy/codes.hpp"
#include "policy/document.hpp"
#include "policy/document_json.hpp"

namespace sluice::policy {
namespace {

ofmsg::Result<std::string, std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  // One byte more than the reader takes is enough for it to say so.
  std::string text;
  char block[65536];
  while (in && text.size() <= json::largest_text) {
    in.read(block, sizeof block);
    text.append(block, static_cast<std::size_t>(in.gcount()));
  }
  // A directory opens, and fails to be read.
  if (!in.eof() && text.size() <= json::largest_text) {
    return ofmsg::Failure<std::string>{std::generic_category().message(errno == 0 ? EIO : errno)};
  }
  return text;
}

// So that glob takes the name for what it is.
std::string escaped(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (std::string_view{"*?[\\"}.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// The files that fit, sorted by name; none is no error.
std::vector<std::string> fitting(const std::filesystem::path& folder, const std::string& pattern) {
  const std::string whole =
      pattern.starts_with('/') || folder.empty() ? pattern : escaped(folder.string()) + '/' + pattern;
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&::globfree)> release{&found, &::globfree};
  if (::glob(whole.c_str(), 0, nullptr, &found) != 0) return {};
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

// Relative to the file that includes; with "*", "?" and "[…]" any number of files, else one that must be there.
ofmsg::Result<Files, std::string> from_disk(const std::string& from, const std::string& pattern) {
  const std::filesystem::path folder = std::filesystem::path{from}.parent_path();
  const bool many = pattern.find_first_of("*?[") != std::string::npos;
  const std::vector<std::string> names = many ? fitting(folder, pattern) : std::vector{(folder / pattern).string()};
  Files files;
  for (const std::string& name : names) {
    ofmsg::Result<std::string, std::string> text = read_text(name);
    if (!text) return ofmsg::Failure<std::string>{(many ? name + ": " : std::string{}) + text.error()};
    files.emplace_back(std::filesystem::path{name}.lexically_normal().string(), *std::move(text));
  }
  return files;
}

}  // namespace

Document load(const std::string& path) {
  const ofmsg::Result<std::string, std::string> text = read_text(path);
  // By its normal name, so that a circle of files is seen; as it was given where that is the same file.
  if (text) return parse(*text, std::filesystem::path{path}.lexically_normal().string(), from_disk);
  Diagnostic finding;
  finding.code = facts(Code::unreadable).name;
  finding.at.file = path;
  finding.message = "cannot be read: " + text.error();
  Document document;
  document.findings.push_back(std::move(finding));
  return document;
}

}  // namespace sluice::policy
