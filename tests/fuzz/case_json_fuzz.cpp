// Arbitrary text as a case file in JSON: it is written as text without a crash, errors lie within it, every line of the
// text knows where it comes from, and what has no errors goes there and back and stays the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ctl/case_json.hpp"

namespace {

using namespace sluice;

void demand(bool good) {
  if (!good) std::abort();
}

std::size_t lines_of(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json{reinterpret_cast<const char*>(data), size};
  const ctl::CaseScript script = ctl::script_of_json(json);
  for (const ctl::CaseJsonError& error : script.errors) {
    demand(!error.message.empty());
    demand(error.at.line >= 1 && error.at.line <= lines_of(json) + 1);
  }
  if (!script.errors.empty()) return 0;
  demand(script.origins.size() == lines_of(script.text));
  const slicing::replay::CaseFile file = slicing::replay::parse_cases(script.text);
  for (const slicing::replay::CaseError& error : file.errors) demand(error.at.line <= script.origins.size() + 1);
  if (!file.errors.empty()) return 0;
  const auto first = ctl::json_of_cases(file);
  if (!first) return demand(!first.error().empty()), 0;
  const ctl::CaseScript again = ctl::script_of_json(*first);
  demand(again.errors.empty());
  const slicing::replay::CaseFile same = slicing::replay::parse_cases(again.text);
  demand(same.errors.empty() && same.cases.size() == file.cases.size());
  const auto second = ctl::json_of_cases(same);
  demand(second && *second == *first);
  return 0;
}
