// What is legal in a slice file, but will hardly work as somebody expects.
#pragma once

#include <vector>

#include "policy/compile.hpp"

namespace sluice::policy {

// Warnings about a document that has no errors, and its snapshot.
[[nodiscard]] std::vector<Diagnostic> lint(const Document& document, const Snapshot& snapshot);

// `compile`, and the warnings with its findings. It takes a while longer: for when people read the findings.
[[nodiscard]] Compiled compile_and_lint(const Document& document, const Snapshot* previous = nullptr);

}  // namespace sluice::policy
