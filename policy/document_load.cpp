// The one place of this folder that reads a file.

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "policy/codes.hpp"
#include "policy/document.hpp"
#include "policy/document_json.hpp"

namespace sluice::policy {
namespace {

Document unreadable(const std::string& path, const std::string& why) {
  Diagnostic finding;
  finding.code = facts(Code::unreadable).name;
  finding.at.file = path;
  finding.message = "cannot be read: " + why;
  Document document;
  document.findings.push_back(std::move(finding));
  return document;
}

}  // namespace

Document load(const std::string& path) {
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
    return unreadable(path, std::generic_category().message(errno == 0 ? EIO : errno));
  }
  return parse(text, path);
}

}  // namespace sluice::policy
