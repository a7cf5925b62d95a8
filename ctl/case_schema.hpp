// The JSON form of case files, as a JSON Schema.
#pragma once

#include <string>

namespace sluice::ctl {

// Draft 07. It knows the keys of everything, messages included, and the form of values; what values mean together, and
// what stands inside of a match or an action, only the reader knows. Whatever the reader takes is valid.
[[nodiscard]] std::string case_schema();

}  // namespace sluice::ctl
