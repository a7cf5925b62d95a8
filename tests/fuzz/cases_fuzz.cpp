// Arbitrary text as a file of test cases: it is read, and what has no errors is run. What must hold beyond "no crash":
// errors lie within the text, and what came can be taken for what is expected.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/compile.hpp"
#include "policy/document.hpp"
#include "slicing/replay/case_run.hpp"

namespace {

using namespace sluice;
using slicing::replay::PolicySource;

void demand(bool good) {
  if (!good) std::abort();
}

ofmsg::Result<std::shared_ptr<const policy::Snapshot>, std::string> load(const PolicySource& source,
                                                                         const policy::Snapshot* previous) {
  const policy::Compiled compiled = policy::compile(policy::parse(source.text, "x.json"), previous);
  if (compiled.snapshot) return compiled.snapshot;
  return ofmsg::Failure<std::string>{"errors"};
}

// A script may be long, but not all day.
bool is_short(const slicing::replay::CaseFile& file) {
  slicing::Time waits{};
  std::size_t steps = 0;
  for (const slicing::replay::Case& c : file.cases) {
    steps += c.steps.size();
    for (const slicing::replay::Step& step : c.steps) waits += step.time;
  }
  return waits < std::chrono::minutes{10} && steps * file.cases.size() < 200;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const slicing::replay::CaseFile file = slicing::replay::parse_cases(text);
  for (const slicing::replay::CaseError& error : file.errors) demand(error.at.offset <= text.size());
  if (!file.errors.empty() || !is_short(file)) return 0;
  for (const slicing::replay::Case& c : file.cases) {
    (void)slicing::replay::run_case(file, c, load);
    const auto outcome = slicing::replay::run_case(file, c, load, {1, true});
    for (const slicing::replay::Update& update : outcome.updates) demand(update.at.offset + update.at.length <= size);
  }
  return 0;
}
