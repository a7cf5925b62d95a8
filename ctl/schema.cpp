// `sluicectl schema`: what a slice file and a case file may say, for editors and for people.
#include <ostream>

#include "ctl/case_schema.hpp"
#include "ctl/program.hpp"
#include "policy/document_format.hpp"

namespace sluice::ctl {

ExitCode schema(const Settings& settings, Io& io) {
  const std::string what = settings.words.empty() ? "config" : settings.words.front();
  if (settings.words.size() > 1 || (what != "config" && what != "test")) {
    return wrong_usage(io, "there are two schemas: \"config\" of slice files, \"test\" of cases in JSON",
                       "sluicectl schema config");
  }
  if (what == "config") {
    io.out << (settings.markdown ? policy::format_tables() : policy::json_schema());
    return ExitCode::good;
  }
  if (settings.markdown) {
    return wrong_usage(io, "--markdown goes with \"config\"; docs/testing-your-slices.md tells of cases",
                       "sluicectl schema test");
  }
  io.out << case_schema();
  return ExitCode::good;
}

}  // namespace sluice::ctl
