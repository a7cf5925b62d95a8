// `sluicectl schema`: what a slice file may say, for editors and for people.
#include <ostream>

#include "ctl/program.hpp"
#include "policy/document_format.hpp"

namespace sluice::ctl {

ExitCode schema(const Settings& settings, Io& io) {
  if (!settings.words.empty() && (settings.words.size() > 1 || settings.words.front() != "config")) {
    return wrong_usage(io, "the one schema that there is is \"config\", of slice files", "sluicectl schema config");
  }
  io.out << (settings.markdown ? policy::format_tables() : policy::json_schema());
  return ExitCode::good;
}

}  // namespace sluice::ctl
