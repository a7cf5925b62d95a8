// Case files in JSON: the same cases for tools. Neither form has a parser of its own for what cases mean: JSON is
// written as text and read as that, so that both forms always say the same.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/result.hpp"
#include "slicing/replay/case_file.hpp"

namespace sluice::ctl {

// Where a line of the text comes from.
struct CaseOrigin {
  std::string pointer;  // "/tests/0/steps/3"
  std::size_t line = 1, column = 1;
};

struct CaseJsonError {
  CaseOrigin at;
  std::string message;
  std::string hint;  // may be empty
};

struct CaseScript {
  std::string text;                 // the same in the text form
  std::vector<CaseOrigin> origins;  // of its lines
  std::vector<CaseJsonError> errors;
};

// With errors the text is not complete.
[[nodiscard]] CaseScript script_of_json(std::string_view json);

// The cases as JSON, laid out for people too; comments are lost. The file must have no errors. The error is a sentence:
// a slice file inside of it that is no JSON.
[[nodiscard]] ofmsg::Result<std::string, std::string> json_of_cases(const slicing::replay::CaseFile& file);

}  // namespace sluice::ctl
