#include "ctl/test_update.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::ctl {

namespace replay = slicing::replay;

Updated updated(const std::string& text, std::vector<replay::Update> updates) {
  std::stable_sort(updates.begin(), updates.end(),
                   [](const replay::Update& a, const replay::Update& b) { return a.at.offset < b.at.offset; });
  Updated out;
  std::size_t at = 0;
  for (const replay::Update& update : updates) {
    if (update.at.offset < at) continue;
    // An expectation never goes over its line.
    const std::size_t begin = update.at.offset == 0 ? 0 : text.rfind('\n', update.at.offset - 1) + 1;
    const std::size_t behind = update.at.offset + update.at.length;
    const std::size_t end = std::min(text.find('\n', behind), text.size());
    out.text += text.substr(at, update.at.offset - at) + update.text;
    at = behind;
    out.difference +=
        fmt::format("@@ {}\n-{}\n+{}{}{}\n", update.at.line, text.substr(begin, end - begin),
                    text.substr(begin, update.at.offset - begin), update.text, text.substr(behind, end - behind));
  }
  out.text += text.substr(at);
  return out;
}

}  // namespace sluice::ctl
